# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two fetchers at one mail, and a worker that dies: nothing lost, nothing twice.

Transactions of their own, that commit: what they leave is deleted afterwards.
"""

import threading
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged

from odoo.addons.mail.models.fetchmail import FetchmailServer

from .ground import Ground

SUBJECT = "Race for one mail"
#: Longer than any of them takes.
PATIENCE = 60


@tagged("post_install", "-at_install")
class TestGatewayRace(TransactionCase):
    def setUp(self):
        super().setUp()
        # Nobody holds locks: the ground of other tests is given up for this class.
        self.assertIsNone(Ground.kept)
        with self.transaction() as env:
            team = env.ref("aftersales_service.aftersales_team_default")
            alias = env["mail.alias"].create(
                {
                    "alias_name": "race.for.one.mail",
                    # Any domain will do.
                    "alias_domain_id": False,
                    "alias_incoming_local": True,
                    "alias_model_id": env["ir.model"]._get_id("aftersales.ticket"),
                    "alias_defaults": {"team_id": team.id},
                }
            )
            alias_id = alias.id
        self.addCleanup(self.clean_up, alias_id)
        self.raw = (
            "From: nobody@unknown.example.org\r\n"
            "To: race.for.one.mail@race.example.com\r\n"
            f"Subject: {SUBJECT}\r\nMessage-ID: <race@unknown.example.org>\r\n"
            "Content-Type: text/plain\r\n\r\nIt does not stop"
        ).encode()

    @contextmanager
    def transaction(self, commit=True):
        """Work in a transaction of its own, as the gateway's user.

        :param bool commit: False for a worker that is killed before
        """
        cr = db_connect(self.env.cr.dbname).cursor()
        try:
            yield api.Environment(cr, SUPERUSER_ID, {})
            if commit:
                cr.commit()  # pylint: disable=invalid-commit
        finally:
            cr.close()

    def clean_up(self, alias_id):
        with self.transaction() as env:
            tickets = env["aftersales.ticket"].search([("name", "=", SUBJECT)])
            tickets.unlink()
            env["aftersales.mail.received"].search(
                [("sender", "=", "nobody@unknown.example.org")]
            ).unlink()
            env["mail.alias"].browse(alias_id).unlink()

    def tickets(self):
        with self.transaction() as env:
            return env["aftersales.ticket"].search_count([("name", "=", SUBJECT)])

    def process(self, env):
        return env["mail.thread"].message_process(None, self.raw)

    @contextmanager
    def another(self, results):
        """Let another fetcher take the mail, who waits for who has it.

        :param list results: gets what became of it
        """
        with self.transaction() as env:
            # Its view of the world is older than what the first one commits.
            env.cr.execute("SELECT 1")
            thread = threading.Thread(target=lambda: results.append(self.process(env)))
            thread.start()
            thread.join(1)
            self.assertTrue(thread.is_alive(), "it waits for who has the mail")
            yield
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())

    def test_two_fetchers(self):
        """The second one waits for the first, then ends quietly."""
        results = []
        with self.assertNoLogs(level="ERROR"), ExitStack() as stack:
            with self.transaction() as env:
                self.assertTrue(self.process(env))
                stack.enter_context(self.another(results))
        self.assertEqual(results, [False])
        self.assertEqual(self.tickets(), 1)

    def test_the_first_one_fails(self):
        """Who waited takes the mail when the other one did not."""
        results = []
        with ExitStack() as stack:
            with self.transaction(commit=False) as env:
                self.assertTrue(self.process(env))
                stack.enter_context(self.another(results))
        self.assertTrue(results[0])
        self.assertEqual(self.tickets(), 1)

    def test_killed_before_the_commit(self):
        with self.transaction(commit=False) as env:
            self.assertTrue(self.process(env))
        self.assertEqual(self.tickets(), 0)
        for _fetched_again in range(2):
            with self.transaction() as env:
                self.process(env)
        self.assertEqual(self.tickets(), 1)

    def test_a_mail_is_done_when_it_is_committed(self):
        """The fetcher tells the mail server only of what is committed."""
        handled = []
        case = self

        class Mailbox:
            """A mail server with one mail, outside of this machine."""

            def check_unread_messages(self):
                return 1

            def retrieve_unread_messages(self):
                yield b"1", case.raw

            def handled_message(self, _number):
                handled.append(case.tickets())

            def disconnect(self):
                """Close nothing."""

        with self.transaction(commit=False) as env:
            server = env["fetchmail.server"].create(
                {"name": "Race", "server_type": "imap", "state": "done"}
            )
            env.cr.commit()
            try:
                with patch.object(
                    FetchmailServer, "_connect__", lambda *_args, **_values: Mailbox()
                ):
                    self.assertIsNone(server._fetch_mail())
            finally:
                server.unlink()
                env.cr.commit()
        self.assertEqual(handled, [1])

    def test_first_mails_of_an_alias(self):
        """All want to note that it works; none has to be taken in anew for it."""
        with self.transaction() as env:
            alias = env["mail.alias"].search([("alias_name", "=", "race.for.one.mail")])
            self.assertEqual(alias.alias_status, "not_tested")
        raw, results = self.raw, []
        with self.transaction() as first, self.transaction() as second:
            second.cr.execute("SELECT 1")
            results.append(self.process(first))
            first.cr.commit()
            self.raw = raw.replace(b"<race@", b"<other@")
            results.append(self.process(second))
            second.cr.commit()
        self.assertTrue(all(results))
        with self.transaction() as env:
            self.assertEqual(alias.with_env(env).alias_status, "valid")
