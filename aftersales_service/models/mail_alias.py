# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import suppress

from psycopg2 import errors

from odoo import api, models
from odoo.tools import SQL

from .aftersales_mail_received import incoming_of


class MailAlias(models.Model):
    _inherit = "mail.alias"

    def write(self, vals):
        """Note after the commit that an alias works.

        The first mails of a burst would all write it, and all but one be taken in anew.
        """
        if vals == {"alias_status": "valid"} and incoming_of(self.env):
            registry, ids = self.env.registry, tuple(self.ids)

            def note():
                query = SQL(
                    "UPDATE mail_alias SET alias_status = 'valid'"
                    " WHERE alias_status != 'valid' AND id IN (SELECT id"
                    " FROM mail_alias WHERE id IN %s FOR NO KEY UPDATE SKIP LOCKED)",
                    ids,
                )
                # Whoever is faster notes it.
                with suppress(errors.SerializationFailure), registry.cursor() as cr:
                    cr.execute(query, log_exceptions=False)

            self.env.cr.postcommit.add(note)
            return True
        return super().write(vals)

    def _alias_bounce_incoming_email(self, message, message_dict, set_invalid=True):
        """Send no mail back that is tried again in another way."""
        incoming = incoming_of(self.env)
        if incoming and incoming.is_creating:
            return None
        return super()._alias_bounce_incoming_email(
            message, message_dict, set_invalid=set_invalid
        )


class MailAliasDomain(models.Model):
    _inherit = "mail.alias.domain"

    @api.model
    def _find_aliases(self, email_list):
        """Look up the aliases in a mail once: the gateway asks again and again."""
        incoming = incoming_of(self.env)
        if not incoming:
            return super()._find_aliases(email_list)
        asked = [
            address
            for address in {*email_list, incoming.sender}
            if address and address not in incoming.aliases
        ]
        if asked:
            found = set(super()._find_aliases(asked))
            incoming.aliases.update({address: address in found for address in asked})
        return [address for address in email_list if incoming.aliases.get(address)]
