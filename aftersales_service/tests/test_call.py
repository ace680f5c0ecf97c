# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import GROUP
from .sla_common import SlaCommon


class CallCommon(SlaCommon):
    """A caller with two machines, and somebody else with one."""

    @classmethod
    def lay_ground(cls):
        # Nobody else has these, whatever the database holds.
        cls.customer.write({"name": "Quadmill & Sons", "phone": "+49 30 4711456"})
        cls.contact.write({"name": "Mia Quadmill", "phone": "+49 30 4711457"})
        cls.env["res.partner"].flush_model()
        cls.stranger = cls.env["res.partner"].create(
            {"name": "Zwieback Ltd", "is_company": True, "phone": "+49 89 555555"}
        )
        cls.press, cls.pump, cls.oven = cls.env["aftersales.equipment"].create(
            [
                {
                    "product_name": name,
                    "serial_number": serial,
                    "partner_id": partner.id,
                    "company_id": cls.company.id,
                }
                for name, serial, partner in (
                    ("Press 400", "QX400-12", cls.customer),
                    ("Pump", "QU-0009", cls.customer),
                    ("Oven", "OV-1000", cls.stranger),
                )
            ]
        )

    def call(self, role="intake", **values):
        """Write down a call, as the form would."""
        return self.as_role(role, "aftersales.call").create(
            {"name": "Does not press", "team_id": self.team.id, **values}
        )

    def saved(self, call):
        """Save a call.

        :return: its ticket
        """
        return self.env["aftersales.ticket"].browse(call.action_save()["res_id"])

    def search(self, text, role="intake"):
        return self.as_role(role, "aftersales.call").search_caller(text)

    def found(self, text, role="intake"):
        """Search a caller.

        :return: ids of the proposed customers
        """
        return [option["partner"]["id"] for option in self.search(text, role)]

    def make_scan(self, role="intake", **values):
        return self.as_role(role, "ir.attachment").create(
            {
                "name": "letter.txt",
                "raw": b"Dear Sirs",
                "res_model": "aftersales.call",
                "res_id": 0,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestCallSearch(CallCommon):
    def test_by_number(self):
        for text in ("+49 30 4711456", "0049-30-4711456", "030/4711456", "4711456"):
            self.assertEqual(self.found(text), self.customer.ids, text)
        self.assertEqual(self.found("030 4711457"), self.contact.ids)
        self.assertFalse(self.found("456"))
        self.assertFalse(self.found("030 999999"))

    def test_by_name(self):
        self.assertIn(self.customer.id, self.found("quadmill"))
        self.assertEqual(self.found("mia quadm"), self.contact.ids)
        self.assertEqual(self.found("zwieback"), self.stranger.ids)
        self.assertFalse(self.found("m"))
        self.assertFalse(self.found("%%"))
        self.assertFalse(self.found("__"))

    def test_by_serial_number(self):
        for text in ("QX400-12", "qx400", "qx400 -12"):
            option = self.search(text)[0]
            self.assertEqual(option["equipment"]["id"], self.press.id, text)
            self.assertEqual(option["partner"]["id"], self.customer.id)
        self.press.sudo().action_archive()
        self.assertFalse(self.search("QX400-12"))

    def test_by_ticket(self):
        ticket = self.create_ticket()
        option = self.search(ticket.reference)[0]
        self.assertEqual(option["ticket"]["id"], ticket.id)
        self.assertEqual(option["partner"]["id"], self.contact.id)
        ticket.action_cancel()
        self.assertFalse(self.search(ticket.reference)[0]["ticket"])

    def test_colleagues_and_we_are_no_callers(self):
        self.company.partner_id.phone = "+49 30 777777"
        self.users["support"].partner_id.phone = "+49 30 888888"
        for text in ("777777", "888888", self.company.name, "Support"):
            self.assertFalse(
                {self.company.partner_id.id, self.users["support"].partner_id.id}
                & set(self.found(text)),
                text,
            )

    def test_archived_and_of_another_company(self):
        self.stranger.company_id = self.company_2
        self.assertFalse(self.found("555555"))
        self.assertFalse(self.found("zwieback"))
        self.stranger.company_id = False
        self.oven.active = False
        self.stranger.active = False
        self.assertFalse(self.found("555555"))

    def test_who_may_search(self):
        for role in ("finance", "quality"):
            with self.assertRaises(AccessError):
                self.search("quadmill", role)
        outsiders = (
            new_test_user(self.env, "as_none", groups="base.group_user"),
            self._create_portal_user(),
        )
        for user in outsiders:
            with self.assertRaises(AccessError):
                self.env["aftersales.call"].with_user(user).search_caller("quadmill")
        self.assertTrue(self.search("quadmill", "technician"))

    def test_nonsense_finds_nobody(self):
        for text in ("", " ", None, False, 7, ["mill"], "\\", "'; --", "\x00x" * 200):
            self.assertEqual(self.search(text), [], text)

    def test_cost_does_not_grow(self):
        """One look costs the same, whoever and however many there are."""
        self.search("030 4711456")

        def cost(text):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(self.search(text))
            return self.cr.sql_log_count - before

        texts = ("030 4711456", "quadmill", "QX400", "QU-0009")
        few = [cost(text) for text in texts]
        partners = self.env["res.partner"].create(
            [
                {"name": f"Quadmill {number}", "phone": f"+49 {number} 304711456"}
                for number in range(40)
            ]
        )
        self.env["aftersales.equipment"].create(
            [
                {
                    "product_name": "Press",
                    "serial_number": f"QX400-{partner.id}",
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                }
                for partner in partners
            ]
        )
        for text, before in zip(texts, few, strict=True):
            self.assertLessEqual(cost(text), before, text)
            self.assertLessEqual(before, 8, text)
            self.assertLessEqual(len(self.search(text)), 12)


@tagged("post_install", "-at_install")
class TestCallSearchIndex(CallCommon):
    def plan(self, condition):
        """Explain how contacts are found."""
        self.cr.execute(f"EXPLAIN SELECT id FROM res_partner WHERE {condition}")
        return "\n".join(row[0] for row in self.cr.fetchall())

    def test_indexes_serve(self):
        """Among two thousand contacts a number is not looked for in all of them."""
        self.cr.execute(
            """
            INSERT INTO res_partner (name, complete_name, phone, autopost_bills, active)
            SELECT 'Customer ' || n * 7919 % 100003, 'Customer ' || n * 7919 % 100003,
                   '0' || n, 'ask', true
              FROM generate_series(30000000::bigint, 30001999) AS n
            """
        )
        self.cr.execute("ANALYZE res_partner")
        digits = "reverse(regexp_replace(phone, '[^0-9]', '', 'g'))"
        plan = self.plan(f"phone IS NOT NULL AND {digits} LIKE '65411740%'")
        self.assertIn("res_partner_aftersales_digits_idx", plan)
        # Of names it pays later: the index has to be able to serve, though.
        self.cr.execute("SET LOCAL enable_seqscan = off")
        query = self.env["res.partner"]._search([("complete_name", "ilike", "zwieb")])
        condition = self.cr.mogrify(query.where_clause.code, query.where_clause.params)
        plan = self.plan(condition.decode().replace("%%", "%"))
        if self.env.registry.has_trigram:
            self.assertIn("res_partner_aftersales_name_idx", plan)


@tagged("post_install", "-at_install")
class TestCall(CallCommon):
    def form(self, role="intake"):
        return Form(self.as_role(role, "aftersales.call"))

    def test_a_known_caller(self):
        """The machine that he calls about fills in the rest."""
        with self.form() as form:
            form.caller = "030 4711457"
            form.partner_id = self.contact
            self.assertFalse(form.caller_name)
            beside = form.overview["machines"]
            self.assertEqual(
                {machine["id"] for machine in beside}, set((self.press | self.pump).ids)
            )
            form.equipment_id = self.press
            self.assertEqual(form.serial_number, "QX400-12")
            form.name = "Does not press"
            form.description = "It hums,\nthen <b>nothing</b>"
        ticket = self.saved(form.record)
        self.assertEqual(ticket.channel, "phone")
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.equipment_id, self.press)
        self.assertEqual(ticket.phone, "030 4711457")
        self.assertEqual(ticket.severity, "normal")
        self.assertEqual(ticket.ticket_type, "repair")
        self.assertIn("&lt;b&gt;nothing", ticket.description)
        self.assertFalse(ticket.user_id)
        self.assertAlmostEqual(
            ticket.reported_at, fields.Datetime.now(), delta=timedelta(minutes=2)
        )
        self.assertEqual(ticket.create_uid, self.users["intake"])

    def test_an_unknown_caller_waits_in_triage(self):
        """Nobody becomes a customer by calling."""
        before = self.env["res.partner"].search_count([])
        with self.form() as form:
            form.caller = "+49 40 999999"
            form.name = "Some machine stands still"
        ticket = self.saved(form.record)
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.phone, "+49 40 999999")
        self.assertEqual(ticket.state, "new")
        with self.form() as form:
            form.caller = "Mr Unknown"
            form.name = "Another machine"
        ticket = self.saved(form.record)
        self.assertEqual(ticket.caller_name, "Mr Unknown")
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_the_name_that_found_him_is_no_other_callers(self):
        with self.form() as form:
            form.caller = "Quadmill"
            self.assertEqual(form.caller_name, "Quadmill")
            form.partner_id = self.customer
            self.assertFalse(form.caller_name)
            self.assertEqual(form.phone, "+49 30 4711456")
            form.name = "Question"

    def test_another_customer_takes_his_machine_along(self):
        with self.form() as form:
            form.equipment_id = self.press
            self.assertEqual(form.partner_id, self.customer)
            form.partner_id = self.stranger
            self.assertFalse(form.equipment_id)
            self.assertEqual(
                [machine["id"] for machine in form.overview["machines"]], self.oven.ids
            )
            form.name = "Cold"

    def test_beside_the_call(self):
        """Open tickets first, those of the same machine before the others."""
        ended = self.create_ticket(name="Ended", equipment_id=self.press.id)
        ended.action_cancel()
        same = self.create_ticket(name="Same", equipment_id=self.press.id)
        other = self.create_ticket(name="Other")
        foreign = self.create_ticket(name="Foreign", partner_id=self.stranger.id)
        call = self.call(equipment_id=self.press.id)
        tickets = call.overview["tickets"]
        self.assertEqual(
            [ticket["id"] for ticket in tickets], [same.id, other.id, ended.id]
        )
        self.assertNotIn(foreign.id, [ticket["id"] for ticket in tickets])
        self.assertEqual([ticket["is_open"] for ticket in tickets], [True, True, False])
        self.assertEqual(
            [machine["coverage"] for machine in call.overview["machines"]],
            ["No Warranty"] * 2,
        )

    def test_coverage_beside_the_call(self):
        today = fields.Date.today()
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Test Term", "duration": 12}
        )
        self.press.delivery_date = today
        self.env["aftersales.warranty"]._grant(
            [
                {
                    "equipment_id": self.press.id,
                    "term": term,
                    "kind": "base",
                    "sold_on": False,
                }
            ]
        )
        call = self.call(partner_id=self.customer.id)
        words = {
            machine["id"]: machine["coverage"] for machine in call.overview["machines"]
        }
        self.assertIn("Warranty until", words[self.press.id])

    def test_save_and_new(self):
        action = self.call(partner_id=self.contact.id).action_save_new()
        ticket = self.env["aftersales.ticket"].search([], order="id desc", limit=1)
        self.assertEqual(ticket.name, "Does not press")
        self.assertEqual(action["params"]["next"]["res_model"], "aftersales.call")
        self.assertIn(ticket.reference, action["params"]["links"][0]["label"])

    def test_backdating(self):
        now = fields.Datetime.now()
        ticket = self.saved(self.call(reported_at=now - timedelta(hours=20)))
        self.assertEqual(ticket.reported_at, now - timedelta(hours=20))
        for moment, words in (
            (now - timedelta(hours=30), "backdated by 24 hours"),
            (now + timedelta(hours=1), "later than now"),
        ):
            with self.assertRaisesRegex(ValidationError, words):
                self.call(reported_at=moment).action_save()
        self.call("manager", reported_at=now - timedelta(hours=30)).action_save()

    def test_what_is_refused(self):
        other = self.env["aftersales.team"].create(
            {"name": "Team B", "company_id": self.company_2.id}
        )
        with self.assertRaisesRegex(UserError, "in a few words"):
            self.call(name=" ").action_save()
        with self.assertRaisesRegex(ValidationError, "not a machine of"):
            self.call(
                partner_id=self.stranger.id, equipment_id=self.press.id
            ).action_save()
        with self.assertRaises(AccessError):
            self.call(team_id=other.id).action_save()
        self.team.active = False
        with self.assertRaisesRegex(UserError, "choose another team"):
            self.call().action_save()

    def test_who_may_take_calls(self):
        for role in ("dispatcher", "technician", "support", "manager"):
            self.assertTrue(self.saved(self.call(role, name=role)))
        for role in ("finance", "quality"):
            with self.assertRaises(AccessError):
                self.call(role)
        call = self.call()
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", call).action_save()

    def test_in_person_and_by_letter(self):
        for channel in ("visit", "letter"):
            ticket = self.saved(self.call(channel=channel))
            self.assertEqual(ticket.channel, channel)
        with self.assertRaises(ValueError):
            self.call(channel="email")

    def test_a_scan_belongs_to_the_ticket(self):
        scan = self.make_scan()
        ticket = self.saved(
            self.call(channel="letter", attachment_ids=[Command.set(scan.ids)])
        )
        self.assertEqual((scan.res_model, scan.res_id), (ticket._name, ticket.id))
        message = ticket.message_ids.filtered("attachment_ids")
        self.assertEqual(message.attachment_ids, scan)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
        self.assertFalse(ticket.responded_at)

    def test_files_of_others_are_not_taken(self):
        ticket = self.create_ticket()
        taken = self.make_scan(res_model=ticket._name, res_id=ticket.id)
        with self.assertRaisesRegex(UserError, "was not added to this call"):
            self.call(attachment_ids=[Command.set(taken.ids)]).action_save()
        with self.assertRaises(AccessError):
            self.call(attachment_ids=[Command.set(self.make_scan("support").ids)])
        self.assertEqual(taken.res_id, ticket.id)


