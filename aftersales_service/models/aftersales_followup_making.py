# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A signed visit makes a follow-up: by which rule, for whom to do, whom to ask."""

import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import email_normalize

from .res_users import ROLE_PREFIX

_logger = logging.getLogger(__name__)

ACTIVITY_TYPE = "aftersales_service.mail_activity_type_followup"
TEMPLATE = "aftersales_service.mail_template_followup"


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    @api.model
    def _sign(self, dispatch, values, at=None):
        form = super()._sign(dispatch, values, at)
        # What comes with an installation was signed long ago.
        if self.env.registry.ready:
            form._follow_up()
        return form

    def _follow_up(self):
        """Make the follow-ups that these signed visits get by the rules.

        A visit gets one: a new version of its form takes its place in it.
        """
        # The system does it: who signs neither knows the rules nor does follow-ups.
        for form in self.with_user(SUPERUSER_ID):
            dispatch = form.dispatch_id
            if dispatch.mode != "on_site":
                continue
            if dispatch.followup_ids:
                dispatch.followup_ids._take_version(form)
                continue
            rule = self.env["aftersales.followup.rule"]._match(form)
            draw = rule and rule._draw(form)
            if draw and draw.is_drawn:
                self.env["aftersales.followup"]._make(form, draw)

    def _asked(self):
        """Find who can say whether a service was as stated.

        :return: `res.partner` and address (False when none is known): of who signed,
            else of who reported, else of the customer
        """
        self.ensure_one()
        form = self.sudo()  # sudo: addresses are found, whoever signs
        dispatch = form.dispatch_id
        signed = {"signer_name": form.signer_name, "acceptance": form.acceptance}
        email = form._mail_address(dispatch, signed)
        people = form._signer() | dispatch.job_ids.ticket_id.partner_id
        people |= dispatch.partner_id
        normalized = email_normalize(email or "")
        addressed = people.filtered(
            lambda partner: normalized and partner.email_normalized == normalized
        )
        return people[:1], addressed[:1], email

    def _signer(self):
        """Find who signed among the customer's people.

        :return: `res.partner`, possibly none
        """
        self.ensure_one()
        name = (self.signer_name or "").strip()
        if not name:
            return self.partner_id.browse()
        return self.partner_id.search(
            [
                ("id", "child_of", self.partner_id.commercial_partner_id.id),
                ("name", "=ilike", name.replace("\\", "").replace("%", "")),
            ],
            limit=1,
        )


