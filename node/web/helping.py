"""What helps a reader who found little or nothing: other words, each filter taken away, broader topics.

Everything is counted before it is offered: no link leads to nothing again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from node import labels
from node.asking import Asked
from node.indexing import Searcher
from node.labels import SCHEMES
from node.web import remembering
from node.web.language import language
from node.web.narrowing import called
from search import Query
from search.document import TREES
from search.errors import SearchError
from search.index import Index

FEW = 5
"""With fewer results, other words are suggested."""
TOPICS = 6


@dataclass(frozen=True, slots=True)
class Way:
    """A question that finds something. `label`: what it is about; `count`: how many practices it finds."""

    label: str
    count: int
    asked: Asked
    heading: str = ""


def other_words(searcher: Searcher, asked: Asked, total: int) -> list[Asked]:
    """The same question in words that may have been meant, without its filters where these are in the way; none when
    enough was found."""
    if not asked.words or total >= FEW:
        return []
    for question in (asked, asked.widest()) if asked.narrowed else (asked,):
        try:
            found = searcher.asked(partial(_corrections, question.query(language(), limit=0)))
        except SearchError:
            searcher.rest()
            remembering.never()
            return []
        if found or total:
            return [question.with_(words=words) for words in found]
    return []


def _corrections(query: Query, index: Index) -> tuple[str, ...]:
    return index.suggest(query)


def ways_out(searcher: Searcher, asked: Asked, names: Mapping[str, str]) -> list[Way]:
    """The same question without each of its filters in turn, and without all, where that finds something."""
    ways = []
    for name, values in asked.chosen.items():
        told = ", ".join(called(name, value, names) for value in values[:3])
        ways.append(_way(searcher, told, asked.without(name), labels.facet(name, language())))
    if asked.since or asked.until:
        ways.append(_way(searcher, " – ".join((asked.since, asked.until)), asked.without("dates")))
    if len(ways) > 1:
        ways.append(_way(searcher, "", asked.widest()))
    return [way for way in ways if way.count]


def broader(searcher: Searcher, asked: Asked, understood: tuple[str, ...]) -> list[Way]:
    """The topics and groups that were understood or chosen, and those above them, where there are practices."""
    counts = searcher.find(Query("", language(), facets=TREES, limit=0)).results.facets
    chosen = [value for name in TREES for value in asked.chosen.get(name, ())]
    known = labels.concepts()
    ways: dict[str, Way] = {}
    for name in (*understood, *chosen):
        above: str | None = name
        while above is not None and above in known:
            facet = next((one for one in TREES if SCHEMES[one] == known[above].scheme), "")
            count = counts.get(facet, {}).get(above, 0)
            if count and above not in ways:
                label = labels.concept(above, language())
                ways[above] = Way(label, count, Asked(chosen={facet: (above,)}), labels.facet(facet, language()))
            above = known[above].broader
    return list(ways.values())[:TOPICS]


def _way(searcher: Searcher, label: str, asked: Asked, heading: str = "") -> Way:
    total = searcher.find(asked.query(language(), limit=0)).results.total
    return Way(label, total, asked, heading)
