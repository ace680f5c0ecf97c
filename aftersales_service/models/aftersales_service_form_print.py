# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the templates of the service form ask: pictures, moments, amounts, groups."""

import base64
from datetime import datetime

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_datetime, format_time
from odoo.tools.image import image_data_uri, image_process
from odoo.tools.mimetypes import guess_mimetype

from ..tools import canonical
from ..tools.photo_rows import photo_rows

#: Longest side of a picture on the screen, in pixels. On paper all are as taken.
SCREEN_SIZE = 480
#: How the copies of photos are called that a form keeps.
PHOTO_NAME = "photo-%s"


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _form_pictures(self):
        """Return the photos of a visit that is not signed yet, small.

        :return: dict of SHA-256 -> data URI
        """
        self.ensure_one()
        # sudo: whoever may read the form sees its photos
        photos = self.sudo().photo_ids.with_context(bin_size=False)
        return {
            photo.image_hash: self.env["aftersales.service.form"]._picture_uri(
                base64.b64decode(photo.image or b"")
            )
            for photo in photos
        }


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    # === PICTURES === #

    def _keep_photos(self, dispatch):
        """Keep a copy of each photo with the form that shows it.

        A later version may show others; the files are shared in the file store.

        :param dispatch: `aftersales.dispatch` record
        """
        self.ensure_one()
        # sudo: nobody writes files of a signed form but through this method
        photos = dispatch.sudo().photo_ids.with_context(bin_size=False)
        Attachment = self.env["ir.attachment"].sudo()
        # As they are: another size would be another picture.
        Attachment.with_context(image_no_postprocess=True).create(
            [
                {
                    "name": PHOTO_NAME % photo.image_hash,
                    "raw": base64.b64decode(photo.image),
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for photo in photos.filtered("image")
            ]
        )

    def _pictures(self, small=True):
        """Return the pictures that were signed.

        A file that is not what its hash says is left out.

        :param bool small: for a screen
        :return: dict of SHA-256 -> data URI
        """
        self.ensure_one()
        hashes = [photo["sha256"] for photo in self._get_content().get("photos", ())]
        if not hashes:
            return {}
        # sudo: whoever may read the form sees its photos
        files = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("name", "in", [PHOTO_NAME % sha for sha in hashes]),
                ]
            )
        )
        return {
            file.name.removeprefix(PHOTO_NAME % ""): self._picture_uri(file.raw, small)
            for file in files
            if PHOTO_NAME % canonical.file_hash(file.raw) == file.name
        }

    @api.model
    def _picture_uri(self, raw, small=True):
        """Put a picture into an address.

        :param bytes raw: the file
        :return: text, empty for what is no picture
        """
        if small and raw:
            try:
                raw = image_process(raw, size=(SCREEN_SIZE, SCREEN_SIZE))
            except UserError:
                raw = b""
        return image_data_uri(base64.b64encode(raw)) if raw else ""

    def _scan_picture(self):
        """Return the scan of a form filled in by hand, if it is a picture.

        :return: data URI, empty for a PDF, which is sent and kept beside the form
        """
        self.ensure_one()
        scan = self.with_context(bin_size=False).scan
        raw = base64.b64decode(scan or b"")
        is_picture = guess_mimetype(raw).startswith("image/")
        return image_data_uri(scan) if is_picture else ""

    # === WORDS === #

    @api.model
    def _local_time(self, content, moment, fmt="short"):
        """Format a moment of the content for its reader.

        :param dict content: the content, which names the language and time zone
        :param str moment: ISO moment in UTC, or empty
        :return: date and time in the site's time zone
        """
        if not moment:
            return ""
        return format_datetime(
            self.env,
            datetime.fromisoformat(moment),
            tz=content["tz"],
            dt_format=fmt,
            lang_code=content["lang"],
        )

    @api.model
    def _local_hours(self, content, line):
        """Format from when to when somebody worked, by the clock of the site.

        :param dict content: the content
        :param dict line: of labour or travel
        :return: text, empty when it was only the time it took that was typed
        """
        times = [
            format_time(
                self.env,
                datetime.fromisoformat(line[name]),
                tz=content["tz"],
                time_format="short",
                lang_code=content["lang"],
            )
            for name in ("started_at", "ended_at")
            if line.get(name)
        ]
        return " \u2013 ".join(times) if len(times) == 2 else ""

    @api.model
    def _amount(self, content, amount, code=None):
        """Format an amount of the content.

        :param amount: number, or its decimal text
        :param str code: of the currency, by default that of the charges
        :return: text with the currency
        """
        code = code or content["charges"]["currency"]
        # sudo: how a currency is written is no secret
        Currency = self.env["res.currency"].sudo().with_context(active_test=False)
        currency = Currency.search([("name", "=", code)], limit=1)
        if not currency:
            return f"{amount} {code}"
        return format_amount(self.env, float(amount), currency, content["lang"])

    @api.model
    def _percent(self, share):
        """Format a share.

        :param share: between 0 and 1, as a number or its decimal text
        :return: text in percent
        """
        return f"{float(share) * 100:g}\u00a0%"

    @api.model
    def _checklists(self, job):
        """Group the questions of a job by their list.

        :param dict job: of the content
        :return: list of (name or None, list of questions), in the order of the form
        """
        lists = {}
        for line in job["checklist"]:
            lists.setdefault(line.get("list"), []).append(line)
        return list(lists.items())

    @api.model
    def _photo_rows(self, content):
        """Arrange the photos, before and after side by side.

        :return: list of rows: lists of photos of the content, None for a free place
        """
        photos = content.get("photos") or []
        return photo_rows(photos, 2 if len(photos) <= 2 else 4)
