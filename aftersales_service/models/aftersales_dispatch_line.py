# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesDispatchLine(models.Model):
    """Labour and travel of a visit, and the parts it used."""

    _name = "aftersales.dispatch.line"
    _inherit = ["aftersales.dispatch.part.mixin", "hr.mixin"]
    _description = "Visit Line"
    _order = "dispatch_id desc, kind, date, sequence, id"
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
    kind = fields.Selection(
        [("labour", "Labour"), ("part", "Part"), ("travel", "Travel")],
        required=True,
        default="labour",
    )
    date = fields.Date(
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The day of the work, as the calendar at the site shows it.",
    )
    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        index="btree_not_null",
        check_company=True,
        help="Who worked or travelled.",
    )
    job_id = fields.Many2one(
        "aftersales.dispatch.job",
        compute="_compute_job_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        domain="[('dispatch_id', '=', dispatch_id)]",
        help="For which ticket of the visit. Empty: the visit as a whole.",
    )
    finding_id = fields.Many2one(
        "aftersales.finding",
        compute="_compute_finding_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="Who pays follows from the coverage of this finding.",
    )
    name = fields.Char(string="Description", required=True)
    started_at = fields.Datetime(string="From", help="Of the work or the way.")
    ended_at = fields.Datetime(string="To")
    hours = fields.Float(
        compute="_compute_hours",
        store=True,
        readonly=False,
        precompute=True,
        help="Hours worked or travelled.",
    )
    distance_km = fields.Float(string="Distance (km)")
    product_id = fields.Many2one(
        "product.product",
        string="Part",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The part in the catalogue; empty for one that is only described.",
    )
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        string="Fitted to",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The machine that got the part. Empty: the only one of the visit.",
    )
    part_number = fields.Char()
    serial_number = fields.Char(help="Serial number of the part that was fitted.")
    quantity = fields.Float(default=1.0, digits="Product Unit")

    _amounts_positive = models.Constraint(
        "CHECK(hours >= 0 AND distance_km >= 0 AND quantity > 0)",
        "Hours and distance can't be negative, and a part has a quantity above zero.",
    )

    _times_order = models.Constraint(
        "CHECK(ended_at >= started_at)", "Work can't end before it begins."
    )

    @api.depends("started_at")
    def _compute_date(self):
        """The day is the one at the site, whoever enters it wherever he is."""
        zones = {visit: visit._site_zone() for visit in self.dispatch_id}
        for line in self:
            zone = zones.get(line.dispatch_id) or self.env.user.tz or "UTC"
            if line.started_at or not line.date:
                moment = line.started_at or fields.Datetime.now()
                local = fields.Datetime.context_timestamp(
                    line.with_context(tz=zone), moment
                )
                line.date = local.date()

    @api.depends("dispatch_id")
    def _compute_job_id(self):
        """A visit for one ticket is for that one."""
        for line in self:
            jobs = line.dispatch_id.job_ids
            line.job_id = line.job_id or (jobs if len(jobs) == 1 else jobs[:0])

    @api.depends("job_id")
    def _compute_finding_id(self):
        """What is done for a ticket with one finding is done for that one."""
        for line in self:
            findings = line.job_id.finding_ids
            if line.finding_id not in findings:
                line.finding_id = findings if len(findings) == 1 else findings[:0]

    @api.depends("started_at", "ended_at")
    def _compute_hours(self):
        for line in self:
            if line.started_at and line.ended_at:
                seconds = (line.ended_at - line.started_at).total_seconds()
                line.hours = round(seconds / 3600, 4)
            else:
                line.hours = line.hours

    @api.constrains("dispatch_id", "finding_id", "job_id")
    def _check_job(self):
        """Refuse a line for a ticket or a finding of another visit.

        :raise ValidationError: when they don't belong together
        """
        for line in self:
            jobs = line.dispatch_id.job_ids
            if line.job_id - jobs or line.finding_id - jobs.finding_ids:
                raise ValidationError(
                    self.env._(
                        "%(line)s belongs to a ticket that is no job of %(visit)s.",
                        line=line.name,
                        visit=line.dispatch_id.name,
                    )
                )

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.product_id:
            product = self.product_id.with_context(display_default_code=False)
            self.name = product.display_name
            self.part_number = product.default_code

    @api.onchange("kind")
    def _onchange_kind(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        if self.kind in ("labour", "travel") and not self.name:
            self.name = labels[self.kind]
        if self.kind == "part" and self.name in labels.values():
            self.name = False
