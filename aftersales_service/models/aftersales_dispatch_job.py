# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class AftersalesDispatchJob(models.Model):
    """One ticket's share of a visit: the equipment, the work, the checklists."""

    _name = "aftersales.dispatch.job"
    _inherit = "aftersales.dispatch.part.mixin"
    _description = "Visit Job"
    _order = "dispatch_id desc, sequence, id"
    _check_company_auto = True

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", related="dispatch_id.company_id", store=True, index=True
    )
    dispatch_state = fields.Selection(related="dispatch_id.state", string="Visit State")
    is_locked = fields.Boolean(related="dispatch_id.is_locked")
    ticket_id = fields.Many2one(
        "aftersales.ticket",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    ticket_description = fields.Html(
        related="ticket_id.description", string="Reported Fault"
    )
    coverage_summary = fields.Html(related="ticket_id.coverage_summary")
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        compute="_compute_equipment_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The machine that is worked on.",
    )
    product_name = fields.Char(
        string="Product",
        compute="_compute_product",
        store=True,
        readonly=False,
        precompute=True,
        help="As read on the nameplate.",
    )
    serial_number = fields.Char(
        compute="_compute_product",
        store=True,
        readonly=False,
        precompute=True,
        help="As read on the nameplate.",
    )
    finding_ids = fields.One2many(related="ticket_id.finding_ids", readonly=False)
    work_done = fields.Text(
        copy=False, help="What was done, step by step, for the customer."
    )
    result = fields.Selection(
        [("solved", "Solved"), ("revisit", "Another Visit Needed")],
        copy=False,
        help="Solved: the ticket is solved when the customer signs.",
    )
    answer_ids = fields.One2many(
        "aftersales.checklist.answer", "job_id", string="Checklist"
    )

    _dispatch_ticket_uniq = models.UniqueIndex(
        "(dispatch_id, ticket_id)", "This ticket is a job of the visit already."
    )

    @api.depends("ticket_id.equipment_id")
    def _compute_equipment_id(self):
        """Take over the ticket's machine, as long as the visit isn't signed."""
        for job in self:
            known = job.ticket_id.equipment_id
            locked = job.dispatch_id.is_locked
            job.equipment_id = job.equipment_id or (known[:0] if locked else known)

    @api.depends("ticket_id", "equipment_id")
    def _compute_product(self):
        for job in self:
            for name in ("product_name", "serial_number"):
                job[name] = job.equipment_id[name] or job[name] or job.ticket_id[name]

    @api.depends("ticket_id", "product_name")
    def _compute_display_name(self):
        for job in self:
            job.display_name = job.ticket_id.display_name

    @api.constrains("equipment_id", "ticket_id")
    def _check_equipment(self):
        for job in self.filtered("equipment_id"):
            ticket = job.ticket_id
            job.equipment_id._check_served_for(ticket.partner_id | ticket.site_id)

    @api.constrains("dispatch_id", "ticket_id")
    def _check_customer(self):
        for job in self:
            customer = job.ticket_id.commercial_partner_id
            if customer != job.dispatch_id.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(ticket)s is not a ticket of the customer of %(visit)s.",
                        ticket=job.ticket_id.display_name,
                        visit=job.dispatch_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        jobs = super().create(vals_list)
        jobs._add_checklists()
        # A job that is added at the site: the technician is there already.
        jobs.dispatch_id.filtered(
            lambda visit: visit.state in ("on_site", "to_sign")
        )._tell_arrival()
        return jobs

    def write(self, vals):
        if {"dispatch_id", "ticket_id"} & vals.keys() and not self.env.su:
            self.dispatch_id._check_state("draft", "planned")
        res = super().write(vals)
        if "equipment_id" in vals:
            self._replace_checklists()
        return res

    def _replace_checklists(self):
        """Ask what applies to another machine; what was answered stays."""
        # sudo: what is asked follows from the machine, whoever names it
        jobs = self.sudo()
        jobs.answer_ids.filtered(lambda a: not a.answer and not a.note).unlink()
        jobs._add_checklists()

    def _add_checklists(self):
        """Give each job the questions that apply to its visit."""
        for dispatch, jobs in self.grouped("dispatch_id").items():
            checklists = self.env["aftersales.checklist"]._for_dispatch(dispatch)
            for job in jobs:
                items = checklists._for_job(job).item_ids
                job.answer_ids = [
                    Command.create({"item_id": item.id, "sequence": index})
                    for index, item in enumerate(items - job.answer_ids.item_id)
                ]
