# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesChecklist(models.Model):
    """Questions a technician answers on every visit."""

    _name = "aftersales.checklist"
    _description = "Checklist"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("conduct", "Rules of Conduct"), ("technical", "Technical Checks")],
        required=True,
        default="conduct",
    )
    mode = fields.Selection(
        [("on_site", "On Site"), ("remote", "Remote"), ("workshop", "Workshop")],
        string="Only for Work",
        help="Empty: for every visit.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )
    item_ids = fields.One2many("aftersales.checklist.item", "checklist_id", copy=True)

    def _for_dispatch(self, dispatch):
        """Find the checklists that apply to a piece of field work.

        :param dispatch: `aftersales.dispatch` record
        """
        return self.search(
            [
                ("company_id", "in", [False, dispatch.company_id.id]),
                ("mode", "in", [False, dispatch.mode]),
            ]
        )
