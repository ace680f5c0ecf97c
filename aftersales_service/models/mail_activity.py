# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import cache

from odoo import api, fields, models
from odoo.exceptions import UserError

#: The first one found counts.
STATES_BY_URGENCY = ("overdue", "today", "planned")


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # Tells the alerts of one promise from those of another on the same ticket, and
    # from what people planned by themselves.
    sla_clock_id = fields.Many2one(
        "aftersales.sla.clock",
        string="Promise",
        index="btree_not_null",
        ondelete="cascade",
        readonly=True,
        export_string_translation=False,
    )
    # What is to be done about a question is done when the question has gone on.
    support_question_id = fields.Many2one(
        "aftersales.support.question",
        string="Question to Support",
        index="btree_not_null",
        ondelete="cascade",
        readonly=True,
        export_string_translation=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._check_not_about_assignee()
        return activities

    def write(self, vals):
        res = super().write(vals)
        if {"res_id", "res_model_id", "user_id"} & vals.keys():
            self._check_not_about_assignee()
        return res

    def _check_not_about_assignee(self):
        """Give nobody something to do on a complaint about himself: he would read it.

        :raise UserError: otherwise
        """
        if not self.env["res.users"]._complained_about():
            return
        Ticket = self.env["aftersales.ticket"]
        # sudo: whose it is and where it stands is not readable by everyone
        for activity in self.sudo():
            if (
                activity.res_model == Ticket._name
                and activity.user_id
                and Ticket.browse(activity.res_id)._hidden_from(activity.user_id)
            ):
                raise UserError(
                    self.env._("Choose somebody whom the complaint is not about.")
                )

    def _summarizer(self, rows):
        """Look up once what summaries of these activities need.

        :param list rows: dicts of activity_type_id, date_deadline, summary and user_id
        :return: function from the rows of one record, the next one first, to values of
            the record's fields, which are those of `mail`
        """
        types = self.env["mail.activity.type"]
        types._remember()
        types = types.browse({row["activity_type_id"] for row in rows} - {False})
        looks = {kind.id: (kind.decoration_type, kind.icon) for kind in types}
        users = self.env["res.users"]
        users = users.browse({row["user_id"] for row in rows} - {False})
        users.fetch(["partner_id"])
        users.partner_id.fetch(["name", "tz"])
        zones = {user.id: user.tz for user in users}
        state_of = cache(self._compute_state_from_date)

        def summarize(activities):
            first = activities[0]
            states = {
                state_of(each["date_deadline"], zones.get(each["user_id"]))
                for each in activities
            }
            types = dict.fromkeys(each["activity_type_id"] for each in activities)
            alarms = [looks[kind] for kind in types if kind and looks[kind][0]]
            dangers = [look for look in alarms if look[0] == "danger"]
            decoration, icon = (dangers[:1] or alarms[-1:] or [(False, False)])[0]
            kind = first["activity_type_id"]
            return {
                "activity_date_deadline": first["date_deadline"],
                "activity_exception_decoration": decoration,
                "activity_exception_icon": icon,
                "activity_state": next(
                    state for state in STATES_BY_URGENCY if state in states
                ),
                "activity_summary": first["summary"],
                "activity_type_icon": looks[kind][1] if kind else False,
                "activity_type_id": kind,
            }

        return summarize


class MailActivityType(models.Model):
    _name = "mail.activity.type"
    _inherit = ["mail.activity.type", "aftersales.cached.mixin"]
    _cached_fields = ("name", "icon", "decoration_type")
