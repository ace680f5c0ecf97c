"""Mails through the gateway, and the classification of what became of them."""

import textwrap
from collections import Counter

from . import complaints as c
from . import ground, mails
from .client import ServerRefused


def push(gateway, complaints, address):
    """Send the mail of every row through the gateway.

    :return: tuple of counters by outcome (new, known, refused) and dict of
        row key -> reason of the refusal
    """
    outcomes, refusals = Counter(), {}
    for complaint in complaints:
        for row in complaint.rows:
            message = mails.build(complaint, row, address)
            try:
                thread = gateway.call(
                    "mail.thread",
                    "message_process",
                    model=False,
                    message=message.as_bytes().decode("ascii"),
                )
            except ServerRefused as refusal:
                # Anything else than the mail itself is wrong.
                if refusal.status not in (422, 500):
                    raise
                outcomes["refused"] += 1
                refusals[row.key] = refusal.text
            else:
                outcomes["new" if thread else "known"] += 1
    return outcomes, refusals


def locate(user, complaints):
    """Find the tickets in which the mails of some complaints lie.

    :return: dict of row key -> id of the ticket, in the order of the messages
    """
    rows = {mails.message_id(row): row for one in complaints for row in one.rows}
    found = user.read(
        "mail.message",
        [("message_id", "in", list(rows)), ("model", "=", "aftersales.ticket")],
        ["message_id", "res_id"],
    )
    return {rows[message["message_id"]].key: message["res_id"] for message in found}


class Catalogue:
    """The faults by their place in the tree; the quality user adds what is missing."""

    def __init__(self, quality):
        self.quality = quality
        self.made = 0
        self.ids = {}
        for fault in quality.read("aftersales.fault", [], ["name", "parent_id"]):
            parent = fault["parent_id"]
            self.ids[self._key(parent and parent[0], fault["name"])] = fault["id"]

    @staticmethod
    def _key(parent_id, name):
        return parent_id or 0, " ".join(name.split()).casefold()

    def find(self, levels):
        """Return the fault of a path, with the levels that are not there yet."""
        fault_id = False
        for name in levels:
            key = self._key(fault_id, name)
            if key not in self.ids:
                values = {"name": name, "parent_id": fault_id}
                self.ids[key] = self.quality.call(
                    "aftersales.fault", "create", vals_list=[values]
                )[0]
                self.made += 1
            fault_id = self.ids[key]
        return fault_id


def note(row):
    """Return the note by which the finding of a row is known again."""
    text = textwrap.shorten(row[c.DESCRIPTION], 70, placeholder=" ...")
    return f"Record {row[c.RECORD]}: {text}".rstrip(": ")


def classify(people, complaints, places):
    """Give each ticket its customer, severity, product and findings, as intake does.

    What is there already stays as it is. Each ticket is written at once.

    :param dict places: row key -> id of the ticket, see `locate`
    :return: counter of what was made: customers, faults, findings, tickets written
    """
    intake = people["intake"]
    made = Counter()
    work = [
        (complaint, [row for row in complaint.rows if row.key in places])
        for complaint in complaints
    ]
    work = [(complaint, rows) for complaint, rows in work if rows]
    tickets = _tickets(intake, {places[row.key] for _one, rows in work for row in rows})
    customers = ground.partners(
        intake, [mails.sender_address(complaint) for complaint, _rows in work]
    )
    register, catalogue = ground.Register(intake), Catalogue(people["quality"])
    for complaint, rows in work:
        ticket = tickets[places[rows[0].key]]
        values = {}
        if not ticket["partner_id"]:
            partner_id = customers.get(mails.sender_address(complaint))
            if not partner_id:
                partner_id = register.add([complaint])[0]
                made["customers"] += 1
            values["partner_id"] = partner_id
        missing = [row for row in rows if note(row) not in ticket["notes"]]
        if missing:
            values["finding_ids"] = [
                (0, 0, {"fault_id": catalogue.find(row.levels), "note": note(row)})
                for row in missing
            ]
        if missing and not ticket["notes"]:
            values["product_name"] = complaint.product
            values["serial_number"] = complaint.serial
        if missing and c.RANK[complaint.severity] > c.RANK[ticket["severity"]]:
            values["severity"] = complaint.severity
        if values:
            intake.call("aftersales.ticket", "write", ids=[ticket["id"]], vals=values)
            made["tickets written"] += 1
            made["findings"] += len(missing)
    made["faults"] = catalogue.made
    return made


def _tickets(intake, ids):
    """Read tickets with the notes of their findings, by id."""
    domain = [("id", "in", sorted(ids))]
    fields = ["partner_id", "severity"]
    tickets = {
        ticket["id"]: {**ticket, "notes": set()}
        for ticket in intake.read("aftersales.ticket", domain, fields)
    }
    findings = intake.read(
        "aftersales.finding", [("ticket_id", "in", sorted(ids))], ["ticket_id", "note"]
    )
    for finding in findings:
        tickets[finding["ticket_id"][0]]["notes"].add(finding["note"])
    return tickets
