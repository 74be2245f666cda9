"""`make relevance`: is what a reader looks for found first? One number, on queries written before any tuning.

The demonstration records and 2,000 distractors are indexed in a temporary folder; every query is asked as the search
page and `wasl search` ask it, twenty hits deep, and compared with its judgements. Two halves: rules and weights may be
changed by what the tuning half shows; the held-out half is only counted. The rooms: `demonstration` and `distractors`
(documents), `judging` (queries and arithmetic), `baseline` (what plain BM25 would find).
"""

from __future__ import annotations

import argparse
import atexit
import importlib
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

from node.bench import judging
from node.bench.baseline import Baseline
from node.bench.demonstration import Demonstration, demonstration
from node.bench.distractors import COUNT, distractors
from node.bench.judging import CUT_RECALL, HELD_OUT, LANGUAGES, TUNING, Judged, Scored
from node.indexing import vocabulary
from search.document import Document, Query
from search.index import Index
from search.memory_index import MemoryIndex

GOALS = {"all": 0.85, "cross-language": 0.80} | dict.fromkeys(LANGUAGES, 0.80)
"""nDCG@10 that the held-out half must reach, by row (docs/search.md)."""

Find = Callable[[Query], Sequence[str]]
"""The URIs that answer a query, best first."""

Engine = Callable[[Path, Sequence[Document]], Find]
"""Builds an index of the documents in a folder that does not exist yet, and says how to ask it."""


def whoosh(folder: Path, documents: Sequence[Document]) -> Find:
    """The index of the node."""
    from search.whoosh_index import WhooshIndex, rebuild  # heavy

    rebuild(folder, vocabulary(), documents, 0)
    return _uris(WhooshIndex(folder, vocabulary()))


def memory(_: Path, documents: Sequence[Document]) -> Find:
    """The oracle: the same answers, more slowly."""
    index: Index = MemoryIndex(vocabulary())
    index.put(documents)
    return _uris(index)


def postgres(_: Path, documents: Sequence[Document]) -> Find:
    """The index in PostgreSQL, on a server that ends with this process."""
    from node.bench.postgres import private_server
    from search.postgres_index import PostgresIndex, rebuild

    servers = ExitStack()
    atexit.register(servers.close)
    server = servers.enter_context(private_server())
    rebuild(server.conninfo, vocabulary(), documents, 0)
    return _uris(servers.enter_context(closing(PostgresIndex(server.conninfo, vocabulary()))))


def bm25(_: Path, documents: Sequence[Document]) -> Find:
    """Plain BM25 without languages and concepts: what a search out of the box would find."""
    return Baseline(documents).find


def _uris(index: Index) -> Find:
    return lambda query: [hit.uri for hit in index.find(query).hits]


ENGINES: dict[str, Engine] = {"whoosh": whoosh, "memory": memory, "postgres": postgres, "bm25": bm25}


def measure(engine: Engine, queries: Sequence[Judged], count: int = COUNT) -> list[Scored]:
    """Build, ask everything, throw away. `count`: of distractors."""
    demo = demonstration()
    with tempfile.TemporaryDirectory(prefix="wasl-relevance-") as folder:
        find = engine(Path(folder) / "index", [*demo.documents, *distractors(count)])
        return judging.score(queries, lambda query: _asked(find, query, demo))


