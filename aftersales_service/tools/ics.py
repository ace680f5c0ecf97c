# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One appointment as an iCalendar file (RFC 5545, with the methods of RFC 5546).

Moments are naive datetimes in UTC and are written as UTC: each calendar shows them in
the time zone of its owner, and no definition of a zone has to travel along.
"""

from datetime import datetime

#: Lines are folded after so many bytes.
WIDTH = 75


def escape(text: str) -> str:
    """Escape a text value."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def fold(line: str) -> str:
    """Fold a line into pieces of at most 75 bytes, never inside a character."""
    pieces, piece, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > WIDTH:
            pieces.append(piece)
            # The blank that marks a continued line counts.
            piece, size = " ", 1
        piece += char
        size += width
    return "\r\n".join([*pieces, piece])


def moment(value: datetime) -> str:
    """Write a moment in UTC."""
    return value.strftime("%Y%m%dT%H%M%SZ")


def person(kind: str, name: str, email: str, parameters: str = "") -> str:
    """Write an organizer or attendee.

    A parameter in quotes can hold neither quotes nor control characters.
    """
    clean = "".join(c for c in name if c >= " " and c != '"' and c != "\x7f")
    address = "".join(c for c in email if c > " " and c != "\x7f")
    return f'{kind};CN="{clean}"{parameters}:mailto:{address}'


def event(
    *,
    uid: str,
    sequence: int,
    stamp: datetime,
    start: datetime,
    end: datetime,
    summary: str,
    description: str = "",
    location: str = "",
    organizer: tuple[str, str] | None = None,
    attendee: tuple[str, str] | None = None,
    cancelled: bool = False,
) -> bytes:
    """Write one appointment.

    :param uid: the same for all messages about one appointment
    :param sequence: grows with each change of it
    :param stamp: when this is written
    :param organizer: name and address of who invites
    :param attendee: name and address of who is invited
    :param cancelled: call the appointment off instead of inviting to it
    :return: the file, UTF-8
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//After-Sales Service//Visits//EN",
        f"METHOD:{'CANCEL' if cancelled else 'REQUEST'}",
        "BEGIN:VEVENT",
        f"UID:{escape(uid)}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{moment(stamp)}",
        f"DTSTART:{moment(start)}",
        f"DTEND:{moment(end)}",
        f"SUMMARY:{escape(summary)}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
    ]
    if description:
        lines.append(f"DESCRIPTION:{escape(description)}")
    if location:
        lines.append(f"LOCATION:{escape(location)}")
    if organizer:
        lines.append(person("ORGANIZER", *organizer))
    if attendee:
        lines.append(person("ATTENDEE", *attendee, ";RSVP=FALSE"))
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(fold(line) + "\r\n" for line in lines).encode()
