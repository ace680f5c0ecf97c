# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The code on a printed service form: which document, and the hash of what it says."""

import re
from typing import NamedTuple

#: Digits of the keyed hash in an address: 128 bits nobody guesses.
MAC_LENGTH = 32
#: Signs that are looked at: the longest address fits.
MAX_LENGTH = 1000

_TOKEN = re.compile(
    rf"(?:^|/)([1-9][0-9]{{0,8}})-([0-9a-f]{{64}})-([0-9a-f]{{{MAC_LENGTH}}})$"
)
_OLD = re.compile(
    r"^AFTERSALES:(.{1,100}):([0-9]{1,9}):SHA256:([0-9a-f]{64})$", re.IGNORECASE
)
_HASH = re.compile(r"^[0-9a-f]{64}$")


class Code(NamedTuple):
    """What was read: the hash, and what else the code says."""

    content_hash: str
    record_id: int | None = None
    mac: str | None = None
    number: str | None = None
    version: int | None = None


def make_token(record_id: int, content_hash: str, mac: str) -> str:
    """Return what the address of a document ends with.

    :param record_id: positive number of the record
    :param content_hash: SHA-256, 64 hexadecimal digits
    :param mac: keyed hash of both, hexadecimal digits; the first ones are used
    """
    return f"{record_id}-{content_hash}-{mac[:MAC_LENGTH]}"


def read_code(text: object) -> Code | None:
    """Read what was scanned, pasted or typed.

    :param text: the address of the printed code, what it ends with, the text of a code
        printed before there were addresses (``AFTERSALES:number:version:SHA256:hash``),
        or the hash alone; white space and the case of letters don't matter
    :return: what it says; None for anything else
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        return None
    compact = "".join(text.split())
    plain = compact.lower().split("?")[0].split("#")[0].rstrip("/")
    if found := _TOKEN.search(plain):
        record_id, content_hash, mac = found.groups()
        return Code(content_hash, record_id=int(record_id), mac=mac)
    if found := _OLD.match(compact):
        number, version, content_hash = found.groups()
        return Code(content_hash.lower(), number=number, version=int(version))
    return Code(plain) if _HASH.match(plain) else None
