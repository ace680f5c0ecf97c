# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .contract_life_common import ContractLifeCommon
from .equipment_common import EquipmentCommon

END = date(2027, 3, 1)


@tagged("post_install", "-at_install")
class TestContractEquipment(ContractLifeCommon):
    """Machines that join and leave a contract, each from a day on."""

    @classmethod
    def lay_ground(cls):
        cls.lathe = cls.press.copy(
            {"product_name": "Lathe", "serial_number": "Lathe-1"}
        )
        cls.other_customer = cls.env["res.partner"].create(
            {"name": "Bakery Ltd", "is_company": True}
        )
        cls.oven = cls.press.copy(
            {
                "product_name": "Oven",
                "serial_number": "Oven-1",
                "partner_id": cls.other_customer.id,
            }
        )

    def days(self, contract, machine):
        """Return the covered days of a machine, one pair for each time."""
        lines = contract.sudo().line_ids.filtered(lambda x: x.equipment_id == machine)
        return [(line.date_from, line.date_to) for line in lines.sorted("id")]

    def change(self, machines, user=None, **values):
        """Record a change of machines through their dialog, as the dispatcher."""
        user = user or self.users["dispatcher"]
        wizard = self.env["aftersales.equipment.change"].with_user(user)
        wizard.create(
            {"equipment_ids": [Command.set(machines.ids)], **values}
        ).action_apply()

    # === THE DIALOG === #

    def test_joins(self):
        contract = self.agreed()
        with self.on("2026-05-01"):
            self.step(
                contract, "join", equipment_ids=self.lathe.ids, reason="Bought in May"
            )
        self.assertEqual(self.days(contract, self.lathe), [(date(2026, 5, 1), END)])
        line = contract.line_ids.filtered(lambda x: x.equipment_id == self.lathe)
        self.assertEqual(line.join_reason, "Bought in May")
        self.assertEqual(
            contract._lines_on(date(2026, 4, 30)).equipment_id, self.press | self.drill
        )
        self.assertIn(self.lathe, contract._lines_on(date(2026, 5, 1)).equipment_id)
        note = contract.message_ids.sorted("id")[-1]
        self.assertIn("Lathe-1", note.body)
        self.assertIn("Bought in May", note.body)
        self.assertEqual(note.author_id, self.salesman.partner_id)

    def test_leaves_and_comes_back(self):
        contract = self.agreed()
        with self.on("2026-05-01"):
            self.step(
                contract,
                "leave",
                equipment_ids=self.press.ids,
                date=date(2026, 6, 1),
                reason="Lent out",
            )
        first = (date(2026, 3, 2), date(2026, 5, 31))
        self.assertEqual(self.days(contract, self.press), [first])
        self.assertEqual(self.days(contract, self.drill), [(date(2026, 3, 2), END)])
        with self.on("2026-08-01"):
            self.step(contract, "join", equipment_ids=self.press.ids, reason="Back")
        again = (date(2026, 8, 1), END)
        self.assertEqual(self.days(contract, self.press), [first, again])
        line = contract.line_ids.filtered("leave_reason")
        self.assertEqual(line.leave_reason, "Lent out")
        self.assertEqual(contract.equipment_count, 2, "the same machine")

    def test_leaves_on_the_day_it_joined(self):
        """It was never covered; it may join again."""
        contract = self.agreed(self.drill)
        for _time in range(2):
            contract._join(self.lathe, date(2026, 5, 1), "Bought")
            contract._leave(self.lathe, date(2026, 5, 1), "Mistake")
        never = (date(2026, 5, 1), date(2026, 4, 30))
        self.assertEqual(self.days(contract, self.lathe), [never, never])
        self.assertFalse(contract._lines_on(date(2026, 5, 1)) - contract.line_ids[:1])

    def test_who_never_joined_does_not_leave(self):
        """The reason why it was taken back is kept, and nothing is noted again."""
        contract = self.agreed(self.press).sudo()
        line = contract._join(self.drill, date(2026, 6, 1), "Bought")
        contract._leave(self.drill, date(2026, 6, 1), "Mistake")
        noted = len(contract.message_ids)
        self.assertFalse(contract._leave(self.drill, date(2026, 5, 1), "Sold"))
        self.assertEqual(line.leave_reason, "Mistake")
        self.assertEqual(len(contract.message_ids), noted)

    def test_joins_before_the_contract_begins(self):
        contract = self.agreed(start_date=date(2026, 4, 1))
        self.step(contract, "join", equipment_ids=self.lathe.ids, reason="Forgotten")
        self.assertEqual(self.days(contract, self.lathe)[0][0], date(2026, 4, 1))

    def test_what_the_dialog_refuses(self):
        contract = self.agreed()
        lathe, press = self.lathe.ids, self.press.ids
        for kind, text, values in (
            ("join", "Say why", {"equipment_ids": lathe}),
            ("join", "already", {"equipment_ids": press, "reason": "Again"}),
            ("leave", "Not in the contract", {"equipment_ids": lathe, "reason": "Out"}),
            (
                "join",
                "not a machine of",
                {"equipment_ids": self.oven.ids, "reason": "x"},
            ),
            (
                "join",
                "runs from",
                {"equipment_ids": lathe, "reason": "x", "date": date(2027, 3, 2)},
            ),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, text):
                self.step(contract, kind, **values)
        past = {"date": date(2026, 4, 1), "equipment_ids": lathe, "reason": "Forgotten"}
        with self.on("2026-05-01"):
            with self.assertRaisesRegex(UserError, "manager"):
                self.step(contract, "join", **past)
            self.step(contract, "join", self.users["manager"], **past)
        self.assertEqual(self.days(contract, self.lathe), [(date(2026, 4, 1), END)])
        ended = self.agreed(start_date=date(2024, 1, 1))
        for refused in (ended, self.draft()):
            with self.assertRaises(UserError):
                refused.action_join()
            with self.assertRaises(UserError):
                refused.action_leave()
        with self.assertRaises(AccessError):
            self.as_role("technician", "aftersales.contract.equipment").create(
                {"contract_id": contract.id, "equipment_ids": lathe, "reason": "x"}
            )

    def test_machines_offered_by_the_dialog(self):
        contract = self.agreed(self.press)
        contract._join(self.drill, date(2026, 6, 1), "Bought")
        Wizard = self.env["aftersales.contract.equipment"].with_user(self.salesman)
        wizard = Wizard.create(
            {"contract_id": contract.id, "equipment_ids": self.press.ids}
        )
        self.assertEqual(wizard.choice_ids, self.press | self.drill)
        contract._leave(self.press, date(2026, 5, 1), "Sold")
        wizard.date = date(2026, 5, 1)
        self.assertEqual(wizard.choice_ids, self.drill)
        self.assertEqual(wizard.owner_ids, self.customer)

    # === ONCE === #

    def test_not_twice_on_the_same_days(self):
        contract = self.draft(self.press)
        with self.assertRaises(ValidationError):
            contract.line_ids = [Command.create({"equipment_id": self.press.id})]
        line = contract.line_ids
        line.date_to = date(2026, 5, 31)
        second = {"equipment_id": self.press.id, "date_from": date(2026, 5, 31)}
        with self.assertRaises(ValidationError):
            contract.line_ids = [Command.create(second)]
        second["date_from"] = date(2026, 6, 1)
        contract.line_ids = [Command.create(second)]
        with self.assertRaises(ValidationError):
            line.date_to = date(2026, 6, 1)

    def test_in_two_contracts(self):
        self.agreed(self.press)
        both = self.agreed(self.press)
        self.assertEqual(both.state, "active")
        self.assertIn("Press-1", both.warning)

    def test_within_the_contract(self):
        contract = self.draft(self.press)
        for values in (
            {"date_from": date(2026, 3, 1)},
            {"date_to": date(2027, 3, 2)},
        ):
            with self.assertRaises(ValidationError):
                contract.line_ids.write(values)

    def test_machines_of_others(self):
        for machine in (self.oven, self.gone()):
            with self.assertRaises(UserError):
                self.draft(machine)
        self.oven.sudo().end_user_id = self.customer
        self.draft(self.oven)

    def gone(self):
        machine = self.press.copy({"product_name": "Old", "serial_number": "Old-1"})
        self.change(machine, operation="end", date=date(2026, 3, 1))
        return machine

    # === MACHINES THAT GO === #

    def test_taken_out_of_service(self):
        contract, ended = self.agreed(), self.agreed(start_date=date(2024, 6, 1))
        days = self.days(ended, self.press)
        with self.on("2026-05-04"):
            self.change(self.press, operation="end", date=date(2026, 5, 1))
        self.assertEqual(
            self.days(contract, self.press), [(date(2026, 3, 2), date(2026, 4, 30))]
        )
        self.assertEqual(self.days(contract, self.drill), [(date(2026, 3, 2), END)])
        self.assertEqual(self.days(ended, self.press), days)
        line = contract.line_ids.filtered("leave_reason")
        self.assertEqual(line.leave_reason, "Ended")
        self.assertIn("Press-1", contract.message_ids.sorted("id")[-1].body)

    def test_sold_on(self):
        """It leaves the seller's contract, and one that the buyer had for it stays."""
        contract = self.agreed()
        self.press.sudo().end_user_id = self.other_customer
        theirs = self.agreed(self.press, partner_id=self.other_customer.id)
        with self.on("2026-05-04"):
            self.change(
                self.press,
                date=date(2026, 5, 1),
                partner_id=self.other_customer.id,
                end_user_id=False,
            )
        self.assertEqual(
            self.days(contract, self.press), [(date(2026, 3, 2), date(2026, 4, 30))]
        )
        reason = contract.line_ids.filtered("leave_reason").leave_reason
        self.assertEqual(reason, "Sold to Bakery Ltd")
        self.assertEqual(self.days(theirs, self.press), [(date(2026, 3, 2), END)])

    def test_moved_within_the_customer(self):
        """Another address, or another part of the same customer, changes nothing."""
        contract = self.agreed()
        with self.on("2026-05-04"):
            self.change(
                self.press,
                date=date(2026, 5, 1),
                partner_id=self.contact.id,
                site_id=self.site.id,
            )
        self.assertEqual(self.press.site_id, self.site)
        self.assertEqual(self.days(contract, self.press), [(date(2026, 3, 2), END)])

    def test_gone_from_an_offer(self):
        """What was not agreed yet never covered it: it is not in it any more."""
        contract = self.draft(needs_signature=True)
        contract.action_await_signature()
        self.change(self.press, operation="end", date=date(2026, 3, 1))
        self.assertEqual(contract.line_ids.equipment_id, self.drill)
        self.assertIn("Press-1", contract.message_ids.sorted("id")[-1].body)


@tagged("post_install", "-at_install")
class TestContractReturn(EquipmentCommon):
    """A machine that comes back through the warehouse."""

    def test_returned_machine_leaves(self):
        lots = self.serials("C-1", "C-2")
        order = self.sell((self.press, 2))
        self.deliver(order, lots)
        machines = self.equipment(lots)
        template = self.env["aftersales.contract.template"].create({"name": "Full"})
        with freeze_time(self.NOW):
            contract = self.env["aftersales.contract"].create(
                {
                    "partner_id": self.customer.id,
                    "template_id": template.id,
                    "company_id": self.company.id,
                    "start_date": date(2026, 3, 2),
                    "line_ids": [
                        Command.create({"equipment_id": machine.id})
                        for machine in machines
                    ],
                }
            )
            contract._activate()
        self.give_back(order.picking_ids, lots=lots[0], moment=24 * 10)
        gone, kept = contract.line_ids.sorted(
            lambda x: x.equipment_id.state != "returned"
        )
        self.assertEqual(gone.equipment_id.state, "returned")
        self.assertEqual(gone.date_to, date(2026, 3, 11))
        self.assertEqual(gone.leave_reason, "Returned")
        self.assertEqual(kept.date_to, date(2027, 3, 1))
