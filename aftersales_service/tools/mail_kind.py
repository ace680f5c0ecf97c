# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What kind of mail it is, what makes two mails alike, and how a broken one is read."""

import email
import email.header
import email.policy
import hashlib
import re
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr

#: Kinds of mail that are no reports.
BOUNCE, AUTO_REPLY, BULK, CALENDAR = "bounce", "auto_reply", "bulk", "calendar"
#: What somebody writes to a group address. It is a report if we know him or the list.
LIST = "list"

#: How much of a broken mail's text is shown; all of it is attached.
MAX_RESCUED = 20_000

_ABSENT = re.compile(
    r"^\s*(?:(?:re|aw|fwd?|wg)\s*:\s*)*(?:"
    r"out of (?:the )?office|auto(?:matic|mated)?[ -]?(?:reply|response|antwort)"
    r"|automatische antwort|abwesenheit|absence|respuesta autom|réponse automatique"
    r"|risposta automatica|自动(?:回复|答复)|自動(?:回覆|応答)"
    r"|on (?:vacation|holiday))",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"^\s*(?:(?:re|aw|sv|fwd?|wg|antwort|回复|答复)\s*[:\uff1a]\s*)+", re.I
)
_OWN_NUMBER = re.compile(r"[^\W\d_]{1,8}/(?:[\w-]{1,8}/){0,2}\d{3,10}")
_MOMENT = re.compile(
    r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_NUMBER = re.compile(r"\d+")
_SOUND_ID = re.compile(r"<?[!-;=?-~]{3,900}>?")
_ADDRESS_HEADERS = ("Delivered-To", "To", "Cc", "Resent-To", "Resent-Cc")


def read_headers(raw: bytes) -> email.message.Message:
    """Read the headers of a mail, whatever is wrong with it.

    The lenient parser of old takes what the strict one stumbles over.
    """
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0][:262_144]
    return email.message_from_bytes(head + b"\n\n", policy=email.policy.compat32)


def values_of(message, name: str) -> list[str]:
    """Return what a header says, as it stands in the mail, each on one line."""
    found = []
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            try:
                # What is not ASCII is held as escaped bytes.
                value = str(value).encode("utf-8", "surrogateescape")
                text = value.decode("utf-8", "replace")
            except UnicodeError:
                text = clean(str(value))
            found.append(re.sub("[\r\n]", "", clean(text)).strip())
    return found


def header(message, name: str) -> str:
    """Return a header as it stands in the mail, empty where it is absent."""
    return (values_of(message, name) or [""])[0]


def decoded(message, name: str) -> str:
    """Return a header in plain words, on one line, whatever its encoding says."""
    text = header(message, name)
    try:
        parts = email.header.decode_header(text)
    except Exception:  # noqa: BLE001 - it raises whatever it stumbles over
        return _line(text)
    words = []
    for part, charset in parts:
        if isinstance(part, bytes):
            try:
                part = part.decode(charset or "utf-8", "replace")
            except (LookupError, ValueError):
                part = part.decode("utf-8", "replace")
        words.append(part)
    return _line(clean("".join(words)))


def readable(raw: bytes) -> str:
    """Return the text of a mail as far as it can be read.

    :return: of its first part of plain text, else all of it
    """
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        for part in message.walk():
            if part.get_content_type() == "text/plain" and not part.is_multipart():
                text = (part.get_payload(decode=True) or b"").decode("utf-8", "replace")
                return clean(text)[:MAX_RESCUED]
    except Exception:  # noqa: BLE001 - as in `decoded`
        message = None  # all of it is taken
    body = (re.split(rb"\r?\n\r?\n", raw, maxsplit=1) + [b""])[1]
    return clean(body[:MAX_RESCUED].decode("utf-8", "replace"))


def addresses(message) -> list[str]:
    """Return to whom a mail went, in lower case, each once."""
    values = [value for name in _ADDRESS_HEADERS for value in values_of(message, name)]
    found = (address.lower() for _name, address in getaddresses(values))
    return list(dict.fromkeys(address for address in found if "@" in address))[:500]


def sender(message) -> str:
    """Return the address of who wrote a mail, in lower case, possibly empty."""
    return parseaddr(header(message, "From"))[1].lower()


def message_ids(text: str) -> list[str]:
    """Return the last 32 message ids in a header, newest last."""
    return _MESSAGE_ID.findall(text or "")[-32:]


def message_id(raw: bytes, message) -> str:
    """Return what identifies a mail: its Message-ID, else its content.

    The same mail fetched twice has the same one, also when its program gave it none.
    One that parsers understand differently, or no index takes, is hashed.
    """
    given = header(message, "Message-Id")
    if _SOUND_ID.fullmatch(given):
        return given
    content = given.encode() if given.strip("<> \t") else raw
    return f"<{hashlib.sha256(content).hexdigest()[:40]}@no-message-id>"


def automatic_kind(message, has_text: bool = True) -> str | None:
    """Tell which kind of automatic mail it is.

    A machine's own alarm (``Auto-Submitted: auto-generated``) is none: it is a report.

    :param message: the mail or its headers
    :param bool has_text: whether it says anything beside its attachments
    :return: bounce, auto_reply, bulk, list or calendar; None for what people or
        machines say
    """
    content_type = header(message, "Content-Type").split(";")[0].strip().lower()
    local_part = sender(message).split("@")[0]
    if (
        content_type == "multipart/report"
        or local_part in ("mailer-daemon", "postmaster")
        or header(message, "Return-Path").replace(" ", "") == "<>"
        and _submitted(message) != "auto-generated"
    ):
        return BOUNCE
    submitted = _submitted(message)
    precedence = header(message, "Precedence").lower()
    if (
        submitted == "auto-replied"
        or precedence == "auto_reply"
        or header(message, "X-Autoreply").lower() not in ("", "no")
        or header(message, "X-Autorespond")
        or header(message, "X-Auto-Response-Suppress")
        and submitted != "auto-generated"
        and _ABSENT.search(decoded(message, "Subject"))
    ):
        return AUTO_REPLY
    if submitted == "auto-generated":
        return None
    if _is_mass_mail(message, precedence):
        return BULK
    if precedence in ("bulk", "list") or header(message, "List-Id"):
        return LIST
    if content_type == "text/calendar" or (
        not has_text and _has_calendar(message, content_type)
    ):
        return CALENDAR
    return None


