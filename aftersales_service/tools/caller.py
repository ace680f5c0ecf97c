# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was typed to find a caller by: a telephone number, words, a serial number."""

import re
from dataclasses import dataclass

from .identify import PHONE_DIGITS

#: Longer texts are no name and no number.
MAX_TYPED = 100
#: Fewer digits are the end of too many numbers.
MIN_DIGITS = 4
#: Fewer signs are in too many names.
MIN_WORD = 2
#: A name is not looked up by more words.
MAX_WORDS = 5

_PHONE = re.compile(r"\+?[\d\s()./\u00a0-]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What can be looked up of a typed text.

    :ivar phone: last digits of a telephone number, without its trunk or country prefix
        as far as they go; empty when the text is none
    :ivar words: to be found in a name, each of them
    :ivar serial: as a serial number: capitals without blanks, with a digit; or empty
    :ivar is_phone: whether the text is a telephone number and nothing else
    """

    phone: str = ""
    words: tuple[str, ...] = ()
    serial: str = ""
    is_phone: bool = False


def asked(text: str | None) -> Asked:
    """Read what was typed.

    >>> asked("+49 (0)30 123456").phone
    '30123456'
    >>> asked("030 1234").phone
    '301234'
    >>> asked("mill sons").words
    ('mill', 'sons')
    """
    text = (text or "").replace("\0", "").strip()[:MAX_TYPED]
    digits = "".join(sign for sign in text if sign.isdecimal())
    # Other scripts have digits as well; a number is compared with ASCII ones.
    digits = "".join(str(int(sign)) for sign in digits)
    is_phone = bool(_PHONE.fullmatch(text)) and len(digits) >= MIN_DIGITS
    phone = digits[-PHONE_DIGITS:].lstrip("0") if is_phone else ""
    words = tuple(dict.fromkeys(text.split()))[:MAX_WORDS]
    if is_phone or max(map(len, words), default=0) < MIN_WORD:
        words = ()
    serial = "".join(text.split()).upper() if digits else ""
    return Asked(
        phone=phone if len(phone) >= MIN_DIGITS else "",
        words=words,
        serial=serial if len(serial) >= MIN_DIGITS else "",
        is_phone=is_phone,
    )


def literal(text: str) -> str:
    """Escape a text for a pattern of SQL: it stands for itself.

    >>> literal("50%_")
    '50\\\\%\\\\_'
    """
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return text
