"""What the records of all three programs have in common: ages, texts, people."""

import random
from datetime import timedelta

from odoo import fields

SEEDS = 120
CUSTOMERS = 60
MESSAGES = 20
#: How the seeds end: half are open, so that sizes of open tickets are half of all.
STATES = (
    *["new"] * 12,
    *["assigned"] * 16,
    *["in_progress"] * 32,
    *["solved"] * 12,
    *["closed"] * 48,
)
SUBJECTS = (
    "Brake pedal goes soft",
    "Engine does not start",
    "Hydraulic hose leaks",
    "Display stays dark",
    "Noise in the gearbox",
    "Mast lowers by itself",
    "Charger shows error 17",
    "Wheel bearing worn",
)
TEXT = "<p>The machine stopped at work. %s. Please call back before noon.</p>"


class Pattern:
    """One seed: what it is about, how old, in which state.

    :param int index: which of the seeds it is
    """

    def __init__(self, index):
        chance = random.Random(index)
        self.index = index
        self.state = STATES[index]
        self.subject = f"{SUBJECTS[index % len(SUBJECTS)]} {index}"
        self.text = TEXT % self.subject
        self.customer = index % CUSTOMERS
        # A third of the open ones is late already.
        if self.state in ("solved", "closed"):
            self.age = timedelta(hours=chance.randint(24 * 3, 24 * 700))
        elif index % 3:
            self.age = timedelta(minutes=chance.randint(11 * 60, 14 * 60))
        else:
            self.age = timedelta(hours=chance.randint(24 * 30, 24 * 90))

    @property
    def is_open(self):
        """Tell whether it is still worked on."""
        return self.state not in ("solved", "closed")

    @property
    def reported_at(self):
        """Return when it came in (naive UTC)."""
        return fields.Datetime.now() - self.age

    @staticmethod
    def all():
        """Return the patterns of all seeds."""
        return [Pattern(index) for index in range(SEEDS)]


def customers(env):
    """Create the customers, alike in all programs."""
    return env["res.partner"].create(
        [
            {
                "name": f"Customer {number}",
                "email": f"customer{number}@example.com",
                "phone": f"+49 30 {number:06}",
                "is_company": True,
            }
            for number in range(CUSTOMERS)
        ]
    )


def user(env, login, *groups):
    """Create a user with some groups, given by their XML ids."""
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": login.title(),
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
            }
        )
    )


def mail_domain(env):
    """Give the aliases a domain."""
    domain = env["mail.alias.domain"].create({"name": "bench.example.com"})
    env["res.company"].search([]).alias_domain_id = domain
    env["mail.alias"].search([("alias_domain_id", "=", False)]).alias_domain_id = domain


def fill_chatter(records, author):
    """Write twenty messages in the chatter of each record."""
    records.env["mail.message"].create(
        [
            {
                "model": record._name,
                "res_id": record.id,
                "author_id": author.partner_id.id,
                "message_type": "comment",
                "subtype_id": record.env.ref("mail.mt_note").id,
                "body": f"<p>Note {number} on {record.display_name}</p>",
            }
            for record in records
            for number in range(MESSAGES)
        ]
    )


def mail(to, sender, number, body="The machine stopped at work.", reply_to=None):
    """Return a raw mail.

    :param str to: address it is sent to
    :param str reply_to: Message-ID that it answers
    """
    answer = f"In-Reply-To: {reply_to}\nReferences: {reply_to}\n" if reply_to else ""
    return (
        f"From: Sender <{sender}>\nTo: {to}\nSubject: Machine {number} stopped\n"
        f"Message-ID: <bench-{number}@example.com>\n{answer}"
        "Date: Mon, 05 Jan 2026 09:00:00 +0000\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    )
