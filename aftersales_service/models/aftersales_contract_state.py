# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The states of a contract: the days decide, and what people agree on."""

from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .aftersales_contract import ENDED_STATES, NOT_AGREED_STATES

DAY = timedelta(days=1)
UNSIGNED_ACTIVITY_TYPE = "aftersales_service.mail_activity_type_contract_unsigned"


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    # === WHAT THE DAYS SAY === #

    @api.model
    def _in_force_domain(self, day):
        """Find contracts that pay for what happens on a day.

        :param date day: a day at the companies
        :return: `Domain`
        """
        paused = Domain("date_from", "<=", day) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", day)
        )
        return (
            Domain("state", "not in", NOT_AGREED_STATES)
            & Domain("start_date", "<=", day)
            & Domain("end_date", ">=", day)
            & (Domain("cancelled_on", "=", False) | Domain("cancelled_on", ">", day))
            & ~Domain("pause_ids", "any", paused)
        )

    def _in_force_on(self, day):
        """Tell whether this contract pays for what happens on a day.

        The days decide, not when somebody asks: what happened on the last day is
        covered although the contract has expired since, and a contract that was signed
        ahead covers from its first day on.

        :param date day: a day at the company
        :return: bool
        """
        self.ensure_one()
        return (
            self.state not in NOT_AGREED_STATES
            and self.start_date <= day <= self.end_date
            and not (self.cancelled_on and self.cancelled_on <= day)
            and not any(pause._holds(day) for pause in self.pause_ids)
        )

    def _state_on(self, day):
        """Return the state that this contract has on a day, once it is agreed.

        :param date day: a day at the company
        """
        self.ensure_one()
        if self.cancelled_on and self.cancelled_on <= day:
            return "cancelled"
        if self.end_date < day:
            return "renewed" if self._agreed_renewals() else "expired"
        if any(pause._holds(day) for pause in self.pause_ids):
            return "suspended"
        notice = self._notice_day()
        return "expiring" if notice and notice <= day else "active"

    def _agreed_renewals(self):
        """Return the contracts that the customer agreed to as the next one of this."""
        return self.renewal_ids.filtered(
            lambda c: c.state not in (*NOT_AGREED_STATES, "cancelled")
        )

    def _notice_day(self):
        """Return the day on which the renewal is quoted, or False for never."""
        self.ensure_one()
        days = self.renewal_notice_days
        return bool(days and self.end_date) and max(
            self.start_date, self.end_date - days * DAY
        )

    # === THE WRITER === #

    def _contract_changed(self):
        """Let whatever depends on these contracts follow; a hook.

        Called after every change of a state or of days that are covered, when it is in
        the database; what is decided about their machines is decided again.

        :return: the `aftersales.equipment` that these contracts are or were about
        """
        # sudo: what follows does, whoever changes the contract
        return self.sudo().line_ids.equipment_id

    def _set_state(self, state, **vals):
        """Write the state of these contracts; nothing else does.

        :param str state: of `CONTRACT_STATE_SELECTION`
        :param vals: what is written with it
        :raise UserError: when the state can't follow on the present one
        """
        self._check_next(state)
        # sudo: the state follows from what happens, and is written by nobody
        contracts = self.sudo()
        offers = contracts.filtered(lambda c: c.state in NOT_AGREED_STATES)
        contracts.write({"state": state, **vals})
        for today, same in contracts._by_today():
            if state == "waiting":
                same.write({"waiting_since": today, "moved_on": today})
            elif state == "cancelled":
                same._date_cancellation(today, offers)
        contracts._contract_changed()
        ended = contracts.renews_id.filtered(
            lambda c: c.state in ("expired", "renewed")
        )
        moved = ended.filtered(lambda c: c._state_on(c._today()) != c.state)
        if moved:
            moved._catch_up()

    def _date_cancellation(self, today, offers):
        """Keep from when on cancelled contracts don't cover; offers never did.

        :param date today: for those that nobody gave a day
        :param offers: those that were not agreed
        """
        for contract in self:
            if contract in offers:
                contract.cancelled_on = min(contract.start_date, today)
            elif not contract.cancelled_on:
                contract.cancelled_on = today

    def _check_next(self, state):
        """Refuse states that can't follow on the present ones.

        :raise UserError: naming the first contract
        """
        for contract in self:
            # What was agreed can end, but it can't become an offer again.
            if state != contract.state and (
                contract.state == "cancelled"
                or state == "draft"
                or (state == "waiting" and contract.state != "draft")
            ):
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(contract)s is %(state)s and can't become %(next)s.",
                        contract=contract.name,
                        state=labels[contract.state],
                        next=labels[state],
                    )
                )

    def _catch_up(self):
        """Give agreed contracts the states that their days ask for."""
        for today, contracts in self.sudo()._by_today():
            states = contracts.grouped(lambda c, today=today: c._state_on(today))
            for state, same in states.items():
                same._set_state(state, moved_on=today)

    def _take_turn(self):
        """Let one session at a time change these contracts.

        Both update the row: the second one is refused by the database, starts anew, and
        sees what the first one did.
        """
        if not self:
            return
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_contract SET write_date = write_date WHERE id IN %s",
                tuple(sorted(self.ids)),
            )
        )

    # === STEPS === #

    def _activate(self, signed_by=None, signed_on=None, signature=None):
        """The customer has agreed: drafts and waiting contracts take effect.

        Safe to repeat: what was agreed before stays as it is.

        :param str signed_by: name of who signed, if somebody did
        :param datetime signed_on: when
        :param signature: base64 of the picture
        """
        # sudo: the customer does, on the portal or by paying
        contracts = self.sudo().filtered(lambda c: c.state in NOT_AGREED_STATES)
        if not contracts:
            return
        signed = {
            "signed_by": signed_by,
            "signed_on": signed_on,
            "signature": signature,
        }
        signed = {name: value for name, value in signed.items() if value}
        if signed:
            contracts.write(signed)
        contracts._catch_up()
        contracts.activity_unlink([UNSIGNED_ACTIVITY_TYPE])

    def _await_signature(self):
        """Offer drafts to the customer: they wait for his signature."""
        self.sudo().filtered(lambda c: c.state == "draft")._set_state("waiting")

    def _suspend(self, day, reason):
        """Suspend agreed contracts from a day on, until they are resumed.

        :param date day: first day that is not covered; it may be still to come
        :param str reason: as it is kept
        :raise UserError: for a day that can't be
        """
        self._check_agreed_state()
        self._check_in_term(day)
        self._take_turn()
        # sudo: pauses are written by this step only
        self.env["aftersales.contract.pause"].sudo().create(
            [
                {
                    "contract_id": contract.id,
                    "date_from": day,
                    "reason": reason,
                    "user_id": self.env.uid,
                }
                for contract in self
            ]
        )
        self._note(
            self.env._("Suspended from %s on", format_date(self.env, day)), reason
        )
        self._catch_up()

    def _resume(self, day, reason=None):
        """End the present pause, or the one that is planned.

        :param date day: first day that is covered again
        :param str reason: why, if there is something to say
        :raise UserError: when there is nothing to resume, or for a day that can't be
        """
        self._take_turn()
        for contract in self.sudo():
            pause = contract._pause_to_end()
            if not pause:
                raise UserError(self.env._("%s is not suspended.", contract.name))
            if day < pause.date_from:
                raise UserError(
                    self.env._(
                        "%(contract)s is suspended from %(date)s on: choose this day "
                        "or a later one.",
                        contract=contract.name,
                        date=format_date(self.env, pause.date_from),
                    )
                )
            pause.write({"date_to": day - DAY, "resume_reason": reason})
        self._note(self.env._("Resumed on %s", format_date(self.env, day)), reason)
        self._catch_up()
        self._make_up_for_renewal()

    def _pause_to_end(self):
        """Return the pause of this contract that lasts, or is still to come."""
        self.ensure_one()
        return self.pause_ids.filtered(lambda pause: not pause.date_to)[:1]

    def _cancel(self, reason, day=None):
        """Cancel contracts from a day on; what was never agreed is cancelled at once.

        :param str reason: as it is kept and printed
        :param date day: first day that is not covered; by default today
        :raise UserError: when one has ended already
        """
        self._check_not_ended()
        self._take_turn()
        # sudo: written by this step only
        contracts = self.sudo()
        for today, same in contracts._by_today():
            same.write({"cancelled_on": day or today, "cancel_reason": reason})
        offers = contracts.filtered(lambda c: c.state in NOT_AGREED_STATES)
        if offers:
            offers._set_state("cancelled")
        agreed = contracts - offers
        if agreed:
            agreed._catch_up()

    def _withdraw_cancellation(self, reason=None):
        """Let contracts go on whose cancellation was still to come."""
        self._take_turn()
        planned = self.filtered(
            lambda c: c.cancelled_on and c.state not in ENDED_STATES
        )
        if not planned:
            raise UserError(self.env._("No cancellation is still to come."))
        # sudo: written by steps only
        planned.sudo().write({"cancelled_on": False, "cancel_reason": False})
        planned._note(self.env._("The cancellation was withdrawn"), reason)
        planned._catch_up()
        planned._make_up_for_renewal()

    def _note(self, title, reason=None):
        """Put a step with its reason into the chatter."""
        text = f"{title}: {reason}" if reason else title
        for contract in self:
            contract.message_post(body=text, subtype_xmlid="mail.mt_note")

    # === CHECKS === #

    def _check_agreed_state(self):
        """Refuse steps on what was not agreed or has ended.

        :raise UserError: naming the first contract
        """
        for contract in self:
            if contract.state in (*NOT_AGREED_STATES, *ENDED_STATES):
                raise UserError(
                    self.env._("%s is not in force: nothing to do.", contract.name)
                )

    def _check_not_ended(self):
        """Refuse steps on what has ended.

        :raise UserError: naming the first contract
        """
        for contract in self:
            if contract.state in ENDED_STATES:
                raise UserError(self.env._("%s has ended already.", contract.name))

    def _check_in_term(self, day):
        """Refuse days outside the contract.

        :raise UserError: naming the first contract with its days
        """
        for contract in self:
            if not contract.start_date <= day <= contract.end_date:
                raise UserError(
                    self.env._(
                        "%(contract)s runs from %(start)s to %(end)s: choose a day "
                        "within.",
                        contract=contract.name,
                        start=format_date(self.env, contract.start_date),
                        end=format_date(self.env, contract.end_date),
                    )
                )
