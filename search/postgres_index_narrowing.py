"""Filters, counts and orders, in SQL: which of the documents found are shown, how many have a value, which are first.

Law: the same as `memory_match.passes` and `order`. What was found by words comes as numbers: a few as an array, many as
a mask of bits, which is the cheaper way for the server to look at each of them (docs/decisions/0010). Counting is
done here from the packed codes of all of them: grouping in SQL takes five times as long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import sql

from search.analysis import LAST
from search.document import Query
from search.plan import Plan
from search.postgres_index_match import Array
from search.postgres_index_schema import Census
from search.postgres_index_server import Connection, plain, safe

FEW = 1_000
"""Numbers of documents that are asked for one by one; of more, the table is read with a mask."""

MAX_VALUE = 4_000
"""Characters of a value that is looked for: no record has longer ones."""

_ORDERS = {
    "newest": sql.SQL("stamp DESC, uri"),
    "oldest": sql.SQL("stamp, uri"),
    "title": sql.SQL("coalesce(title_keys[array_position(languages, %(reader)s)], title_keys[1], %(last)s), uri"),
}
READER_AND_KIND = sql.SQL(
    "(public OR NOT %(public_only)s) AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))"
)
"""What a reader may see, of the kinds that are asked for: takes `reader_and_kind`."""


def reader_and_kind(query: Query) -> dict[str, Any]:
    """The parameters of `READER_AND_KIND`."""
    return {"public_only": query.public_only, "kinds": [safe(kind) for kind in query.kinds] or None}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The filters of a query as conditions: by facet, "" for the time. `given`: their parameters.

    `admits`: the condition for what a reader may see, of the kinds that are asked for.
    """

    admits: sql.Composable
    filters: Mapping[str, sql.Composable]
    given: Mapping[str, Any]

    @classmethod
    def of(cls, connection: Connection, census: Census, query: Query, understood: Plan) -> "Narrowing":
        """The filters of `query`."""
        given = reader_and_kind(query)
        filters: dict[str, sql.Composable] = {}
        for name, values in understood.filters.items():
            statement = sql.SQL("SELECT code FROM {values} WHERE facet = %s AND value = ANY(%s)")
            short = [safe(each) for each in values if len(each) <= MAX_VALUE]
            rows = connection.execute(statement.format(**census.tables), [name, short])
            given[f"facet_{name}"] = [code for (code,) in rows]
            filters[name] = sql.SQL("facets && {}::integer[]").format(sql.Placeholder(f"facet_{name}"))
        if query.since is not None or query.until is not None:
            given |= {"since": query.since, "until": query.until}
            filters[""] = sql.SQL(
                "(starts IS NOT NULL OR ends IS NOT NULL)"
                " AND (%(since)s::date IS NULL OR ends IS NULL OR ends >= %(since)s::date)"
                " AND (%(until)s::date IS NULL OR starts IS NULL OR starts <= %(until)s::date)"
            )
        return cls(READER_AND_KIND, filters, given)

    def under(self, without: str | None = None) -> list[sql.Composable]:
        """All conditions but the one of a facet."""
        return [condition for name, condition in self.filters.items() if name != without]


def only(connection: Connection, census: Census, chosen: Array, narrowing: Narrowing) -> Array:
    """Those of the `chosen` documents that pass all filters, ascending."""
    if not narrowing.filters:
        return chosen
    row = _one(connection, census, "string_agg(int8send(id), '')", chosen, narrowing, narrowing.under())
    return np.sort(np.frombuffer(row[0] or b"", ">i8").astype(np.int64))


def page_of(
    connection: Connection, census: Census, chosen: Array | None, narrowing: Narrowing, reader: str, understood: Plan
) -> tuple[int, list[int]]:
    """How many pass all filters, and the numbers of those on the page, in an order that needs no scores.

    `chosen` None: of all documents that the reader may see.
    """
    total = int(_one(connection, census, "count(*)", chosen, narrowing, narrowing.under())[0])
    if not understood.limit or total <= understood.offset:
        return total, []
    where, given = _where(chosen, narrowing, narrowing.under())
    order = _ORDERS.get(understood.sort, _ORDERS["newest"])
    statement = sql.SQL("SELECT id FROM {documents} WHERE {where} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s")
    rows = connection.execute(
        statement.format(where=where, order=order, **census.tables),
        {**given, "reader": safe(reader), "last": LAST, "limit": understood.limit, "offset": understood.offset},
    )
    return total, [number for (number,) in rows]


