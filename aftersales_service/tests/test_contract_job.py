# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The job of contracts: what it moves, what it costs and what it survives."""

from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import aftersales_contract_job as job
from ..models.aftersales_contract import ENDED_STATES
from .contract_life_common import JOB, ContractLifeCommon

LOGGER = "odoo.addons.aftersales_service.models.aftersales_contract_job"
NOTICE = "2026-12-31"  # sixty days before the last day of the contracts here
AFTER = "2027-03-02"


@tagged("post_install", "-at_install")
class TestContractJob(ContractLifeCommon):
    @classmethod
    def lay_ground(cls):
        # Whatever else is there is not to be moved by these tests.
        standing = [("state", "not in", ENDED_STATES)]
        cls.Contract.search(standing)._cancel("Not meant")

    @contextmanager
    def quoting(self, fail_for=(), error=UserError):
        """Collect the contracts whose renewal is quoted, or let some fail."""
        quoted = []

        def quote(contract):
            if contract in fail_for:
                raise error("No product sells this any more")
            quoted.append(contract.sudo(False).with_env(self.env))
            return contract.env["sale.order"]

        Model = self.env.registry["aftersales.contract"]
        with patch.object(Model, "_quote_renewal", quote):
            yield quoted

    def fail_for(self, *contracts):
        """Let what follows from a change of some contracts fail."""
        Model = self.env.registry["aftersales.contract"]
        follow = Model._contract_changed

        def changed(self):
            if self & self.browse(c.id for c in contracts):
                raise ValueError("broken")
            return follow(self)

        return patch.object(Model, "_contract_changed", changed)

    def activities(self, contract, kind):
        xmlid = f"aftersales_service.mail_activity_type_contract_{kind}"
        return contract.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(xmlid)
        )

    # === THE DAYS === #

    def test_from_active_to_expired(self):
        contract = self.agreed()
        with self.quoting() as quoted:
            for day, state, quotes in (
                ("2026-12-30", "active", 0),
                (NOTICE, "expiring", 1),
                ("2027-03-01", "expiring", 1),
                (AFTER, "expired", 1),
                ("2027-04-01", "expired", 1),
            ):
                self.assertIs(self.run_job(day), True)
                self.assertEqual(contract.state, state, day)
                self.assertEqual(len(quoted), quotes, day)
        self.assertFalse(contract.next_move_on)

    def test_days_that_were_missed(self):
        """The job did not run for months: the state is that of today."""
        contract = self.agreed()
        with self.quoting() as quoted:
            self.run_job("2027-05-01")
        self.assertEqual(contract.state, "expired")
        self.assertFalse(quoted, "what has ended is not renewed from its end on")

    def test_no_notice(self):
        contract = self.agreed(renewal_notice_days=0)
        with self.quoting() as quoted:
            self.run_job("2027-03-01")
            self.assertEqual(contract.state, "active")
            self.run_job(AFTER)
        self.assertEqual(contract.state, "expired")
        self.assertFalse(quoted)

    def test_notice_longer_than_the_contract(self):
        contract = self.agreed(renewal_notice_days=999)
        self.assertEqual(contract.state, "expiring")
        with self.quoting() as quoted:
            self.run_job("2026-03-03")
        self.assertFalse(quoted, "looked at when it was agreed")

    def test_renewed(self):
        contract = self.agreed()
        with self.quoting() as quoted:
            self.run_job(NOTICE)
        self.assertEqual(quoted, [contract])
        with self.on("2027-02-01"):
            renewal = self.renew(contract)
            self.assertEqual(contract.state, "expiring")
            renewal.action_activate()
        self.assertEqual(renewal.state, "active")
        self.assertEqual(contract.state, "expiring", "until its own end")
        self.run_job(AFTER)
        self.assertEqual(contract.state, "renewed")
        self.assertEqual(renewal.state, "active")

    def test_renewal_that_is_signed_late(self):
        contract = self.agreed()
        renewal = self.renew(contract)
        self.run_job(AFTER)
        self.assertEqual(contract.state, "expired", "nobody signed the renewal yet")
        with self.on("2027-03-20"):
            renewal.action_activate()
            self.assertEqual(contract.state, "renewed")
            renewal._cancel("Order cancelled")
            self.assertEqual(contract.state, "expired")

    def test_renewal_is_quoted_already(self):
        contract = self.agreed()
        self.renew(contract)
        with self.quoting() as quoted:
            self.run_job(NOTICE)
        self.assertFalse(quoted)

    def test_cancelled_contracts_are_not_renewed(self):
        contract = self.agreed()
        contract._cancel("Plant closes", date(2027, 2, 1))
        with self.quoting() as quoted:
            self.run_job(NOTICE)
            self.assertEqual(contract.state, "expiring")
            self.run_job("2027-02-01")
        self.assertEqual(contract.state, "cancelled")
        self.assertFalse(quoted)

    def test_suspended_contracts(self):
        """They are not renewed while they are, and end all the same."""
        contract, resumed = self.agreed(), self.agreed()
        (contract | resumed)._suspend(date(2026, 12, 1), "Unpaid")
        with self.quoting() as quoted:
            self.run_job("2026-12-01")
            self.assertEqual(contract.state, "suspended")
            self.run_job(NOTICE)
            self.assertEqual(contract.state, "suspended")
            self.assertFalse(quoted)
            with self.on("2027-01-10"):
                resumed._resume(date(2027, 1, 20))
            self.run_job("2027-01-20")
            self.assertEqual(resumed.state, "expiring")
            self.assertEqual(quoted, [resumed])
        self.run_job(AFTER)
        self.assertEqual(contract.state, "expired")

    def test_renewals_that_were_missed(self):
        """Their day passed while nothing was quoted; it is made up for, once."""
        resumed, withdrawn, early = self.agreed(), self.agreed(), self.agreed()
        (resumed | early)._suspend(date(2026, 12, 1), "Unpaid")
        withdrawn._cancel("Plant closes", date(2027, 2, 1))
        with self.on("2026-12-10"):
            early._resume(date(2026, 12, 10))
        with self.quoting() as quoted:
            self.run_job(NOTICE)
            self.assertEqual(quoted, [early])
            with self.on("2027-01-20"):
                self.step(resumed, "resume")
                withdrawn.action_withdraw_cancellation()
            self.run_job("2027-01-20")
            self.assertCountEqual(quoted, [early, resumed, withdrawn])
            self.run_job("2027-01-21")
            self.assertEqual(len(quoted), 3)
        self.assertEqual(resumed.moved_on, date(2027, 1, 20))

    def test_first_day_of_a_contract(self):
        """Whatever follows from a contract follows on its first day again."""
        contract = self.agreed(start_date=date(2026, 4, 1))
        self.assertEqual(contract.next_move_on, date(2026, 4, 1))
        with patch.object(
            self.env.registry["aftersales.contract"], "_contract_changed"
        ) as changed:
            self.run_job("2026-03-31")
            changed.assert_not_called()
            self.run_job("2026-04-01")
            changed.assert_called_once()
            self.run_job("2026-04-02")
            changed.assert_called_once()

    def test_offers_that_wait(self):
        """The salesperson is reminded once; at the end of its days it is given up."""
        contract = self.draft(needs_signature=True)
        contract.action_await_signature()
        draft = self.draft()
        self.run_job("2026-03-08")
        self.assertFalse(self.activities(contract, "unsigned"))
        for day in ("2026-03-09", "2026-03-10", "2026-06-01"):
            self.run_job(day)
            activity = self.activities(contract, "unsigned")
            self.assertEqual(activity.user_id, self.salesman)
            self.assertIn("not signed yet", activity.summary)
        self.run_job(AFTER)
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(contract.cancel_reason, "Not signed before its last day")
        self.assertEqual(draft.state, "draft")

    def test_reminder_ends_with_the_signature(self):
        contract = self.draft(needs_signature=True)
        contract.action_await_signature()
        self.run_job("2026-03-09")
        self.assertTrue(self.activities(contract, "unsigned"))
        contract._activate(signed_by="Mia")
        self.assertFalse(self.activities(contract, "unsigned"))

    def test_without_a_salesperson(self):
        contract = self.draft(needs_signature=True, user_id=False)
        contract.action_await_signature()
        self.run_job("2026-03-09")
        person = self.activities(contract, "unsigned").user_id
        self.assertTrue(
            person.has_group("aftersales_service.aftersales_service_group_manager")
        )

    def test_companies_have_their_own_midnight(self):
        """At 13:00 UTC it is the next day in Auckland, and still this one here."""
        self.company_b.partner_id.tz = "Pacific/Auckland"
        manager = self.users["manager"]
        manager.company_ids |= self.company_b
        press = self.press.sudo().copy(
            {"company_id": self.company_b.id, "partner_id": self.customer.id}
        )
        there = self.draft(
            press,
            user=manager.with_context(allowed_company_ids=self.company_b.ids),
            company_id=self.company_b.id,
            user_id=manager.id,
        )
        there.sudo()._activate()
        here = self.agreed()
        with self.on("2026-12-30", hour=13), self.enter_registry_test_mode():
            self.env.ref(JOB).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(there.sudo().state, "expiring")
        self.assertEqual(here.state, "active")

    # === NOTHING TWICE === #

    def test_run_twice(self):
        contract = self.agreed()
        with self.quoting() as quoted:
            self.run_job(NOTICE)
            self.run_job(NOTICE)
        self.assertEqual(quoted, [contract])
        notes = contract.sudo().message_ids.tracking_value_ids
        self.assertEqual(notes.mapped("new_value_char").count("Expiring"), 1)

    def test_small_batches(self):
        contracts = self.Contract.union(*(self.agreed() for _n in range(5)))
        with self.quoting() as quoted, patch.object(job, "MOVE_BATCH_SIZE", 2):
            self.run_job(NOTICE)
        self.assertEqual(set(contracts.mapped("state")), {"expiring"})
        self.assertEqual(sorted(c.id for c in quoted), sorted(contracts.ids))

    def test_stopped_for_lack_of_time(self):
        """What was done is done; the next run goes on where it stopped."""
        contracts = self.Contract.union(*(self.agreed() for _n in range(5)))
        Cron = self.env.registry["ir.cron"]
        commit = Cron._commit_progress

        def no_time(cron, processed=0, **kwargs):
            commit(cron, processed, **kwargs)
            return 0 if processed else 10

        with self.quoting() as quoted, patch.object(job, "MOVE_BATCH_SIZE", 2):
            with patch.object(Cron, "_commit_progress", no_time), self.on(NOTICE):
                with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                    self.env(cr=cr)["aftersales.contract"]._move_on()
            self.assertEqual(len(quoted), 2)
            self.env.invalidate_all()
            self.run_job(NOTICE)
        self.assertEqual(sorted(c.id for c in quoted), sorted(contracts.ids))

    # === ONE BAD CONTRACT === #

    def test_bad_renewal_stops_nothing(self):
        """Regression 41: noted once on the contract, told once; the others go on."""
        first, bad, last = self.agreed(), self.agreed(), self.agreed()
        with self.quoting(fail_for=bad) as quoted:
            self.assertIs(self.run_job(NOTICE), True)
            self.assertEqual(quoted, [first, last])
            self.assertEqual(bad.state, "expiring", "its days go on")
            self.assertEqual(bad.job_problem, "No product sells this any more")
            self.assertIn("No product sells this", bad.warning)
            activity = self.activities(bad, "problem")
            self.assertEqual(activity.user_id, self.salesman)
            self.assertIn("No product sells this", activity.note)
            messages = len(bad.message_ids)
            self.run_job(NOTICE)
            self.run_job("2027-01-01")
            self.assertEqual(bad.job_problem, "No product sells this any more")
            self.assertEqual(self.activities(bad, "problem"), activity)
            self.assertEqual(len(bad.message_ids), messages)
            self.assertEqual(quoted, [first, last])
        with self.quoting() as quoted:
            self.run_job("2027-01-02")
        self.assertEqual(quoted, [bad], "once more, when somebody repaired it")
        self.assertFalse(bad.job_problem)

    def test_unexpected_error_of_a_renewal(self):
        bad, good = self.agreed(), self.agreed()
        with self.quoting(fail_for=bad, error=KeyError) as quoted:
            with self.assertLogs(LOGGER, "ERROR"):
                self.run_job(NOTICE)
        self.assertEqual(quoted, [good])
        self.assertIn("KeyError", bad.job_problem)
        self.run_job(AFTER)
        self.assertEqual(bad.state, "expired")

    def test_bad_contract_stops_no_other(self):
        """One that can't even be moved: the rest of its batch is moved one by one."""
        first, bad, last = self.agreed(), self.agreed(), self.agreed()
        with self.quoting() as quoted:
            with self.fail_for(bad), self.assertLogs(LOGGER, "ERROR"):
                self.assertIs(self.run_job(NOTICE), True)
            self.assertEqual((first | last).mapped("state"), ["expiring"] * 2)
            self.assertEqual(quoted, [first, last])
            self.assertEqual(bad.state, "active")
            self.assertIn("broken", bad.job_problem)
            activity = self.activities(bad, "problem")
            self.assertEqual(len(activity), 1)
            with self.fail_for(bad), self.assertLogs(LOGGER, "ERROR"):
                self.run_job("2027-01-01")
            self.assertEqual(self.activities(bad, "problem"), activity)
            self.run_job("2027-01-02")
        self.assertEqual(bad.state, "expiring")
        self.assertEqual(quoted, [first, last, bad])
        self.assertFalse(bad.job_problem)

    # === WHAT IT COSTS === #

    def count_queries(self, day):
        """Run the job's work and return how many queries it took, history included."""
        self.flush_tracking()
        self.env.flush_all()
        self.env.invalidate_all()
        Cron = self.env.registry["ir.cron"]
        with self.on(day), patch.object(Cron, "_commit_progress"):
            before = self.cr.sql_log_count
            self.Contract.sudo()._move_on()
            self.flush_tracking()
            return self.cr.sql_log_count - before

    def make(self, count):
        drafts = self.Contract.create(
            [
                {
                    "partner_id": self.customer.id,
                    "template_id": self.template.id,
                    "start_date": self.START,
                    "user_id": self.salesman.id,
                    "line_ids": [(0, 0, {"equipment_id": self.press.id})],
                }
                for _number in range(count)
            ]
        )
        drafts._activate()
        return drafts

    def test_idle_job_costs_nothing(self):
        """As much with two hundred contracts as with ten: it looks for what is due."""
        self.make(10)
        self.count_queries("2026-05-01")
        few = self.count_queries("2026-05-01")
        self.make(190)
        self.assertEqual(self.count_queries("2026-05-01"), few)
        self.assertLess(few, 4 * self.env["res.company"].search_count([]) + 10)

    def test_due_contracts_cost_few_queries(self):
        """Each of a hundred due contracts takes few queries, with its history."""
        with self.quoting():
            self.make(10)
            self.count_queries(NOTICE)
            self.make(10)
            ten = self.count_queries(NOTICE)
            contracts = self.make(100)
            hundred = self.count_queries(NOTICE)
        self.assertEqual(set(contracts.mapped("state")), {"expiring"})
        self.assertLessEqual((hundred - ten) / 90, 6)
