# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sorting a report: tags, properties of the team, and what must be known of it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_requirement import FACTS

#: What the facts are read from.
FACT_FIELDS = (
    "description",
    "email_from",
    "equipment_id",
    "finding_ids.fault_id",
    "partner_id",
    "phone",
    "product_name",
    "serial_number",
    "service_mode",
    "site_id",
)

#: A ticket in these states has not gone on to those who serve.
TRIAGE_STATES = ("new", "cancelled")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    tag_ids = fields.Many2many("aftersales.tag", string="Tags")
    # Read with the other columns: what they were is noted when the team changes.
    ticket_properties = fields.Properties(
        "Properties",
        definition="team_id.ticket_properties_definition",
        copy=True,
        prefetch=True,
    )
    severity_definition = fields.Char(compute="_compute_severity_definition")
    missing_facts = fields.Char(
        string="Still Needed",
        compute="_compute_missing_facts",
        help="What must be known before the ticket can go on.",
    )

    # === COMPUTES === #

    @api.depends("severity")
    @api.depends_context("lang")
    def _compute_severity_definition(self):
        """Say beside the choice what it means: the promise depends on it."""
        definitions = {
            "minor": self.env._("A nuisance: the equipment does its work."),
            "normal": self.env._(
                "The equipment works with limits, or the user can remove the fault."
            ),
            "serious": self.env._(
                "The equipment is out of use and the user can't remove the fault."
            ),
            "safety": self.env._("People may be hurt: it must not be used."),
        }
        for ticket in self:
            ticket.severity_definition = definitions.get(ticket.severity)

    @api.depends("state", "ticket_type", *FACT_FIELDS)
    @api.depends_context("lang")
    def _compute_missing_facts(self):
        Requirement = self.env["aftersales.requirement"]
        for ticket in self:
            ticket.missing_facts = (
                Requirement._fact_labels(ticket._missing_facts())
                if ticket.state == "new" or not ticket.state
                else False
            )

    # === REQUIRED FACTS === #

    def _missing_facts(self):
        """Say what is required of a ticket of this type and not known yet.

        :return: list of names of facts, as in `FACTS`
        """
        self.ensure_one()
        required = self.env["aftersales.requirement"]._facts_of(self.ticket_type)
        return [name for name in required if not FACTS[name](self)]

    def _in_triage(self):
        """Return those of the tickets that have not gone on yet."""
        return self.filtered(lambda ticket: ticket.state in TRIAGE_STATES)

    def _check_facts(self):
        """Check that all that is required of tickets is known.

        What the system does by itself is not stopped.

        :raise UserError: naming all that is missing, of all tickets at once
        """
        if self.env.su:
            return
        Requirement = self.env["aftersales.requirement"]
        problems = [
            self.env._(
                "%(ticket)s can't go on yet. Still needed: %(facts)s.",
                ticket=ticket.display_name,
                facts=Requirement._fact_labels(missing),
            )
            for ticket in self
            if (missing := ticket._missing_facts())
        ]
        if problems:
            raise UserError("\n".join(problems))

    def _respond(self, at=None, reason=False):
        """An answer counts at once, but what lacks a fact stays in triage.

        The answer often asks for just that fact, so that it is never refused.
        """
        held = self.filtered(lambda t: t.state == "new" and t._missing_facts())
        res = super(AftersalesTicket, self - held)._respond(at, reason)
        if held:
            held._keep("respond", "responded_at", at or fields.Datetime.now(), reason)
        return res

    def _arrive(self, at=None, reason=False):
        res = super()._arrive(at, reason)
        # Somebody is at work on it, whatever was asked at the telephone.
        self.filtered(lambda ticket: ticket.state == "new")._set_state("in_progress")
        return res

    def _await(self, reason, note=False):
        self._in_triage()._check_facts()
        return super()._await(reason, note)

    def action_plan_visit(self):
        self._in_triage()._check_facts()
        return super().action_plan_visit()

    def action_solve(self):
        self._in_triage()._check_facts()
        return super().action_solve()

    def action_reopen(self):
        self._in_triage()._check_facts()
        return super().action_reopen()

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._check_choices(set().union(*vals_list))
        tickets.filtered(lambda ticket: ticket.state != "new")._check_facts()
        return tickets

    def write(self, vals):
        triage = self.browse()
        if not self.env.su and not {"stage_id", "user_id"}.isdisjoint(vals):
            triage = self._in_triage()
        res = super().write(vals)
        self._check_choices(vals)
        (triage - triage._in_triage())._check_facts()
        return res

    def _check_choices(self, names):
        """Check that what was chosen is still in use: forms offer nothing else.

        :param names: names of the fields that were written
        :raise UserError: naming what is archived
        """
        if self.env.su:
            return
        labels = {
            "team_id": self.env._("team"),
            "equipment_id": self.env._("equipment"),
        }
        labels["tag_ids"] = self.env._("tag")
        for name in labels.keys() & set(names):
            # sudo: whether it is archived is no secret to who has chosen it
            chosen = self.sudo().with_context(active_test=False)[name]
            closed = chosen.filtered(lambda record: not record.active)
            if closed:
                raise UserError(
                    self.env._(
                        "Archived, choose another %(what)s: %(names)s",
                        what=labels[name],
                        names=", ".join(closed.mapped("display_name")),
                    )
                )

    # === LISTS === #

    def _read_format(self, fnames, load="_classic_read"):
        if "tag_ids" in fnames:
            self.env["aftersales.tag"]._remember()
        return super()._read_format(fnames, load)
