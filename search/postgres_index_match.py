"""Which documents match each unit of a query: by GIN, in lists of numbers, put together in arrays.

Law: one list per unit and kind of place (title, text, concept …), so that everything that has to be counted (how rare a
unit is, which units a document has) is counted exactly, and so that the best candidates can be told from the others
without reading any of them. Bounded by `MAX_POSTINGS`. Comes from: `plan`. Goes to: `postgres_index_find`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from search.analysis import Posting, phrase_at
from search.document import Query
from search.meanings import token
from search.plan import Unit
from search.postgres_index_rows import BROADER, LONG, OFTEN, OWN, TEXT, TITLE, Wanted, quoted
from search.postgres_index_schema import Census
from search.postgres_index_server import Connection, safe
from search.ranking import needed

MAX_POSTINGS = 600_000
"""Numbers of documents read for one query. A unit with more than its share of them is left out of the matching."""

MAX_CHECKED = 200
"""Documents too long for PostgreSQL's positions whose phrases are looked for word by word."""

Array = NDArray[Any]

IN_TITLE, IN_TEXT, MUCH_IN_TEXT, HAS_CONCEPT, HAS_NARROWER = (1 << bit for bit in range(5))
MEANT_IN_TITLE, MEANT_IN_TEXT, MUCH_MEANT_IN_TEXT = (1 << bit for bit in range(5, 8))
"""Kinds of place in which a document has a unit: `Match.kinds`."""

ADMITTED, ORIGINAL, TRANSLATED, LESSER = (1 << bit for bit in range(4))
"""What is known of each document in a list: the reader may see it; it is written in, or has a text in, the reader's
language; that text is a lesser one."""

_BITS = 4  # for these, below the number of a document
_LISTS = sql.SQL(
    "SELECT number, (SELECT string_agg(int8send(id * 16"
    " + ((public OR NOT %(public_only)s) AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s)))::integer"
    " + 2 * (language = %(reader)s)::integer + 4 * (%(reader)s = ANY(languages))::integer"
    " + 8 * (%(reader)s = ANY(lesser))::integer), '')"
    " FROM (SELECT id, public, kind, language, languages, lesser FROM {documents} WHERE words @@ sought::tsquery"
    " LIMIT %(most)s) found)"
    " FROM unnest(%(sought)s::text[]) WITH ORDINALITY each (sought, number)"
)

