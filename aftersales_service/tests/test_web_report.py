# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import aftersales_web_hit
from .common_web import PASSWORD, REPORT, WebCommon, photo


@tagged("post_install", "-at_install")
class TestWebReport(WebCommon):
    def setUp(self):
        super().setUp()
        self.before = self.newest()
        self.form = {
            "name": "Ulla Unknown",
            "email": "ulla@unknown.example.com",
            "phone": "+49 40 555777",
            "serial": "",
            "text": "The press does not stop.\nSince this morning.",
        }

    def report(self, url=REPORT, files=(), **values):
        """Send the form.

        :return: the new ticket, possibly empty, and the page that answers
        """
        before = self.newest()
        answer = self.fill(url, {**self.form, **values}, files)
        after = self.newest()
        return (after if after != before else after.browse()), answer

    def refused(self, said, **values):
        """Expect that nothing is made and that the page says why.

        :return: the page as an element
        """
        ticket, answer = self.report(**values)
        self.assertFalse(ticket)
        self.assertIn(said, self.words(answer))
        return self.tree(answer)

    # === WHO REPORTS === #

    def test_unknown_visitor_waits_in_triage_and_is_acknowledged(self):
        ticket, answer = self.report()
        self.assertTrue(answer.url.endswith("/aftersales/report/sent"))
        self.assertIn(ticket.reference, answer.text)
        self.assertEqual(ticket.channel, "web")
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.company_id, self.company)
        self.assertFalse(ticket.partner_id or ticket.user_id)
        self.assertEqual(ticket.state, "new")
        self.assertEqual(ticket.name, "The press does not stop.")
        self.assertIn("Since this morning.", ticket.description)
        self.assertEqual(ticket.email_from, '"Ulla Unknown" <ulla@unknown.example.com>')
        self.assertEqual(ticket.phone, "+49 40 555777")
        with self.mock_mail_gateway():
            self.acknowledge()
        mail = self._new_mails.filtered(lambda m: ticket.reference in m.subject)
        self.assertEqual(len(mail), 1)
        self.assertIn("ulla@unknown.example.com", mail.email_to)

    def acknowledge(self):
        self.Received.search([("acknowledge", "=", "due")])._acknowledge()

    def test_known_address_is_its_contact(self):
        ticket, _answer = self.report(email="MIA@mill.example.com")
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertIn(self.contact, ticket.message_partner_ids)

    def test_colleague_reports_for_somebody_else(self):
        ticket, _answer = self.report(email=self.users["intake"].email)
        self.assertFalse(ticket.partner_id)

    def test_address_of_two_customers_is_nobodys(self):
        for name in ("One", "Two"):
            self.env["res.partner"].create({"name": name, "email": "x@y.example.com"})
        ticket, answer = self.report(email="x@y.example.com")
        self.assertFalse(ticket.partner_id)
        self.assertIn("One, Two", ticket.suggestion_reason)
        self.assertNotIn("Two", self.words(answer))

    def words(self, answer):
        """Return what people read on a page."""
        main = self.tree(answer).xpath("//main")[0]
        return " ".join(main.text_content().split())

    def test_telephone_alone_is_enough(self):
        ticket, answer = self.report(email="", phone="+49 30 123456")
        self.assertFalse(ticket.email_from or ticket.partner_id)
        self.assertEqual(ticket.partner_suggestion_id, self.customer)
        self.assertNotIn("by e-mail", self.words(answer))
        self.assertFalse(self.Received.search([("ticket_id", "=", ticket.id)]))

    def test_number_of_somebody_elses_machine_reveals_nothing(self):
        """The page says the same as for a number that nobody has."""
        machine = self.equip(self.stranger, "OW-4711")
        pages = []
        for email in ("ulla@unknown.example.com", "mia@mill.example.com"):
            for serial in ("OW-4711", "ZZ-0815"):
                ticket, answer = self.report(email=email, serial=serial)
                self.assertFalse(ticket.equipment_id)
                self.assertEqual(ticket.serial_number, serial)
                self.assertNotEqual(ticket.partner_id, self.stranger)
                self.assertNotIn(
                    self.stranger, ticket.message_partner_ids, "the owner hears nothing"
                )
                pages.append(self.words(answer).replace(ticket.reference, ""))
                self.acknowledge_quietly()
                if serial == "OW-4711" and "unknown" in email:
                    # The triage is told, the visitor is not.
                    self.assertEqual(ticket.partner_suggestion_id, self.stranger)
                    self.assertEqual(ticket.equipment_suggestion_id, machine)
        self.assertEqual(len(set(pages)), 1)
        self.assertNotIn("Other Works", pages[0])
        self.assertNotIn("Press 200", pages[0])

    def acknowledge_quietly(self):
        with self.mock_mail_gateway():
            self.acknowledge()
            for mail in self._new_mails:
                self.assertNotIn("Other Works", mail.body_html)

    def test_own_number_finds_the_machine(self):
        machine = self.equip(self.customer, "P200-77")
        ticket, _answer = self.report(email="mia@mill.example.com", serial="p200-77")
        self.assertEqual(ticket.equipment_id, machine)

    # === CUSTOMERS WITH A LOGIN === #

    def test_customer_is_known_and_chooses_his_machine(self):
        machine = self.equip(self.customer, "P200-77")
        other = self.equip(self.stranger, "OW-4711")
        ended = self.equip(self.customer, "P200-OLD", state="ended")
        self.authenticate(self.portal.login, PASSWORD)
        tree = self.tree(self.page(REPORT))
        offered = tree.xpath("//select[@name='equipment_id']/option/@value")
        self.assertEqual(offered, ["", str(machine.id)])
        self.assertNotIn(str(ended.id), offered)
        ticket, _answer = self.report(equipment_id=str(machine.id))
        self.assertEqual(ticket.partner_id, self.portal.partner_id)
        self.assertEqual(ticket.equipment_id, machine)
        self.assertIn("chell@mill.example.com", ticket.email_from, "not the typed one")
        self.assertFalse(ticket.user_id)
        for wrong in (str(other.id), str(ended.id), "999999999999999999", "x", "٣"):
            self.refused("choose one of your machines", equipment_id=wrong)

    def test_visitor_can_not_choose_a_machine(self):
        machine = self.equip(self.customer, "P200-77")
        self.refused("choose one of your machines", equipment_id=str(machine.id))

    def test_customer_of_another_company_is_a_visitor(self):
        team = self.other_company_team()
        team.web_form = True
        self.portal.partner_id.company_id = self.company
        self.customer.company_id = self.company
        self.authenticate(self.portal.login, PASSWORD)
        ticket, _answer = self.report(
            f"{REPORT}/{team.id}", email="chell@mill.example.com"
        )
        self.assertEqual(ticket.company_id, self.company_2)
        self.assertFalse(ticket.partner_id, "no partner of company A in company B")

    # === WHICH TEAM === #

    def test_team_of_another_company_has_its_own_page(self):
        team = self.other_company_team()
        team.web_form = True
        ticket, _answer = self.report(f"{REPORT}/{team.id}")
        self.assertEqual(ticket.team_id, team)
        self.assertEqual(ticket.company_id, self.company_2)

    def test_closed_pages(self):
        """Closed, archived, foreign and unknown teams give the same polite answer."""
        closed = self.other_company_team()
        archived = self.team.copy({"web_form": True, "active": False})
        self.team.web_form = False
        for url in (
            REPORT,
            f"{REPORT}/{self.team.id}",
            f"{REPORT}/{closed.id}",
            f"{REPORT}/{archived.id}",
            f"{REPORT}/0",
            f"{REPORT}/99999999999999999999",
        ):
            with self.subTest(url=url):
                answer = self.page(url)
                self.assertEqual(answer.status_code, 404)
                self.assertIn("takes no reports", answer.text)
                self.assertNotIn(closed.name, answer.text)

    def test_page_that_closes_while_it_is_filled_in(self):
        form = self.tree(self.page(REPORT)).xpath("//form[@method='post']")[0]
        self.team.web_form = False
        answer = self.page(
            REPORT,
            data={**self.form, "csrf_token": form.fields["csrf_token"]},
            method="POST",
        )
        self.assertEqual(answer.status_code, 404)
        self.assertEqual(self.newest(), self.before)

    # === WRONG INPUT === #

    def test_nothing_without_the_token_of_the_form(self):
        for token in ({}, {"csrf_token": "x"}):
            with mute_logger("odoo.http"):
                answer = self.page(REPORT, data={**self.form, **token}, method="POST")
            self.assertEqual(answer.status_code, 400)
        self.assertEqual(self.newest(), self.before)

    def test_what_was_typed_is_kept(self):
        tree = self.refused("no e-mail address", email="ulla at unknown")
        form = tree.xpath("//form[@method='post']")[0]
        for name, value in {**self.form, "email": "ulla at unknown"}.items():
            self.assertEqual(form.fields[name], value)

    def test_wrong_and_too_long(self):
        for field, value, said in (
            ("name", "", "fill this in"),
            ("name", "x" * 101, "100 characters"),
            ("text", " \n ", "fill this in"),
            ("text", "x" * 5001, "5000 characters"),
            ("email", "a@b.example, c@d.example", "no e-mail address"),
            ("email", "x" * 250 + "@mill.example.com", "254 characters"),
            ("phone", "call me", "no telephone number"),
            ("serial", "9" * 65, "64 characters"),
        ):
            with self.subTest(field=field, value=value[:20]):
                self.refused(said, **{field: value})
        self.refused("e-mail address or a telephone number", email="", phone="")

    def test_markup_stays_text(self):
        ticket, _answer = self.report(
            name="<b>Ulla</b>", text="<script>alert(1)</script> <img src=x>"
        )
        self.assertNotIn("<script", ticket.description)
        self.assertIn("&lt;script&gt;", ticket.description)
        note = ticket.message_ids.filtered(lambda m: "web form" in m.body)
        self.assertIn("&lt;b&gt;Ulla", note.body)

    def test_field_that_people_do_not_see(self):
        self.refused("people don't see", homepage="https://spam.example.com")

    # === PHOTOS === #

    def test_photos_are_kept(self):
        ticket, _answer = self.report(
            files=[("a.png", photo()), ("b.exe", photo("JPEG"))]
        )
        files = ticket.message_ids.attachment_ids
        self.assertEqual(sorted(files.mapped("name")), ["photo-1.png", "photo-2.jpg"])
        self.assertEqual(files.mapped("res_model"), ["aftersales.ticket"] * 2)
        self.assertEqual(set(files.mapped("res_id")), {ticket.id})
        with mute_logger("odoo.http"):
            answer = self.page(f"/web/content/{files[0].id}")
        self.assertNotIn(b"PNG", answer.content[:8], "nobody else's to look at")

    def test_what_is_no_photo(self):
        svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
        for name, content in (
            ("x.png", b"MZ\x90\x00 program"),
            ("x.svg", svg),
            ("x.jpg", svg),
            ("x.html", b"<html><script>1</script></html>"),
            ("x.png", photo()[:40]),
            ("x.png", b""),
            ("x.pdf", b"%PDF-1.4"),
        ):
            with self.subTest(name=name):
                tree = self.refused("is no photo", files=[(name, content)])
                self.assertIn("photos again", tree.text_content())

    def test_too_many_and_too_large(self):
        self.refused(
            "5 photos at most", files=[(f"{i}.png", photo()) for i in range(6)]
        )
        large = photo() + b"\x00" * (8 * 1024 * 1024)
        self.refused("8 MB at most", files=[("big.png", large)])

    # === HOW MANY === #

    def test_limit_of_one_address(self):
        hits = self.env["aftersales.web.hit"]
        self.report()
        row = hits.search([], order="id desc", limit=1)
        self.assertEqual(row.count, 1)
        self.assertNotIn("127.0.0.1", row.key)
        row.count = aftersales_web_hit.LIMIT
        tree = self.refused("Many reports came from your address")
        form = tree.xpath("//form[@method='post']")[0]
        self.assertEqual(form.fields["name"], "Ulla Unknown")
        row.since = fields.Datetime.now() - timedelta(minutes=61)
        ticket, _answer = self.report()
        self.assertTrue(ticket, "an hour later it is open again")

    def test_customer_is_not_counted_with_his_neighbours(self):
        self.report()
        hits = self.env["aftersales.web.hit"]
        hits.search([]).count = aftersales_web_hit.LIMIT
        self.authenticate(self.portal.login, PASSWORD)
        ticket, _answer = self.report()
        self.assertTrue(ticket)

    def test_counts_are_forgotten(self):
        hits = self.env["aftersales.web.hit"]
        self.assertTrue(hits._take("one"))
        hits.search([]).since = fields.Datetime.now() - timedelta(minutes=61)
        self.env.flush_all()
        hits._take("two")
        self.assertEqual(hits.search_count([]), 1)
        hits.search([]).since = fields.Datetime.now() - timedelta(minutes=61)
        self.env.flush_all()
        hits._gc_old()
        self.assertFalse(hits.search_count([]))

    def test_language_of_the_browser(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        answer = self.page(
            REPORT, headers={"Accept-Language": "zh-CN,zh;q=0.9"}, allow_redirects=True
        )
        self.assertEqual(answer.status_code, 200)
        self.assertIn('lang="zh-CN"', answer.text)
        ticket, answer = self.report("/zh_CN" + REPORT)
        self.assertTrue(ticket)
        self.assertIn(ticket.reference, answer.text)

    def test_thank_you_page_is_only_the_reporters(self):
        answer = self.page(f"{REPORT}/sent", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
