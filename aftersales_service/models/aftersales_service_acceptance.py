# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a customer is sent who is not there to sign: a link under which he answers."""

from datetime import timedelta

import pytz
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, hash_sign, verify_hash_signed
from odoo.tools.image import base64_to_image

#: How long a link can be answered.
VALID = timedelta(days=14)
#: What a token is good for, and for nothing else.
SCOPE = "aftersales-service-acceptance"
ACCEPTANCE_STATES = [
    ("sent", "Waiting for the Customer"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("withdrawn", "Withdrawn"),
]
MAX_LENGTH = {
    "name": 100,
    "role": 100,
    "remarks": 2000,
    "reason": 1000,
    "charges_reason": 1000,
}
#: A drawing, as base64 text.
MAX_DRAWING = 1_000_000


class AftersalesServiceAcceptance(models.Model):
    """One link sent to one customer for one state of the work; answered once.

    The link carries a signed token that the database does not store: who can read this
    record can't answer for the customer.
    """

    _name = "aftersales.service.acceptance"
    _description = "Request to Accept a Service"
    _order = "id desc"
    _rec_name = "email"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Visit",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="dispatch_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    email = fields.Char(string="Sent to", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Sent by",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    technician_name = fields.Char(required=True, readonly=True)
    replaces_reason = fields.Char(readonly=True)
    work_hash = fields.Char(
        required=True,
        readonly=True,
        export_string_translation=False,
        help="Hash of the work as it was sent.",
    )
    expires_at = fields.Datetime(string="Valid until", required=True, readonly=True)
    state = fields.Selection(
        ACCEPTANCE_STATES,
        required=True,
        readonly=True,
        default="sent",
    )
    answered_at = fields.Datetime(readonly=True)
    answered_by = fields.Char(readonly=True)
    reason = fields.Char(string="Reason for Declining", readonly=True)
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Service Form",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    # One link at a time: what was sent before is withdrawn.
    _sent_uniq = models.UniqueIndex(
        "(dispatch_id) WHERE state = 'sent'",
        "The customer has a link to this visit already.",
    )

    # === THE LINK === #

    def _token(self):
        """Return what the link carries."""
        self.ensure_one()
        # sudo: the secret of the database signs it
        return hash_sign(
            self.env(su=True),
            SCOPE,
            [self.id, self.dispatch_id.id],
            expiration=pytz.utc.localize(self.expires_at),
        )

    def _link(self):
        """Return the address of the page on which the customer answers."""
        self.ensure_one()
        return f"{self.get_base_url()}/aftersales/accept/{self._token()}"

    @api.model
    def _of_token(self, token):
        """Find what a token was made for.

        :param str token: as it came in an address
        :return: record with sudo, empty for a token that is edited, of another kind
            or has run out
        """
        none = self.sudo().browse()
        try:
            # sudo: the secret of the database is read
            values = verify_hash_signed(self.env(su=True), SCOPE, token)
        except ValueError:
            return none
        if not values:
            return none
        acceptance_id, dispatch_id = values
        # sudo: whoever has the token may answer
        found = self.sudo().browse(acceptance_id).exists()
        return found if found.dispatch_id.id == dispatch_id else none

    def _obstacle(self, user):
        """Tell why a visitor can't answer here.

        :param user: `res.users` who looks at the page, the public user included
        :return: foreign, staff, answered, withdrawn, expired or changed; None when he
            may
        """
        self.ensure_one()
        owner = self.dispatch_id.partner_id.commercial_partner_id
        if not user._is_public():
            if not user.share:
                return "staff"
            # sudo: of a customer's login only whose it is
            if user.sudo().partner_id.commercial_partner_id != owner:
                return "foreign"
        if self.state in ("accepted", "declined"):
            return "answered"
        if self.state == "withdrawn":
            return "withdrawn"
        if self.expires_at < fields.Datetime.now():
            return "expired"
        if (
            self.dispatch_id.state != "to_sign"
            or self.dispatch_id._work_hash() != self.work_hash
        ):
            return "changed"
        return None

    def _content(self):
        """Return what the customer reads, as it will be signed.

        :return: dict, see `aftersales.dispatch._prepare_form_content`
        """
        self.ensure_one()
        dispatch = self.dispatch_id
        return dispatch._prepare_form_content(
            {
                "name": dispatch.name,
                "version": dispatch.form_id.version + 1,
                "replaces_reason": self.replaces_reason,
                "outcome": "accepted",
                "signed_at": fields.Datetime.now(),
                "technician_name": self.technician_name,
                "recorded_by": self.user_id.id,
                "acceptance": "link",
            }
        )

    def _asked_charges(self, content):
        """Tell what is charged, which the customer accepts or declines by itself.

        :param dict content: what he reads
        :return: the amount as a text, empty when nothing is
        """
        charges = content["charges"]
        if not charges or not float(charges["total"]):
            return ""
        Form = self.env["aftersales.service.form"]
        return Form._amount(content, charges["total"])

    def _known_signer(self):
        """Return the name of the person it was sent to, if it is one."""
        self.ensure_one()
        return "" if self.partner_id.is_company else self.partner_id.name or ""

    def _valid_until(self):
        """Return until when the link can be answered, at the site."""
        self.ensure_one()
        zone = self.env["aftersales.service.form"]._site_tz(self.dispatch_id)
        return format_datetime(self.env, self.expires_at, tz=zone, dt_format="short")

    def _answered_when(self):
        """Return when it was answered, at the site."""
        self.ensure_one()
        zone = self.env["aftersales.service.form"]._site_tz(self.dispatch_id)
        return format_datetime(self.env, self.answered_at, tz=zone, dt_format="medium")

    # === THE ANSWER === #

    @api.model
    def _answer_problems(self, values, fields_needed):
        """Say what is wrong with an answer.

        :param dict values: name, role, remarks, reason, charges_reason, drawing
        :param fields_needed: names that can't be empty
        :return: dict of field -> sentence
        """
        found = {}
        for field, limit in MAX_LENGTH.items():
            if len(values.get(field) or "") > limit:
                found[field] = self.env._(
                    "This is too long: %(limit)s characters at most.", limit=limit
                )
            elif field in fields_needed and not values.get(field):
                found[field] = self.env._("Please fill this in.")
        drawing = values.get("drawing")
        if drawing and not self._is_drawing(drawing):
            found["drawing"] = self.env._("This is no drawing. Draw it again.")
        return found

    @api.model
    def _is_drawing(self, drawing):
        if not isinstance(drawing, str) or len(drawing) > MAX_DRAWING:
            return False
        try:
            base64_to_image(drawing).verify()
        except (OSError, SyntaxError, UserError, ValueError):
            return False
        return True

    def _accept(self, values, address):
        """Let the customer's yes sign the service form.

        :param dict values: name, role, remarks, drawing (base64), charges (accepted
            or declined, when there are any) and charges_reason, without problems
        :param str address: network address of the customer
        :return: the new `aftersales.service.form`
        """
        self.ensure_one()
        # The system signs, not the visitor, who is nobody of ours.
        dispatch = self.dispatch_id.with_user(SUPERUSER_ID)
        dispatch._check_worked()
        if values.get("charges"):
            dispatch._answer_charges(values["charges"], values.get("charges_reason"))
        # Answered first: signing withdraws the links that are still open.
        self._answer("accepted", values["name"])
        Form = self.env["aftersales.service.form"].with_user(SUPERUSER_ID)
        form = Form._sign(
            dispatch,
            {
                "outcome": "remarks" if values.get("remarks") else "accepted",
                "customer_comments": values.get("remarks") or False,
                "signer_name": values["name"],
                "signer_role": values.get("role") or False,
                "signature": values.get("drawing") or False,
                "technician_name": self.technician_name,
                "replaces_reason": self.replaces_reason,
                "acceptance": "link",
                "signer_ip": address,
                "recorded_by": self.user_id.id,
            },
        )
        self.form_id = form
        return form

    def _decline(self, values):
        """Tell the responsible that the customer said no, and why.

        :param dict values: reason, and name if it was given
        """
        self.ensure_one()
        self.dispatch_id._touch()
        self._answer("declined", values.get("name") or self.partner_id.name)
        self.reason = values["reason"]
        note = Markup("<p>%s</p>") % values["reason"]
        for ticket in self.dispatch_id.job_ids.ticket_id.with_user(SUPERUSER_ID):
            people = ticket.user_id | self.user_id | ticket.team_id.leader_id
            # A complaint may be hidden from some of them, or from all.
            people = ticket._may_be_given_to(people).filtered("active")
            [in_charge] = ticket._people_in_charge().values()
            user = (people or in_charge)[:1]
            lang = user.lang or self.env.lang
            words = self.with_context(lang=lang)._declined_words()
            ticket._message_log(body=Markup("<p>%s</p>%s") % (words, note))
            if user:
                ticket.activity_schedule(
                    "aftersales_service.mail_activity_type_declined",
                    user_id=user.id,
                    note=note,
                )

    def _declined_words(self):
        """Say who did not accept what."""
        if self.dispatch_id.mode == "remote":
            return self.env._(
                "%(name)s did not accept the remote service %(visit)s:",
                name=self.answered_by,
                visit=self.dispatch_id.name,
            )
        return self.env._(
            "%(name)s did not sign the service form of %(visit)s:",
            name=self.answered_by,
            visit=self.dispatch_id.name,
        )

    def _answer(self, state, name):
        self.write(
            {
                "state": state,
                "answered_at": fields.Datetime.now(),
                "answered_by": name,
            }
        )
