"""The search figures of the index in PostgreSQL, in the same run as the others: on a server that is started for it.

The same documents and queries; no promises but the one of hostile words, since the machine shares its processors
between this process and the server. Comes after: `searching`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from node.bench import Figure
from node.bench.postgres import NoPostgres, PrivateServer, private_server
from node.bench.searching_corpus import documents, queries, typed
from node.bench.searching_hostile import WITHIN_S, hostile
from node.bench.searching_others import Timed, timings
from node.indexing import vocabulary
from search import Query
from search.document import FACETS

DOCUMENTS = 10_000
"""Fewer than for the other index, which builds several times as fast: this should take two or three minutes."""

QUERIES = 100
ERASED = 1


def measure(kinds: Sequence[str], count: int = DOCUMENTS) -> list[Figure]:
    """Figures at `count` documents; none, and a word about it, where PostgreSQL is not installed."""
    try:
        with private_server() as server:
            return _measured(server, count, kinds)
    except (NoPostgres, ImportError) as error:
        print(f"no figures of PostgreSQL: {error}", file=sys.stderr)
        return []


def _measured(server: PrivateServer, count: int, kinds: Sequence[str]) -> list[Figure]:
    from search.postgres_index import PostgresIndex, rebuild

    timed = Timed(documents(count))
    began = time.perf_counter()
    rebuild(server.conninfo, vocabulary(), timed, 1)
    built = time.perf_counter() - began - timed.spent
    with closing(PostgresIndex(server.conninfo, vocabulary())) as index:
        name = f"search in PostgreSQL, {count:,} documents: building"
        figures = [Figure(name, count / built, "/s", 100, least=True, promised=False)]
        for kind in kinds:
            figures += _at("query, " + kind, timings(index.find, queries(QUERIES, kind)), 15, 60)
        figures += _at("autocomplete", timings(lambda one: index.complete(*one), typed(QUERIES)), 15, 30)
        figures += _at("more like this", timings(index.similar, list(documents(30))), 60, 200)
        figures.append(_hostile(index))
        erased = timings(lambda document: index.purge([document.uri]), list(documents(ERASED)))[-1]
        figures.append(Figure("  erasing a record from every table", erased, "s", 60, promised=False))
    return figures


def _at(name: str, ascending: Sequence[float], p50: float, p95: float) -> list[Figure]:
    half, most = ascending[len(ascending) // 2], ascending[len(ascending) * 95 // 100]
    return [
        Figure(f"  {name}, p50", half * 1e3, "ms", p50, promised=False),
        Figure(f"  {name}, p95", most * 1e3, "ms", p95, promised=False),
    ]


def _hostile(index: Any) -> Figure:
    took = []
    for words in hostile().values():
        query = Query(words, "fr", facets=FACETS, sort="title")
        acts: list[tuple[Callable[[Any], object], Any]] = [
            (index.find, query),
            (lambda text: index.complete(text, "fr"), words),
            (index.suggest, query),
        ]
        took += [timings(act, [asked, asked])[0] for act, asked in acts]  # the better of two, as for the other index
    return Figure(f"  hostile query, slowest of {len(took)}", max(took) * 1e3, "ms", WITHIN_S * 1e3)
