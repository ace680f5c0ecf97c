# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which tickets may be about the same."""

from datetime import date

from odoo import Command
from odoo.tests import Form, tagged

from .common_coverage import CoverageCommon


@tagged("post_install", "-at_install")
class TestDuplicate(CoverageCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.press, cls.other_press = cls.env["aftersales.equipment"].create(
            [
                {
                    "product_id": cls.machine.id,
                    "partner_id": cls.customer.id,
                    "serial_number": serial,
                    "delivery_date": date(2026, 1, 15),
                    "company_id": cls.company.id,
                }
                for serial in ("Z-1", "Z-2")
            ]
        )
        cls.stranger = cls.env["res.partner"].create(
            {"name": "Stranger", "is_company": True}
        )

    def report(self, name="Hose leaks", hour=0, **values):
        with self.at(hour):
            return self.create_ticket(name=name, **{"serial_number": False, **values})

    def found(self, ticket, role="intake"):
        return self.as_role(role, ticket)._possible_duplicates()[ticket]

    def test_same_equipment(self):
        one = self.report("Hose leaks", equipment_id=self.press.id)
        two = self.report("Motor hums", hour=24 * 60, equipment_id=self.press.id)
        other = self.report("Hose leaks", equipment_id=self.other_press.id)
        self.assertEqual(self.found(one), two)
        self.assertEqual(self.found(two), one)
        self.assertFalse(self.found(other), "two machines are two matters")

    def test_same_serial_as_typed(self):
        one = self.report("Leak", serial_number="Q 12_7", partner_id=False)
        two = self.report(
            "Motor hums", serial_number="q 12_7", partner_id=self.stranger.id
        )
        self.report("Motor", serial_number="Q 12x7", partner_id=False)
        self.assertEqual(self.found(one), two)
        self.assertEqual(self.found(two), one)

    def test_like_subject_of_the_same_customer(self):
        one = self.report("Hose leaks")
        again = self.report("RE: hose leaks again", hour=1, partner_id=self.customer.id)
        self.report("Invoice is wrong", hour=1)
        self.report("Hose leaks", hour=1, partner_id=self.stranger.id)
        self.report("Hose leaks", hour=1, partner_id=False)
        self.report("Hose leaks", hour=24 * 14 + 1)
        edge = self.report("Hose leaks", hour=24 * 14)
        self.assertEqual(self.found(one), again | edge)

    def test_chinese_subjects(self):
        one = self.report("压力机不停机")
        two = self.report("压力机不停")
        self.report("发票有误")
        self.assertEqual(self.found(one), two)

    def test_open_ones_only(self):
        one, two = self.report(), self.report()
        gone = self.report()
        self.as_role("dispatcher", gone)._cancel("withdrawn")
        archived = self.report()
        self.as_role("manager", archived).active = False
        self.assertEqual(self.found(one), two)
        self.assertFalse(self.found(gone))

    def test_no_customer_no_serial_nothing(self):
        one = self.report(partner_id=False)
        self.report(partner_id=False)
        with self.assertQueryCount(__system__=0):
            one._possible_duplicates()

    def test_access_and_company(self):
        one = self.report(serial_number="S-1")
        team_b = self.env["aftersales.team"].create(
            {"name": "B", "company_id": self.company_2.id}
        )
        of_b = self.env["aftersales.ticket"].create(
            {"name": "Hose leaks", "team_id": team_b.id, "serial_number": "S-1"}
        )
        self.assertFalse(self.found(one))
        manager = self.users["manager"]
        manager.company_ids = [Command.link(self.company_2.id)]
        both = (one | of_b).with_user(manager)
        both = both.with_context(
            allowed_company_ids=(self.company | self.company_2).ids
        )
        self.assertEqual(set(both._possible_duplicates().values()), {both.browse()})

    def test_many_cost_as_one(self):
        tickets = self.env["aftersales.ticket"].union(
            *(self.report(f"Hose {index} leaks") for index in range(20))
        )

        def cost(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("possible_duplicate_count")
            return self.env.cr.sql_log_count - before

        cost(tickets)
        self.assertEqual(cost(tickets), cost(tickets[0]))
        self.assertEqual(tickets[0].possible_duplicate_count, 19)

    def test_form_and_list(self):
        """Shown while the report is being typed, and as a list."""
        one = self.report(equipment_id=self.press.id)
        with Form(self.as_role("intake", "aftersales.ticket")) as form:
            form.name = "Motor hums"
            self.assertFalse(form.possible_duplicate_count)
            form.team_id = self.team
            form.partner_id = self.contact
            form.equipment_id = self.press
            self.assertEqual(form.possible_duplicate_count, 1)
        two = form.record
        self.assertEqual(two.possible_duplicate_count, 1)
        action = self.as_role("intake", two).action_view_possible_duplicates()
        self.assertEqual(
            self.env["aftersales.ticket"].search(action["domain"]), one | two
        )
