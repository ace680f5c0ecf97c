# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Extensions, replaced parts, and what a manager enters by hand."""

from datetime import date, datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .warranty_common import DAY, WarrantyCommon


@tagged("post_install", "-at_install")
class TestWarrantyExtension(WarrantyCommon):
    def test_sold_with_the_machine(self):
        machine = self.machine(delivery_date=DAY)
        extension_term = self.create_term(name="Plus 24", duration=24)
        base, extension = self.env["aftersales.warranty"]._grant(
            [
                {
                    "equipment_id": machine.id,
                    "term": extension_term,
                    "kind": "extension",
                },
                {"equipment_id": machine.id, "term": self.term, "kind": "base"},
            ]
        )[::-1]
        self.assertEqual(base.kind, "base")
        self.assertEqual(extension.extends_id, base)
        self.assertEqual(self.dates(extension), (date(2027, 5, 15), date(2029, 5, 14)))
        self.assertEqual(machine.warranty_end_date, date(2029, 5, 14))
        self.assertFalse(extension.warning)

    def test_chain(self):
        """Two extensions, class by class, and what is sold after the end."""
        term = self.create_term(
            has_own_durations=True, parts_duration=24, labour_duration=12
        )
        machine = self.machine(delivery_date=DAY)
        self.grant(machine, term=term)
        first = self.grant(machine, kind="extension", sold_on=date(2026, 8, 1))
        second = self.grant(machine, kind="extension", sold_on=date(2026, 9, 1))
        self.assertEqual(second.extends_id, first)
        self.assertEqual(first.parts_start_date, date(2028, 5, 15))
        self.assertEqual(first.labour_start_date, date(2027, 5, 15))
        self.assertEqual(first.start_date, date(2027, 5, 15))
        self.assertEqual(second.parts_end_date, date(2030, 5, 14))
        self.assertEqual(second.labour_end_date, date(2029, 5, 14))
        late = self.grant(machine, kind="extension", sold_on=date(2031, 2, 3))
        self.assertEqual(self.dates(late), (date(2031, 2, 3), date(2032, 2, 2)))

    def test_pending_with_its_base(self):
        machine = self.machine(delivery_date=DAY)
        base = self.grant(machine, term=self.commissioning_term)
        extension = self.grant(machine, kind="extension", sold_on=DAY)
        second = self.grant(machine, kind="extension", sold_on=DAY)
        self.assertEqual(extension.state, "pending")
        self.assertFalse(extension.covered_from)
        self.assertIn("it extends", extension.summary)
        self.commission(machine, date(2026, 6, 1))
        self.assertEqual(base.end_date, date(2027, 5, 31))
        self.assertEqual(self.dates(extension), (date(2027, 6, 1), date(2028, 5, 31)))
        self.assertEqual(second.end_date, date(2029, 5, 31))

    def test_without_a_warranty(self):
        """A machine without warranty gets the extension from the day of the sale."""
        machine = self.machine(delivery_date=DAY)
        extension = self.grant(machine, kind="extension", sold_on=date(2026, 8, 1))
        self.assertEqual(extension.start_date, date(2026, 8, 1))
        self.assertIn("no warranty to extend", extension.warning)
        unknown = self.grant(self.machine(), kind="extension")
        self.assertEqual(unknown.state, "pending")

    def test_void_base_and_cancelled_extension(self):
        machine = self.machine(delivery_date=DAY)
        base = self.grant(machine)
        first = self.grant(machine, kind="extension", sold_on=DAY)
        second = self.grant(machine, kind="extension", sold_on=DAY)
        first._void("Order cancelled")
        self.assertEqual(second.start_date, date(2028, 5, 15))
        self.assertIn("which is void", second.warning)
        with self.at(datetime(2026, 9, 1, 9)):
            self.env.invalidate_all()
            self.assertIn(second.name, machine.warning)
        derived = second._derive()[second]
        self.assertEqual(derived["start_date"], date(2027, 5, 15))
        third = self.grant(machine, kind="extension", sold_on=DAY)
        self.assertEqual(third.extends_id, second)
        self.assertFalse(base.warning)

    def test_overlap_is_a_warning(self):
        machine = self.machine(delivery_date=DAY)
        base = self.by_hand(machine)
        extension = self.by_hand(
            machine,
            kind="extension",
            start_date=date(2027, 1, 1),
            end_date=date(2028, 12, 31),
        )
        self.assertEqual(self.dates(extension), (date(2027, 1, 1), date(2028, 12, 31)))
        self.assertIn("same time as " + base.name, extension.warning)
        extension.start_date = base.end_date
        self.assertIn("same time", extension.warning)
        regular = self.by_hand(
            self.machine(delivery_date=DAY), kind="extension", granted_on=DAY
        )
        self.assertNotIn("same time", regular.warning)


