# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How people are told about a promise: activities and e-mails, a batch at a time."""

from collections import defaultdict

from pytz import UTC, timezone

from odoo import fields, models
from odoo.tools import format_datetime

from .aftersales_sla_audience import Audience

ACTIVITY_TYPE = "aftersales_service.mail_activity_type_sla"


class AftersalesSlaClock(models.Model):
    _inherit = "aftersales.sla.clock"

    def _tell(self, due):
        """Tell people about promises, in the order given.

        Nothing leaves this transaction: e-mails are queued.

        :param list due: pairs of a clock of these and an `aftersales.sla.alert`
        :return: list of what was done in words, one text for each pair
        """
        audience = Audience(self.ticket_id)
        activities, mails, words = [], [], []
        for clock, level in due:
            people = audience.of_level(level, clock.ticket_id)
            by_email = people.filtered("email") if level.by_email else people.browse()
            # Whoever has no address has to be told somehow.
            by_activity = people if level.by_activity else people - by_email
            activities += [
                clock._prepare_alert_activity(level, user) for user in by_activity
            ]
            mails += [(clock, level, user) for user in by_email]
            words.append(clock._alert_words(level, by_activity, by_email))
        # The level says who gets an e-mail: the activity brings none of its own.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            activities
        )
        self._queue_alert_mails(mails)
        return words

    def _alert_words(self, level, by_activity, by_email):
        """Say who was told and how, for the ledger of a clock.

        It holds by itself: the level may be deleted later.
        """
        self.ensure_one()
        env = self._in_language(self.company_id.partner_id.lang or self.env.lang).env
        ways = []
        if by_activity:
            people = ", ".join(by_activity.mapped("name"))
            ways.append(env._("activity for %(people)s", people=people))
        if by_email:
            people = ", ".join(by_email.mapped("name"))
            ways.append(env._("e-mail to %(people)s", people=people))
        return env._(
            "%(level)s: %(ways)s",
            level=level.with_env(env).display_name,
            ways="; ".join(ways) or env._("nobody to tell"),
        )

    def _alert_title(self, level):
        """Return promise and level in a few words, in the language of the records."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return self.env._(
            "%(promise)s: %(level)s",
            promise=kinds[self.kind],
            level=level.with_env(self.env).display_name,
        )

    def _in_language(self, lang):
        """Return these clocks in a language, and change nothing if it is theirs."""
        return self if lang == self.env.lang else self.with_context(lang=lang)

    def _zone_of(self, user):
        """Return the time zone in which a user reads the deadline of a clock."""
        team = self.team_id
        calendar = team.resource_calendar_id or self.company_id.resource_calendar_id
        return user.tz or calendar.tz or "UTC"

    def _local_deadline(self, zone):
        """Return the deadline as people read it, empty while there is none."""
        self.ensure_one()
        if not self.deadline:
            return ""
        return format_datetime(self.env, self.deadline, tz=zone, dt_format="long")

    # === ACTIVITIES === #

    def _prepare_alert_activity(self, level, user):
        """Prepare the activity that tells a user, in his language and time zone."""
        self.ensure_one()
        clock = self._in_language(user.lang or self.env.lang)
        xmlid_to_id = self.env["ir.model.data"]._xmlid_to_res_id
        return {
            "activity_type_id": xmlid_to_id(ACTIVITY_TYPE, raise_if_not_found=False),
            "automated": True,
            "res_id": clock.ticket_id.id,
            "res_model_id": self.env["ir.model"]._get_id(clock.ticket_id._name),
            "sla_clock_id": clock.id,
            "summary": clock._alert_title(level),
            "user_id": user.id,
            **clock._prepare_activity_deadline(user),
        }

    def _prepare_activity_deadline(self, user):
        """Prepare what an activity says of the deadline; today while there is none."""
        self.ensure_one()
        clock = self._in_language(user.lang or self.env.lang)
        zone = clock._zone_of(user)
        moment = UTC.localize(clock.deadline or fields.Datetime.now())
        note = clock.deadline and clock.env._(
            "Deadline: %(moment)s", moment=clock._local_deadline(zone)
        )
        return {
            "date_deadline": moment.astimezone(timezone(zone)).date(),
            "note": note,
        }

    def _write_replay(self, ledgers=None, changes=None, revived=None):
        if not self:
            return
        ledgers = self._ledgers() if ledgers is None else ledgers
        # The ledger knows whether there is anything to follow up.
        alerted = self.filtered(
            lambda clock: any(row.kind == "alert" for row in ledgers[clock.id])
        )
        before = {clock: clock.deadline for clock in alerted}
        super()._write_replay(ledgers, changes, revived)
        ended = alerted.filtered(lambda clock: clock.outcome != "open")
        moved = (alerted - ended).filtered(
            lambda clock: clock.deadline != before[clock]
        )
        if ended or moved:
            (ended | moved)._follow_up_alert_activities()

    def _follow_up_alert_activities(self):
        """Move the activities of these clocks, or do away with them at the end."""
        # sudo: activities belong to others than who ends or corrects the clock
        activities = (
            self.env["mail.activity"].sudo().search([("sla_clock_id", "in", self.ids)])
        )
        still = activities.filtered(lambda one: one.sla_clock_id.outcome == "open")
        (activities - still).unlink()
        to_column = activities._fields["note"].convert_to_column
        said, columns, days = {}, [], defaultdict(activities.browse)
        for activity in still:
            clock, user = activity.sla_clock_id, activity.user_id
            key = (clock.deadline, user, clock.team_id, clock.company_id)
            if key not in said:
                vals = clock._prepare_activity_deadline(user)
                note = to_column(vals["note"], activity)
                said[key] = (vals["date_deadline"], {"note": note})
            day, column = said[key]
            columns.append(column)
            if activity.date_deadline != day:
                days[day] += activity
        for day, of_day in days.items():
            of_day.date_deadline = day
        # A thousand notes that all read differently: nobody is told of them.
        still.flush_recordset(["note"])
        still._write_multi(columns)
        still.invalidate_recordset(["note"], flush=False)

    # === E-MAILS === #

    def _queue_alert_mails(self, mails):
        """Queue the e-mails that tell users, each in his language and time zone.

        They are internal messages on the ticket: no answer to the customer, and a
        reply to one stays internal too.

        :param list mails: tuples of clock, `aftersales.sla.alert` and user
        """
        if not mails:
            return
        texts = self._render_alert_mails(mails)
        values = self._prepare_alert_messages(mails, texts)
        # sudo is the job's: messages of the system to colleagues
        messages = self.env["mail.message"].create(values)
        self.env["mail.mail"].create(
            [
                {
                    "auto_delete": True,
                    "body_html": text["layout"],
                    "is_notification": True,
                    "mail_message_id": message.id,
                    "recipient_ids": [(4, user.partner_id.id)],
                    "state": "outgoing",
                }
                for message, text, (_clock, _level, user) in zip(
                    messages, texts, mails, strict=True
                )
            ]
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _render_alert_mails(self, mails):
        """Write the e-mails, those that read the same only once.

        :return: list of dicts with ``subject``, ``body`` and ``layout`` (the body in
            the company's layout), one for each mail
        """
        texts = {}
        keys = []
        for clock, level, user in mails:
            key = (clock, level, user.lang or self.env.lang, clock._zone_of(user))
            keys.append(key)
            if key not in texts:
                texts[key] = clock._render_alert_mail(*key[1:])
        return [texts[key] for key in keys]

    def _render_alert_mail(self, level, lang, zone):
        """Write the e-mail of a level in a language and for a time zone."""
        self.ensure_one()
        clock = self._in_language(lang).with_company(self.company_id)
        ticket = clock.ticket_id
        title = clock._alert_title(level)
        body = clock.env["ir.qweb"]._render(
            "aftersales_service.sla_alert_mail",
            {
                "deadline": clock._local_deadline(zone),
                "ticket": ticket,
                "title": title,
            },
            minimal_qcontext=True,
        )
        link = {
            "title": clock.env._("View Ticket"),
            "url": ticket._notify_get_action_link("view"),
        }
        layout = clock.env["mail.render.mixin"]._render_encapsulate(
            "mail.mail_notification_light",
            body,
            add_context={"button_access": link, "has_button_access": True},
            context_record=ticket,
        )
        return {
            "subject": f"{ticket.display_name}: {title}",
            "body": body,
            "layout": layout,
        }

    def _prepare_alert_messages(self, mails, texts):
        """Prepare the messages that the e-mails belong to."""
        tickets = self.ticket_id
        author = self.env.ref("base.partner_root")
        note = self.env.ref("mail.mt_note")
        senders, replies = {}, {}
        for company, some in tickets.grouped("company_id").items():
            sender = company.email_formatted or author.email_formatted
            senders[company] = sender
            replies |= some.with_company(company)._notify_get_reply_to(default=sender)
        return [
            {
                "author_id": author.id,
                "body": text["body"],
                "email_from": senders[clock.company_id],
                "is_internal": True,
                "message_type": "user_notification",
                "model": clock.ticket_id._name,
                "partner_ids": [(4, user.partner_id.id)],
                "record_company_id": clock.company_id.id,
                "reply_to": replies[clock.ticket_id.id] or senders[clock.company_id],
                "res_id": clock.ticket_id.id,
                "subject": text["subject"],
                "subtype_id": note.id,
            }
            for text, (clock, _level, user) in zip(texts, mails, strict=True)
        ]
