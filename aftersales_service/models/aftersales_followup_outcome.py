# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What comes out of a follow-up, and what follows from it."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL, float_round, format_date, format_datetime

from .aftersales_followup import UNHAPPY
from .aftersales_followup_making import ACTIVITY_TYPE
from .aftersales_sla_audience import Audience

ACTIVITY_TYPE_BAD = "aftersales_service.mail_activity_type_followup_bad"


class AftersalesFollowup(models.Model):
    _inherit = "aftersales.followup"

    # === WHAT THE FORM SAYS === #

    def _stated(self, kind):
        """Say what the signed form says about something.

        :param str kind: of `aftersales.followup.question`.statement, or False
        :return: text, empty when it says nothing
        """
        self.ensure_one()
        # sudo: what the customer signed is read out to him
        form = self.sudo().form_id
        if not kind or not form:
            return ""
        content = form._get_content()
        lines = getattr(self, f"_stated_{kind}")(content)
        return "\n".join(line for line in lines if line)

    def _stated_work(self, content):
        for job in content["jobs"]:
            yield " ".join(filter(None, (job["ticket"], job["product"], job["serial"])))
            yield job["work_done"]
            yield job["result"]

    def _stated_times(self, content):
        labels = {
            "arrived_at": self.env._("Arrival"),
            "finished_at": self.env._("Finished"),
        }
        for name, label in labels.items():
            if moment := content["visit"][name]:
                at = fields.Datetime.from_string(moment.replace("T", " "))
                text = format_datetime(
                    self.env, at, tz=content["tz"], dt_format="short"
                )
                yield f"{label}: {text}"
        for line in [*content["labour"], *content["travel"]]:
            hours = f"{float(line['hours']):g} h"
            date = format_date(self.env, line["date"])
            yield ", ".join(filter(None, (line["description"], hours, date)))

    def _stated_parts(self, content):
        for line in content["part"]:
            text = f"{float(line['quantity']):g} × {line['description']}"
            yield " ".join(filter(None, (text, line["serial"])))
        if not content["part"]:
            yield self.env._("No parts")

    def _stated_charges(self, content):
        charges = content.get("charges") or {}
        total = charges.get("total")
        if not total or not float(total):
            yield self.env._("Free of charge")
            return
        yield f"{float(total):,.2f} {charges.get('currency') or ''}"

    def _stated_training(self, content):
        training = content.get("training") or {}
        yield training.get("topics") or self.env._("None")
        yield ", ".join(training.get("attendees") or [])

    def _stated_outcome(self, content):
        yield content["signature"]["outcome"]
        yield content["signature"]["outcome_reason"]
        yield content["customer_comments"]

    # === CALLS === #

    def _note_attempt(self, reached, **values):
        """Keep that the customer was called.

        Who is not reached after the tries that the rule allows is given up; calling him
        once more is still possible.

        :param bool reached: whether he was
        :param values: at, contact_name, phone and note
        """
        self.ensure_one()
        # sudo: calls are kept by this method only, whose callers check who may
        followup = self.sudo()
        followup._touch()
        followup.env["aftersales.followup.attempt"].create(
            {
                **values,
                "followup_id": followup.id,
                "user_id": self.env.uid,
                "reached": reached,
            }
        )
        if (
            not reached
            and followup.state == "to_do"
            and followup.attempt_count >= followup.max_attempts
        ):
            followup.state = "no_answer"
            followup.activity_unlink([ACTIVITY_TYPE])
            followup._note_on_tickets(
                lambda each: each.env._(
                    "%(followup)s: nobody was reached.",
                    followup=each._get_html_link(title=each.display_name),
                )
            )
            followup.ticket_ids._followup_ended(followup)

    def _touch(self):
        """Make two who call for the same follow-up at the same time meet.

        A call alone is a row beside it: who notes that nobody was reached would not
        notice that it is done by now, or that this was the last try.
        """
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_followup SET write_date = write_date WHERE id = %s",
                self.id,
            )
        )

    def _finish(self, values, answers=(), reopened=None, at=None):
        """Keep what came out, and do what follows.

        :param dict values: result, satisfaction and customer_words
        :param answers: list of dicts of `aftersales.followup.answer`
        :param reopened: `aftersales.ticket` records that the customer means, by default
            all of the visit
        :param datetime at: when (naive UTC), by default now
        """
        self.ensure_one()
        # Of two who finish it at the same time one has to try again, and finds it done.
        followup = self.sudo()
        followup.write(
            {
                **values,
                "state": "done",
                "done_at": at or fields.Datetime.now(),
                "is_bad": self._is_bad(values, answers),
            }
        )
        followup.env["aftersales.followup.answer"].create(
            [{**answer, "followup_id": followup.id} for answer in answers]
        )
        followup.activity_unlink([ACTIVITY_TYPE])
        followup._tell_result(values, reopened)

    @api.model
    def _is_bad(self, values, answers=()):
        """Tell whether a customer is not left alone with what he said."""
        return self._reopens(values) or any(
            each["is_wrong"] and each["kind"] == "conduct" for each in answers
        )

    @api.model
    def _reopens(self, values):
        """Tell whether the service has not come to its end by what a customer said.

        :param dict values: result and satisfaction
        """
        return (
            values.get("result") == "not_as_stated"
            or values.get("satisfaction") in UNHAPPY
        )

    # === WHAT FOLLOWS === #

    def _tell_result(self, values, reopened=None):
        """Note the result on the tickets; a bad one reopens them and tells the leader.

        :param dict values: result and satisfaction, as the customer just said
        :param reopened: `aftersales.ticket` records that he means; none means all of
            the visit
        """
        self.ensure_one()
        # The system does it: who asks need not be one who may reopen.
        followup = self.with_user(SUPERUSER_ID)
        tickets = followup.ticket_ids
        followup._note_on_tickets(lambda each: each._say_result(values))
        if followup.is_bad:
            # Who leaves out all has not said which: none is not an answer.
            chosen = (reopened or tickets).with_env(tickets.env)
            meant = (tickets & chosen) or tickets
            if self._reopens(values):
                meant.filtered(lambda t: t.state in ("solved", "closed"))._set_state(
                    "in_progress"
                )
            followup._tell_leader(meant, values)
        tickets._followup_ended(followup)

    def _tell_leader(self, tickets, values):
        """Give the leader something to do on tickets, see `_leader_of`.

        :param dict values: as of `_tell_result`
        """
        for ticket in tickets:
            for user in self._leader_of(ticket):
                each = self.with_context(lang=user.lang or self.env.lang)
                ticket.with_context(lang=each.env.lang).activity_schedule(
                    ACTIVITY_TYPE_BAD,
                    user_id=user.id,
                    note=each._say_result(values),
                )

    def _leader_of(self, ticket):
        """Find who is told about a ticket, of those who were not there.

        :param ticket: `aftersales.ticket` with sudo
        :return: `res.users`: the leader of the team, else a manager; possibly nobody
        """
        # sudo: who leads and who may read is not readable by everyone
        people = Audience(ticket.sudo()).in_charge(ticket.sudo(), self._people_about())
        return people[:1]

    def _note_on_tickets(self, say):
        """Write a line on each ticket, in the language of its company.

        :param say: function from a follow-up in that language to the text
        """
        self.ensure_one()
        root = self.env.ref("base.partner_root")
        for ticket in self.sudo().ticket_ids:
            lang = ticket._in_company_language().env.lang
            ticket._message_log(
                body=say(self.sudo().with_context(lang=lang)), author_id=root.id
            )

    def _say_result(self, values):
        """Say in one line what came out, without the customer's words.

        The technician reads it on his ticket; the words stand on the follow-up.

        :param dict values: as of `_tell_result`
        """
        self.ensure_one()
        words = [
            dict(self._fields[name]._description_selection(self.env))[values[name]]
            for name in ("result", "satisfaction")
            if values.get(name)
        ]
        if self.is_bad and not self._reopens(values):
            words.append(self.env._("a remark about the conduct"))
        return self.env._(
            "%(followup)s: %(words)s",
            followup=self._get_html_link(title=self.display_name),
            words=", ".join(words) or self.env._("the customer doesn't know"),
        )

    # === BY MAIL === #

    def rating_apply(
        self,
        rate,
        token=None,
        rating=None,
        feedback=None,
        subtype_xmlid=None,
        notify_delay_send=False,
    ):
        """Take the customer's answer, by the link in his mail."""
        rating = super().rating_apply(
            rate,
            token=token,
            rating=rating,
            feedback=feedback,
            subtype_xmlid=subtype_xmlid,
            notify_delay_send=notify_delay_send,
        )
        # Nobody but the page of the link comes here: others may not write the rating.
        self.with_user(SUPERUSER_ID)._take_rating(rating.sudo())
        return rating

    def _take_rating(self, rating):
        """Keep what a customer answered; what was bad once stays so.

        :param rating: `rating.rating` with sudo
        """
        self.ensure_one()
        points = int(float_round(rating.rating, precision_digits=0))
        values = {"satisfaction": str(max(points, 1))}
        if rating.feedback:
            values["customer_words"] = rating.feedback
        if self.state != "done":
            self._finish(values)
            return
        bad, was_bad = self._is_bad(values), self.is_bad
        # What he said on the telephone stays; the thread shows what he adds.
        kept = {} if self.done_by else values
        self.write({**kept, "is_bad": bad or was_bad})
        if bad and not was_bad:
            self._tell_result(values)

    # === THE END WITHOUT AN ANSWER === #

    def _cancel(self, reason):
        """Give up asking.

        :param str reason: why
        """
        self._check_open()
        for followup in self.sudo():
            followup.write({"state": "cancelled", "cancel_reason": reason})
            followup.activity_unlink([ACTIVITY_TYPE])
            followup._note_on_tickets(
                lambda each, reason=reason: each.env._(
                    "%(followup)s is cancelled: %(reason)s",
                    followup=each._get_html_link(title=each.display_name),
                    reason=reason,
                )
            )
            followup.ticket_ids._followup_ended(followup)
