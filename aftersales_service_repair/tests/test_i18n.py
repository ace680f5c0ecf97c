# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path

ADDON = "aftersales_service_repair"


@tagged("post_install", "-at_install")
class TestI18n(TransactionCase):
    def test_chinese_is_complete(self):
        template = polib.pofile(file_path(f"{ADDON}/i18n/{ADDON}.pot"))
        chinese = polib.pofile(file_path(f"{ADDON}/i18n/zh_CN.po"))
        said = {entry.msgid: entry.msgstr for entry in chinese}
        self.assertEqual({entry.msgid for entry in template}, set(said))
        self.assertFalse([msgid for msgid, text in said.items() if not text])

    def test_chinese_is_shown(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms([ADDON], ["zh_CN"])
        labels = self.env["repair.order"].with_context(lang="zh_CN")
        self.assertEqual(
            labels.fields_get(["customer_share"])["customer_share"]["string"],
            "客户承担",
        )
