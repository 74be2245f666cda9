"""Documents like another one: the traits of `likeness`, looked up by GIN.

Law: the same answers as `memory_index.similar`, except that beyond the best `postgres_index_find.CANDIDATES` the order
is rough, and that in a large index the server's statistics say how many documents have a common word. Comes from:
`postgres_index`.
"""

from collections.abc import Sequence

import numpy as np
from psycopg import sql

from search.analysis import Analysed
from search.document import Hit, Query
from search.likeness import traits
from search.plan import Unit
from search.postgres_index_find import best, hits
from search.postgres_index_match import ADMITTED, count, match
from search.postgres_index_rows import TEXT, lexeme
from search.postgres_index_schema import Census
from search.postgres_index_server import Connection, safe

ESTIMATED_FROM = 20_000
"""Documents from which common words are not counted: a word that 150,000 documents have takes a fifth of a second."""

COMMON_FROM = 0.01
"""Share of all documents from which a word is common."""


def similar(connection: Connection, census: Census, own: Analysed, query: Query) -> tuple[Hit, ...]:
    """The documents most like `own`, itself left out, for the reader, kinds and limit of `query`."""
    asked: list[Unit] = []

    def noted(unit: Unit) -> int:
        asked.append(unit)
        return 0

    traits(own, census.documents, noted)  # only to see which units it asks for
    found = _counted(connection, census, asked)
    chosen = traits(own, census.documents, found.__getitem__)
    shares = [each.share for each in chosen]
    matches = match(connection, census, [each.unit for each in chosen], query)
    among = np.flatnonzero(matches.flags & ADMITTED)
    among = among[~np.isin(among, _numbers(connection, census, own.parts.document.uri))]
    if not len(among) or not query.limit:
        return ()
    page = best(connection, census, matches, among, query.language, query.limit, shares)
    return hits(connection, census, matches, page, query.language, (), shares)


def _counted(connection: Connection, census: Census, units: Sequence[Unit]) -> dict[Unit, int]:
    """How many documents match each of these: counted, or, of a common word, as the statistics have it."""
    shares = _statistics(connection, census) if census.documents >= ESTIMATED_FROM else {}
    found = {}
    for unit in units:
        share = sum(shares.get(lexeme(TEXT, form), 0.0) for form in unit.forms)
        if share >= COMMON_FROM:
            found[unit] = round(min(1.0, share) * census.documents)
    rest = [unit for unit in units if unit not in found]
    return found | dict(zip(rest, count(connection, census, rest), strict=True))


def _statistics(connection: Connection, census: Census) -> dict[str, float]:
    """The commonest lexemes, and in which share of all documents each is."""
    row = connection.execute(
        "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats"
        " WHERE schemaname = current_schema() AND tablename = %s AND attname = 'words'",
        [f"documents_{census.number}"],
    ).fetchone()
    return dict(zip(row[0], row[1], strict=False)) if row and row[0] else {}


def _numbers(connection: Connection, census: Census, uri: str) -> list[int]:
    statement = sql.SQL("SELECT id FROM {documents} WHERE uri = %s").format(**census.tables)
    return [number for (number,) in connection.execute(statement, [safe(uri)])]
