"""Search at 20,000 documents of 4 KB, or at 100,000: building, asking, typing, erasing, hostile words, memory.

Ratios to other engines are taken in the same run. What is asked is asked in a process of its own
(`python -m node.bench.searching FOLDER`), as a web process would, so that its memory is that of searching.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from node.bench import Figure, searching_postgres
from node.bench.searching_corpus import documents, queries, typed
from node.bench.searching_hostile import WITHIN_S, hostile
from node.bench.searching_others import Other, Timed, fts5, naive_rate, tantivy, timings
from node.demo.processes import resident_mb
from node.indexing import vocabulary
from node.serving import take_turns
from search import Query, Text
from search.document import FACETS

DOCUMENTS, LARGE = 20_000, 100_000
NAIVE = 3_000
"""Documents that the naive schema is given: it gets slower with more, so the ratio is one in its favour."""

QUERIES = 200
KINDS = ("plain", "filtered", "faceted", "phrase")
READERS = 10
NEWS = 20
ERASED = 3


def measure(large: bool = False) -> list[Figure]:
    """All figures, at 20,000 documents; `large`: at 100,000 (some minutes)."""
    count = LARGE if large else DOCUMENTS
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as home:
        folder = Path(home) / "index"
        rate = _build(folder, count)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        answer = subprocess.run(
            [sys.executable, "-m", "node.bench.searching", str(folder)],
            check=True,
            capture_output=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        )
        told = json.loads(answer.stdout)
    naive = naive_rate(documents(NAIVE))
    plain, phrases = queries(QUERIES, "plain"), queries(QUERIES, "phrase")
    others: list[Other | None] = [
        fts5(documents(count), plain, phrases),
        tantivy(documents(count), plain, phrases),
    ]
    figures = [
        Figure(f"search, {count:,} documents: building, times the naive schema", rate / naive, "x", 4, least=True)
    ]
    figures += [Figure("  documents a second of one processor", rate, "/s", 4 * naive, least=True, promised=False)]
    figures += [Figure("  size of the index", size, "MB", count * 4_000 / 1e6, promised=False)]
    for kind in KINDS:
        figures.append(Figure(f"  query, {kind}, p50", told[kind][0] * 1e3, "ms", 15))
        figures.append(Figure(f"  query, {kind}, p95", told[kind][1] * 1e3, "ms", 60))
    figures += [
        Figure("  autocomplete, p95", told["typed"][1] * 1e3, "ms", 30),
        Figure(f"  a new record is found while {READERS} search, slowest of {NEWS}", told["news"], "s", 1),
        Figure(f"  hostile query, slowest of {told['hostile_asked']}", told["hostile"] * 1e3, "ms", WITHIN_S * 1e3),
        Figure("  erasing a record from every file, slowest", told["purge"], "s", 10, promised=False),
        Figure("  memory of a process that searches", told["memory"], "MB", 300),
    ]
    for other in others:
        figures += _ratios(other, rate, told) if other else []
    figures += searching_postgres.measure(KINDS)
    if others[-1] is None:
        print("tantivy is not installed: no ratio to it", file=sys.stderr)
    return figures


def _ratios(other: Other, rate: float, told: dict[str, Any]) -> list[Figure]:
    """How many times as fast, or as slow, as another engine. No promises: they are other languages."""
    return [
        Figure(f"  building, times {other.name}'s rate", rate / other.rate, "x", 1, least=True, promised=False),
        Figure(
            f"  query, plain, p50, times {other.name}'s",
            told["plain"][0] / _at(other.plain, 50),
            "x",
            1,
            promised=False,
        ),
        Figure(
            f"  query, plain, p95, times {other.name}'s",
            told["plain"][1] / _at(other.plain, 95),
            "x",
            1,
            promised=False,
        ),
        Figure(
            f"  phrase, p95, times {other.name}'s", told["phrase"][1] / _at(other.phrases, 95), "x", 1, promised=False
        ),
    ]


def _build(folder: Path, count: int) -> float:
    """Documents a second of the processor, without the time it takes to make them up."""
    from search.whoosh_index import rebuild

    timed, known = Timed(documents(count)), vocabulary()
    began = time.process_time()
    rebuild(folder, known, timed, 1)
    return count / (time.process_time() - began - timed.spent)


def _at(ascending: Sequence[float], percent: int) -> float:
    return ascending[min(len(ascending) - 1, len(ascending) * percent // 100)]


def ask(folder: Path) -> dict[str, Any]:
    """Ask the index in `folder` everything, as a process that serves does; seconds, and megabytes."""
    take_turns()
    from search.whoosh_index import WhooshIndex

    index = WhooshIndex(folder, vocabulary())
    told: dict[str, Any] = {}
    for kind in KINDS:
        took = timings(index.find, queries(QUERIES, kind))
        told[kind] = (_at(took, 50), _at(took, 95))
    took = timings(lambda one: index.complete(*one), typed(QUERIES))
    told["typed"] = (_at(took, 50), _at(took, 95))
    told["memory"] = resident_mb(os.getpid())
    told["news"] = _news(index)
    took = timings(lambda document: index.purge([document.uri]), list(documents(ERASED)))
    told["purge"] = took[-1]
    index.suggest(Query("warmm", "fr"))  # what is made once for each segment
    took = []
    for words in hostile().values():
        query = Query(words, "fr", facets=FACETS, sort="title")
        for act, asked in (
            (index.find, query),
            (lambda text: index.complete(text, "fr"), words),
            (index.suggest, query),
        ):
            took.append(timings(act, [asked, asked])[0])  # the better of two: others work on this machine too
    told["hostile"], told["hostile_asked"] = max(took), len(took)
    index.close()
    return told


def _news(index: Any) -> float:
    """The longest time from putting a record to finding it, while others search all the time."""
    ended = threading.Event()
    asked = queries(QUERIES, "faceted", seed=5)

    def search(reader: int) -> None:
        number = reader
        while not ended.is_set():
            index.find(asked[number % len(asked)])
            number += 7

    readers = [threading.Thread(target=search, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    slowest = 0.0
    for number, document in enumerate(documents(NEWS, seed=9)):
        word = f"nouveaumot{number}"
        fresh = replace(document, public=True, language="fr", texts={"fr": Text(word, "", "")})
        began = time.perf_counter()
        index.put([fresh])
        while index.find(Query(word, "fr")).total == 0:
            pass
        slowest = max(slowest, time.perf_counter() - began)
    ended.set()
    for reader in readers:
        reader.join()
    return slowest


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]))))
