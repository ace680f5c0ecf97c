# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError

from .aftersales_sla_clock import OUTCOME_SELECTION
from .selections import PAUSE_REASON_SELECTION


class AftersalesSlaEvent(models.Model):
    """A row of a clock's ledger: written once, never changed."""

    _name = "aftersales.sla.event"
    _description = "SLA Clock Event"
    _order = "clock_id, at, sequence, id"
    _rec_name = "kind"

    clock_id = fields.Many2one(
        "aftersales.sla.clock", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(required=True)
    at = fields.Datetime(required=True, string="Moment")
    kind = fields.Selection(
        [
            ("start", "Start"),
            ("pause", "Pause"),
            ("resume", "Resume"),
            ("stop", "Stop"),
            ("reopen", "Reopen"),
            ("retarget", "Retarget"),
            ("void", "Void"),
            ("correction", "Correction"),
            ("alert", "Alert"),
        ],
        required=True,
    )
    pause_reason = fields.Selection(PAUSE_REASON_SELECTION, string="Waits for")
    minutes = fields.Float(
        help="Correction: minutes added to the used time. Reopen: the minutes that "
        "were used before.",
    )
    agreed_deadline = fields.Datetime(
        help="Correction: the deadline that a manager set by hand."
    )
    outcome = fields.Selection(
        OUTCOME_SELECTION, string="Outcome Before", help="Reopen: how it had ended."
    )
    target_minutes = fields.Float(help="Retarget: the new target.")
    policy_id = fields.Many2one("aftersales.sla.policy", index="btree_not_null")
    alert_id = fields.Many2one(
        "aftersales.sla.alert", index="btree_not_null", ondelete="set null"
    )
    reason = fields.Char()
    user_id = fields.Many2one(
        "res.users",
        string="Author",
        required=True,
        default=lambda self: self.env.uid,
        ondelete="restrict",
    )

    # Two workers that fire the same level end with one row, not with two alerts.
    _alert_once = models.UniqueIndex(
        "(clock_id, alert_id) WHERE alert_id IS NOT NULL",
        "This alert was sent already.",
    )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The ledger of a clock can't be changed."))