def _is_mass_mail(message, precedence: str) -> bool:
    """Tell newsletters from what somebody writes to a group address.

    Old list programs say ``bulk`` as well, but theirs can be written to.
    """
    post = header(message, "List-Post").upper()
    if precedence == "junk" or post.startswith("NO"):
        return True
    return not post and (
        precedence == "bulk" or bool(header(message, "List-Unsubscribe-Post"))
    )


def is_list_of(message, domains) -> bool:
    """Tell whether the list over which a mail came is one of some domains.

    :param domains: names in lower case
    """
    name = re.search(r"([^<>\s]+)>?\s*$", header(message, "List-Id").lower())
    host = name[1] if name else ""
    post = re.search(
        r"mailto:[^@<>\s]*@([\w.-]+)", header(message, "List-Post").lower()
    )
    hosts = {host, post[1] if post else ""} - {""}
    return any(
        host == domain or host.endswith(f".{domain}")
        for host in hosts
        for domain in domains
    )


def _submitted(message) -> str:
    return re.split(r"[;(\s]", header(message, "Auto-Submitted"))[0].lower()


def _has_calendar(message, content_type: str) -> bool:
    if content_type == "text/calendar":
        return True
    try:
        return any(
            part.get_content_type() == "text/calendar" for part in message.walk()
        )
    except Exception:  # noqa: BLE001 - as in `decoded`
        return False


def is_automatic(message, lists: bool = True) -> bool:
    """Tell whether a mail was sent by no person: such mails are not answered.

    :param bool lists: whether what comes over a list counts as such
    """
    submitted = _submitted(message)
    kinds = (None,) if lists else (None, BULK, LIST)
    return submitted not in ("", "no") or automatic_kind(message) not in kinds


def repair_ids(message) -> None:
    """Rid the headers by which mails are found of what the database can't compare."""
    for name in ("Message-Id", "In-Reply-To", "References"):
        try:
            value = str(message.get(name) or "")
            is_sound = clean(value) == value
        except Exception:  # noqa: BLE001 - as in `decoded`
            is_sound = False
        if not is_sound:
            repaired = _line(header(message, name)).encode("ascii", "ignore").decode()
            del message[name]
            message[name] = repaired.replace("=?", "")


def clean(text: str) -> str:
    """Return a text without what the database can't keep: NUL, half characters.

    The type is kept, so that safe HTML stays safe HTML.
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = type(text)(text.encode("utf-8", "replace").decode())
    return text


def likeness(subject: str, body: str, files=(), ticket_id: int | None = None) -> str:
    """Return a key that is the same for mails that say the same again.

    Left out are marks of an answer, references of tickets, dates, times and quoted
    lines: a machine that answers itself changes no more than these. What answers a
    ticket is compared within it, by its text if it has one, and may count its answers;
    a new report with another number is about another machine.

    :param files: contents of the attachments, bytes or str
    :param ticket_id: of the ticket that is answered
    """
    subject = _ANSWER.sub("", subject or "")
    lines = _TAG.sub("\n", (body or "")[:MAX_RESCUED]).splitlines()
    kept = (line for line in lines if not line.lstrip().startswith((">", "&gt;")))
    text = " ".join(kept)
    if not ticket_id or not text.strip():
        text = f"{subject}\n{text}"
    text = text.lower()
    text = _MOMENT.sub("", _OWN_NUMBER.sub("", text))
    if ticket_id:
        text = _NUMBER.sub("", text)
    found = hashlib.sha256(" ".join(re.findall(r"\w+", text)).encode())
    for content in files:
        if isinstance(content, str):
            content = content.encode("utf-8", "replace")
        found.update(hashlib.sha256(content or b"").digest())
    if ticket_id:
        found.update(b"ticket %d" % ticket_id)
    return found.hexdigest()[:32]


def rescue(raw: bytes) -> bytes:
    """Make a mail that can be read of one that can't.

    :param bytes raw: a mail that the parser stumbles over
    :return: its sender, recipients, subject and text as far as they can be read, with
        the mail as it came attached
    """
    old = read_headers(raw)
    new = EmailMessage(policy=email.policy.SMTP)
    new["Message-Id"] = _line(message_id(raw, old))
    new["Subject"] = decoded(old, "Subject")
    new["From"] = _safe_address(sender(old))
    new["To"] = ", ".join(filter(None, map(_safe_address, addresses(old))))
    for name in ("In-Reply-To", "References"):
        value = " ".join(message_ids(header(old, name)))
        if value and value.isascii():
            new[name] = value
    text = readable(raw)
    new.set_content("\n".join(line[:900] for line in text.splitlines()), cte="base64")
    new.add_attachment(
        raw, maintype="application", subtype="octet-stream", filename="original.eml"
    )
    return new.as_bytes()


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:900]


def _safe_address(address: str) -> str:
    """Return an address that any parser takes, or nothing."""
    is_plain = re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", address, re.ASCII)
    return address if is_plain else ""
