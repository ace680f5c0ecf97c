# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

import polib

from odoo.tests import tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

from .common import AftersalesCommon

PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sgd]|%s|%%|\{[a-z_]*\}|<[^>]+>")
#: Terms that are the same in Chinese: names, symbols and abbreviations.
SAME = re.compile(r"^[\W\d_]*$|^(SHA-256|PDF|SLA|QR|CAPA|%)$")


@tagged("post_install", "-at_install")
class TestTranslations(AftersalesCommon):
    def setUp(self):
        super().setUp()
        self.po = polib.pofile(file_path("aftersales_service/i18n/zh_CN.po"))

    def test_nothing_empty_fuzzy_or_copied(self):
        faults = [
            entry.msgid
            for entry in self.po
            if not entry.msgstr
            or entry.fuzzy
            or (entry.msgstr == entry.msgid and not SAME.match(entry.msgid))
        ]
        self.assertFalse(faults)

    def test_placeholders_are_equal(self):
        faults = [
            (entry.msgid, entry.msgstr)
            for entry in self.po
            if sorted(PLACEHOLDER.findall(entry.msgid))
            != sorted(PLACEHOLDER.findall(entry.msgstr))
        ]
        self.assertFalse(faults)

    def test_complete(self):
        """Each term that the addon has now is in the template and in the file."""
        pot = polib.pofile(file_path("aftersales_service/i18n/aftersales_service.pot"))
        known = {entry.msgid for entry in pot}
        self.assertEqual(known, {entry.msgid for entry in self.po})
        from io import BytesIO

        buffer = BytesIO()
        trans_export(False, ["aftersales_service"], buffer, "po", self.env)
        now = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
        self.assertFalse(now - known, "export the template anew")
        self.assertFalse(known - now, "terms that are gone")

    def test_they_are_used(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(
            ["aftersales_service"], ["zh_CN"], overwrite=True
        )
        env = self.env(context={**self.env.context, "lang": "zh_CN"})
        ticket = env["aftersales.ticket"]
        labels = ticket.fields_get(["severity"])["severity"]
        self.assertRegex(labels["string"], "[\u4e00-\u9fff]")
        self.assertRegex(dict(labels["selection"])["serious"], "[\u4e00-\u9fff]")
        stage = env.ref("aftersales_service.aftersales_ticket_stage_new")
        self.assertRegex(stage.name, "[\u4e00-\u9fff]")
        with self.assertRaisesRegex(Exception, "[\u4e00-\u9fff]"):
            env["aftersales.pareto"].create(
                {"date_from": "2026-02-01", "date_to": "2026-01-01"}
            ).action_print()
