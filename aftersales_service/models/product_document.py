# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

#: Written by the dialog that publishes, never by hand.
CONSEQUENCE_FIELDS = {
    "aftersales_published_version",
    "aftersales_published_at",
    "aftersales_published_by",
}
#: Who publishes technical documents.
PUBLISHER_ROLES = ("support", "quality", "manager")


class ProductDocument(models.Model):
    """A technical document has a version, and the owners are told of a new one."""

    _name = "product.document"
    _inherit = ["product.document", "aftersales.guard.mixin"]

    aftersales_is_technical = fields.Boolean(
        string="Technical Document",
        help="A manual, drawing or parts list that those who serve and own the "
        "product work by.",
    )
    aftersales_is_internal = fields.Boolean(
        string="For Us Only",
        help="Those who serve read it; it is neither sent to customers from a ticket "
        "nor published to owners.",
    )
    aftersales_version = fields.Char(
        string="Version", help="As printed on the document."
    )
    aftersales_published_version = fields.Char(
        string="Published Version", readonly=True, copy=False
    )
    aftersales_published_at = fields.Datetime(
        string="Published On", readonly=True, copy=False
    )
    aftersales_published_by = fields.Many2one(
        "res.users",
        string="Published by",
        index="btree_not_null",
        readonly=True,
        copy=False,
    )
    aftersales_notice_ids = fields.One2many(
        "aftersales.document.notice",
        "document_id",
        string="Notices",
        groups="aftersales_service.aftersales_service_group_staff",
    )
    aftersales_notice_count = fields.Integer(
        string="Number of Notices",
        compute="_compute_aftersales_notice_count",
        groups="aftersales_service.aftersales_service_group_staff",
    )

    def _compute_aftersales_notice_count(self):
        groups = self.env["aftersales.document.notice"]._read_group(
            [("document_id", "in", self.ids)], ["document_id"], ["__count"]
        )
        counts = dict(groups)
        for document in self:
            document.aftersales_notice_count = counts.get(document, 0)

    def _guarded_fields(self):
        return super()._guarded_fields() | CONSEQUENCE_FIELDS

    @api.ondelete(at_uninstall=False)
    def _unlink_except_told(self):
        # sudo: another company's notice is a reason to keep the document as well
        if self.sudo().aftersales_notice_ids:
            raise UserError(
                self.env._(
                    "Owners were told of this document: archive it instead, so that "
                    "the record of it stays."
                )
            )

    def _aftersales_products(self):
        """Return the products a document is about.

        :return: the variant, or all variants of the template, archived ones included
        """
        self.ensure_one()
        if self.res_model == "product.product":
            return self.env["product.product"].browse(self.res_id)
        if self.res_model != "product.template":
            return self.env["product.product"]
        template = self.env["product.template"].browse(self.res_id)
        return template.with_context(active_test=False).product_variant_ids

    def _check_not_internal(self):
        """Check that documents may leave the house.

        :raise UserError: naming those that are for us only
        """
        internal = self.filtered("aftersales_is_internal")
        if internal:
            raise UserError(
                self.env._(
                    "For us only, it goes to no customer: %s",
                    ", ".join(internal.mapped("name")),
                )
            )

    def action_aftersales_publish(self):
        """Open the dialog that publishes this version and tells the owners.

        :raise UserError: for a document that is for us only
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*PUBLISHER_ROLES)
        self.check_access("read")
        self._check_not_internal()
        wizard = self.env["aftersales.document.publish"]._prepare(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Publish Version"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_aftersales_open(self):
        """Open the file or the link of the document."""
        self.ensure_one()
        self.check_access("read")
        file_url = f"/web/content/{self.ir_attachment_id.id}?download=true"
        return {
            "type": "ir.actions.act_url",
            "url": self.url if self.type == "url" else file_url,
            "target": "new",
        }

    def action_view_aftersales_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_document_notice_action"
        )
        return {**action, "domain": [("document_id", "=", self.id)], "context": {}}
