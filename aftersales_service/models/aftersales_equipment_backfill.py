# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class AftersalesEquipmentBackfill(models.Model):
    """A run that creates equipment from past deliveries, in batches.

    It goes through the moves in the order of their dates, keeps how far it has come
    and can be stopped, killed and repeated: what has been processed is left out.
    """

    _name = "aftersales.equipment.backfill"
    _inherit = "aftersales.guard.mixin"
    _description = "Equipment from Past Deliveries"
    _order = "id desc"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [
            ("draft", "To Start"),
            ("running", "Running"),
            ("stopped", "Stopped"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
    )
    date_from = fields.Date(
        string="From", help="First day of the deliveries. Empty: from the beginning."
    )
    date_to = fields.Date(
        string="To", help="Last day of the deliveries. Empty: until now."
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        domain="[('aftersales_is_serviced', '=', True)]",
        help="Empty: all products that are serviced after sale.",
    )

    # Preview
    line_ids = fields.One2many(
        "aftersales.equipment.backfill.line",
        "backfill_id",
        string="Preview",
        readonly=True,
    )
    sample = fields.Html(readonly=True, copy=False, help="Some of the deliveries.")
    is_previewed = fields.Boolean(readonly=True, copy=False)

    # Progress
    total_count = fields.Integer(string="Transfers", readonly=True, copy=False)
    done_count = fields.Integer(string="Processed", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress", help="In percent.")
    created_count = fields.Integer(string="Created", readonly=True, copy=False)
    delivered_count = fields.Integer(string="Delivered", readonly=True, copy=False)
    returned_count = fields.Integer(string="Returned", readonly=True, copy=False)
    issue_ids = fields.One2many(
        "aftersales.equipment.backfill.issue",
        "backfill_id",
        string="Problems",
        readonly=True,
    )
    issue_count = fields.Integer(string="Problems Found", readonly=True, copy=False)
    cursor_date = fields.Datetime(
        readonly=True, copy=False, export_string_translation=False
    )
    cursor_id = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )
    until = fields.Datetime(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What is done later is no past delivery.",
    )

    _running_uniq = models.UniqueIndex(
        "(company_id) WHERE state = 'running'",
        "Past deliveries of this company are being processed already.",
    )
    _order_of_dates = models.Constraint(
        "CHECK(date_to >= date_from)", "The last day can't be before the first."
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {
            name
            for name, field in self._fields.items()
            if field.readonly and field.store
        }

    @api.depends("total_count", "done_count", "state")
    def _compute_progress(self):
        for run in self:
            share = run.done_count / run.total_count if run.total_count else 0.0
            run.progress = 100.0 if run.state == "done" else min(100.0 * share, 100.0)

    @api.depends("date_from", "date_to", "company_id")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._(
                "Past deliveries of %(company)s, %(first)s – %(last)s",
                company=run.company_id.display_name,
                first=run.date_from or "…",
                last=run.date_to or "…",
            )

    # === ACTIONS === #

    @api.model
    def action_open(self):
        """Open the run that is not done, or a new one, as a dialog."""
        self.env["res.users"]._check_aftersales_role("manager")
        run = self.search(
            [("company_id", "=", self.env.company.id), ("state", "!=", "done")],
            limit=1,
        )
        return run._get_dialog()

    def action_preview(self):
        """Show what would be created; create nothing."""
        self._check_run("draft", "stopped")
        # sudo: counters and the preview are kept from being written by hand
        run = self.sudo()
        run.line_ids.unlink()
        rows = self.env.execute_query(run._preview_query())
        lines = [
            dict(
                zip(
                    ("product_id", "delivery_count", "return_count", "known_count"),
                    row,
                    strict=True,
                ),
                backfill_id=run.id,
            )
            for row in rows
        ]
        units = dict(self.env.execute_query(run._units_query()))
        for line in lines:
            line["equipment_count"] = units.get(line["product_id"], 0)
        self.env["aftersales.equipment.backfill.line"].sudo().create(lines)
        run.write({"sample": run._render_sample(), "is_previewed": True})
        return self._get_dialog()

    def action_start(self):
        """Begin, or go on where it was stopped."""
        self._check_run("draft", "stopped")
        # sudo: the state follows from what is done
        run = self.sudo()
        others = [("company_id", "=", self.company_id.id), ("state", "=", "running")]
        if run.search_count(others, limit=1):
            raise UserError(
                self.env._(
                    "Past deliveries of this company are being processed already."
                )
            )
        if self.state == "draft":
            run.until = self._end_of_period()
            self.env.flush_all()
            [(total,)] = self.env.execute_query(
                SQL("SELECT count(*) %s AND NOT %s", run._moves_sql(), run._known_sql())
            )
            run.total_count = total
        run.state = "running"
        # sudo: who may start a run triggers its job
        self.env.ref("aftersales_service.ir_cron_equipment_backfill").sudo()._trigger()
        return self._get_dialog()

    def action_stop(self):
        """Stop after the batch that is being worked."""
        self._check_run("running")
        # sudo: the state follows from what is done
        self.sudo().state = "stopped"
        return self._get_dialog()

    def action_refresh(self):
        """Show how far it has come."""
        self.check_access("read")
        return self._get_dialog()

    def _check_run(self, *states):
        """Check who asks, and that the run is in one of some states.

        :raise AccessError: for a user who is no manager
        :raise UserError: for a run in another state
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        self.check_access("write")
        if self.state not in states:
            raise UserError(
                self.env._("This run has gone on meanwhile. Please open it again.")
            )

    def _get_dialog(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Equipment from Past Deliveries"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # === QUERIES === #

    def _end_of_period(self):
        """Return the instant up to which deliveries are past, as naive UTC."""
        now = self.env.cr.now().replace(microsecond=0)
        return min(self._period()[1] or now, now)

    def _period(self):
        """Return the first instant and the one after the last, as naive UTC.

        The days are those of the company; None where it is open.
        """
        company = self.company_id
        tz = pytz.timezone(
            company.partner_id._aftersales_tz(company.partner_id, company)
        )

        def start_of(day):
            local = tz.localize(datetime.combine(day, time.min))
            return local.astimezone(pytz.utc).replace(tzinfo=None)

        last = self.date_to
        return (
            start_of(self.date_from) if self.date_from else None,
            start_of(last + timedelta(days=1)) if last else None,
        )

    def _moves_sql(self):
        """Return FROM and WHERE of the moves of this run: ``m``, from location
        ``source`` to ``dest``, and what belongs to them."""
        # sudo: products of the company, whoever started
        products = self.sudo().product_ids or self.env[
            "product.product"
        ].sudo().with_context(active_test=False).search(
            [("aftersales_is_serviced", "=", True)]
        )
        first, _after = self._period()
        until = self.until or self._end_of_period()
        return SQL(
            """
            FROM stock_move m
            JOIN stock_location source ON source.id = m.location_id
            JOIN stock_location dest ON dest.id = m.location_dest_id
            WHERE m.state = 'done' AND m.company_id = %(company)s
              AND (source.usage = 'customer') <> (dest.usage = 'customer')
              AND m.product_id = ANY(%(products)s)
              AND m.date >= %(first)s AND m.date < %(until)s
            """,
            company=self.company_id.id,
            products=products.ids,
            first=first or datetime.min,
            until=until,
        )

    def _known_sql(self):
        """Return the condition that a move has been processed."""
        return SQL(
            "EXISTS (SELECT FROM aftersales_equipment_event e WHERE e.move_id = m.id)"
        )

    def _preview_query(self):
        """Count the transfers of each product: deliveries, returns, known ones."""
        self.env.flush_all()
        return SQL(
            """
            SELECT m.product_id,
                   count(*) FILTER (WHERE dest.usage = 'customer'),
                   count(*) FILTER (WHERE source.usage = 'customer'),
                   count(*) FILTER (WHERE %(known)s)
            %(moves)s
            GROUP BY m.product_id ORDER BY count(*) DESC, m.product_id
            """,
            known=self._known_sql(),
            moves=self._moves_sql(),
        )

    def _units_query(self):
        """Count the equipment of each product that would be created.

        A lot is one at each customer; without lots each whole unit is one, and a
        fraction is one.
        """
        return SQL(
            """
            WITH carried AS (
                SELECT m.id, m.product_id, ml.lot_id,
                       sum(ml.quantity_product_uom) AS quantity,
                       buyer.commercial_partner_id AS owner_id
                FROM stock_move m
                JOIN stock_move_line ml ON ml.move_id = m.id
                JOIN stock_location source ON source.id = m.location_id
                LEFT JOIN stock_picking p ON p.id = m.picking_id
                LEFT JOIN sale_order_line sol ON sol.id = m.sale_line_id
                LEFT JOIN sale_order so ON so.id = sol.order_id
                JOIN res_partner buyer ON buyer.id = COALESCE(
                    so.partner_id,
                    CASE WHEN source.usage <> 'supplier' THEN p.partner_id END,
                    m.partner_id
                )
                WHERE m.id IN (
                    SELECT m.id %(moves)s
                      AND dest.usage = 'customer' AND NOT %(known)s
                )
                GROUP BY m.id, m.product_id, ml.lot_id, buyer.commercial_partner_id
                HAVING sum(ml.quantity_product_uom) > 0
            ), lots AS (
                SELECT DISTINCT c.product_id, c.lot_id, c.owner_id
                FROM carried c JOIN stock_lot l ON l.id = c.lot_id
                WHERE NOT EXISTS (
                    SELECT FROM aftersales_equipment q
                    WHERE q.commercial_partner_id = c.owner_id
                      AND q.company_id = %(company)s
                      AND (
                        q.lot_id = c.lot_id
                        OR q.lot_id IS NULL AND q.product_id = c.product_id
                           AND q.serial_number = l.name
                      )
                )
            )
            SELECT product_id, sum(units)::integer FROM (
                SELECT product_id, 1 AS units FROM lots
                UNION ALL
                SELECT product_id,
                       CASE WHEN quantity = round(quantity) THEN quantity ELSE 1 END
                FROM carried WHERE lot_id IS NULL
            ) AS made GROUP BY product_id
            """,
            moves=self._moves_sql(),
            known=self._known_sql(),
            company=self.company_id.id,
        )

    def _render_sample(self):
        """Render some of the deliveries as a small table.

        :return: `Markup`
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id %s AND NOT %s ORDER BY m.date DESC, m.id DESC LIMIT 10",
                self._moves_sql(),
                self._known_sql(),
            )
        )
        # sudo: the manager needs no stock rights to see what would be done
        moves = self.env["stock.move"].sudo().browse(row[0] for row in rows)
        return self.env["ir.qweb"]._render(
            "aftersales_service.aftersales_equipment_backfill_sample",
            {"moves": moves, "parties": {m: m._aftersales_parties() for m in moves}},
        )
