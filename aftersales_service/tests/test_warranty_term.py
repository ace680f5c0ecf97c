# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_service.models.aftersales_warranty_term import (
    longest_days,
)

from .common import AftersalesCommon


class WarrantyTermCommon(AftersalesCommon):
    """Terms, a small product tree and a country with a statutory minimum."""

    @classmethod
    def lay_ground(cls):
        cls.Term = cls.env["aftersales.warranty.term"]
        cls.country = cls.env.ref("base.de")
        cls.country.aftersales_minimum_months = 0
        cls.company.aftersales_warranty_term_id = False
        cls.term_line, cls.term_order, cls.term_partner = cls.Term.create(
            [
                {"name": "Line Term", "duration": 6},
                {"name": "Order Term", "duration": 12},
                {"name": "Partner Term", "duration": 18},
            ]
        )
        cls.term_product, cls.term_category, cls.term_company = cls.Term.create(
            [
                {"name": "Product Term", "duration": 24},
                {"name": "Category Term", "duration": 30},
                {"name": "Company Term", "duration": 36},
            ]
        )
        cls.term_none = cls.Term.create({"name": "Nothing", "is_no_warranty": True})
        cls.categ_machines = cls.env["product.category"].create({"name": "Machines"})
        cls.categ_presses = cls.env["product.category"].create(
            {"name": "Presses", "parent_id": cls.categ_machines.id}
        )
        cls.categ_spares = cls.env["product.category"].create({"name": "Spares"})
        cls.product = cls.env["product.product"].create(
            {
                "name": "Press 200",
                "type": "consu",
                "categ_id": cls.categ_presses.id,
                "aftersales_is_serviced": True,
                "list_price": 1000,
                "taxes_id": [Command.clear()],
            }
        )
        cls.company_b = cls.env["res.company"].create({"name": "Second Maker"})
        cls.salesman = new_test_user(
            cls.env,
            login="as_salesman",
            name="Sally Sales",
            email="sally@maker.example.com",
            groups="base.group_user,sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )


@tagged("post_install", "-at_install")
class TestWarrantyTerm(WarrantyTermCommon):
    """The term itself: which one applies, the law, and what the customer reads."""

    def resolve(self, **values):
        values = {"product": self.product, "partner": self.contact, **values}
        return self.Term._resolve(self.company, **values)

    # === WHICH TERM === #

    def test_no_term_anywhere(self):
        self.assertEqual(self.resolve(), (self.Term, False))

    def test_most_specific_wins(self):
        """Each level wins over those below it, and unset ones inherit."""
        self.company.aftersales_warranty_term_id = self.term_company
        self.assertEqual(self.resolve(), (self.term_company, "company"))
        self.categ_machines.aftersales_warranty_term_id = self.term_category
        self.assertEqual(self.resolve(), (self.term_category, "category"))
        self.categ_presses.aftersales_warranty_term_id = self.term_line
        self.assertEqual(
            self.resolve(), (self.term_line, "category"), "the nearest parent"
        )
        self.product.aftersales_warranty_term_id = self.term_product
        self.assertEqual(self.resolve(), (self.term_product, "product"))
        self.customer.aftersales_warranty_term_id = self.term_partner
        self.assertEqual(
            self.resolve(), (self.term_partner, "partner"), "of the whole customer"
        )
        self.assertEqual(
            self.resolve(partner=self.env["res.partner"]),
            (self.term_product, "product"),
        )

    def test_template_as_product(self):
        self.product.aftersales_warranty_term_id = self.term_product
        self.assertEqual(
            self.resolve(product=self.product.product_tmpl_id),
            (self.term_product, "product"),
        )

    def test_no_warranty_stops(self):
        self.company.aftersales_warranty_term_id = self.term_company
        self.product.aftersales_warranty_term_id = self.term_none
        self.assertEqual(self.resolve(), (self.term_none, "product"))

    def test_partner_term_for_its_categories(self):
        self.customer.aftersales_warranty_term_id = self.term_partner
        self.company.aftersales_warranty_term_id = self.term_company
        self.term_partner.category_ids = self.categ_machines
        self.assertEqual(
            self.resolve(), (self.term_partner, "partner"), "a category below counts"
        )
        self.product.categ_id = self.categ_spares
        self.assertEqual(self.resolve(), (self.term_company, "company"))
        self.product.categ_id = False
        self.assertEqual(self.resolve(), (self.term_company, "company"))

    def test_category_number_is_not_a_prefix(self):
        """Category 1 isn't a parent of category 11."""
        self.term_partner.category_ids = self.categ_presses
        self.assertFalse(self.term_partner._is_for(self.categ_machines))
        self.assertFalse(self.term_partner._is_for(self.env["product.category"]))
        self.assertTrue(self.term_partner._is_for(self.categ_presses))

    def test_each_company_its_own(self):
        """The same product has another term, or none, in another company."""
        self.product.with_company(
            self.company_b
        ).aftersales_warranty_term_id = self.term_line
        self.product.with_company(
            self.company
        ).aftersales_warranty_term_id = self.term_product
        self.assertEqual(self.resolve(), (self.term_product, "product"))
        term, source = self.Term._resolve(self.company_b, product=self.product)
        self.assertEqual((term, source), (self.term_line, "product"))

    def test_term_of_another_company(self):
        """It is refused where it is chosen, and passed over where it got there."""
        self.company.aftersales_warranty_term_id = self.term_company
        self.product.with_company(
            self.company
        ).aftersales_warranty_term_id = self.term_product
        self.term_product.company_id = self.company_b
        self.assertEqual(self.resolve(), (self.term_company, "company"))
        for record in (
            self.product.product_tmpl_id,
            self.categ_presses,
            self.customer,
            self.company,
        ):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.with_company(
                    self.company
                ).aftersales_warranty_term_id = self.term_product

    def test_readers(self):
        """A storekeeper finds the term too, without reading terms himself."""
        keeper = new_test_user(
            self.env,
            login="as_keeper",
            groups="base.group_user,stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.company.aftersales_warranty_term_id = self.term_company
        Term = self.Term.with_user(keeper)
        term, source = Term._resolve(self.company, product=self.product)
        self.assertEqual((term, source), (self.term_company, "company"))
        with self.assertRaises(AccessError):
            term.read(["name"])
        # as a salesman
        term.with_user(self.salesman).read(["name", "customer_text"])
        with self.assertRaises(AccessError):
            term.with_user(self.salesman).write({"duration": 99})

    def test_commercial_field(self):
        """Contacts carry their company's term."""
        self.customer.aftersales_warranty_term_id = self.term_partner
        newcomer = self.env["res.partner"].create(
            {"name": "New Contact", "parent_id": self.customer.id}
        )
        self.assertEqual(newcomer.aftersales_warranty_term_id, self.term_partner)

    # === BAD INPUT === #

    def test_refused_values(self):
        cases = [
            {"duration": 0},
            {"duration": -3},
            {"has_own_durations": True, "parts_duration": -1},
            {"has_cap": True, "cap_duration": 0},
            {"replaced_part_months": -1},
            {"parts_share": 1.5},
            {"duration": 1201},
            {"duration": 36501, "duration_unit": "day"},
        ]
        for values in cases:
            with (
                self.subTest(**values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.Term.create({"name": "Bad", **values})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.country.aftersales_minimum_months = -1
            self.env.flush_all()

    def test_zero_months_are_not_none(self):
        """Zero months are refused; "No Warranty" needs no duration."""
        term = self.Term.create({"name": "None", "is_no_warranty": True, "duration": 0})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            term.is_no_warranty = False
            self.env.flush_all()

    def test_used_term_stays(self):
        self.product.aftersales_warranty_term_id = self.term_product
        self.env.flush_all()
        with self.assertRaises(UserError):
            self.term_product.unlink()

    def test_form_hides_what_does_not_matter(self):
        form = Form(self.Term.with_user(self.users["manager"]))
        form.name = "Form Term"
        form.duration = 24
        form.has_own_durations = True
        form.labour_duration = 12
        term = form.save()
        self.assertEqual(
            (term.parts_duration, term.labour_duration, term.travel_duration),
            (24, 12, 24),
        )
        form.is_no_warranty = True
        with self.assertRaises(AssertionError):
            form.duration = 3
        self.assertEqual(form.save()._statement("en_US"), "No warranty")

    def test_settings(self):
        """The company's default is set on the settings page."""
        form = Form(self.env["res.config.settings"].with_company(self.company))
        form.aftersales_warranty_term_id = self.term_company
        form.save().execute()
        self.assertEqual(self.company.aftersales_warranty_term_id, self.term_company)

    def test_copied_product(self):
        template = self.product.product_tmpl_id
        template.aftersales_warranty_term_id = self.term_product
        copied = template.copy()
        self.assertTrue(copied.aftersales_is_serviced)
        self.assertEqual(copied.aftersales_warranty_term_id, self.term_product)

    def test_extension_product(self):
        with self.assertRaises(ValidationError):
            self.product.aftersales_extension_term_id = self.term_line
        service = self.env["product.product"].create(
            {"name": "Longer", "type": "service"}
        )
        with self.assertRaises(ValidationError):
            service.aftersales_extension_term_id = self.term_none

    # === THE LAW === #

    def test_longest_days(self):
        self.assertEqual(
            [longest_days(months) for months in (1, 2, 12, 24, 48)],
            [31, 62, 366, 731, 1461],
        )

    def test_minimum(self):
        """(term, months of the law) -> whether it is undercut."""
        self.country.aftersales_minimum_months = 24
        own = {"has_own_durations": True, "duration": 24}
        cap = {"has_cap": True, "start_trigger": "commissioning", "duration": 24}
        cases = [
            ({"duration": 24}, False),
            ({"duration": 23}, True),
            ({"duration": 36}, False),
            ({"duration": 731, "duration_unit": "day"}, False),
            ({"duration": 730, "duration_unit": "day"}, True),
            ({**own, "labour_duration": 12}, True),
            ({**own, "travel_duration": 12}, False),
            ({**cap, "cap_duration": 24}, False),
            ({**cap, "cap_duration": 18}, True),
            ({"duration": 24, "parts_share": 0.5}, True),
            ({"duration": 24, "labour_share": 0}, True),
            ({"duration": 24, "travel_share": 0}, False),
            ({"is_no_warranty": True}, True),
        ]
        for values, undercut in cases:
            with self.subTest(**values):
                term = self.Term.create({"name": "Case", **values})
                warning = term._check_minimum(self.country)
                self.assertEqual(bool(warning), undercut, warning)
                if undercut:
                    self.assertIn("24 months", warning)
                    self.assertIn("Germany", warning)
        self.assertIn("No warranty", self.Term._check_minimum(self.country))
        self.country.aftersales_minimum_months = 0
        self.assertFalse(self.Term._check_minimum(self.country))
        self.assertFalse(self.Term._check_minimum(self.env["res.country"]))

    def test_statutory_warning(self):
        """The form warns against the strictest country of the companies it is for."""
        self.country.aftersales_minimum_months = 24
        self.company.country_id = self.country
        self.company_b.country_id = self.env.ref("base.us")
        Term = self.Term.with_context(allowed_company_ids=self.company_b.ids)
        shared = self.term_line.with_env(Term.env)
        self.assertFalse(shared.statutory_warning)
        both = (self.company_b | self.company).ids
        shared = shared.with_context(allowed_company_ids=both)
        self.assertIn("Germany", shared.statutory_warning)
        self.assertFalse(self.term_product.with_env(shared.env).statutory_warning)
        shared.company_id = self.company_b
        self.assertFalse(shared.statutory_warning)

    def test_extension_comes_on_top(self):
        """A term that a product sells as an extension is not compared with the law."""
        self.country.aftersales_minimum_months = 24
        self.company.country_id = self.country
        term = self.term_line.with_context(allowed_company_ids=self.company.ids)
        self.assertTrue(term.statutory_warning)
        self.env["product.product"].create(
            {
                "name": "6 Months More",
                "type": "service",
                "aftersales_extension_term_id": term.id,
            }
        )
        term.invalidate_recordset(["statutory_warning"])
        self.assertFalse(term.statutory_warning)

    # === WHAT THE CUSTOMER READS === #

    def test_statement(self):
        """Fields of the term -> its text, written by hand."""
        own = {"has_own_durations": True, "travel_share": 1}
        cases = [
            (
                {},
                "12 months from delivery; parts 100 %, labour 100 %, travel not "
                "included",
            ),
            (
                {"start_trigger": "commissioning", "has_cap": 1, "cap_duration": 18},
                "12 months from commissioning, at most 18 months from delivery; "
                "parts 100 %, labour 100 %, travel not included",
            ),
            (
                {"duration": 1, "start_trigger": "invoice", "labour_share": 0.335},
                "1 month from the invoice date; parts 100 %, labour 33.5 %, travel "
                "not included",
            ),
            (
                {"duration": 90, "duration_unit": "day", "replaced_part_months": 6},
                "90 days from delivery; parts 100 %, labour 100 %, travel not "
                "included; replaced parts at least 6 months",
            ),
            (
                {
                    **own,
                    "parts_duration": 24,
                    "labour_duration": 12,
                    "travel_duration": 1,
                },
                "24 months from delivery; parts 100 %, labour 100 % for 12 months, "
                "travel 100 % for 1 month",
            ),
            (
                {
                    "covers_wear": True,
                    "covers_design": False,
                    "excluded_category_ids": [Command.link(self.categ_spares.id)],
                },
                "12 months from delivery; parts 100 %, labour 100 %, travel not "
                "included; also for: Wear; not for: Design Defects; excluded parts: "
                "Spares",
            ),
            ({"is_no_warranty": True}, "No warranty"),
            ({"statement": "As our general terms say."}, "As our general terms say."),
        ]
        for values, text in cases:
            with self.subTest(**values):
                term = self.Term.create({"name": "Case", **values})
                self.assertEqual(term._statement("en_US"), text)
                self.assertEqual(term.customer_text, text)

    def test_statement_of_an_extension(self):
        self.assertEqual(
            self.term_order._statement("en_US", extension=True),
            "lengthened by 12 months; parts 100 %, labour 100 %, travel not included",
        )

    def test_default_terms(self):
        """Those shipped are complete and shared by all companies."""
        refs = "12_delivery 24_delivery 12_commissioning 24_commissioning".split()
        for name in (*refs, "extension_12", "none"):
            term = self.env.ref(f"aftersales_service.aftersales_warranty_term_{name}")
            self.assertFalse(term.company_id)
            self.assertTrue(term._statement("en_US"))
        capped = self.env.ref(
            "aftersales_service.aftersales_warranty_term_12_commissioning"
        )
        self.assertIn("at most 18 months from delivery", capped.customer_text)
