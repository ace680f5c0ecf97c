# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A complaint about a colleague: hidden from him, and before the leader at once."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .aftersales_sla_audience import Audience
from .selections import OPEN_STATES

ACTIVITY_TYPE = "aftersales_service.mail_activity_type_complaint"
ANSWER_ACTIVITY_TYPE = "aftersales_service.mail_activity_type_answer"


class AftersalesTicket(models.Model):
    _name = "aftersales.ticket"
    _inherit = ["aftersales.ticket", "hr.mixin"]

    # Those who left count as well: their login may live longer than their contract.
    complaint_about_ids = fields.Many2many(
        "hr.employee",
        "aftersales_ticket_complaint_about_rel",
        "ticket_id",
        "employee_id",
        string="Complaint about",
        check_company=True,
        context={"active_test": False},
        help="Colleagues whom the customer complains about. They can't see this ticket "
        "any more, and are told nothing of it.",
    )
    is_about_colleague = fields.Boolean(
        compute="_compute_is_about_colleague",
        store=True,
        precompute=True,
        export_string_translation=False,
    )

    # What is hidden from somebody is found through it.
    _is_about_colleague_idx = models.Index("(id) WHERE is_about_colleague")

    # === COMPUTES === #

    @api.depends("complaint_about_ids")
    def _compute_is_about_colleague(self):
        for ticket in self:
            ticket.is_about_colleague = bool(ticket.complaint_about_ids)

    @api.depends_context("uid")
    def _compute_display_name(self):
        """Name a hidden ticket by its number, wherever a record leads to it."""
        res = super()._compute_display_name()
        # The names of linked records are read with sudo.
        for ticket in self._hidden_from(self.env.user):
            ticket.display_name = f"[{ticket.sudo().reference}]"
        return res

    # === WHO IS MEANT === #

    def _about_colleagues(self):
        """Return those of these tickets that are about a colleague."""
        # sudo: whether it is one decides, whoever writes on it
        return self.filtered(lambda ticket: ticket.sudo().is_about_colleague)

    def _users_about(self):
        """Return the logins of those whom these tickets are about.

        :return: `res.users` with sudo, inactive ones among them
        """
        # sudo: who a complaint is about decides, whoever works on it
        about = self.sudo()._about_colleagues()
        return about.complaint_about_ids.user_id

    def _hidden_from(self, user):
        """Return those of these tickets that a user must not see.

        :param user: `res.users` record
        """
        if not user._is_complained_about():
            return self.browse()
        return self.filtered(lambda ticket: user in ticket._users_about())

    def _may_be_given_to(self, users):
        return super()._may_be_given_to(users) - self._users_about()

    def _people_in_charge(self):
        """Find who decides about a complaint: the leader, else the managers.

        :return: dict of ticket with sudo -> `res.users`, who may all read it
        """
        # sudo: who leads and who may read is not readable by everyone
        tickets = self.sudo()
        audience = Audience(tickets)
        return {ticket: audience.in_charge(ticket) for ticket in tickets}

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        about = tickets._about_colleagues()
        if about:
            about._check_about_responsible()
            about._begin_hiding()
        return tickets

    def copy_data(self, default=None):
        """Hide a copy as well, though who makes it may read no employee."""
        vals_list = super().copy_data(default)
        for ticket, vals in zip(self, vals_list, strict=True):
            if "complaint_about_ids" not in (default or {}):
                # sudo: as in `_users_about`
                about = ticket.sudo().complaint_about_ids
                vals["complaint_about_ids"] = [Command.set(about.ids)]
        return vals_list

    def write(self, vals):
        if not {"complaint_about_ids", "team_id", "user_id"} & vals.keys():
            return super().write(vals)
        named = "complaint_about_ids" in vals
        # sudo: as in `_users_about`
        before = {t: t.sudo().complaint_about_ids for t in self if named}
        teams = {ticket: ticket.team_id for ticket in self}
        res = super().write(vals)
        if vals.get("user_id"):
            self._check_about_responsible()
        if named:
            self._follow_about(before)
        self._about_colleagues().filtered(
            lambda ticket: (
                ticket.team_id != teams[ticket] and ticket.state in OPEN_STATES
            )
        )._tell_people_in_charge()
        return res

    def _follow_about(self, before):
        """Do what follows from other people whom these tickets are about.

        :param dict before: ticket -> `hr.employee` before the write
        :raise AccessError, UserError: when that can't be, or not by this user
        """
        changed = self.filtered(
            # sudo: as in `_users_about`
            lambda ticket: ticket.sudo().complaint_about_ids != before[ticket]
        )
        if not changed:
            return
        if not self.env.su and self.env.user in changed._users_about():
            raise UserError(
                self.env._("A complaint about yourself is recorded by somebody else.")
            )
        # Who is named no more sees again what his rules have left out.
        self.env["res.users"]._forget_complaints()
        for ticket in changed:
            gone = before[ticket] - ticket.sudo().complaint_about_ids
            if gone:
                ticket._check_take_off()
                ticket._log_about(gone, is_gone=True)
        changed.filtered(
            lambda ticket: ticket.sudo().complaint_about_ids - before[ticket]
        )._begin_hiding()
        changed._follow_about_merged()

    def _follow_about_merged(self):
        """Hide what has gone on in these tickets as well: it says the same."""
        # sudo: who may name somebody here need not be able to write the others
        for ticket in self.sudo().with_context(active_test=False):
            others = ticket.duplicate_ids
            if others:
                about = ticket.complaint_about_ids
                others.write(
                    {
                        "complaint_about_ids": [Command.set(about.ids)],
                        # What goes on in a complaint is a part of it.
                        **({"ticket_type": "complaint"} if about else {}),
                    }
                )

    def _check_take_off(self):
        """Who is named stays named, unless somebody answers for it.

        :raise AccessError: for anybody but the leader of the team or a manager
        """
        self.ensure_one()
        if not self.env.su and self.team_id.leader_id != self.env.user:
            self.env["res.users"]._check_aftersales_role("manager")

    @api.constrains("is_about_colleague", "ticket_type")
    def _check_about_type(self):
        """Only a complaint is about a colleague.

        :raise ValidationError: otherwise
        """
        for ticket in self:
            if ticket.is_about_colleague and ticket.ticket_type != "complaint":
                raise ValidationError(
                    self.env._("Only a complaint is about a colleague.")
                )

    def _check_about_responsible(self):
        """A complaint is not worked on by whom it is about.

        :raise ValidationError: otherwise
        """
        for ticket in self:
            # sudo: as in `_users_about`
            if ticket.sudo().user_id & ticket._users_about():
                raise ValidationError(
                    self.env._(
                        "The customer complains about the one who is to be "
                        "responsible. Choose somebody else."
                    )
                )

    def _check_about_visits(self):
        """Who goes to the customer knows what for.

        :raise UserError: when a visit of a ticket is of somebody it is about
        """
        # sudo: a visit counts whether or not the user may see it
        for ticket in self.sudo()._about_colleagues():
            technicians = ticket.job_ids.dispatch_id.technician_ids
            about = ticket.complaint_about_ids
            if technicians & about or technicians.user_id & about.user_id:
                raise UserError(
                    self.env._(
                        "Whom the customer complains about has a visit for this "
                        "ticket. Record the complaint as a ticket of its own, or send "
                        "somebody else."
                    )
                )

    # === HIDING === #

    def _begin_hiding(self):
        """Take these tickets from those whom they are about, and tell who decides.

        :raise UserError: when one of those has a visit for it
        """
        if not self:
            return
        self.env["res.users"]._forget_complaints()
        self._check_about_visits()
        # sudo: what he had of the ticket was his, and not everybody's to take
        for ticket in self.sudo():
            ticket._take_from(ticket._users_about())
            ticket._log_about(ticket.complaint_about_ids)
        # Those in charge decide on the ticket in which others go on.
        self.filtered(lambda ticket: not ticket.original_id)._tell_people_in_charge()

    def _take_from(self, users):
        """Take from users what they have of a ticket.

        :param users: `res.users` with sudo
        """
        self.ensure_one()
        partners = users.partner_id
        self.message_unsubscribe(partners.ids)
        if self.user_id in users:
            self.user_id = False
        self.activity_ids.filtered(lambda one: one.user_id in users).unlink()
        self.support_question_ids._release(users)
        self.message_ids.notification_ids.filtered(
            lambda one: one.res_partner_id in partners
        ).unlink()

    def _log_about(self, employees, is_gone=False):
        """Note who was named or taken off: the ticket is hidden by it.

        :param employees: `hr.employee` records
        """
        self.ensure_one()
        # sudo: names of colleagues, for those who may read the ticket
        names = ", ".join(employees.sudo().mapped("name"))
        words = (
            self.env._("No complaint about %s any more: visible again", names)
            if is_gone
            else self.env._("Complaint about %s: hidden from whom it is about", names)
        )
        # sudo: a note follows from what was written
        self.sudo()._message_log(body=words, author_id=self.env.user.partner_id.id)

    def _tell_people_in_charge(self):
        """Bring complaints about colleagues before who decides, at once."""
        kind = self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False)
        if not self or not kind:
            return
        values = []
        for ticket, people in self._people_in_charge().items():
            told = ticket.activity_ids.filtered(
                lambda one: one.activity_type_id == kind
            )
            values += [
                {
                    "activity_type_id": kind.id,
                    "automated": True,
                    "date_deadline": fields.Date.context_today(ticket),
                    "res_id": ticket.id,
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "summary": ticket.with_context(
                        lang=user.lang or self.env.lang
                    ).env._("A complaint about a colleague: you decide"),
                    "user_id": user.id,
                }
                for user in people - told.user_id
            ]
        # sudo: others are told than those who work on the ticket
        self.env["mail.activity"].sudo().create(values)

    # === MAIL === #

    def _message_subscribe(self, partner_ids=None, subtype_ids=None, customer_ids=None):
        """Let nobody follow a complaint about himself."""
        about = self._about_colleagues() if partner_ids else self.browse()
        for ticket in about:
            kept = set(partner_ids).difference(ticket._users_about().partner_id.ids)
            super(AftersalesTicket, ticket)._message_subscribe(
                list(kept), subtype_ids, customer_ids=customer_ids
            )
        return super(AftersalesTicket, self - about)._message_subscribe(
            partner_ids, subtype_ids, customer_ids=customer_ids
        )

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Send no word of a complaint to whom it is about, whoever mentions him."""
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not self._about_colleagues():
            return recipients
        users = self._users_about()
        partners = users.partner_id
        addresses = set(partners.mapped("email_normalized")) - {False}
        return [
            row
            for row in recipients
            if row["id"] not in partners.ids
            and (row["id"] or row.get("email_normalized") not in addresses)
        ]

    def _ask_about_answer(self, author_id):
        """Ask those who decide, where the leader is the one complained about."""
        about = self._about_colleagues()
        super(AftersalesTicket, self - about)._ask_about_answer(author_id)
        author = self.env["res.partner"].browse(author_id or [])
        if not about or self._is_colleague(author):
            return
        # sudo: the gateway's user need not see activities
        asked = about.sudo().activity_search([ANSWER_ACTIVITY_TYPE]).mapped("res_id")
        for ticket, people in about._people_in_charge().items():
            if ticket.id in asked:
                continue
            user = ticket.user_id.filtered("active") or people[:1]
            if user:
                ticket.activity_schedule(ANSWER_ACTIVITY_TYPE, user_id=user.id)

    # === OTHER TICKETS === #

    def _check_same_about(self, original):
        """A hidden ticket leads to no other one, and no other one to it.

        :param original: `aftersales.ticket` in which these are to go on
        :raise UserError: when they are about different people
        """
        # sudo: as in `_users_about`
        about = original.sudo().complaint_about_ids
        for ticket in self.sudo():
            if ticket.complaint_about_ids != about:
                raise UserError(
                    self.env._(
                        "%(ticket)s and %(original)s are not about the same "
                        "colleagues: what is hidden in one would be seen in the other.",
                        ticket=ticket.reference,
                        original=original.reference,
                    )
                )

    def _check_merge(self, original):
        res = super()._check_merge(original)
        self._check_same_about(original)
        return res

    def _check_original(self, reason, original):
        res = super()._check_original(reason, original)
        if original:
            self._check_same_about(original)
        return res


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    @api.constrains("technician_ids")
    def _check_complained_about(self):
        """Send nobody to a customer who complains about him."""
        # sudo: a complaint counts whether or not the user may see it
        self.sudo().job_ids.ticket_id._check_about_visits()


class AftersalesDispatchJob(models.Model):
    _inherit = "aftersales.dispatch.job"

    @api.constrains("ticket_id", "dispatch_id")
    def _check_complained_about(self):
        """Send nobody to a customer who complains about him."""
        # sudo: a complaint counts whether or not the user may see it
        self.sudo().ticket_id._check_about_visits()
