# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What comes in by the public form: a ticket, or an entry of the triage list."""

import uuid

from markupsafe import Markup
from PIL import Image

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr, plaintext2html
from odoo.tools.image import binary_to_image
from odoo.tools.mimetypes import guess_mimetype

from ..tools import web_report
from .inside import INSIDE, is_inside

MAX_PHOTOS = 5
MAX_PHOTO_MB = 8
#: By content, whatever the file is called.
PHOTO_TYPES = {
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
}
#: Machines that a customer can choose from.
MAX_CHOICES = 200
MAX_ID = 2**31 - 1


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    web_form = fields.Boolean(
        string="Reports by Web Form",
        help="Everybody can report a fault to this team on a public page.",
    )
    web_form_url = fields.Char(
        string="Page", compute="_compute_web_form_url", help="To be put on your site."
    )

    def _compute_web_form_url(self):
        for team in self:
            team.web_form_url = (
                f"{team.get_base_url()}/aftersales/report/{team.id}"
                if team.id
                else False
            )

    @api.model
    def _web_team(self, team_id=None):
        """Find the team that a visitor's report goes to.

        :param int team_id: the team that the address of the page names, if any
        :return: `aftersales.team` record with sudo, empty when no page is open
        """
        domain = [("web_form", "=", True)]
        if team_id is None:
            domain.append(("company_id", "=", self.env.company.id))
        elif 0 < team_id <= MAX_ID:
            domain.append(("id", "=", team_id))
        else:
            return self.browse()
        # sudo: visitors read no teams; only the name of this one is shown
        return self.sudo().search(domain, limit=1)


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.model
    def _web_customer(self, user, team):
        """Tell who reports, if he is logged in as a customer of the team's company.

        :param user: `res.users` who looks at the page
        :param team: `aftersales.team` that the report goes to
        :return: `res.partner` with sudo, empty for anybody else
        """
        partner = user.sudo().partner_id
        # Colleagues write down what somebody else has told them.
        if (
            user._is_public()
            or not user.share
            or partner.company_id not in (team.company_id, partner.company_id.browse())
        ):
            return partner.browse()
        return partner

    @api.model
    def _web_machines(self, partner, team):
        """Find the machines that a customer can choose from.

        :param partner: as of `_web_customer`
        :param team: `aftersales.team` that the report goes to
        :return: `aftersales.equipment` with sudo
        """
        # sudo: customers read no equipment; their own is offered to them
        Equipment = self.env["aftersales.equipment"].sudo()
        if not partner:
            return Equipment
        owner = partner.commercial_partner_id
        return Equipment.search(
            [
                ("company_id", "=", team.company_id.id),
                ("state", "=", "in_service"),
                "|",
                ("commercial_partner_id", "=", owner.id),
                ("end_user_id.commercial_partner_id", "=", owner.id),
            ],
            limit=MAX_CHOICES,
        )

    # === CHECKS === #

    @api.model
    def _web_problems(self, values, photos):
        """Say what is wrong with a report.

        Nothing of it depends on what the database knows of customers or machines.

        :param dict values: as of `web_report.clean`
        :param list photos: pairs of name and content (bytes)
        :return: dict of field -> sentence
        """
        words = {
            "required": self.env._("Please fill this in."),
            "unreachable": self.env._(
                "Please give an e-mail address or a telephone number."
            ),
        }
        found = {
            field: words.get(code) or self._web_problem(field, code)
            for field, code in web_report.problems(values).items()
        }
        if values["email"] and not email_normalize(values["email"]):
            found.setdefault("email", self._web_problem("email", "invalid"))
        problem = self._photo_problem(photos)
        if problem:
            found["photos"] = problem
        return found

    @api.model
    def _web_problem(self, field, code):
        if code == "too_long":
            return self.env._(
                "This is too long: %(limit)s characters at most.",
                limit=web_report.MAX_LENGTH[field],
            )
        if field == "email":
            return self.env._("This is no e-mail address.")
        return self.env._("This is no telephone number.")

    @api.model
    def _photo_problem(self, photos):
        """Say what is wrong with photos, by their content.

        :param list photos: pairs of name and content (bytes)
        :return: sentence, or None
        """
        if len(photos) > MAX_PHOTOS:
            return self.env._("Send %(limit)s photos at most.", limit=MAX_PHOTOS)
        for name, content in photos:
            if len(content) > MAX_PHOTO_MB * 1024 * 1024:
                return self.env._(
                    "%(name)s is too large: a photo has %(limit)s MB at most.",
                    name=name,
                    limit=MAX_PHOTO_MB,
                )
            if not self._is_photo(content):
                return self.env._(
                    "%(name)s is no photo. Send JPEG, PNG, WebP or GIF pictures.",
                    name=name,
                )
        return None

    @api.model
    def _is_photo(self, content):
        if not content or guess_mimetype(content) not in PHOTO_TYPES:
            return False
        try:
            binary_to_image(content).verify()
        except (
            Image.DecompressionBombError,
            EOFError,
            IndexError,
            OSError,
            SyntaxError,
            UserError,
            ValueError,
        ):
            return False
        return True

    # === THE TICKET === #

    @api.model
    def _report_from_web(self, team, values, photos=(), partner=None, machine=None):
        """Make a ticket of what a visitor has written.

        Who he is, is found out as for a mail: a known address is its contact, a number
        in the text is a suggestion for the triage and no more.

        :param team: `aftersales.team` with an open page
        :param dict values: as of `web_report.clean`, without problems
        :param photos: pairs of name and content (bytes), checked
        :param partner: as of `_web_customer`
        :param machine: `aftersales.equipment` of this customer, if he chose one
        :return: the new ticket, with sudo
        """
        # sudo: visitors have no right to tickets; what they write is checked above
        Ticket = self.sudo().with_company(team.company_id)
        address = email_normalize(values["email"]) or ""
        if partner:
            who = {"partner_id": partner.id}
            address = partner.email_normalized or address
        else:
            who = Ticket._web_writer(team, values, address)
        if machine:
            who["equipment_id"] = machine.id
        elif values["serial"]:
            who["serial_number"] = values["serial"]
        ticket = Ticket.with_context(
            default_user_id=False, aftersales_unproved_number=INSIDE
        ).create(
            {
                "name": web_report.subject(values["text"])
                or self.env._("Report by web form"),
                "description": plaintext2html(values["text"]),
                "channel": "web",
                "team_id": team.id,
                "email_from": formataddr((values["name"], address))
                if address
                else False,
                "phone": values["phone"] or (partner.phone if partner else False),
                **who,
            }
        )
        ticket = ticket.with_context(aftersales_unproved_number=False)
        ticket._note_web_report(values, photos)
        ticket._acknowledge_web_report(address)
        return ticket

    @api.model
    def _web_writer(self, team, values, address):
        """Say who a visitor is or could be.

        :return: dict of values for the new ticket
        """
        known = self._contacts_by_address([address], team.company_id)
        # The telephone number and the serial number are hints like those in a text.
        words = (values["text"], values["serial"], values["phone"])
        message = {
            "author_id": known[:1].id,
            "email_from": address,
            "body": plaintext2html("\n".join(filter(None, words))),
        }
        return self._who_wrote(message, {"team_id": team.id})

    @api.model
    def _link_nameplates(self, vals_list):
        """A number that a stranger types makes him nobody's customer."""
        if not is_inside(self.env, "aftersales_unproved_number"):
            return super()._link_nameplates(vals_list)
        return [
            vals
            if not vals.get("partner_id")
            else super(AftersalesTicket, self)._link_nameplates([vals])[0]
            for vals in vals_list
        ]

    def _note_web_report(self, values, photos):
        """Keep what was typed beside the report, and the photos.

        :param dict values: as of `web_report.clean`
        :param photos: pairs of name and content (bytes)
        """
        self.ensure_one()
        # For colleagues, not for the visitor.
        said = self.with_context(lang=self.company_id.partner_id.lang or "en_US").env._
        labels = {
            "name": said("Name"),
            "email": said("E-mail"),
            "phone": said("Phone"),
            "serial": said("Serial Number"),
        }
        lines = [
            Markup("<li>%s: %s</li>") % (label, values[field])
            for field, label in labels.items()
            if values[field]
        ]
        self.message_post(
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (said("Reported by the web form"), Markup("").join(lines)),
            author_id=self.partner_id.id or self.env.ref("base.partner_root").id,
            attachments=[
                (self._photo_name(number, content), content)
                for number, (_name, content) in enumerate(photos, 1)
            ],
            message_type="notification",
            subtype_xmlid="mail.mt_note",
        )

    @api.model
    def _photo_name(self, number, content):
        return f"photo-{number}.{PHOTO_TYPES[guess_mimetype(content)]}"

    def _acknowledge_web_report(self, address):
        """Let the reporter have the acknowledgement that the writer of a mail has.

        :param str address: normalized, possibly empty
        """
        self.ensure_one()
        if address and self.team_id.acknowledge:
            # sudo: the journal is written by the system alone
            self.env["aftersales.mail.received"].sudo().create(
                {
                    "message_key": f"web:{uuid.uuid4().hex}",
                    "received_at": fields.Datetime.now(),
                    "sender": address,
                    "ticket_id": self.id,
                    "acknowledge": "due",
                }
            )
