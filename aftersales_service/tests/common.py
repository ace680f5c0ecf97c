# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import io
from contextlib import contextmanager
from datetime import datetime, timedelta

from freezegun import freeze_time
from PIL import Image, ImageDraw

from odoo import Command

from odoo.addons.mail.tests.common import MailCommon

from .ground import Ground

GROUP = "aftersales_service.aftersales_service_group_%s"
ROLES = (
    "intake",
    "dispatcher",
    "technician",
    "support",
    "finance",
    "quality",
    "manager",
)


def drawn_signature(text="x"):
    """Draw a small picture as the signature widget would send it.

    :return: base64 bytes of a PNG
    """
    image = Image.new("RGB", (160, 50), "white")
    draw = ImageDraw.Draw(image)
    draw.line([(10, 40), (60, 8), (90, 44), (150, 12)], fill="black", width=2)
    draw.text((60, 30), text, fill="black")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


class AftersalesCommon(MailCommon):
    """A company with one user a role, a team with an alias, and a customer."""

    @classmethod
    def setUpClass(cls):  # pylint: disable=method-required-super
        # The ground calls super's, but not for each class anew.
        Ground.stand(cls)

    @classmethod
    def _gc_filestore(cls):
        """Leave files alone: nobody else can see yet that the ground uses them."""

    @classmethod
    def lay_ground(cls):
        """Make what the class of tests starts with; run once for many of them."""
        cls.env = cls.env(context=dict(cls.env.context, lang="en_US"))
        cls.company = cls.company_admin
        # All at once and without invitations: this is done for each class of tests.
        users = cls.env["res.users"].with_context(no_reset_password=True)
        users = users.create(
            [
                {
                    "login": f"as_{role}",
                    "password": f"as_{role}",
                    "name": role.capitalize(),
                    "email": f"{role}@maker.example.com",
                    "group_ids": [
                        Command.set(
                            (
                                cls.env.ref("base.group_user")
                                | cls.env.ref(GROUP % role)
                            ).ids
                        )
                    ],
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                    "notification_type": "inbox",
                }
                for role in ROLES
            ]
        )
        cls.users = dict(zip(ROLES, users.with_env(cls.env), strict=True))
        cls.technician = cls.env["hr.employee"].create(
            {"name": "Tara Technician", "user_id": cls.users["technician"].id}
        )
        cls.colleague = cls.env["hr.employee"].create({"name": "Carl Colleague"})
        cls.team = cls.env["aftersales.team"].create(
            {
                "name": "Test Service",
                "company_id": cls.company.id,
                "alias_name": "test.service",
                "alias_contact": "everyone",
                "leader_id": cls.users["manager"].id,
                "member_ids": [
                    Command.set(
                        (
                            cls.users["technician"]
                            | cls.users["support"]
                            | cls.users["intake"]
                        ).ids
                    )
                ],
            }
        )
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Mill & Sons",
                "is_company": True,
                "email": "service.desk@mill.example.com",
                "phone": "+49 30 123456",
                "street": "Mill Lane 1",
                "city": "Berlin",
                "tz": "Europe/Berlin",
            }
        )
        cls.contact = cls.env["res.partner"].create(
            {
                "name": "Mia Mill",
                "parent_id": cls.customer.id,
                "email": "mia@mill.example.com",
            }
        )
        cls.site = cls.env["res.partner"].create(
            {
                "name": "Plant South",
                "parent_id": cls.customer.id,
                "type": "delivery",
                "street": "South Road 5",
                "city": "Munich",
                "tz": "Europe/Berlin",
            }
        )
        cls.fault = cls.env["aftersales.fault"].create({"name": "Test Component"})
        cls.hose = cls.env["aftersales.fault"].create(
            {"name": "Test Hose", "parent_id": cls.fault.id}
        )
        cls.cause = cls.env["aftersales.cause"].create(
            {"name": "Test Wear", "liability": "wear"}
        )
        cls.NOW = datetime(2026, 3, 2, 9, 0)

    @classmethod
    @contextmanager
    def at(cls, moment):
        """Let the time be a moment: a naive UTC datetime, or hours after NOW."""
        if not isinstance(moment, datetime):
            moment = cls.NOW + timedelta(hours=moment)
        with freeze_time(moment):
            yield moment

    @classmethod
    def as_role(cls, role, record):
        """Return a record, or a model by its name, as the user of a role sees it."""
        if isinstance(record, str):
            record = cls.env[record]
        return record.with_user(cls.users[role])

    @classmethod
    def create_ticket(cls, **values):
        """Let the intake role enter a call."""
        return cls.as_role("intake", "aftersales.ticket").create(
            {
                "name": "Hose leaks",
                "partner_id": cls.contact.id,
                "team_id": cls.team.id,
                "description": "<p>Oil on the floor</p>",
                "product_name": "Press 200",
                "serial_number": "P200-77",
                **values,
            }
        )

    def clocks(self, ticket):
        """Return the clocks of a ticket that are not void, by kind."""
        clocks = ticket.sudo().clock_ids.filtered(lambda c: c.outcome != "void")
        return {clock.kind: clock for clock in clocks}

    @classmethod
    def plan_visit(cls, ticket, hours=24):
        """Plan a visit of the technician as the dispatcher."""
        action = cls.as_role("dispatcher", ticket).action_plan_visit()
        dispatch = cls.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )
        dispatch.write(
            {
                "technician_ids": [Command.set(cls.technician.ids)],
                "scheduled_start": cls.NOW + timedelta(hours=hours),
            }
        )
        dispatch.action_plan()
        return dispatch

    @classmethod
    def work_visit(cls, dispatch, result="solved"):
        """Go there and work, as the technician, up to the signature."""
        visit = cls.as_role("technician", dispatch)
        visit.action_depart()
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Hose replaced", "result": result})
        visit.job_ids.answer_ids.write({"answer": "yes"})
        visit.line_ids = [
            Command.create({"kind": "labour", "name": "Repair", "hours": 1.5}),
            Command.create(
                {"kind": "travel", "name": "Way", "hours": 1, "distance_km": 80}
            ),
            Command.create(
                {
                    "kind": "part",
                    "name": "Hose 3/8",
                    "part_number": "H-38",
                    "quantity": 2,
                }
            ),
        ]
        visit.action_finish()
        return visit

    @classmethod
    def sign(cls, dispatch, **values):
        """Sign through the dialog, as the technician with the customer beside him.

        :return: the new `aftersales.service.form`
        """
        wizard = cls.as_role("technician", "aftersales.service.sign").create(
            {
                "dispatch_id": dispatch.id,
                "signer_name": "Mia Mill",
                "signer_role": "Plant manager",
                "signature": drawn_signature("Mia"),
                "technician_name": "Tara Technician",
                "technician_signature": drawn_signature("Tara"),
                "charges_answer": "accepted",
                **values,
            }
        )
        action = wizard.action_sign()
        return cls.env["aftersales.service.form"].browse(action["res_id"])
