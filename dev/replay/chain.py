"""Who pays for a repair, and its receipt on the way to finance, each by its role.

One repair is free by the warranty, one by a contract that is sold for it, one is paid
by the customer. Their receipts travel in one envelope. As in `service`, every step
looks first whether it was taken already.
"""

from datetime import date, timedelta

from . import complaints as c
from . import mails, papers
from .service import ENDINGS, Visit

#: Who pays for the three visits of `service`.
PAYERS = dict(zip(ENDINGS, ("warranty", "contract", "customer"), strict=True))
#: How old the machine is that is under warranty, and how old the others are, in days.
NEW, OLD = 60, 1500
TERM = "Replay Warranty"
CONTRACT = "Replay Service Contract"
#: Everything free, also the way.
SHARES = {"parts_share": 1.0, "labour_share": 1.0, "travel_share": 1.0}


class ChainBroken(Exception):
    """The chain did not come to its end; the text says where."""


def find_or_make(user, model, name, **values):
    """Return the id of the record of a name, made now where there is none."""
    found = user.read(model, [("name", "=", name)], ["id"])
    if found:
        return found[0]["id"]
    return user.call(model, "create", vals_list=[{"name": name, **values}])[0]


def offers(people):
    """Make what is promised: the warranty, and the contract that sales offers.

    :return: dict with the ids of the term and of the contract's product
    """
    manager, admin = people["manager"], people["admin"]
    term = find_or_make(
        manager, "aftersales.warranty.term", TERM, duration=12, **SHARES
    )
    template = find_or_make(manager, "aftersales.contract.template", CONTRACT, **SHARES)
    product = find_or_make(
        admin,
        "product.product",
        CONTRACT,
        type="service",
        service_tracking="aftersales_contract",
        aftersales_contract_template_id=template,
        list_price=480.0,
    )
    return {"term_id": term, "product_id": product}


class Repair(Visit):
    """A visit with the machine it is for and with who pays for it."""

    def __init__(self, people, place, complaint, ticket_id, ending):
        super().__init__(people, place, complaint, ticket_id, ending)
        self.payer = PAYERS[ending]
        self.machine_id = None

    def carry(self):
        """Take all steps up to the signature."""
        self._know_machine()
        self._assign()
        self._respond()
        if self.payer == "contract":
            self._sell_contract()
        self._plan()
        self._work()
        self._sign()
        self._correct()

    def _liability(self):
        return "manufacturing" if self.payer == "warranty" else "wear"

    # === THE MACHINE AND WHO PAYS === #

    def _know_machine(self):
        """Let the machine be entered, and intake say which it is.

        A warranty from before is entered by a manager.
        """
        ticket = self._ticket("equipment_id", "partner_id")
        if ticket["equipment_id"]:
            self.machine_id = ticket["equipment_id"][0]
            return
        row = self.complaint.rows[0]
        registrar = self.people["manager" if self.payer == "warranty" else "dispatcher"]
        serial = f"{row[c.SERIAL]}-{self.complaint.number}"
        found = registrar.read(
            "aftersales.equipment", [("serial_number", "=", serial)], ["id"]
        )
        values = {
            "product_name": row.product,
            "serial_number": serial,
            "partner_id": ticket["partner_id"][0],
            "delivery_date": str(date.today() - timedelta(days=OLD)),
        }
        if self.payer == "warranty":
            values["delivery_date"] = str(date.today() - timedelta(days=NEW))
            values["entry_term_id"] = self.place["term_id"]
        self.machine_id = (
            found[0]["id"]
            if found
            else registrar.call("aftersales.equipment", "create", vals_list=[values])[0]
        )
        self._as(
            "intake",
            "aftersales.ticket",
            "write",
            [self.ticket_id],
            vals={"equipment_id": self.machine_id},
        )

    def _sell_contract(self):
        """Let sales quote a contract for the machine, and the customer sign it."""
        seller = self.people["seller"]
        mine = [("order_line.aftersales_equipment_ids", "in", [self.machine_id])]
        orders = seller.read("sale.order", mine, ["state"])
        if not orders:
            self._quote()
            orders = seller.read("sale.order", mine, ["state"])
        order = orders[0]
        if order["state"] == "draft":
            seller.call("sale.order", "action_quotation_sent", ids=[order["id"]])
        if order["state"] in ("draft", "sent"):
            link = seller.call("sale.order", "get_portal_url", ids=[order["id"]])
            customer = mails.sender_name(self.complaint)
            seller.post_as_customer(
                f"/my/orders/{order['id']}/accept",
                {
                    "access_token": link.partition("access_token=")[2].split("&")[0],
                    "name": customer,
                    "signature": papers.signature(customer),
                },
            )

    def _quote(self):
        """Let intake ask sales, and the salesperson quote for that machine."""
        model = "aftersales.contract.quote"
        asked = self._as(
            "intake", "aftersales.ticket", "action_quote_contract", [self.ticket_id]
        )
        seller = self.people["seller"]
        ids = [asked["res_id"]]
        self._as("intake", model, "write", ids, vals={"salesperson_id": seller.id})
        self._as("intake", model, "action_ask", ids)
        opened = seller.call(
            "aftersales.equipment", "action_quote_contract", ids=[self.machine_id]
        )
        ids = [opened["res_id"]]
        values = {"product_id": self.place["product_id"], "covers_ticket": True}
        seller.call(model, "write", ids=ids, vals=values)
        seller.call(model, "action_quote", ids=ids)

    # === THE RECEIPT === #

    def receipt(self, *fields):
        """Return the receipt of the version that counts, as finance sees it."""
        domain = [("dispatch_id", "=", self.dispatch_id), ("state", "!=", "replaced")]
        found = self.people["finance"].read("aftersales.receipt", domain, fields)
        if len(found) != 1:
            raise ChainBroken(f"There are {len(found)} receipts of one visit.")
        return found[0]

    def settle(self):
        """Invoice what is charged, book what was paid for it, and end the receipt."""
        for order in self._orders():
            self._invoice(order)
        finance, model = self.people["finance"], "aftersales.receipt"
        receipt = self.receipt("state", "money_state", "amount_open")
        ids = [receipt["id"]]
        if receipt["state"] == "received" and receipt["amount_open"]:
            opened = finance.call(model, "action_register_payment", ids=ids)
            finance.call(f"{model}.payment", "action_register", ids=[opened["res_id"]])
        elif receipt["state"] == "received" and receipt["money_state"] == "none":
            finance.call(model, "action_file", ids=ids)

    def _orders(self):
        """Return the orders that charge the visit, as sales sees them."""
        domain = [("dispatch_id", "=", self.dispatch_id), ("state", "!=", "cancel")]
        fields = ["state", "invoice_ids"]
        return self.people["seller"].read("sale.order", domain, fields)

    def _invoice(self, order):
        """Let sales confirm and invoice an order, and finance post the invoice."""
        seller, finance = self.people["seller"], self.people["finance"]
        ids = [order["id"]]
        if order["state"] != "sale":
            seller.call("sale.order", "action_confirm", ids=ids)
        domain = [("id", "=", order["id"])]
        order = seller.read("sale.order", domain, ["invoice_status", "invoice_ids"])[0]
        if order["invoice_status"] == "to invoice" and not order["invoice_ids"]:
            context = {"active_model": "sale.order", "active_ids": ids}
            wizard = seller.call(
                "sale.advance.payment.inv",
                "create",
                vals_list=[{"advance_payment_method": "delivered"}],
                context=context,
            )
            seller.call(
                "sale.advance.payment.inv",
                "create_invoices",
                ids=wizard,
                context=context,
            )
            order = seller.read("sale.order", domain, ["invoice_ids"])[0]
        drafts = [("id", "in", order["invoice_ids"]), ("state", "=", "draft")]
        for move in finance.read("account.move", drafts, ["id"]):
            finance.call("account.move", "action_post", ids=[move["id"]])