@tagged("post_install", "-at_install")
class TestCallOnTicket(CallCommon):
    def test_logged_on_the_open_ticket(self):
        ticket = self.create_ticket(severity="serious")
        before = self.env["aftersales.ticket"].search_count([])
        call = self.call(ticket_id=ticket.id, name="Asks when", caller_name="Mr Miller")
        self.assertEqual(call.partner_id, self.contact)
        self.assertEqual(self.saved(call), ticket)
        self.assertEqual(self.env["aftersales.ticket"].search_count([]), before)
        message = ticket.message_ids[0]
        self.assertIn("Call from Mr Miller", message.body)
        self.assertIn("Asks when", message.body)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))

    def test_a_question_is_no_answer(self):
        """That the customer calls again does not keep our promise to respond."""
        ticket = self.create_ticket(severity="serious")
        self.call(ticket_id=ticket.id).action_save()
        self.assertFalse(ticket.responded_at)
        self.call(ticket_id=ticket.id, is_answered=True).action_save()
        self.assertTrue(ticket.responded_at)

    def test_what_we_waited_for(self):
        for goes_on, state in ((True, "in_progress"), (False, "waiting")):
            ticket = self.create_ticket()
            self.as_role("technician", ticket).action_assign_to_me()
            self.as_role("technician", ticket)._await("customer")
            call = self.call(ticket_id=ticket.id)
            self.assertTrue(call.goes_on)
            call.goes_on = goes_on
            call.action_save()
            self.assertEqual(ticket.state, state)

    def test_refused(self):
        ticket = self.create_ticket()
        with self.assertRaisesRegex(UserError, "is a ticket of"):
            self.call(ticket_id=ticket.id, partner_id=self.stranger.id).action_save()
        with self.assertRaisesRegex(UserError, "in a few words"):
            self.call(ticket_id=ticket.id, name=False).action_save()
        with self.assertRaisesRegex(ValidationError, "earlier than the report"):
            self.call(
                ticket_id=ticket.id,
                reported_at=fields.Datetime.now() - timedelta(hours=2),
            ).action_save()
        ticket.action_cancel()
        with self.assertRaisesRegex(UserError, "has ended"):
            self.call(ticket_id=ticket.id).action_save()

    def test_of_another_company(self):
        ticket = self.create_ticket()
        groups = f"base.group_user,{GROUP % 'intake'}"
        user = new_test_user(
            self.env,
            "as_stranger",
            groups=groups,
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        Call = self.env["aftersales.call"].with_user(user)
        with self.assertRaises(AccessError):
            Call.create({"name": "x", "ticket_id": ticket.id}).action_save()
        self.assertEqual(
            [option for option in Call.search_caller("QX400") if option["equipment"]],
            [],
        )
