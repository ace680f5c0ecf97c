# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.product_document import PUBLISHER_ROLES

#: From this size on a link is suggested instead of the file, in bytes.
LINK_FROM_SIZE = 2 * 1024 * 1024


class AftersalesDocumentPublish(models.TransientModel):
    """Publish a version of a technical document and tell those who own the product."""

    _name = "aftersales.document.publish"
    _description = "Publish a Technical Document"

    document_id = fields.Many2one(
        "product.document", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    product_name = fields.Char(string="Product", readonly=True)
    version = fields.Char(help="As printed on the document.")
    note = fields.Text(
        string="What Changed", help="For the owners: why they should read it."
    )
    as_link = fields.Boolean(
        string="Send a Link",
        help="The mail carries a link to the file instead of the file itself.",
    )
    line_ids = fields.One2many("aftersales.document.publish.line", "wizard_id")
    owner_count = fields.Integer(string="To Be Told", compute="_compute_counts")
    equipment_count = fields.Integer(string="Equipment", compute="_compute_counts")
    told_count = fields.Integer(string="Told Already", compute="_compute_counts")
    no_email_count = fields.Integer(string="Without E-mail", compute="_compute_counts")
    is_file_changed = fields.Boolean(
        compute="_compute_is_file_changed", export_string_translation=False
    )

    # === COMPUTES === #

    @api.depends("line_ids.is_selected", "line_ids.is_told", "line_ids.email")
    def _compute_counts(self):
        for wizard in self:
            told = wizard.line_ids.filtered("is_told")
            chosen = (wizard.line_ids - told).filtered("is_selected")
            wizard.told_count = len(told)
            wizard.owner_count = len(chosen.filtered("email"))
            wizard.no_email_count = len(chosen) - wizard.owner_count
            wizard.equipment_count = sum(chosen.mapped("equipment_count"))

    @api.depends("version", "document_id")
    def _compute_is_file_changed(self):
        """Tell when an earlier file went out under this very version."""
        for wizard in self:
            sent = wizard._notices_of_version().attachment_id
            wizard.is_file_changed = bool(sent) and (
                wizard.document_id.ir_attachment_id.checksum
                not in sent.mapped("checksum")
            )

    def _notices_of_version(self):
        """Return the notices of this version, those of other companies as well.

        They come with elevated rights: who was told by another company was told.
        """
        # sudo: which owners were told decides, not whether the user may see it
        Notice = self.env["aftersales.document.notice"].sudo()
        version = (self.version or "").strip()
        if not version:
            return Notice
        return Notice.search(
            [("document_id", "=", self.document_id.id), ("version", "=", version)]
        )

    # === WHO IS TOLD === #

    @api.model
    def _prepare(self, document):
        """Make the dialog for a document, with all who have the product in service.

        :param document: `product.document` to publish
        :return: the new dialog
        """
        products = document._aftersales_products()
        if not products:
            raise UserError(
                self.env._("Only a document of a product can be published to owners.")
            )
        name = products.product_tmpl_id.name if len(products) > 1 else products.name
        wizard = self.create(
            {
                "document_id": document.id,
                "product_name": name,
                "version": document.aftersales_version,
                "as_link": document.file_size >= LINK_FROM_SIZE,
            }
        )
        wizard.line_ids = [
            Command.create(
                {
                    "partner_id": partner.id,
                    "contact_id": owner["contact"].id,
                    "equipment_count": len(owner["equipment_ids"]),
                    "is_end_user": owner["is_end_user"],
                }
            )
            for partner, owner in wizard._owners().items()
        ]
        return wizard

    def _owners(self):
        """Find who owns or uses the product, each commercial entity once.

        Where a dealer bought the machine, both he and the end user are told.

        :return: dict of the partner to a dict of `equipment_ids` (set of ids),
            `contact` (`res.partner` to write to) and `is_end_user`
        """
        self.ensure_one()
        products = self.document_id._aftersales_products()
        domain = [
            ("product_id", "in", products.ids),
            ("state", "=", "in_service"),
            ("company_id", "=", self.company_id.id),
        ]
        Equipment, Partner = self.env["aftersales.equipment"], self.env["res.partner"]
        equipment_ids, contacts = defaultdict(set), defaultdict(lambda: Partner)
        owning = Partner
        for field in ("partner_id", "end_user_id"):
            groups = Equipment._read_group(
                [*domain, (field, "!=", False)], [field], ["id:array_agg"]
            )
            # All at once, for the commercial entities and addresses below
            people = Partner.browse(partner.id for partner, _ids in groups)
            for partner, (_partner, ids) in zip(people, groups, strict=True):
                party = partner.commercial_partner_id
                equipment_ids[party].update(ids)
                contacts[party] |= partner
                if field == "partner_id":
                    owning |= party
        people = Partner.browse().union(*contacts.values(), *contacts)
        people.fetch(["email", "name"])
        return {
            party: {
                "equipment_ids": ids,
                "contact": self._choose_contact(party, contacts[party]),
                "is_end_user": party not in owning,
            }
            for party, ids in equipment_ids.items()
        }

    @api.model
    def _choose_contact(self, party, contacts):
        """Choose whom to write to.

        :param party: `res.partner`, the company or person that is told
        :param contacts: its partners that are named on the equipment
        :return: a person with an e-mail address who is named on the equipment, else
            the party itself
        """
        return (contacts - party).filtered("email")[:1] or party

    # === PUBLISH === #

    def action_publish(self):
        """Record the version as published and queue the mails.

        :raise UserError: without a version, or for a document that is for us only
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*PUBLISHER_ROLES)
        self.document_id.check_access("read")
        self.document_id._check_not_internal()
        self.version = (self.version or "").strip()
        if not self.version:
            raise UserError(self.env._("Say which version of the document this is."))
        # sudo: publishing writes these fields of the document and nothing else
        self.document_id.sudo().write(
            {
                "aftersales_is_technical": True,
                "aftersales_version": self.version,
                "aftersales_published_version": self.version,
                "aftersales_published_at": fields.Datetime.now(),
                "aftersales_published_by": self.env.uid,
            }
        )
        notices = self._record_notices()
        notices._send(self._reply_to())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_document_notice_action"
        )
        return {
            **action,
            "domain": [
                ("document_id", "=", self.document_id.id),
                ("version", "=", self.version),
            ],
            "context": {},
        }

    def _record_notices(self):
        """Make the notices of all who are chosen and were not told yet.

        Who had no e-mail address the first time gets another try.

        :return: the notices to send
        """
        Notice = self.env["aftersales.document.notice"]
        chosen = self.line_ids.filtered("is_selected").partner_id
        # Found anew: the dialog may be old, and its lines are only a choice.
        owners = {
            partner: owner
            for partner, owner in self._owners().items()
            if partner in chosen
        }
        earlier = {notice.partner_id: notice for notice in self._notices_of_version()}
        file = self._file_to_send(owners)
        values_list, notices = [], Notice
        for partner, owner in owners.items():
            values = {
                "contact_id": owner["contact"].id,
                "email": owner["contact"].email,
                "equipment_ids": [Command.set(sorted(owner["equipment_ids"]))],
                "note": self.note,
                "attachment_id": file.id,
            }
            notice = earlier.get(partner)
            if not notice:
                values_list.append(
                    {
                        **values,
                        "company_id": self.company_id.id,
                        "document_id": self.document_id.id,
                        "document_name": self.document_id.name,
                        "version": self.version,
                        "partner_id": partner.id,
                    }
                )
            elif notice.state == "no_email" and values["email"]:
                # sudo: like the new ones below
                notice.sudo().write(values)
                notices |= notice
        # sudo: only this dialog records notices; they are the publisher's
        created = Notice.sudo().create(values_list)
        return (notices | created).sudo(False)

    def _file_to_send(self, owners):
        """Keep the file as it is today, whatever the document holds later.

        :param owners: who will be told; nobody needs no file
        :return: `ir.attachment`
        """
        Attachment = self.env["ir.attachment"]
        document = self.document_id.with_context(
            disable_product_documents_creation=True
        )
        if not owners:
            return Attachment
        # sudo: a copy of what the user reads, where he may not write
        file = document.ir_attachment_id.sudo().copy(
            {"name": document.name, "res_model": document._name, "res_id": document.id}
        )
        if self.as_link and file.type == "binary":
            file.generate_access_token()
        return file.sudo(False)

    def _reply_to(self):
        """Return the address for answers: a team's, where they become tickets."""
        team = self.env["aftersales.team"]._default_team(self.env.user, self.company_id)
        return team.alias_email or self.env.user.email_formatted


class AftersalesDocumentPublishLine(models.TransientModel):
    """One who owns or uses the product, to be told or left out."""

    _name = "aftersales.document.publish.line"
    _description = "Owner to Tell of a Technical Document"
    _order = "wizard_id, is_end_user, id"

    wizard_id = fields.Many2one(
        "aftersales.document.publish", required=True, index=True, ondelete="cascade"
    )
    is_selected = fields.Boolean(string="Tell", default=True)
    partner_id = fields.Many2one(
        "res.partner", string="Owner or User", required=True, readonly=True
    )
    contact_id = fields.Many2one("res.partner", readonly=True)
    email = fields.Char(related="contact_id.email", string="E-mail")
    is_end_user = fields.Boolean(string="End User", readonly=True)
    equipment_count = fields.Integer(string="Equipment", readonly=True)
    is_told = fields.Boolean(string="Told Already", compute="_compute_is_told")

    @api.depends("wizard_id.version", "partner_id")
    def _compute_is_told(self):
        for wizard, lines in self.grouped("wizard_id").items():
            notices = wizard._notices_of_version()
            told = notices.filtered(lambda n: n.state != "no_email").partner_id
            for line in lines:
                line.is_told = line.partner_id in told
