# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

ROLES = ("dispatcher", "intake", "manager")
#: Field of the equipment to the kind of event that records its change.
CHANGES = {"partner_id": "owner", "site_id": "site", "end_user_id": "end_user"}


class AftersalesEquipmentChange(models.TransientModel):
    """Record a new owner, site or end user of machines, or that they are gone."""

    _name = "aftersales.equipment.change"
    _description = "Change of Owner or Site"

    operation = fields.Selection(
        [("change", "New Owner or Site"), ("end", "Taken Out of Service")],
        required=True,
        default="change",
        readonly=True,
    )
    equipment_ids = fields.Many2many("aftersales.equipment", required=True)
    date = fields.Date(
        required=True, help="Day at the site since which this is so, not in the future."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Who owns it from now on.",
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Address where it stands from now on.",
    )
    end_user_id = fields.Many2one(
        "res.partner",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Who uses it, where somebody else owns it.",
    )
    note = fields.Char()

    @api.depends("equipment_ids")
    def _compute_partner_id(self):
        """Begin with what is true now, where it is the same for all."""
        for change in self:
            for name in ("partner_id", "end_user_id"):
                partners = {equipment[name] for equipment in change.equipment_ids}
                change[name] = partners.pop() if len(partners) == 1 else False

    @api.depends("equipment_ids", "partner_id")
    def _compute_site_id(self):
        """Keep the site of the same owner; a new owner has his own delivery address."""
        for change in self:
            sites = {equipment.site_id for equipment in change.equipment_ids}
            owners = change.equipment_ids.partner_id
            if change.partner_id and change.partner_id != owners:
                address = change.partner_id.address_get(["delivery"])["delivery"]
                change.site_id = change.site_id.browse(address)
            else:
                change.site_id = sites.pop() if len(sites) == 1 else False

    def action_apply(self):
        """Write the change with its dated records.

        :raise UserError: for a day or a partner that can't be
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*ROLES)
        self.equipment_ids.check_access("write")
        self.equipment_ids._check_in_service()
        self._check_date()
        if self.operation == "end":
            self._end()
        else:
            self._change()
        return {"type": "ir.actions.act_window_close"}

    def _end(self):
        """Take the machines out of service."""
        # sudo: the state is written by dialogs only
        self.equipment_ids.sudo().write({"state": "ended", "ended_on": self.date})
        self.equipment_ids._add_events("ended", self.date, note=self.note)

    def _change(self):
        """Write the partners that differ, one dated record for each."""
        if not self.partner_id:
            raise UserError(self.env._("Choose who owns it from now on."))
        self._check_company()
        self._check_serials()
        for name, kind in CHANGES.items():
            new = self[name]
            machines = self.equipment_ids.filtered(lambda e, n=name, p=new: e[n] != p)
            for old, same in machines.grouped(name).items():
                same._add_events(
                    kind,
                    self.date,
                    old_partner_id=old.id,
                    new_partner_id=new.id,
                    note=self.note,
                )
        # sudo: written by this dialog only, which has checked who asks
        self.equipment_ids.sudo().write({name: self[name].id for name in CHANGES})

    # === CHECKS === #

    def _check_date(self):
        """Refuse a day in the future, before the delivery or before the last change.

        :raise UserError: naming the equipment and the day it contradicts
        """
        todays = self.equipment_ids._todays()
        last = dict(
            self.env["aftersales.equipment.event"]._read_group(
                [
                    ("equipment_id", "in", self.equipment_ids.ids),
                    ("kind", "in", list(CHANGES.values())),
                ],
                ["equipment_id"],
                ["date:max"],
            )
        )
        for equipment in self.equipment_ids:
            if self.date > todays[equipment]:
                raise UserError(
                    self.env._(
                        "The day %(date)s is still to come at the site of "
                        "%(equipment)s. Enter the change when it has happened.",
                        date=format_date(self.env, self.date),
                        equipment=equipment.display_name,
                    )
                )
            first = max(
                filter(None, (equipment.delivery_date, last.get(equipment))),
                default=False,
            )
            if first and self.date < first:
                raise UserError(
                    self.env._(
                        "The day %(date)s is before %(first)s, when %(equipment)s was "
                        "delivered or last changed.",
                        date=format_date(self.env, self.date),
                        first=format_date(self.env, first),
                        equipment=equipment.display_name,
                    )
                )

    def _check_company(self):
        """Refuse partners of another company: equipment stays in its own.

        :raise UserError: naming the partner and the company
        """
        partners = self.partner_id | self.site_id | self.end_user_id
        for company in self.equipment_ids.company_id:
            # sudo: also a company that the user doesn't work in
            foreign = partners.sudo().filtered(
                lambda partner, company=company: (
                    partner.company_id and partner.company_id != company
                )
            )
            if foreign:
                raise UserError(
                    self.env._(
                        "%(partners)s belongs to another company. Equipment of "
                        "%(company)s stays in that company.",
                        partners=", ".join(foreign.mapped("name")),
                        company=company.name,
                    )
                )

    def _check_serials(self):
        """Refuse a customer who has a machine of the same serial number in service.

        :raise UserError: naming both
        """
        lots = self.equipment_ids.filtered("lot_id")
        # sudo: also an archived one keeps its serial number
        others = (
            self.env["aftersales.equipment"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("lot_id", "in", lots.lot_id.ids),
                    ("state", "=", "in_service"),
                    ("id", "not in", self.equipment_ids.ids),
                    ("company_id", "in", lots.company_id.ids),
                    (
                        "commercial_partner_id",
                        "=",
                        self.partner_id.commercial_partner_id.id,
                    ),
                ]
            )
        )
        if others:
            raise UserError(
                self.env._(
                    "%(customer)s has an equipment of this serial number already: "
                    "%(names)s",
                    customer=self.partner_id.display_name,
                    names=", ".join(others.mapped("display_name")),
                )
            )
