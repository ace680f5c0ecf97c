# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Improper use: found with evidence, approved by a second person, told the customer.

Nothing is charged because of it before all three steps are done. The customer is told
after the approval, so that he is never accused of what a second person would not
confirm.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .inside import is_inside

#: Written by the steps of the procedure, never by hand.
STEP_FIELDS = {
    "misuse_state",
    "misuse_proposed_by",
    "misuse_proposed_at",
    "misuse_approved_by",
    "misuse_approved_at",
    "misuse_notice_id",
    "misuse_channel",
    "misuse_customer_name",
    "misuse_acknowledged_at",
    "misuse_acknowledged_by",
    "misuse_customer_note",
    "misuse_message_id",
    "misuse_form_id",
}
#: What the second person approves. Another cause or machine starts it anew.
EVIDENCE_FIELDS = (
    "misuse_evidence",
    "misuse_photo_ids",
    "misuse_technician_id",
    "misuse_date",
)
SUBJECT_FIELDS = ("cause_id", "equipment_id", "liability", "ticket_id")
RESTART_FIELDS = (*SUBJECT_FIELDS, "misuse_technician_id")

PROPOSE_ROLES = ("technician", "support", "dispatcher", "manager")
APPROVE_ROLES = ("quality", "support", "manager")
NOTICE_ROLES = ("intake", "technician", "support", "dispatcher", "quality", "manager")

MISUSE_CHANNEL_SELECTION = [
    ("signed", "Signed Service Form"),
    ("mail", "Reply by Mail"),
    ("call", "Telephone Call"),
]