@tagged("post_install", "-at_install")
class TestWarrantyPart(WarrantyCommon):
    def replace(self, machine, day, **values):
        return self.env["aftersales.warranty"]._grant_parts(
            [
                {
                    "equipment_id": machine.id,
                    "replaced_on": day,
                    "part_name": "Pump",
                    **values,
                }
            ]
        )

    def test_remainder_or_own_months(self):
        """Whichever is longer, to the day."""
        for months, end in (
            (0, date(2027, 5, 14)),
            (6, date(2027, 5, 14)),
            (7, date(2027, 5, 14)),
            (8, date(2027, 6, 14)),
            (24, date(2028, 10, 14)),
        ):
            with self.subTest(months=months):
                term = self.create_term(replaced_part_months=months, travel_share=1)
                machine = self.machine(delivery_date=DAY)
                base = self.grant(machine, term=term)
                part = self.replace(machine, date(2026, 10, 15))
                self.assertEqual(self.dates(part), (date(2026, 10, 15), end))
                self.assertEqual(part.kind, "part")
                self.assertEqual(part.extends_id, base)
                self.assertEqual((part.parts_share, part.labour_share), (1, 1))
                self.assertEqual(part.travel_share, 0)
                self.assertFalse(part.travel_end_date)
                self.assertEqual(machine.warranty_end_date, date(2027, 5, 14))

    def test_remainder_with_extension(self):
        machine = self.machine(delivery_date=DAY)
        self.grant(machine)
        self.grant(machine, kind="extension", sold_on=DAY)
        part = self.replace(machine, date(2027, 5, 14))
        self.assertEqual(part.end_date, date(2028, 5, 14))

    def test_after_the_end(self):
        months = self.create_term(replaced_part_months=6)
        for term, end in ((self.term, None), (months, date(2028, 6, 30))):
            machine = self.machine(delivery_date=DAY)
            self.grant(machine, term=term)
            part = self.replace(machine, date(2028, 1, 1))
            self.assertEqual(part.end_date if part else None, end)

    def test_without_a_warranty(self):
        self.assertFalse(self.replace(self.machine(), DAY))

    def test_while_the_machine_waits(self):
        """A part replaced before the commissioning follows the machine's warranty."""
        machine = self.machine(delivery_date=DAY)
        self.grant(machine, term=self.commissioning_term)
        part = self.replace(machine, date(2026, 5, 20))
        self.assertEqual(part.state, "pending")
        self.commission(machine, date(2026, 6, 1))
        self.assertEqual(self.dates(part), (date(2026, 5, 20), date(2027, 5, 31)))

    def test_once_per_visit_line(self):
        ticket = self.create_ticket()
        dispatch = self.plan_visit(ticket)
        with self.at(30):
            visit = self.work_visit(dispatch)
        line = visit.line_ids.filtered(lambda line: line.kind == "part")
        machine = self.machine(delivery_date=DAY)
        self.grant(machine)
        first = self.replace(machine, date(2026, 10, 1), dispatch_line_id=line.id)
        again = self.replace(machine, date(2026, 10, 1), dispatch_line_id=line.id)
        self.assertTrue(first)
        self.assertEqual(first, again)


