# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which machine a ticket is about."""

from odoo import api, fields, models


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    equipment_id = fields.Many2one(
        "aftersales.equipment",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        ondelete="restrict",
        domain="commercial_partner_id and ['|',"
        " ('commercial_partner_id', '=', commercial_partner_id),"
        " ('end_user_id', 'child_of', commercial_partner_id)] or []",
        help="The machine it is about, where the installed base knows it.",
    )
    product_name = fields.Char(
        string="Product",
        compute="_compute_nameplate",
        store=True,
        readonly=False,
        precompute=True,
        help="As on the nameplate.",
    )
    serial_number = fields.Char(
        compute="_compute_nameplate",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        help="As on the nameplate.",
    )

    @api.depends("equipment_id")
    def _compute_nameplate(self):
        """Take over what the machine's record says; what was typed stays else."""
        for ticket in self:
            equipment = ticket.equipment_id
            ticket.product_name = equipment.product_name or ticket.product_name
            ticket.serial_number = equipment.serial_number or ticket.serial_number

    @api.constrains("equipment_id", "partner_id", "site_id")
    def _check_equipment(self):
        for ticket in self.filtered(lambda t: t.equipment_id and t.partner_id):
            ticket.equipment_id._check_served_for(ticket.partner_id | ticket.site_id)

    @api.onchange("equipment_id")
    def _onchange_equipment_id(self):
        """The machine says whose it is and where it stands."""
        equipment = self.equipment_id
        if equipment:
            self.partner_id = self.partner_id or equipment.partner_id
            self.site_id = equipment.site_id or self.site_id

    @api.onchange("serial_number")
    def _onchange_serial_number(self):
        if not self.equipment_id:
            self.equipment_id = self._known_equipment()
            self._onchange_equipment_id()

    def write(self, vals):
        res = super().write(vals)
        if vals.get("serial_number") and "equipment_id" not in vals:
            # A correction of the nameplate may say which machine it is.
            for ticket in self.filtered(lambda t: t.partner_id and not t.equipment_id):
                ticket.equipment_id = ticket._known_equipment()
        return res

    def _known_equipment(self):
        """Find the one machine that carries the ticket's serial number.

        :return: equipment, empty when none or several could be meant
        """
        self.ensure_one()
        known = self.equipment_id._known_by_nameplate([self.serial_number])
        return self._only_equipment(
            known, self.serial_number, self.partner_id, self.team_id.company_id
        )

    @api.model
    def _only_equipment(self, known, serial_number, partner, company):
        """Choose among the machines that carry a serial number.

        :param dict known: see `aftersales.equipment._known_by_nameplate`
        :param partner: the customer, who may not be known yet
        :param company: the company that serves
        :return: equipment, empty when none or several could be meant
        """
        Equipment = self.env["aftersales.equipment"]
        found = known.get(Equipment._serial_key(serial_number), Equipment)
        if company:
            found = found.filtered(lambda equipment: equipment.company_id == company)
        if partner:
            found = found._served_for(partner)
        return found if len(found) == 1 else Equipment

    @api.model
    def _link_nameplates(self, vals_list):
        """Complete new reports with the machine that their serial number names.

        A machine names its customer and its site as well, where they are not given.

        :param list vals_list: values of new tickets
        :return: list of completed values
        """
        Team, Partner = self.env["aftersales.team"], self.env["res.partner"]
        Equipment = self.env["aftersales.equipment"]
        known = Equipment._known_by_nameplate(
            vals.get("serial_number") for vals in vals_list
        )
        completed = []
        for vals in vals_list:
            equipment = Equipment.browse(vals.get("equipment_id"))
            if not equipment and known:
                equipment = self._only_equipment(
                    known,
                    vals.get("serial_number"),
                    Partner.browse(vals.get("partner_id")),
                    Team.browse(vals.get("team_id")).company_id,
                )
            if equipment:
                vals = {
                    **vals,
                    "equipment_id": equipment.id,
                    "partner_id": vals.get("partner_id") or equipment.partner_id.id,
                    "product_name": equipment.product_name,
                    "serial_number": equipment.serial_number,
                }
                if equipment.site_id and not vals.get("site_id"):
                    vals["site_id"] = equipment.site_id.id
            completed.append(vals)
        return completed

    def action_view_equipment(self):
        self.ensure_one()
        return self.equipment_id._get_records_action()