_COUNTS = sql.SQL(
    "SELECT (SELECT count(*) FROM {documents} WHERE words @@ sought::tsquery)"
    " FROM unnest(%(sought)s::text[]) WITH ORDINALITY each (sought, number) ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Match:
    """What matches one unit. `ids`: of all documents that do, ascending; `kinds`: of each, in which places.

    `cut`: there are more than were read.
    """

    unit: Unit
    ids: Array
    kinds: Array
    cut: bool

    @property
    def found(self) -> int:
        """How many documents match, as far as they were read."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Matches:
    """All units of a query, matched; `flags`: what is known of each document, at the place of its number."""

    each: tuple[Match, ...]
    flags: Array

    @property
    def units(self) -> list[Unit]:
        """In the order of the query."""
        return [match.unit for match in self.each]

    @property
    def found(self) -> list[int]:
        """Of each unit, how many documents match it."""
        return [match.found for match in self.each]

    @property
    def counted(self) -> list[Match]:
        """Those of which a document must have enough: all that are found and not optional, but for the cut ones."""
        required = [match for match in self.each if match.found and not match.unit.optional]
        return [match for match in required if not match.cut] or required

    @property
    def complete(self) -> bool:
        """False when there was too much to read."""
        return not any(match.cut for match in self.each)

    def has(self) -> Array:
        """How many of the `counted` units each document has, at the place of its number."""
        has = np.zeros(len(self.flags), np.int16)
        for match in self.counted:
            has[match.ids] += 1
        return has

    def chosen(self) -> Array:
        """Numbers of the documents that the reader may see with enough of the units; if there is none, with most."""
        has = self.has()
        has[(self.flags & ADMITTED) == 0] = 0
        return np.flatnonzero(has >= needed(len(self.counted), lambda number: int(np.count_nonzero(has >= number))))


def words_of(units: Sequence[Unit]) -> frozenset[str]:
    """Every word that scoring may look up in a document for these units."""
    return frozenset(term for unit in units for term in (*unit.forms, *_meant(unit)))


def _meant(unit: Unit) -> list[str]:
    return [token(name) for name, _ in unit.meanings]


def all_of(units: Sequence[Unit]) -> str:
    """The tsquery of documents with every one of these units; "" if none is needed. Long rows are not looked into."""
    return " & ".join(f"({' | '.join(_sought(unit).values())})" for unit in units if not unit.optional)


def match(connection: Connection, census: Census, units: Sequence[Unit], query: Query) -> Matches:
    """Read the lists of all these units; `query` says whose kinds, reader and openness count."""
    asked = [(number, kind, sought) for number, unit in enumerate(units) for kind, sought in _sought(unit).items()]
    long = [(number, 0, _long(unit)) for number, unit in enumerate(units) if unit.sequences]
    most = MAX_POSTINGS // max(1, len(units))
    lists = _read(connection, census, [sought for *_, sought in [*asked, *long]], query, most)
    held: list[list[tuple[int, Array]]] = [[] for _ in units]
    for (number, kind, _), found in zip(asked, lists, strict=False):
        held[number].append((kind, found))
    for (number, _, _), found in zip(long, lists[len(asked) :], strict=True):
        if len(found):
            held[number] += _checked(connection, census, units[number], found[:MAX_CHECKED])
    top = 1 + max((int(found.max()) >> _BITS for found in lists if len(found)), default=-1)
    flags, kinds = np.zeros(top, np.uint8), np.zeros(top, np.uint8)
    matches = []
    for unit, own in zip(units, held, strict=True):
        for kind, values in own:
            ids = values >> _BITS
            flags[ids] = values & ((1 << _BITS) - 1)
            kinds[ids] |= kind
        every = np.flatnonzero(kinds)
        matches.append(Match(unit, every, kinds[every], any(len(values) >= most for _, values in own)))
        kinds[every] = 0
    return Matches(tuple(matches), flags)


def _read(connection: Connection, census: Census, sought: Sequence[str], query: Query, most: int) -> list[Array]:
    """For each tsquery, numbers and flags of the documents that match it."""
    if not sought:
        return []
    once = list(dict.fromkeys(sought))  # somebody may say one word twelve times
    given = {
        "public_only": query.public_only,
        "kinds": [safe(kind) for kind in query.kinds] or None,
        "reader": safe(query.language),
        "most": most,
        "sought": once,
    }
    rows = connection.execute(_LISTS.format(**census.tables), given, binary=True).fetchall()
    found = {once[number - 1]: np.frombuffer(values or b"", ">i8").astype(np.int64) for number, values in rows}
    return [found[each] for each in sought]


def count(connection: Connection, census: Census, units: Sequence[Unit]) -> list[int]:
    """How many of all documents match each of these units, which are words or concepts and no phrases."""
    sought = [" | ".join(_sought(unit).values()) for unit in units]
    rows = connection.execute(_COUNTS.format(**census.tables), {"sought": sought}).fetchall() if sought else []
    return [number for (number,) in rows]


def _sought(unit: Unit) -> dict[int, str]:
    """Kind of place -> the tsquery of what has the unit there."""
    sought = {}
    if unit.sequences:
        sought[IN_TITLE] = " | ".join(_phrase(TITLE, sequence) for sequence in unit.sequences)
        sought[IN_TEXT] = " | ".join(_phrase(TEXT, sequence) for sequence in unit.sequences)
    else:
        for words, kinds in (
            (sorted(unit.forms), (IN_TITLE, IN_TEXT, MUCH_IN_TEXT)),
            (_meant(unit), (MEANT_IN_TITLE, MEANT_IN_TEXT, MUCH_MEANT_IN_TEXT)),
        ):
            for kind, letter in zip(kinds, (TITLE, TEXT, OFTEN), strict=True) if words else ():
                sought[kind] = _any(letter, words)
    if unit.concepts:
        sought[HAS_CONCEPT] = _any(OWN, sorted(unit.concepts))
        sought[HAS_NARROWER] = _any(BROADER, sorted(unit.concepts))
    return sought


def _any(letter: str, words: Sequence[str]) -> str:
    return " | ".join(quoted(letter, word) for word in words)


def _phrase(letter: str, sequence: Sequence[tuple[int, tuple[str, ...]]]) -> str:
    """Words that follow each other at their distances."""
    text, at = "", 0
    for distance, forms in sequence:
        text = f"({text} <{distance - at}> ({_any(letter, forms)}))" if text else f"({_any(letter, forms)})"
        at = distance
    return text


def _long(unit: Unit) -> str:
    """Rows without positions in which a phrase of the unit may stand."""
    sequences = [
        " & ".join(f"({_any(letter, forms)})" for _, forms in sequence)
        for sequence in unit.sequences
        for letter in (TITLE, TEXT)
    ]
    return f"'{LONG}' & ({' | '.join(f'({each})' for each in sequences)})"


def _checked(connection: Connection, census: Census, unit: Unit, values: Array) -> list[tuple[int, Array]]:
    """Those of some long documents in which a phrase of the unit really stands."""
    statement = sql.SQL("SELECT id, weights, places FROM {documents} WHERE id = ANY(%s)").format(**census.tables)
    wanted = Wanted(unit.forms)
    having: dict[int, list[int]] = {IN_TITLE: [], IN_TEXT: []}
    for number, weights, places in connection.execute(statement, [(values >> _BITS).tolist()], binary=True):
        for kind, field in zip(having, wanted.fields(weights, places), strict=True):
            if any(_stands(sequence, field) for sequence in unit.sequences):
                having[kind].append(number)
    return [(kind, values[np.isin(values >> _BITS, numbers)]) for kind, numbers in having.items() if numbers]


def _stands(sequence: Sequence[tuple[int, tuple[str, ...]]], field: dict[str, Posting]) -> bool:
    return bool(
        phrase_at((apart, [field[form].places for form in forms if form in field]) for apart, forms in sequence)
    )
