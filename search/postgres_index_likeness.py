"""Documents like another one: the traits of `likeness`, looked up by GIN.

Law: the same answers as `memory_index.similar`, except that beyond the best `postgres_index_find.CANDIDATES` the order
is rough. Comes from: `postgres_index`.
"""

import numpy as np
from psycopg import sql

from search.analysis import Analysed
from search.document import Hit, Query
from search.likeness import traits
from search.plan import Unit
from search.postgres_index_find import best, hits
from search.postgres_index_match import ADMITTED, count, match
from search.postgres_index_schema import Census
from search.postgres_index_server import Connection, safe


def similar(connection: Connection, census: Census, own: Analysed, query: Query) -> tuple[Hit, ...]:
    """The documents most like `own`, itself left out, for the reader, kinds and limit of `query`."""
    asked: list[Unit] = []

    def noted(unit: Unit) -> int:
        asked.append(unit)
        return 0

    traits(own, census.documents, noted)  # only to see which units it asks for
    found = dict(zip(asked, count(connection, census, asked), strict=True))
    chosen = traits(own, census.documents, found.__getitem__)
    shares = [each.share for each in chosen]
    matches = match(connection, census, [each.unit for each in chosen], query)
    among = np.flatnonzero(matches.flags & ADMITTED)
    among = among[~np.isin(among, _numbers(connection, census, own.parts.document.uri))]
    if not len(among) or not query.limit:
        return ()
    page = best(connection, census, matches, among, query.language, query.limit, shares)
    return hits(connection, census, matches, page, query.language, (), shares)


def _numbers(connection: Connection, census: Census, uri: str) -> list[int]:
    statement = sql.SQL("SELECT id FROM {documents} WHERE uri = %s").format(**census.tables)
    return [number for (number,) in connection.execute(statement, [safe(uri)])]
