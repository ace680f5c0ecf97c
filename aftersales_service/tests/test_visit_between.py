# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the parts of a visit do to each other: planning, parts, charges and forms."""

import base64
from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import GROUP
from .common_parts import PricedPartsCommon
from .common_web import photo


@tagged("post_install", "-at_install")
class TestVisitBetween(PricedPartsCommon):
    def served(self, quantity=2):
        """Return a finished visit that has fitted hoses out of the van."""
        self.put(self.hose_part, 5, self.van)
        visit = self.to_site(self.planned_visit(self.part(self.hose_part, quantity)))
        visit.action_finish()
        return visit

    def picture(self):
        return base64.b64encode(photo("PNG"))

    def labour_line(self, hours=1):
        return Command.create({"kind": "labour", "name": "Repair", "hours": hours})

    # === THE SIGNATURE AND ITS CHARGES === #

    def test_answer_stands_when_a_correction_is_taken_back(self):
        visit = self.served()
        form = self.sign(visit)
        hoses = visit.line_ids
        visit.action_correct()
        hoses.quantity = 1
        self.assertEqual((visit.charge_total, visit.charges_accepted), (30, False))
        with self.assertRaisesRegex(UserError, "signs a new version"):
            visit.action_keep_version()
        # The stock follows what the customer would read.
        visit.action_sign()
        self.assertEqual(self.on_hand(self.hose_part, self.van), 4)
        hoses.quantity = 2
        visit.action_keep_version()
        self.assertEqual((visit.state, visit.charges_accepted), ("done", "accepted"))
        self.assertEqual(visit.form_ids, form)
        self.assertTrue(form._says_the_same())
        self.assertEqual(self.on_hand(self.hose_part, self.van), 3)
        order = visit.sudo().order_ids
        self.assertEqual(order.amount_untaxed, 60)
        self.assertEqual(order.order_line.move_ids, self.moves(visit, "use", done=True))
        self.assertEqual(sum(order.order_line.mapped("qty_delivered")), 2)

    def test_part_added_before_the_signature_is_linked(self):
        """It is charged when it is entered, and moved when the customer reads."""
        visit = self.served()
        visit.line_ids = [self.part(self.hose_part, 1)]
        self.sign(visit)
        order = visit.sudo().order_id
        lines = order.order_line.filtered("product_id")
        uses = self.moves(visit, "use", done=True)
        self.assertEqual(sorted(uses.mapped("product_qty")), [1, 2])
        self.assertEqual(lines.move_ids, uses)
        self.assertEqual(lines.mapped("qty_delivered"), [2, 1])
        self.assertEqual(set(lines.mapped("qty_delivered_method")), {"stock_move"})
        order.action_confirm()
        self.assertEqual(order._create_invoices().amount_untaxed, 90)
        self.assertEqual(order.picking_ids, uses.picking_id)

    def test_added_work_needs_the_approval_too(self):
        """The limit holds for what is entered after the work was finished as well."""
        self.company.aftersales_quote_threshold = 500
        visit = self.served()
        visit.line_ids = [self.labour_line(6)]
        for read in (visit.action_sign, visit.visit_preview):
            with self.assertRaisesRegex(UserError, "approves a quotation"):
                read()
        visit.action_continue()
        visit.action_quote()
        self.as_role("technician", "aftersales.quote.approve").create(
            {"dispatch_id": visit.id, "signer_name": "Mia", "signature": self.picture()}
        )
        visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 4
        visit.action_finish()
        form = self.sign(visit)
        # The customer signs a correction; what he has signed is not approved again.
        visit.action_correct()
        visit.line_ids = [self.labour_line(2)]
        self.assertTrue(self.sign(visit, replaces_reason="Forgotten") - form)

    def test_paper_is_filed_with_charges(self):
        """What the visit charges is known only when its paper is filed."""
        answers = {}
        for answer in ("accepted", "declined"):
            with self.at(0):
                visit = self.planned_visit(hours=1)
            told = visit.message_ids.filtered(lambda m: "was told" in (m.body or ""))
            self.assertEqual(len(told), 1)
            action = self.as_role("technician", visit).action_file_paper()
            Sign = self.as_role("technician", "aftersales.service.sign")
            with self.at(8):
                sign = Sign.with_context(**action["context"]).create(
                    {
                        "scan": self.picture(),
                        "scan_name": "scan.png",
                        "signer_name": "Mia Mill",
                        "departed_at": self.at_hours(1),
                        "arrived_at": self.at_hours(2),
                        "finished_at": self.at_hours(4),
                        "paper_signed_at": self.at_hours(5),
                        "labour_hours": 2,
                        "charges_answer": answer,
                        "charges_reason": "Too much",
                    }
                )
                sign.paper_job_ids.write({"work_done": "By hand", "result": "solved"})
                form = self.env["aftersales.service.form"].browse(
                    sign.action_sign()["res_id"]
                )
            charges = form._get_content()["charges"]
            self.assertEqual(charges["total"], 200)
            answers[answer] = charges["accepted"]
            # Nobody is told that a technician departs who has been there already.
            now = visit.message_ids.filtered(lambda m: "was told" in (m.body or ""))
            self.assertEqual(now, told)
        self.assertEqual(answers, {"accepted": True, "declined": False})

    # === WHAT THE CUSTOMER IS TOLD === #

    def test_visits_that_customers_wait_for_are_kept(self):
        with self.at(0):
            visit = self.planned_visit()
            visit.action_draft()
            with self.assertRaisesRegex(UserError, "waits for it"):
                visit.unlink()
            visit.action_cancel()
            visit.unlink()
            self.assertFalse(visit.exists())

    def test_old_news_is_not_told(self):
        with self.at(48):
            visit = self.planned_visit(hours=24)
            self.assertFalse(visit.told_plan, "it was over before it was planned")
        with self.at(0):
            late, soon = self.planned_visit(hours=5), self.planned_visit(hours=9)
        told = {}
        for visit, minutes in ((late, 61), (soon, 20)):
            with self.at(10) as now:
                phone = self.as_role("technician", visit)
                phone.visit_step(
                    f"departed-{minutes}",
                    "depart",
                    {"at": str(now - timedelta(minutes=minutes))},
                )
            bodies = visit.message_ids.mapped("body")
            told[minutes] = sum("was told" in body for body in bodies)
        self.assertEqual(told, {61: 1, 20: 2})

    def test_quotation_goes_with_its_visit(self):
        visit = self.draft_visit(self.part(self.hose_part, 2))
        visit.action_quote()
        quote = visit.sudo().order_id
        self.assertEqual(quote.state, "draft")
        visit.unlink()
        self.assertEqual(quote.state, "cancel")

    def test_accused_hears_nothing_of_a_visit_about_him(self):
        """That his technician is busy then is told, but not with what."""
        accused = self.env["hr.employee"].create(
            {"name": "Dan", "user_id": self.users["dispatcher"].id}
        )
        with self.at(0):
            hidden, own = self.planned_visit(hours=24), self.draft_visit(hours=24)
            reader, number = self.as_role("dispatcher", own), hidden.name
            self.assertIn(number, reader.planning_blocks)
            hidden.job_ids.ticket_id.sudo().write(
                {
                    "ticket_type": "complaint",
                    "complaint_about_ids": [Command.set(accused.ids)],
                }
            )
            self.env.invalidate_all()
            self.assertFalse(reader.search([("id", "=", hidden.id)]))
            self.assertNotIn(number, reader.planning_blocks)
            self.assertIn("another visit", reader.planning_blocks)
            with self.assertRaisesRegex(UserError, "another visit"):
                reader.action_plan()
            self.env.invalidate_all()
            manager = self.as_role("manager", own)
            self.assertIn(number, manager.planning_blocks)

    # === PARTS === #

    def test_part_comes_back_to_the_van_it_was_in(self):
        visit = self.served()
        other = self.van.create({"name": "Van 2", "location_id": self.field_loc.id})
        self.colleague.write({"company_id": self.company, "van_location_id": other.id})
        dispatcher = self.as_role("dispatcher", visit)
        dispatcher.technician_ids = [Command.set(self.colleague.ids)]
        dispatcher.line_ids.quantity = 1
        dispatcher.action_continue()
        dispatcher.action_finish()
        self.assertEqual(self.on_hand(self.hose_part, self.van), 4)
        self.assertEqual(self.on_hand(self.hose_part, other), 0)
        # What is used from now on is the colleague's.
        self.put(self.hose_part, 3, other)
        dispatcher.line_ids.quantity = 3
        dispatcher.action_continue()
        dispatcher.action_finish()
        self.assertEqual(self.on_hand(self.hose_part, self.van), 4)
        self.assertEqual(self.on_hand(self.hose_part, other), 1)
        # Both back again, each to where it was.
        dispatcher.line_ids.unlink()
        self.assertEqual(self.on_hand(self.hose_part, self.van), 5)
        self.assertEqual(self.on_hand(self.hose_part, other), 3)
        self.assertEqual(self.on_hand(self.hose_part, self.customers), 0)

    def test_reserved_part_stays_with_its_visit(self):
        self.put(self.hose_part, 5, self.van)
        visit = self.planned_visit(self.part(self.hose_part, 2))
        other = self.draft_visit(hours=48)
        with self.assertRaisesRegex(UserError, "Delete them"):
            visit.line_ids.dispatch_id = other
        visit.action_draft()
        line = visit.line_ids
        line.write({"dispatch_id": other.id, "job_id": other.job_ids.id})
        other.action_plan()
        self.assertEqual(self.moves(other, "use").dispatch_line_id, line)

    def test_parts_follow_their_technician_into_another_van(self):
        self.put(self.hose_part, 5, self.van)
        visit = self.planned_visit(self.part(self.hose_part, 2))
        other = self.van.create({"name": "Van 2", "location_id": self.field_loc.id})
        self.put(self.hose_part, 2, other)
        dialog = self.as_role("dispatcher", "aftersales.van.assign").create(
            {"employee_id": self.technician.id, "location_id": other.id}
        )
        dialog.action_assign()
        self.assertEqual(self.moves(visit, "use").location_id, other)
        quants = (self.van | other).quant_ids
        self.assertEqual(sum(quants.mapped("reserved_quantity")), 2)
        self.to_site(visit).action_finish()
        self.assertEqual(self.on_hand(self.hose_part, self.van), 5)
        self.assertEqual(self.on_hand(self.hose_part, other), 0)

    def test_cancelled_on_the_way(self):
        """Nothing of it is left: no parts, no offer, no appointment."""
        self.put(self.hose_part, 1, self.van)
        self.put(self.hose_part, 5, self.stock)
        with self.at(0):
            visit = self.planned_visit(self.part(self.hose_part, 2))
            visit.action_quote()
            self.as_role("technician", visit).action_depart()
            picking = self.moves(visit, "take").picking_id
            visit.action_cancel()
        self.assertFalse(self.moves(visit))
        self.assertEqual(picking.state, "cancel")
        quants = (self.van | self.stock).quant_ids
        self.assertEqual(sum(quants.mapped("reserved_quantity")), 0)
        self.assertEqual(visit.sudo().order_ids.mapped("state"), ["cancel"])
        self.assertFalse(visit.told_plan)
        self.assertEqual(visit.told_sequence, 1)
        with self.assertRaisesRegex(UserError, "No quotation waits"):
            visit._quote_to_approve()

    def test_file_of_the_machine_follows_corrections(self):
        """Its history only grows; the last word about a part is what was signed."""
        machine = self.env["aftersales.equipment"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "product_name": "Press 200",
                "serial_number": "P200-78",
                "delivery_date": "2025-06-01",
            }
        )
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Three years", "duration": 36}
        )
        self.env["aftersales.warranty"]._grant(
            [{"equipment_id": machine.id, "term": term}]
        )
        self.put(self.board, 1, self.van, self.lot("B-1"))
        self.put(self.board, 1, self.van, self.lot("B-2"))
        with self.at(0):
            visit = self.draft_visit(self.part(self.board))
            visit.job_ids.equipment_id = machine
            visit.action_plan()
        with self.at(30):
            visit = self.to_site(visit)
            board = visit.line_ids
            board.serial_number = "B-1"
            visit.action_finish()
            self.sign(visit)

            def recorded():
                events = machine.event_ids.filtered("dispatch_line_id").sorted("id")
                return events.mapped(lambda e: (e.kind, e.quantity, e.note))

            def covered():
                parts = machine.warranty_ids.filtered(lambda w: w.kind == "part")
                return parts.filtered(lambda w: not w.is_void).mapped("part_serial")

            def correct(**values):
                visit.action_correct()
                board.write(values)
                self.sign(visit, replaces_reason="Corrected")

            [first] = recorded()
            self.assertEqual(first, ("exchanged", 1, "Board · B-1"))
            # Opened by mistake: nothing is taken back before it is signed.
            visit.action_correct()
            board.quantity = 0
            board.quantity = 1
            visit.action_keep_version()
            self.assertEqual(covered(), ["B-1"])
            correct(serial_number="B-2")
            second = ("corrected", 1, "Board · B-2")
            self.assertEqual(recorded(), [first, second])
            self.assertEqual(covered(), ["B-2"])
            correct(quantity=0)
            third = ("corrected", 0, "Not replaced: Board · B-2")
            self.assertEqual(recorded(), [first, second, third])
            self.assertEqual(covered(), [])
            correct(quantity=1)
            self.assertEqual(recorded(), [first, second, third, second])
            self.assertEqual(covered(), ["B-2"])
            visit.action_correct()
            board.unlink()
            last = machine.event_ids.sorted("id")[-1]
            self.assertEqual((last.kind, last.quantity), ("corrected", 0))

    def test_archived_van_is_no_van(self):
        self.van.active = False
        visit = self.draft_visit(self.part(self.hose_part, 1))
        self.assertEqual(visit._parts_route().van, self.field_loc)

    def test_serial_number_is_fitted_once(self):
        lot = self.lot("S1")
        self.put(self.board, 1, self.van, lot)
        first, second = (
            self.to_site(self.planned_visit(self.part(self.board), hours=hours))
            for hours in (24, 48)
        )
        (first | second).line_ids.serial_number = "S1"
        first.action_finish()
        with self.assertRaises(ValidationError):
            second.action_finish()
        self.assertEqual(self.on_hand(self.board, self.customers, lot), 1)

    def test_merged_tickets_keep_what_was_taken_along(self):
        """Two tickets of one visit are merged while the technician is there."""
        self.put(self.hose_part, 5, self.van)
        visit = self.draft_visit()
        stays, goes = visit.job_ids.ticket_id, self.create_ticket(name="Drips")
        finding = self.as_role("technician", "aftersales.finding").create(
            {"ticket_id": goes.id, "fault_id": self.hose.id}
        )
        visit.job_ids = [Command.create({"ticket_id": goes.id})]
        job, gone = visit.job_ids.sorted("id")
        visit.action_plan()
        visit = self.as_role("technician", visit)
        visit.action_depart()
        visit.action_arrive()
        visit.line_ids = [
            self.part(self.hose_part, 1, job_id=gone.id, finding_id=finding.id)
        ]
        visit.photo_ids = [Command.create({"image": self.picture(), "job_id": gone.id})]
        self.as_role("dispatcher", goes)._merge_into(self.as_role("dispatcher", stays))
        self.assertEqual(visit.job_ids, job)
        self.assertEqual((visit.line_ids.job_id, visit.photo_ids.job_id), (job, job))
        self.assertEqual(visit.line_ids.finding_id, finding)
        job.write({"work_done": "Replaced", "result": "solved"})
        job.answer_ids.write({"answer": "yes"})
        visit.action_finish()
        content = self.sign(visit)._get_content()
        self.assertEqual(content["part"][0]["ticket"], stays.reference)

    def test_picture_of_a_signed_photo_stays(self):
        visit = self.served()
        visit.photo_ids = [Command.create({"image": self.picture()})]
        self.sign(visit)
        values = {
            "name": "image",
            "raw": b"another",
            "res_model": "aftersales.dispatch.photo",
            "res_id": visit.photo_ids.id,
        }
        Attachment = self.as_role("technician", "ir.attachment")
        with self.assertRaisesRegex(UserError, "signed"):
            Attachment.create({**values, "res_field": "image"})
        file = Attachment.create(values)
        with self.assertRaisesRegex(UserError, "signed"):
            file.sudo().res_field = "image"

    # === THE OTHER APPS === #

    def user(self, login, *groups):
        """Return a user of other apps, without a role in after-sales."""
        groups = [self.env.ref(group).id for group in ("base.group_user", *groups)]
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": login,
                    "name": login,
                    "email": f"{login}@maker.example.com",
                    "group_ids": [Command.set(groups)],
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                }
            )
        )

    def open(self, records, user):
        """Read what the form and the list of records show to a user."""
        records = records.sudo(False).with_user(user)
        for kind in ("form", "list"):
            view = records.get_views([(False, kind)])["views"][kind]
            arch = etree.fromstring(view["arch"])
            names = {
                node.get("name")
                for node in arch.iter("field")
                if not any(up.tag == "field" for up in node.iterancestors())
            }
            specification = {
                name: {"fields": {"display_name": {}}}
                if records._fields[name].type == "many2one"
                else {}
                for name in names
            }
            records.invalidate_recordset()
            with self.subTest(model=records._name, user=user.login, kind=kind):
                self.assertTrue(records.web_read(specification))

    def test_documents_open_in_their_own_apps(self):
        """Who delivers and invoices needs no role in after-sales for it."""
        seller = self.user("seller", "sales_team.group_sale_manager")
        accountant = self.user(
            "accountant", GROUP % "finance", "account.group_account_invoice"
        )
        self.put(self.hose_part, 5, self.stock)
        visit = self.planned_visit(self.part(self.hose_part, 2))
        picking = self.moves(visit, "take").picking_id
        for records in (picking, picking.move_ids, self.hose_part, self.van):
            self.open(records, self.storekeeper)
        picking.with_user(self.storekeeper).button_validate()
        visit = self.to_site(visit)
        visit.action_finish()
        self.open(self.moves(visit, "use"), self.storekeeper)
        self.sign(visit)
        order = visit.sudo().order_id
        self.open(order, seller)
        order.with_user(seller).action_confirm()
        invoice = order._create_invoices()
        self.open(order, accountant)
        self.open(invoice, accountant)
        invoice.with_user(accountant).action_post()
        self.assertEqual(invoice.state, "posted")
        for role in ("intake", "technician", "support", "quality", "dispatcher"):
            self.open(visit, self.users[role])
        both = self.user("both", GROUP % "manager", "stock.group_stock_manager")
        self.open(visit, both)
        self.open(visit.line_ids, both)
