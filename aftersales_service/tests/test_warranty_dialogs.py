# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The dialogs that enter days and owners, and the comparison with the sources."""

from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .warranty_common import DAY, WarrantyCommon


@tagged("post_install", "-at_install")
class TestCommissioning(WarrantyCommon):
    def setUp(self):
        super().setUp()
        self.press = self.machine(delivery_date=DAY)

    def test_starts_what_waited(self):
        """Several machines at once; what has started already stays."""
        other = self.machine(delivery_date=DAY)
        started = self.grant(other)
        waiting = self.grant(self.press, other, term=self.commissioning_term)
        self.commission(
            self.press | other,
            date(2026, 6, 1),
            employee_id=self.technician.id,
            note="12 hours",
        )
        for warranty in waiting:
            self.assertEqual(
                self.dates(warranty), (date(2026, 6, 1), date(2027, 5, 31))
            )
        self.assertEqual(started.start_date, DAY)
        event = self.press.event_ids.filtered(lambda e: e.kind == "commissioned")
        self.assertEqual(event.date, date(2026, 6, 1))
        self.assertEqual(event.note, "Tara Technician: 12 hours")
        self.assertEqual(event.user_id, self.users["technician"])

    def test_impossible_days(self):
        with self.at(datetime(2026, 6, 1, 9)):
            for day, text in (
                (date(2026, 6, 2), "still to come"),
                (date(2026, 5, 14), "was delivered"),
            ):
                with self.assertRaisesRegex(UserError, text):
                    self.commission(self.press, day)
            self.commission(self.press, DAY)
        self.assertEqual(self.press.commissioning_date, DAY)

    def test_today_is_the_day_of_the_site(self):
        """In Tokyo it is tomorrow already."""
        self.press.site_id = self.env["res.partner"].create(
            {"name": "Osaka", "tz": "Asia/Tokyo"}
        )
        with self.at(datetime(2026, 6, 1, 14, 59)):
            with self.assertRaises(UserError):
                self.commission(self.press, date(2026, 6, 2))
        with self.at(datetime(2026, 6, 1, 15, 0)):
            self.commission(self.press, date(2026, 6, 2))

    def test_correction(self):
        """A corrected day moves what started with it, the extension too."""
        base = self.grant(self.press, term=self.commissioning_term)
        extension = self.grant(self.press, kind="extension", sold_on=DAY)
        untouched = self.grant(self.press)
        self.commission(self.press, date(2026, 6, 1))
        with self.assertRaisesRegex(UserError, "reason"):
            self.commission(self.press, date(2026, 6, 5))
        self.commission(self.press, date(2026, 6, 5), reason="Misread the form")
        self.assertEqual(self.dates(base), (date(2026, 6, 5), date(2027, 6, 4)))
        self.assertEqual(extension.start_date, date(2027, 6, 5))
        self.assertEqual(untouched.start_date, DAY)
        bodies = "".join(self.press.message_ids.mapped("body"))
        self.assertIn("Misread the form", bodies)
        events = self.press.event_ids.filtered(lambda e: e.kind == "commissioned")
        self.assertEqual(len(events), 2)
        self.assertTrue(
            any("Misread" in (note or "") for note in events.mapped("note"))
        )

    def test_roles(self):
        for role in ("technician", "dispatcher", "support", "manager"):
            self.commission(self.press, date(2026, 6, 1), role=role, reason="Again")
        for role in ("intake", "finance", "quality"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.commission(self.press, date(2026, 6, 1), role=role, reason="x")

    def test_not_in_service(self):
        self.press.state = "returned"
        with self.assertRaisesRegex(UserError, "No longer in service"):
            self.as_role("technician", self.press).action_commission()

    def test_form(self):
        action = self.as_role("dispatcher", self.press).action_commission()
        wizard = self.as_role("dispatcher", "aftersales.commissioning")
        with Form(wizard.with_context(**action["context"])) as form:
            self.assertFalse(form.date)
            form.date = date(2026, 6, 1)
            form.employee_id = self.technician
        form.record.action_commission()
        self.assertEqual(self.press.commissioning_date, date(2026, 6, 1))


@tagged("post_install", "-at_install")
class TestEquipmentChange(WarrantyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls.env["res.partner"].create(
            {"name": "New Owner Ltd", "is_company": True}
        )
        cls.hall = cls.env["res.partner"].create(
            {"name": "Hall 3", "parent_id": cls.buyer.id, "type": "delivery"}
        )

    def change(self, machines, day, role="dispatcher", **values):
        action = self.as_role(role, machines).action_change_owner()
        wizard = (
            self.as_role(role, "aftersales.equipment.change")
            .with_context(**action["context"])
            .create({"date": day, **values})
        )
        wizard.action_apply()
        return wizard

    def test_dated_records(self):
        machine = self.machine(delivery_date=DAY)
        warranty = self.grant(machine)
        user = self.env["res.partner"].create({"name": "Operator Inc"})
        self.change(
            machine,
            date(2026, 7, 1),
            partner_id=self.buyer.id,
            end_user_id=user.id,
            note="Sold on",
        )
        self.assertEqual(machine.partner_id, self.buyer)
        self.assertEqual(machine.site_id, self.hall)
        self.assertEqual(machine.end_user_id, user)
        self.assertEqual(warranty.partner_id, self.buyer)
        self.assertEqual(self.dates(warranty), (DAY, date(2027, 5, 14)))
        events = {event.kind: event for event in machine.event_ids}
        for kind, old, new in (
            ("owner", self.customer, self.buyer),
            ("site", self.site, self.hall),
            ("end_user", user.browse(), user),
        ):
            event = events[kind]
            self.assertEqual((event.old_partner_id, event.new_partner_id), (old, new))
            self.assertEqual((event.date, event.note), (date(2026, 7, 1), "Sold on"))

    def test_form(self):
        machine = self.machine(delivery_date=DAY)
        action = self.as_role("intake", machine).action_change_owner()
        wizard = self.as_role("intake", "aftersales.equipment.change")
        with Form(wizard.with_context(**action["context"])) as form:
            self.assertEqual(form.partner_id, self.customer)
            self.assertEqual(form.site_id, self.site)
            self.assertFalse(form.date)
            form.partner_id = self.buyer
            self.assertEqual(form.site_id, self.hall)
            form.date = date(2026, 7, 1)
        form.record.action_apply()
        self.assertEqual(machine.site_id, self.hall)

    def test_only_the_site(self):
        machine = self.machine(delivery_date=DAY)
        self.change(machine, date(2026, 7, 1), site_id=self.customer.id)
        kinds = machine.event_ids.mapped("kind")
        self.assertIn("site", kinds)
        self.assertNotIn("owner", kinds)
        self.assertEqual(machine.partner_id, self.customer)

    def test_impossible(self):
        machine = self.machine(delivery_date=DAY)
        self.change(machine, date(2026, 7, 1), site_id=self.customer.id)
        with self.at(datetime(2026, 8, 1, 9)):
            for day, text in (
                (date(2026, 8, 2), "still to come"),
                (date(2026, 5, 14), "delivered or last changed"),
                (date(2026, 6, 30), "delivered or last changed"),
            ):
                with self.subTest(day=day), self.assertRaisesRegex(UserError, text):
                    self.change(machine, day, partner_id=self.buyer.id)
        with self.assertRaisesRegex(UserError, "who owns it"):
            self.change(machine, date(2026, 8, 1), partner_id=False)
        company = self.env["res.company"].create({"name": "Other Company"})
        self.buyer.company_id = company
        with self.assertRaisesRegex(UserError, "another company"):
            self.change(machine, date(2026, 8, 1), partner_id=self.buyer.id)

    def test_serial_there_already(self):
        product = self.env["product.product"].create(
            {"name": "Press 200", "is_storable": True, "tracking": "lot"}
        )
        lot = self.env["stock.lot"].create({"name": "LOT-1", "product_id": product.id})
        machine = self.machine(product_id=product.id, lot_id=lot.id)
        theirs = self.machine(
            product_id=product.id,
            lot_id=lot.id,
            partner_id=self.buyer.id,
            site_id=self.hall.id,
        )
        theirs.active = False
        with self.assertRaisesRegex(UserError, theirs.reference):
            self.change(machine, DAY, partner_id=self.hall.id)

    def test_roles(self):
        machine = self.machine(delivery_date=DAY)
        for role, site in (
            ("dispatcher", self.customer),
            ("intake", self.site),
            ("manager", self.customer),
        ):
            self.change(machine, date(2026, 7, 1), role=role, site_id=site.id)
        for role in ("technician", "support", "finance", "quality"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.change(machine, date(2026, 7, 1), role=role)

    def test_out_of_service(self):
        machine = self.machine(delivery_date=DAY)
        warranty = self.grant(machine)
        action = self.as_role("intake", machine).action_end()
        wizard = self.as_role("intake", "aftersales.equipment.change").with_context(
            **action["context"]
        )
        wizard.create({"date": date(2026, 7, 1), "note": "Scrapped"}).action_apply()
        self.assertEqual(machine.state, "ended")
        self.assertEqual(machine.ended_on, date(2026, 7, 1))
        with self.at(datetime(2026, 7, 2, 9)):
            self.env.invalidate_all()
            self.assertEqual(machine.warranty_state, "ended")
            self.assertEqual(warranty.state, "running")
        self.assertIn("ended", machine.event_ids.mapped("kind"))
        with self.assertRaises(UserError):
            self.as_role("intake", machine).action_end()


@tagged("post_install", "-at_install")
class TestRebuild(WarrantyCommon):
    def compare(self, machines=None, role="manager", **values):
        Rebuild = self.as_role(role, "aftersales.warranty.rebuild")
        if machines:
            action = self.as_role(role, machines).action_rebuild()
            Rebuild = Rebuild.with_context(**action["context"])
        wizard = Rebuild.create(values)
        wizard.action_compare()
        return wizard

    def test_nothing_differs(self):
        machine = self.machine(delivery_date=DAY)
        self.grant(machine)
        self.grant(machine, kind="extension", sold_on=DAY)
        self.env["aftersales.warranty"]._grant_parts(
            [{"equipment_id": machine.id, "replaced_on": date(2026, 7, 1)}]
        )
        wizard = self.compare(machine)
        self.assertEqual(wizard.state, "compared")
        self.assertEqual(wizard.compared, 1)
        self.assertFalse(wizard.line_ids)

    def test_shown_then_changed(self):
        """A corrected delivery is shown for each warranty, and changed on demand."""
        machine = self.machine(delivery_date=DAY)
        base = self.grant(machine)
        extension = self.grant(machine, kind="extension", sold_on=DAY)
        self.as_role("dispatcher", machine).delivery_date = date(2026, 6, 1)
        self.assertEqual(base.start_date, DAY)
        wizard = self.compare(machine)
        lines = {line.warranty_id: line for line in wizard.line_ids}
        self.assertEqual(lines.keys(), {base, extension})
        self.assertIn("05/15/2026", lines[base].old_text)
        self.assertIn("06/01/2026", lines[base].new_text)
        self.assertEqual(base.start_date, DAY)
        lines[extension].is_ticked = False
        wizard.action_apply()
        self.assertEqual(self.dates(base), (date(2026, 6, 1), date(2027, 5, 31)))
        self.assertEqual(extension.start_date, date(2027, 5, 15))
        event = machine.event_ids.filtered(lambda e: e.kind == "rebuilt")
        self.assertIn(base.name, event.note)
        self.assertIn("06/01/2026", machine.message_ids[0].body)
        again = self.compare(machine)
        self.assertEqual(again.line_ids.warranty_id, extension)
        again.action_apply()
        self.assertEqual(extension.start_date, date(2027, 6, 1))
        self.assertFalse(self.compare(machine).line_ids)

    def test_removed_trigger(self):
        machine = self.machine(delivery_date=DAY)
        base = self.grant(machine)
        machine.delivery_date = False
        self.assertEqual(base.start_date, DAY)
        wizard = self.compare(machine)
        self.assertIn("none", wizard.line_ids.new_text)
        wizard.action_apply()
        self.assertEqual(base.state, "pending")
        self.assertFalse(machine.warranty_end_date)

    def test_typed_days_are_not_ticked(self):
        machine = self.machine(delivery_date=DAY)
        typed = self.by_hand(machine, start_date=date(2026, 7, 1))
        line = self.compare(machine).line_ids
        self.assertEqual(line.warranty_id, typed)
        self.assertFalse(line.is_ticked)
        with self.assertRaisesRegex(UserError, "Tick"):
            line.rebuild_id.action_apply()
        line.rebuild_id.action_tick_all()
        line.rebuild_id.action_apply()
        self.assertEqual(typed.start_date, DAY)

    def test_changed_in_between(self):
        machine = self.machine(delivery_date=DAY)
        self.grant(machine)
        machine.delivery_date = date(2026, 6, 1)
        wizard = self.compare(machine)
        machine.delivery_date = date(2026, 6, 2)
        with self.assertRaisesRegex(UserError, "changed since"):
            wizard.action_apply()

    def test_all_of_a_filter(self):
        machines = self.machine(delivery_date=DAY) | self.machine(delivery_date=DAY)
        self.grant(*machines)
        machines.delivery_date = date(2026, 6, 1)
        wizard = self.compare(domain=str([("id", "=", machines[0].id)]))
        self.assertEqual(wizard.scope, "filter")
        self.assertEqual(wizard.line_ids.equipment_id, machines[0])
        wizard.domain = str([("id", "in", machines.ids)])
        wizard.action_compare()
        self.assertEqual(wizard.line_ids.equipment_id, machines)
        wizard.domain = "[('nonsense"
        with self.assertRaisesRegex(UserError, "filter can't be read"):
            wizard.action_compare()
        wizard.domain = "[('no_such_field', '=', 1)]"
        with self.assertRaisesRegex(UserError, "filter can't be read"):
            wizard.action_compare()

    def test_only_managers(self):
        machine = self.machine(delivery_date=DAY)
        for role in ("dispatcher", "technician", "support", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.compare(machine, role=role)

    def test_own_company_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["aftersales.equipment"].create(
            {
                "partner_id": self.customer.id,
                "company_id": other.id,
                "delivery_date": DAY,
            }
        )
        self.term.company_id = False
        self.grant(foreign)
        foreign.delivery_date = date(2026, 6, 1)
        wizard = self.compare(domain=str([("id", "in", foreign.ids)]))
        self.assertFalse(wizard.line_ids)
        with self.assertRaises(AccessError):
            self.as_role("manager", "aftersales.warranty.rebuild").create(
                {"equipment_ids": [Command.set(foreign.ids)]}
            )

    def test_many_differences(self):
        """A page of differences at a time; the rest comes when compared again."""
        machines = self.env["aftersales.equipment"].union(
            *(self.machine(delivery_date=DAY) for _number in range(5))
        )
        self.grant(*machines)
        machines.delivery_date = date(2026, 6, 1)
        path = "odoo.addons.aftersales_service.wizard.aftersales_warranty_rebuild."
        with patch(path + "BATCH", 2), patch(path + "LIMIT", 3):
            wizard = self.compare(machines)
            self.assertTrue(wizard.is_limited)
            self.assertEqual(len(wizard.line_ids), 3)
            wizard.action_apply()
            wizard.action_compare()
            self.assertFalse(wizard.is_limited)
            self.assertEqual(len(wizard.line_ids), 2)

    def test_form(self):
        machine = self.machine(delivery_date=DAY)
        self.grant(machine)
        machine.delivery_date = date(2026, 6, 1)
        wizard = self.compare(machine)
        with Form(wizard) as form:
            with form.line_ids.edit(0) as line:
                line.is_ticked = False
        self.assertFalse(wizard.line_ids.is_ticked)
