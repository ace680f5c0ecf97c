# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from .common import ROLES, AftersalesCommon

LABEL = "aftersales_service.aftersales_equipment_label_report"
SHEET = "aftersales_service.aftersales_equipment_sheet_report"


class EquipmentPagesCommon(AftersalesCommon):
    """Machines with serials, sold and delivered."""

    @classmethod
    def lay_ground(cls):
        cls.product = cls.env["product.product"].create(
            {
                "name": "Press 200",
                "is_storable": True,
                "tracking": "serial",
                "aftersales_is_serviced": True,
            }
        )
        cls.salesman = new_test_user(
            cls.env,
            login="as_salesman",
            name="Sally Sales",
            groups="base.group_user,sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.storekeeper = new_test_user(
            cls.env,
            login="as_storekeeper",
            name="Stan Store",
            groups="base.group_user,stock.group_stock_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def deliver(cls, serials, partner=None, site=None, product=None):
        """Sell machines and deliver them from stock.

        :return: the equipment that the delivery has made, in the order of the serials
        """
        product = product or cls.product
        partner = partner or cls.contact
        lots = cls.env["stock.lot"].create(
            [{"name": serial, "product_id": product.id} for serial in serials]
        )
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "partner_shipping_id": (site or partner).id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": len(serials)}
                    )
                ],
            }
        )
        location = order.warehouse_id.lot_stock_id
        for lot in lots:
            cls.env["stock.quant"]._update_available_quantity(
                product, location, 1, lot_id=lot
            )
        order.action_confirm()
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        equipment = cls.env["aftersales.equipment"].search([("lot_id", "in", lots.ids)])
        by_lot = equipment.grouped("lot_id")
        return equipment.browse().union(*(by_lot[lot] for lot in lots))

    @classmethod
    def add_document(cls, name="Operating Manual.pdf", record=None, **values):
        """Upload a file to the product, as the product manager does."""
        record = record or cls.product.product_tmpl_id
        return cls.env["product.document"].create(
            {
                "name": name,
                "raw": b"%PDF-1.4 first edition",
                "res_model": record._name,
                "res_id": record.id,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestEquipmentFile(EquipmentPagesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine, cls.other = cls.deliver(["P200-1", "P200-2"], site=cls.site)

    def test_each_role_opens_the_pages(self):
        """Nobody who may read equipment stumbles over what he may not read."""
        with self.at(0):
            ticket = self.create_ticket(equipment_id=self.machine.id)
            self.work_visit(self.plan_visit(ticket))
        self.add_document()
        for user in [*self.users.values(), self.salesman]:
            with self.subTest(user=user.name):
                machine = self.machine.with_user(user)
                views = machine.get_views(
                    [(False, kind) for kind in ("list", "kanban", "pivot", "search")]
                )["views"]
                names = {
                    node.get("name")
                    for kind in ("list", "kanban")
                    for node in etree.fromstring(views[kind]["arch"]).iter("field")
                }
                machine.web_search_read([], dict.fromkeys(names, {}))
                with Form(machine) as form:
                    self.assertEqual(form.serial_number, "P200-1")
        with self.assertRaises(AccessError):
            Form(self.machine.with_user(self.storekeeper))

    def test_what_hangs_on_a_machine(self):
        with self.at(0):
            ticket = self.create_ticket(equipment_id=self.machine.id)
            visit = self.work_visit(self.plan_visit(ticket))
        # Another ticket, on which this machine is only one of the findings
        elsewhere = self.create_ticket(name="Two machines")
        self.as_role("support", "aftersales.finding").create(
            [
                {"ticket_id": elsewhere.id, "equipment_id": self.machine.id},
                {"ticket_id": elsewhere.id, "equipment_id": self.other.id},
            ]
        )
        machine = self.as_role("technician", self.machine)
        self.assertEqual(machine.ticket_ids, ticket)
        self.assertEqual(machine.ticket_count, 2)
        self.assertEqual(machine.dispatch_count, 1)
        self.assertEqual(machine.job_ids.dispatch_id, visit)
        self.assertEqual(machine.part_line_ids.mapped("name"), ["Hose 3/8"])
        self.assertFalse(self.as_role("technician", self.other).part_line_ids)
        domain = machine.action_view_tickets()["domain"]
        self.assertEqual(self.env["aftersales.ticket"].search_count(domain), 2)
        self.assertEqual(machine.action_view_dispatches()["res_id"], visit.id)

    def test_parts_are_shown_with_the_machine_they_were_fitted_to(self):
        """Two machines on one visit: a part belongs to the one that is named."""
        with self.at(0):
            first = self.create_ticket(equipment_id=self.machine.id)
            second = self.create_ticket(equipment_id=self.other.id)
            visit = self.plan_visit(first)
            visit.job_ids = [Command.create({"ticket_id": second.id})]
            self.work_visit(visit)
        visit = self.as_role("technician", visit)
        part = visit.line_ids.filtered(lambda line: line.kind == "part")
        self.assertFalse((self.machine | self.other).part_line_ids, "whose is it?")
        part.equipment_id = self.other
        (self.machine | self.other).invalidate_recordset(["part_line_ids"])
        self.assertFalse(self.machine.part_line_ids)
        self.assertEqual(self.other.part_line_ids, part)

    def test_documents_of_the_machine(self):
        manual = self.add_document(aftersales_is_technical=True)
        leaflet = self.add_document("A leaflet.pdf", record=self.product)
        stranger = self.env["product.product"].create({"name": "Saw"})
        self.add_document("Saw.pdf", record=stranger)
        photo = self.env["ir.attachment"].create(
            {
                "name": "nameplate.png",
                "raw": b"x",
                "res_model": self.machine._name,
                "res_id": self.machine.id,
            }
        )
        machine = self.as_role("technician", self.machine)
        self.assertEqual(machine.document_ids, manual | leaflet)
        self.assertEqual(machine.document_ids[0], manual, "technical ones come first")
        self.assertEqual(machine.attachment_ids, photo)
        self.assertEqual(machine.document_count, 2)
        self.assertFalse(self.as_role("technician", self.other).attachment_ids)
        domain = machine.action_view_documents()["domain"]
        self.assertEqual(self.env["product.document"].search(domain), manual | leaflet)
        action = manual.with_user(self.users["technician"]).action_aftersales_open()
        self.assertIn(f"/web/content/{manual.ir_attachment_id.id}", action["url"])

    def test_counts_take_no_query_per_machine(self):
        machines = self.deliver([f"P200-Q{number}" for number in range(20)])
        names = [
            "ticket_count",
            "dispatch_count",
            "warranty_count",
            "document_count",
            "part_line_ids",
            "needs_commissioning",
        ]
        machines = self.as_role("technician", machines)

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        count(machines)
        self.assertEqual(count(machines), count(machines[:2]))

    def test_new_ticket(self):
        dealer = self.env["res.partner"].create({"name": "Dealer", "is_company": True})
        self.machine.sudo().partner_id = dealer
        self.machine.sudo().end_user_id = self.contact
        for role in ROLES:
            with self.subTest(role=role):
                machine = self.as_role(role, self.machine)
                if role in ("finance", "quality"):
                    with self.assertRaises(AccessError):
                        machine.action_new_ticket()
                    continue
                action = machine.action_new_ticket()
                ticket = (
                    self.env[action["res_model"]]
                    .with_user(machine.env.user)
                    .with_context(**action["context"])
                    .create({"name": "Does not start"})
                )
                self.assertEqual(ticket.equipment_id, self.machine)
                self.assertEqual(ticket.partner_id, self.contact, "who uses it calls")
                self.assertEqual(ticket.site_id, self.site)
                self.assertEqual(ticket.serial_number, "P200-1")
                self.assertEqual(ticket.company_id, self.company)

    def test_reached_from_stock(self):
        """The serial and the delivery lead to the machine."""
        self.users["manager"].group_ids += self.env.ref("stock.group_stock_user")
        lot = self.as_role("manager", self.machine.lot_id)
        self.assertEqual(lot.aftersales_equipment_count, 1)
        self.assertEqual(
            lot.action_view_aftersales_equipment()["res_id"], self.machine.id
        )
        picking = self.as_role("manager", self.machine.picking_id)
        self.assertEqual(picking.aftersales_equipment_count, 2)
        domain = picking.action_view_aftersales_equipment()["domain"]
        self.assertEqual(
            self.env["aftersales.equipment"].search(domain), self.machine | self.other
        )
        for record in (lot, picking):
            with Form(record) as form:
                self.assertTrue(form.aftersales_equipment_count)
            # Who keeps the store alone opens the same page, without our button.
            arch = record.with_user(self.storekeeper).get_view(view_type="form")["arch"]
            self.assertNotIn("aftersales_equipment_count", arch)
        with self.assertRaises(AccessError):
            lot.with_user(self.storekeeper).action_view_aftersales_equipment()

    def test_back_to_sale_and_stock(self):
        machine = self.machine
        self.assertEqual(
            machine.with_user(self.salesman).action_view_sale_order()["res_id"],
            machine.sale_order_id.id,
        )
        self.assertEqual(machine.action_view_picking()["res_id"], machine.picking_id.id)
        self.assertEqual(machine.action_view_lot()["res_id"], machine.lot_id.id)

    def test_grouped_by_category(self):
        groups = self.env["aftersales.equipment"].formatted_read_group(
            [("id", "in", (self.machine | self.other).ids)],
            ["categ_id"],
            ["__count"],
        )
        self.assertEqual(sum(group["__count"] for group in groups), 2)

    def test_menus_by_role(self):
        menu = self.env.ref("aftersales_service.aftersales_equipment_menu")
        backfill = self.env.ref("aftersales_service.aftersales_equipment_backfill_menu")
        coverage = self.env.ref("aftersales_service.aftersales_coverage_menu")
        for role in ROLES:
            visible = self.as_role(role, "ir.ui.menu")._visible_menu_ids()
            self.assertIn(menu.id, visible, role)
            self.assertEqual(backfill.id in visible, role == "manager", role)
            shown = self.as_role(role, "ir.ui.menu").load_menus(False)
            self.assertEqual(coverage.id in shown, role != "finance", role)


@tagged("post_install", "-at_install")
class TestEquipmentLabel(EquipmentPagesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.phone = "+49 30 4711"
        cls.machines = cls.deliver([f"L-{number:02d}" for number in range(30)])
        cls.machine = cls.machines[0]

    def render_html(self, report, machines):
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.users["technician"])
            ._render_qweb_html(report, machines.ids)
        )
        return html.decode()

    def render_pdf(self, report, machines):
        with self.allow_pdf_render():
            pdf, kind = (
                self.env["ir.actions.report"]
                .with_user(self.users["technician"])
                .with_context(force_report_rendering=True)
                ._render_qweb_pdf(report, machines.ids)
            )
        self.assertEqual(kind, "pdf")
        self.assertTrue(pdf.startswith(b"%PDF"))
        return PdfFileReader(io.BytesIO(pdf))

    def test_what_a_label_says(self):
        for report in (LABEL, SHEET):
            html = self.render_html(report, self.machine)
            for text in (
                self.machine.reference,
                "Press 200",
                "L-00",
                self.company.name,
                "+49 30 4711",
            ):
                self.assertIn(text, html)
            self.assertEqual(html.count("data:image/png;base64"), 1)
        self.assertEqual(
            self.machine._label_url(),
            f"{self.machine.get_base_url()}/odoo/equipment/{self.machine.id}",
        )

    def test_the_code_is_the_link(self):
        with patch.object(
            type(self.env["ir.actions.report"]),
            "barcode",
            autospec=True,
            return_value=b"png",
        ) as barcode:
            self.render_html(LABEL, self.machine)
        self.assertEqual(barcode.call_args.args[1:3], ("QR", self.machine._label_url()))

    def test_a_machine_that_is_hardly_known(self):
        machine = self.as_role("intake", "aftersales.equipment").create(
            {"partner_id": self.customer.id, "product_name": "Old <Lathe> & Co"}
        )
        for report in (LABEL, SHEET):
            html = self.render_html(report, machine)
            self.assertIn("Old &lt;Lathe&gt; &amp; Co", html)
            # With the blank, which the code of the picture never has.
            self.assertNotIn("S/N ", html)

    def test_pages(self):
        for report, machines, pages in (
            (LABEL, self.machines[:3], 3),
            (SHEET, self.machines[:24], 1),
            (SHEET, self.machines, 2),
        ):
            with self.subTest(report=report, labels=len(machines)):
                reader = self.render_pdf(report, machines)
                self.assertEqual(len(reader.pages), pages)
        html = self.render_html(SHEET, self.machines)
        self.assertEqual(html.count("data:image/png;base64"), 30)
        for machine in self.machines:
            self.assertIn(machine.reference, html)


@tagged("post_install", "-at_install")
class TestEquipmentScan(EquipmentPagesCommon, HttpCase):
    def test_scanning_opens_the_page(self):
        machine = self.deliver(["P200-SCAN"])
        path = f"/odoo/equipment/{machine.id}"
        self.assertTrue(machine._label_url().endswith(path))
        response = self.url_open(path, allow_redirects=False)
        self.assertIn(response.status_code, (302, 303))
        self.assertIn("/web/login", response.headers["Location"])
        self.authenticate("as_technician", "as_technician")
        response = self.url_open(path, allow_redirects=False)
        self.assertEqual(response.status_code, 200)
        action = self.env["ir.actions.act_window"].search([("path", "=", "equipment")])
        self.assertEqual(action.res_model, "aftersales.equipment")
