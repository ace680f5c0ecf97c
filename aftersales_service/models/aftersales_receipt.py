# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

RECEIPT_STATE_SELECTION = [
    ("issued", "Issued"),
    ("handed", "Handed Over"),
    ("received", "Received by Finance"),
    ("reconciled", "Reconciled"),
    ("filed", "Filed"),
    ("replaced", "Replaced"),
]
MONEY_STATE_SELECTION = [
    ("none", "Nothing Owed"),
    ("unmatched", "Unmatched"),
    ("partial", "Partly Matched"),
    ("matched", "Matched"),
    ("difference", "Difference"),
    ("waived", "Waived"),
]
PAYMENT_METHOD_SELECTION = [
    ("cash", "Cash"),
    ("cheque", "Cheque"),
    ("card", "Card"),
    ("transfer", "Transfer Announced"),
]


#: Not received by finance yet: those that go missing.
ON_THE_WAY_STATES = ("issued", "handed")
#: Finance is done with these: nothing that comes later moves them.
KEPT_STATES = ("reconciled", "filed")


class AftersalesReceipt(models.Model):
    """The paper and the money that belong to a service form, on their way to finance.

    One row a version of a form. Nobody has the right to write it: its state is moved by
    `_step` only, see aftersales_receipt_step.py.
    """

    _name = "aftersales.receipt"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread.main.attachment",
        "aftersales.activity.mixin",
    ]
    _description = "Receipt of a Service Form"
    _order = "signed_at desc, id desc"
    _rec_names_search = ["name", "partner_id"]
    # Whoever sees a receipt may say something about it, or attach its scan.
    _mail_post_access = "read"

    name = fields.Char(string="Number", required=True, readonly=True, index="trigram")
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Service Form",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    dispatch_id = fields.Many2one(
        related="form_id.dispatch_id", string="Visit", store=True, index=True
    )
    company_id = fields.Many2one(related="form_id.company_id", store=True, index=True)
    team_id = fields.Many2one(related="form_id.team_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="form_id.partner_id", string="Customer", store=True, index=True
    )
    signed_at = fields.Datetime(
        related="form_id.signed_at", string="Signed On", store=True
    )
    outcome = fields.Selection(related="form_id.outcome")
    technician_name = fields.Char(related="form_id.technician_name")
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Who has to hand it over: the technician, else who recorded the form.",
    )
    holder_ids = fields.Many2many(
        "res.users",
        string="Technicians",
        readonly=True,
        help="Who may have it: the technicians who were there, and who recorded it.",
    )
    state = fields.Selection(
        RECEIPT_STATE_SELECTION,
        required=True,
        default="issued",
        readonly=True,
        index=True,
        group_expand=True,
    )
    money_state = fields.Selection(
        MONEY_STATE_SELECTION, string="Money", readonly=True, index=True, default="none"
    )
    batch_id = fields.Many2one(
        "aftersales.receipt.batch",
        string="Envelope",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    step_ids = fields.One2many("aftersales.receipt.step", "receipt_id", string="Steps")
    handed_at = fields.Datetime(string="Handed Over On", readonly=True)
    handed_by_id = fields.Many2one(
        "res.users", string="Handed Over By", readonly=True, ondelete="restrict"
    )
    received_at = fields.Datetime(string="Received On", readonly=True)
    received_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    next_step = fields.Char(compute="_compute_next_step")
    can_hand_over = fields.Boolean(
        compute="_compute_rights", export_string_translation=False
    )
    can_receive = fields.Boolean(
        compute="_compute_rights", export_string_translation=False
    )
    can_file = fields.Boolean(
        compute="_compute_rights", export_string_translation=False
    )
    can_take_out = fields.Boolean(
        compute="_compute_rights", export_string_translation=False
    )
    is_missing = fields.Boolean(
        string="Missing",
        compute="_compute_is_missing",
        search="_search_is_missing",
        help="Not received by finance within the days that the team allows.",
    )

    _form_uniq = models.UniqueIndex(
        "(form_id)", "There is a receipt of this service form already."
    )
    _signed_at_idx = models.Index("(signed_at DESC, id DESC)")

    # === COMPUTES === #

    @api.depends("state", "money_state", "batch_id", "user_id")
    def _compute_next_step(self):
        for receipt in self:
            receipt.next_step = receipt._next_step_text()

    def _next_step_text(self):
        """Say what has to be done next, and by whom.

        :return: str, empty when nothing is left to do
        """
        self.ensure_one()
        if self.state == "issued" and self.batch_id:
            return self.env._("Hand over the envelope %s", self.batch_id.name)
        if self.state == "issued":
            return self.env._("%s hands it over", self.user_id.name or "")
        if self.state == "handed":
            return self.env._("Finance receives it")
        if self.state == "received" and self.money_state == "none":
            return self.env._("Finance files it")
        return ""

    @api.depends("state", "money_state", "handed_by_id", "holder_ids", "batch_id")
    @api.depends_context("uid")
    def _compute_rights(self):
        roles = self.env["res.users"]
        is_finance = roles._has_aftersales_role("finance")
        for receipt in self:
            is_on_the_way = receipt.state in ON_THE_WAY_STATES
            is_carrier = is_on_the_way and receipt._is_carrier()
            receipt.can_hand_over = is_carrier and receipt.state == "issued"
            receipt.can_take_out = is_carrier and bool(receipt.batch_id)
            receipt.can_receive = (
                receipt.state == "handed" and is_finance and not receipt._is_involved()
            )
            receipt.can_file = (
                receipt.state == "received" and is_finance and receipt._may_be_filed()
            )

    def _is_carrier(self):
        """Tell whether the user may hand this receipt over.

        :return: bool: technicians their own ones, dispatchers and managers all
        """
        self.ensure_one()
        roles = self.env["res.users"]
        return roles._has_aftersales_role("dispatcher", "manager") or (
            roles._has_aftersales_role("technician")
            # sudo: who was there is no secret to himself
            and self.env.user in self.sudo().holder_ids
        )

    def _is_involved(self):
        """Tell whether the user has handed this receipt over, or has worked for it.

        :return: bool; he may not receive it, whatever roles he has
        """
        self.ensure_one()
        # sudo: the answer must not depend on what he may see of the visit
        receipt = self.sudo()
        # A technician who changed his post is still the one who was there.
        visit = receipt.dispatch_id.with_context(active_test=False)
        technicians = visit.technician_ids.user_id
        return self.env.user in receipt.handed_by_id | technicians

    def _may_be_filed(self):
        """Tell whether this receipt is filed without looking for money.

        :return: bool
        """
        self.ensure_one()
        return self.money_state == "none"

    @api.depends("state", "signed_at", "team_id.receipt_reminder_days")
    def _compute_is_missing(self):
        now = fields.Datetime.now()
        for receipt in self:
            # sudo: finance does not read teams, but counts their days
            days = receipt.sudo().team_id.receipt_reminder_days
            receipt.is_missing = (
                receipt.state in ON_THE_WAY_STATES
                and days > 0
                and receipt.signed_at <= now - timedelta(days=days)
            )

    @api.model
    def _search_is_missing(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        now = fields.Datetime.now()
        # sudo: as above
        teams = self.env["aftersales.team"].sudo().with_context(active_test=False)
        teams = teams.search([("receipt_reminder_days", ">", 0)])
        late = Domain.OR(
            Domain("team_id", "in", some.ids)
            & Domain("signed_at", "<=", now - timedelta(days=days))
            for days, some in teams.grouped("receipt_reminder_days").items()
        )
        return Domain("state", "in", ON_THE_WAY_STATES) & late

    # === CRUD === #

    def _guarded_fields(self):
        # Nobody has the right to write receipts; this holds if somebody is given it.
        return super()._guarded_fields() | {
            name
            for name, field in self._fields.items()
            if field.store and field.readonly
        }

    @api.model_create_multi
    def create(self, vals_list):
        receipts = super().create(vals_list)
        receipts._log_step()
        return receipts

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The receipt of a service form can't be deleted."))

    def _touch(self):
        """Make two who move the same receipt at the same time meet."""
        if self.ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE aftersales_receipt SET write_date = write_date"
                    " WHERE id IN %s",
                    tuple(self.ids),
                )
            )

    # === ACTIONS === #

    def action_view_form(self):
        self.ensure_one()
        return self.form_id._get_records_action(name=self.env._("Service Form"))

    def action_print_form(self):
        self.ensure_one()
        return self.form_id.action_print()
