# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is told about a promise: people by their role on a ticket."""

ROLE_GROUP = "aftersales_service.aftersales_service_group_%s"


class Audience:
    """Finds the people of a batch of tickets, and asks each question once.

    People are active internal users who may read the ticket, by its company and by
    every other rule.
    """

    def __init__(self, tickets):
        """Prepare for some tickets.

        :param tickets: `aftersales.ticket` records, with sudo
        """
        self.tickets = tickets
        self.nobody = tickets.env["res.users"]
        self._readable = {}
        self._holders = {}

    def of_level(self, level, ticket):
        """Find who is told at a level, each person once.

        :param level: `aftersales.sla.alert` record, with sudo
        :param ticket: one of the tickets
        :return: `res.users`; if the chosen roles yield nobody, the team's leader, else
            one member of the team; empty if there is really nobody
        """
        people = self.nobody
        if level.to_responsible:
            people |= self._able(ticket.user_id, ticket)
        if level.to_leader:
            people |= self._able(ticket.team_id.leader_id, ticket)
        if level.to_dispatcher:
            people |= self._of_role("dispatcher", ticket)
        if level.to_manager:
            people |= self._of_role("manager", ticket)
        if level.department_id:
            people |= self._of_department(level.department_id, ticket)
        return people or self._at_least_one(ticket)

    def in_charge(self, ticket, without=None):
        """Find who decides about a ticket: the leader of its team, else the managers.

        :param ticket: one of the tickets
        :param without: `res.users` who must not decide about it, by default none
        :return: `res.users`
        """
        without = without or self.nobody
        leader = self._able(ticket.team_id.leader_id - without, ticket)
        return leader or self._of_role("manager", ticket, without)

    def _at_least_one(self, ticket):
        team = ticket.team_id
        return (
            self._able(team.leader_id, ticket)
            or self._able(team.member_ids.sorted("id"), ticket)[:1]
        )

    def _of_role(self, role, ticket, without=None):
        """Find the holders of a role: those of the team, else all of them."""
        holders = self._holders_of(role) - (without or self.nobody)
        own = self._able(holders & ticket.team_id.member_ids, ticket)
        return own or self._able(holders, ticket)

    def _of_department(self, department, ticket):
        """Find the manager of a department, else its members."""
        manager = self._able(department.manager_id.user_id, ticket)
        return manager or self._able(department.member_ids.user_id, ticket)

    def _holders_of(self, role):
        if role not in self._holders:
            group = self.nobody.env.ref(ROLE_GROUP % role)
            self._holders[role] = group.all_user_ids.sorted("id")
        return self._holders[role]

    def _able(self, users, ticket):
        return users.filtered(lambda user: ticket.id in self._tickets_of(user))

    def _tickets_of(self, user):
        """Return the ids of the tickets that a user may read."""
        if user.id not in self._readable:
            mine = self.tickets.browse()
            if user.active and not user.share:
                # Of all companies he may choose, not of those the job runs in.
                mine = (
                    self.tickets.with_user(user)
                    .with_context(allowed_company_ids=None)
                    ._filtered_access("read")
                )
            self._readable[user.id] = set(mine.ids)
        return self._readable[user.id]
