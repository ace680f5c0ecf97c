# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When charges are written: at the end of the work, and whenever the customer reads."""

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import canonical


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        # A signed visit that is opened for a correction has no stamp: what it charges
        # changes only with what is corrected.
        if state == "to_sign" and "finished_at" in stamps:
            self._write_charges()
            self._check_approved()
        elif state == "done":
            self._link_last_deliveries()
            self._write_costs()
        elif state == "cancelled":
            self._drop_quotes()
        return res

    def action_sign(self):
        self.ensure_one()
        self._check_worker()
        self._check_state("to_sign")
        self._settle_work()
        return super().action_sign()

    def action_send_acceptance(self):
        self.ensure_one()
        self._check_worker()
        self._check_state("to_sign")
        self._settle_work()
        return super().action_send_acceptance()

    def _settle_work(self):
        """Bring stock and charges to what the visit says, before the customer reads.

        Lines may have been corrected while the visit waited for the signature: charged
        parts are delivered by their moves, which come first.
        """
        self._post_parts()
        self._write_charges()
        if not self.form_id:
            # What was added since the work was finished is approved as well. Of what
            # was signed already the customer signs the correction.
            self._check_approved()

    def _link_last_deliveries(self):
        """Link what was moved again because a correction was taken back."""
        # sudo: follows from the signature, whoever records it
        for visit in self.sudo():
            moves = visit._linked_moves(visit.line_ids).filtered(
                lambda move: not move.sale_line_id
            )
            order = visit.order_id
            if moves and order and order._is_written_by_visit():
                visit._as_cashier()._link_deliveries(order, order.dispatch_rows or ())

    @api.ondelete(at_uninstall=False)
    def _unlink_quotes(self):
        """What is offered for a visit is offered no more without it."""
        self._drop_quotes()

    def action_keep_version(self):
        """What was said to the charges stands with the version that is kept.

        Who takes a correction back has asked nobody anew.
        """
        self.ensure_one()
        self._check_worker()
        self._check_state("to_sign")
        self._restore_answer()
        return super().action_keep_version()

    def _restore_answer(self):
        """Take over the answer of the signed version, if the charges are the same."""
        form = self.form_id
        signed = form._get_content().get("charges") if form else None
        if not signed:
            return
        accepted = signed["accepted"]
        now = {**self._charges_content(), "accepted": accepted}
        if canonical.content_hash(now) == canonical.content_hash(signed):
            answers = {True: "accepted", False: "declined"}
            # sudo: the answer is the customer's, who has signed it
            self.sudo().charges_accepted = answers.get(accepted, False)

    def _answer_charges(self, answer, reason=None):
        """Keep what the customer says about the charges while he signs from afar.

        :param str answer: accepted or declined
        :param str reason: why they are declined, if he says it
        """
        # sudo: the answer is the customer's
        self.sudo().write(
            {
                "charges_accepted": answer,
                "charges_reason": (answer == "declined" and reason) or False,
            }
        )

    def _charge_words(self):
        """Return what the customer pays, with its currency."""
        self.ensure_one()
        return self.currency_id.format(self.charge_total)

    def _check_charges_answered(self):
        """Refuse a signature that says nothing about the charges.

        :raise ValidationError: when something is charged and the customer has neither
            accepted nor declined it
        """
        self.ensure_one()
        if self.charge_total and not self.charges_accepted:
            raise ValidationError(
                self.env._(
                    "%(visit)s costs %(amount)s: before the customer signs, ask "
                    "whether the charges are accepted or declined.",
                    visit=self.name,
                    amount=self._charge_words(),
                )
            )

    def _charge_corrected(self):
        """What is entered after the work was finished is charged as well."""
        self.filtered(lambda visit: visit.state == "to_sign")._write_charges()

    def _settle_charges(self):
        """Order the difference that a decision after the signature makes.

        What was signed stays as it is: the statement says what was shown.
        """
        self.ensure_one()
        visit = self._as_cashier()
        visit._touch()
        order = visit._write_order(visit._charge_rows())
        if order:
            order._message_log(
                body=self.env._("Who pays was decided anew after %s.", visit.name)
            )

    def _tell_declined_charges(self):
        """Tell sales that a customer signed for the work but not for its charges."""
        for visit in self.filtered(lambda dispatch: dispatch.charges_accepted):
            # sudo: the activity is for those who may see the order
            order = visit.sudo()._charging_order()
            if visit.charges_accepted != "declined" or not order:
                continue
            user = visit._who_sells(order)
            if not user:
                continue
            order.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=order.with_context(lang=user.lang).env._("Charges declined"),
                # Typed by the customer, perhaps on a public page.
                note=Markup("<p>%s</p>") % (visit.charges_reason or ""),
                user_id=user.id,
            )

    def _charging_order(self):
        """Return the order that charges this visit: `sale.order`, possibly empty."""
        self.ensure_one()
        return self.order_id

    def _who_sells(self, order):
        """Find who is told about an order: its salesperson, or somebody who leads.

        :return: `res.users`, possibly empty
        """
        if order.user_id:
            return order.user_id
        # sudo: who is a sales manager, for whoever records the signature
        sellers = (
            self.env["res.users"]
            .sudo()
            .search(
                Domain(
                    "all_group_ids",
                    "in",
                    self.env.ref("sales_team.group_sale_manager").ids,
                )
                & Domain("company_ids", "in", order.company_id.ids)
                & Domain("share", "=", False),
                order="id",
                limit=1,
            )
        )
        return sellers or self.team_id.leader_id


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._charge_again()
        return lines

    def write(self, vals):
        res = super().write(vals)
        self._charge_again()
        return res

    def unlink(self):
        visits = self.dispatch_id
        res = super().unlink()
        visits._charge_corrected()
        return res

    def _charge_again(self):
        self.dispatch_id._charge_corrected()


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    @api.model
    def _sign(self, dispatch, values, at=None):
        """Take no signature without an answer to the charges; tell sales of a no.

        Who refuses the work, or is not there, gives no answer.

        :raise ValidationError: see `aftersales.dispatch._check_charges_answered`
        """
        if values["outcome"] in ("accepted", "remarks"):
            dispatch._check_charges_answered()
        else:
            dispatch._answer_charges(False)
        form = super()._sign(dispatch, values, at)
        dispatch._tell_declined_charges()
        return form


class AftersalesCoverage(models.Model):
    _inherit = "aftersales.coverage"

    @api.model
    def _record(self, vals_list, first=False):
        """What is decided otherwise than was signed is charged or credited."""
        new = super()._record(vals_list, first=first)
        settled = new.filtered(lambda c: c.settlement in ("charge", "credit"))
        for visit in settled.corrects_form_id.dispatch_id:
            if visit.state == "done":
                visit._settle_charges()
        return new
