# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who can go, who can't, and who is told so."""

from ast import literal_eval
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .planning_common import MONDAY, PlanningCommon

DAY = 24


@tagged("post_install", "-at_install")
class TestPlanning(PlanningCommon):
    # === OVERLAPS === #

    def test_overlap_blocks_and_a_manager_overrides_it(self):
        first = self.plan(0)
        self.assertEqual(first.planning_state, "fits")
        for hours, length in ((1, 2), (-1, 2), (-1, 4), (0.5, 1), (0, 2)):
            second = self.draft(1, hours, length)
            self.assertEqual(self.codes(second)[0], ("overlap", "block"))
            with self.refused(f"(?s)Tara.*{first.name}.*manager"):
                second.action_plan()
        # What only touches fits.
        self.assertEqual(self.codes(self.draft(1, 2)), [])
        self.assertEqual(
            self.codes(self.draft(1, -2, technicians=self.colleague)),
            [("hours", "warn")],
        )
        with self.assertRaises(AccessError):
            second.override_reason = "One hall"
        boss = self.as_role("manager", second)
        boss.override_reason = "One hall"
        boss.action_plan()
        self.assertEqual(self.codes(second), [("overlap", "warn")])
        self.assertIn(first.name, second.planning_warnings)
        self.flush_tracking()
        values = second.message_ids.sudo().tracking_value_ids.mapped("new_value_char")
        self.assertIn("One hall", values, "the reason is kept in the log")
        # The reason was given for this plan, not for another one.
        with self.refused("planned for"):
            second.scheduled_start += timedelta(minutes=10)
        self.assertEqual(second.override_reason, "One hall")
        second.write(
            {
                "scheduled_start": MONDAY + timedelta(hours=5),
                "scheduled_end": MONDAY + timedelta(hours=6),
            }
        )
        self.assertFalse(second.override_reason)

    def test_replanning_is_judged_too(self):
        first, second = self.plan(0), self.plan(1, 4)
        with self.refused(first.name):
            second.write(
                {
                    "scheduled_start": MONDAY + timedelta(hours=1),
                    "scheduled_end": MONDAY + timedelta(hours=3),
                }
            )
        other = self.plan(1, 0, technicians=self.colleague)
        with self.refused("Tara"):
            other.technician_ids = [Command.link(self.technician.id)]
        # A remote service beside a visit is told, not forbidden.
        remote = self.plan(1, 1, mode="remote")
        self.assertEqual(self.codes(remote), [("overlap", "warn")])
        with self.refused(first.name):
            remote.mode = "on_site"
        # Whoever is free again can be planned.
        first.action_cancel()
        second.write(
            {
                "scheduled_start": MONDAY + timedelta(hours=1),
                "scheduled_end": MONDAY + timedelta(hours=3),
            }
        )
        with self.refused("can't be planned"):
            # The first one can't come back.
            first.action_draft()
            first.action_plan()

    def test_what_is_under_way_or_over_is_not_dragged(self):
        visit = self.plan()
        move = {
            "scheduled_start": MONDAY + timedelta(hours=3),
            "scheduled_end": MONDAY + timedelta(hours=4),
        }
        with self.assertRaises(AccessError):
            self.as_role("technician", visit).write(move)
        self.as_role("technician", visit).action_depart()
        with self.refused("state On the Way"):
            visit.write(move)
        visit.action_cancel()
        with self.refused("state Cancelled"):
            visit.write(move)
        self.assertTrue(visit.is_striked)

    # === CERTIFICATES === #

    def test_certificate_of_the_day_of_the_visit(self):
        """Case 37: valid today, expired on the day."""
        self.require()
        paper = self.certify(self.technician, end="2026-03-09")
        monday, tuesday = self.plan(0), self.plan(1, DAY)
        self.assertEqual(self.codes(monday), [], "the last day counts")
        self.assertEqual(self.codes(tuesday), [("certificate_expired", "warn")])
        self.assertIn("Presses", tuesday.planning_warnings)
        # Who goes is judged by what is known now, no job has to run.
        paper.valid_to = "2026-03-08"
        self.env.invalidate_all()
        self.assertEqual(self.codes(monday), [("certificate_expired", "warn")])
        paper.write({"valid_from": "2026-03-10", "valid_to": False})
        self.assertEqual(self.codes(monday), [("certificate_future", "warn")])
        self.assertEqual(self.codes(tuesday), [])

    def test_the_day_is_the_one_at_the_site(self):
        self.require()
        self.certify(self.technician, end="2026-03-09")
        self.site.tz = "Asia/Tokyo"
        # Monday evening in Berlin is Tuesday morning in Tokyo.
        self.assertEqual(
            self.codes(self.draft(0, 9))[0], ("certificate_expired", "warn")
        )

    def test_mandatory_certificate_blocks_who_never_had_it(self):
        planned, rule = self.plan(0), self.require()
        self.assertEqual(self.codes(planned), [("certificate_missing", "block")])
        self.env.invalidate_all()
        self.assertEqual(planned.planning_state, "block", "flagged on open visits")
        other = self.draft(1, DAY)
        with self.refused("no certificate Presses"):
            other.action_plan()
        with self.refused("no certificate Presses"):
            self.as_role("manager", other).write({"override_reason": "x"})
            other.action_plan()
        self.assertEqual(self.codes(self.draft(1, DAY, mode="remote"))[0][1], "warn")
        rule.mandatory = False
        self.assertEqual(self.codes(planned), [("certificate_missing", "warn")])
        other.action_plan()
        rule.active = False
        self.env.invalidate_all()
        self.assertEqual(planned.planning_state, "fits")

    def test_certificates_of_products_and_faults(self):
        Category = self.env["product.category"]
        machines = Category.create({"name": "Machines"})
        presses = Category.create({"name": "Presses", "parent_id": machines.id})
        other = Category.create({"name": "Pumps"})
        product = self.env["product.product"].create(
            {"name": "Press", "categ_id": presses.id}
        )
        machine = self.env["aftersales.equipment"].create(
            {
                "product_id": product.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        self.tickets[0].equipment_id = machine
        visit = self.plan(0)
        rule = self.require(category_ids=[Command.set(machines.ids)])
        self.assertEqual(self.codes(visit)[0][0], "certificate_missing")
        self.assertEqual(self.tickets[0].required_certificates, "Presses")
        self.assertFalse(self.tickets[1].required_certificates)
        rule.fault_ids = self.fault
        self.assertEqual(self.codes(visit), [], "both must apply")
        self.env["aftersales.finding"].create(
            {"ticket_id": self.tickets[0].id, "fault_id": self.hose.id}
        )
        self.assertEqual(self.codes(visit)[0][0], "certificate_missing")
        rule.category_ids = other
        self.assertEqual(self.codes(visit), [])
        rule.write({"category_ids": [Command.clear()], "company_id": self.company_2.id})
        self.assertEqual(self.codes(visit), [], "another company's")

    def test_nobody_certifies_himself(self):
        paper = self.certify(self.technician, end="2026-03-01")
        refused = {"valid_to": "2030-01-01"}
        own = self.as_role("technician", paper)
        copy = {
            "employee_id": self.technician.id,
            "skill_type_id": paper.skill_type_id.id,
            "skill_id": paper.skill_id.id,
            "skill_level_id": paper.skill_level_id.id,
            "valid_from": "2026-03-02",
        }
        for attempt in (
            lambda: own.write(refused),
            lambda: own.unlink(),
            lambda: own.create(copy),
        ):
            with self.refused("HR or quality", AccessError):
                attempt()
        for role in ("dispatcher", "manager"):
            with self.assertRaises(AccessError):
                self.as_role(role, paper).write(refused)
        self.as_role("quality", paper).write(refused)
        self.technician.user_id = self.users["quality"]
        with self.refused("nobody for himself", AccessError):
            self.as_role("quality", paper).write({"valid_to": "2031-01-01"})
        # Skills stay everybody's own affair.
        kind = self.env["hr.skill.type"].create(
            {
                "name": "Languages",
                "skill_ids": [Command.create({"name": "German"})],
                "skill_level_ids": [
                    Command.create({"name": "Good", "level_progress": 80})
                ],
            }
        )
        self.technician.user_id = self.users["technician"]
        self.as_role("technician", "hr.employee.skill").create(
            {
                "employee_id": self.technician.id,
                "skill_type_id": kind.id,
                "skill_id": kind.skill_ids.id,
                "skill_level_id": kind.skill_level_ids.id,
            }
        )

    def test_who_says_what_is_required(self):
        for role in ("technician", "dispatcher", "intake"):
            with self.assertRaises(AccessError):
                self.as_role(role, "aftersales.certificate").create(
                    {"skill_id": self.skill.id}
                )
        self.require()
        self.as_role("manager", "aftersales.certificate").search([]).unlink()

    # === TIMES === #

    def test_leave_and_holiday(self):
        """Case 36: within a holiday; somebody else's leave is nobody's business."""
        visit = self.plan(0, 2, 1)
        Leave = self.env["resource.calendar.leaves"]
        leave = {
            "name": "Operation",
            "date_from": MONDAY - timedelta(days=1),
            "date_to": MONDAY + timedelta(days=1),
            "calendar_id": self.office.id,
            "company_id": self.company.id,
        }
        Leave.create({**leave, "resource_id": self.colleague.resource_id.id})
        self.assertEqual(self.codes(visit), [])
        off = Leave.create({**leave, "resource_id": self.technician.resource_id.id})
        self.assertEqual(self.codes(visit), [("leave", "warn")])
        self.env.invalidate_all()
        self.assertIn("Tara Technician is away", visit.planning_warnings)
        self.assertNotIn("Operation", visit.planning_warnings, "why is private")
        off.unlink()
        Leave.create({**leave, "name": "Founders' Day"})
        self.env.invalidate_all()
        self.assertEqual(self.codes(visit), [("leave", "warn")])
        self.assertIn("Founders' Day", visit.planning_warnings)

    def test_holidays_of_other_companies_and_calendars(self):
        visit = self.plan(0, 2, 1)
        whole = {
            "date_from": MONDAY - timedelta(days=1),
            "date_to": MONDAY + timedelta(days=1),
        }
        Leave = self.env["resource.calendar.leaves"]
        theirs = Leave.create({**whole, "name": "Theirs"})
        theirs.company_id = self.company_2
        other = self.office.copy()
        Leave.create({**whole, "name": "Night shift", "calendar_id": other.id})
        self.assertEqual(self.codes(visit), [])
        theirs.company_id = self.company
        self.assertEqual(self.codes(visit), [("leave", "warn")])

    def test_working_hours(self):
        self.assertEqual(self.codes(self.draft(0, -2)), [("hours", "warn")])
        self.assertEqual(self.codes(self.draft(0, 3, 3)), [], "over lunch")
        self.assertEqual(self.codes(self.draft(0, -DAY)), [("hours", "warn")])
        self.office.flexible_hours = True
        self.assertEqual(self.codes(self.draft(0, -2)), [])

    def test_distance(self):
        self.technician.address_id = self.env["res.partner"].create(
            {"name": "Berlin", "partner_latitude": 52.52, "partner_longitude": 13.405}
        )
        munich = {"partner_latitude": 48.137, "partner_longitude": 11.575}
        visit = self.plan(0, 4)
        self.assertEqual(self.codes(visit), [], "nobody knows where the site is")
        self.site.write(munich)
        self.assertEqual(self.codes(visit), [("distance", "warn")])
        self.assertIn("504 km", visit._planning_problems()[0]["text"])
        # From the visit before on the same day it is near.
        near = self.env["res.partner"].create(
            {"name": "Next Door", "parent_id": self.customer.id, **munich}
        )
        self.plan(1, 0, site_id=near.id)
        self.assertEqual(self.codes(visit), [])
        self.team.far_km = 0
        self.assertEqual(self.codes(self.draft(0, DAY)), [])

    def test_monday_is_monday_at_the_site(self):
        """Case 38: the time at the site stands beside the reader's own."""
        self.site.tz = "Asia/Tokyo"
        # Monday 08:00 in Tokyo is Sunday night in Berlin and Sunday in New York.
        visit = self.draft(
            scheduled_start="2026-03-08 23:00:00", scheduled_end="2026-03-09 01:00:00"
        )
        for zone in ("Europe/Berlin", "America/New_York", "Asia/Tokyo"):
            seen = visit.with_context(tz=zone)
            seen.invalidate_recordset()
            self.assertEqual(
                seen.site_time.replace(",", ""),
                "Mon 9 Mar 2026 08:00 - 10:00 (Asia/Tokyo)",
            )
        visit.scheduled_end = "2026-03-10 01:00:00"
        self.assertIn("Tue 10 Mar 2026", visit.site_time)
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = visit.with_context(lang="zh_CN")
        self.assertTrue(chinese.site_time.startswith("2026年3月9日周一 08:00 - 2026年"))

    # === WHO CAN GO === #

    def open(self, record, role="dispatcher"):
        """Open the dialog."""
        action = self.as_role(role, record).action_who_can_go()
        return self.as_role(role, action["res_model"]).browse(action["res_id"])

    def test_best_first_with_reasons(self):
        self.require()
        self.certify(self.technician)
        self.certify(self.colleague)
        self.plan(1)
        visit = self.draft(0, 1)
        dialog = self.open(visit)
        self.assertEqual(dialog.certificates, "Presses")
        carl, tara = dialog.candidate_ids
        self.assertEqual(
            (carl.employee_id, tara.employee_id), (self.colleague, self.technician)
        )
        self.assertEqual((carl.level, tara.level), ("fits", "block"))
        self.assertIn("is planned for", tara.against)
        self.assertTrue(tara.selected, "who goes until now")
        with self.refused("is planned for"):
            tara.action_assign()
        dialog.action_assign_best()
        self.assertEqual(visit.state, "planned")
        self.assertEqual(visit.sudo().technician_ids, self.colleague)

    def test_familiar_and_idle_ones_come_first(self):
        dialog = self.open(self.draft(0, DAY, technicians=self.technician.browse()))
        self.assertEqual(
            dialog.candidate_ids[0].employee_id, self.technician, "of two alike"
        )
        self.plan(1, 0, technicians=self.technician)
        dialog.action_look()
        self.assertEqual(dialog.candidate_ids[0].employee_id, self.colleague, "idle")
        self.assertIn("2 h planned", dialog.candidate_ids[1].reasons)
        old = self.plan(1, -7 * DAY, technicians=self.technician)
        self.sign(self.work_visit(old))
        dialog.action_look()
        first = dialog.candidate_ids[0]
        self.assertEqual(first.employee_id, self.technician)
        self.assertIn("Knows the customer (visits: 1)", first.reasons)

    def test_plan_a_ticket_in_one_click(self):
        ticket = self.tickets[0]
        dialog = self.open(ticket)
        self.assertFalse(ticket.job_ids, "looking makes no visit")
        # The next full working hour: it is Monday 10:00 in Berlin.
        self.assertEqual(dialog.scheduled_start, self.NOW + timedelta(hours=1))
        action = dialog.action_assign_best()
        visit = self.env["aftersales.dispatch"].browse(action["res_id"])
        self.assertEqual((visit.state, visit.job_ids.ticket_id), ("planned", ticket))
        self.assertEqual(
            visit.scheduled_end - visit.scheduled_start, timedelta(hours=2)
        )
        # A ticket with a draft is planned with it.
        draft = self.draft(1)
        self.assertEqual(self.open(self.tickets[1]).dispatch_id, draft)

    def test_several_go(self):
        visit = self.draft(0)
        dialog = self.open(visit)
        dialog.candidate_ids.selected = False
        with self.refused("Tick"):
            dialog.action_assign_selected()
        dialog.candidate_ids.selected = True
        with Form(dialog) as form:
            form.scheduled_start = MONDAY + timedelta(hours=4)
        dialog.action_assign_selected()
        self.assertEqual(visit.sudo().technician_ids, self.technician | self.colleague)
        self.assertEqual(visit.scheduled_start, MONDAY + timedelta(hours=4))
        self.assertEqual(visit.scheduled_end, MONDAY + timedelta(hours=6))

    def test_manager_overrides_in_the_dialog(self):
        first, visit = self.plan(1), self.draft(0)
        dialog = self.open(visit)
        self.assertFalse(dialog.can_override)
        dialog.override_reason = "Same hall"
        tara = dialog.candidate_ids.filtered(lambda c: c.level == "block")
        with self.assertRaises(AccessError):
            tara.action_assign()
        dialog = self.open(visit, "manager")
        self.assertTrue(dialog.can_override)
        dialog.override_reason = "Same hall"
        dialog.candidate_ids.filtered(lambda c: c.level == "block").action_assign()
        self.assertEqual((visit.state, first.state), ("planned", "planned"))
        self.assertEqual(visit.override_reason, "Same hall")

    def test_who_is_asked_and_who_may_ask(self):
        visit = self.draft(0)
        for role in ("technician", "intake", "support", "quality"):
            with self.assertRaises(AccessError):
                self.open(visit, role)
            with self.assertRaises(AccessError):
                self.open(self.tickets[0], role)
        dialog = self.open(visit)
        with self.assertRaises(AccessError):
            self.as_role("manager", dialog).action_assign_best()
        technicians = visit._technicians()
        self.assertEqual(technicians, self.technician | self.colleague)
        self.colleague.is_field_technician = False
        self.assertEqual(visit._technicians(), self.technician)
        visit.technician_ids = self.colleague
        self.assertIn(self.colleague, visit._technicians(), "who goes until now")
        ended = self.tickets[1]
        ended._solve()
        with self.refused("Reopen"):
            self.open(ended)
        visit.action_plan()
        visit.sudo()._move("on_way")
        with self.refused("On the Way"):
            self.open(visit)

    def test_whom_the_customer_complains_about_is_not_proposed(self):
        complaint = self.tickets[0]
        complaint.write(
            {
                "ticket_type": "complaint",
                "complaint_about_ids": [Command.set(self.colleague.ids)],
            }
        )
        dialog = self.open(complaint)
        self.assertEqual(dialog.candidate_ids.employee_id, self.technician)
        dialog = self.open(self.tickets[1])
        self.assertIn(self.colleague, dialog.candidate_ids.employee_id)

    def test_nobody_is_chosen_yet(self):
        visit = self.draft(0, technicians=self.technician.browse())
        self.assertFalse(visit.planning_state)
        self.assertEqual(visit._planning_problems(), [])

    def test_nobody_can_go(self):
        self.require()
        visit = self.draft(0)
        with self.refused("Nobody can go"):
            self.open(visit).action_assign_best()
        self.assertEqual(visit.state, "draft")

    # === TO DISPATCH, AND WHERE === #

    def test_tickets_to_dispatch(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_action_to_dispatch"
        )
        tickets = self.as_role("dispatcher", "aftersales.ticket")
        domain = [*literal_eval(action["domain"]), ("id", "in", self.tickets.ids)]
        self.tickets[0].service_mode = "on_site"
        self.tickets[1].service_mode = "remote"
        self.assertEqual(tickets.search(domain), self.tickets[0])
        visit = self.draft(1)
        self.assertEqual(tickets.search(domain), self.tickets, "a draft waits")
        visit.action_plan()
        self.assertEqual(tickets.search(domain), self.tickets[0])
        self.tickets[0]._solve()
        self.assertFalse(tickets.search(domain))
