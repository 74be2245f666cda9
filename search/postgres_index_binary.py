"""Rows as PostgreSQL's binary COPY takes them, byte for byte: nothing is written as text and read again.

Pure. Source: the manual of PostgreSQL, "COPY", "Binary Format"; arrays and dates as its `recv` functions take them.
Comes from: `postgres_index_building`. Goes to: `postgres_index_rebuilding`.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from struct import Struct

from search.analysis import Parts
from search.postgres_index_server import safe

BEGINNING = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

COLUMNS = (
    "uri, kind, public, language, commune, stamp, starts, ends, title_length, text_length, languages, title_keys, "
    "concepts, narrower, lesser, words, weights, places, facets, codes"
)
"""What `row` sends, in this order."""

_FIELDS = Struct(">h")
_LENGTH = Struct(">i")
_LONG = Struct(">iq")
_NUMBER = Struct(">ii")
_ARRAY = Struct(">iii")
_DIMENSION = Struct(">ii")
_TEXT_TYPE, _NUMBER_TYPE = 25, 23
_NONE = _LENGTH.pack(-1)
_TRUTH = {True: b"\0\0\0\1\1", False: b"\0\0\0\1\0"}
_EPOCH = date(2000, 1, 1)
_COUNT = _FIELDS.pack(COLUMNS.count(",") + 1)


def row(parts: Parts, words: bytes, weights: bytes, places: bytes) -> bytes:
    """One document, but for its `codes`, which follow it. `words`: a tsvector as it is sent."""
    document = parts.document
    return b"".join(
        [
            _COUNT,
            *map(_text, (document.uri, document.kind)),
            _TRUTH[document.public],
            *map(_text, (document.language, document.commune)),
            *(_LONG.pack(8, document.stamp), _day(document.start), _day(document.end)),
            *(_NUMBER.pack(4, parts.title_length), _NUMBER.pack(4, parts.text_length)),
            *map(_texts, (parts.languages, parts.title_keys, sorted(parts.concepts), sorted(parts.narrower_than))),
            _texts(sorted(document.lesser)),
            *map(_bytes, (words, weights, places)),
        ]
    )


def codes(numbers: Sequence[int]) -> bytes:
    """The end of a row: the codes of its values, twice."""
    return _numbers(numbers) + _bytes(Struct(f"<{len(numbers)}I").pack(*numbers))


def _bytes(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _text(text: str) -> bytes:
    return _bytes(safe(text).encode())


def _day(day: date | None) -> bytes:
    return _NONE if day is None else _NUMBER.pack(4, (day - _EPOCH).days)


def _texts(texts: Iterable[str]) -> bytes:
    return _array(_TEXT_TYPE, [_text(each) for each in texts])


def _numbers(numbers: Iterable[int]) -> bytes:
    return _array(_NUMBER_TYPE, [_NUMBER.pack(4, each) for each in numbers])


def _array(type_: int, fields: Sequence[bytes]) -> bytes:
    if not fields:
        return _bytes(_ARRAY.pack(0, 0, type_))
    return _bytes(b"".join([_ARRAY.pack(1, 0, type_), _DIMENSION.pack(len(fields), 1), *fields]))
