# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The visit on a telephone: its steps and its signature, sent once or several times.

A telephone on a weak network doesn't know whether what it sent has arrived, so it sends
it again. Everything it sends carries a key: the second time, the first answer is given.
"""

import hashlib
import json

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import visit as phone
from .inside import INSIDE, is_inside

#: Of a key: letters, digits and dashes, as the page makes them.
KEY_LENGTHS = range(8, 65)
#: The step before each stamp: none is earlier than that.
STAMPS = {"departed": None, "arrived": "departed", "finished": "arrived"}
STEPS = {
    "depart": ("action_depart", "departed"),
    "arrive": ("action_arrive", "arrived"),
    "finish": ("action_finish", "finished"),
    "continue": ("action_continue", None),
    "keep_version": ("action_keep_version", None),
    "send_acceptance": ("action_send_acceptance", None),
}
SIGN_FIELDS = (
    "outcome",
    "outcome_reason",
    "signer_name",
    "signer_role",
    "signature",
    "customer_comments",
    "technician_name",
    "technician_signature",
    "replaces_reason",
    "charges_answer",
    "charges_reason",
    "paid_method",
    "paid_amount",
    "paid_reference",
)
POSITION_FIELDS = {f"{name}_position" for name in STAMPS}


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    departed_position = fields.Char(
        string="Departed at", copy=False, readonly=True, help="Latitude, longitude."
    )
    arrived_position = fields.Char(
        string="Arrived at", copy=False, readonly=True, help="Latitude, longitude."
    )
    finished_position = fields.Char(
        string="Finished at", copy=False, readonly=True, help="Latitude, longitude."
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | POSITION_FIELDS

    def action_open_phone(self):
        """Open this visit on the page made for a telephone."""
        self.ensure_one()
        self._check_worker()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "aftersales_service.aftersales_visit_action"
        )
        return {**action, "params": {"visit_id": self.id}}

    # === SENT ONCE === #

    def _send_once(self, key, kind, values, apply):
        """Do what a telephone asks for, once for each key.

        The row of the visit is touched first: of two sendings at the same time one has
        to try again, and then finds what the other one has done.

        :param str key: unique for what is sent, chosen by the telephone
        :param str kind: name of the method that was called
        :param values: what was sent, as decoded from JSON
        :param apply: function without parameters that does it; returns a dict for JSON,
            empty when nothing was done
        :return: the dict, of the first time
        :raise AccessError: for those who don't work this visit
        :raise ValidationError: when the key was used for something else
        """
        self.ensure_one()
        self._check_worker()
        if (
            not isinstance(key, str)
            or len(key) not in KEY_LENGTHS
            or not key.replace("-", "").isalnum()
        ):
            raise ValidationError(self.env._("What was sent has no valid key."))
        self._touch()
        sent = json.dumps([kind, values], sort_keys=True, default=str)
        digest = hashlib.sha256(sent.encode()).hexdigest()
        # sudo: nobody has the right to write sendings but through this method
        Sending = self.env["aftersales.dispatch.sending"].sudo()
        known = Sending.search([("dispatch_id", "=", self.id), ("key", "=", key)])
        if known:
            if known.digest != digest:
                raise ValidationError(
                    self.env._("This key was used for something else already.")
                )
            return known.result
        result = apply()
        if result:
            Sending.create(
                {
                    "dispatch_id": self.id,
                    "key": key,
                    "digest": digest,
                    "result": result,
                }
            )
        return result

    # === STEPS === #

    def visit_step(self, key, step, values=None):
        """Make the next step of a visit, perhaps some time after it was made.

        :param str key: see `_send_once`
        :param str step: depart, arrive, finish, continue, keep_version,
            send_acceptance or propose_misuse
        :param dict values: `at` (naive UTC text, empty for now), `position` (dict of
            latitude and longitude) and, to propose improper use, `finding` (id)
        :return: dict with the new state
        :raise UserError, ValidationError: out of order, incomplete, or at a moment that
            can't be
        """
        values = values or {}
        return self._send_once(
            key,
            "visit_step",
            [step, values],
            lambda: self._visit_step(step, values),
        )

    def _visit_step(self, step, values):
        if step == "propose_misuse":
            self._visit_propose_misuse(values.get("finding"))
        elif step in STEPS:
            method, stamp = STEPS[step]
            visit = self
            if stamp:
                visit = self.with_context(
                    aftersales_visit_step=INSIDE,
                    aftersales_visit_at=self._visit_moment(values.get("at"), stamp),
                    aftersales_visit_position=self._visit_position(values),
                )
            getattr(visit, method)()
        else:
            raise ValidationError(self.env._("There is no such step of a visit."))
        return {"state": self.state}

    def _visit_moment(self, at, stamp):
        """Return when a step was made (naive UTC).

        :raise ValidationError: in the future, too long ago, or before the step before
        """
        before = STAMPS[stamp]
        earliest = before and self[f"{before}_at"]
        try:
            return phone.step_moment(at, fields.Datetime.now(), earliest)
        except phone.StepTimeError as error:
            raise ValidationError(self._visit_time_words(error.code)) from error

    def _visit_time_words(self, code):
        if code == "future":
            return self.env._(
                "This step is in the future: the clock of the phone is ahead."
            )
        if code == "old":
            return self.env._(
                "This step was made more than a day ago. Drop it and make it again."
            )
        if code == "order":
            return self.env._(
                "This step was made before the one before it: check the clock of the "
                "phone."
            )
        return self.env._("The time of this step can't be read.")

    def _visit_position(self, values):
        try:
            return phone.position(values.get("position"))
        except ValueError:
            # A wrong position is worth less than the step.
            return False

    def _move(self, state, **stamps):
        """Stamp a step that was made on a telephone with its own time and place."""
        if is_inside(self.env, "aftersales_visit_step"):
            context = self.env.context
            for name in STAMPS:
                if stamps.get(f"{name}_at"):
                    stamps[f"{name}_at"] = context["aftersales_visit_at"]
                    stamps[f"{name}_position"] = context["aftersales_visit_position"]
        if state == "draft":
            stamps.update(dict.fromkeys(POSITION_FIELDS, False))
        return super()._move(state, **stamps)

    def _check_worked(self):
        """A timer that still runs would be signed as no time at all."""
        res = super()._check_worked()
        running = self.line_ids.filtered(lambda ln: ln.started_at and not ln.ended_at)
        if running:
            raise UserError(
                self.env._(
                    "The time of “%s” is still running: stop it first.",
                    running[0].name,
                )
            )
        return res

    def _visit_propose_misuse(self, finding_id):
        """Propose improper use, found by the technician on the spot."""
        findings = self.job_ids.finding_ids
        finding = findings.filtered(lambda f: f.id == finding_id)
        if not finding:
            raise ValidationError(self.env._("There is no such finding on this visit."))
        vals = {}
        if not finding.misuse_technician_id:
            vals["misuse_technician_id"] = self._visit_employee().id
        if not finding.misuse_date:
            vals["misuse_date"] = self._finished_day()
        if vals:
            finding.write(vals)
        finding.action_propose_misuse()

    def _visit_employee(self):
        """Return who works: the user himself if he is on the visit, else the first."""
        # sudo: whose login the technicians have is not readable by everyone
        technicians = self.sudo().technician_ids
        own = technicians.filtered(lambda e: e.user_id == self.env.user)
        return (own or technicians)[:1]

    # === SIGNATURE === #

    def visit_sign(self, key, values):
        """Take the customer's signature or his refusal, see `aftersales.service.sign`.

        :param str key: see `_send_once`
        :param dict values: `shown_hash` of what was read (see `visit_preview`),
            outcome, outcome_reason, signer_name, signer_role, signature and
            technician_signature (base64), technician_name, customer_comments,
            replaces_reason, charges_answer, charges_reason, paid_method,
            paid_amount, paid_reference
        :return: dict with the id, name and version of the service form
        """
        return self._send_once(
            key, "visit_sign", values, lambda: self._visit_sign(values)
        )

    def _visit_sign(self, values):
        Sign = self.env["aftersales.service.sign"]
        vals = {name: values[name] for name in SIGN_FIELDS if name in values}
        vals["shown_hash"] = values.get("shown_hash") or "-"
        wizard = Sign.create({**vals, "dispatch_id": self.id})
        action = wizard.action_sign()
        form = self.env["aftersales.service.form"].browse(action["res_id"])
        return {"id": form.id, "name": form.name, "version": form.version}
