"""A node that serves: hostile words over HTTP, and how soon its own worker lets a new record be found.

The process is `wasl serve` with its worker; records are published beside it, as an officer's terminal would, while
readers ask for pages all the time. Comes after: `searching`, which measures the index alone.
"""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from node import publish
from node.assembly import Node
from node.bench import Figure, making
from node.bench.pulling import wait_for
from node.bench.searching_hostile import WITHIN_S, hostile
from node.demo import story
from node.demo.processes import Children
from node.indexing import Searcher
from node.publish import Statement
from node.store import log
from node.transfer import demo_lines
from search import Hit, Query

DOCUMENTS = 2_000
READERS = 10
NEWS = 10
LONGEST = 30_000
"""Characters of a query: longer ones are no address any more."""

_PORT = 8955
_WAIT_S = 300.0


def measure() -> list[Figure]:
    """Both figures."""
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder, Children() as children:
        home = Path(folder)
        node = making.make_node(home / "node", "node", _PORT, web_port=_PORT)
        making.load(node, [node], DOCUMENTS)
        children.start("node", ["--home", str(home / "node"), "serve"], home / "node.log")
        wait_for(_PORT)
        searcher = Searcher(node)
        with node.database.reading() as connection:
            last = log.last_seq(connection)
        _until(lambda: searcher.reaches(last))
        slowest, kind = max((min(_asked(words), _asked(words)), kind) for kind, words in hostile().items())
        news = _news(node, searcher)
        searcher.forget()
        node.close()
    return [
        Figure(
            f"hostile words over HTTP, {DOCUMENTS:,} documents, slowest ({kind})", slowest * 1e3, "ms", WITHIN_S * 1e3
        ),
        Figure(f"  published, and found by a worker's index while {READERS} read, slowest of {NEWS}", news, "s", 1),
    ]


def _asked(words: str) -> float:
    """Seconds until the whole page was there."""
    query = quote(words[:LONGEST].encode("utf-8", "surrogatepass"), safe="")
    began = time.perf_counter()
    status, _, tidy = _page(f"/search?q={query}")
    if status == 302:  # an empty question: answered with its tidy address
        status, _, _ = _page(tidy)
    if status != 200:
        raise AssertionError(f"a hostile query was answered with {status}")
    return time.perf_counter() - began


def _page(path: str) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Location", "")
    finally:
        connection.close()


def _news(node: Node, searcher: Searcher) -> float:
    """The longest time from having published a record to finding it in the index that the node's worker keeps."""
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            _page("/search?q=logement")

    line = {name: value for name, value in next(story.lines()).items() if name != "relatedPractices"}
    practice = demo_lines.statement(line, lambda _: None, lambda _: None)
    slowest = 0.0
    with ThreadPoolExecutor(READERS) as pool:
        for _ in range(READERS):
            pool.submit(read)
        try:
            for number in range(NEWS):
                title = {"fr": f"Un nouveaumot{number} est là"}
                made = publish.publish(node, Statement("Practice", dict(practice.content) | {"title": title}, "fr"))
                began = time.perf_counter()
                _until(lambda: [hit.uri for hit in _found(searcher, f"nouveaumot{number}")] == [made.uri])  # noqa: B023
                slowest = max(slowest, time.perf_counter() - began)
        finally:
            ended.set()
    return slowest


def _found(searcher: Searcher, words: str) -> Sequence[Hit]:
    return searcher.find(Query(words, "fr")).results.hits


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("the worker does not index")
        time.sleep(0.02)
