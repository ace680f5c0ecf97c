# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class AftersalesSlaAlert(models.Model):
    """When somebody is told that a promise is about to be, or was, missed."""

    _name = "aftersales.sla.alert"
    _description = "SLA Alert Level"
    _order = "policy_id, offset_hours, id"

    policy_id = fields.Many2one(
        "aftersales.sla.policy", required=True, index=True, ondelete="cascade"
    )
    offset_hours = fields.Float(
        string="Hours after the Deadline",
        help="Negative: before the deadline. Zero: at the deadline.",
    )

    _policy_offset_uniq = models.Constraint(
        "UNIQUE(policy_id, offset_hours)",
        "Two alert levels of a policy can't be due at the same moment.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        alerts = super().create(vals_list)
        alerts.policy_id._update_next_alerts()
        return alerts

    def write(self, vals):
        res = super().write(vals)
        self.policy_id._update_next_alerts()
        return res

    def unlink(self):
        policies = self.policy_id
        res = super().unlink()
        policies._update_next_alerts()
        return res

    @api.depends("offset_hours")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alert in self:
            hours = f"{abs(alert.offset_hours):g}"
            if alert.offset_hours < 0:
                name = self.env._("%(hours)s h before the deadline", hours=hours)
            elif alert.offset_hours > 0:
                name = self.env._("%(hours)s h after the deadline", hours=hours)
            else:
                name = self.env._("At the deadline")
            alert.display_name = name
