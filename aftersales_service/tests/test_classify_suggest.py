# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Faults are suggested from what was found on similar reports, and never more."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestClassifySuggest(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.valve, cls.motor, cls.belt = cls.env["aftersales.fault"].create(
            [{"name": f"Test {name}"} for name in ("Valve", "Motor", "Belt")]
        )

    def found(self, name, fault, product="Mixer 5", **values):
        """Enter an earlier report on which a fault was found."""
        return self.create_ticket(
            name=name,
            product_name=product,
            serial_number=False,
            description=values.pop("description", False),
            finding_ids=[Command.create({"fault_id": fault.id})],
            **values,
        )

    def asked(self, name, product="Mixer 5", **values):
        ticket = self.create_ticket(
            name=name, product_name=product, serial_number=False, **values
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return ticket

    def test_similar_words(self):
        self.found("Zylomat squeaks and smokes", self.motor)
        self.found("Motor smokes", self.motor, description="<p>zylomat black</p>")
        self.found("Zylomat drips", self.valve)
        self.found("Nothing in common", self.belt)
        ticket = self.asked("ZYLOMAT smokes again")
        self.assertEqual(ticket.suggested_fault_ids, self.motor | self.valve)
        self.assertEqual(
            ticket.fault_suggestions,
            [
                {"id": self.motor.id, "name": "Test Motor", "count": 2},
                {"id": self.valve.id, "name": "Test Valve", "count": 1},
            ],
        )
        self.assertFalse(ticket.finding_ids, "a suggestion only")

    def test_same_product_first(self):
        for _times in range(3):
            self.found("Zylomat smokes", self.motor, product="Press 1")
        self.found("Zylomat makes smoke", self.valve, product="mixer 5")
        ticket = self.asked("Zylomat smokes")
        self.assertEqual(ticket.suggested_fault_ids.ids, [self.valve.id, self.motor.id])

    def test_three_at_most_and_none_archived(self):
        faults = self.valve | self.motor | self.belt | self.hose
        for fault in faults:
            self.found("Zylomat stands", fault)
        self.assertEqual(len(self.asked("Zylomat").suggested_fault_ids), 3)
        self.valve.active = False
        ticket = self.asked("Zylomat")
        self.assertEqual(ticket.suggested_fault_ids, faults - self.valve)

    def test_no_spaces_between_words(self):
        self.found("液压软管漏油", self.hose)
        self.found("电机冒烟", self.motor)
        self.assertEqual(self.asked("软管漏油了").suggested_fault_ids, self.hose)

    def test_any_text(self):
        long = "".join(f"word{number} " for number in range(200_000))
        for text in (
            "o'brien's \\ 'quoted' \"double\" a&b | !c <-> :*",
            "<b>x</b> &nbsp; %s %(name)s {} \\1 $1",
            "' OR 1=1 --",
            long,
        ):
            self.found("Zylomat", self.hose, description=text)
            ticket = self.asked("Zylomat", description=text)
            self.assertEqual(ticket.suggested_fault_ids, self.hose)
        self.assertFalse(self.asked("a . ? 7 !!").suggested_fault_ids)

    def test_classified_and_ended_tickets_get_none(self):
        self.found("Zylomat smokes", self.motor)
        ticket = self.asked("Zylomat smokes")
        self.assertTrue(ticket.suggested_fault_ids)
        ticket.action_use_fault(self.motor.id)
        self.assertEqual(ticket.finding_ids.fault_id, self.motor)
        self.assertFalse(ticket.suggested_fault_ids)
        ticket.action_use_fault(self.motor.id)
        self.assertEqual(len(ticket.finding_ids), 1, "not twice")
        ticket = self.asked("Zylomat smokes")
        ticket.action_cancel()
        self.assertFalse(ticket.suggested_fault_ids)
        with self.assertRaisesRegex(UserError, "not open"):
            ticket.action_use_fault(self.motor.id)

    def test_cancelled_reports_do_not_speak(self):
        self.found("Zylomat smokes", self.motor).action_cancel()
        self.assertFalse(self.asked("Zylomat smokes").suggested_fault_ids)

    def test_while_typing(self):
        self.found("Zylomat smokes", self.motor)
        form = Form(self.as_role("intake", "aftersales.ticket"))
        form.name = "Zylomat"
        self.assertEqual(form.fault_suggestions[0]["id"], self.motor.id)
        with form.finding_ids.new() as finding:
            finding.fault_id = self.hose
        self.assertFalse(form.fault_suggestions)

    def test_who_may_use_one(self):
        ticket = self.asked("Zylomat smokes")
        for role in ("quality", "finance"):
            with self.assertRaises(AccessError):
                self.as_role(role, ticket).action_use_fault(self.motor.id)
        self.motor.active = False
        for fault_id in (self.motor.id, 0, 2**31 - 1, False):
            with self.assertRaisesRegex(UserError, "catalogue"):
                ticket.action_use_fault(fault_id)

    def test_own_company_only(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.env["aftersales.team"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id}
        )
        self.found("Zylomat smokes", self.motor).sudo().team_id = team
        ticket = self.asked("Zylomat smokes")
        self.assertFalse(ticket.suggested_fault_ids)
        intake = self.users["intake"]
        intake.company_ids |= elsewhere
        both = ticket.with_context(allowed_company_ids=intake.company_ids.ids)
        both.invalidate_recordset()
        self.assertFalse(both.suggested_fault_ids, "of the company of the ticket")

    def test_the_index_serves_it(self):
        """The words asked for are those of the index, else each ticket is read."""
        words = self.env["aftersales.ticket"]._words_of("aftersales_ticket")
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(
            "EXPLAIN SELECT id FROM aftersales_ticket"
            f" WHERE {words.code} @@ '''zylomat'''::tsquery"
        )
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("aftersales_ticket_words_idx", plan)
