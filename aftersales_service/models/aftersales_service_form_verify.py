# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The printed code leads to a page that confirms what the paper says."""

from odoo import api, models
from odoo.tools import consteq, hmac

from ..tools import canonical
from ..tools.verify_code import MAC_LENGTH, make_token, read_code

#: What the keyed hash is good for, and for nothing else.
SCOPE = "aftersales-service-form"
PAGE = "/aftersales/verify"


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    def _verify_mac(self):
        """Return the keyed hash without which an address leads nowhere."""
        self.ensure_one()
        # sudo: the secret of the database signs it
        message = (self.id, self.content_hash)
        return hmac(self.env(su=True), SCOPE, message)[:MAC_LENGTH]

    def _verify_path(self):
        """Return where the page that confirms this form is found on this server.

        It names the hash of the content, and is valid as long as the form is kept.
        """
        self.ensure_one()
        token = make_token(self.id, self.content_hash, self._verify_mac())
        return f"{PAGE}/{token}"

    def _verify_link(self):
        """Return the whole address of the page that confirms this form."""
        return self.get_base_url() + self._verify_path()

    def _qr_text(self):
        """Return the text of the printed code: where it is confirmed, and its hash."""
        return self._verify_link()

    @api.model
    def _of_code(self, text):
        """Find the form that a code was printed on.

        :param str text: as `tools.verify_code.read_code` reads it
        :return: record with sudo; empty for what was never printed here
        """
        none = self.sudo().browse()
        code = read_code(text)
        if not code:
            return none
        # sudo: whoever holds the paper knows the hash of what it says
        if code.record_id:
            form = self.sudo().browse(code.record_id).exists()
            known = (
                form
                and consteq(form._verify_mac(), code.mac)
                and consteq(form.content_hash or "", code.content_hash)
            )
            return form if known else none
        domain = [("content_hash", "=", code.content_hash)]
        if code.number:
            # The number without its blanks, as the code was read.
            domain.append(("version", "=", code.version))
        form = self.sudo().search(domain, limit=1)
        if code.number and "".join((form.name or "").split()) != code.number:
            return none
        return form

    def _verify_values(self):
        """Return what the page says of a form: nothing of the people in it.

        :return: dict: number, version, company, outcome, signed_at and the hashes as
            texts; is_intact, whether the stored content still has its hash; newer,
            None or a dict with the version and moment of the latest one
        """
        self.ensure_one()
        content = self._get_content()
        latest = self.dispatch_id.form_ids.sorted("version")[-1:]
        return {
            "number": content["number"],
            "version": content["version"],
            "company": content["company"]["name"],
            "outcome": content["signature"]["outcome"],
            "is_accepted": self.outcome in ("accepted", "remarks"),
            "signed_at": self._local_time(
                content, content["signature"]["signed_at"], "medium"
            ),
            "tz": content["tz"],
            "content_hash": self.content_hash,
            "pdf_hash": self.pdf_hash or "",
            "is_intact": canonical.content_hash(content) == self.content_hash,
            "newer": None
            if latest == self
            else {
                "version": latest.version,
                "signed_at": self._local_time(
                    content, latest.signed_at.isoformat(), "medium"
                ),
            },
        }
