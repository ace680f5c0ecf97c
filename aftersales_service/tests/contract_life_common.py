# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime, time

from freezegun import freeze_time

from odoo import Command
from odoo.tests import new_test_user

from .test_sale_warranty import SaleWarrantyCommon

JOB = "aftersales_service.ir_cron_contract_move"


class ContractLifeCommon(SaleWarrantyCommon):
    """Two machines, a template of a year, and contracts that are entered by hand."""

    @classmethod
    def lay_ground(cls):
        cls.company.partner_id.tz = "UTC"
        cls.Contract = cls.env["aftersales.contract"]
        cls.gold = cls.env["aftersales.response.class"].create({"name": "Gold Test"})
        cls.template = cls.env["aftersales.contract.template"].create(
            {
                "name": "Full Service",
                "duration": 12,
                "travel_share": 0.5,
                "limits_visits": True,
                "visit_quota": 4,
                "renewal_notice_days": 60,
                "needs_signature": False,
                "response_class_id": cls.gold.id,
                "excluded_category_ids": [Command.set(cls.categ_spares.ids)],
            }
        )
        cls.press, cls.drill = cls.env["aftersales.equipment"].create(
            [
                {
                    "product_name": name,
                    "serial_number": f"{name}-1",
                    "partner_id": cls.customer.id,
                    "company_id": cls.company.id,
                }
                for name in ("Press", "Drill")
            ]
        )
        cls.boss = new_test_user(
            cls.env,
            login="as_boss",
            name="Bob Boss",
            email="bob@maker.example.com",
            groups="base.group_user,sales_team.group_sale_salesman_all_leads",
            context={"no_reset_password": True},
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.START = date(2026, 3, 2)

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time(self.NOW))

    def on(self, day, hour=12):
        """Let it be a day, at noon UTC."""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return freeze_time(datetime.combine(day, time(hour)))

    @classmethod
    def draft(cls, *machines, user=None, **values):
        """Enter a contract of a year from 2 March 2026 on, as the salesman."""
        user = user or cls.salesman
        machines = machines or (cls.press, cls.drill)
        return (
            cls.Contract.with_user(user)
            .create(
                {
                    "partner_id": cls.contact.id,
                    "template_id": cls.template.id,
                    "user_id": cls.salesman.id,
                    "start_date": cls.START,
                    "line_ids": [
                        Command.create({"equipment_id": machine.id})
                        for machine in machines
                    ],
                    **values,
                }
            )
            .with_user(user)
        )

    @classmethod
    def agreed(cls, *machines, **values):
        """Enter a contract and let it take effect."""
        contract = cls.draft(*machines, **values)
        contract.action_activate()
        return contract

    def renew(self, contract, **values):
        """Make the contract that follows, as the order of a renewal does."""
        renewal = self.draft(start_date=date(2027, 3, 2), **values)
        renewal.sudo().renews_id = contract
        return renewal

    def step(self, contract, kind, user=None, **values):
        """Take a step through the dialog that its button opens."""
        contract = contract.with_user(user) if user else contract
        action = getattr(contract, f"action_{kind}")()
        wizard = (
            contract.env[action["res_model"]]
            .with_context(**action["context"])
            .create(values)
        )
        wizard.action_apply()

    def run_job(self, day=None):
        """Run the job as the scheduler does; return True if it went well."""
        self.env.flush_all()
        with self.on(day or date(2026, 3, 2)), self.enter_registry_test_mode():
            result = self.env.ref(JOB).method_direct_trigger()
        self.env.invalidate_all()
        return result
