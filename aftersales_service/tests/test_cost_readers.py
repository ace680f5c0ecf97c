# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who reads what service has cost: finance, quality and managers, nobody else."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestCostReaders(AftersalesCommon):
    def test_who_reads_the_costs(self):
        with self.at(0):
            visit = self.plan_visit(self.create_ticket())
        with self.at(24):
            self.sign(self.work_visit(visit))
        action = "aftersales_service.aftersales_dispatch_cost_action"
        menu = self.env.ref("aftersales_service.aftersales_dispatch_cost_menu")
        domain = [("dispatch_id", "=", visit.id)]
        for role in ("finance", "quality", "manager"):
            Cost = self.as_role(role, "aftersales.dispatch.cost")
            actions = Cost.env["ir.actions.actions"]
            self.assertTrue(actions._for_xml_id(action))
            views = Cost.get_views([(False, "list"), (False, "pivot")])
            fields = views["models"][Cost._name]["fields"]
            shown = ("date", "dispatch_id", "equipment_id", "finding_id", "amount")
            spec = {
                name: {"fields": {"display_name": {}}}
                if fields[name]["type"] == "many2one"
                else {}
                for name in shown
            }
            found = Cost.web_search_read(domain, spec)
            self.assertEqual(found["length"], 3, role)
            self.assertEqual(
                found["records"][0]["dispatch_id"]["display_name"], visit.name
            )
            [group] = Cost.formatted_read_group(domain, [], ["quantity:sum"])
            self.assertEqual(group["quantity:sum"], 4.5)
            with self.assertRaises(AccessError):
                Cost.search(domain).write({"amount": 0})
            self.assertIn(menu.id, self.as_role(role, menu).load_menus(False))
        # What finance may not open stays shut.
        with self.assertRaises(AccessError):
            self.as_role("finance", visit).read(["state"])
        for role in ("intake", "technician", "dispatcher", "support"):
            self.assertNotIn(menu.id, self.as_role(role, menu).load_menus(False))
            with self.assertRaises(AccessError):
                self.as_role(role, "aftersales.dispatch.cost").search_count(domain)