def _asked(find: Find, query: Judged, demo: Demonstration) -> list[str]:
    """The URIs found. A hit on an adaptation, a question or an answer counts as its practice, the first time."""
    found = find(Query(words=query.words, language=query.language, limit=CUT_RECALL))
    return list(dict.fromkeys(demo.about.get(uri, uri) for uri in found))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns 0 when the held-out half reaches every goal, 1 otherwise, 2 for a wrong argument."""
    options = _options().parse_args(arguments)
    engine = _engine(options.engine)
    if engine is None:
        print(f"there is no engine {options.engine!r}: {', '.join(ENGINES)}, or module:function", file=sys.stderr)
        return 2
    scored = measure(engine, judging.load(), options.distractors)
    held_out = judging.groups([each for each in scored if each.half == HELD_OUT])
    reached = {name: judging.mean(row).ndcg >= GOALS[name] for name, row in held_out.items() if name in GOALS}
    if options.as_json:
        _print_json(scored, reached)
    elif options.held_out:
        _print_totals(held_out)
    else:
        _print_table(scored)
    if options.worst:
        _print_worst([each for each in scored if each.half == TUNING], options.worst)
    return 0 if all(reached.values()) else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m node.bench.relevance", description="How well the search finds.")
    parser.add_argument(
        "--engine", default="whoosh", help="whoosh, memory, postgres, bm25, or module:function [whoosh]"
    )
    parser.add_argument("--distractors", type=int, default=COUNT, metavar="N", help=f"how many [{COUNT}]")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="the N worst queries of the tuning half")
    parser.add_argument("--held-out", action="store_true", help="only the totals of the held-out half")
    parser.add_argument("--json", dest="as_json", action="store_true", help="all figures as JSON")
    return parser


def _engine(name: str) -> Engine | None:
    if name in ENGINES:
        return ENGINES[name]
    module, _, function = name.partition(":")
    if not function:
        return None
    found: Engine = getattr(importlib.import_module(module), function)
    return found


def _of_half(row: Sequence[Scored], half: str) -> list[Scored]:
    return [each for each in row if each.half == half]


def _print_table(scored: Sequence[Scored]) -> None:
    print(f"{'':18}{'-- tuning --':^24}{'-- held out --':^24}{'-- both --':^24}")
    print(f"{'':18}" + f"{'queries':>8}{'nDCG@10':>8}{'rec@20':>8}" * 3 + "  goal")
    for name, row in judging.groups(scored).items():
        means = [judging.mean(part) for part in (_of_half(row, TUNING), _of_half(row, HELD_OUT), row)]
        cells = "".join(f"{mean.count:8}{mean.ndcg:8.3f}{mean.recall:8.3f}" for mean in means)
        print(f"{name:18}{cells}  {_verdict(name, means[1].ndcg)}")


def _print_totals(held_out: dict[str, list[Scored]]) -> None:
    for name, row in held_out.items():
        if name in GOALS:
            mean = judging.mean(row)
            print(f"{name:18}{mean.count:8}{mean.ndcg:8.3f}{mean.recall:8.3f}  {_verdict(name, mean.ndcg)}")


def _verdict(name: str, measured: float) -> str:
    if name not in GOALS:
        return ""
    return f"≥ {GOALS[name]:.2f} {'ok' if measured >= GOALS[name] else 'MISSED'}"


def _print_worst(tuning: Sequence[Scored], count: int) -> None:
    print(f"\nThe {count} worst of the tuning half: what was asked, what was wanted, what was found instead")
    for each in sorted(tuning, key=lambda one: (one.ndcg, one.query.id))[:count]:
        query = each.query
        wanted = " ".join(f"{uri.removeprefix('practice-')}:{grade}" for uri, grade in query.judgements.items())
        found = " ".join(
            uri.removeprefix("practice-").replace("distractor-", "d") + ("*" if uri in query.judgements else "")
            for uri in each.found[:10]
        )
        cross = " cross" if query.cross else ""
        print(f"{each.ndcg:.2f} {query.id} {query.kind}{cross}: {query.words}\n     wanted {wanted}; found {found}")


def _print_json(scored: Sequence[Scored], reached: dict[str, bool]) -> None:
    parts: dict[str, Sequence[Scored]] = {half: _of_half(scored, half) for half in (TUNING, HELD_OUT)} | {
        "both": scored
    }
    figures = {
        part: {name: asdict(judging.mean(row)) for name, row in judging.groups(rows).items()}
        for part, rows in parts.items()
    }
    print(json.dumps({"figures": figures, "goals": GOALS, "reached": reached}, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
