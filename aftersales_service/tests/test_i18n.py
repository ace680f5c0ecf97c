# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from io import BytesIO

import polib

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

from .common import AftersalesCommon

PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sgd]|%s|%%|\{[a-z_]*\}|<[^>]+>")
#: What is translated inside of a tag, and so no part of the placeholder.
TAG_TEXT = re.compile(r' (title|alt|placeholder|aria-label)="[^"]*"')
#: Terms that are the same in Chinese: symbols, abbreviations and expressions.
SAME = re.compile(r"^([\W\d_]*|ID|PDF|object\.\w+\(.*)$")
CHINESE = "[\u4e00-\u9fff]"


def placeholders(text):
    return sorted(PLACEHOLDER.findall(TAG_TEXT.sub("", text)))


def margins(text):
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@tagged("post_install", "-at_install")
class TestTranslations(AftersalesCommon):
    def setUp(self):
        super().setUp()
        self.po = polib.pofile(file_path("aftersales_service/i18n/zh_CN.po"))

    def test_nothing_empty_fuzzy_or_copied(self):
        faults = [
            entry.msgid
            for entry in self.po
            if not entry.msgstr.strip()
            or entry.fuzzy
            or entry.obsolete
            or not (
                re.search(CHINESE, entry.msgstr)
                or SAME.match(PLACEHOLDER.sub("", entry.msgid))
            )
        ]
        self.assertFalse(faults)

    def test_placeholders_and_margins_are_equal(self):
        faults = [
            (entry.msgid, entry.msgstr)
            for entry in self.po
            if placeholders(entry.msgid) != placeholders(entry.msgstr)
            or margins(entry.msgid) != margins(entry.msgstr)
        ]
        self.assertFalse(faults)

    def test_complete(self):
        """Each term that the addon has now is in the template and in the file."""
        pot = polib.pofile(file_path("aftersales_service/i18n/aftersales_service.pot"))
        known = {entry.msgid for entry in pot}
        self.assertEqual(known, {entry.msgid for entry in self.po})
        buffer = BytesIO()
        trans_export(False, ["aftersales_service"], buffer, "po", self.env)
        now = polib.pofile(buffer.getvalue().decode())
        new = {entry.msgid for entry in now if self._is_ours(entry)} - known
        self.assertFalse(new, "export the template anew")
        self.assertFalse(known - {entry.msgid for entry in now}, "terms that are gone")

    def _is_ours(self, entry):
        """Tell whether a term would be there without the other apps of the database.

        Fields that other apps add to the mail thread and to other mixins are exported
        with our models, but are not ours to translate.
        """
        for reference, _line in entry.occurrences:
            kind, _sep, xml_id = reference.rpartition(":")
            if not kind.startswith("model:ir.model.fields,"):
                return True
            field = self.env.ref(xml_id)
            modules = self.env[field.model]._fields[field.name]._modules
            if "aftersales_service" in modules:
                return True
        return False

    def test_they_are_used(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(
            ["aftersales_service"], ["zh_CN"], overwrite=True
        )
        env = self.env(context={**self.env.context, "lang": "zh_CN"})
        ticket = env["aftersales.ticket"]
        labels = ticket.fields_get(["severity"])["severity"]
        self.assertRegex(labels["string"], CHINESE)
        self.assertRegex(dict(labels["selection"])["serious"], CHINESE)
        stage = env.ref("aftersales_service.aftersales_ticket_stage_new")
        self.assertRegex(stage.name, CHINESE)
        view = ticket.get_view(
            env.ref("aftersales_service.aftersales_ticket_view_form").id, "form"
        )
        self.assertIn("例如", view["arch"])
        self.assertNotIn("e.g.", view["arch"])
        with self.assertRaisesRegex(ValidationError, CHINESE):
            env["aftersales.pareto"].create(
                {"date_from": "2026-02-01", "date_to": "2026-01-01"}
            ).action_print()
