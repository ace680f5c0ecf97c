# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who follows a new ticket and is told of it, whatever a request says of itself."""

from psycopg2.errors import ForeignKeyViolation

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_coverage import CoverageCommon


@tagged("post_install", "-at_install")
class TestTicketFollowers(CoverageCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Ticket = cls.env["aftersales.ticket"].with_user(cls.users["dispatcher"])
        cls.creator = cls.users["dispatcher"].partner_id
        cls.values = {
            "name": "Hose leaks",
            "product_name": "Press 200",
            "partner_id": cls.contact.id,
            "team_id": cls.team.id,
        }

    def relay(self, *partners):
        """Let people follow the team, which passes on new tickets and stages."""
        Subtype = self.env["mail.message.subtype"]
        subtypes = Subtype.create(
            [
                {
                    "name": name,
                    "res_model": "aftersales.team",
                    "relation_field": "team_id",
                    "parent_id": self.env.ref(f"aftersales_service.{name}").id,
                }
                for name in ("mt_ticket_new", "mt_ticket_stage")
            ]
        )
        for partner in partners:
            self.team.message_subscribe(partner.ids, subtypes.ids)
        return subtypes.parent_id

    def follower(self, ticket, partner):
        followers = ticket.sudo().message_follower_ids
        return followers.filtered(lambda follower: follower.partner_id == partner)

    def test_creator_who_follows_the_team_hears_of_answers(self):
        events = self.relay(self.creator)
        comment = self.env.ref("mail.mt_comment")
        for values in ({}, {"user_id": self.users["dispatcher"].id}):
            ticket = self.Ticket.create({**self.values, **values})
            self.assertEqual(
                self.follower(ticket, self.creator).subtype_ids, events | comment
            )

    def test_nobody_follows_what_is_created_quietly(self):
        quiet = self.Ticket.with_context(tracking_disable=True)
        ticket = quiet.create(self.values)
        self.assertEqual(ticket.message_partner_ids, self.contact)

    def test_followers_from_the_context(self):
        support = self.users["support"].partner_id
        ids = (support | self.contact | self.creator).ids
        model = self.Ticket.with_context(default_message_partner_ids=ids)
        ticket = model.create(self.values)
        self.assertEqual(
            ticket.message_partner_ids, support | self.contact | self.creator
        )

    def test_a_request_can_not_silence_events(self):
        support = self.users["support"].partner_id
        new = self.env.ref("aftersales_service.mt_ticket_new")
        self.relay(support)
        silent = self.Ticket.with_context(aftersales_silent_event=[new.id, None])
        ticket = silent.create(self.values)
        message = ticket.message_ids
        self.assertEqual(message.subtype_id, new)
        self.assertEqual(message.sudo().notified_partner_ids, support)
        # Nor does a note become something that customers see.
        comment = self.env.ref("mail.mt_comment")
        sent = [comment.id, ticket.ids]
        self.flush_tracking()
        ticket.with_context(aftersales_silent_event=sent).name = "Hose bursts"
        self.flush_tracking()
        self.env.invalidate_all()
        self.assertEqual(ticket.message_ids[0].subtype_id, self.env.ref("mail.mt_note"))

    def test_what_customers_may_see_is_said_by_the_subtype(self):
        new = self.env.ref("aftersales_service.mt_ticket_new")
        message = self.Ticket.create(self.values).message_ids
        self.assertEqual((message.subtype_id, message.is_internal), (new, False))

    def test_deleted_in_the_same_transaction(self):
        """A ticket that is gone before its new stage is noted stops nobody."""
        tickets = self.Ticket.create([self.values, self.values])
        stage = self.env["aftersales.ticket.stage"]._for_state("assigned", self.team)
        self.flush_tracking()
        tickets.write({"stage_id": stage.id})
        self.env.flush_all()
        gone, left = tickets
        # A mutation of the database, as a cascade: no method of ours is asked.
        self.env.cr.execute("DELETE FROM aftersales_ticket WHERE id = %s", [gone.id])
        self.env.invalidate_all(flush=False)
        self.env.cr.precommit.run()
        self.assertEqual(
            left.message_ids[0].subtype_id,
            self.env.ref("aftersales_service.mt_ticket_stage"),
        )


@tagged("post_install", "-at_install")
class TestNarrowRequests(CoverageCommon):
    """What one request asks for in its context does not stick to the next ones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Ticket = cls.env["aftersales.ticket"].with_user(cls.users["intake"])
        cls.values = {"name": "Hose leaks", "partner_id": cls.contact.id}

    def test_archived_team(self):
        other = self.team.copy({"sequence": self.team.sequence - 1, "active": False})
        for active_test in (False, True):
            model = self.Ticket.with_context(active_test=active_test)
            self.assertEqual(model.create(self.values).team_id, self.team)
        other.active = True
        self.assertEqual(self.Ticket.create(self.values).team_id, other)

    def test_archived_sequence(self):
        plain = self.env["ir.sequence"]._sequence_of("aftersales.ticket", self.company)
        plain.copy(
            {"company_id": self.company.id, "prefix": "OLD/", "active": False}
        ).code = "aftersales.ticket"
        for active_test in (False, True):
            model = self.Ticket.with_context(active_test=active_test)
            reference = model.create(self.values).reference
            self.assertFalse(reference.startswith("OLD/"), reference)

    def test_hours_in_use_stay(self):
        """Hours that are kept in memory can't vanish from the database."""
        hours = self.team.resource_calendar_id.create({"name": "Shift"})
        self.team.resource_calendar_id = hours
        self.Ticket.create({**self.values, "team_id": self.team.id})
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ForeignKeyViolation),
            self.env.cr.savepoint(),
        ):
            hours.unlink()
        self.env.invalidate_all()
        ticket = self.Ticket.create({**self.values, "team_id": self.team.id})
        self.assertEqual(ticket.team_id._office_hours(self.company), hours)

    def test_site_from_the_context(self):
        other = self.env["res.partner"].create(
            {"name": "Plant 2", "parent_id": self.customer.id, "type": "delivery"}
        )
        model = self.Ticket.with_context(default_site_id=other.id)
        first, second = model.create([self.values, {**self.values, "site_id": False}])
        self.assertEqual(first.site_id, other)
        self.assertFalse(second.site_id)

    def test_a_request_can_not_put_off_decisions(self):
        """Nor alerts: keys of the context that skip work are ours alone."""
        equipment = self.env["aftersales.equipment"].create(
            {
                "product_id": self.machine.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        ticket = self.Ticket.create(
            {
                **self.values,
                "finding_ids": [
                    Command.create(
                        {
                            "equipment_id": equipment.id,
                            "fault_id": self.hose.id,
                            "cause_id": self.causes["manufacturing"].id,
                        }
                    )
                ],
            }
        )
        finding = ticket.finding_ids
        before = finding.sudo().coverage_id
        self.assertTrue(before)
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Test Term", "duration": 12}
        )
        model = self.env["aftersales.warranty"]
        model.with_context(aftersales_decide_later=True)._grant(
            [
                {
                    "equipment_id": equipment.id,
                    "term": term,
                    "kind": "base",
                    "sold_on": False,
                }
            ]
        )
        finding.invalidate_recordset(["coverage_id"])
        self.assertNotEqual(finding.sudo().coverage_id, before)

        job = self.env.ref("aftersales_service.ir_cron_sla_alert")
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", job.id)])
        triggers.unlink()
        clock = self.env["aftersales.sla.clock"].with_context(sla_alert_job=True)
        model = clock.new({"next_alert_at": "2020-01-01 00:00:00"})
        model._trigger_next_alert()
        self.assertTrue(
            self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", job.id)])
        )
