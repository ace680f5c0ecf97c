# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import GROUP, ROLES, AftersalesCommon

#: model -> roles that may create
CREATORS = {
    "aftersales.ticket": {"intake", "dispatcher", "technician", "support", "manager"},
    "aftersales.finding": {
        "intake",
        "dispatcher",
        "technician",
        "support",
        "quality",
        "manager",
    },
    "aftersales.fault": {"support", "quality", "manager"},
    "aftersales.cause": {"support", "quality", "manager"},
    "aftersales.dispatch": {"dispatcher", "manager"},
    "aftersales.dispatch.line": {"dispatcher", "technician", "support", "manager"},
    "aftersales.team": {"manager"},
    "aftersales.ticket.stage": {"manager"},
    "aftersales.sla.policy": {"manager"},
    "aftersales.sla.alert": {"manager"},
    "aftersales.checklist": {"manager"},
    "aftersales.checklist.item": {"manager"},
    "aftersales.sla.clock": set(),
    "aftersales.sla.event": set(),
    "aftersales.service.form": set(),
}


@tagged("post_install", "-at_install")
class TestAccess(AftersalesCommon):
    def test_each_role_has_a_privilege_of_its_own(self):
        groups = [self.env.ref(GROUP % role) for role in ROLES]
        self.assertEqual(len({group.privilege_id for group in groups}), len(ROLES))
        for group in groups:
            others = {g for g in groups if g != group}
            self.assertFalse(others & set(group.all_implied_ids), group.name)

    def test_who_may_read_and_create(self):
        for model, creators in CREATORS.items():
            for role in ROLES:
                Model = self.as_role(role, model)
                self.assertEqual(
                    Model.has_access("create"), role in creators, f"{role} {model}"
                )
                reads = role != "finance" or model == "aftersales.service.form"
                self.assertEqual(Model.has_access("read"), reads, f"{role} {model}")

    def test_intake_enters_new_customers(self):
        partner = self.as_role("intake", "res.partner").create({"name": "New One"})
        self.assertEqual(self.create_ticket(partner_id=partner.id).site_id, partner)

    def test_users_without_a_role_see_nothing(self):
        user = new_test_user(self.env, "as_none", groups="base.group_user")
        portal = self._create_portal_user()
        ticket = self.create_ticket()
        for somebody in (user, portal, self.env.ref("base.public_user")):
            for model in CREATORS:
                self.assertFalse(
                    self.env[model].with_user(somebody).has_access("read"), model
                )
            with self.assertRaises(AccessError):
                ticket.with_user(somebody).read(["name"])

    def test_other_companies_see_nothing(self):
        ticket = self.create_ticket(severity="serious")
        finding = self.env["aftersales.finding"].create({"ticket_id": ticket.id})
        dispatch = self.work_visit(self.plan_visit(ticket))
        form = self.sign(dispatch)
        records = [
            ticket,
            finding,
            ticket.sudo().clock_ids,
            ticket.sudo().clock_ids.event_ids,
            dispatch,
            dispatch.job_ids,
            dispatch.job_ids.answer_ids,
            dispatch.line_ids,
            form,
            self.team,
        ]
        groups = ",".join(GROUP % role for role in ROLES)
        stranger = new_test_user(
            self.env,
            "as_stranger",
            groups=f"base.group_user,{groups}",
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        for record in records:
            record = record.with_user(stranger)
            with self.assertRaises(AccessError, msg=record._name):
                record.read(["display_name"])
            self.assertFalse(record.search([("id", "in", record.ids)]), record._name)
        with self.assertRaises(AccessError):
            ticket.with_user(stranger).action_assign_to_me()

    def test_catalogue_of_another_company(self):
        fault = self.env["aftersales.fault"].create(
            {"name": "Of B", "company_id": self.company_2.id}
        )
        with self.assertRaises(Exception):  # noqa: B017 - company or access error
            self.env["aftersales.finding"].create(
                {"ticket_id": self.create_ticket().id, "fault_id": fault.id}
            )
