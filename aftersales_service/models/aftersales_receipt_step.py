# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The steps of a receipt: who did what, when, with which note."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .aftersales_receipt import KEPT_STATES, RECEIPT_STATE_SELECTION

#: From which states a state is reached.
ORDER = {
    "issued": ("handed",),
    "handed": ("issued",),
    # Back from the end when a payment is undone.
    "received": ("handed", *KEPT_STATES),
    "reconciled": ("received",),
    "filed": ("received",),
    "replaced": ("issued", "handed", "received"),
}
#: Who makes a step. Nobody: the system does, because something else happened.
CARRIERS = ("technician", "dispatcher", "manager")
ROLES = {
    "issued": (*CARRIERS, "finance"),
    "handed": CARRIERS,
    "received": ("finance",),
    "reconciled": ("finance",),
    "filed": ("finance",),
    "replaced": (),
}


class AftersalesReceiptStep(models.Model):
    """One step of a receipt: who, when, with which note; append-only."""

    _name = "aftersales.receipt.step"
    _description = "Step of a Receipt"
    _order = "id"
    _rec_name = "receipt_id"

    receipt_id = fields.Many2one(
        "aftersales.receipt",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="receipt_id.company_id", store=True)
    state = fields.Selection(
        RECEIPT_STATE_SELECTION, string="Step", required=True, readonly=True
    )
    user_id = fields.Many2one(
        "res.users", string="Person", required=True, readonly=True, ondelete="restrict"
    )
    at = fields.Datetime(
        string="When", required=True, readonly=True, default=fields.Datetime.now
    )
    batch_id = fields.Many2one(
        "aftersales.receipt.batch",
        string="Envelope",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    note = fields.Char(readonly=True)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The steps of a receipt can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The steps of a receipt can't be deleted."))


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def _step(self, state, note=None):
        """Move receipts to a state: the only writer of it.

        :param str state: the state that is reached
        :param str note: what is to be known of this step
        :raise AccessError: when this user may not make the step; with sudo the system
            makes it, in his name
        :raise UserError: when a receipt is not where the step begins
        """
        if not self:
            return
        self.check_access("read")
        # Of two who make a step at the same time one has to try again, and finds it
        # made.
        self._touch()
        self._check_step(state)
        # The step names the envelope, also the one that is left by it.
        batches = {receipt.id: receipt.batch_id.id for receipt in self.sudo()}
        # sudo: nobody has the right to write receipts but through this method
        self.sudo().write(self._step_values(state))
        self._log_step(note, batches)
        self._stepped(state)

    def _check_step(self, state):
        """Check that a step is next, and that this user may make it.

        :raise AccessError, UserError: otherwise
        """
        self._check_order(state)
        if not self.env.su:
            self._check_role(state)
        for receipt in self:
            if state == "received" and receipt.state == "handed":
                receipt._check_second_person()
            if state == "reconciled":
                receipt._check_settled()

    def _check_order(self, state):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for receipt in self:
            if receipt.state not in ORDER[state]:
                raise UserError(
                    self.env._(
                        "%(receipt)s is in the state %(state)s: this step is not "
                        "possible now.",
                        receipt=receipt.name,
                        state=labels[receipt.state],
                    )
                )

    def _check_role(self, state):
        by_hand = ROLES[state] and not (
            state == "received" and set(self.mapped("state")) & set(KEPT_STATES)
        )
        if not by_hand:
            raise AccessError(
                self.env._("This step follows from what happens, nobody makes it.")
            )
        roles = self.env["res.users"]
        roles._check_aftersales_role(*ROLES[state])
        if state == "handed" or (
            state == "issued" and not roles._has_aftersales_role("finance")
        ):
            self._check_carrier()
        if state == "filed":
            self._check_filing()

    def _check_carrier(self):
        """Let technicians move their own receipts only.

        :raise AccessError: otherwise
        """
        for receipt in self:
            if not receipt._is_carrier():
                raise AccessError(
                    self.env._(
                        "%(receipt)s is handed over by who was there (%(people)s), by "
                        "a dispatcher or by a manager.",
                        receipt=receipt.name,
                        # sudo: the names, for the message
                        people=", ".join(receipt.sudo().holder_ids.mapped("name")),
                    )
                )

    def _check_second_person(self):
        """Let nobody receive what he has handed over himself.

        :raise AccessError: otherwise, also with sudo
        """
        if self._is_involved():
            raise AccessError(
                self.env._(
                    "You have handed over %s, or worked for it: somebody else of "
                    "finance has to receive it.",
                    self.name,
                )
            )

    def _check_settled(self):
        """Refuse to reconcile a receipt whose money is open.

        :raise UserError: otherwise, also with sudo
        """
        if not self._is_settled():
            raise UserError(
                self.env._(
                    "The money of %s is not settled: it can't be reconciled.",
                    self.name,
                )
            )

    def _check_filing(self):
        """Refuse to file receipts whose money has not come.

        :raise UserError: otherwise
        """
        for receipt in self:
            if not receipt._may_be_filed():
                raise UserError(
                    self.env._(
                        "Money belongs to %s: it is reconciled, not filed.",
                        receipt.name,
                    )
                )

    def _step_values(self, state):
        """Return what is written with a state."""
        now, user = fields.Datetime.now(), self.env.uid
        stamps = {
            "issued": {"handed_at": False, "handed_by_id": False, "batch_id": False},
            "handed": {"handed_at": now, "handed_by_id": user},
            "received": {"received_at": now, "received_by_id": user},
        }
        if state == "received" and not set(self.mapped("state")) & {"handed"}:
            stamps = {}  # back from the end: it was received before
        return {"state": state, **stamps.get(state, {})}

    def _log_step(self, note=None, batches=None):
        """Add a row to the steps of receipts that says where they are now.

        Where a receipt begins, it is who recorded the form that began it.

        :param str note: what is to be known of it
        :param dict batches: ids of the envelopes they were in, by ids of receipts; by
            default those they are in
        """
        now = fields.Datetime.now()
        batches = batches or {}
        # sudo: nobody has the right to write steps
        self.env["aftersales.receipt.step"].sudo().create(
            [
                {
                    "receipt_id": receipt.id,
                    "state": receipt.state,
                    "user_id": self.env.uid
                    if receipt.step_ids
                    else receipt.form_id.recorded_by.id,
                    "at": now,
                    "batch_id": batches.get(receipt.id, receipt.batch_id.id),
                    "note": note,
                }
                for receipt in self.sudo()
            ]
        )

    def _stepped(self, state):
        """Do what follows from a step.

        :param str state: the state that was reached
        """

    # === BUTTONS === #

    def action_receive(self):
        """Take over what came to finance."""
        self._step("received")

    def action_file(self):
        """File what no money belongs to."""
        self._step("filed")
