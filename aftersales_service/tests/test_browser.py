# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ROLES, AftersalesCommon

CLICK_ALL = (
    "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader')"
    ".startClickEverywhere('aftersales_service.%s');"
)
# The clickbot looks for the menu of filters with these words: it does not find it.
# What a filter asks for is the same in each view of a menu: the first one has them.
FILTERS = (
    "const find = document.querySelector.bind(document);"
    "const first = () => !find('.o_cp_switch_buttons') ||"
    " find('.o_cp_switch_buttons > .o_switch_view').classList.contains('active');"
    "document.querySelector = (selector) =>"
    " selector.includes('.o_searchview_dropdown_toggler') && !(%s)"
    " ? null : find(selector);"
)
ROOT_MENU = "aftersales_service_menu_root"
#: Some menus that a role sees, and some that it does not, by their XML ids.
MENUS = {
    "intake": ({"ticket_menu_all", "pareto_menu"}, {"dispatch_menu_my", "team_menu"}),
    "technician": (
        {"dispatch_menu_my"},
        {"team_menu", "sla_policy_menu", "dispatch_cost_menu"},
    ),
    "finance": (
        {"service_form_menu", "dispatch_cost_menu"},
        {"ticket_menu", "ticket_menu_analysis", "pareto_menu", "sla_clock_menu"},
    ),
    "quality": (
        {"fault_menu", "cause_menu", "dispatch_cost_menu"},
        {"team_menu", "dispatch_menu_my"},
    ),
    "manager": ({"team_menu", "sla_policy_menu", "team_menu_overview"}, set()),
}


class BrowserCase(AftersalesCommon, HttpCase):
    """Browsers open the pages with records of each kind in them."""

    @classmethod
    def lay_ground(cls):
        cls.ticket = cls.create_ticket(severity="serious")
        cls.env["aftersales.finding"].create(
            {
                "ticket_id": cls.ticket.id,
                "fault_id": cls.hose.id,
                "cause_id": cls.cause.id,
            }
        )
        cls.dispatch = cls.plan_visit(cls.ticket)
        signed = cls.work_visit(cls.plan_visit(cls.create_ticket(), hours=72))
        cls.form = cls.sign(signed)


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestMenus(BrowserCase):
    """Each role opens every menu and view it has, without an error in the console.

    The manager, who sees all of them, clicks each filter of each menu as well.
    """

    def click_everything(self, role, filters=False):
        self.browser_js(
            "/odoo",
            FILTERS % ("first()" if filters else "false") + CLICK_ALL % ROOT_MENU,
            "odoo.isReady === true",
            login=f"as_{role}",
            timeout=300,
            success_signal="clickbot test succeeded",
        )

    def test_every_role_sees_a_menu(self):
        root = self.env.ref(f"aftersales_service.{ROOT_MENU}")
        for role in ROLES:
            menus = self.as_role(role, "ir.ui.menu").load_menus(False)
            self.assertIn(root.id, menus["root"]["children"], role)

    def test_menus_fit_the_roles(self):
        for role, (seen, hidden) in MENUS.items():
            menus = self.as_role(role, "ir.ui.menu").load_menus(False)
            for name in seen | hidden:
                menu = self.env.ref(f"aftersales_service.aftersales_{name}")
                self.assertEqual(menu.id in menus, name in seen, f"{role} {name}")

    def test_intake(self):
        self.click_everything("intake")

    def test_dispatcher(self):
        self.click_everything("dispatcher")

    def test_technician(self):
        self.click_everything("technician")

    def test_support(self):
        self.click_everything("support")

    def test_finance(self):
        self.click_everything("finance")

    def test_quality(self):
        self.click_everything("quality")

    def test_manager(self):
        self.click_everything("manager", filters=True)


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestVisitOnThePhone(BrowserCase):
    """The technician's visit, from departure to the customer's drawn signature."""

    browser_size = "390x844"

    def test_visit(self):
        self.start_tour(
            f"/odoo/my-service-visits/{self.dispatch.id}",
            "aftersales_visit_on_the_phone",
            login="as_technician",
        )
        self.assertEqual(self.dispatch.state, "done")
        form = self.dispatch.form_id
        self.assertEqual(form.signer_name, "Mia Mill")
        self.assertTrue(form.signature and form.technician_signature)
        self.assertEqual(self.ticket.state, "solved")


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestPlanningDrag(AftersalesCommon, HttpCase):
    """A dispatcher drags a visit to another day; a refused move goes back."""

    def test_drag(self):
        self.users["dispatcher"].tz = "UTC"
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        # The week after this one, which begins on a Sunday.
        sunday = today + timedelta(days=7 - today.isoweekday() % 7)
        tuesday, wednesday = (
            self.plan_visit(self.create_ticket(), hours) for hours in (24, 48)
        )
        for visit, day in ((tuesday, 2), (wednesday, 3)):
            start = sunday + timedelta(days=day, hours=9)
            visit.write(
                {"scheduled_start": start, "scheduled_end": start + timedelta(hours=2)}
            )
        # Refused on purpose, once: the technician is busy.
        with mute_logger("odoo.http"):
            self.start_tour(
                "/odoo/service-planning",
                "aftersales_planning_drag",
                login="as_dispatcher",
            )
        thursday = sunday + timedelta(days=4, hours=10)
        self.assertEqual(tuesday.scheduled_start, thursday)
        self.assertEqual(tuesday.scheduled_end, thursday + timedelta(hours=2))
        self.assertEqual(wednesday.scheduled_start, sunday + timedelta(days=3, hours=9))


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestPromises(BrowserCase):
    """A manager lets a ticket wait, reads why, corrects a clock and goes on."""

    def test_promises(self):
        ticket = self.create_ticket(severity="serious")
        self.start_tour(
            f"/odoo/service-tickets/{ticket.id}",
            "aftersales_promises",
            login="as_manager",
        )
        self.assertEqual(ticket.state, "in_progress")
        clock = ticket.clock_ids.filtered(lambda clock: clock.kind == "arrive")
        self.assertEqual(
            clock.event_ids.mapped("kind"), ["start", "pause", "correction", "resume"]
        )
        self.assertEqual(clock.event_ids[2].user_id, self.users["manager"])


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestMergeInTwoClicks(BrowserCase):
    """The intake person sees that it was reported already, and makes one of two."""

    def test_merge(self):
        first = self.create_ticket(name="Hose leaks", serial_number="M-1")
        second = self.create_ticket(
            name="Hose leaks again",
            serial_number="M-1",
            description="<p>Worse now</p>",
        )
        self.start_tour(
            f"/odoo/service-tickets/{second.id}", "aftersales_merge", login="as_intake"
        )
        self.assertEqual(second.original_id, first)
        self.assertEqual(first.state, "new")
        self.assertIn("Worse now", first.message_ids.sorted("id")[-1].body)
