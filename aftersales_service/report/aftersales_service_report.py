# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What became of each report of a customer, for those who sell to him."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.aftersales_receipt import (
    MONEY_STATE_SELECTION,
    RECEIPT_STATE_SELECTION,
)
from ..models.aftersales_service_form import OUTCOME_SELECTION
from ..models.selections import SEVERITY_SELECTION, TYPE_SELECTION

#: From the report to the end; the furthest one counts.
STATE_SELECTION = [
    ("reported", "Just Reported"),
    ("planned", "Visit Planned"),
    ("work", "At Work"),
    ("solved", "Solved without a Visit"),
    ("signed", "Signed"),
    ("issued", "Receipt Issued"),
    ("handed", "Receipt Handed Over"),
    ("received", "Receipt at Finance"),
    ("reconciled", "Receipt Reconciled or Filed"),
    ("invoiced", "Invoiced"),
    ("paid", "Paid"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
INVOICE_STATE_SELECTION = [
    ("nothing", "Nothing Charged"),
    ("to_invoice", "To Invoice"),
    ("invoiced", "Invoiced"),
    ("paid", "Paid"),
]
#: States in which nothing more is waited for.
ENDED_STATES = ("closed", "cancelled")


class AftersalesServiceReport(models.Model):
    """One row for each visit of a ticket, or for a ticket without any.

    It is for people without a service role: it tells how far each service is, not what
    is talked about in it. Complaints about colleagues are left out altogether, merged
    tickets go on in another row.
    """

    _name = "aftersales.service.report"
    _description = "Service of Customers and Orders"
    _auto = False
    _rec_name = "reference"
    _rec_names_search = ["reference", "subject", "visit"]
    _order = "reported_at desc, id desc"
    # What the query below reads, so that it is written before.
    _depends = {
        "aftersales.ticket": [
            "cancel_reason",
            "closed_at",
            "company_id",
            "equipment_id",
            "is_about_colleague",
            "name",
            "partner_id",
            "commercial_partner_id",
            "reference",
            "reported_at",
            "severity",
            "solved_at",
            "state",
            "team_id",
            "ticket_type",
        ],
        "aftersales.dispatch": ["name", "scheduled_start", "state", "order_id"],
        "aftersales.dispatch.job": ["dispatch_id", "equipment_id", "ticket_id"],
        "aftersales.service.form": [
            "dispatch_id",
            "name",
            "outcome",
            "replaces_id",
            "signed_at",
        ],
        "aftersales.receipt": ["form_id", "money_state", "name", "state"],
        "aftersales.equipment": ["sale_order_id"],
        "aftersales.contract": ["end_date", "sale_order_id", "state", "user_id"],
        "aftersales.contract.line": [
            "contract_id",
            "date_from",
            "date_to",
            "equipment_id",
        ],
        "res.partner": ["user_id"],
        "sale.order": [
            "amount_total",
            "currency_id",
            "dispatch_id",
            "invoice_status",
            "state",
            "user_id",
        ],
        "sale.order.line": ["invoice_lines", "order_id"],
        "account.move": ["payment_state", "state"],
        "account.move.line": ["move_id"],
    }

    # The ticket and the visit are numbers here: who reads this may not open them.
    reference = fields.Char(string="Ticket", readonly=True)
    subject = fields.Char(readonly=True)
    visit = fields.Char(readonly=True)
    form_number = fields.Char(string="Service Form", readonly=True)
    receipt_number = fields.Char(string="Receipt", readonly=True)
    ticket_id = fields.Many2one(
        "aftersales.ticket", string="Service Ticket", readonly=True
    )
    dispatch_id = fields.Many2one(
        "aftersales.dispatch", string="Service Visit", readonly=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    commercial_partner_id = fields.Many2one(
        "res.partner", string="Customer Entity", readonly=True
    )
    equipment_id = fields.Many2one("aftersales.equipment", readonly=True)
    sale_order_id = fields.Many2one(
        "sale.order",
        string="Sold with",
        readonly=True,
        help="The order that delivered the machine.",
    )
    charge_order_id = fields.Many2one(
        "sale.order",
        string="Charged with",
        readonly=True,
        help="The order that charges the visit; the latest one of several.",
    )
    contract_id = fields.Many2one(
        "aftersales.contract",
        readonly=True,
        help="Under which the machine stood on the day of the report.",
    )
    contract_order_id = fields.Many2one(
        "sale.order", string="Contract Sold with", readonly=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        help="Of the order that sold the machine, else of the order that charges, of "
        "the contract or of the customer.",
    )
    order_user_id = fields.Many2one("res.users", readonly=True)
    charge_user_id = fields.Many2one("res.users", readonly=True)
    contract_user_id = fields.Many2one("res.users", readonly=True)
    partner_user_id = fields.Many2one("res.users", readonly=True)
    ticket_type = fields.Selection(TYPE_SELECTION, string="Type", readonly=True)
    severity = fields.Selection(SEVERITY_SELECTION, readonly=True)
    state = fields.Selection(STATE_SELECTION, string="Came to", readonly=True)
    outcome = fields.Selection(
        OUTCOME_SELECTION, string="The Customer Has", readonly=True
    )
    receipt_state = fields.Selection(
        RECEIPT_STATE_SELECTION, string="State of the Receipt", readonly=True
    )
    money_state = fields.Selection(MONEY_STATE_SELECTION, string="Money", readonly=True)
    invoice_state = fields.Selection(
        INVOICE_STATE_SELECTION, string="Charges", readonly=True
    )
    amount_charged = fields.Monetary(
        string="Charged",
        readonly=True,
        aggregator=None,
        help="What the orders of the visit come to, taxes included.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    reported_at = fields.Datetime(string="Reported", readonly=True)
    scheduled_start = fields.Datetime(string="Visit Planned for", readonly=True)
    signed_at = fields.Datetime(string="Signed On", readonly=True)
    solved_at = fields.Datetime(string="Solved On", readonly=True)
    closed_at = fields.Datetime(string="Closed On", readonly=True)

    # === THE QUERY === #

    @property
    def _table_query(self):
        """The rows; what costs a look into other tables is asked for only where one of
        its columns is read."""
        return SQL(
            "SELECT r.*, %s AS state, COALESCE("
            "r.order_user_id, r.charge_user_id, r.contract_user_id, r.partner_user_id"
            ") AS user_id FROM (%s) r",
            self._state_sql(),
            self._rows_sql(),
        )

    def _rows_sql(self):
        """Return the query of all columns but the state and the salesperson."""
        return SQL(
            """
            SELECT COALESCE(2 * job.id, 2 * ticket.id + 1) AS id,
                ticket.id AS ticket_id, visit.id AS dispatch_id,
                ticket.reference, ticket.name AS subject, visit.name AS visit,
                form.name AS form_number, receipt.name AS receipt_number,
                ticket.company_id, ticket.team_id, ticket.partner_id,
                ticket.commercial_partner_id, ticket.ticket_type, ticket.severity,
                machine.id AS equipment_id, machine.sale_order_id,
                visit.order_id AS charge_order_id, contract.id AS contract_id,
                sold.user_id AS order_user_id, charge.user_id AS charge_user_id,
                contract.user_id AS contract_user_id,
                contract.sale_order_id AS contract_order_id,
                COALESCE(partner.user_id, entity.user_id) AS partner_user_id,
                ticket.state AS ticket_state, visit.state AS visit_state,
                form.outcome, receipt.state AS receipt_state, receipt.money_state,
                %(invoice_state)s AS invoice_state,
                %(amount_charged)s AS amount_charged,
                charge.currency_id,
                ticket.reported_at, visit.scheduled_start, form.signed_at,
                ticket.solved_at, ticket.closed_at
            FROM aftersales_ticket ticket
            LEFT JOIN aftersales_dispatch_job job ON job.ticket_id = ticket.id
            LEFT JOIN aftersales_dispatch visit ON visit.id = job.dispatch_id
            LEFT JOIN aftersales_service_form form ON form.dispatch_id = visit.id
                AND NOT EXISTS (
                    SELECT FROM aftersales_service_form newer
                    WHERE newer.replaces_id = form.id
                )
            LEFT JOIN aftersales_receipt receipt ON receipt.form_id = form.id
            LEFT JOIN aftersales_equipment machine
                ON machine.id = COALESCE(job.equipment_id, ticket.equipment_id)
            LEFT JOIN aftersales_contract contract ON contract.id = (%(contract)s)
            LEFT JOIN sale_order sold ON sold.id = machine.sale_order_id
            LEFT JOIN sale_order charge ON charge.id = visit.order_id
            LEFT JOIN res_partner partner ON partner.id = ticket.partner_id
            LEFT JOIN res_partner entity ON entity.id = ticket.commercial_partner_id
            WHERE ticket.is_about_colleague IS NOT TRUE
                AND COALESCE(ticket.cancel_reason, '') NOT IN %(ended)s
            """,
            invoice_state=self._invoice_state_sql(),
            amount_charged=self._amount_charged_sql(),
            contract=self._contract_sql(),
            ended=("merged", "duplicate", "mistake"),
        )

    def _contract_sql(self):
        """Return the query of the contract that the machine stood under when it was
        reported: the one that lasts longest."""
        return SQL(
            """
            SELECT agreed.id FROM aftersales_contract_line line
            JOIN aftersales_contract agreed ON agreed.id = line.contract_id
            WHERE line.equipment_id = machine.id
                AND agreed.state NOT IN ('draft', 'waiting', 'cancelled')
                AND ticket.reported_at::date BETWEEN line.date_from AND line.date_to
            ORDER BY agreed.end_date DESC, agreed.id DESC LIMIT 1
            """
        )

    def _invoice_state_sql(self):
        """Return the query of what became of the orders of a visit, all together."""
        moves = SQL(
            """
            SELECT FROM sale_order_line line
            JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
            JOIN account_move_line item ON item.id = rel.invoice_line_id
            JOIN account_move move ON move.id = item.move_id
            WHERE line.order_id = o.id
            """
        )
        return SQL(
            """
            (SELECT CASE
                WHEN count(*) = 0 THEN 'nothing'
                WHEN NOT bool_and(
                    o.state = 'sale'
                    AND o.invoice_status IN ('invoiced', 'upselling')
                    AND EXISTS (%(moves)s AND move.state = 'posted')
                    AND NOT EXISTS (%(moves)s AND move.state = 'draft')
                ) THEN 'to_invoice'
                WHEN bool_and(NOT EXISTS (
                    %(moves)s AND move.state = 'posted'
                    AND move.payment_state NOT IN ('paid', 'in_payment', 'reversed')
                )) THEN 'paid'
                ELSE 'invoiced' END
            FROM sale_order o
            WHERE o.dispatch_id = visit.id AND o.state <> 'cancel'
                AND o.amount_total <> 0)
            """,
            moves=moves,
        )

    def _amount_charged_sql(self):
        return SQL(
            "(SELECT sum(o.amount_total) FROM sale_order o"
            " WHERE o.dispatch_id = visit.id AND o.state <> 'cancel')"
        )

    def _state_sql(self):
        """Return the expression of the furthest state of a row."""
        return SQL(
            """
            CASE
                WHEN r.ticket_state = 'cancelled' OR r.visit_state = 'cancelled'
                    THEN 'cancelled'
                WHEN r.ticket_state = 'closed' THEN 'closed'
                WHEN r.signed_at IS NULL THEN CASE
                    WHEN r.visit_state IN ('on_way', 'on_site', 'to_sign') THEN 'work'
                    WHEN r.visit_state = 'planned' THEN 'planned'
                    WHEN r.visit_state IS NULL AND r.ticket_state = 'solved'
                        THEN 'solved'
                    ELSE 'reported' END
                WHEN r.invoice_state IN ('paid', 'invoiced') THEN r.invoice_state
                WHEN r.receipt_state IN ('reconciled', 'filed') THEN 'reconciled'
                WHEN r.receipt_state IN ('issued', 'handed', 'received')
                    THEN r.receipt_state
                ELSE 'signed' END
            """
        )

    # === COUNTS AND ACTIONS === #

    @api.model
    def _count_by(self, field, records, domain=Domain.TRUE):
        """Count the rows of some records with one query.

        :param str field: many2one of this model that leads to the records
        :return: dict of id -> number, without those that have none
        """
        groups = self._read_group(
            Domain(field, "in", records.ids) & domain, [field], ["__count"]
        )
        return {record.id: count for record, count in groups}

    @api.model
    def _open(self, name, domain):
        """Return the action that lists some rows.

        :param str name: title of the list
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_service_report_action"
        )
        return {**action, "display_name": name, "domain": domain, "context": {}}

    def action_open_charge_order(self):
        self.ensure_one()
        return self.charge_order_id._get_records_action()

    def action_open_sale_order(self):
        self.ensure_one()
        return self.sale_order_id._get_records_action()

    def action_open_ticket(self):
        """Open the ticket, for those who may read it."""
        self.ensure_one()
        self.ticket_id.check_access("read")
        return self.ticket_id._get_records_action()
