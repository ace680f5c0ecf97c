# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .test_warranty_term import WarrantyTermCommon


class SaleWarrantyCommon(WarrantyTermCommon):
    """Orders entered by a salesman, who has no role in after-sales."""

    @classmethod
    def lay_ground(cls):
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.spare = cls.env["product.product"].create(
            {
                "name": "Screw",
                "type": "consu",
                "categ_id": cls.categ_spares.id,
                "taxes_id": [Command.clear()],
            }
        )
        cls.term_extension = cls.Term.create({"name": "More", "duration": 12})
        cls.extension = cls.env["product.product"].create(
            {
                "name": "Extended Warranty",
                "type": "service",
                "list_price": 100,
                "taxes_id": [Command.clear()],
                "aftersales_extension_term_id": cls.term_extension.id,
            }
        )
        cls.product.optional_product_ids = cls.extension.product_tmpl_id

    def create_order(self, *lines, **values):
        """Enter a quotation as the salesman.

        :param lines: products, or dicts of values of an order line
        """
        commands = [
            Command.create(line if isinstance(line, dict) else {"product_id": line.id})
            for line in lines
        ]
        return (
            self.env["sale.order"]
            .with_user(self.salesman)
            .create({"partner_id": self.contact.id, "order_line": commands, **values})
        )

    def assertTerm(self, line, term, source):
        self.assertEqual(line.sudo().aftersales_effective_term_id, term)
        self.assertEqual(line.aftersales_term_source, source)

    def render(self, order):
        """Render the PDF's HTML as the salesman."""
        Report = self.env["ir.actions.report"].with_user(self.salesman)
        return Report._render_qweb_html("sale.report_saleorder", order.ids)[0].decode()

    def register_machine(self, **values):
        """Enter a machine sold before the addon."""
        return self.env["aftersales.equipment"].create(
            {
                "product_name": "Press 100",
                "partner_id": self.customer.id,
                "serial_number": "P100-1",
                "company_id": self.company.id,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestSaleWarranty(SaleWarrantyCommon):
    """Which warranty an order states, why, and how long that can change."""

    def test_no_term_anywhere(self):
        order = self.create_order(self.product)
        line = order.order_line
        self.assertTerm(line, self.Term, False)
        self.assertEqual(line.aftersales_term_reason, "No warranty: no term applies")
        self.assertFalse(line._aftersales_statement())
        self.assertFalse(order.aftersales_warranty_warning)
        order.action_confirm()
        self.assertTerm(line, self.Term, False)

    def test_sources_on_the_order(self):
        """Line, order, customer, product: each wins over the next, with its reason."""
        self.company.aftersales_warranty_term_id = self.term_company
        self.product.aftersales_warranty_term_id = self.term_product
        order = self.create_order(self.product)
        line = order.order_line
        self.assertTerm(line, self.term_product, "product")
        self.assertEqual(
            line.aftersales_term_reason, "Product Term: term of the product"
        )
        order.aftersales_warranty_term_id = self.term_order
        self.assertTerm(line, self.term_order, "order")
        self.assertIn("chosen on this order", line.aftersales_term_reason)
        line.aftersales_warranty_term_id = self.term_line
        self.assertTerm(line, self.term_line, "line")
        self.assertIn("chosen on this line", line.aftersales_term_reason)
        line.aftersales_warranty_term_id = False
        order.aftersales_warranty_term_id = False
        self.assertTerm(line, self.term_product, "product")

    def test_no_warranty_on_the_line(self):
        """It stops although the company has a default, and is stated as such."""
        self.company.aftersales_warranty_term_id = self.term_company
        order = self.create_order(
            {
                "product_id": self.product.id,
                "aftersales_warranty_term_id": self.term_none.id,
            },
            self.product,
        )
        without, by_default = order.order_line
        self.assertTerm(without, self.term_none, "line")
        self.assertEqual(without._aftersales_statement(), "No warranty")
        self.assertTerm(by_default, self.term_company, "company")

    def test_partner_term_for_its_categories(self):
        self.customer.aftersales_warranty_term_id = self.term_partner
        self.term_partner.category_ids = self.categ_machines
        self.company.aftersales_warranty_term_id = self.term_company
        self.spare.aftersales_is_serviced = True
        order = self.create_order(self.product, self.spare)
        self.assertTerm(order.order_line[0], self.term_partner, "partner")
        self.assertEqual(
            order.order_line[0].aftersales_term_reason,
            "Partner Term: agreed with Mill & Sons",
        )
        self.assertTerm(order.order_line[1], self.term_company, "company")
        # another customer has not agreed on it
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        order.partner_id = stranger
        self.assertTerm(order.order_line[0], self.term_company, "company")

    def test_what_is_stated(self):
        """A screw has no warranty unless it is agreed; a service or section never."""
        self.company.aftersales_warranty_term_id = self.term_company
        service = self.env["product.product"].create(
            {"name": "Training", "type": "service"}
        )
        order = self.create_order(
            self.spare,
            service,
            {"display_type": "line_section", "name": "Machines"},
            {
                "product_id": self.spare.id,
                "aftersales_warranty_term_id": self.term_line.id,
            },
        )
        screw, training, section, chosen = order.order_line
        self.assertTerm(screw, self.Term, False)
        self.assertFalse(screw._aftersales_statement())
        self.assertFalse(screw.aftersales_term_reason)
        self.assertTerm(training, self.Term, False)
        self.assertTerm(section, self.Term, False)
        self.assertIn("6 months from delivery", chosen._aftersales_statement())
        self.assertTrue(order.aftersales_states_warranty)

    def test_frozen_after_confirmation(self):
        """Case 26: what is agreed stays, whatever becomes of the product."""
        self.product.aftersales_warranty_term_id = self.term_product
        order = self.create_order(self.product)
        line = order.order_line
        order.action_confirm()
        self.product.aftersales_warranty_term_id = self.term_line
        self.customer.aftersales_warranty_term_id = self.term_partner
        self.company.aftersales_warranty_term_id = self.term_company
        line._compute_aftersales_terms()
        self.assertTerm(line, self.term_product, "product")
        order.sudo().partner_id = self.customer
        self.env.flush_all()
        self.assertTerm(line, self.term_product, "product")
        # a line added now gets what applies now
        order.order_line = [Command.create({"product_id": self.product.id})]
        self.assertTerm(line, self.term_product, "product")
        self.assertTerm(order.order_line[1], self.term_partner, "partner")

    def test_explicit_change_after_confirmation(self):
        self.product.aftersales_warranty_term_id = self.term_product
        order = self.create_order(self.product)
        line = order.order_line
        order.action_confirm()
        order.aftersales_warranty_term_id = self.term_order
        self.assertTerm(line, self.term_order, "order")
        line.aftersales_warranty_term_id = self.term_none
        self.assertTerm(line, self.term_none, "line")
        line.aftersales_warranty_term_id = False
        self.assertTerm(line, self.term_order, "order")
        order.aftersales_warranty_term_id = False
        self.assertTerm(line, self.term_product, "product")

    def test_another_product_after_confirmation(self):
        """It is another sale: the term of the first product is gone."""
        self.product.aftersales_warranty_term_id = self.term_product
        other = self.env["product.product"].create(
            {
                "name": "Lathe",
                "categ_id": self.categ_machines.id,
                "aftersales_is_serviced": True,
            }
        )
        self.categ_machines.aftersales_warranty_term_id = self.term_category
        order = self.create_order({"product_id": self.product.id, "product_uom_qty": 0})
        order.action_confirm()
        order.order_line.product_id = other
        self.assertTerm(order.order_line, self.term_category, "category")

    def test_locked_order(self):
        order = self.create_order(self.product)
        order.action_confirm()
        order.sudo().action_lock()
        with self.assertRaises(UserError):
            order.order_line.aftersales_warranty_term_id = self.term_line

    def test_update_quotation(self):
        """A quotation keeps what it says until it is updated; an order for good."""
        order = self.create_order(self.product)
        self.product.aftersales_warranty_term_id = self.term_product
        self.assertTerm(order.order_line, self.Term, False)
        order.action_update_aftersales_terms()
        self.assertTerm(order.order_line, self.term_product, "product")
        order.action_confirm()
        with self.assertRaises(UserError):
            order.action_update_aftersales_terms()

    def test_form(self):
        """The salesman sees the term while he enters the order."""
        self.product.aftersales_warranty_term_id = self.term_product
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.contact
            with form.order_line.new() as line:
                line.product_id = self.product
                self.assertEqual(
                    line.aftersales_term_reason, "Product Term: term of the product"
                )
                line.aftersales_warranty_term_id = self.term_line
                self.assertIn("chosen on this line", line.aftersales_term_reason)
            form.aftersales_end_user_id = self.env["res.partner"].create(
                {"name": "End User"}
            )
        order = form.record
        self.assertTerm(order.order_line, self.term_line, "line")
        self.assertEqual(order.copy().order_line.aftersales_term_source, "line")

    def test_reader_without_sales_role(self):
        """An accountant opens the order without reading terms or equipment."""
        accountant = new_test_user(
            self.env,
            login="as_accountant",
            groups="base.group_user,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        order = self.create_order(self.product, self.extension)
        order.aftersales_warranty_term_id = self.term_order
        self.env.flush_all()
        self.env.invalidate_all()
        form = Form(order.with_user(accountant))
        self.assertEqual(form.aftersales_warranty_term_id, self.term_order)

    def test_company(self):
        """A term of another company is refused on the order and on the line."""
        self.term_line.company_id = self.company_b
        order = self.create_order(self.product)
        with self.assertRaises(UserError):
            order.sudo().aftersales_warranty_term_id = self.term_line
        with self.assertRaises(UserError):
            order.sudo().order_line.aftersales_warranty_term_id = self.term_line
        # the salesman does not even see it
        self.assertFalse(
            self.Term.with_user(self.salesman).search([("id", "=", self.term_line.id)])
        )

    def test_each_company_its_own(self):
        self.company_b.aftersales_warranty_term_id = self.term_company
        self.company.aftersales_warranty_term_id = self.term_order
        self.salesman.company_ids |= self.company_b
        order = self.create_order(self.product)
        self.assertTerm(order.order_line, self.term_order, "company")
        other = (
            self.env["sale.order"]
            .with_user(self.salesman)
            .with_context(allowed_company_ids=(self.company | self.company_b).ids)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company_b.id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                }
            )
        )
        self.assertTerm(other.order_line, self.term_company, "company")

    # === THE LAW === #

    def test_statutory_warning(self):
        """It warns, by the country of the delivery, and blocks nothing."""
        self.country.aftersales_minimum_months = 24
        self.company.aftersales_warranty_term_id = self.term_order
        order = self.create_order(self.product, self.spare)
        self.assertFalse(order.aftersales_warranty_warning, "no country is known")
        self.site.country_id = self.country
        order.partner_shipping_id = self.site
        self.assertIn("Press 200: “Order Term”", order.aftersales_warranty_warning)
        self.assertIn("Germany", order.aftersales_warranty_warning)
        self.assertNotIn("Screw", order.aftersales_warranty_warning)
        order.order_line[0].aftersales_warranty_term_id = self.term_product
        self.assertFalse(order.aftersales_warranty_warning)
        order.order_line[0].aftersales_warranty_term_id = self.term_none
        self.assertIn("Nothing", order.aftersales_warranty_warning)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        order.action_cancel()
        self.assertFalse(order.aftersales_warranty_warning)

    def test_statutory_warning_without_a_term(self):
        self.country.aftersales_minimum_months = 24
        self.site.country_id = self.country
        order = self.create_order(self.product, partner_shipping_id=self.site.id)
        self.assertIn("No warranty is stated", order.aftersales_warranty_warning)

    # === MANY LINES === #

    def test_queries(self):
        """The terms of 100 lines cost as many queries as those of 10."""

        def count(number):
            products = self.env["product.product"].create(
                [
                    {
                        "name": f"Machine {index}",
                        "categ_id": self.categ_presses.id,
                        "aftersales_is_serviced": True,
                        "taxes_id": [Command.clear()],
                    }
                    for index in range(number)
                ]
            )
            order = self.create_order(*products)
            self.env.flush_all()
            self.env.invalidate_all()
            lines = order.sudo().order_line
            before = self.cr.sql_log_count
            lines._compute_aftersales_terms()
            lines.order_id.mapped("aftersales_warranty_warning")
            lines.mapped("aftersales_term_reason")
            queries = self.cr.sql_log_count - before
            self.assertEqual(set(lines.mapped("aftersales_term_source")), {"partner"})
            return queries

        self.term_partner.category_ids = self.categ_machines
        self.customer.aftersales_warranty_term_id = self.term_partner
        self.company.aftersales_warranty_term_id = self.term_company
        count(2)
        few, many = count(10), count(100)
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, 25)

    # === ON PAPER === #

    def test_report(self):
        order = self.create_order(
            self.product,
            self.spare,
            {
                "product_id": self.spare.id,
                "aftersales_warranty_term_id": self.term_none.id,
            },
        )
        order.aftersales_warranty_term_id = self.term_order
        html = self.render(order)
        self.assertEqual(html.count("Warranty: 12 months from delivery"), 1)
        self.assertEqual(html.count("No warranty"), 1)

    def test_report_in_the_customers_language(self):
        self.term_order.with_context(lang="de_DE").statement = "12 Monate ab Lieferung"
        self.term_order.with_context(lang="en_US").statement = "A year"
        self.contact.lang = "de_DE"
        order = self.create_order(self.product)
        order.aftersales_warranty_term_id = self.term_order
        self.assertIn("12 Monate ab Lieferung", self.render(order))
        self.contact.lang = "en_US"
        self.env.invalidate_all()
        self.assertIn("Warranty: A year", self.render(order))

    # === EQUIPMENT === #

    def test_smart_buttons(self):
        """A customer's equipment is what he owns or uses; nobody counts it twice."""
        dealer = self.env["res.partner"].create({"name": "Dealer"})
        self.register_machine()
        self.register_machine(partner_id=self.contact.id, serial_number="P100-2")
        self.register_machine(
            partner_id=dealer.id,
            end_user_id=self.contact.id,
            serial_number="P100-3",
        )
        self.register_machine(end_user_id=self.contact.id, serial_number="P100-4")
        for partner, count in ((self.contact, 4), (self.customer, 4), (dealer, 1)):
            partner = partner.with_user(self.salesman)
            self.assertEqual(partner.aftersales_equipment_count, count)
            action = partner.action_view_aftersales_equipment()
            found = self.env[action["res_model"]].with_user(self.salesman)
            self.assertEqual(found.search_count(action["domain"]), count)
        order = self.create_order(self.product)
        self.assertEqual(order.aftersales_equipment_count, 0)
        self.assertEqual(
            order.action_view_aftersales_equipment()["domain"],
            [("sale_order_id", "=", order.id)],
        )


@tagged("post_install", "-at_install")
class TestSaleWarrantyPortal(SaleWarrantyCommon, HttpCase):
    """The customer's page of the order, by its link."""

    def test_portal(self):
        self.term_order.with_context(lang="de_DE").statement = "Ein Jahr"
        order = self.create_order(
            self.product,
            self.spare,
            {
                "product_id": self.product.id,
                "aftersales_warranty_term_id": self.term_none.id,
            },
        )
        order.aftersales_warranty_term_id = self.term_company
        url = order.sudo().get_portal_url()
        self.assertIn("access_token", url)
        page = self.url_open(url)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(page.text.count("Warranty: 36 months from delivery"), 1)
        self.assertEqual(page.text.count("No warranty"), 1)
        order.aftersales_warranty_term_id = self.term_order
        self.contact.lang = "de_DE"
        self.assertIn("Ein Jahr", self.url_open(url).text)
