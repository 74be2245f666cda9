"""Queries with judgements, and how well an order of answers keeps to them.

Law: pure arithmetic and one reader of node/data/relevance/queries.jsonl, where the rules of the set are written down
(README.md beside it). A judgement is 3 (exactly this practice), 2 (very useful) or 1 (related); what is not named is 0.
Two figures are taken. nDCG@10: the gain of a document is 2^grade - 1, divided by log2(rank + 1), added up over the
first ten and divided by the best sum possible; 1 is perfect, 0 has nothing. Recall@20: the share of the documents
named in the judgements that are among the first twenty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

QUERIES = Path(__file__).parents[1] / "data" / "relevance" / "queries.jsonl"
LANGUAGES = ("fr", "ar", "de", "tr", "en")
KINDS = (
    "short", "plain", "inflected", "synonym", "concept", "compound", "spelling", "misspelt", "place", "long",
)  # fmt: skip
GRADES = (1, 2, 3)
TUNING, HELD_OUT = "tuning", "held_out"
CUT_NDCG, CUT_RECALL = 10, 20

_SEED = "wasl relevance 2027"


@dataclass(frozen=True, slots=True)
class Judged:
    """One query. `cross`: every best practice was written in another language; `judgements`: URI -> 1, 2 or 3."""

    id: str
    language: str
    kind: str
    cross: bool
    words: str
    judgements: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scored:
    """What one query got. `found`: the URIs, best first, of which the figures were taken."""

    query: Judged
    half: str
    ndcg: float
    recall: float
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mean:
    """The figures of several queries: arithmetic means over `count` of them."""

    count: int
    ndcg: float
    recall: float


def load(path: Path = QUERIES) -> list[Judged]:
    """The query set in the order of its file. Raises OSError, ValueError or KeyError for a file that is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Judged(**{name: line[name] for name in Judged.__slots__}) for line in map(json.loads, lines)]


def halves(queries: Sequence[Judged]) -> dict[str, str]:
    """Query id -> the half it belongs to, in pairs so that both halves have as many of each language and direction.

    Of two queries that follow each other in the file and share language and `cross`, the hash of the first id decides
    which of them is for tuning. So queries that are added later change no earlier one; a last single one is decided by
    its own hash.
    """
    waiting: dict[tuple[str, bool], str] = {}
    chosen: dict[str, str] = {}
    for query in queries:
        first = waiting.pop((query.language, query.cross), None)
        if first is None:
            waiting[query.language, query.cross] = query.id
            is_tuning = hashlib.sha256(f"{_SEED} {query.id}".encode()).digest()[0] % 2 == 0
            chosen[query.id] = TUNING if is_tuning else HELD_OUT
        else:
            chosen[query.id] = HELD_OUT if chosen[first] == TUNING else TUNING
    return chosen


def ndcg(found: Sequence[str], judgements: Mapping[str, int], cut: int = CUT_NDCG) -> float:
    """Normalised discounted cumulative gain of the first `cut`, 0 to 1. `found` names nothing twice."""
    ideal = _gained(sorted(judgements.values(), reverse=True)[:cut])
    return _gained([judgements.get(uri, 0) for uri in found[:cut]]) / ideal if ideal else 0.0


def _gained(grades: Iterable[int]) -> float:
    return sum(((1 << grade) - 1) / log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def recall(found: Sequence[str], judgements: Mapping[str, int], cut: int = CUT_RECALL) -> float:
    """Share of the judged documents that are among the first `cut`, 0 to 1; 0 where nothing is judged."""
    return len(judgements.keys() & set(found[:cut])) / len(judgements) if judgements else 0.0


def score(queries: Sequence[Judged], find: Callable[[Judged], Sequence[str]]) -> list[Scored]:
    """Ask every query of the set. `find`: the URIs found, best first, at least twenty where there are as many."""
    half = halves(queries)
    scored = []
    for query in queries:
        found = tuple(find(query))
        figures = ndcg(found, query.judgements), recall(found, query.judgements)
        scored.append(Scored(query, half[query.id], *figures, found))
    return scored


def mean(scored: Iterable[Scored]) -> Mean:
    """The means over these; of none, zeros."""
    every = list(scored)
    count = len(every)
    if not count:
        return Mean(0, 0.0, 0.0)
    return Mean(count, sum(each.ndcg for each in every) / count, sum(each.recall for each in every) / count)


def groups(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """Name of a row of the table -> its queries: all, across languages and within one, each language, each kind."""
    rows = {
        "all": list(scored),
        "cross-language": [each for each in scored if each.query.cross],
        "same language": [each for each in scored if not each.query.cross],
    }
    rows |= {language: [each for each in scored if each.query.language == language] for language in LANGUAGES}
    rows |= {f"kind {kind}": [each for each in scored if each.query.kind == kind] for kind in KINDS}
    return {name: row for name, row in rows.items() if row}
