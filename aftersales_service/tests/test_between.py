# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What one part of the intake does to another one."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_complaint import ComplaintCommon
from .common_forward import ForwardCommon
from .common_web import PASSWORD
from .test_remote_service import RemoteCommon


@tagged("post_install", "-at_install")
class TestBetweenComplaints(ComplaintCommon):
    """What else would lead to a complaint about the reader."""

    def test_dialogs_read_with_the_rights_of_their_user(self):
        """What a dialog on tickets fills in by itself, its user may read."""
        for name in (
            "aftersales.call",
            "aftersales.call.log",
            "aftersales.complaint.step",
            "aftersales.equipment.change",
            "aftersales.support.ask",
            "aftersales.support.reply",
            "aftersales.ticket.cancel",
            "aftersales.ticket.forward",
            "aftersales.ticket.merge",
            "aftersales.ticket.wait",
        ):
            for field in self.env[name]._fields.values():
                with self.subTest(field=str(field)):
                    self.assertFalse(field.compute and field.compute_sudo)

    def test_the_call_form_reads_with_the_rights_of_its_user(self):
        ticket = self.complain_about(product_name="Press 200", serial_number="S-1")
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.as_role("technician", "aftersales.call").create(
                {"name": "x", "ticket_id": ticket.id}
            ).read(["partner_id", "product_name"])
        with self.assertRaises(AccessError):
            self.as_role("technician", "aftersales.call").onchange(
                {"ticket_id": ticket.id},
                ["ticket_id"],
                {"ticket_id": {}, "partner_id": {}, "product_name": {}},
            )

    def test_what_was_merged_before_is_hidden_as_well(self):
        stays, first = self.complain(), self.complain(name="Tara was rude to us")
        plain = self.create_ticket(name="Tara came late")
        self.as_role("dispatcher", first | plain)._merge_into(
            self.as_role("dispatcher", stays)
        )
        seen = self.as_role("technician", "aftersales.ticket")
        ids = (stays | first | plain).ids
        self.assertEqual(seen.search_count([("id", "in", ids)]), 3)
        self.as_role("intake", stays).complaint_about_ids = self.technician
        self.env.invalidate_all()
        self.assertFalse(seen.search([("id", "in", ids)]))
        self.as_role("manager", stays).complaint_about_ids = False
        self.env.invalidate_all()
        self.assertEqual(seen.search_count([("id", "in", ids)]), 3)

    def test_a_question_does_not_wait_for_whom_it_is_hidden_from(self):
        ticket = self.complain(user_id=self.leader.id)
        supporter = self.users["support"]
        employee = self.env["hr.employee"].create(
            {"name": "Sue", "user_id": supporter.id}
        )
        self.as_role("dispatcher", ticket).with_user(self.leader)._ask_support(
            "What was it?", supporter
        )
        question = ticket.sudo().support_question_ids
        self.assertEqual(question.supporter_id, supporter)
        self.as_role("intake", ticket).complaint_about_ids = employee
        self.assertFalse(question.supporter_id)
        self.assertEqual(question.state, "open")

    def test_support_can_answer_though_it_is_about_who_asked(self):
        ticket = self.complain(user_id=self.accused.id)
        self.as_role("technician", ticket)._ask_support("What was it?")
        self.as_role("intake", ticket).complaint_about_ids = self.technician
        question = ticket.sudo().support_question_ids
        self.as_role("support", question)._step("answer", "Oil")
        self.assertEqual(question.state, "answered")
        kind = self.env.ref("aftersales_service.mail_activity_type_support_answered")
        told = ticket.sudo().activity_ids.filtered(
            lambda one: one.activity_type_id == kind
        )
        self.assertEqual(told.user_id, self.leader)

    def test_who_has_left_is_not_waited_for(self):
        ticket = self.create_ticket(user_id=self.accused.id)
        supporter = self.users["support"]
        self.as_role("technician", ticket)._ask_support("Which one?", supporter)
        question = ticket.sudo().support_question_ids
        self.as_role("support", question)._step("ask_back", "Which what?")
        supporter.active = False
        other = self.users["quality"]
        other.group_ids += self.env.ref(
            "aftersales_service.aftersales_service_group_support"
        )
        self.as_role("technician", question)._step("reply", "The hose")
        told = ticket.sudo().activity_ids.filtered("support_question_id")
        self.assertFalse(told)
        notes = self.env["mail.notification"].search(
            [("res_partner_id", "=", other.partner_id.id)]
        )
        self.assertIn(ticket.id, notes.mail_message_id.mapped("res_id"))

    def test_not_taken_off_through_the_employee(self):
        ticket = self.complain_about()
        boss = self.users["manager"]
        boss.group_ids += self.env.ref("hr.group_hr_manager")
        employee = self.technician.with_user(boss)
        with self.assertRaises(UserError):
            employee.aftersales_complaint_ids = [Command.clear()]
        self.assertEqual(ticket.sudo().complaint_about_ids, self.technician)
        with self.assertRaises(UserError):
            employee.create(
                {"name": "X", "aftersales_complaint_ids": [Command.set(ticket.ids)]}
            )

    def test_seen_again_with_its_ratings(self):
        ticket = self.complain_about()
        self.env["rating.rating"].sudo().create(
            {
                "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                "res_id": ticket.id,
                "rating": 1,
                "consumed": True,
            }
        )
        Rating = self.as_role("technician", "rating.rating")
        domain = [("res_model", "=", ticket._name), ("res_id", "=", ticket.id)]
        self.assertFalse(Rating.search(domain))
        self.assertFalse(self.env["res.users"]._complained_about() - {self.accused.id})
        self.as_role("manager", ticket).complaint_about_ids = False
        self.assertFalse(self.accused._is_complained_about())

    def test_a_login_that_is_given_later(self):
        """What he had of the complaint is taken from him with his login."""
        ticket = self.complain_about(self.colleague)
        user = self.users["support"]
        ticket.sudo().message_subscribe(user.partner_id.ids)
        ticket.sudo().activity_schedule("mail.mail_activity_data_todo", user_id=user.id)
        ticket.sudo().user_id = user
        self.colleague.user_id = user
        self.assertFalse(ticket.user_id)
        self.assertNotIn(user.partner_id, ticket.message_partner_ids)
        self.assertNotIn(user, ticket.sudo().activity_ids.user_id)
        with self.assertRaises(AccessError):
            ticket.with_user(user).read(["name"])

    def test_a_reopened_complaint_is_settled_anew(self):
        ticket = self.complain().with_user(self.leader)
        ticket._offer_resolution("A free hose", "call")
        ticket._record_customer_answer("accepted", "call")
        ticket.resolution = "Hose given"
        ticket.action_solve()
        ticket.action_reopen()
        self.assertEqual(ticket.complaint_step, "settled")
        ticket.action_solve()
        ticket.action_close()
        ticket.action_reopen()
        self.assertEqual(ticket.complaint_step, "offer")
        ticket.action_solve()
        with self.assertRaises(UserError):
            ticket.action_close()
        ticket._offer_resolution("Two hoses", "call")
        self.assertEqual(ticket.complaint_step, "answer")
        ticket._record_customer_answer("accepted", "call")
        self.assertEqual(ticket.offer_ids.mapped("answer"), ["accepted", "accepted"])
        ticket.action_close()

    def test_what_a_request_says_in_its_context(self):
        """No default and no key of ours lets a new complaint be settled already."""
        guarded = (
            "unanswered_reason",
            "customer_answer",
            "escalation_count",
            "original_id",
            "support_state",
            "forward_pending",
        )
        values = ("x", "accepted", 3, self.create_ticket().id, "open", True)
        context = {
            f"default_{name}": value
            for name, value in zip(guarded, values, strict=True)
        }
        Ticket = self.as_role("intake", "aftersales.ticket").with_context(
            **context,
            aftersales_forwarding=True,
            aftersales_merging=True,
            aftersales_unproved_number=True,
        )
        ticket = Ticket.create(
            {"name": "Rude", "ticket_type": "complaint", "team_id": self.team.id}
        )
        for name in guarded:
            with self.subTest(field=name):
                self.assertFalse(ticket.sudo()[name])

    def test_moments_that_can_not_be(self):
        ticket = self.create_ticket()
        for moment in ("0001-01-01 00:00:00", "9999-12-31 23:59:59"):
            call = self.as_role("intake", "aftersales.call").create(
                {"name": "Leaks", "reported_at": moment}
            )
            log = self.as_role("intake", "aftersales.call.log").create(
                {"ticket_id": ticket.id, "called_at": moment, "summary": "Leaks"}
            )
            with self.subTest(moment=moment):
                with self.assertRaises(ValidationError):
                    call.action_save()
                with self.assertRaises(ValidationError):
                    log.action_log()

    def test_no_scanner_at_our_own_address(self):
        with self.assertRaises(ValidationError):
            self.team.scan_addresses = f"test.service@{self.alias_domain}"

    def test_the_call_goes_on_in_the_merged_one(self):
        stays, merged = self.create_ticket(), self.create_ticket()
        call = self.as_role("intake", "aftersales.call").create(
            {"ticket_id": merged.id, "name": "Asks when we come"}
        )
        self.as_role("dispatcher", merged)._merge_into(
            self.as_role("dispatcher", stays)
        )
        action = call.action_save()
        self.assertEqual(action["res_id"], stays.id)
        self.assertIn("Asks when", "".join(stays.message_ids.mapped("body")))

    def test_merging_an_unknown_one_keeps_the_customer(self):
        stays = self.create_ticket(
            partner_id=False, product_name=False, serial_number=False
        )
        merged = self.create_ticket()
        self.as_role("intake", merged)._merge_into(self.as_role("intake", stays))
        self.assertEqual(stays.partner_id, self.contact)
        self.assertEqual(stays.product_name, "Press 200")
        self.assertEqual(stays.serial_number, "P200-77")

    def test_customers_of_an_unknown_one_are_not_mixed(self):
        other = self.env["res.partner"].create({"name": "Other Works"})
        stays = self.create_ticket(partner_id=False)
        merged = self.create_ticket() | self.create_ticket(partner_id=other.id)
        with self.assertRaises(UserError):
            self.as_role("intake", merged)._merge_into(self.as_role("intake", stays))


