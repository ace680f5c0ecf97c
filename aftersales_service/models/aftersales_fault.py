# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesFault(models.Model):
    """Catalogue tree of components and problems (``Brakes / Hydraulic / Hose``)."""

    _name = "aftersales.fault"
    _description = "Fault"
    _parent_store = True
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    display_name = fields.Char(recursive=True)
    code = fields.Char(index="btree_not_null")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one(
        "aftersales.fault",
        string="Part of",
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    parent_path = fields.Char(index=True, export_string_translation=False)
    child_ids = fields.One2many("aftersales.fault", "parent_id", string="Components")
    level = fields.Integer(
        compute="_compute_level",
        store=True,
        recursive=True,
        help="1 for a top component, 2 for what it is made of, and so on.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )
    description = fields.Text(translate=True, help="How this fault is recognised.")
    finding_count = fields.Integer(compute="_compute_finding_count")

    _check_company_auto = True
    _name_parent_uniq = models.UniqueIndex(
        "(COALESCE(parent_id, 0), (name->>'en_US'), COALESCE(company_id, 0))"
        " WHERE active",
        "A fault of this name is already there at this place of the catalogue.",
    )

    @api.depends("parent_id.level")
    def _compute_level(self):
        for fault in self:
            fault.level = fault.parent_id.level + 1

    @api.depends("name", "parent_id.display_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for fault in self:
            parent = fault.parent_id
            name = fault.name or ""
            fault.display_name = f"{parent.display_name} / {name}" if parent else name

    @api.depends_context("allowed_company_ids", "uid")
    def _compute_finding_count(self):
        """Count the findings of each fault, those of its components included."""
        counts = {}
        groups = self.env["aftersales.finding"]._read_group(
            [("fault_id", "child_of", self.ids)], ["fault_id"], ["__count"]
        )
        for fault, count in groups:
            for ancestor_id in fault._path_ids():
                counts[ancestor_id] = counts.get(ancestor_id, 0) + count
        for fault in self:
            fault.finding_count = counts.get(fault.id, 0)

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A fault can't be a part of itself."))

    def _path_ids(self):
        """Return the ids from the top of the catalogue down to this fault.

        :return: list of ids, the fault's own id last
        """
        self.ensure_one()
        return [int(part) for part in self.parent_path.split("/") if part]

    def _at_level(self, level):
        """Map each fault to its ancestor at a level of the catalogue.

        A fault that lies above the level stands for itself.

        :param int level: 1 for the top of the catalogue
        :return: dict of fault id -> fault record
        """
        paths = {fault.id: fault._path_ids()[:level][-1] for fault in self}
        return {fault_id: self.browse(top) for fault_id, top in paths.items()}

    def action_view_findings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_finding_action"
        )
        action["domain"] = [("fault_id", "child_of", self.ids)]
        return action
