# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From whom complaints are hidden: what record rules and messages ask."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache


class ResUsers(models.Model):
    _inherit = "res.users"

    def _is_complained_about(self):
        """Tell whether any ticket is hidden from this user. It costs no query.

        :return: bool
        """
        return bool(self.id) and self.id in self._complained_about()

    @api.model
    @ormcache()
    def _complained_about(self):
        """Look up who has tickets hidden from him.

        :return: frozenset of ids of users
        """
        self.env["hr.employee"].flush_model(["user_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT e.user_id FROM hr_employee e"
                " JOIN aftersales_ticket_complaint_about_rel r ON r.employee_id = e.id"
                " WHERE e.user_id IS NOT NULL"
            )
        )
        return frozenset(user_id for [user_id] in rows)

    @api.model
    def _forget_complaints(self):
        """Look up anew from whom tickets are hidden: now, and when it is stored.

        Who asks between the two sees the database as it was before, and would keep it.
        """
        registry = self.env.registry
        registry.clear_cache()
        self.env.cr.postcommit.add(registry.clear_cache)

    def _aftersales_shown(self, path=None):
        """Return the part of record rules that hides complaints from this user.

        It is empty for who has none, and costs nothing: covering indexes serve him as
        before. For the others it asks the database, so that no list of tickets is kept
        that could be out of date.

        :param str path: the fields that lead from a model to its ticket, nothing for
            tickets themselves
        :return: list, a domain
        """
        if not self._is_complained_about():
            return [(1, "=", 1)]
        domain = [
            "&",
            ("is_about_colleague", "=", True),
            ("complaint_about_ids", "any", [("user_id", "=", self.id)]),
        ]
        for step in reversed(path.split(".") if path else []):
            domain = [(step, "any", domain)]
        return ["!", *domain]

    def _aftersales_shown_ratings(self):
        """Return the part of the rule of ratings that hides those of complaints.

        A rating names its record by a number, so that no path leads from it.

        :return: list, a domain; it is kept until a complaint changes
        """
        shown = self._aftersales_shown()
        if not self._is_complained_about():
            return shown
        # sudo: what is hidden from him is asked for, which is what his rule negates
        Ticket = self.env["aftersales.ticket"].sudo().with_context(active_test=False)
        hidden = Ticket.search(shown[1:])
        return [
            "|",
            ("res_model", "!=", "aftersales.ticket"),
            ("res_id", "not in", hidden.ids),
        ]


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    aftersales_complaint_ids = fields.Many2many(
        "aftersales.ticket",
        "aftersales_ticket_complaint_about_rel",
        "employee_id",
        "ticket_id",
        string="Complaints",
        context={"active_test": False},
        groups="aftersales_service.aftersales_service_group_manager",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_not_from_here(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_from_here(vals)
        return super().write(vals)

    def _check_not_from_here(self, vals):
        """Let people be named, and taken off, on the ticket only: there it is checked.

        :raise UserError: when a user does it by the employee
        """
        if "aftersales_complaint_ids" in vals and not self.env.su:
            raise UserError(
                self.env._("Whom a complaint is about is said on its ticket.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_complained_about(self):
        """Keep whom a customer complained about: he would see it again.

        :raise UserError: otherwise
        """
        # sudo: a complaint counts whether or not the user may see it
        if self.sudo().aftersales_complaint_ids:
            raise UserError(
                self.env._(
                    "Complaints are kept with whom they are about: archive the "
                    "employee instead."
                )
            )


class ResourceResource(models.Model):
    _inherit = "resource.resource"

    def write(self, vals):
        res = super().write(vals)
        if "user_id" in vals:
            # Another login of an employee: other tickets are hidden from it.
            self.env["res.users"]._forget_complaints()
            # sudo: what he has of complaints about himself is taken from him, whoever
            # gives him his login
            employees = self.env["hr.employee"].sudo().with_context(active_test=False)
            about = employees.search([("resource_id", "in", self.ids)])
            for ticket in about.aftersales_complaint_ids:
                ticket._take_from(ticket._users_about())
        return res