def hand_over(people, repairs):
    """Bring the receipts of all repairs to finance, in one envelope.

    :return: id of the envelope
    """
    technician, finance = people["technician"], people["finance"]
    model = "aftersales.receipt"
    receipts = [repair.receipt("state", "batch_id") for repair in repairs]
    issued = [one["id"] for one in receipts if one["state"] == "issued"]
    if issued:
        # A run that was killed may have left the envelope open.
        opened = technician.call(model, "action_hand_over", ids=issued)
        technician.call(f"{model}.batch", "action_hand_over", ids=[opened["res_id"]])
    receipts = [repair.receipt("state", "batch_id") for repair in repairs]
    envelopes = sorted({one["batch_id"][0] for one in receipts if one["batch_id"]})
    if not envelopes:
        raise ChainBroken("The receipts lie in no envelope.")
    if any(one["state"] == "handed" for one in receipts):
        finance.call(f"{model}.batch", "action_receive", ids=envelopes)
    return envelopes[-1]


def finish(people, repairs):
    """Bring the receipts of all repairs to their end, and see their tickets close.

    :return: tuple of the envelope's id and a list with a dict for each repair: payer,
        receipt, money, owed, paid
    :raise ChainBroken: when a receipt or a ticket stays open
    """
    if not repairs:
        return None, []
    envelope = hand_over(people, repairs)
    told = []
    for repair in repairs:
        repair.settle()
        receipt = repair.receipt("state", "money_state", "amount_owed", "amount_paid")
        if receipt["state"] not in ("filed", "reconciled"):
            raise ChainBroken(
                f"The receipt of the repair that the {repair.payer} pays is"
                f" {receipt['state']}, its money {receipt['money_state']}."
            )
        told.append(
            {
                "payer": repair.payer,
                "receipt": receipt["state"],
                "money": receipt["money_state"],
                "owed": receipt["amount_owed"],
                "paid": receipt["amount_paid"],
            }
        )
        ticket = repair._ticket("state", "closing_missing")
        if ticket["state"] != "closed":
            raise ChainBroken(f"Not closed yet: {ticket['closing_missing']}")
    return envelope, told