class AftersalesFollowup(models.Model):
    _inherit = "aftersales.followup"

    @api.model
    def _make(self, form, draw):
        """Make the follow-up of a signed visit, and begin it.

        :param form: `aftersales.service.form`
        :param draw: `aftersales.followup.draw` that drew it
        :return: `aftersales.followup` with sudo
        """
        rule = draw.rule_id
        signer, addressed, email = form._asked()
        today = fields.Date.context_today(
            self.with_context(tz=form._site_tz(form.dispatch_id))
        )
        # sudo: nobody has the right to create follow-ups but through this method
        followup = (
            self.sudo()
            .with_context(mail_create_nosubscribe=True)
            .create(
                {
                    "name": form.dispatch_id.name,
                    "kind": "verification",
                    "company_id": form.company_id.id,
                    "team_id": form.team_id.id,
                    "partner_id": form.partner_id.id,
                    "contact_id": signer.id,
                    "dispatch_id": form.dispatch_id.id,
                    "form_id": form.id,
                    "due_date": today + timedelta(days=rule.due_days),
                    "rule_id": rule.id,
                    "draw_id": draw.id,
                    "max_attempts": rule.max_attempts,
                    "before_closing": rule.before_closing,
                }
            )
        )
        followup.user_id = followup._choose_user()
        if rule.way == "email":
            followup._ask_by_mail(addressed, email)
        return followup

    def _take_version(self, form):
        """Ask about the version that replaces the one before.

        :param form: the new `aftersales.service.form` of their visit
        """
        for followup in self.sudo():
            followup._message_log(
                body=self.env._("A new version was signed: %s", form.display_name)
            )
            if followup.state in ("to_do", "no_answer"):
                followup.form_id = form
                # Who recorded it has now been there as well.
                if followup.user_id in followup._people_about():
                    followup.user_id = followup._choose_user()

    # === WHO DOES IT === #

    def _choose_user(self):
        """Choose who asks the customer: the same for the same facts.

        :return: `res.users`: whom the rule says, else the leader of the team, else of
            its intake who has the fewest to do, else of all intake, else a manager;
            never who was there. Possibly nobody.
        """
        self.ensure_one()
        rule = self.sudo().rule_id
        members = self.team_id.member_ids
        for users in (
            self._users_of_rule(rule),
            self.team_id.leader_id,
            self._of_role("intake") & members,
            self._of_role("intake"),
            self._of_role("manager"),
        ):
            if able := self._able(users):
                return self._least_loaded(able)
        return self.env["res.users"]

    def _users_of_rule(self, rule):
        """Return whom a rule means: of a role those of the team, if there are any."""
        if rule.who == "user":
            return rule.user_id
        if not rule or rule.who == "leader":
            return self.team_id.leader_id
        holders = self._of_role(rule.who)
        return self._able(holders & self.team_id.member_ids) or holders

    def _of_role(self, role):
        # sudo: who holds a role is not for everybody to read
        return self.env.ref(ROLE_PREFIX + role).sudo().all_user_ids

    def _able(self, users):
        """Leave out who was there, and who can't or must not read the tickets."""
        able = self._may_do(users) - self._people_about()
        able = able.filtered(lambda user: self.company_id in user.sudo().company_ids)
        for ticket in self.sudo().ticket_ids:
            able = ticket._may_be_given_to(able)
        return able

    def _least_loaded(self, users):
        """Choose who has the fewest follow-ups to do, by age when several have."""
        if len(users) < 2:
            return users
        counts = dict(
            self.sudo()._read_group(
                [("user_id", "in", users.ids), ("state", "=", "to_do")],
                ["user_id"],
                ["__count"],
            )
        )
        return min(users, key=lambda user: (counts.get(user, 0), user.id))

    def _move_activity(self):
        """Let those who do these follow-ups find them among their activities."""
        # sudo: activities follow from who does it, whoever says so
        for followup in self.sudo():
            followup.activity_unlink([ACTIVITY_TYPE])
            if followup.user_id and followup.state == "to_do":
                user = followup.user_id
                followup.with_context(
                    # It stands in his list: no mail for each.
                    mail_activity_quick_update=True,
                    lang=user.lang or self.env.lang,
                ).activity_schedule(
                    ACTIVITY_TYPE,
                    date_deadline=followup.due_date,
                    user_id=user.id,
                )

    # === BY MAIL === #

    def _ask_by_mail(self, contact, email):
        """Send the customer the link by which he rates; without one he is called.

        :param contact: `res.partner` of the address, possibly none
        :param email: the address, or False
        """
        self.ensure_one()
        template = self.env.ref(TEMPLATE, raise_if_not_found=False)
        # sudo: who has a login is not for everybody to read
        colleague = contact.sudo().user_ids.filtered(lambda user: not user.share)
        if not email or not template or colleague:
            self._message_log(
                body=self.env._("No e-mail address of the customer: call him.")
            )
            return
        try:
            with self.env.cr.savepoint():
                self.write(
                    {
                        "way": "email",
                        "contact_id": (contact or self.contact_id).id,
                        "mail_to": email,
                        "mailed_at": fields.Datetime.now(),
                    }
                )
                self._send_mail(template)
        except Exception as error:  # noqa: BLE001 - no signature is lost for a mail
            _logger.warning("No mail of %s: %s", self.display_name, error)
            self._message_log(
                body=self.env._("The mail could not be written: call the customer.")
            )

    def _send_mail(self, template):
        """Queue the mail. It hangs on no record: who reads it rates as the customer."""
        template.sudo().send_mail(
            self.id,
            email_values={
                "author_id": self.env.ref("base.partner_root").id,
                "auto_delete": True,
                "model": False,
                "res_id": False,
            },
        )
        self._message_log(body=self.env._("Asked by mail: %s", self.mail_to))

    def _asked_lang(self):
        """Return the language of who is asked."""
        self.ensure_one()
        langs = (self.contact_id.lang, self.partner_id.lang, self.env.user.lang)
        return next(filter(None, langs), "en_US")

    def _rating_get_partner(self):
        return self.contact_id or self.partner_id

    def _rating_get_operator(self):
        # sudo: who was there is rated, not who asks
        return self.sudo().dispatch_id.technician_ids[:1].user_id.partner_id
