# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Receipts handed over and received in a browser, with the keyboard and on a phone."""

from odoo.tests import HttpCase, tagged

from .common_receipt import ReceiptCommon

PAGE = "/odoo/receive-receipts"


class HandsOver:
    """What is done on any screen."""

    allow_inherited_tests_method = True

    def prepare(self):
        """Hand over an envelope of three, with numbers the tour can know."""
        receipts = self.signed() | self.signed() | self.signed()
        batch = self.hand_over(receipts)
        self.env.flush_all()
        for number, receipt in enumerate(receipts, 1):
            self.cr.execute(
                "UPDATE aftersales_receipt SET name = %s WHERE id = %s",
                [f"TOUR-{number}", receipt.id],
            )
        self.cr.execute(
            "UPDATE aftersales_receipt_batch SET name = 'TOUR-ENV' WHERE id = %s",
            [batch.id],
        )
        self.env.invalidate_all()
        return batch, receipts

    def test_with_the_keyboard_only(self):
        batch, receipts = self.prepare()
        self.start_tour(PAGE, "aftersales_receipt_scan", login="as_finance")
        self.env.invalidate_all()
        self.assertEqual(receipts.mapped("state"), ["received", "issued", "received"])
        self.assertEqual(batch.state, "received")
        self.assertIn(batch.name, receipts[1].step_ids[-1].note)

    def test_from_the_list_of_a_technician(self):
        """Pick all and Hand Over; on the telephone one button for all."""
        receipts = self.signed() | self.signed()
        self.env.flush_all()
        self.start_tour(
            "/odoo/my-service-receipts",
            "aftersales_receipt_hand_over",
            login="as_technician",
        )
        self.env.invalidate_all()
        self.assertEqual(receipts.mapped("state"), ["handed"] * 2)
        self.assertEqual(len(receipts.batch_id), 1)


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestReceiptBrowser(HandsOver, ReceiptCommon, HttpCase):
    """At a desk."""


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestReceiptPhone(HandsOver, ReceiptCommon, HttpCase):
    """Of the technician, or of whoever walks through the mail."""

    browser_size = "390x844"
    touch_enabled = True

    def test_nothing_is_cut_off(self):
        """The page of the scanner is not wider than the telephone."""
        batch, _receipts = self.prepare()
        self.browser_js(
            f"{PAGE}/{batch.id}",
            """
            const page = document.querySelector(".o_aftersales_receipt_scan");
            const wide = [...page.querySelectorAll("*")].filter(
                (el) => el.getBoundingClientRect().right > window.innerWidth + 1
            );
            if (wide.length || page.scrollWidth > page.clientWidth) {
                throw new Error("too wide: " + wide.map((el) => el.outerHTML).join());
            }
            console.log("test successful");
            """,
            "!!document.querySelector('.o_aftersales_scan_page')",
            login="as_finance",
        )