class AftersalesFinding(models.Model):
    _name = "aftersales.finding"
    _inherit = ["aftersales.finding", "hr.mixin"]

    misuse_photo_ids = fields.Many2many(
        "ir.attachment",
        relation="aftersales_finding_misuse_photo_rel",
        string="Photos",
        copy=False,
        help="Pictures that show the improper use.",
    )
    misuse_technician_id = fields.Many2one(
        "hr.employee",
        string="Found by",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        copy=False,
        help="The technician who saw it.",
    )
    misuse_date = fields.Date(string="Found On", copy=False)
    misuse_state = fields.Selection(
        [
            ("none", "Not Examined"),
            ("proposed", "To Approve"),
            ("approved", "To Be Acknowledged"),
            ("determined", "Determined"),
        ],
        string="Improper Use",
        required=True,
        default="none",
        readonly=True,
        index=True,
        copy=False,
        help="Charged only when it is determined: found with evidence, approved by a "
        "second person, and acknowledged by the customer.",
    )
    misuse_proposed_by = fields.Many2one(
        "res.users", string="Proposed by", readonly=True, copy=False
    )
    misuse_proposed_at = fields.Datetime(
        string="Proposed On", readonly=True, copy=False
    )
    misuse_approved_by = fields.Many2one(
        "res.users", string="Approved by", readonly=True, copy=False
    )
    misuse_approved_at = fields.Datetime(
        string="Approved On", readonly=True, copy=False
    )
    misuse_notice_id = fields.Many2one(
        "mail.message",
        string="Explanation",
        readonly=True,
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        help="The message that explained it to the customer.",
    )
    misuse_channel = fields.Selection(
        MISUSE_CHANNEL_SELECTION,
        string="Acknowledged through",
        readonly=True,
        copy=False,
    )
    misuse_customer_name = fields.Char(
        string="Acknowledged by", readonly=True, copy=False
    )
    misuse_acknowledged_at = fields.Datetime(
        string="Acknowledged On", readonly=True, copy=False
    )
    misuse_acknowledged_by = fields.Many2one(
        "res.users", string="Acknowledgement Recorded by", readonly=True, copy=False
    )
    misuse_customer_note = fields.Text(
        string="What the Customer Said", readonly=True, copy=False
    )
    misuse_message_id = fields.Many2one(
        "mail.message",
        string="Customer's Reply",
        readonly=True,
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
    )
    misuse_form_id = fields.Many2one(
        "aftersales.service.form",
        string="Signed Form",
        readonly=True,
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
    )
    misuse_can_approve = fields.Boolean(
        compute="_compute_misuse_can_approve", export_string_translation=False
    )

    @api.depends("misuse_state", "misuse_proposed_by", "misuse_technician_id")
    @api.depends_context("uid")
    def _compute_misuse_can_approve(self):
        prefix = "aftersales_service.aftersales_service_group_"
        has_role = any(self.env.user.has_group(prefix + role) for role in APPROVE_ROLES)
        for finding in self:
            finding.misuse_can_approve = (
                has_role
                and finding.misuse_state == "proposed"
                and not finding._is_involved(self.env.user)
            )

    # === CRUD === #

    def _guarded_fields(self):
        return super()._guarded_fields() | STEP_FIELDS

    @api.model_create_multi
    def create(self, vals_list):
        findings = super().create(vals_list)
        for finding in findings:
            finding._adopt_photos(self.env["ir.attachment"])
        return findings

    def write(self, vals):
        names = EVIDENCE_FIELDS + SUBJECT_FIELDS
        if not vals.keys() & set(names) or is_inside(self.env, "aftersales_merging"):
            return super().write(vals)
        examined = self.filtered(lambda finding: finding.misuse_state != "none")
        before = {f: {name: f[name] for name in names} for f in examined}
        # sudo: all photos, also those that the user may not see
        photos = {finding: finding.sudo().misuse_photo_ids for finding in self}
        res = super().write(vals)
        if "misuse_photo_ids" in vals:
            for finding in self:
                finding._adopt_photos(photos[finding])
        for finding, values in before.items():
            changed = {name for name in names if finding[name] != values[name]}
            # Better evidence may be brought by who has proposed it, until somebody has
            # approved it; another finder could approve what he found himself.
            is_own = (
                finding.misuse_state == "proposed"
                and finding.misuse_proposed_by == self.env.user
            )
            if changed.intersection(RESTART_FIELDS) or (changed and not is_own):
                finding._reset_misuse(
                    self.env._("The finding was changed after it was examined.")
                )
        return res

    def _adopt_photos(self, before):
        """Let photos that were uploaded before the finding was saved belong to it.

        :param before: `ir.attachment` records that were there before
        :raise AccessError: for a file that the user may not see, since the photos are
            sent to the customer
        """
        self.ensure_one()
        # sudo: the uploader's own files, which nobody else could read otherwise
        photos = self.sudo().misuse_photo_ids
        (photos - before).with_env(self.env).check_access("read")
        own = photos.filtered(
            lambda photo: (
                photo.res_model in (False, self._name)
                and not photo.res_id
                and photo.create_uid == self.env.user
            )
        )
        if own:
            own.write({"res_model": self._name, "res_id": self.id})

    # === STEPS === #

    def action_propose_misuse(self):
        """Say that it was improper use, with all that a second person has to see.

        :raise UserError, ValidationError: when something is missing
        """
        self.env["res.users"]._check_aftersales_role(*PROPOSE_ROLES)
        self.check_access("write")
        for finding in self:
            finding._check_misuse_state("none")
            finding._check_misuse_complete()
        # sudo: steps are written by their buttons, which have checked the right
        self.sudo().write(
            {
                "misuse_state": "proposed",
                "misuse_proposed_by": self.env.uid,
                "misuse_proposed_at": fields.Datetime.now(),
            }
        )
        for finding in self:
            finding._log_misuse(self.env._("Improper use proposed, to be approved."))

    def action_approve_misuse(self):
        """Confirm the finding, as a second person.

        :raise UserError: for the one who has proposed it or the technician
        """
        self.env["res.users"]._check_aftersales_role(*APPROVE_ROLES)
        self.check_access("write")
        for finding in self:
            finding._check_misuse_state("proposed")
            finding._check_misuse_complete()
            if finding._is_involved(self.env.user):
                raise UserError(
                    self.env._(
                        "Somebody else approves it: not who proposed it and not the "
                        "technician who found it."
                    )
                )
        # sudo: steps are written by their buttons, which have checked the right
        self.sudo().write(
            {
                "misuse_state": "approved",
                "misuse_approved_by": self.env.uid,
                "misuse_approved_at": fields.Datetime.now(),
            }
        )
        for finding in self:
            finding._log_misuse(
                self.env._("Improper use approved, to be explained to the customer.")
            )

    def action_explain_misuse(self):
        return self._open_misuse_dialog(
            "explain", self.env._("Explain to the Customer")
        )

    def action_acknowledge_misuse(self):
        return self._open_misuse_dialog(
            "acknowledge", self.env._("Record the Acknowledgement")
        )

    def action_withdraw_misuse(self):
        return self._open_misuse_dialog("withdraw", self.env._("Withdraw Improper Use"))

    def _open_misuse_dialog(self, purpose, name):
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*NOTICE_ROLES)
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_misuse_notice_action"
        )
        action["name"] = name
        action["context"] = {
            "default_finding_id": self.id,
            "default_purpose": purpose,
        }
        return action

    def _acknowledge_misuse(self, values):
        """Record that the customer has accepted it; from now on it counts.

        :param dict values: misuse_channel, misuse_customer_name,
            misuse_acknowledged_at, misuse_customer_note, and misuse_message_id or
            misuse_form_id
        """
        self.ensure_one()
        self._check_misuse_state("approved")
        # sudo: the dialog has checked the role and the proof
        self.sudo().write(
            {
                **values,
                "misuse_state": "determined",
                "misuse_acknowledged_by": self.env.uid,
            }
        )
        labels = dict(self._fields["misuse_channel"]._description_selection(self.env))
        self._log_misuse(
            self.env._(
                "Improper use acknowledged by %(name)s (%(channel)s).",
                name=values["misuse_customer_name"],
                channel=labels[values["misuse_channel"]],
            )
        )

    def _reset_misuse(self, reason):
        """Undo the procedure; what was done stays in the ticket's history.

        :param str reason: why, for the history
        """
        steps = dict.fromkeys(STEP_FIELDS, False)
        # sudo: steps are never written by hand
        self.sudo().write({**steps, "misuse_state": "none"})
        for finding in self:
            finding._log_misuse(
                self.env._("Improper use no longer stands: %(reason)s", reason=reason)
            )

    # === CHECKS === #

    def _check_misuse_state(self, state):
        self.ensure_one()
        if self.misuse_state != state:
            labels = dict(self._fields["misuse_state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(finding)s is in the state %(state)s: this step is not possible "
                    "now.",
                    finding=self.display_name,
                    state=labels[self.misuse_state],
                )
            )

    def _check_misuse_complete(self):
        """Check that the finding says what a second person has to see.

        :raise UserError, ValidationError: naming all that is missing
        """
        self.ensure_one()
        if self.liability != "misuse":
            raise UserError(
                self.env._("Choose a cause whose liability is improper use first.")
            )
        missing = [
            self._fields[name]._description_string(self.env)
            for name in EVIDENCE_FIELDS
            if name != "misuse_photo_ids"
            and not (
                self[name].strip()
                if name == "misuse_evidence" and self[name]
                else self[name]
            )
        ]
        # sudo: whose file it is was checked when it was attached
        types = self.sudo().misuse_photo_ids.mapped("mimetype")
        if not any((kind or "").startswith("image/") for kind in types):
            missing.append(self.env._("at least one photo"))
        if missing:
            raise ValidationError(
                self.env._(
                    "Improper use needs evidence. Missing: %(fields)s",
                    fields=", ".join(missing),
                )
            )
        if self.misuse_date > fields.Date.context_today(self._at_site()):
            raise ValidationError(
                self.env._("Improper use can't be found in the future: check the day.")
            )

    def _is_involved(self, user):
        """Tell whether a user has proposed or found it, and so can't approve it."""
        self.ensure_one()
        # sudo: whose login the technician has is not readable by everyone
        finder = self.sudo().misuse_technician_id.user_id
        return user in (self.misuse_proposed_by | finder)

    def _misuse_for_coverage(self):
        """Say how far improper use counts for who pays.

        :return: none, suspected or determined
        """
        self.ensure_one()
        if self.liability != "misuse":
            return "none"
        return "determined" if self.misuse_state == "determined" else "suspected"

    def _misuse_replies(self):
        """Return what the customer wrote after it was explained, the latest first.

        :return: `mail.message` records of the ticket
        """
        self.ensure_one()
        notice, ticket = self.misuse_notice_id, self.ticket_id
        if not notice or not ticket.commercial_partner_id:
            return notice.browse()
        # What a colleague typed in the customer's name is no reply.
        by_customer = Domain("message_type", "=", "email") | Domain(
            [("message_type", "=", "comment"), ("create_uid.share", "=", True)]
        )
        return notice.search(
            Domain(
                [
                    ("model", "=", ticket._name),
                    ("res_id", "=", ticket.id),
                    ("id", ">", notice.id),
                    (
                        "author_id.commercial_partner_id",
                        "=",
                        ticket.commercial_partner_id.id,
                    ),
                ]
            )
            & by_customer,
            order="id desc",
        )

    def _misuse_forms(self):
        """Return the forms of this ticket that the customer signed after the finding.

        A form that a later version replaces says nothing any more.

        :return: `aftersales.service.form` records
        """
        self.ensure_one()
        if not self.misuse_proposed_at:
            return self.env["aftersales.service.form"]
        return self.env["aftersales.service.form"].search(
            [
                ("dispatch_id.job_ids.ticket_id", "=", self.ticket_id.id),
                ("outcome", "in", ("accepted", "remarks")),
                ("signed_at", ">=", self.misuse_proposed_at),
                ("is_latest", "=", True),
            ]
        )

    def _log_misuse(self, text):
        """Note a step on the ticket."""
        self.ensure_one()
        # sudo: the note follows from the step, whose right was checked
        self.ticket_id.sudo()._message_log(
            body=self.env._(
                "%(finding)s: %(text)s", finding=self.display_name, text=text
            )
        )
