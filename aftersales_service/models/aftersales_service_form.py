# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import json
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ..tools import canonical
from .inside import INSIDE

_logger = logging.getLogger(__name__)

OUTCOME_SELECTION = [
    ("accepted", "Accepted"),
    ("remarks", "Accepted with Remarks"),
    ("refused", "Refused"),
    ("absent", "Nobody Present"),
]
ACCEPTANCE_SELECTION = [
    ("drawn", "Signed on the Spot"),
    ("link", "Online"),
    ("phone", "By Telephone"),
    ("paper", "On Paper"),
]
#: All that may be added to a form after it was signed.
PDF_FIELDS = {"pdf_attachment_id", "pdf_hash"}
MAIL_FIELDS = {"mail_state", "mailed_at"}
#: The only state of the mail that changes.
MAILED = {"waiting"}
#: What `aftersales.dispatch._prepare_form_content` takes from the form itself.
SIGNED_FIELDS = (
    "name",
    "version",
    "replaces_reason",
    "customer_comments",
    "outcome",
    "outcome_reason",
    "signer_name",
    "signer_role",
    "signed_at",
    "signature",
    "technician_name",
    "technician_signature",
    "acceptance",
    "acceptance_note",
    "signer_ip",
    "scan",
)
PDF_BATCH_SIZE = 50
PDF_REPORT = "aftersales_service.aftersales_service_form_report"


