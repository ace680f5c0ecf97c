"""Fetchers that race for mails, and fetchers that are killed: each mail once.

The fetcher, its database and its connection to the mail server are real; the mail
server, which lies outside of this machine, is a small one in this process.
"""

import re
import signal
import time

import pytest
from mail_ground import DEALERS, PREPARE, Mailbox, MailServer, mail
from workers import Workers

MAILS = 40
FETCHER = """
env["fetchmail.server"].create({"name": %r, "server_type": "imap", "state": "done",
    "server": "127.0.0.1", "port": %d, "user": %r, "password": "secret"})
env.cr.commit()
"""
# What the scheduler does; a commit after each mail, as always.
FETCH = """
import time
from pathlib import Path
server = env["fetchmail.server"].search([("user", "=", %r)])
Journal = env.registry["aftersales.mail.received"]
finish, finished = Journal._finish, []
def finish_and_stop(self, incoming):
    finish(self, incoming)
    finished.append(incoming.identity)
    if len(finished) == %d:
        self.env.flush_all()
        print("IN THE MIDDLE", flush=True)
        time.sleep(600)
Journal._finish = finish_and_stop
together = %r
if together:
    folder, name = map(Path, together)
    (folder / name).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
server._fetch_mail(batch_limit=1000)
print("DONE")
"""


def letters(word):
    """Write mails of dealers whose subjects begin with a word."""
    return [
        mail(
            f"{word} machine {number} stands still",
            f"dealer{number % DEALERS}@shop.example.org",
            subject=f"{word} {number}",
        )
        for number in range(MAILS)
    ]


class Fetchers(Workers):
    """A database whose mails lie in mailboxes, and the fetchers that get them."""

    def __init__(self, odoo_env, database, mail_server):
        super().__init__(odoo_env, database, PREPARE % (DEALERS, 9))
        self.mail_server = mail_server

    def mailbox(self, name, mails):
        """Put mails into a mailbox that Odoo fetches."""
        box = self.mail_server.boxes[name] = Mailbox(mails)
        code = FETCHER % (name, self.mail_server.port, name)
        self.odoo_env.shell(self.database, code)
        return box

    def fetch(self, name, stop_at=0, together=None):
        """Start a process of its own that fetches a mailbox."""
        return self.start(FETCH % (name, stop_at, together), log_level="info")

    def finish(self, process):
        """Wait for a fetcher to end well; return how many mails it has fetched."""
        printed = self.output(process)
        fetched, failed = map(
            int, re.search(r"Fetched (\d+) email.*, (\d+) failed", printed).groups()
        )
        assert not failed, printed[-8000:]
        return fetched

    def tickets(self, word):
        """Return how many tickets were made of mails."""
        return self.number(
            f"SELECT count(*) FROM aftersales_ticket WHERE name LIKE '{word} %'"
        )

    def check_each_once(self, word):
        """Check that each mail is one ticket with one message and acknowledgement."""
        found = self.odoo_env.query(
            self.database,
            "SELECT count(*), count(DISTINCT t.name), count(DISTINCT m.message_id),"
            " count(m.id), count(r.id), count(r.id) FILTER (WHERE acknowledge = 'due')"
            " FROM aftersales_ticket t JOIN mail_message m ON m.res_id = t.id"
            " AND m.model = 'aftersales.ticket' AND m.message_type = 'email'"
            " LEFT JOIN aftersales_mail_received r ON r.ticket_id = t.id"
            f" WHERE t.name LIKE '{word} %'",
        )
        assert found == [[str(MAILS)] * 6]
        assert not self.number("SELECT count(*) FROM aftersales_mail_refusal")


@pytest.fixture(scope="module")
def fetchers(odoo_env, make_db):
    """Return a database with known dealers, and a mail server."""
    with MailServer() as mail_server:
        yield Fetchers(odoo_env, make_db("fetchers", addon=True), mail_server)


def test_two_fetchers(fetchers, tmp_path):
    """The same mails lie in two mailboxes that two processes fetch at once."""
    mails = letters("Twice")
    boxes = [fetchers.mailbox(name, mails) for name in ("one", "two")]
    workers = [
        fetchers.fetch(name, together=(str(tmp_path), name)) for name in ("one", "two")
    ]
    assert [fetchers.finish(worker) for worker in workers] == [MAILS, MAILS]
    assert all(len(box.seen) == MAILS for box in boxes)
    fetchers.check_each_once("Twice")


def test_killed_before_the_commit(fetchers):
    """A mail that was not committed is fetched again, and those before it are not."""
    box = fetchers.mailbox("before", letters("Before"))
    for stop_at, done in ((5, 4), (3, 6)):
        fetchers.kill_in_the_middle(fetchers.fetch("before", stop_at))
        assert fetchers.tickets("Before") == done
        assert box.seen == set(range(1, done + 1))
        assert box.fetched[-1] == done + 1, "it had the next one"
    assert fetchers.finish(fetchers.fetch("before")) == MAILS - 6
    assert len(box.seen) == MAILS
    fetchers.check_each_once("Before")


def test_killed_before_the_mail_is_marked(fetchers):
    """A mail that is committed and fetched again makes nothing more."""
    box = fetchers.mailbox("after", letters("After"))
    doomed = []

    def kill_at(number):
        if doomed and number == 7:
            fetchers.kill(doomed.pop())
            return False
        return True

    box.before_marking = kill_at
    doomed.append(fetchers.fetch("after"))
    killed = doomed[0]
    assert killed.wait(timeout=120) == -signal.SIGKILL
    while doomed:
        time.sleep(0.1)
    assert fetchers.tickets("After") == 7
    assert box.seen == set(range(1, 7)), "the seventh is not marked as read"
    assert fetchers.finish(fetchers.fetch("after")) == MAILS - 6
    assert box.fetched.count(7) == 2
    assert len(box.seen) == MAILS
    fetchers.check_each_once("After")
