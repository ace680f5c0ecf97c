# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models

#: A telephone that was without connection for longer has to be asked anew.
KEPT = timedelta(days=90)


class AftersalesDispatchSending(models.Model):
    """What a telephone has sent about a visit, so that sending it twice counts once.

    Written by `aftersales.dispatch._send_once` only.
    """

    _name = "aftersales.dispatch.sending"
    _description = "Sent from a Telephone"
    _order = "id desc"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch", required=True, readonly=True, ondelete="cascade"
    )
    key = fields.Char(required=True, readonly=True, help="Chosen by the telephone.")
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of what was sent.")
    result = fields.Json(readonly=True, help="What was answered.")

    _dispatch_key_uniq = models.UniqueIndex(
        "(dispatch_id, key)", "This was sent already."
    )

    @api.autovacuum
    def _gc_old(self):
        """Forget what no telephone will send again."""
        old = fields.Datetime.now() - KEPT
        self.search([("create_date", "<", old)], limit=10_000, order="id").unlink()
