# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

#: Orders that still follow a new decision of who pays.
OPEN_ORDERS = ("draft", "sent")


class RepairOrder(models.Model):
    """The repair of a machine that was sent in; who pays follows from the visit."""

    _name = "repair.order"
    _inherit = ["repair.order", "aftersales.guard.mixin"]

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Workshop Visit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
    )
    ticket_id = fields.Many2one(
        "aftersales.ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
    )
    customer_share = fields.Float(
        string="Customer Pays",
        readonly=True,
        copy=False,
        help="The customer's share of the parts, as the coverage of the visit decides.",
    )

    _dispatch_uniq = models.UniqueIndex(
        "(dispatch_id) WHERE dispatch_id IS NOT NULL AND state <> 'cancel'",
        "This visit has a repair order already.",
    )

    def _guarded_fields(self):
        """Keep what follows from the visit from being written by hand."""
        guarded = {"dispatch_id", "ticket_id", "customer_share"}
        if self.dispatch_id:
            guarded.add("under_warranty")
        return guarded

    # === WHO PAYS === #

    def _follow_coverage(self):
        """Let the repair charge what the coverage of its visit decides.

        A quotation that the customer has confirmed stays as it is.
        """
        for repair in self.sudo():  # sudo: follows from the decision, whoever takes it
            order = repair.sale_order_id
            if order and order.state not in OPEN_ORDERS:
                continue
            share = repair.dispatch_id._workshop_customer_share()
            repair.write({"customer_share": share, "under_warranty": not share})

    def _update_sale_order_line_price(self):
        """Charge the share of each part that its coverage leaves to the customer."""
        ours = self.filtered("dispatch_id")
        res = super(RepairOrder, self - ours)._update_sale_order_line_price()
        lines = ours.move_ids.sale_line_id
        open_ = lines.filtered(lambda line: line.order_id.state in OPEN_ORDERS)
        open_.move_ids._charge_by_coverage()
        return res

    # === STEPS === #

    def action_repair_start(self):
        res = super().action_repair_start()
        # sudo: whoever repairs needs no after-sales role
        self.sudo().dispatch_id._repair_started()
        return res

    def action_repair_done(self):
        res = super().action_repair_done()
        for repair in self.sudo().filtered("dispatch_id"):  # sudo: as above
            repair.dispatch_id._repair_done(repair)
        return res

    def action_view_workshop(self):
        """Open the visit for which the machine is repaired."""
        self.ensure_one()
        return self.dispatch_id._get_records_action()
