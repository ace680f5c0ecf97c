# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The file of an equipment: what hangs on it, gathered for one page."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: The page shows these only to who may read tickets and visits.
STAFF = "aftersales_service.aftersales_service_group_staff"


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    ticket_ids = fields.One2many(
        "aftersales.ticket", "equipment_id", string="Tickets", groups=STAFF
    )
    finding_ids = fields.One2many(
        "aftersales.finding", "equipment_id", string="Findings", groups=STAFF
    )
    job_ids = fields.One2many(
        "aftersales.dispatch.job", "equipment_id", string="Visits", groups=STAFF
    )
    base_warranty_ids = fields.One2many(
        "aftersales.warranty",
        "equipment_id",
        string="Warranties of the Machine",
        domain=[("kind", "!=", "part")],
    )
    part_warranty_ids = fields.One2many(
        "aftersales.warranty",
        "equipment_id",
        string="Warranties of Replaced Parts",
        domain=[("kind", "=", "part")],
    )
    part_line_ids = fields.Many2many(
        "aftersales.dispatch.line",
        string="Replaced Parts",
        compute="_compute_part_line_ids",
        groups=STAFF,
        help="Parts that visits have fitted to this machine.",
    )
    document_ids = fields.Many2many(
        "product.document",
        string="Documents of the Product",
        compute="_compute_document_ids",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Files of This Machine", compute="_compute_attachments"
    )
    notice_ids = fields.Many2many(
        "aftersales.document.notice",
        relation="aftersales_document_notice_equipment_rel",
        column1="equipment_id",
        column2="notice_id",
        string="Notices Sent",
        groups=STAFF,
        copy=False,
    )

    ticket_count = fields.Integer(compute="_compute_ticket_count", groups=STAFF)
    dispatch_count = fields.Integer(
        string="Visit Count", compute="_compute_dispatch_count", groups=STAFF
    )
    warranty_count = fields.Integer(compute="_compute_warranty_count")
    document_count = fields.Integer(compute="_compute_document_count")
    needs_commissioning = fields.Boolean(
        compute="_compute_needs_commissioning",
        export_string_translation=False,
        help="A warranty waits for the day of commissioning.",
    )

    # === COMPUTES === #

    def _tickets_by_equipment(self):
        """Find the tickets that are about these machines, by the finding as well.

        :return: dict of the id of an equipment to the set of its tickets' ids
        """
        tickets = {equipment.id: set() for equipment in self}
        for model, column in (
            ("aftersales.ticket", "id"),
            ("aftersales.finding", "ticket_id"),
        ):
            for equipment, ids in self.env[model]._read_group(
                [("equipment_id", "in", self.ids)],
                ["equipment_id"],
                [f"{column}:array_agg"],
            ):
                tickets[equipment.id].update(ids)
        return tickets

    def _compute_ticket_count(self):
        tickets = self._tickets_by_equipment()
        for equipment in self:
            equipment.ticket_count = len(tickets.get(equipment.id, ()))

    def _compute_dispatch_count(self):
        groups = self.env["aftersales.dispatch.job"]._read_group(
            [("equipment_id", "in", self.ids)],
            ["equipment_id"],
            ["dispatch_id:count_distinct"],
        )
        counts = dict(groups)
        for equipment in self:
            equipment.dispatch_count = counts.get(equipment, 0)

    @api.depends("warranty_ids")
    def _compute_warranty_count(self):
        groups = self.env["aftersales.warranty"]._read_group(
            [("equipment_id", "in", self.ids)], ["equipment_id"], ["__count"]
        )
        counts = dict(groups)
        for equipment in self:
            equipment.warranty_count = counts.get(equipment, 0)

    @api.depends("document_ids")
    def _compute_document_count(self):
        for equipment in self:
            equipment.document_count = len(equipment.document_ids)

    @api.depends(
        "commissioning_date", "warranty_ids.start_trigger", "warranty_ids.is_void"
    )
    def _compute_needs_commissioning(self):
        for equipment in self:
            equipment.needs_commissioning = not equipment.commissioning_date and any(
                warranty.start_trigger == "commissioning" and not warranty.is_void
                for warranty in equipment.warranty_ids
            )

    @api.depends("product_id")
    def _compute_document_ids(self):
        """Gather the documents of each product and of its template."""
        products = self.product_id
        domain = (
            Domain("res_model", "=", "product.product")
            & Domain("res_id", "in", products.ids)
        ) | (
            Domain("res_model", "=", "product.template")
            & Domain("res_id", "in", products.product_tmpl_id.ids)
        )
        Document = self.env["product.document"]
        documents = Document.search(domain) if products else Document
        by_owner = documents.grouped(lambda doc: (doc.res_model, doc.res_id))
        for equipment in self:
            product = equipment.product_id
            own = by_owner.get((product._name, product.id), Document)
            template = product.product_tmpl_id
            own |= by_owner.get((template._name, template.id), Document)
            # The manuals first, then what else the product has
            equipment.document_ids = own.sorted(
                lambda doc: not doc.aftersales_is_technical
            )

    def _compute_attachments(self):
        Attachment = self.env["ir.attachment"]
        attachments = Attachment.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        by_equipment = attachments.grouped("res_id")
        for equipment in self:
            equipment.attachment_ids = by_equipment.get(equipment.id, Attachment)

    @api.depends("job_ids.dispatch_id.line_ids.kind")
    def _compute_part_line_ids(self):
        """Gather the parts fitted to each machine.

        A part that names no machine belongs to the only one of its visit.
        """
        fitted = Domain("equipment_id", "in", self.ids)
        unnamed = Domain("equipment_id", "=", False) & Domain(
            "dispatch_id.job_ids.equipment_id", "in", self.ids
        )
        lines = self.env["aftersales.dispatch.line"].search(
            Domain("kind", "=", "part")
            & Domain("dispatch_id.state", "!=", "cancelled")
            & (fitted | unnamed),
            order="date desc, id desc",
        )
        by_equipment = lines.grouped(
            lambda line: line.equipment_id or line.dispatch_id.job_ids.equipment_id
        )
        for equipment in self:
            equipment.part_line_ids = by_equipment.get(equipment, lines.browse())

    # === ACTIONS === #

    def action_new_ticket(self):
        """Open a new ticket about this machine, filled in as far as it is known."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(
            "intake", "dispatcher", "technician", "support", "manager"
        )
        self.check_access("read")
        reporter = self.end_user_id or self.partner_id
        context = {
            "default_equipment_id": self.id,
            "default_partner_id": reporter.id,
            "default_site_id": self.site_id.id,
        }
        team = self.env["aftersales.team"]._default_team(self.env.user, self.company_id)
        if team:
            context["default_team_id"] = team.id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Ticket"),
            "res_model": "aftersales.ticket",
            "views": [(False, "form")],
            "context": context,
        }

    def action_view_tickets(self):
        self.ensure_one()
        tickets = self._tickets_by_equipment()[self.id]
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_action"
        )
        return {
            **action,
            "domain": [("id", "in", sorted(tickets))],
            "context": {
                "default_equipment_id": self.id,
                "default_partner_id": (self.end_user_id or self.partner_id).id,
            },
        }

    def action_view_dispatches(self):
        self.ensure_one()
        return self.job_ids.dispatch_id._get_records_action(name=self.env._("Visits"))

    def action_view_warranties(self):
        self.ensure_one()
        return self.warranty_ids._get_records_action(
            name=self.env._("Warranties"), context={"default_equipment_id": self.id}
        )

    def action_view_documents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_technical_document_action"
        )
        return {
            **action,
            "domain": [("id", "in", self.document_ids.ids)],
            "context": {"create": False},
        }

    def action_view_sale_order(self):
        self.ensure_one()
        return self.sale_order_id._get_records_action()

    def action_view_picking(self):
        self.ensure_one()
        return self.picking_id._get_records_action()

    def action_view_lot(self):
        self.ensure_one()
        return self.lot_id._get_records_action()

    # === LABELS === #

    def _label_url(self):
        """Return the address that the label's code leads to.

        :return: absolute link to the page of this machine; who opens it signs in
        """
        self.ensure_one()
        return f"{self.get_base_url()}/odoo/equipment/{self.id}"

    def _label_sheets(self):
        """Lay labels out on sheets of 8 rows of 3.

        :return: list of sheets, each a list of rows, each a list of equipment; the
            last row of a sheet is filled up with empty recordsets
        """
        if not self:
            raise UserError(self.env._("Choose the equipment to print labels for."))
        cells = list(self) + [self.browse()] * (-len(self) % 3)
        rows = [cells[start : start + 3] for start in range(0, len(cells), 3)]
        return [rows[start : start + 8] for start in range(0, len(rows), 8)]
