# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a repair costs and charges, on the statement that the customer signs."""

from odoo import Command
from odoo.tests import tagged

from .common_repair import RepairCommon


@tagged("post_install", "-at_install")
class TestRepairCharges(RepairCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part.standard_price = 30.0
        cls.labour = cls.env["product.product"].create(
            {"name": "Workshop Hour", "type": "service", "list_price": 100.0}
        )
        cls.labour.taxes_id = False
        cls.company.aftersales_labour_product_id = cls.labour

    def repaired(self, quoted=True, hours=0):
        """Let two seals be built in, and finish the work of the visit.

        :return: visit as the technician sees it, and its repair order
        """
        visit = self.send_in()
        self.plan(visit)
        repair = self.repair_of(visit)
        self.add_part(repair, 2)
        if quoted:
            repair.action_create_sale_order()
        self.finish_repair(repair)
        visit.invalidate_recordset()
        worker = self.as_role("technician", visit)
        worker.job_ids.answer_ids.write({"answer": "yes"})
        if hours:
            worker.line_ids = [
                Command.create({"kind": "labour", "name": "Repair", "hours": hours})
            ]
        worker.action_finish()
        return worker, repair

    def seals(self, visit):
        """Return the seals on the statement: quantity, price, share and amount."""
        lines = visit._charges_content().get("lines", ())
        names = ("quantity", "price", "share", "amount", "why")
        [seal] = [
            [line[name] for name in names]
            for line in lines
            if line["description"] == "Seal"
        ]
        return seal

    def costs(self, visit):
        rows = visit.sudo().cost_ids.filtered(lambda row: row.cost == "parts")
        return [(row.part_id, row.quantity, row.amount, row.covered) for row in rows]

    def test_covered(self):
        visit, _repair = self.repaired()
        *amounts, why = self.seals(visit)
        self.assertEqual(amounts, [2, 0, 1, 0])
        self.assertNotIn("quotation", why)
        self.assertEqual(visit.charge_total, 0)
        form = self.sign(visit)
        self.assertTrue(form._says_the_same())
        self.assertEqual(self.costs(visit), [(self.part, 2, 60, 60)])
        row = visit.sudo().cost_ids
        self.assertEqual(row.finding_id, visit.workshop_finding_id)
        self.assertEqual(row.equipment_id, self.machine)
        finding = self.as_role("manager", visit.workshop_finding_id)
        self.assertEqual(finding.covered_cost, 60)

    def test_half_beside_labour(self):
        """One total of both orders, each of which charges its own."""
        self.give_term(0.5, labour_share=0)
        visit, repair = self.repaired(hours=1)
        own = visit.sudo().order_id
        self.assertEqual(own.amount_total, 100)
        quote = repair.sale_order_id
        self.assertFalse(own & quote)
        *amounts, why = self.seals(visit)
        self.assertEqual(amounts, [2, 80, 0.5, 80])
        self.assertIn(f"quotation {quote.name}", why)
        self.assertEqual(visit.charge_total, own.amount_total + 80)
        self.assertFalse(own.order_line.filtered(lambda ln: ln.product_id == self.part))
        quote.order_line = [
            Command.create({"product_id": self.labour.id, "name": "Paint\nRed"})
        ]
        form = self.sign(visit)
        charges = form._get_content()["charges"]
        self.assertEqual(charges["total"], own.amount_total + 180)
        self.assertIn("Paint", [line["description"] for line in charges["lines"]])
        self.assertEqual(self.costs(visit), [(self.part, 2, 60, 30)])
        # A new version writes the cost anew, once.
        visit.action_correct()
        visit.action_continue()
        visit.job_ids.work_done = "Seals replaced"
        visit.action_finish()
        self.sign(visit, replaces_reason="Typo")
        self.assertEqual(self.costs(visit), [(self.part, 2, 60, 30)])
        self.assertEqual((own | quote).mapped("state"), ["draft", "draft"])

    def test_declined(self):
        """Sales is told on the quotation of the repair, where there is no other."""
        self.give_term(0.5)
        visit, repair = self.repaired()
        quote = repair.sale_order_id
        quote.user_id = self.salesman
        self.sign(visit, charges_answer="declined", charges_reason="Too dear")
        self.assertFalse(visit.sudo().order_ids)
        self.assertEqual(visit.form_id._get_content()["charges"]["accepted"], False)
        self.assertEqual(quote.activity_ids.summary, "Charges declined")
        self.assertEqual(quote.activity_ids.user_id, self.salesman)

    def test_quotation_in_another_currency(self):
        self.warranty._void("Test")
        foreign = self.env["res.currency"].create({"name": "XDB", "symbol": "d"})
        self.env["res.currency.rate"].create(
            {"name": "2020-01-01", "rate": 4, "currency_id": foreign.id}
        )
        visit, repair = self.repaired(hours=1)
        own = visit.sudo().order_id
        pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": foreign.id}
        )
        repair.sale_order_id.sudo().pricelist_id = pricelist
        repair.sale_order_id.sudo().action_update_prices()
        visit.sudo()._write_charges()
        total = repair.sale_order_id.amount_total / 4
        self.assertEqual(visit.currency_id, own.currency_id)
        self.assertAlmostEqual(visit.charge_total, own.amount_total + total)
        self.assertAlmostEqual(self.seals(visit)[3], total)

    def test_no_quotation_yet(self):
        """The customer reads that the price follows, and somebody is asked for it."""
        self.warranty._void("Test")
        visit, repair = self.repaired(quoted=False)
        *amounts, why = self.seals(visit)
        self.assertEqual(amounts, [2, 0, 0, 0])
        self.assertIn("which follows", why)
        self.assertEqual(visit.charges_warning, "Seal")
        self.sign(visit)
        activity = repair.sudo().activity_ids
        self.assertEqual(activity.summary, "Charge the repair")
        self.assertIn("Seal", activity.note)
        self.assertEqual(self.costs(visit), [(self.part, 2, 60, 0)])
        repair.action_create_sale_order()
        self.assertEqual(repair.sale_order_id.amount_untaxed, 160)
