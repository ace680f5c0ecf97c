# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Classes of tests on common ground are as separate as others are."""

from datetime import datetime, timedelta, timezone

from odoo.tests import tagged

from .common import ROLES, AftersalesCommon
from .ground import Ground
from .sla_common import SlaCommon


class GroundCase(AftersalesCommon):
    """Each class leaves traces of all kinds; none finds those of another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = cls.customer.name, cls.customer.ref, set(cls.users)
        cls.customer.ref = "In the class"
        cls.users["stranger"] = cls.users.pop("intake")
        cls.env["ir.config_parameter"].set_param("aftersales.ground", "left behind")

    def check(self):
        self.assertEqual(self.found, ("Mill & Sons", False, set(ROLES)))
        self.assertEqual(self.customer.ref, "In the class")
        self.customer.name = "In the test"


@tagged("post_install", "-at_install")
class TestGround(GroundCase):
    def test_a_test_leaves_nothing(self):
        self.check()

    def test_nor_does_another(self):
        self.check()

    def test_time_is_real(self):
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        self.env.cr.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        self.assertLess(abs(self.env.cr.fetchone()[0] - now), timedelta(seconds=30))
        self.assertLess(now - self.env.cr.now(), timedelta(minutes=5))


@tagged("post_install", "-at_install")
class TestGroundAgain(GroundCase):
    def test_a_class_leaves_nothing(self):
        self.check()
        self.assertEqual([layer[0] for layer in Ground.kept.layers], [AftersalesCommon])


@tagged("post_install", "-at_install")
class TestGroundHigher(SlaCommon):
    def test_a_layer_more(self):
        chain = [layer[0] for layer in Ground.kept.layers]
        self.assertEqual(chain, [AftersalesCommon, SlaCommon])
        self.assertFalse(self.customer.ref)
        parameters = self.env["ir.config_parameter"]
        self.assertFalse(parameters.get_param("aftersales.ground"))
        self.assertEqual(set(self.policies), {"respond", "arrive", "resolve"})
