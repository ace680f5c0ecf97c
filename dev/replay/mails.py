"""A row of the file as the e-mail that its complainant could have written."""

import hashlib
import html
import re
from datetime import datetime, time, timezone
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from . import complaints as c
from . import papers

SENDERS = "customers.example"


def _token(text):
    """Return a text that may stand in an address; others are replaced by a hash."""
    if re.fullmatch(r"[a-z0-9-]+", text):
        return text
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sender_name(complaint):
    """Return the name of a complainant, whom the data leaves nameless."""
    return f"Owner {complaint.number}"


def sender_address(complaint):
    """Return the address that belongs to one complainant only."""
    return f"owner-{_token(complaint.number)}@{SENDERS}"


def message_id(row):
    """Return the Message-ID of a row, the same at every run."""
    return (
        f"<complaint-{_token(row[c.NUMBER])}.record-{_token(row[c.RECORD])}@{SENDERS}>"
    )


def _facts(row):
    day = c.parse_day(row[c.FAILED_ON])
    pairs = (
        ("Complaint", row[c.NUMBER]),
        ("Product", row.product),
        ("Manufacturer", row[c.MAKER]),
        ("Serial number", row[c.SERIAL]),
        ("Component", row[c.COMPONENT]),
        ("Date of failure", day.isoformat() if day else ""),
        ("Mileage", row[c.MILEAGE]),
        ("Place", ", ".join(filter(None, (row[c.CITY], row[c.STATE])))),
    )
    return [(name, value) for name, value in pairs if value]


def _attach(message, complaint, row):
    """Attach a photo, a letter or a table to the first mail of some complaints."""
    number = _token(complaint.number)
    if complaint.index % 4 == 0:
        message.add_attachment(
            papers.photo(complaint.number),
            maintype="image",
            subtype="png",
            filename=f"photo-{number}.png",
        )
    if complaint.index % 6 == 1:
        lines = ["Report of the workshop", "", *(": ".join(f) for f in _facts(row))]
        message.add_attachment(
            papers.letter(lines),
            maintype="application",
            subtype="pdf",
            filename=f"workshop-{number}.pdf",
        )
    if complaint.index % 5 == 2:
        message.add_attachment(
            papers.table(_facts(row)),
            maintype="text",
            subtype="csv",
            filename=f"facts-{number}.csv",
        )


def build(complaint, row, to):
    """Build the mail of one row.

    A further row of a complaint answers the first one, as its sender would.

    :param str to: address of the team
    :return: `email.message.EmailMessage`
    """
    first = complaint.rows[0]
    subject = f"{first.product or 'Product'}: {': '.join(first.levels)}"
    message = EmailMessage(policy=policy.SMTP)
    message["Message-ID"] = message_id(row)
    message["From"] = formataddr((sender_name(complaint), sender_address(complaint)))
    message["To"] = formataddr(("After-Sales Service", to))
    message["Subject"] = subject if row is first else f"Re: {subject}"
    if row.written_on:
        moment = datetime.combine(row.written_on, time(12), tzinfo=timezone.utc)
        message["Date"] = format_datetime(moment)
    if row is not first:
        message["In-Reply-To"] = message["References"] = message_id(first)
    text = row[c.DESCRIPTION] or "(no description)"
    facts = _facts(row)
    lines = [text, "", *(f"{name}: {value}" for name, value in facts)]
    message.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    if complaint.index % 3 == 1:
        items = "".join(
            f"<li>{html.escape(name)}: <b>{html.escape(value)}</b></li>"
            for name, value in facts
        )
        message.add_alternative(
            f"<p>{html.escape(text)}</p><ul>{items}</ul>",
            subtype="html",
            charset="utf-8",
            cte="base64",
        )
    if row is first:
        _attach(message, complaint, row)
    for depth, part in enumerate(p for p in message.walk() if p.is_multipart()):
        part.set_boundary(f"=_{depth}_{_token(message_id(row))}")
    return message
