# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Our unit tests of the web client (static/tests), run in a browser."""

import logging
import re
from contextlib import contextmanager
from pathlib import Path

from odoo.tests import HttpCase, tagged

from odoo.addons.web.tests import test_js

SUITE = "@aftersales_service"
FILES = Path(__file__).parents[1] / "static" / "tests"


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestWeb(HttpCase):
    @contextmanager
    def console(self):
        """Collect what the browser writes on its console.

        :return: list of str that grows
        """
        logger, messages = self._logger.getChild("browser"), []
        handler = logging.Handler()
        handler.emit = lambda record: messages.append(record.getMessage())
        logger.addHandler(handler)
        level = logger.level
        logger.setLevel(logging.INFO)
        try:
            yield messages
        finally:
            logger.setLevel(level)
            logger.removeHandler(handler)

    def test_unit(self):
        """All of them are found, run and pass: a run of nothing succeeds as well."""
        written = sum(
            len(re.findall(r"^test\(", path.read_text(), re.MULTILINE))
            for path in FILES.rglob("*.test.js")
        )
        job = test_js.HOOTCommon._generate_hash(self, SUITE)
        with self.console() as messages:
            self.browser_js(
                f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={job}",
                "",
                "",
                login="admin",
                timeout=300,
                success_signal="[HOOT] Test suite succeeded",
                error_checker=test_js.unit_test_error_checker,
            )
        passed = re.search(r"Passed (\d+) tests", "\n".join(messages))
        self.assertTrue(passed, messages)
        self.assertEqual(int(passed[1]), written)
