# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer is told when somebody comes, and when that changes."""

import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr

from ..tools import ics
from .inside import is_inside

#: What the customer is told, each with its mail.
TEMPLATES = {
    "planned": "mail_template_visit_planned",
    "replanned": "mail_template_visit_replanned",
    "departed": "mail_template_visit_departed",
    "cancelled": "mail_template_visit_cancelled",
}
#: What he is told anew when it changes.
TOLD_FIELDS = {
    "partner_id",
    "scheduled_end",
    "scheduled_start",
    "site_id",
    "technician_ids",
}
#: A departure that is recorded later than this is no news any more.
NEWS = timedelta(hours=1)


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    tells_visits = fields.Boolean(
        string="Tell Customers of Visits",
        default=True,
        help="The customer gets a mail with a calendar entry when a visit is planned, "
        "replanned or cancelled, and when the technician departs.",
    )


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    told_plan = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="What the customer knows of this visit.",
    )
    told_sequence = fields.Integer(
        copy=False, readonly=True, export_string_translation=False
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"told_plan", "told_sequence"}

    def write(self, vals):
        res = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self.filtered(lambda v: v.state == "planned")._tell_plan()
        return res

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state == "planned":
            self._tell_plan()
        elif state == "cancelled":
            self._tell_cancelled()
        elif state == "on_way":
            self._tell_departed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_told(self):
        """Keep the visits that somebody waits for: calling them off tells him.

        :raise UserError: for a visit whose customer knows when it is
        """
        if told := self._told_of().filtered("told_plan"):
            raise UserError(
                self.env._(
                    "The customer was told of %s and waits for it. Cancel it first: "
                    "that calls it off.",
                    ", ".join(told.mapped("name")),
                )
            )

    # === WHO IS TOLD, AND WHAT === #

    def _told_of(self):
        """Return the visits that customers are told of.

        Not those of imports and of data that comes with an installation or upgrade:
        they happened before.
        """
        if (
            self.env.context.get("import_file")
            or is_inside(self.env, "aftersales_filing")
            or not self.env.registry.ready
        ):
            return self.browse()
        # sudo: the team's settings, whoever moves a visit
        return self.sudo().filtered(
            lambda v: v.mode == "on_site" and v.team_id.tells_visits
        )

    def _told_person(self):
        """Find who is told.

        :return: `res.partner` and address: of the ticket's contact, else the customer,
            else whoever reported it; both empty when no address is known
        """
        self.ensure_one()
        tickets = self.job_ids.ticket_id
        for partner in tickets.partner_id | self.partner_id | self.site_id:
            if partner.email_normalized:
                return partner, partner.email_normalized
        addresses = (email_normalize(ticket.email_from or "") for ticket in tickets)
        return self.partner_id, next(filter(None, addresses), "")

    def _plan_facts(self):
        """Return what the customer cares about, to compare with what he was told."""
        self.ensure_one()
        return {
            "start": fields.Datetime.to_string(self.scheduled_start),
            "end": fields.Datetime.to_string(self.scheduled_end),
            "site": self.site_id.id,
            "technicians": sorted(self.technician_ids.ids),
            "to": self._told_person()[1],
        }

    def _tell_plan(self):
        """Tell of planned visits, and once more when something of the plan changed.

        Not of those that are over: they are planned to be written down.
        """
        new, changed = self.browse(), self.browse()
        now = fields.Datetime.now()
        for visit in self._told_of().filtered(lambda v: v.scheduled_end >= now):
            facts = visit._plan_facts()
            if visit.told_plan == facts:
                continue
            if visit.told_plan:
                changed |= visit
                visit.told_sequence += 1
            else:
                new |= visit
            visit.told_plan = facts
        self._tell("planned", new)
        self._tell("replanned", changed)

    def _tell_departed(self):
        """Tell that somebody is on his way, unless that was long ago.

        A telephone without a connection sends its steps when it has one again.
        """
        old = fields.Datetime.now() - NEWS
        late = self.filtered(lambda v: v.departed_at and v.departed_at < old)
        self._tell("departed", (self - late)._told_of())

    def _tell_cancelled(self):
        """Call off the visits that customers know of."""
        told = self._told_of().filtered("told_plan")
        for visit in told:
            visit.told_sequence += 1
        self._tell("cancelled", told)
        told.told_plan = False

    @api.model
    def _tell(self, what, visits):
        """Send one mail for each visit, at once, and note it on the visit.

        :param str what: key of TEMPLATES
        :param visits: `aftersales.dispatch` records with sudo
        """
        reached = visits.filtered(lambda visit: visit._told_person()[1])
        for visit in visits - reached:
            visit._note(
                self.env._("The customer was told nothing: no e-mail address is known.")
            )
        if not reached:
            return
        template = self.env.ref(f"aftersales_service.{TEMPLATES[what]}").sudo()
        template.send_mail_batch(reached.ids)
        # The queue would wait an hour; who is on his way is there by then.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        for visit in reached:
            visit._note(
                self.env._(
                    "%(address)s was told: %(subject)s",
                    address=visit._told_person()[1],
                    subject=template._render_field("subject", visit.ids)[visit.id],
                )
            )

    def _note(self, body):
        self.with_user(self.env.user).sudo().message_post(
            body=body, subtype_xmlid="mail.mt_note"
        )

    # === THE MAIL === #

    def _told_address(self):
        """Return the address that mails about a visit go to."""
        partner, email = self._told_person()
        return formataddr((partner.name or "", email))

    def _told_lang(self):
        """Return the language of who is told."""
        return self._told_person()[0].lang or self.partner_id.lang or self.env.lang

    def _told_technicians(self):
        return ", ".join(self.technician_ids.mapped("name"))

    def _process_attachments_for_template_post(self, mail_template):
        """Add the appointment to the mails about visits."""
        res = super()._process_attachments_for_template_post(mail_template) or {}
        templates = {
            self.env.ref(f"aftersales_service.{name}", False): what
            for what, name in TEMPLATES.items()
        }
        what = templates.get(mail_template)
        for visit in self if what and mail_template else ():
            content = visit._appointment(what == "cancelled")
            attachments = res.setdefault(visit.id, {}).setdefault("attachments", [])
            attachments.append(("visit.ics", base64.b64encode(content)))
        return res

    def _appointment(self, cancelled=False):
        """Write a visit as a calendar file for the customer.

        :param bool cancelled: call it off
        :return: bytes; its times are in UTC, its description says the site's
        """
        self.ensure_one()
        visit = self.with_context(lang=self._told_lang())
        partner, email = visit._told_person()
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        sender = email_normalize(
            visit.team_id.alias_email or visit.company_id.email_formatted or ""
        )
        jobs = visit.job_ids.ticket_id.mapped("reference")
        return ics.event(
            uid=f"{database}-visit-{visit.id}",
            sequence=visit.told_sequence,
            stamp=fields.Datetime.now(),
            start=visit.scheduled_start,
            end=visit.scheduled_end or visit.scheduled_start,
            summary=visit.env._(
                "Service visit %(visit)s, %(company)s",
                visit=visit.name,
                company=visit.company_id.name,
            ),
            description=visit.env._(
                "At the site: %(time)s\nTechnician: %(technicians)s\n"
                "Ticket: %(tickets)s",
                time=visit._site_time_text(),
                technicians=visit._told_technicians(),
                tickets=", ".join(jobs),
            ),
            location=visit.site_id.contact_address_inline or "",
            organizer=(visit.company_id.name, sender) if sender else None,
            attendee=(partner.name or email, email) if email else None,
            cancelled=cancelled,
        )
