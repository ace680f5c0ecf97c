# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters and faxes that a scanner or a fax gateway sends by mail."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize, email_normalize_all


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    scan_addresses = fields.Char(
        string="Scanners",
        help="Addresses of scanners and fax gateways, separated by commas. What they "
        "send is a letter or fax: they are not written to, and may send the same words "
        "each time.",
    )

    @api.constrains("scan_addresses")
    def _check_scan_addresses(self):
        """Refuse what is no address, or one of our own that mails come to.

        What we send ourselves would count as letters, and its loops as a busy scanner.

        :raise ValidationError: naming it
        """
        # sudo: who keeps teams need not read the aliases of all
        Domain = self.env["mail.alias.domain"].sudo()
        for team in self.filtered("scan_addresses"):
            for part in team.scan_addresses.split(","):
                if len(email_normalize_all(part)) != 1:
                    raise ValidationError(
                        self.env._("%s is no e-mail address.", part.strip() or "?")
                    )
            ours = Domain._find_aliases(email_normalize_all(team.scan_addresses))
            if ours:
                raise ValidationError(
                    self.env._(
                        "%s is an address at which we receive mails, not a scanner.",
                        ours[0],
                    )
                )

    def _is_scanner(self, sender):
        """Tell whether an address is one of these teams' scanners.

        :param str sender: the sender of a mail, as it says
        """
        self._remember()
        address = email_normalize(sender or "")
        # sudo: the gateway's user need not be one of the staff
        return bool(address) and any(
            address in email_normalize_all(team.scan_addresses or "")
            for team in self.sudo()
        )


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make of what a scanner sends a letter, of which nobody is the sender yet."""
        values = dict(custom_values or {})
        team = self.env["aftersales.team"].browse(values.get("team_id") or [])
        if team._is_scanner(msg_dict.get("email_from") or msg_dict.get("from")):
            values.update(channel="letter", email_from=False, partner_id=False)
            msg_dict["author_id"] = False
            msg_dict = {**msg_dict, "email_from": False}
        return super().message_new(msg_dict, custom_values=values)


class AftersalesMailReceived(models.Model):
    _inherit = "aftersales.mail.received"

    @api.model
    def _from_scanner(self, incoming):
        """Tell whether a scanner of the team that it goes to has sent a mail.

        :param incoming: `Incoming`
        """
        teams = self.env["aftersales.team"].browse(incoming.team_ids)
        return teams._is_scanner(incoming.sender)

    @api.model
    def _is_loop(self, incoming, is_known):
        """Let a scanner say the same each time; too much of it is a loop as well."""
        if self._from_scanner(incoming):
            incoming.likeness, is_known = incoming.key, True
        return super()._is_loop(incoming, is_known)

    @api.model
    def _finish(self, incoming):
        """Acknowledge nothing to a scanner."""
        if self._from_scanner(incoming):
            # What says to come from ourselves is not acknowledged.
            incoming.is_own_sender = True
        return super()._finish(incoming)
