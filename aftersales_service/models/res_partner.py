# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

import pytz

from odoo import api, fields, models

#: Who may see the installed base from an order or a customer.
EQUIPMENT_GROUPS = (
    "aftersales_service.aftersales_service_group_staff,sales_team.group_sale_salesman"
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_ticket_count = fields.Integer(
        string="Service Tickets",
        compute="_compute_aftersales_ticket_count",
        groups="aftersales_service.aftersales_service_group_staff",
    )
    aftersales_equipment_count = fields.Integer(
        string="Equipment Count",
        compute="_compute_aftersales_equipment_count",
        groups=EQUIPMENT_GROUPS,
    )
    aftersales_warranty_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        company_dependent=True,
        check_company=True,
        ondelete="restrict",
        help="Agreed with this customer, for the product categories that the term "
        "names. It goes before the terms of products, categories and the company.",
    )

    # By which the number in a mail's text is looked up.
    _aftersales_phone_idx = models.Index(
        "(right(regexp_replace(phone, '[^0-9]', '', 'g'), 8)) WHERE phone IS NOT NULL"
    )

    # === COMPUTES === #

    def _compute_aftersales_ticket_count(self):
        """Count the tickets of each customer, those of its contacts included."""
        groups = self.env["aftersales.ticket"]._read_group(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
            ["commercial_partner_id"],
            ["__count"],
        )
        counts = dict(groups)
        for partner in self:
            partner.aftersales_ticket_count = counts.get(
                partner.commercial_partner_id, 0
            )

    def _compute_aftersales_equipment_count(self):
        """Count what each customer owns or uses, as do its contacts."""
        Equipment = self.env["aftersales.equipment"]
        ids = self.commercial_partner_id.ids
        counts = defaultdict(int)
        for owner, count in Equipment._read_group(
            [("commercial_partner_id", "in", ids)],
            ["commercial_partner_id"],
            ["__count"],
        ):
            counts[owner] += count
        for owner, user, count in Equipment._read_group(
            [("end_user_id.commercial_partner_id", "in", ids)],
            ["commercial_partner_id", "end_user_id"],
            ["__count"],
        ):
            if user.commercial_partner_id != owner:
                counts[user.commercial_partner_id] += count
        for partner in self:
            partner.aftersales_equipment_count = counts[partner.commercial_partner_id]

    @api.model
    def _commercial_fields(self):
        return super()._commercial_fields() + ["aftersales_warranty_term_id"]

    # === ACTIONS === #

    def action_view_aftersales_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_action"
        )
        action["domain"] = [
            ("commercial_partner_id", "=", self.commercial_partner_id.id)
        ]
        action["context"] = {"default_partner_id": self.id}
        return action

    @api.readonly
    def action_view_aftersales_equipment(self):
        """Open what the customer owns or uses."""
        self.ensure_one()
        self.env["aftersales.equipment"].check_access("read")
        owner = self.commercial_partner_id
        domain = [
            "|",
            ("commercial_partner_id", "=", owner.id),
            ("end_user_id.commercial_partner_id", "=", owner.id),
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Equipment"),
            "res_model": "aftersales.equipment",
            "view_mode": "list,form",
            "domain": domain,
            "context": {"default_partner_id": self.id},
        }

    # === HELPERS === #

    def _aftersales_tz(self, customer, company):
        """Find the time zone of a site.

        :param customer: `res.partner` it belongs to
        :param company: `res.company` that serves it
        :return: name of a time zone: the site's, else the customer's, else that of the
            company or of its calendar, else UTC
        """
        # One after the other: the company is read only where the customer says nothing.
        sources = (
            lambda: self.tz,
            lambda: customer.tz,
            lambda: company.partner_id.tz,
            lambda: company.resource_calendar_id.tz,
        )
        zones = (source() for source in sources)
        return next((tz for tz in zones if tz in pytz.all_timezones_set), "UTC")