def first(connection: Connection, census: Census, numbers: Array, most: int) -> Array:
    """The newest `most` of these documents (ascending numbers), in order."""
    where, given = _where(numbers, None, [])
    statement = sql.SQL("SELECT id FROM {documents} WHERE {where} ORDER BY stamp DESC, uri LIMIT %(most)s")
    rows = connection.execute(statement.format(where=where, **census.tables), {**given, "most": most}, binary=True)
    return np.array([number for (number,) in rows], np.int64)


def counted(
    connection: Connection, census: Census, chosen: Array | None, narrowing: Narrowing, facets: Sequence[str]
) -> dict[str, dict[str, int]]:
    """How many documents have each value of these facets, under the filters on all others."""
    open_facets = [name for name in facets if name not in narrowing.filters]
    groups = [(name, [name]) for name in facets if name in narrowing.filters]
    groups += [("", open_facets)] if open_facets else []
    counts: dict[str, Array] = {}
    for without, names in groups:
        conditions = narrowing.under(without or None)
        row = _one(connection, census, "string_agg(codes, '')", chosen, narrowing, conditions)
        counts |= dict.fromkeys(names, np.bincount(np.frombuffer(row[0] or b"", "<u4")))
    named = _named(connection, census, counts)
    return {name: _first_most(named.get(name, []), counts[name]) for name in facets}


def _named(connection: Connection, census: Census, counts: Mapping[str, Array]) -> dict[str, list[tuple[int, str]]]:
    """For each facet, code and value of those that were counted."""
    codes = np.unique(np.concatenate([np.flatnonzero(each) for each in counts.values()])) if counts else np.zeros(0)
    if not len(codes):
        return {}
    statement = sql.SQL("SELECT code, facet, value FROM {values} WHERE code = ANY(%s)").format(**census.tables)
    named: dict[str, list[tuple[int, str]]] = {}
    for code, facet, value in connection.execute(statement, [codes.tolist()]):
        named.setdefault(facet, []).append((code, plain(value)))
    return named


def _first_most(named: Sequence[tuple[int, str]], counts: Array) -> dict[str, int]:
    having = [(value, int(counts[code])) for code, value in named if code < len(counts) and counts[code]]
    return dict(sorted(having, key=lambda item: (-item[1], item[0])))


def _one(
    connection: Connection,
    census: Census,
    what: str,
    chosen: Array | None,
    narrowing: Narrowing,
    conditions: Sequence[sql.Composable],
) -> tuple[Any, ...]:
    where, given = _where(chosen, narrowing, conditions)
    statement = sql.SQL("SELECT {what} FROM {documents} WHERE {where}")
    what_sql = sql.SQL(what)
    row = connection.execute(
        statement.format(what=what_sql, where=where, **census.tables), given, binary=True
    ).fetchone()
    assert row is not None
    return row


def _where(
    chosen: Array | None, narrowing: Narrowing | None, conditions: Sequence[sql.Composable]
) -> tuple[sql.Composable, dict[str, Any]]:
    """A condition for those of the `chosen` documents (None: of those that the reader may see) that pass these too."""
    given: dict[str, Any] = dict(narrowing.given) if narrowing else {}
    if chosen is None:
        assert narrowing is not None
        every: list[sql.Composable] = [narrowing.admits]
    elif len(chosen) <= FEW:
        every, given["chosen"] = [sql.SQL("id = ANY(%(chosen)s::bigint[])")], chosen.tolist()
    else:
        mask = np.zeros(int(chosen[-1]) + 1, bool)
        mask[chosen] = True
        every = [sql.SQL("CASE WHEN id < %(bits)s THEN get_bit(%(chosen)b::bytea, id) = 1 ELSE false END")]
        given |= {"chosen": np.packbits(mask, bitorder="little").tobytes(), "bits": len(mask)}
    return sql.SQL(" AND ").join([*every, *conditions]), given
