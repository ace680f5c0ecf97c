# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Complaints: what is offered, what the customer says to it, and who decides then."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .aftersales_complaint_offer import ANSWER_SELECTION
from .aftersales_ticket_about import ACTIVITY_TYPE
from .aftersales_ticket_wait import WAIT_ROLES

#: Who settles a complaint with the customer.
COMPLAINT_ROLES = WAIT_ROLES
#: Answers after which a complaint may be closed.
SETTLED = ("accepted", "none")
STEP_SELECTION = [
    ("offer", "Nothing offered yet"),
    ("answer", "Waits for the customer's answer"),
    ("again", "Not accepted"),
    ("settled", "Settled"),
]


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    offer_ids = fields.One2many(
        "aftersales.complaint.offer", "ticket_id", string="Resolutions Offered"
    )
    customer_answer = fields.Selection(
        ANSWER_SELECTION,
        string="Customer's Answer",
        copy=False,
        readonly=True,
        tracking=True,
        help="To the last resolution that was offered.",
    )
    escalation_count = fields.Integer(
        string="Escalations",
        copy=False,
        readonly=True,
        help="How often the customer did not accept what was offered.",
    )
    unanswered_reason = fields.Char(
        string="Closed without an Answer Because",
        copy=False,
        readonly=True,
        tracking=True,
    )
    complaint_step = fields.Selection(
        STEP_SELECTION, string="Complaint", compute="_compute_complaint_step"
    )

    @api.depends("customer_answer", "offer_ids.answer", "ticket_type")
    def _compute_complaint_step(self):
        for ticket in self:
            if ticket.ticket_type != "complaint":
                ticket.complaint_step = False
            elif ticket.customer_answer in SETTLED:
                ticket.complaint_step = "settled"
            elif ticket.customer_answer == "refused":
                ticket.complaint_step = "again"
            else:
                offer = ticket._last_offer()
                waits = offer and not offer.answer
                ticket.complaint_step = "answer" if waits else "offer"

    def _guarded_fields(self):
        return super()._guarded_fields() | {
            "customer_answer",
            "escalation_count",
            "offer_ids",
            "unanswered_reason",
        }

    def write(self, vals):
        if vals.get("ticket_type", "complaint") != "complaint":
            self._check_not_laundered()
        return super().write(vals)

    # === STEPS === #

    def _check_complaint(self):
        """Check that the user may settle a complaint, and that there is one.

        :raise AccessError, UserError: otherwise
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*COMPLAINT_ROLES)
        self.check_access("write")
        if self.ticket_type != "complaint":
            raise UserError(
                self.env._("%s is no complaint.", self.display_name),
            )
        if self.state in ("closed", "cancelled"):
            raise UserError(
                self.env._("%s has ended. Reopen it first.", self.display_name)
            )

    def _last_offer(self):
        """Return what was offered last, empty where nothing was."""
        self.ensure_one()
        # Not by the order of the field: in memory the latest stands at the end.
        return self.offer_ids.sorted(lambda offer: (offer.offered_at, offer.id))[-1:]

    def _offer_resolution(self, text, way):
        """Offer the customer a resolution; by mail it is sent to him.

        It is an answer to the customer, whichever way he was told.

        :param str text: what is offered
        :param str way: one of WAY_SELECTION
        :raise AccessError, UserError: when the user may not, when an offer has no
            answer yet, or when there is no address for a mail
        """
        self._check_complaint()
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("Say what is offered."))
        if self.complaint_step in ("answer", "settled"):
            raise UserError(
                self.env._("Record first what the customer says to the last offer.")
                if self.complaint_step == "answer"
                else self.env._("The customer has answered: there is nothing to offer.")
            )
        if way == "mail":
            self._check_customer_address()
            self.message_post(
                body=plaintext2html(text),
                message_type="comment",
                partner_ids=self.partner_id.ids,
                subtype_xmlid="mail.mt_comment",
            )
        # sudo: kept from being written by hand
        ticket = self.sudo()
        ticket.env["aftersales.complaint.offer"].create(
            {
                "ticket_id": self.id,
                "text": text,
                "offered_at": fields.Datetime.now(),
                "offer_way": way,
                "user_id": self.env.uid,
            }
        )
        ticket.customer_answer = False
        if way != "mail":
            self._respond(reason=self.env._("Resolution offered to the customer"))
            self._note_step(self.env._("Resolution offered"), text)
        if kind := self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False):
            ticket.activity_ids.filtered(
                lambda one: (
                    one.activity_type_id == kind and one.user_id == self.env.user
                )
            ).action_feedback()

    def _record_customer_answer(self, answer, way, note=False, reason=False):
        """Note what the customer says to the last offer.

        One that is not accepted goes to the leader of the team at once, and counts.

        :param str answer: one of ANSWER_SELECTION
        :param str way: one of WAY_SELECTION
        :param str note: the customer's words, or how he was asked in vain
        :param str reason: why it is escalated, with `refused` and only with it
        :raise AccessError, UserError: when the user may not, or something is missing
        """
        self._check_complaint()
        offer = self._last_offer()
        if self.complaint_step != "answer":
            raise UserError(self.env._("There is no offer that waits for an answer."))
        note, reason = (note or "").strip(), (reason or "").strip()
        if answer == "none" and not note:
            raise UserError(
                self.env._("Say how and how often the customer was asked in vain.")
            )
        if answer == "refused" and not reason:
            raise UserError(self.env._("Say why: the leader of the team decides."))
        # sudo: kept from being written by hand
        offer.sudo().write(
            {
                "answer": answer,
                "answer_note": note,
                "answer_user_id": self.env.uid,
                "answer_way": way,
                "answered_at": fields.Datetime.now(),
                "escalation_reason": answer == "refused" and reason,
            }
        )
        # sudo: as above
        self.sudo().customer_answer = answer
        if answer == "refused":
            self._escalate(reason)

    def _escalate(self, reason):
        """Bring a complaint before who decides: the leader, else the managers.

        :param str reason: why the customer does not accept
        """
        # sudo: counted by what happens; others are told than those who work on it
        ticket = self.sudo()
        ticket.escalation_count += 1
        [people] = self._people_in_charge().values()
        self._note_step(self.env._("Not accepted, escalated"), reason)
        for user in people:
            ticket.activity_schedule(
                ACTIVITY_TYPE,
                automated=True,
                note=plaintext2html(reason),
                summary=ticket.with_context(lang=user.lang or self.env.lang).env._(
                    "The customer does not accept: you decide"
                ),
                user_id=user.id,
            )

    def _note_step(self, title, text):
        """Put a step into the chatter, where nobody outside is told of it."""
        body = plaintext2html(f"{title}\n\n{text}")
        self.message_post(body=body, subtype_xmlid="mail.mt_note")

    # === CLOSING === #

    def _check_step(self, state, resolution=None):
        res = super()._check_step(state, resolution)
        if state == "closed" and not self.env.su:
            self._check_customer_answered()
        return res

    def _check_customer_answered(self):
        """A complaint ends with the customer's answer, or with a manager's reason.

        :raise UserError: naming the first one without
        """
        for ticket in self:
            if ticket.ticket_type != "complaint" or ticket.unanswered_reason:
                continue
            if ticket.customer_answer not in SETTLED:
                raise UserError(
                    self.env._(
                        "%s can't be closed: the customer has not accepted anything "
                        "yet. Record the answer, or let a manager say why it is closed "
                        "without one.",
                        ticket.display_name,
                    )
                )

    def _close_unanswered(self, reason):
        """Close a complaint without the customer's answer, as a manager.

        :param str reason: why
        :raise AccessError, UserError: for anybody else, or without a reason
        """
        self.env["res.users"]._check_aftersales_role("manager")
        self._check_complaint()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why no answer of the customer is needed."))
        # sudo: kept from being written by hand
        self.sudo().unanswered_reason = reason
        self.action_close()

    def _check_not_laundered(self):
        """A complaint at work is not closed by calling it something else.

        :raise AccessError: for anybody but a dispatcher or a manager
        """
        if any(t.ticket_type == "complaint" and t.state != "new" for t in self):
            self.env["res.users"]._check_aftersales_role("dispatcher", "manager")

    def _mark_reopened(self, at):
        # sudo: kept from being written by hand; another end needs another reason
        self.sudo().filtered("unanswered_reason").unanswered_reason = False
        # What was accepted did not hold, so that something else can be offered. A
        # solved one is still the same matter.
        closed = self.sudo().filtered(lambda t: t.customer_answer and t.closed_at)
        closed.customer_answer = False
        return super()._mark_reopened(at)

    # === MERGING === #

    def _check_merge(self, original):
        super()._check_merge(original)
        if original.ticket_type == "complaint":
            return
        for ticket in self:
            if ticket.ticket_type == "complaint":
                raise UserError(
                    self.env._(
                        "%s is a complaint: it can go on only in another complaint.",
                        ticket.display_name,
                    )
                )

    def _move_values(self, stays):
        """Let what was offered go along; its answer is owed as before."""
        res = super()._move_values(stays)
        self.offer_ids.write({"ticket_id": stays.id})
        self.env.invalidate_all()
        stays.write(
            {
                "customer_answer": stays._last_offer().answer,
                "escalation_count": stays.escalation_count
                + sum(self.mapped("escalation_count")),
            }
        )
        return res

    # === ACTIONS === #

    def action_offer_resolution(self):
        """Open the dialog that offers the customer a resolution."""
        return self._complaint_dialog("offer")

    def action_record_answer(self):
        """Open the dialog that records the customer's answer."""
        return self._complaint_dialog("answer")

    def action_close_unanswered(self):
        """Open the dialog in which a manager closes without an answer."""
        return self._complaint_dialog("close")

    def _complaint_dialog(self, step):
        self._check_complaint()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"aftersales_service.aftersales_complaint_step_action_{step}"
        )
        action["context"] = {"default_ticket_id": self.id, "default_step": step}
        return action
