# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesForwardTurn(models.Model):
    """When somebody was last given a ticket by a rule that chooses among several.

    One row a person, on which two transactions that choose the same one meet: the later
    one fails and is tried again, and sees the ticket that the first has given.
    """

    _name = "aftersales.forward.turn"
    _description = "Forwarding Turn"
    _log_access = False
    _rec_name = "user_id"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    given_at = fields.Datetime(required=True)

    _user_uniq = models.UniqueIndex("(user_id)", "One turn a person.")

    @api.model
    def _take(self, user_ids, at):
        """Note that people were given a ticket.

        :param user_ids: ids of `res.users`
        :param datetime at: naive UTC
        :raise psycopg2.errors.SerializationFailure: when another transaction has given
            one of them a ticket meanwhile
        """
        if not user_ids:
            return
        # The same order everywhere, so that nobody waits for each other.
        self.env.cr.execute(
            SQL(
                "INSERT INTO aftersales_forward_turn (user_id, given_at)"
                " SELECT id, %s FROM unnest(%s) AS id ORDER BY id"
                " ON CONFLICT (user_id) DO UPDATE SET given_at = EXCLUDED.given_at",
                at,
                list(user_ids),
            ),
            # Whose turn was taken meanwhile is no error: see `_forward` of tickets.
            log_exceptions=False,
        )
        self.invalidate_model(["given_at"], flush=False)