@tagged("post_install", "-at_install")
class TestBetweenForward(ForwardCommon):
    def test_a_fault_found_later_forwards(self):
        self.make_rule()
        requirement = self.env["aftersales.requirement"].search(
            [("ticket_type", "=", "repair")]
        )
        requirement.fault = True
        ticket = self.create_ticket()
        self.assertFalse(ticket.user_id)
        self.as_role("intake", ticket).action_use_fault(self.hose.id)
        self.assertEqual(ticket.user_id, self.hands[0])

    def test_a_fault_entered_by_itself_forwards(self):
        self.make_rule()
        self.env["aftersales.requirement"].search(
            [("ticket_type", "=", "repair")]
        ).fault = True
        ticket = self.create_ticket()
        finding = self.as_role("intake", "aftersales.finding").create(
            {"ticket_id": ticket.id}
        )
        self.assertFalse(ticket.user_id)
        finding.fault_id = self.hose
        self.assertEqual(ticket.user_id, self.hands[0])

    def test_merging_completes_the_facts(self):
        self.make_rule()
        self.env["aftersales.requirement"].search(
            [("ticket_type", "=", "repair")]
        ).fault = True
        stays = self.create_ticket()
        merged = self.create_ticket()
        self.env["aftersales.forward.rule"].search([]).action_archive()
        self.as_role("intake", "aftersales.finding").create(
            {"ticket_id": merged.id, "fault_id": self.hose.id}
        )
        self.make_rule("Again")
        self.as_role("intake", merged)._merge_into(self.as_role("intake", stays))
        self.assertEqual(stays.user_id, self.hands[0])

    def test_the_team_of_another_company_is_not_chosen(self):
        other = self.env["res.company"].create({"name": "B"})
        user = self.users["intake"]
        user.company_ids += other
        team = self.env["aftersales.team"].create(
            {
                "name": "B1",
                "company_id": other.id,
                "member_ids": [Command.set(user.ids)],
            }
        )
        call = self.as_role("intake", "aftersales.call").with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        machine = self.env["aftersales.equipment"].create(
            {
                "product_name": "Saw",
                "company_id": other.id,
                "partner_id": self.contact.id,
            }
        )
        call = call.create({"name": "x", "equipment_id": machine.id})
        self.assertEqual(call.team_id, team)
        ticket = call._make_ticket()
        self.assertEqual(ticket.team_id, team)
        self.assertFalse(ticket.keeps_team)

    def test_call_without_a_team(self):
        other = self.env["res.company"].create({"name": "B"})
        self.env["aftersales.team"].search(
            [("company_id", "=", other.id)]
        ).active = False
        user = self.users["intake"]
        user.company_ids += other
        Call = self.as_role("intake", "aftersales.call").with_context(
            allowed_company_ids=[other.id]
        )
        call = Call.create({"name": "x"})
        with self.assertRaises(UserError):
            call.action_save()


