# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.tests import new_test_user

from .common import GROUP, AftersalesCommon

FINANCE = "base.group_user," + GROUP % "finance"


class ReceiptCommon(AftersalesCommon):
    """Signed visits of the technician, and people of finance."""

    @classmethod
    def lay_ground(cls):
        cls.cashier = cls.users["finance"]
        cls.accountant = cls.make_user("as_accountant", "Ann Accountant", FINANCE)
        cls.other_user = cls.make_user(
            "as_other", "Otto Other", "base.group_user," + GROUP % "technician"
        )
        cls.other = cls.env["hr.employee"].create(
            {"name": "Otto Other", "user_id": cls.other_user.id}
        )

    @classmethod
    def make_user(cls, login, name, groups):
        return new_test_user(
            cls.env,
            login=login,
            password=login,
            name=name,
            email=f"{login}@maker.example.com",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def signed(cls, hours=2, ticket=None, **values):
        """Let the technician work a visit and have it signed.

        :param hours: when it is signed, after NOW
        :return: its `aftersales.receipt`, as nobody in particular
        """
        with cls.at(0):
            visit = cls.plan_visit(ticket or cls.create_ticket())
        with cls.at(hours):
            cls.work_visit(visit)
            form = cls.sign(visit, **values)
        return form.receipt_ids

    @classmethod
    def put_in(cls, receipts, user=None):
        """Put receipts into an envelope, by the technician."""
        user = user or cls.users["technician"]
        action = receipts.with_user(user).action_hand_over()
        return cls.env[action["res_model"]].browse(action["res_id"])

    @classmethod
    def hand_over(cls, receipts, user=None):
        """Hand an envelope with receipts over, by the technician.

        :return: the `aftersales.receipt.batch`
        """
        batch = cls.put_in(receipts, user)
        batch.with_user(user or cls.users["technician"]).action_hand_over()
        return batch

    @classmethod
    def correct(cls, receipt, **values):
        """Have a new version of a receipt's form signed.

        :return: the receipt of the new version
        """
        visit = cls.as_role("technician", receipt.dispatch_id)
        visit.action_correct()
        form = cls.sign(receipt.dispatch_id, replaces_reason="Another hour", **values)
        return form.receipt_ids

    def steps(self, receipt):
        return [(step.state, step.user_id) for step in receipt.step_ids]
