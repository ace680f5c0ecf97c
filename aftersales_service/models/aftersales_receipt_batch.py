# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Envelopes: how receipts travel to finance."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .aftersales_receipt import KEPT_STATES
from .aftersales_receipt_step import CARRIERS

BATCH_REPORT = "aftersales_service.aftersales_receipt_batch_report"
BATCH_STATE_SELECTION = [
    ("open", "Open"),
    ("handed", "Handed Over"),
    ("received", "Received by Finance"),
]


class AftersalesReceiptBatch(models.Model):
    """An envelope with receipts, with a printed list and a barcode.

    Nobody has the right to write it: receipts are put in, taken out and received.
    """

    _name = "aftersales.receipt.batch"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _description = "Envelope of Receipts"
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char(
        string="Number", default="New", copy=False, readonly=True, required=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Handed Over By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    receipt_ids = fields.One2many(
        "aftersales.receipt", "batch_id", string="Receipts", readonly=True
    )
    handed_at = fields.Datetime(string="Handed Over On", readonly=True)
    state = fields.Selection(
        BATCH_STATE_SELECTION,
        compute="_compute_state",
        store=True,
        index=True,
        group_expand=True,
    )
    receipt_count = fields.Integer(
        string="Number of Receipts", compute="_compute_counts"
    )
    received_count = fields.Integer(
        string="Receipts Received", compute="_compute_counts"
    )
    can_hand_over = fields.Boolean(
        compute="_compute_rights", export_string_translation=False
    )
    can_receive = fields.Boolean(
        compute="_compute_rights", export_string_translation=False
    )

    _name_company_uniq = models.UniqueIndex(
        "(name, company_id) WHERE name <> 'New'", "The number of an envelope is unique."
    )

    # === COMPUTES === #

    @api.depends("handed_at", "receipt_ids.state")
    def _compute_state(self):
        for batch in self:
            states = set(batch.receipt_ids.mapped("state"))
            if not batch.handed_at:
                batch.state = "open"
            else:
                batch.state = "handed" if "handed" in states else "received"

    @api.depends("receipt_ids.state")
    def _compute_counts(self):
        rows = self.env["aftersales.receipt"]._read_group(
            [("batch_id", "in", self.ids)], ["batch_id", "state"], ["__count"]
        )
        counts = {batch: {} for batch in self}
        for batch, state, count in rows:
            counts[batch][state] = count
        for batch in self:
            own = counts[batch]
            batch.receipt_count = sum(own.values())
            batch.received_count = sum(
                count
                for state, count in own.items()
                if state in ("received", *KEPT_STATES)
            )

    @api.depends("state", "receipt_ids.state")
    @api.depends_context("uid")
    def _compute_rights(self):
        is_finance = self.env["res.users"]._has_aftersales_role("finance")
        for batch in self:
            batch.can_hand_over = (
                batch.state == "open"
                and "issued" in batch.receipt_ids.mapped("state")
                and batch._is_carrier()
            )
            batch.can_receive = (
                batch.state == "handed"
                and is_finance
                and any(batch.receipt_ids.mapped("can_receive"))
            )

    def _is_carrier(self):
        """Tell whether the user may hand over all receipts of this envelope."""
        self.ensure_one()
        return all(receipt._is_carrier() for receipt in self.receipt_ids)

    # === CRUD === #

    def _guarded_fields(self):
        return super()._guarded_fields() | {
            "company_id",
            "handed_at",
            "name",
            "receipt_ids",
            "user_id",
        }

    @api.model_create_multi
    def create(self, vals_list):
        Company = self.env["res.company"]
        companies = [
            Company.browse(vals.get("company_id")) or self.env.company
            for vals in vals_list
        ]
        numbers = self.env["ir.sequence"]._next_numbers(self._name, companies)
        return super().create(
            [
                {**vals, "name": number}
                for vals, number in zip(vals_list, numbers, strict=True)
            ]
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_empty(self):
        if any(batch.handed_at or batch.receipt_ids for batch in self):
            raise UserError(self.env._("Only an empty envelope can be deleted."))

    def _touch(self):
        """Make two who work on the same envelope at the same time meet."""
        if self.ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE aftersales_receipt_batch SET write_date = write_date"
                    " WHERE id IN %s",
                    tuple(self.ids),
                )
            )

    def _listed(self):
        """Return the receipts in the order in which paper and screen list them."""
        self.ensure_one()
        return self.receipt_ids.sorted(lambda receipt: (receipt.name, receipt.id))

    # === HANDING OVER === #

    def action_hand_over(self):
        """Close the envelope, and print the list that travels in it.

        :return: dict, the action that prints
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role(*CARRIERS)
        self._touch()
        receipts = self.receipt_ids.filtered(lambda r: r.state == "issued")
        if self.state != "open" or not receipts:
            raise UserError(
                self.env._("%s is empty, or handed over already.", self.name)
            )
        receipts._step("handed")
        # sudo: nobody has the right to write envelopes but through their buttons
        self.sudo().write({"handed_at": fields.Datetime.now(), "user_id": self.env.uid})
        return self.action_print()

    def action_print(self):
        """Print the list of what is in the envelope."""
        # config: the document layout that Odoo would ask for first is not used
        return self.env.ref(BATCH_REPORT).report_action(self, config=False)

    # === RECEIVING === #

    def action_receive(self):
        """Receive all that is in the envelope."""
        self.ensure_one()
        self._receive(self.receipt_ids)

    def _receive(self, receipts):
        """Receive what is in the envelope; what is missing goes back.

        :param receipts: `aftersales.receipt` records of this envelope that are there
        :raise AccessError, UserError: see `aftersales.receipt._step`
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("finance")
        self._touch()
        expected = self.receipt_ids.filtered(lambda r: r.state == "handed")
        if not expected:
            raise UserError(self.env._("Nothing of %s is to be received.", self.name))
        if receipts - self.receipt_ids:
            raise UserError(
                self.env._(
                    "These receipts are not in %(envelope)s: %(receipts)s",
                    envelope=self.name,
                    receipts=", ".join((receipts - self.receipt_ids).mapped("name")),
                )
            )
        missing = expected - receipts
        (expected & receipts)._step("received")
        missing._go_missing()

    def _forget_if_empty(self):
        """Let an envelope that everything was taken out of be as if never closed."""
        self.filtered(lambda batch: not batch.receipt_ids).handed_at = False


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def action_hand_over(self):
        """Put receipts into an envelope of their own, and open it.

        :return: dict, the action that opens it
        """
        self._check_into_envelope()
        batch = self.batch_id
        if not batch:
            # sudo: nobody has the right to write envelopes but through this method
            batch = self.env["aftersales.receipt.batch"].sudo()
            batch = batch.create(
                {"company_id": self.company_id.id, "user_id": self.env.uid}
            )
            self.sudo().batch_id = batch
        return batch.sudo(False)._get_records_action(name=self.env._("Envelope"))

    def action_hand_over_all(self):
        """Put all that the user still has into one envelope, and open it.

        :return: dict, the action that opens it
        """
        domain = [("state", "=", "issued"), ("user_id", "=", self.env.uid)]
        mine = self.search([*domain, ("batch_id", "=", False)], order="id")
        if not mine:
            # The envelope that he has not closed yet
            mine = self.search(domain, order="batch_id desc", limit=1).batch_id
            mine = mine.receipt_ids
        if not mine:
            raise UserError(self.env._("You have no receipt to hand over."))
        own = mine.filtered(lambda receipt: receipt.company_id == self.env.company)
        company = (own or mine)[0].company_id
        return mine.filtered(lambda r: r.company_id == company).action_hand_over()

    def _check_into_envelope(self):
        """Check that receipts may go into one envelope.

        :raise AccessError, UserError: otherwise
        """
        if not self:
            raise UserError(self.env._("Pick the receipts that you hand over."))
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role(*CARRIERS)
        self._touch()
        self._check_order("handed")
        self._check_carrier()
        if len(self.company_id) > 1:
            raise UserError(
                self.env._(
                    "Each company has its own finance: use one envelope for each."
                )
            )
        inside = self.filtered("batch_id")
        if inside and (inside != self or len(self.batch_id) > 1):
            raise UserError(
                self.env._(
                    "In an envelope already: %s",
                    ", ".join(
                        f"{receipt.name} ({receipt.batch_id.name})"
                        for receipt in inside
                    ),
                )
            )

    def action_take_out(self):
        """Take receipts out of their envelopes before finance has received them."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role(*CARRIERS)
        self._check_carrier()
        self._touch()
        for receipt in self:
            batch = receipt.batch_id.sudo()
            if not batch or receipt.state not in ("issued", "handed"):
                raise UserError(
                    self.env._("%s is in no envelope on its way.", receipt.name)
                )
            note = self.env._("Taken out of the envelope %s", batch.name)
            if receipt.state == "handed":
                receipt._step("issued", note)
            else:
                # sudo: as above, it goes the way it came
                receipt.sudo().batch_id = False
            batch._forget_if_empty()

    def _go_missing(self):
        """Send back what was in an envelope's list, but not in the envelope."""
        for batch, receipts in self.grouped("batch_id").items():
            note = self.env._("Missing from the envelope %s", batch.name)
            receipts._step("issued", note)
            batch.message_post(
                body=self.env._("Missing: %s", ", ".join(receipts.mapped("name")))
            )