@tagged("post_install", "-at_install")
class TestBetweenRemote(RemoteCommon):
    def test_triage_first(self):
        self.env["aftersales.requirement"].search(
            [("ticket_type", "=", "repair")]
        ).machine = True
        ticket = self.create_ticket(product_name=False, serial_number=False)
        with self.assertRaises(UserError):
            self.as_role("technician", ticket).action_remote_service()
        self.assertEqual(ticket.state, "new")

    def test_files_instead_of_words(self):
        visit = self.serve()
        path = self.send(visit)
        page = self.page(path)
        tree = self.tree(page)
        token = tree.xpath("//input[@name='csrf_token']/@value")[0]
        for name in ("name", "role", "remarks", "drawing", "answer", "reason"):
            with self.subTest(name=name):
                values = {"csrf_token": token, "answer": "accept"}
                values.pop(name, None)
                answer = self.url_open(
                    path, data=values, files={name: ("a.txt", b"abc", "text/plain")}
                )
                self.assertEqual(answer.status_code, 200)

    def test_declined_though_the_responsible_is_complained_about(self):
        ticket = self.create_ticket(
            ticket_type="complaint", user_id=self.users["dispatcher"].id
        )
        visit = self.serve(ticket)
        sender = self.users["dispatcher"]
        employee = self.env["hr.employee"].create({"name": "D", "user_id": sender.id})
        path = self.send(visit.with_user(sender))
        self.as_role("intake", ticket).complaint_about_ids = employee
        self.assertFalse(ticket.user_id)
        tree = self.tree(self.page(path))
        token = tree.xpath("//input[@name='csrf_token']/@value")[0]
        answer = self.url_open(
            path,
            data={"csrf_token": token, "answer": "decline", "reason": "Still broken"},
        )
        self.assertEqual(answer.status_code, 200)
        kind = self.env.ref("aftersales_service.mail_activity_type_declined")
        told = ticket.sudo().activity_ids.filtered(
            lambda one: one.activity_type_id == kind
        )
        self.assertEqual(told.user_id, self.users["manager"])

    def test_link_after_a_merge(self):
        stays = self.create_ticket()
        visit = self.serve()
        path = self.send(visit)
        self.as_role("dispatcher", self.ticket)._merge_into(
            self.as_role("dispatcher", stays)
        )
        self.assertEqual(self.page(path).status_code, 200)
        self.assertEqual(visit.acceptance_state, "withdrawn")
        self.assertIn(stays.reference, visit.message_ids[0].body)
        # Sent again it is answered.
        page = self.page(self.send(visit))
        self.assertTrue(self.tree(page).xpath("//input[@name='csrf_token']"))

    def test_web_form_takes_no_file_for_a_choice(self):
        self.authenticate(self.portal.login, PASSWORD)
        page = self.page("/aftersales/report")
        token = self.tree(page).xpath("//input[@name='csrf_token']/@value")[0]
        for name in ("name", "text", "equipment_id", "homepage", "photos"):
            with self.subTest(name=name):
                values = {
                    "csrf_token": token,
                    "name": "a",
                    "text": "b",
                    "email": "q@q.example.com",
                }
                values.pop(name, None)
                answer = self.url_open(
                    "/aftersales/report",
                    data=values,
                    files={name: ("a.txt", b"abc", "text/plain")},
                )
                self.assertEqual(answer.status_code, 200)


@tagged("post_install", "-at_install")
class TestBetweenPortal(RemoteCommon):
    def test_a_customer_reaches_no_model(self):
        for name in self.env.registry:
            if not name.startswith("aftersales.") or self.env[name]._abstract:
                continue
            for user in (self.portal, self.env.ref("base.public_user")):
                Model = self.env[name].with_user(user)
                with self.subTest(model=name, user=user.login):
                    operations = ["read", "write", "create", "unlink"]
                    if name == "aftersales.contract" and user == self.portal:
                        # His own, by a rule, as he reads his orders.
                        operations.remove("read")
                        self.assertFalse(Model.search([]))
                    for operation in operations:
                        with self.assertRaises(AccessError):
                            Model.check_access(operation)
