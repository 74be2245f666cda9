"""What a reader of very many records waits for: searches in the index, pages of a node that serves, a new record.

Comes from: `scaling`. Uses: the queries of `searching_corpus`, whose words the records are made of.
"""

from __future__ import annotations

import http.client
import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from node import indexing, publish
from node.assembly import Node
from node.bench.pulling import wait_for
from node.bench.scaling_load import PORT
from node.bench.searching_corpus import queries, typed
from node.demo import story
from node.demo.processes import Children, resident_mb
from node.publish import Statement
from node.store import records
from node.store.records import PUBLIC
from node.transfer import demo_lines
from search import Query

QUERIES = 100
FOUND = 10
"""Queries of a kind that are looked at for whether they find anything."""

PAGES = 20
NEWS = 5
KINDS = ("plain", "filtered", "faceted", "phrase")
_START_S = 120.0


def measure(node: Node) -> dict[str, float]:
    """Milliseconds; the share of the answers that were not whole is beside them."""
    searcher = indexing.Searcher(node)
    index = searcher.index()
    figures: dict[str, float] = {}
    finding = []
    for kind in KINDS:
        asked = queries(QUERIES, kind)
        finding.append(index.find(asked[0]).total > 0)
        figures |= _timed(f"query, {kind}", index.find, asked)
        finding += [index.find(query).total > 0 for query in asked[:FOUND]]
    figures["queries that find something, %"] = 100 * sum(finding) / len(finding)
    figures |= _timed("autocomplete", lambda one: index.complete(*one), typed(QUERIES))
    figures["memory of the process that searches, MB"] = resident_mb(os.getpid()) or 0
    figures["a new record is found, slowest, ms"] = max(_news(node, searcher) for _ in range(NEWS))
    searcher.forget()
    with Children() as children:
        child = children.start("node", ["--home", str(node.config.home), "serve", "--web-only"], _log(node))
        wait_for(PORT, _START_S)
        figures |= _pages(node)
        figures["memory of the process that serves, MB"] = resident_mb(child.pid) or 0
    return figures


def _log(node: Node) -> Any:
    return node.config.home / "serve.log"


def _timed(name: str, ask: Callable[[Any], Any], things: Sequence[Any]) -> dict[str, float]:
    took, partly = [], 0
    for thing in things:
        began = time.perf_counter()
        answer = ask(thing)
        took.append((time.perf_counter() - began) * 1e3)
        partly += not getattr(answer, "complete", True)
    figures = {f"{name}, p50, ms": _at(took, 50), f"{name}, p95, ms": _at(took, 95)}
    return figures | ({f"{name}, not all was read, %": 100 * partly / len(took)} if partly else {})


def _at(took: Sequence[float], percent: int) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * percent // 100)]


def _news(node: Node, searcher: indexing.Searcher) -> float:
    """Milliseconds from having published a record to finding it, as the worker's follower lets it be found."""
    line = {name: value for name, value in next(story.lines()).items() if name != "relatedPractices"}
    practice = demo_lines.statement(line, lambda _: None, lambda _: None)
    while indexing.follow_once(node, searcher):
        pass
    word = f"nouveaumot{time.monotonic_ns()}"
    title = {"fr": f"Un {word} est là"}
    made = publish.publish(node, Statement("Practice", dict(practice.content) | {"title": title}, "fr"))
    began = time.perf_counter()
    while [hit.uri for hit in searcher.find(Query(word, "fr")).results.hits] != [made.uri]:
        indexing.follow_once(node, searcher)
    return (time.perf_counter() - began) * 1e3


def _pages(node: Node) -> dict[str, float]:
    with node.database.reading() as connection:
        known = [stored.uri for stored in records.latest(connection, PUBLIC, limit=PAGES)]
    asked = [query for kind in ("plain", "faceted") for query in queries(PAGES, kind, seed=7)]
    found: dict[str, float] = {}
    for name, paths in (
        ("home page", ["/"] * PAGES),
        ("list of communes", ["/communes"] * PAGES),
        ("page of a practice", [f"/practices/{uri.replace('/records/', '/')}" for uri in known]),
        ("page of a search", [f"/search?q={quote(query.words)}&lang={query.language}" for query in asked]),
        ("sitemap, first", ["/sitemap.xml"] * 3),
    ):
        first, *took = [_got(path) for path in [paths[0], *paths]]
        found |= {f"{name}, first, ms": first, f"{name}, p50, ms": _at(took, 50), f"{name}, p95, ms": _at(took, 95)}
    return found


def _got(path: str) -> float:
    """Milliseconds until a whole page was there."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=300)
    try:
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status in (301, 302, 303) and re.match(r"/", answer.headers["Location"]):
            return _got(answer.headers["Location"])
        if answer.status != 200:
            raise AssertionError(f"{path} is answered with {answer.status}")
        return (time.perf_counter() - began) * 1e3
    finally:
        connection.close()
