# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A form that was filled in and signed by hand, and comes back as a scan."""

import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.mimetypes import guess_mimetype

from ..models.inside import INSIDE
from ..models.res_users import ROLE_PREFIX

SCAN_TYPES = ("application/pdf", "image/jpeg", "image/png")
MAX_SCAN_MB = 20
#: The moments of a visit, in their order.
MOMENTS = ("departed_at", "arrived_at", "finished_at", "paper_signed_at")
#: Which of them are still to be typed, by the state of the visit.
TYPED = {
    "planned": MOMENTS,
    "on_way": MOMENTS[1:],
    "on_site": MOMENTS[2:],
    "to_sign": MOMENTS[3:],
}


class AftersalesServiceSign(models.TransientModel):
    _inherit = "aftersales.service.sign"

    dispatch_state = fields.Selection(
        related="dispatch_id.state", export_string_translation=False
    )
    scan = fields.Binary(attachment=False, help="PDF or picture of the signed paper.")
    scan_name = fields.Char(export_string_translation=False)
    departed_at = fields.Datetime(string="Departure")
    arrived_at = fields.Datetime(string="Arrival")
    finished_at = fields.Datetime(string="Finished")
    paper_signed_at = fields.Datetime(string="Signed On")
    labour_hours = fields.Float(help="Added to the labour of the visit.")
    travel_hours = fields.Float(help="Added to the travel of the visit.")
    distance_km = fields.Float(string="Distance (km)")
    paper_job_ids = fields.One2many(
        "aftersales.service.sign.job",
        "sign_id",
        string="Work",
        compute="_compute_paper_job_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    @api.depends("dispatch_id", "acceptance")
    def _compute_paper_job_ids(self):
        """Begin with what is written down of the work already."""
        for sign in self:
            jobs = sign.dispatch_id.job_ids if sign._is_paper() else []
            sign.paper_job_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "job_id": job.id,
                            "work_done": job.work_done,
                            "result": job.result,
                        }
                    )
                    for job in jobs
                ),
            ]

    def _is_paper(self):
        return self.acceptance == "paper"

    def _is_drawn(self):
        return super()._is_drawn() and not self._is_paper()

    def _signed_at(self):
        return self.paper_signed_at if self._is_paper() else super()._signed_at()

    def _prepare_form(self):
        values = super()._prepare_form()
        if not self._is_paper():
            return values
        return {
            **values,
            "acceptance": "paper",
            "signature": False,
            "technician_signature": False,
            "scan": self.with_context(bin_size=False).scan,
            "scan_name": self.scan_name,
        }

    def _check_complete(self):
        super()._check_complete()
        if not self._is_paper():
            return
        accepted = self.outcome in ("accepted", "remarks")
        if accepted and not (self.signer_name or "").strip():
            raise ValidationError(self.env._("Write down who signed the paper."))
        self._check_scan()

    def _check_scan(self):
        """Take only what is surely a scan.

        :raise ValidationError: for no file, one of another type, or one too large
        """
        raw = base64.b64decode(self.with_context(bin_size=False).scan or b"")
        if not raw:
            raise ValidationError(self.env._("Attach the scan of the signed paper."))
        if guess_mimetype(raw) not in SCAN_TYPES:
            raise ValidationError(
                self.env._("The scan is a PDF, a JPEG or a PNG picture.")
            )
        if len(raw) > MAX_SCAN_MB * 1024 * 1024:
            raise ValidationError(
                self.env._(
                    "The scan is larger than %(limit)s MB. Scan it in grey, or with "
                    "fewer dots.",
                    limit=MAX_SCAN_MB,
                )
            )

    def _check_moments(self):
        """Refuse moments that are missing, in disorder, to come or too long ago.

        :raise ValidationError: beyond the team's backdating limit, managers excepted
        """
        dispatch, now = self.dispatch_id, fields.Datetime.now()
        typed = TYPED.get(dispatch.state, ())
        last = None
        for name in MOMENTS:
            label = self._fields[name]._description_string(self.env)
            moment = self[name] if name in typed else dispatch[name]
            if name in typed and not moment:
                raise ValidationError(self.env._("Fill in: %(field)s", field=label))
            if not moment:
                continue
            if moment > now + timedelta(minutes=1):
                raise ValidationError(
                    self.env._("%(field)s is in the future.", field=label)
                )
            # A finish by the button may be a minute late.
            if last and moment < last - timedelta(minutes=1):
                raise ValidationError(
                    self.env._(
                        "%(field)s is before what happened before it.", field=label
                    )
                )
            last = moment
        previous = self.form_id.signed_at
        if previous and self.paper_signed_at < previous:
            raise ValidationError(
                self.env._("Version %s was signed after that.", self.form_id.version)
            )
        limit = timedelta(hours=dispatch.team_id.backdate_limit_hours)
        earliest = min(self[name] for name in typed)
        if earliest < now - limit and not self.env.user.has_group(
            ROLE_PREFIX + "manager"
        ):
            raise ValidationError(
                self.env._(
                    "Papers can be filed up to %(hours)g hours after what they say, "
                    "because promises are measured by it. Ask a manager to file this "
                    "one.",
                    hours=dispatch.team_id.backdate_limit_hours,
                )
            )

    def action_sign(self):
        if self._is_paper():
            self._file_paper()
        return super().action_sign()

    def _file_paper(self):
        """Bring the visit to where the paper says it is.

        :raise AccessError, UserError, ValidationError: when it can't be filed
        """
        self.ensure_one()
        dispatch = self.dispatch_id
        dispatch._check_worker()
        dispatch._touch()
        dispatch._check_state(*TYPED)
        if dispatch.mode != "on_site":
            raise UserError(self.env._("Papers are filed for visits on site."))
        self._check_complete()
        self._check_moments()
        for line in self.paper_job_ids:
            if line.job_id not in dispatch.job_ids:
                raise UserError(self.env._("This job belongs to another visit."))
            line.job_id.write({"work_done": line.work_done, "result": line.result})
        self._add_hours()
        dispatch._check_worked()
        self._step()
        # The customer has read the paper, not the screen.
        self.shown_hash = dispatch._work_hash()

    def _add_hours(self):
        """Write down the hours of the paper."""
        names = {
            "labour": self.env._("Labour"),
            "travel": self.env._("Travel"),
        }
        dispatch = self.dispatch_id
        zone = self.env["aftersales.service.form"]._site_tz(dispatch)
        at = dispatch.arrived_at or self.arrived_at or self.paper_signed_at
        day = fields.Datetime.context_timestamp(self.with_context(tz=zone), at).date()
        lines = [
            {
                "kind": kind,
                "name": names[kind],
                "date": day,
                "hours": hours,
                "distance_km": distance,
                # sudo: who was sent is known, whether or not employees are readable
                "employee_id": dispatch.sudo().technician_ids[:1].id,
            }
            for kind, hours, distance in (
                ("labour", self.labour_hours, 0.0),
                ("travel", self.travel_hours, self.distance_km),
            )
            if hours or distance
        ]
        dispatch.line_ids = [Command.create(values) for values in lines]

    def _step(self):
        """Do the steps that were only done on paper, at the moments it says."""
        # Nobody is told that a technician departs who has long been there.
        dispatch = self.dispatch_id.with_context(aftersales_filing=INSIDE)
        if dispatch.state == "planned":
            dispatch._move("on_way", departed_at=self.departed_at)
        if dispatch.state == "on_way":
            dispatch._move("on_site", arrived_at=self.arrived_at)
            dispatch._tell_arrival()
        if dispatch.state == "on_site":
            dispatch._move("to_sign", finished_at=self.finished_at)


class AftersalesServiceSignJob(models.TransientModel):
    """What the paper says of one job."""

    _name = "aftersales.service.sign.job"
    _description = "Work on a Filed Paper"

    sign_id = fields.Many2one(
        "aftersales.service.sign", required=True, ondelete="cascade"
    )
    job_id = fields.Many2one(
        "aftersales.dispatch.job", string="Ticket", required=True, ondelete="cascade"
    )
    work_done = fields.Text()
    result = fields.Selection(
        [("solved", "Solved"), ("revisit", "Another Visit Needed")]
    )
