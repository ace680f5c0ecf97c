"""What the three programs have in common for the benchmark."""

from . import clone, seeds

BATCH = 100
#: Until so many tickets, copies of full ones have their twenty messages as well: more
#: rows in that table only make its indexes deeper, and half an hour longer to fill.
CHATTER_UNTIL = 20_000
#: Nothing of these is copied: outgoing mail would be sent.
SKIPPED = ("mail_mail",)


class Side:
    """One program in its own database: how it is filled and what is done in it.

    :param env: superuser's environment
    :param bool full: work with everything on the ticket, or with the least
    """

    name = None
    model = None
    agent_login = None
    sign = "-1"
    unique = {}

    def __init__(self, env, full):
        self.env = env(context={**env.context, "lang": "en_US", "tz": "UTC"})
        self.full = full
        self.numbers = iter(range(1, 10**9))
        self._copier = None
        self._users = {}
        self._mail = None

    @property
    def Model(self):
        """Return the model of the tickets, for the superuser."""
        return self.env[self.model]

    def as_user(self, login, records):
        """Return records as a user sees them."""
        if login not in self._users:
            users = self.env["res.users"].search([("login", "=", login)])
            self._users[login] = users.id
        return records.with_user(self._users[login]).with_context(self.env.context)

    def seeds(self):
        """Return the records made through the ORM."""
        return self.Model.with_context(active_test=False).search(
            [("name", "=like", "Seed %")], order="id"
        )

    def roots(self):
        """Return what is copied, the tickets first."""
        return [self.seeds()]

    def grow(self, total):
        """Copy the seeds until there are so many tickets.

        :return: how many there are
        """
        if self._copier is None:
            self._copier = clone.Copier(
                self.env, self.roots(), self.sign, self.unique, SKIPPED
            )
        count = self.Model.with_context(active_test=False).search_count([])
        for until, keep in (
            (min(total, CHATTER_UNTIL), {}),
            (total, {"mail_message": "t.message_type <> 'comment'"}),
        ):
            times = -(-(until - count) // len(self.seeds()))
            if times > 0:
                self._copier.copy(times, keep)
                count += times * len(self.seeds())
        self.env.cr.commit()
        self._copier.vacuum()
        self.env.invalidate_all()
        return count

    def settle(self):
        """Do what the jobs of a living server would have done by now."""

    def create_one(self):
        """Create one ticket as the agent who receives reports."""
        self.create(1)

    def create_batch(self):
        """Create a hundred tickets in one call."""
        self.create(BATCH)

    def create(self, count):
        """Create some tickets in one call as that agent."""
        raise NotImplementedError

    def moves(self, old):
        """Return what moves one ticket to another stage and back, as an agent.

        :param bool old: a ticket of two years ago, otherwise one of today
        :return: tuple of the ticket, a dict with its stages ``assigned`` and
            ``in_progress``, and the functions that move it forth and back
        """
        raise NotImplementedError

    def receive(self):
        """Let the gateway process a mail: a new report, or for full tickets an answer.

        :raise AssertionError: when the mail was not taken
        """
        if self._mail is None:
            # Looked up in the run that warms up.
            ticket = self.mailed() if self.full else self.Model
            answered = ticket.message_ids.filtered("message_id")[:1]
            self._mail = self.address(), ticket.id, answered.message_id
        to, ticket_id, answered = self._mail
        number = f"{self.env.cr.now().timestamp():.0f}{next(self.numbers)}"
        raw = seeds.mail(to, "customer1@example.com", number, reply_to=answered)
        found = self.env["mail.thread"].message_process(None, raw)
        assert found and (not ticket_id or found == ticket_id), "the mail was refused"

    def address(self):
        """Return the address of the mail alias."""
        raise NotImplementedError

    def mailed(self):
        """Return the ticket that a customer answers to."""
        return self.Model.search([("name", "=", "Old")])
