# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which signed visits are verified, by which rule, and by whom."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.aftersales_service.tools import sampling

from .common import GROUP
from .common_followup import FollowupCommon


@tagged("post_install", "-at_install")
class TestFollowupRules(FollowupCommon):
    def make_rule(self, **values):
        """Make a rule that comes before the one for all."""
        rules = self.env["aftersales.followup.rule"]
        return rules.create({"name": "First", "sequence": 1, **values})

    def visit_of(self, severity):
        ticket = self.create_ticket(severity=severity)
        return self.sign(self.work_visit(self.plan_visit(ticket)))

    # === WHICH VISITS === #

    def test_the_first_rule_decides(self):
        first = self.make_rule(severity="serious", due_days=1)
        for severity, rule in (
            ("minor", self.rule),
            ("normal", self.rule),
            ("serious", first),
            ("safety", first),
        ):
            followup = self.follow(self.visit_of(severity))
            self.assertEqual(followup.rule_id, rule, severity)

    def test_the_most_severe_ticket_counts(self):
        self.rule.severity = "safety"
        visit = self.plan_visit(self.create_ticket(severity="minor"))
        other = self.create_ticket(severity="safety", name="Sparks")
        self.as_role("dispatcher", visit).job_ids = [
            Command.create({"ticket_id": other.id})
        ]
        form = self.sign(self.work_visit(visit))
        self.assertEqual(self.follow(form).rule_id, self.rule)

    def test_no_rule_is_for_it(self):
        self.rule.severity = "safety"
        form = self.visit()
        self.assertFalse(self.follow(form))
        self.assertFalse(self.env["aftersales.followup.draw"].search([]))

    def test_an_archived_rule_is_for_nothing(self):
        self.rule.active = False
        self.assertFalse(self.follow(self.visit()))

    def test_by_outcome(self):
        self.rule.write({"on_accepted": False, "on_refused": True})
        self.assertFalse(self.follow(self.visit()))
        visit = self.work_visit(self.plan_visit(self.create_ticket()))
        form = self.sign(visit, outcome="refused", outcome_reason="Still leaks")
        self.assertTrue(self.follow(form))

    def test_a_correction_can_bring_it(self):
        """Nobody was there to ask; then he signs, and the rule is for it."""
        visit = self.work_visit(self.plan_visit(self.create_ticket()))
        first = self.sign(visit, outcome="absent", outcome_reason="Gate closed")
        self.assertFalse(self.follow(first))
        visit.action_correct()
        second = self.sign(visit, replaces_reason="He came back")
        followup = self.follow(second)
        self.assertEqual(followup.form_id, second)

    def test_new_customers(self):
        self.rule.new_customer_months = 3
        with self.at(0):
            self.assertTrue(self.follow(self.visit()), "his first visit")
        with self.at(24 * 30):
            self.assertTrue(self.follow(self.visit()), "first one a month ago")
        with self.at(24 * 100):
            self.assertFalse(self.follow(self.visit()), "an old customer by now")
        with self.at(24 * 101):
            other = self.env["res.partner"].create({"name": "Other Works"})
            self.assertTrue(self.follow(self.visit(partner_id=other.id)))

    def test_by_team_and_company(self):
        other = self.env["aftersales.team"].create(
            {"name": "Others", "company_id": self.company.id}
        )
        self.rule.team_id = other
        self.assertEqual(self.rule.company_id, self.company)
        self.assertFalse(self.follow(self.visit()))
        self.rule.team_id = self.team
        self.assertTrue(self.follow(self.visit()))
        self.rule.write({"team_id": False, "company_id": self.company_2.id})
        self.assertFalse(self.follow(self.visit()))

    def test_remote_service_is_not_verified(self):
        """Nobody came: there is no on-site service to ask about."""
        ticket = self.create_ticket(severity="serious")
        action = self.as_role("dispatcher", ticket).action_plan_visit()
        visit = self.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )
        visit.write(
            {
                "mode": "remote",
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.NOW,
            }
        )
        visit.action_plan()
        visit = self.as_role("technician", visit)
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Guided", "result": "solved"})
        visit.action_finish()
        self.assertFalse(self.follow(self.sign(visit)))

    # === THE SAMPLE === #

    def seed_with(self, number, value_test):
        """Find a seed under which a number is drawn as the test wants."""
        return next(
            seed
            for seed in map(str, range(1000))
            if value_test(sampling.drawn_value(seed, number))
        )

    def test_the_draw_is_kept_and_can_be_done_again(self):
        self.rule.share = 0.5
        ticket = self.create_ticket()
        visit = self.plan_visit(ticket)
        seed = self.seed_with(visit.name, lambda value: value < 0.5)
        # Past the rule, which keeps its seed.
        self.env.cr.execute(
            "UPDATE aftersales_followup_rule SET seed = %s WHERE id = %s",
            [seed, self.rule.id],
        )
        self.env.invalidate_all()
        form = self.sign(self.work_visit(visit))
        draw = self.follow(form).draw_id
        self.assertEqual((draw.seed, draw.share), (seed, 0.5))
        self.assertEqual(draw.value, sampling.drawn_value(seed, form.name))
        self.assertTrue(draw.is_drawn)
        draw = self.as_role("quality", draw)
        self.assertTrue(draw.is_confirmed)
        self.env.cr.execute(
            "UPDATE aftersales_followup_draw SET value = 0.999 WHERE id = %s",
            [draw.id],
        )
        self.env.invalidate_all()
        self.assertFalse(draw.is_confirmed, "somebody has meddled with it")

    def test_what_is_left_out_is_kept_as_well(self):
        first = self.make_rule(share=0)
        form = self.visit()
        self.assertFalse(self.follow(form), "the rule behind is not asked")
        draw = self.env["aftersales.followup.draw"].search([("form_id", "=", form.id)])
        self.assertEqual(draw.rule_id, first)
        self.assertFalse(draw.is_drawn)
        self.assertTrue(draw.is_confirmed)
        self.assertEqual(self.as_role("quality", first).drawn_text, "0 of 1")

    def test_a_correction_does_not_draw_again(self):
        """The number of the form stays, and so does what is drawn by it."""
        self.rule.share = 0.5
        form = self.visit()
        before = self.follow(form)
        visit = self.as_role("technician", form.dispatch_id)
        visit.action_correct()
        second = self.sign(visit, replaces_reason="Typing error")
        self.assertEqual(self.follow(second), before)
        draws = self.env["aftersales.followup.draw"].search(
            [("form_id", "in", (form | second).ids)]
        )
        self.assertEqual(len(set(draws.mapped("value"))), 1)

    def test_the_seed_stays(self):
        manager = self.as_role("manager", self.rule)
        with self.assertRaises(UserError):
            manager.seed = "mine"
        with self.assertRaises(UserError):
            self.rule.sudo().seed = "mine"
        with self.assertRaises(AccessError):
            manager.create({"name": "Mine", "seed": "mine"})
        chosen = manager.with_context(default_seed="mine").create({"name": "Mine"})
        self.assertNotEqual(chosen.seed, "mine")
        self.assertNotEqual(manager.copy().seed, manager.seed)

    def test_a_rule_that_has_drawn_stays(self):
        self.visit()
        with self.assertRaisesRegex(UserError, "archive"):
            self.as_role("manager", self.rule).unlink()
        self.as_role("manager", self.make_rule()).unlink()

    def test_what_a_rule_needs(self):
        form = Form(self.as_role("manager", "aftersales.followup.rule"))
        form.name = "One person"
        form.who = "user"
        with self.assertRaises(AssertionError):
            form.save()
        form.user_id = self.users["quality"]
        rule = form.save()
        with self.assertRaisesRegex(ValidationError, "Say who"):
            rule.user_id = False
        with self.assertRaisesRegex(ValidationError, "no role"):
            rule.user_id = self.users["technician"]

    # === WHO DOES IT === #

    def test_who_the_rule_says(self):
        for who, role in (
            ("leader", "manager"),
            ("intake", "intake"),
            ("dispatcher", "dispatcher"),
            ("quality", "quality"),
        ):
            self.rule.who = who
            self.assertEqual(self.follow(self.visit()).user_id, self.users[role], who)
        self.rule.write({"who": "user", "user_id": self.users["quality"].id})
        self.assertEqual(self.follow(self.visit()).user_id, self.users["quality"])

    def test_the_least_loaded(self):
        other = new_test_user(
            self.env,
            "as_intake_2",
            groups=f"base.group_user,{GROUP % 'intake'}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.team.member_ids |= other
        doers = [self.follow(self.visit()).user_id for _turn in range(3)]
        self.assertEqual(doers, [self.users["intake"], other, self.users["intake"]])

    def test_the_leader_who_was_there_does_not_do_it(self):
        self.rule.who = "leader"
        self.technician.user_id = self.users["manager"]
        form = self.visit()
        self.assertEqual(self.follow(form).user_id, self.users["intake"])

    def test_who_recorded_it_does_not_do_it(self):
        self.users["technician"].group_ids |= self.env.ref(GROUP % "intake")
        self.rule.write({"who": "user", "user_id": self.users["technician"].id})
        form = self.visit()
        self.assertEqual(form.recorded_by, self.users["technician"])
        self.assertNotEqual(self.follow(form).user_id, self.users["technician"])

    def test_nobody_is_left(self):
        """It is kept, and waits for somebody: the leader is reminded of it."""
        doers = ("intake", "dispatcher", "quality", "manager")
        for role in doers:
            group = self.env.ref(GROUP % role)
            group.user_ids -= group.user_ids.filtered(
                lambda user: self.company in user.company_ids
            )
        self.env.registry.clear_cache()
        ticket = self.create_ticket_by_system()
        form = self.sign_by_system(ticket)
        followup = self.follow(form)
        self.assertTrue(followup)
        self.assertFalse(followup.user_id)
        self.assertFalse(followup.activity_ids)

    def create_ticket_by_system(self):
        return self.env["aftersales.ticket"].create(
            {
                "name": "Hose leaks",
                "partner_id": self.contact.id,
                "team_id": self.team.id,
            }
        )

    def sign_by_system(self, ticket):
        visit = self.env["aftersales.dispatch"].create(
            {
                "team_id": self.team.id,
                "partner_id": self.customer.id,
                "technician_ids": [Command.set(self.technician.ids)],
                "job_ids": [Command.create({"ticket_id": ticket.id})],
            }
        )
        visit.sudo().write({"state": "to_sign"})
        return self.env["aftersales.service.form"]._sign(
            visit,
            {
                "outcome": "accepted",
                "signer_name": "Mia Mill",
                "technician_name": "Tara",
            },
        )
