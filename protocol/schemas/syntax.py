"""One-line notations: dates, decimals, languages, addresses, references. Each is a pattern and a length.

Law of this room: syntax only. Whether a concept is in the vocabulary, a key is a point of the curve, an
address answers or a referenced record exists is asked elsewhere: vocabularies grow and records arrive in any
order, so none of that can be part of validity. Patterns are anchored at both ends, count ASCII digits only,
and have no nested repetition, so that a hostile string costs time in proportion to its length, which is
bounded first.

On the line: protocol/schemas/fields.py reads these; docs/records.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

BASE58 = "[1-9A-HJ-NP-Za-km-z]"
KEY = f"z6Mk{BASE58}{{44}}"  # multibase base58btc of 0xed01 and 32 bytes: always 48 characters
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# White space, quotes, angle brackets, and the marks that turn text round and so disguise an address.
UNSAFE = r"\s<>\"\\\u200e\u200f\u202a-\u202e\u2066-\u2069"
URL = rf"https?://[^/?#@{UNSAFE}]+(?:[/?#][^{UNSAFE}]*)?"
MAILBOX = rf"[^@{UNSAFE}]{{1,64}}@[^@{UNSAFE}]+\.[^@.{UNSAFE}]{{2,}}"
YEAR = "(?!0000)[0-9]{4}"
MONTH = "(?:0[1-9]|1[0-2])"
DAY = "(?:0[1-9]|[12][0-9]|3[01])"


@dataclass(frozen=True, slots=True)
class Form:
    """One notation. `longest`: code points; `says`: why not, in words; `real`: what a pattern cannot say."""

    name: str
    pattern: str
    longest: int
    says: str
    real: Callable[[str], bool] | None = None

    def matcher(self) -> Callable[[str], re.Match[str] | None]:
        """The compiled pattern's `fullmatch`."""
        return re.compile(self.pattern).fullmatch


def _is_calendar_day(text: str) -> bool:
    """True for a year or a month, and for a day that the Gregorian calendar has."""
    return len(text) < 10 or _parses(date.fromisoformat, text)


def _is_calendar_moment(text: str) -> bool:
    """As `_is_calendar_day`, and for a day with hours and minutes."""
    return _is_calendar_day(text[:10]) and (len(text) <= 10 or _parses(datetime.fromisoformat, text))


def _parses(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _is_latitude(text: str) -> bool:
    return abs(float(text)) <= 90


def _is_longitude(text: str) -> bool:
    return abs(float(text)) <= 180


CONCEPT = Form("concept", "[a-z0-9-]{1,64}", 64, "a concept id is lower-case letters, digits and hyphens")
# The level that is counted from the Adaptations of others, so nobody may claim it.
EVIDENCE = Form(
    "concept, not `replicated`",
    "(?!replicated$)[a-z0-9-]{1,64}",
    64,
    "an evidence level is a concept id, and `replicated` is derived from adaptations, never typed",
)
DATE = Form(
    "date",
    f"{YEAR}(?:-{MONTH}(?:-{DAY})?)?",
    10,
    "a date is YYYY, YYYY-MM or YYYY-MM-DD, and in the calendar",
    _is_calendar_day,
)
MOMENT = Form(
    "date or local time",
    f"{YEAR}(?:-{MONTH}(?:-{DAY}(?:T[0-9]{{2}}:[0-9]{{2}})?)?)?",
    16,
    "a moment is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM, and in the calendar",
    _is_calendar_moment,
)
TIME_ZONE = Form(
    "IANA time zone",
    "[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}",
    64,
    "a time zone has an IANA name such as Africa/Casablanca",
)
DECIMAL = Form(
    "decimal",
    r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?",
    23,
    'a number is a string such as "350" or "12.50"',
)
AMOUNT = Form(
    "amount",
    r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?",
    22,
    'an amount is a string such as "320000" or "99.90", not below zero',
)
LATITUDE = Form(
    "latitude",
    r"-?[0-9]{1,2}(?:\.[0-9]{1,6})?",
    10,
    "a latitude is -90 to 90 in degrees, a string",
    _is_latitude,
)
LONGITUDE = Form(
    "longitude",
    r"-?[0-9]{1,3}(?:\.[0-9]{1,6})?",
    11,
    "a longitude is -180 to 180 in degrees, a string",
    _is_longitude,
)
CURRENCY = Form("ISO 4217 code", "[A-Z]{3}", 3, "a currency is three capital letters, such as MAD")
COUNTRY = Form("ISO 3166-1 code", "[A-Z]{2}", 2, "a country is two capital letters, such as MA")
LANGUAGE = Form(
    "language tag",
    "[a-z]{2,8}(?:-[A-Za-z0-9]{2,8}){0,3}",  # as the envelope's `language`
    35,
    "a language is a BCP 47 tag such as fr or zgh-Tfng",
)
WEB_ADDRESS = Form("URL", URL, 500, "an address begins with http:// or https:// and names no user")
MAILBOX_ADDRESS = Form("mailbox", MAILBOX, 254, "a mailbox looks like migration@town.example")
TELEPHONE = Form(
    "telephone number",
    r"\+[1-9](?:[ .-]?[0-9]){6,14}",
    31,
    "a telephone number begins with + and its country, such as +212 537 00 00 00",
)
REGISTRATION = Form("URL or mailbox", f"{URL}|{MAILBOX}", 500, "registration is a URL or a mailbox")
DID = Form("did", f"did:key:{KEY}", 56, "a node is did:key:z6Mk and 44 characters of base 58")
ROOT_KEY = Form("key", KEY, 48, "a key is z6Mk and 44 characters of base 58")
DIGEST = Form("digest", "[0-9a-f]{64}", 64, "a digest is 64 lower-case hexadecimal digits")
RECORD_URI = Form(
    "record URI",
    f"did:key:{KEY}/records/{UUID}",
    101,
    "a record is named by the did of its origin, /records/ and its uuid in lower case",
)
FIELD_PATH = Form(
    "field path",
    r"[a-z][A-Za-z0-9]{0,39}(?:\.(?:0|[1-9][0-9]{0,3}|[a-z][A-Za-z0-9]{0,39})){0,5}",
    100,
    "a field path looks like title or buildingBlocks.0.title",
)
