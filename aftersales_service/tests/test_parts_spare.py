# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common_parts import PartsCommon


@tagged("post_install", "-at_install")
class TestPartsSpare(PartsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["product.category"].create({"name": "Presses"})
        cls.press = cls.env["product.product"].create(
            {"name": "Press 300", "categ_id": cls.category.id}
        )
        cls.machine = cls.env["aftersales.equipment"].create(
            {
                "company_id": cls.company.id,
                "partner_id": cls.customer.id,
                "product_id": cls.press.id,
                "serial_number": "P300-1",
            }
        )
        Spare = cls.env["aftersales.spare.part"]
        cls.old_pump = cls.env["product.product"].create({"name": "Old Pump"})
        cls.rows = Spare.create(
            [
                {
                    "product_tmpl_id": cls.press.product_tmpl_id.id,
                    "product_id": cls.old_pump.id,
                    "superseded_by_id": cls.pump.id,
                    "last_buy_date": "2020-01-31",
                },
                {"categ_id": cls.category.id, "product_id": cls.hose_part.id},
            ]
        )

    def test_products_are_read_by_everybody(self):
        """Who sells or stores products reads all of them, and no spare parts."""
        seller = new_test_user(
            self.env, "spare.seller", groups="sales_team.group_sale_salesman"
        )
        product = self.press.product_tmpl_id.with_user(seller)
        self.assertNotIn("aftersales_spare_part_ids", product.read()[0])
        self.assertIn(
            "aftersales_spare_part_ids",
            self.as_role("technician", self.press.product_tmpl_id).read()[0],
        )

    def visit_of_the_machine(self):
        visit = self.draft_visit()
        visit.job_ids.equipment_id = self.machine
        return visit

    def test_what_fits_is_offered_first(self):
        self.env["product.product"].create({"name": "A Pump for others"})
        visit = self.visit_of_the_machine()
        for role in ("technician", "support", "dispatcher"):
            Product = self.as_role(role, "product.product")
            offered = Product.with_context(aftersales_visit=visit.id).name_search("")
            self.assertEqual(
                {pid for pid, _name in offered[:2]}, {self.pump.id, self.hose_part.id}
            )
            self.assertGreater(len(offered), 2, "the others follow")
            few = Product.with_context(aftersales_visit=visit.id).name_search(
                "Pump", limit=1
            )
            self.assertEqual([pid for pid, _name in few], [self.pump.id])
        # Who may not read the visit gets the usual list.
        Product = self.env["product.product"].with_user(self.storekeeper)
        for key in (visit.id, "1", [visit.id], 0, 10**9):
            found = Product.with_context(aftersales_visit=key).name_search("Pump")
            self.assertEqual(found, Product.name_search("Pump"))

    def test_a_superseded_part_proposes_its_successor(self):
        visit = self.visit_of_the_machine()
        line = self.as_role("technician", "aftersales.dispatch.line").create(
            {**self.part(self.old_pump)[2], "dispatch_id": visit.id}
        )
        self.assertEqual(line.successor_id, self.pump)
        self.assertIn("Superseded by", line.part_hint)
        self.assertIn("01/31/2020", line.part_hint)
        self.assertIn("Superseded", line._onchange_part_hint()["warning"]["message"])
        line.action_take_successor()
        self.assertEqual((line.product_id, line.part_number), (self.pump, "P-1"))
        self.assertFalse(line.part_hint)
        self.assertIsNone(line._onchange_part_hint())

    def test_no_part_supersedes_itself(self):
        with self.assertRaises(ValidationError):
            self.rows[0].copy(
                {"product_id": self.pump.id, "superseded_by_id": self.old_pump.id}
            )

    def test_who_keeps_the_lists(self):
        vals = {"categ_id": self.category.id, "product_id": self.board.id}
        for role in ("support", "manager"):
            self.as_role(role, "aftersales.spare.part").create(vals)
        for role in ("technician", "intake", "dispatcher", "quality"):
            self.assertTrue(self.as_role(role, self.rows).mapped("product_id.name"))
            with self.assertRaises(AccessError, msg=role):
                self.as_role(role, "aftersales.spare.part").create(vals)
        other = self.env["res.company"].create({"name": "Other Maker"})
        self.rows[1].company_id = other
        Spare = self.as_role("technician", "aftersales.spare.part")
        self.assertNotIn(self.rows[1], Spare.search([]))  # pylint: disable=no-search-all
