# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a visitor typed into the public form: cleaned, judged and given a subject."""

import ipaddress
import re

#: Signs that a field may have.
MAX_LENGTH = {"name": 100, "email": 254, "phone": 40, "serial": 64, "text": 5000}
#: Fields that nobody leaves empty.
REQUIRED = ("name", "text")
#: Digits of the shortest and the longest telephone number.
PHONE_DIGITS = (5, 20)
SUBJECT_LENGTH = 80

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LINK = re.compile(
    r"\S*(?:://|@|(?<=[^\W\d])\.(?=[^\W\d]{2}))\S*|\bwww\.\S*", re.IGNORECASE
)


def clean(form: dict[str, str]) -> dict[str, str]:
    """Take the known fields of a form, in any type and order, as texts.

    Only the words of the report keep their lines.

    :param dict form: what was sent
    :return: dict of all fields, empty where nothing was sent
    """
    return {
        field: tidy(form.get(field), keep_lines=field == "text") for field in MAX_LENGTH
    }


def tidy(raw: object, *, keep_lines: bool = False) -> str:
    """Take what was typed without the signs that the database can't keep.

    :param raw: what was sent, of any type
    :param bool keep_lines: whether the text has several lines
    :return: text without blanks at its ends
    """
    text = raw if isinstance(raw, str) else ""
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip() if keep_lines else " ".join(text.split())


def problems(values: dict[str, str]) -> dict[str, str]:
    """Judge the fields of a form, each by itself and together.

    :param dict values: as `clean` returns them
    :return: dict of field -> required, too_long, invalid or unreachable
    """
    found = {}
    for field, limit in MAX_LENGTH.items():
        if len(values[field]) > limit:
            found[field] = "too_long"
        elif field in REQUIRED and not values[field]:
            found[field] = "required"
    digits = sum(sign.isdigit() for sign in values["phone"])
    if values["phone"] and not PHONE_DIGITS[0] <= digits <= PHONE_DIGITS[1]:
        found.setdefault("phone", "invalid")
    if not values["email"] and not values["phone"]:
        found["email"] = "unreachable"
    return found


def subject(text: str) -> str:
    """Make a subject of the first words of a report.

    It goes out with the acknowledgement to an address that nobody has proved to be
    his: links and addresses are left out, so that the form sends no advertising.

    :param str text: the report
    :return: one line, possibly empty
    """
    for line in text.splitlines():
        words = " ".join(_LINK.sub(" ", line).split())
        if any(sign.isalnum() for sign in words):
            if len(words) <= SUBJECT_LENGTH:
                return words
            return words[: SUBJECT_LENGTH - 1].rstrip() + "…"
    return ""


def network(address: str) -> str:
    """Return by what visitors are counted.

    :param str address: of the visitor, as the server sees it
    :return: the address, or the network of one that changes within it at will
    """
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