class AftersalesServiceForm(models.Model):
    """What the customer signed: append-only, one row a version.

    The content is stored as canonical JSON with its SHA-256 at the moment of signing;
    the PDF is rendered from it and hashed afterwards.
    """

    _name = "aftersales.service.form"
    _description = "After-Sales Service Form"
    _order = "signed_at desc, id desc"
    _rec_names_search = ["name", "partner_id", "signer_name"]

    name = fields.Char(string="Number", required=True, readonly=True)
    version = fields.Integer(required=True, readonly=True)
    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Visit",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    team_id = fields.Many2one(related="dispatch_id.team_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    replaces_id = fields.Many2one(
        "aftersales.service.form",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    replaces_reason = fields.Char(string="Reason for the New Version", readonly=True)
    is_latest = fields.Boolean(compute="_compute_is_latest", search="_search_is_latest")
    outcome = fields.Selection(OUTCOME_SELECTION, required=True, readonly=True)
    outcome_reason = fields.Char(string="Reason", readonly=True)
    signer_name = fields.Char(string="Signed by", readonly=True)
    signer_role = fields.Char(readonly=True)
    acceptance = fields.Selection(
        ACCEPTANCE_SELECTION,
        string="How",
        required=True,
        readonly=True,
        default="drawn",
        help="How the customer said what he says here.",
    )
    acceptance_note = fields.Char(
        string="Said on the Telephone", readonly=True, help="In the words of the call."
    )
    signer_ip = fields.Char(
        string="Signer's Address", readonly=True, help="From which he answered online."
    )
    signed_at = fields.Datetime(string="Signed On", required=True, readonly=True)
    customer_comments = fields.Text(readonly=True)
    technician_name = fields.Char(string="Technician", required=True, readonly=True)
    recorded_by = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="restrict"
    )
    # Binary, not Image: the hash is of the bytes that came in.
    signature = fields.Binary(
        string="Customer's Signature", attachment=True, readonly=True
    )
    technician_signature = fields.Binary(attachment=True, readonly=True)
    scan = fields.Binary(
        attachment=True,
        readonly=True,
        help="The form that was filled in and signed by hand.",
    )
    scan_name = fields.Char(string="Name of the Scan", readonly=True)
    content = fields.Text(required=True, readonly=True)
    content_html = fields.Html(
        string="What Was Signed", compute="_compute_content_html", sanitize=False
    )
    content_hash = fields.Char(
        string="SHA-256 of the Content", readonly=True, index="btree_not_null"
    )
    pdf_attachment_id = fields.Many2one(
        "ir.attachment", string="PDF", readonly=True, index="btree_not_null"
    )
    pdf_hash = fields.Char(string="SHA-256 of the PDF", readonly=True)

    _dispatch_version_uniq = models.UniqueIndex(
        "(dispatch_id, version)", "This version of the form exists already."
    )
    _replaces_once = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL",
        "A version can be replaced only once.",
    )
    _missing_pdf_idx = models.Index("(id) WHERE pdf_attachment_id IS NULL")

    @api.depends("dispatch_id.form_ids.version")
    def _compute_is_latest(self):
        for form in self:
            # sudo: finance reads the forms, but not the visits they belong to
            forms = form.sudo().dispatch_id.form_ids
            form.is_latest = form.version == max(forms.mapped("version"), default=0)

    @api.depends("content")
    def _compute_content_html(self):
        """Show on the screen what the PDF prints, from the same content."""
        for form in self:
            content = form._get_content()
            form.content_html = self.env["ir.qweb"]._render(
                "aftersales_service.service_form_work",
                {
                    "content": content,
                    "Form": self.env["aftersales.service.form"],
                    "pictures": form._pictures(),
                },
                lang=content["lang"],
            )

    def _search_is_latest(self, operator, value):
        if operator != "in":
            return NotImplemented
        replaced = self._search([("replaces_id", "!=", False)]).subselect("replaces_id")
        return [("id", "not in" if True in value else "in", replaced)]

    @api.depends("name", "version")
    def _compute_display_name(self):
        for form in self:
            form.display_name = self.env._(
                "%(number)s version %(version)s",
                number=form.name,
                version=form.version,
            )

    # === APPEND ONLY === #

    def write(self, vals):
        if (
            vals.keys() - PDF_FIELDS - MAIL_FIELDS
            or (vals.keys() & PDF_FIELDS and any(self.mapped("pdf_attachment_id")))
            or (vals.keys() & MAIL_FIELDS and set(self.mapped("mail_state")) != MAILED)
        ):
            raise UserError(
                self.env._(
                    "A signed service form can't be changed. Make a new version."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A signed service form can't be deleted."))

    # === SIGNING === #

    @api.model
    def _sign(self, dispatch, values, at=None):
        """Store what was signed, lock the visit and tell its tickets.

        :param dispatch: `aftersales.dispatch` record in the state to_sign
        :param dict values: outcome, outcome_reason, signer_name, signer_role,
            customer_comments, technician_name, signature and technician_signature
            (base64), replaces_reason, acceptance, acceptance_note, signer_ip and
            recorded_by (id of a user, by default the current one), scan (base64) and
            scan_name
        :param datetime at: moment of the signature (naive UTC), by default now
        :return: the new version
        """
        # Of two who sign at the same time one has to try again, and finds it done.
        dispatch._touch()
        dispatch._check_state("to_sign")
        previous = dispatch.form_ids.sorted("version")[-1:]
        form_values = {
            **values,
            "name": dispatch.name,
            "version": previous.version + 1,
            "dispatch_id": dispatch.id,
            "company_id": dispatch.company_id.id,
            "partner_id": dispatch.partner_id.id,
            "replaces_id": previous.id,
            "signed_at": at or fields.Datetime.now(),
            "recorded_by": values.get("recorded_by") or self.env.uid,
        }
        content = dispatch._prepare_form_content(form_values)
        # sudo: nobody has the right to write forms but through this method
        clean = self.with_context(clean_context(self.env.context))
        form = clean.sudo().create(
            {
                **form_values,
                **self._prepare_mail(dispatch, form_values),
                "content": canonical.canonical_json(content),
                "content_hash": canonical.content_hash(content),
            }
        )
        form._keep_photos(dispatch)
        form._make_receipt()
        dispatch.sudo().customer_comments = values.get("customer_comments")
        dispatch._move("done")
        # sudo: the tickets, decisions and machines follow from the signature, whoever
        # records it
        dispatch.job_ids.finding_ids.sudo()._freeze_coverage(form)
        dispatch.sudo()._record_exchanges()
        dispatch.job_ids.ticket_id.sudo()._accept(form)
        form._try_make_pdf()
        return form.with_env(self.env)

    def _get_content(self):
        """Return what was signed.

        :return: dict, see `aftersales.dispatch._prepare_form_content`
        """
        self.ensure_one()
        return json.loads(self.content)

    def _says_the_same(self):
        """Tell whether the visit still says what was signed.

        :return: True when nothing that is printed has changed since
        """
        self.ensure_one()
        # sudo: the whole form is compared, not what the reader may see of it
        form = self.sudo()
        values = {name: form[name] for name in SIGNED_FIELDS}
        values["recorded_by"] = form.recorded_by.id
        schema = form._get_content()["schema"]
        content = form.dispatch_id._prepare_form_content(values, schema)
        return canonical.content_hash(content) == form.content_hash

    # === PDF === #

    def _pdf_name(self):
        self.ensure_one()
        number = self.name.replace("/", "-")
        return f"{number}-v{self.version}.pdf"

    def _try_make_pdf(self):
        """Make the PDF if there is an engine; a signature is never lost for it."""
        if not self.env.registry.ready:
            # While modules load, the engine would wait for a server that waits for
            # them. The job makes it.
            return
        for form in self:
            done = form.pdf_attachment_id or form._try("_make_pdf")
            if done and form.mail_state == "waiting":
                form._try("_mail_pdf")

    def _try(self, step):
        """Do one step after signing, and leave no trace of it when it fails.

        :param str step: _make_pdf or _mail_pdf
        :return: whether it is done
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                getattr(self, step)()
        except Exception as error:  # noqa: BLE001 - whatever the engine does
            _logger.warning("No PDF or mail of %s yet: %s", self.display_name, error)
            return False
        return True

    def _make_pdf(self):
        """Render the PDF of one form from its content, store and hash it."""
        self.ensure_one()
        form = self.sudo()  # sudo: the engine stores the file for the form
        engine = self.env["ir.actions.report"].sudo()
        pdf, kind = engine.with_context(aftersales_making_pdf=INSIDE)._render_qweb_pdf(
            PDF_REPORT, form.ids
        )
        if kind != "pdf":
            return
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("name", "=", self._pdf_name()),
                ],
                limit=1,
            )
        )
        form.write(
            {
                "pdf_attachment_id": attachment.id,
                "pdf_hash": canonical.file_hash(attachment.raw or pdf),
            }
        )

    @api.model
    def _cron_make_pdf(self):
        """Make and mail the PDFs that could not be made when the customer signed."""
        progress = self.env["ir.cron"]._commit_progress
        last_id = 0
        while forms := self.search(
            [
                "|",
                ("pdf_attachment_id", "=", False),
                ("mail_state", "=", "waiting"),
                ("id", ">", last_id),
            ],
            limit=PDF_BATCH_SIZE,
            order="id",
        ):
            progress(remaining=len(forms))
            for form in forms:
                form._try_make_pdf()
                if not progress(1):
                    return
            last_id = forms[-1].id

    def action_print(self):
        """Open the PDF, made now if it could not be made at signing."""
        # config: the document layout that Odoo would ask for first is not used
        return self.env.ref(PDF_REPORT).report_action(self, config=False)

    def action_verify(self):
        """Open the page that the printed code leads to."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": self._verify_link(),
            "target": "new",
        }

    @api.model
    def _signature_hash(self, image):
        """Hash a drawn signature.

        :param image: base64 text or bytes, possibly empty
        :return: SHA-256 in hex of the decoded bytes, or None
        """
        return canonical.file_hash(base64.b64decode(image)) if image else None

    @api.model
    def _site_tz(self, dispatch):
        """Find the time zone that a visit's times are printed in."""
        return dispatch.site_id._aftersales_tz(dispatch.partner_id, dispatch.company_id)