@tagged("post_install", "-at_install")
class TestWarrantyByHand(WarrantyCommon):
    def test_manager_enters_one(self):
        machine = self.machine(delivery_date=DAY)
        with Form(self.as_role("manager", "aftersales.warranty")) as form:
            form.equipment_id = machine
            form.term_id = self.term
        warranty = form.record
        self.assertTrue(warranty.is_manual)
        self.assertEqual(self.dates(warranty), (DAY, date(2027, 5, 14)))
        self.assertRegex(warranty.name, r"^W-\d{6}$")
        self.assertEqual(warranty.excluded_category_ids, self.filters)
        warranty.parts_end_date = date(2028, 1, 1)
        self.assertEqual(warranty.end_date, date(2028, 1, 1))

    def test_typed_start(self):
        """A machine sold long ago: nobody knows the delivery, but the start."""
        machine = self.machine()
        warranty = self.by_hand(machine, start_date=DAY)
        self.assertEqual(self.dates(warranty), (DAY, date(2027, 5, 14)))
        self.assertFalse(warranty._derive()[warranty]["start_date"] != DAY)

    def test_base_and_extension_at_once(self):
        machine = self.machine(delivery_date=DAY)
        extension, base = self.as_role("manager", "aftersales.warranty").create(
            [
                {
                    "equipment_id": machine.id,
                    "term_id": self.term.id,
                    "kind": "extension",
                },
                {"equipment_id": machine.id, "term_id": self.term.id},
            ]
        )
        self.assertEqual(extension.extends_id, base)
        self.assertEqual(extension.end_date, date(2028, 5, 14))

    def test_guarded(self):
        machine = self.machine(delivery_date=DAY)
        given = self.grant(machine).with_user(self.users["manager"])
        for vals in (
            {"end_date": date(2030, 1, 1)},
            {"start_date": DAY},
            {"parts_share": 0.5},
            {"duration": 99},
            {"is_void": True},
            {"term_id": self.commissioning_term.id},
            {"excluded_category_ids": [Command.clear()]},
            {"parts_start_date": DAY},
            {"name": "W-1"},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                given.write(vals)
        for vals in ({"parts_share": 0.5}, {"is_void": True}, {"duration": 99}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.by_hand(machine, **vals)
        by_default = (
            self.as_role("manager", "aftersales.warranty")
            .with_context(default_duration=99, default_is_void=True)
            .create({"equipment_id": machine.id, "term_id": self.term.id})
        )
        self.assertEqual(by_default.duration, 12)
        self.assertFalse(by_default.is_void)
        for role in ("dispatcher", "technician", "intake", "quality", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.by_hand(machine, role=role)
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, by_default).write({"start_date": DAY})

    def test_what_is_needed(self):
        machine = self.machine(delivery_date=DAY)
        Warranty = self.as_role("manager", "aftersales.warranty")
        with self.assertRaisesRegex(UserError, "equipment and the term"):
            Warranty.create({"equipment_id": machine.id})
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.machine().copy({"company_id": other.id})
        with self.assertRaises(AccessError):
            self.by_hand(foreign)

    def test_delete(self):
        """Only what was entered by hand and decides nothing yet."""
        machine = self.machine(delivery_date=DAY)
        given = self.grant(machine)
        with self.assertRaisesRegex(UserError, "only made void"):
            self.as_role("manager", given).unlink()
        typed = self.by_hand(machine, kind="extension", granted_on=DAY)
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", typed).unlink()
        follower = self.by_hand(machine, kind="extension", granted_on=DAY)
        self.assertEqual(follower.extends_id, typed)
        with self.assertRaisesRegex(UserError, "stay"):
            typed.unlink()
        (follower | typed).unlink()
        self.assertEqual(machine.warranty_ids, given)

    def test_statutory_minimum(self):
        """The country of the site decides; a warning, not an error."""
        country = self.env.ref("base.de")
        country.aftersales_minimum_months = 24
        self.site.country_id = country
        machine = self.machine(delivery_date=DAY)
        short = self.grant(machine)
        self.assertIn("minimum of 24 months", short.warning)
        term = self.create_term(duration=24)
        enough = self.grant(self.machine(delivery_date=DAY), term=term)
        self.assertFalse(enough.warning)
        pending = self.grant(self.machine(), term=self.commissioning_term)
        self.assertIn("minimum of 24 months", pending.warning)
