# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class MailMessage(models.Model):
    _inherit = "mail.message"

    # Its subject says so to people; this one tells the stages of merged tickets apart.
    aftersales_ticket_id = fields.Many2one(
        "aftersales.ticket",
        string="Written on",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        export_string_translation=False,
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_rating(self):
        """The rating of a ticket would go with its message."""
        # sudo: whether a message is a rating is no secret to who may delete it
        self.sudo().rating_ids.sudo(False)._check_of_customer()

    # === COMPLAINTS ABOUT THE READER === #

    @api.model
    def _search(
        self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs
    ):
        """Leave out the messages of complaints about the reader.

        The mail thread would show those he wrote, was named in or was sent.
        """
        if not bypass_access and not self.env.su:
            user = self.env.user
            if user._is_complained_about():
                domain = Domain(domain) & Domain.custom(to_sql=_shown_to(user))
        return super()._search(
            domain, offset, limit, order, bypass_access=bypass_access, **kwargs
        )

    def _get_forbidden_access(self, operation):
        """Forbid the messages of complaints about the reader, his own among them."""
        forbidden = super()._get_forbidden_access(operation)
        user = self.env.user
        if not user._is_complained_about():
            return forbidden
        Ticket = self.env["aftersales.ticket"]
        # sudo: only where the messages stand is asked
        of_tickets = self.sudo().filtered(lambda one: one.model == Ticket._name)
        hidden = Ticket.browse(of_tickets.mapped("res_id"))._hidden_from(user)
        return forbidden | self.filtered(
            lambda one: one.id in of_tickets.ids and one.sudo().res_id in hidden.ids
        )


def _shown_to(user):
    """Return what writes the condition that a message may be seen by a user.

    :param user: `res.users` record
    """

    def to_sql(model, alias, query):
        Ticket = model.env["aftersales.ticket"].sudo()
        hidden = Ticket.with_context(active_test=False)._search(
            [
                ("is_about_colleague", "=", True),
                ("complaint_about_ids", "any", [("user_id", "=", user.id)]),
            ],
            order="id",
        )
        return SQL(
            "(%s IS DISTINCT FROM %s OR %s NOT IN %s)",
            SQL.identifier(alias, "model"),
            Ticket._name,
            SQL.identifier(alias, "res_id"),
            hidden.subselect(),
        )

    return to_sql
