"""From a query understood to a page of hits: match, filter, count, rank the best, in one moment of the database.

Law: the same answers as `memory_index`, except that beyond the best `CANDIDATES` the order is rough. Comes from:
`postgres_index`. Uses: `postgres_index_match` (which documents), `_ranking` (what they are worth), `_narrowing`.
"""

from collections.abc import Sequence

import numpy as np
from psycopg import sql

from search.analysis import Analysed
from search.document import Hit, Query, Results
from search.fairness import Standing, applies, fair
from search.plan import Plan, Unit, concepts_of, instead
from search.postgres_index_match import Array, Matches, count, match, words_of
from search.postgres_index_narrowing import Narrowing, counted, first, only, page_of
from search.postgres_index_ranking import CountedMatcher, roughly
from search.postgres_index_rows import COLUMNS, Wanted, read
from search.postgres_index_schema import Census
from search.postgres_index_server import Connection
from search.vocabulary import Vocabulary

CANDIDATES, FEWEST = 250, 80
"""Documents whose score is worked out exactly; of more, the best by a rough score (`postgres_index_ranking`). With many
units they are fewer, down to `FEWEST`, so that there are no more than `EVALUATIONS`."""

EVALUATIONS = 2_000
"""Units looked for in documents, for one query."""

_NO_PLACES = sql.SQL("''::bytea")
_PLACES = sql.SQL("places")


def find(connection: Connection, census: Census, query: Query, understood: Plan, vocabulary: Vocabulary) -> Results:
    """Answer `query`. `complete` is False when units were left out."""
    matches = _matches(connection, census, query, understood, vocabulary)
    concepts = concepts_of(matches.units)
    written = tuple(unit.written for unit in matches.units if unit.written)
    chosen = matches.chosen() if understood.asked else None
    narrowing = Narrowing.of(connection, census, query, understood)
    if chosen is not None and not len(chosen):
        return Results((), 0, {name: {} for name in understood.facets}, concepts, matches.complete, written)
    if chosen is not None and understood.sort == "best":
        shown = only(connection, census, chosen, narrowing)
        total = len(shown)
        page = _best(connection, census, matches, shown, query, understood)
    else:
        total, page = page_of(connection, census, chosen, narrowing, query.language, understood)
    return Results(
        hits=hits(connection, census, matches, page, query.language, concepts),
        total=total,
        facets=counted(connection, census, chosen, narrowing, understood.facets),
        concepts=concepts,
        complete=matches.complete,
        instead=written,
    )


def _matches(connection: Connection, census: Census, query: Query, understood: Plan, vocabulary: Vocabulary) -> Matches:
    """The units matched; those that no document has, by what was probably meant, if any has that."""
    matches = match(connection, census, understood.units if understood.asked else (), query)
    meant = [None if each.found else instead(each.unit, query.language, vocabulary) for each in matches.each]
    units = [unit for unit in meant if unit]
    found = dict(zip(units, count(connection, census, units), strict=True))
    if not any(found.values()):
        return matches
    chosen = [new if new and found[new] else old for new, old in zip(meant, matches.units, strict=True)]
    return match(connection, census, chosen, query)


def hits(
    connection: Connection,
    census: Census,
    matches: Matches,
    page: Sequence[int],
    reader: str,
    concepts: Sequence[str],
    shares: Sequence[float] = (),
) -> tuple[Hit, ...]:
    """These documents as they are shown."""
    matcher = CountedMatcher(census, matches.units, matches.found, shares)
    held = _fetched(connection, census, page, matches.units, with_places=True)
    return tuple(matcher.hit(held[number], reader, concepts) for number in page)


def best(
    connection: Connection,
    census: Census,
    matches: Matches,
    among: Array,
    reader: str,
    wanted: int,
    shares: Sequence[float] = (),
    fairly: bool = False,
) -> list[int]:
    """The best `wanted` of the documents `among`, in order: exactly for the first `CANDIDATES`, roughly beyond.

    `fairly`: no origin has too many of the first ones.
    """
    candidates, others = among, among[:0]
    most = min(CANDIDATES, max(FEWEST, EVALUATIONS // max(1, len(matches.each))))
    if len(among) > most:
        candidates, others = _candidates(connection, census, matches, among, most, wanted, shares)
    matcher = CountedMatcher(census, matches.units, matches.found, shares)
    phrases = any(unit.sequences for unit in matches.units)
    held = _fetched(connection, census, candidates.tolist(), matches.units, phrases)
    ordered = sorted(held, key=lambda number: matcher.order(held[number], reader, "best"))
    if fairly:
        standings = [
            Standing(held[number].parts.document.commune, matcher.score(held[number], reader)) for number in ordered
        ]
        ordered = [ordered[place] for place in fair(standings)]
    return [*ordered, *others.tolist()][:wanted]


def _best(
    connection: Connection, census: Census, matches: Matches, shown: Array, query: Query, understood: Plan
) -> list[int]:
    wanted = understood.offset + understood.limit
    if not understood.limit or not len(shown):
        return []
    fairly = applies(query, understood)
    return best(connection, census, matches, shown, query.language, wanted, fairly=fairly)[understood.offset :]


def _candidates(
    connection: Connection,
    census: Census,
    matches: Matches,
    among: Array,
    most: int,
    wanted: int,
    shares: Sequence[float],
) -> tuple[Array, Array]:
    """The best `most` by their rough scores, and in order what comes after them, as far as it is `wanted`.

    Equals are told apart by their dates, newest first.
    """
    worth = roughly(matches, census, shares)[among].round(9)
    last = np.partition(worth, len(worth) - most)[len(worth) - most]
    sure, equal = worth > last, worth == last
    newest = first(connection, census, among[equal], most - int(sure.sum()))
    candidates = np.concatenate([among[sure], newest])
    if wanted <= most:
        return candidates, among[:0]
    rest = np.flatnonzero(~np.isin(among, candidates))
    ranks = np.zeros(int(among[-1]) + 1, np.int64)
    by_date = first(connection, census, among[rest], len(rest))
    ranks[by_date] = np.arange(len(by_date))
    ordered = rest[np.lexsort((ranks[among[rest]], -worth[rest]))]
    return candidates, among[ordered[: wanted - most]]


def _fetched(
    connection: Connection, census: Census, numbers: Sequence[int], units: Sequence[Unit], with_places: bool
) -> dict[int, Analysed]:
    """What scoring needs of these documents."""
    if not numbers:
        return {}
    statement = sql.SQL("SELECT id, {columns}, {places} FROM {documents} WHERE id = ANY(%b::bigint[])").format(
        columns=sql.SQL(COLUMNS), places=_PLACES if with_places else _NO_PLACES, **census.tables
    )
    wanted = Wanted(words_of(units))
    rows = connection.execute(statement, [list(numbers)], binary=True)
    return {number: read(tuple(values), wanted) for number, *values in rows}
