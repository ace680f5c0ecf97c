# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several reports of one matter become one ticket, and no word is lost."""

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Command
from odoo.tools import SQL, email_normalize, format_datetime

from .inside import INSIDE
from .selections import OPEN_STATES

#: Who may merge tickets of one customer, and of two.
MERGE_ROLES = ("intake", "dispatcher", "manager")
MERGE_ACROSS_ROLES = ("dispatcher", "manager")
#: What a ticket is about.
NAMEPLATE = ("equipment_id", "product_name", "serial_number")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    # === ACTIONS === #

    def action_merge(self):
        """Open the dialog that merges these tickets, or one and what it resembles.

        :raise AccessError: for a role that may not merge
        """
        self.env["res.users"]._check_aftersales_role(*MERGE_ROLES)
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_merge_action"
        )
        # The list gives the ids of its selection under the same name.
        action["context"] = {"active_model": self._name, "active_ids": self.ids}
        return action

    # === MERGING === #

    def _merge_into(self, original):
        """Let tickets go on in another one, with all that belongs to them.

        The customer's words, messages, files, followers, activities, findings with
        their decisions, and visits that nobody has signed go to the one that stays.
        These tickets become cancelled; their promises are void because of it and keep
        their ledgers.

        The one that stays keeps its promises as they run: what one report was promised
        is not shortened by another, and an answer to one doesn't stop the clock of
        another after the fact. Its moment of the report becomes the earliest of all,
        because the customer told us then: promises that begin later count from it, and
        a warranty that ended in between covers.

        :param original: open `aftersales.ticket` record that stays
        :raise AccessError: for somebody who may not cancel them or write both
        :raise UserError, ValidationError: for tickets that don't fit together
        """
        original.ensure_one()
        self.env["res.users"]._check_aftersales_role(*MERGE_ROLES)
        (self | original).check_access("write")
        self._lock_merge(original)
        self._check_merge(original)
        # sudo: what belongs to the tickets goes along, whether or not the user may see
        # or write each piece of it; that he may merge them is checked
        merged, stays = self.sudo(), original.sudo()
        merged._move_visits(stays)
        merged._move_findings(stays)
        merged._move_followers(stays)
        merged._move_values(stays)
        self._cancel("merged", original)
        # Only now: the alerts of void promises are gone with them.
        merged._move_activities(stays)
        merged._move_messages(stays)

    def _lock_merge(self, original):
        """Let of two who merge the same ticket at the same time only one do it.

        :raise UserError: when somebody else is at it in this moment
        """
        both = (self | original).sorted("id")
        try:
            both.lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is changing one of these tickets right now. Look at "
                    "them again in a moment: %s",
                    ", ".join(both.mapped("reference")),
                )
            ) from error
        # Who has looked at them before has to try again, and finds them merged; so
        # does who merges the one that stays into a third.
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_ticket SET write_date = write_date WHERE id IN %s",
                tuple(both.ids),
            )
        )
        both.invalidate_recordset()

    def _check_merge(self, original):
        """Check that tickets can go on in another one.

        :raise UserError: otherwise, naming the ticket
        """
        if not self:
            raise UserError(self.env._("Choose at least two tickets."))
        if original in self:
            raise UserError(self.env._("A ticket can't be merged with itself."))
        for ticket in original | self:
            if ticket.cancel_reason == "merged":
                raise UserError(
                    self.env._(
                        "%(ticket)s is merged already: it goes on in %(original)s.",
                        ticket=ticket.display_name,
                        # sudo: which one it is may be said to who sees the merged one
                        original=ticket.sudo()._merged_end().display_name,
                    )
                )
            if ticket.state not in OPEN_STATES:
                raise UserError(
                    self.env._(
                        "%s is not open any more: only open tickets are merged.",
                        ticket.display_name,
                    )
                )
            if not ticket.active:
                raise UserError(
                    self.env._("%s is archived.", ticket.display_name),
                )
        # Two customers are two as well where the one that stays knows none.
        known = (original | self).filtered("commercial_partner_id")
        for ticket in known[1:]:
            ticket._check_same_customer(known[0], "merged")
        # sudo: a signature counts whether or not the user may see it
        signed = self.sudo().filtered(
            lambda ticket: (
                ticket.job_ids.dispatch_id.form_ids
                or "done" in ticket.job_ids.mapped("dispatch_id.state")
                or any(
                    coverage._signed_form()
                    for coverage in ticket.finding_ids.coverage_ids
                )
            )
        )
        if signed:
            raise UserError(
                self.env._(
                    "The customer has signed for %s: it can only be the ticket that "
                    "stays.",
                    signed[0].display_name,
                )
            )

    def _check_same_customer(self, original, reason):
        """Let tickets of two customers be merged by who answers for it.

        A dealer's report and the one of his customer may be about one machine.
        """
        if reason != "merged" or not self.env["res.users"]._has_aftersales_role(
            *MERGE_ACROSS_ROLES
        ):
            return super()._check_same_customer(original, reason)
        return None

    def _merged_end(self):
        """Return the ticket in which a merged one goes on in the end.

        :return: `aftersales.ticket` record; the ticket itself when it is not merged
        """
        self.ensure_one()
        seen, end = self, self
        while end.cancel_reason == "merged" and end.original_id - seen:
            end = end.original_id
            seen |= end
        return end

    # === WHAT GOES ALONG === #

    def _move_visits(self, stays):
        """Move the jobs of visits that nobody has signed.

        :raise UserError: when there is work on both tickets in one visit
        """
        jobs = self.job_ids
        visits = jobs.dispatch_id
        visits._check_unlocked()
        taken, double = stays.job_ids.dispatch_id, jobs.browse()
        for job in jobs:
            if job.dispatch_id in taken:
                double |= job
            taken |= job.dispatch_id
        for job in double:
            if job.work_done or job.result or any(job.answer_ids.mapped("answer")):
                raise UserError(
                    self.env._(
                        "%(visit)s has work on %(ticket)s and on the ticket that "
                        "stays. Let the customer sign for it first.",
                        visit=job.dispatch_id.name,
                        ticket=job.ticket_id.display_name,
                    )
                )
        self._move_work(double, stays)
        double.unlink()
        (jobs - double).write({"ticket_id": stays.id})
        visits.filtered(
            lambda visit: visit.state in ("on_site", "to_sign")
        )._tell_arrival()

    def _move_work(self, jobs, stays):
        """Let what is done or taken along for jobs that go be so for those that stay.

        :param jobs: `aftersales.dispatch.job` of visits that have another job of the
            same tickets
        """
        kept = (stays | self).job_ids - jobs
        for job in jobs:
            visit = job.dispatch_id
            other = kept.filtered(lambda j, visit=visit: j.dispatch_id == visit)[:1]
            lines = visit.line_ids.filtered(lambda ln, job=job: ln.job_id == job)
            # With its finding, which goes along.
            for finding, own in lines.grouped("finding_id").items():
                own.write({"job_id": other.id, "finding_id": finding.id})
            photos = visit.photo_ids.filtered(lambda p, job=job: p.job_id == job)
            photos.job_id = other

    def _move_findings(self, stays):
        """Move the findings; decisions that are fixed stay as they were taken.

        What was examined as improper use stays examined, unless it was explained to
        another customer.
        """
        other = self.filtered(
            lambda ticket: ticket.commercial_partner_id != stays.commercial_partner_id
        )
        other.finding_ids.filtered(
            lambda finding: (
                finding.misuse_state == "determined" or finding.misuse_notice_id
            )
        )._reset_misuse(self.env._("The ticket was merged with another customer's."))
        earliest = min((self | stays).mapped("reported_at"))
        if earliest < stays.reported_at:
            stays.write({"reported_at": earliest})
        findings = self.finding_ids
        findings.with_context(aftersales_merging=INSIDE).write({"ticket_id": stays.id})
        # None of them can have occurred after the first report.
        stays.finding_ids._check_occurred_on()

    def _move_followers(self, stays):
        """Let all who follow these tickets follow the one that stays, as closely."""
        followers = self.env["mail.followers"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        subtypes = {
            partner.id: rows.subtype_ids.ids
            for partner, rows in followers.grouped("partner_id").items()
        }
        if subtypes:
            followers._insert_followers(
                self._name,
                stays.ids,
                list(subtypes),
                subtypes,
                existing_policy="update",
            )

    def _move_values(self, stays):
        """Unite the addresses of the copies, and the tags."""
        vals = {}
        known = self._mail_cc_sanitized_raw_dict(stays.email_cc)
        united = dict(known)
        for ticket in self:
            # Who is no contact follows nothing: his address would be lost.
            sender = "" if ticket.partner_id else ticket.email_from
            for given in (ticket.email_cc, sender):
                for address, text in self._mail_cc_sanitized_raw_dict(given).items():
                    united.setdefault(address, text)
        united.pop(email_normalize(stays.email_from or ""), None)
        if united.keys() - known.keys():
            vals["email_cc"] = ", ".join(united.values())
        vals.update(self._known_values(stays, vals))
        if "tag_ids" in self._fields and self.tag_ids - stays.tag_ids:
            vals["tag_ids"] = [Command.link(tag.id) for tag in self.tag_ids]
        if vals:
            stays.write(vals)

    def _known_values(self, stays, vals):
        """Return who and what these tickets are about, where the other doesn't know.

        :param stays: `aftersales.ticket` record
        :param dict vals: what is written there else
        :return: dict of values for it
        """
        known = {}
        customer = stays.partner_id
        if not customer and len(self.commercial_partner_id) == 1:
            ticket = self.filtered("partner_id").sorted("reported_at")[0]
            customer = ticket.partner_id
            known["partner_id"] = customer.id
            address = email_normalize(stays.email_from or "")
            if address and address != customer.email_normalized:
                # Answers go to the customer now: who wrote first reads on.
                copies = filter(None, (vals.get("email_cc", stays.email_cc),))
                known["email_cc"] = ", ".join((*copies, stays.email_from))
        if not any(stays[name] for name in NAMEPLATE):
            for ticket in self.sorted("reported_at"):
                machine = ticket.equipment_id
                if any(ticket[name] for name in NAMEPLATE) and (
                    not (machine and customer) or machine._served_for(customer)
                ):
                    known.update(
                        equipment_id=machine.id,
                        product_name=ticket.product_name,
                        serial_number=ticket.serial_number,
                    )
                    break
        return known

    def _move_activities(self, stays):
        """Move the activities, those that are done as well."""
        activities = self.env["mail.activity"].with_context(active_test=False)
        activities.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).write({"res_id": stays.id})

    def _move_messages(self, stays):
        """Move messages and files, and let each message say where it was written.

        They keep author, moment and tracked values, and stand among those of the
        ticket that stays in their order.
        """
        self.env.flush_all()
        origins = SQL(", ").join(
            SQL("(%s, %s)", ticket.id, self.env._("From %s", ticket.display_name))
            for ticket in self
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_message m
                   SET res_id = %(stays)s,
                       aftersales_ticket_id =
                           COALESCE(m.aftersales_ticket_id, m.res_id),
                       subject = CASE WHEN m.aftersales_ticket_id IS NOT NULL
                           THEN m.subject
                           ELSE CONCAT_WS(': ', o.words, NULLIF(m.subject, '')) END
                  FROM (VALUES %(origins)s) AS o (id, words)
                 WHERE m.model = %(model)s AND m.res_id = o.id
                """,
                stays=stays.id,
                origins=origins,
                model=self._name,
            )
        )
        for table, column in (
            ("ir_attachment", "res_model"),
            ("mail_scheduled_message", "model"),
        ):
            # Past the guards of photos that were approved: their finding has moved too.
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET res_id = %s WHERE %s = %s AND res_id IN %s",
                    SQL.identifier(table),
                    stays.id,
                    SQL.identifier(column),
                    self._name,
                    tuple(self.ids),
                )
            )
        self.env.invalidate_all(flush=False)

    # === WHAT IS TOLD === #

    def _tell_original(self, original):
        """Leave the customer's own words on the ticket that goes on."""
        if self[:1].cancel_reason != "merged":
            return super()._tell_original(original)
        body = Markup().join(ticket._merge_words() for ticket in self)
        # sudo: who merges need not be one who may post as somebody of the team
        original.sudo().message_post(
            body=body,
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )
        return None

    def _merge_words(self):
        """Say which ticket was merged, who reported it, and what was reported.

        :return: Markup
        """
        self.ensure_one()
        labels = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in ("channel", "severity")
        }
        words = self.env._(
            "Merged into this ticket: %(ticket)s, %(severity)s, reported %(moment)s "
            "by %(customer)s (%(channel)s)",
            ticket=self._get_html_link(),
            severity=labels["severity"][self.severity],
            moment=format_datetime(self.env, self.reported_at),
            customer=self.partner_id.display_name
            or self.email_from
            or self.phone
            or self.env._("an unknown sender"),
            channel=labels["channel"][self.channel],
        )
        parts = [Markup("<p>%s</p>") % words]
        plate = [self.product_name, self.serial_number]
        if any(plate):
            parts.append(Markup("<p>%s</p>") % ", ".join(filter(None, plate)))
        if self.description:
            parts.append(Markup("<blockquote>%s</blockquote>") % self.description)
        if self.resolution:
            parts.append(Markup("<blockquote>%s</blockquote>") % self.resolution)
        return Markup().join(parts)

    # === TIME IN STAGES === #

    def _compute_duration_tracking(self):
        """Count each stage for the ticket that was in it, not for where it went on."""
        res = super()._compute_duration_tracking()
        Message = self.env["mail.message"]
        # sudo: only which tickets have moved messages is asked
        moved = Message.sudo()._read_group(
            [
                ("aftersales_ticket_id", "!=", False),
                ("model", "=", self._name),
                "|",
                ("aftersales_ticket_id", "in", self.ids),
                ("res_id", "in", self.ids),
            ],
            ["aftersales_ticket_id", "res_id"],
        )
        concerned = {ticket.id for ticket, _res_id in moved}
        concerned.update(res_id for _ticket, res_id in moved)
        field = self.env["ir.model.fields"]._get(self._name, self._track_duration_field)
        tickets = self.filtered(lambda ticket: ticket._origin.id in concerned)
        if not tickets:
            return res
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT COALESCE(m.aftersales_ticket_id, m.res_id) AS ticket_id,
                       v.create_date, v.old_value_integer
                  FROM mail_tracking_value v
                  JOIN mail_message m ON m.id = v.mail_message_id
                 WHERE v.field_id = %(field)s AND m.model = %(model)s
                   AND (m.res_id IN %(ids)s OR m.aftersales_ticket_id IN %(ids)s)
                 ORDER BY v.id
                """,
                field=field.id,
                model=self._name,
                ids=tuple(tickets._origin.ids),
            )
        )
        for ticket in tickets:
            own = [row for row in rows if row["ticket_id"] == ticket._origin.id]
            ticket.duration_tracking = ticket._get_duration_from_tracking(own)
        return res

    # === LATER MAILS === #

    @api.model
    def _follow_merged(self, ticket_id):
        """Find where a mail to a ticket goes.

        :param int ticket_id: possibly of a ticket that was deleted
        :return: id of the ticket in which it goes on, else the same
        """
        # sudo: the gateway asks before anybody's rights are known
        ticket = self.sudo().browse(ticket_id).exists()
        return ticket._merged_end().id if ticket else ticket_id
