# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a customer pays: cases with the expectation written beside each.

One visit a row, one case a cell. The visit: an hour of labour before and 80 minutes
after the end of the working day (charged: 1 h at 100 and 1.5 h at 150, since started
quarters are charged whole and a quarter with both is normal time), 66 minutes on the
way (1.25 h at 60), 80 km at 1.50, the call-out at 80, a pump at 300 and two filters at
20, which are wear parts.

cover  none; plain: parts and labour; full: travel too; half: 50 % of parts and labour.
       The terms exclude filters. susp: plain, improper use is proposed; det: plain,
       improper use is approved and acknowledged
list   std: list prices; vip: 10 % less; fx: a currency of which two are one of ours
tax    excl: 20 % on top; incl: the prices include 20 %; zero: the customer's fiscal
       position takes the tax away
inv    the order is confirmed, invoiced and the invoice posted
"""

from odoo import Command
from odoo.tests import tagged

from .common_charges import ChargesCommon

TABLE = """
cover list tax  inv | labour overt  travel km  call  pump filter | untaxed tax    total
none  std  excl yes | 100    225    75     120 80    300  40     | 940     188    1128
none  vip  excl no  | 90     202.5  67.5   108 72    270  36     | 846     169.2  1015.2
none  std  incl yes | 83.33  187.5  62.5   100 66.67 250  33.33  | 783.33  156.67 940
none  std  zero no  | 100    225    75     120 80    300  40     | 940     0      940
none  fx   excl yes | 200    450    150    240 160   600  80     | 1880    376    2256
plain std  excl yes | 0      0      75     120 80    0    40     | 315     63     378
plain vip  excl no  | 0      0      67.5   108 72    0    36     | 283.5   56.7   340.2
plain std  incl no  | 0      0      62.5   100 66.67 0    33.33  | 262.5   52.5   315
full  std  excl yes | 0      0      0      0   0     0    40     | 40      8      48
full  vip  incl no  | 0      0      0      0   0     0    30     | 30      6      36
half  std  excl yes | 50     112.5  75     120 80    150  40     | 627.5   125.5  753
half  vip  excl yes | 45     101.25 67.5   108 72    135  36     | 564.75  112.95 677.7
half  std  incl no  | 41.67  93.75  62.5   100 66.67 125  33.33  | 522.92  104.58 627.5
half  fx   zero no  | 100    225    150    240 160   300  80     | 1255    0      1255
susp  std  excl no  | 0      0      75     120 80    0    40     | 315     63     378
det   std  excl yes | 100    225    75     120 80    300  40     | 940     188    1128
"""

#: Column -> what it is called on the statement.
NAMES = {
    "overt": "overtime",
    "call": "callout",
    "pump": "Pump",
    "filter": "Oil Filter",
}


@tagged("post_install", "-at_install")
class TestChargesTable(ChargesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env, company = cls.env, cls.company
        country = company.country_id or env.ref("base.us")
        company.country_id = company.account_fiscal_country_id = country
        group = env["account.tax.group"].create(
            {"name": "Tax", "company_id": company.id, "country_id": country.id}
        )
        income, receivable, cls.tax_account = env["account.account"].create(
            [
                {
                    "name": kind,
                    "code": f"AS{number}",
                    "account_type": kind,
                    "reconcile": kind == "asset_receivable",
                    "company_ids": [Command.link(company.id)],
                }
                for number, kind in enumerate(
                    ("income", "asset_receivable", "liability_current")
                )
            ]
        )
        cls.taxes = {
            name: env["account.tax"].create(
                {
                    "name": name,
                    "amount": 20,
                    "type_tax_use": "sale",
                    "price_include_override": f"tax_{name}uded",
                    "company_id": company.id,
                    "country_id": country.id,
                    "tax_group_id": group.id,
                }
            )
            for name in ("excl", "incl")
        }
        env["account.journal"].create(
            {
                "name": "Sales",
                "code": "ASAL",
                "type": "sale",
                "company_id": company.id,
                "default_account_id": income.id,
            }
        )
        cls.charged.with_company(company).property_account_income_id = income
        cls.customer.with_company(company).property_account_receivable_id = receivable
        cls.sites["Europe/Berlin"].with_company(
            company
        ).property_account_receivable_id = receivable
        cls.free_position = env["account.fiscal.position"].create(
            {"name": "Abroad", "company_id": company.id}
        )
        cls.taxes["none"] = env["account.tax"].create(
            {
                "name": "none",
                "amount": 0,
                "type_tax_use": "sale",
                "company_id": company.id,
                "country_id": country.id,
                "tax_group_id": group.id,
                "fiscal_position_ids": [Command.link(cls.free_position.id)],
                "original_tax_ids": [Command.link(cls.taxes["excl"].id)],
            }
        )
        foreign = env["res.currency"].create(
            {
                "name": "ZZF",
                "symbol": "Z",
                "rounding": 0.01,
                "rate_ids": [
                    Command.create(
                        {"name": "2020-01-01", "rate": 2, "company_id": company.id}
                    )
                ],
            }
        )
        cls.lists = dict(
            zip(
                ("std", "vip", "fx"),
                env["product.pricelist"].create(
                    [
                        {"name": "Standard", "company_id": company.id},
                        {
                            "name": "VIP",
                            "company_id": company.id,
                            "item_ids": [
                                Command.create(
                                    {
                                        "compute_price": "percentage",
                                        "percent_price": 10,
                                        "applied_on": "3_global",
                                    }
                                )
                            ],
                        },
                        {
                            "name": "Foreign",
                            "company_id": company.id,
                            "currency_id": foreign.id,
                        },
                    ]
                ),
                strict=True,
            )
        )

    def test_table(self):
        head, *rows = TABLE.strip().splitlines()
        names = [part.split() for part in head.split("|")]
        cases = 0
        for text in rows:
            cells = [part.split() for part in text.split("|")]
            setup = dict(zip(names[0], cells[0], strict=True))
            expected = dict(zip(names[1], map(float, cells[1]), strict=True))
            totals = dict(zip(names[2], map(float, cells[2]), strict=True))
            case = " ".join(cells[0])
            with self.subTest(case), self.env.cr.savepoint() as savepoint:
                visit = self.run_case(setup)
                content = visit._charges_content()
                amounts = self.amounts(visit)
                for name, amount in expected.items():
                    name = NAMES.get(name, name)
                    with self.subTest(case, charge=name):
                        self.assertAlmostEqual(amounts[name], amount, places=2)
                        cases += 1
                for name, amount in totals.items():
                    self.assertAlmostEqual(content[name], amount, places=2, msg=name)
                if setup["inv"] == "yes":
                    self.check_invoice(visit, totals)
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertGreaterEqual(cases, 40)

    def run_case(self, setup):
        """Do the visit of a row up to the signature."""
        tax = self.taxes["incl" if setup["tax"] == "incl" else "excl"]
        self.charged.taxes_id = tax
        partners = self.customer | self.sites["Europe/Berlin"]
        partners = partners.with_company(self.company)
        partners.property_product_pricelist = self.lists[setup["list"]]
        if setup["tax"] == "zero":
            partners.property_account_position_id = self.free_position
        with self.at(0):
            misuse = setup["cover"] in ("susp", "det")
            self.cover("plain" if misuse else setup["cover"])
            visit, finding = self.start_visit()
            if misuse:
                self.propose(finding)
            if setup["cover"] == "det":
                self.approve(finding)
                self.notice(finding, "explain").action_explain()
                self.acknowledge(finding)
        with self.at(30):
            visit.line_ids = self.lines()
            visit.action_finish()
        return visit

    def check_invoice(self, visit, totals):
        """Confirm and invoice the order as sales and finance would."""
        with self.at(31):
            order = visit.sudo().order_id
            order.action_confirm()
            self.assertFalse(order.picking_ids, "the visit has delivered already")
            invoice = order._create_invoices()
            invoice.action_post()
            self.assertAlmostEqual(invoice.amount_untaxed, totals["untaxed"], places=2)
            self.assertAlmostEqual(invoice.amount_total, totals["total"], places=2)
            self.assertEqual(order.invoice_status, "invoiced")
