# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Giving warranties, their days, states and warnings.

"Case n" are the numbers of the project's list of known failures of such systems.
"""

from ast import literal_eval
from datetime import date, datetime

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .warranty_common import DAY, WarrantyCommon


@tagged("post_install", "-at_install")
class TestWarranty(WarrantyCommon):
    def test_copied_and_numbered(self):
        """Case 26: editing a term leaves the warranties given."""
        machine = self.machine(delivery_date=DAY)
        warranty = self.grant(machine)
        self.assertRegex(warranty.name, r"^W-\d{6}$")
        self.assertEqual(self.dates(warranty), (DAY, date(2027, 5, 14)))
        self.assertEqual(warranty.excluded_category_ids, self.filters)
        self.assertEqual(machine.warranty_end_date, date(2027, 5, 14))
        self.term.write(
            {
                "duration": 24,
                "parts_duration": 24,
                "parts_share": 0.5,
                "start_trigger": "invoice",
                "covers_design": False,
                "excluded_category_ids": [Command.clear()],
            }
        )
        warranty.invalidate_recordset()
        self.assertEqual(self.dates(warranty), (DAY, date(2027, 5, 14)))
        self.assertEqual(warranty.parts_share, 1)
        self.assertEqual(warranty.start_trigger, "delivery")
        self.assertTrue(warranty.covers_design)
        self.assertEqual(warranty.excluded_category_ids, self.filters)
        self.assertFalse(warranty._derive()[warranty]["end_date"] != date(2027, 5, 14))

    def test_no_term_is_no_warranty(self):
        """Case 25: no term gives no record, and none that ends today."""
        nothing = self.create_term(name="None", is_no_warranty=True, duration=0)
        machine = self.machine(delivery_date=DAY)
        empty = self.env["aftersales.warranty.term"]
        self.assertFalse(self.grant(machine, term=nothing))
        self.assertFalse(
            self.env["aftersales.warranty"]._grant(
                [{"equipment_id": machine.id, "term": empty}]
            )
        )
        self.assertEqual(machine.warranty_state, "none")
        self.assertFalse(machine.warranty_end_date)
        with self.assertRaises(UserError):
            self.by_hand(machine, term_id=nothing.id)

    def test_missing_trigger(self):
        """Case 27: a visible state and a warning, no error, no today's date."""
        machine = self.machine(delivery_date=DAY)
        warranty = self.grant(machine, term=self.commissioning_term)
        with self.at(datetime(2026, 6, 1, 8)):
            self.assertEqual(warranty.state, "pending")
            self.assertEqual(self.dates(warranty), (False, False))
            self.assertEqual(warranty.covered_from, DAY)
            self.assertEqual(warranty._presumed_until("parts"), date(2027, 11, 14))
            self.assertIn("commissioning date is missing", warranty.warning)
            self.assertIn("presumed", warranty.warning)
            self.assertEqual(machine.warranty_state, "pending")
            self.assertIn(warranty.name, machine.warning)
        self.env.invalidate_all()
        with self.at(datetime(2027, 11, 15, 8)):
            self.assertEqual(warranty.state, "pending")
            self.assertIn("protects no longer", warranty.warning)

    def test_nothing_known(self):
        """Case 27: neither delivery nor anything else."""
        machine = self.machine()
        warranty = self.grant(machine)
        self.assertEqual(warranty.state, "pending")
        self.assertFalse(warranty.covered_from)
        self.assertFalse(warranty._presumed_until("parts"))
        self.assertIn("delivery date is missing", warranty.warning)
        self.as_role("dispatcher", machine).delivery_date = DAY
        self.assertEqual(self.dates(warranty), (DAY, date(2027, 5, 14)))

    def test_future_trigger(self):
        """Case 27: a start in the future waits, and says so."""
        machine = self.machine(delivery_date=DAY)
        term = self.create_term(start_trigger="invoice")
        warranty = self.grant(machine, term=term)
        machine.invoice_date = date(2026, 7, 1)
        with self.at(datetime(2026, 6, 30, 12)):
            self.assertEqual(warranty.state, "pending")
            self.assertIn("in the future", warranty.warning)
            self.assertEqual(machine.warranty_state, "pending")
            found = self.env["aftersales.warranty"].search([("state", "=", "pending")])
            self.assertIn(warranty, found)
        self.env.invalidate_all()
        with self.at(datetime(2026, 7, 1, 12)):
            self.assertEqual(warranty.state, "running")
            self.assertFalse(warranty.warning)

    def test_boundaries_to_the_day(self):
        """The last day counts, in the zone of the site."""
        far = self.env["res.partner"].create({"name": "Osaka", "tz": "Asia/Tokyo"})
        tokyo = self.machine(site_id=far.id, delivery_date=DAY)
        berlin = self.machine(delivery_date=DAY)
        given = self.grant(tokyo, berlin)
        for moment, states in (
            (datetime(2026, 5, 14, 14, 59), ("pending", "pending")),
            (datetime(2026, 5, 14, 15, 0), ("running", "pending")),
            (datetime(2026, 5, 14, 22, 0), ("running", "running")),
            (datetime(2027, 5, 14, 14, 59), ("running", "running")),
            (datetime(2027, 5, 14, 15, 0), ("ended", "running")),
            (datetime(2027, 5, 14, 21, 59), ("ended", "running")),
            (datetime(2027, 5, 14, 22, 0), ("ended", "ended")),
        ):
            with self.subTest(moment=moment), self.at(moment):
                self.env.invalidate_all()
                self.assertEqual(tuple(given.mapped("state")), states)

    def test_across_the_clock_change(self):
        """The night in which the clock is put forward or back is a day like others."""
        machine = self.machine(delivery_date=date(2026, 3, 29))
        day_term = self.create_term(duration=210, duration_unit="day")
        warranty = self.grant(machine, term=day_term)
        self.assertEqual(warranty.end_date, date(2026, 10, 24))
        for moment, state in (
            (datetime(2026, 3, 28, 22, 59), "pending"),
            (datetime(2026, 3, 28, 23, 0), "running"),
            (datetime(2026, 10, 24, 21, 59), "running"),
            (datetime(2026, 10, 24, 22, 0), "ended"),
        ):
            with self.subTest(moment=moment), self.at(moment):
                self.env.invalidate_all()
                self.assertEqual(warranty.state, state)

    def test_leap_day_and_month_ends(self):
        for delivery, end in (
            (date(2028, 2, 29), date(2029, 2, 28)),
            (date(2027, 3, 1), date(2028, 2, 29)),
            (date(2026, 12, 31), date(2027, 12, 30)),
        ):
            machine = self.machine(delivery_date=delivery)
            self.assertEqual(self.grant(machine).end_date, end)
        month = self.create_term(duration=1)
        machine = self.machine(delivery_date=date(2026, 1, 31))
        self.assertEqual(self.grant(machine, term=month).end_date, date(2026, 2, 28))

    def test_states_are_searchable(self):
        """Each state is found by search as it is computed, negations too."""
        today = datetime(2026, 6, 1, 10)
        given = self.grant(
            *(
                self.machine(delivery_date=day)
                for day in (
                    False,
                    date(2025, 6, 1),
                    date(2025, 6, 2),
                    date(2025, 7, 31),
                    date(2025, 8, 2),
                    date(2026, 6, 1),
                )
            )
        )
        void = self.grant(self.machine(delivery_date=DAY))
        void._void("Returned")
        bare = self.machine()
        self.machine().sudo()
        ended = self.machine(delivery_date=DAY)
        self.grant(ended)
        ended.sudo().state = "ended"
        warranties = given | void
        machines = warranties.equipment_id | bare | ended
        with self.at(today):
            self.env.invalidate_all()
            Warranty = self.env["aftersales.warranty"]
            for state in ("pending", "running", "ended", "void"):
                expected = warranties.filtered(lambda w, s=state: w.state == s)
                self.assertTrue(expected)
                domain = [("id", "in", warranties.ids)]
                self.assertEqual(
                    Warranty.search([*domain, ("state", "=", state)]), expected
                )
                self.assertEqual(
                    Warranty.search([*domain, ("state", "!=", state)]),
                    warranties - expected,
                )
            Equipment = self.env["aftersales.equipment"]
            for state in ("none", "pending", "running", "ending", "ended"):
                expected = machines.filtered(lambda e, s=state: e.warranty_state == s)
                self.assertTrue(expected, state)
                domain = [("id", "in", machines.ids)]
                self.assertEqual(
                    Equipment.search(
                        [*domain, ("warranty_state", "=", state)], order="id"
                    ),
                    expected.sorted("id"),
                )
                self.assertEqual(
                    len(Equipment.search([*domain, ("warranty_state", "!=", state)])),
                    len(machines - expected),
                )

    def test_list_starts_with_those_in_effect(self):
        with self.at(0):  # 2 March 2026
            running = self.grant(self.machine(delivery_date="2026-02-01"))
            ended = self.grant(self.machine(delivery_date="2020-02-01"))
            Warranty = self.env["aftersales.warranty"]
            view = etree.fromstring(Warranty.get_view(view_type="search")["arch"])
            [node] = view.xpath("//filter[@name='in_effect']")
            found = Warranty.search(literal_eval(node.get("domain")))
            self.assertEqual((running | ended) & found, running)
        action = self.env.ref("aftersales_service.aftersales_warranty_action")
        self.assertEqual(action.context, "{'search_default_in_effect': 1}")

    def test_cap(self):
        machine = self.machine(delivery_date=DAY)
        warranty = self.grant(machine, term=self.commissioning_term)
        self.commission(machine, date(2026, 6, 1))
        self.assertEqual(self.dates(warranty), (date(2026, 6, 1), date(2027, 5, 31)))
        self.assertEqual(warranty.covered_from, DAY)
        limited = self.machine(delivery_date=date(2024, 1, 31))
        late = self.grant(limited, term=self.commissioning_term)
        self.commission(limited, date(2025, 1, 31))
        self.assertEqual(self.dates(late), (date(2025, 1, 31), date(2025, 7, 30)))

    def test_cap_before_the_start(self):
        """A commissioning after the cap leaves what was protected before it."""
        machine = self.machine(delivery_date=date(2024, 1, 31))
        warranty = self.grant(machine, term=self.commissioning_term)
        self.commission(machine, date(2026, 1, 10))
        self.assertEqual(self.dates(warranty), (date(2025, 7, 30), date(2025, 7, 30)))
        self.assertEqual(warranty.covered_from, date(2024, 1, 31))
        self.assertIn("after the limit", warranty.warning)

    def test_cap_without_delivery(self):
        machine = self.machine()
        warranty = self.grant(machine, term=self.commissioning_term)
        self.commission(machine, date(2026, 1, 10))
        self.assertEqual(warranty.end_date, date(2027, 1, 9))
        self.assertIn("limit from the delivery", warranty.warning)

    def test_own_durations(self):
        term = self.create_term(
            has_own_durations=True,
            parts_duration=24,
            labour_duration=12,
            travel_duration=36,
        )
        warranty = self.grant(self.machine(delivery_date=DAY), term=term)
        self.assertEqual(warranty.parts_end_date, date(2028, 5, 14))
        self.assertEqual(warranty.labour_end_date, date(2027, 5, 14))
        self.assertEqual(warranty.travel_end_date, date(2029, 5, 14))
        # Travel is not paid: it doesn't make the warranty longer.
        self.assertEqual(warranty.end_date, date(2028, 5, 14))
        self.assertIn("travel not included", warranty.summary)
        self.assertIn("05/14/2028", warranty.summary)

    def test_end_before_start(self):
        machine = self.machine(delivery_date=DAY)
        with self.assertRaisesRegex(ValidationError, "before it starts"):
            self.by_hand(machine, start_date=DAY, end_date=date(2026, 5, 14))
        with self.assertRaisesRegex(ValidationError, "before it starts"):
            self.by_hand(machine, end_date=date(2020, 1, 1))
        warranty = self.by_hand(machine)
        with self.assertRaisesRegex(ValidationError, "before it starts"):
            warranty.write(
                {
                    f"{cost}_end_date": date(2020, 1, 1)
                    for cost in ("parts", "labour", "travel")
                }
            )

    def test_void(self):
        machine = self.machine(delivery_date=DAY)
        warranty = self.grant(machine)
        warranty._void("Returned on 1 June")
        self.assertEqual(warranty.state, "void")
        self.assertEqual(machine.warranty_state, "none")
        self.assertIn("Returned on 1 June", warranty.summary)
        self.assertFalse(warranty.warning)
        warranty._void("Another reason")
        self.assertEqual(warranty.void_reason, "Returned on 1 June")
        self.assertFalse(warranty._derive())

    def test_queries_of_a_list(self):
        """States, sentences and warnings of a page cost no query per row."""
        machines = self.env["aftersales.equipment"].create(
            [
                {"partner_id": self.customer.id, "delivery_date": DAY}
                for _number in range(80)
            ]
        )
        self.grant(*machines)
        given = self.grant(*machines, kind="extension", sold_on=DAY)
        counts = []
        for number in (5, 80):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            names = ["state", "warning", "summary", "covered_from", "display_name"]
            given[:number].read(names)
            machines[:number].read(["warranty_state", "warning"])
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2, counts)

    def test_queries_per_warranty(self):
        """Giving 1,000 warranties costs what their INSERTs cost."""
        machines = self.env["aftersales.equipment"].create(
            [
                {"partner_id": self.customer.id, "delivery_date": DAY}
                for _number in range(1200)
            ]
        )
        self.env.flush_all()
        counts = []
        for batch in (machines[:200], machines[200:]):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            given = self.grant(*batch)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(given), len(batch))
        # 800 more cost their INSERTs and UPDATEs in hundreds, nothing for each of them.
        self.assertLess(counts[1] - counts[0], 25, counts)
        self.assertEqual(len(set(given.mapped("name"))), 1000)
