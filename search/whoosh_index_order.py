"""Hits in order, without sorting what is not shown.

Law: the same order as `memory_match.Matcher.order`, down to the URI. Within a segment everything is a number, the URI
by its rank; between segments URIs and titles are compared themselves, as far as the page goes and no further. Comes
from: `whoosh_index_find`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from search.whoosh_index_blocks import Array
from search.whoosh_index_reading import Segment


@dataclass(frozen=True, slots=True)
class Found:
    """Documents of one segment that are to be shown: `numbers`, and the `score` of each."""

    segment: Segment
    numbers: Array
    score: Array


@dataclass(frozen=True, slots=True)
class Place:
    """One document shown: where it is, and its score."""

    found: int
    number: int
    score: float


def page(found: Sequence[Found], sort: str, reader: str, offset: int, limit: int) -> list[Place]:
    """Of the documents found in all segments, those from `offset` on, `limit` at most, in the order of `sort`."""
    wanted = offset + limit
    if not limit:
        return []
    best = [
        item for place, one in enumerate(found) if len(one.numbers) for item in _keyed(place, one, sort, reader, wanted)
    ]
    best.sort(key=itemgetter(0))
    ordered: list[Place] = []
    for _, equals in groupby(best, itemgetter(0)):
        several = [place for _, place in equals]
        if len(several) > 1:
            several.sort(key=lambda place: found[place.found].segment.rows.uri(place.number))
        ordered += several
        if len(ordered) >= wanted:
            break
    return ordered[offset:wanted]


def _keyed(place: int, found: Found, sort: str, reader: str, wanted: int) -> Iterator[tuple[tuple[Any, ...], Place]]:
    """The first documents of a segment in order, each with what it is compared by with those of other segments; after
    that, by their URIs."""
    rows, numbers = found.segment.rows, found.numbers
    keys: list[Array]
    if sort == "newest":
        keys = [-rows.stamps[numbers]]
    elif sort == "oldest":
        keys = [rows.stamps[numbers]]
    elif sort == "title":
        keys = [rows.title_ranks(reader)[numbers]]
    else:
        keys = [-found.score, -rows.stamps[numbers]]
    chosen = first([*keys, rows.uri_rank[numbers]], wanted)
    shown, scores = numbers[chosen].tolist(), found.score[chosen].tolist()
    compared: Iterable[tuple[Any, ...]] = zip(*(key[chosen].tolist() for key in keys), strict=True)
    if sort == "title":
        compared = [(rows.title_key(number, reader),) for number in shown]
    for by, number, score in zip(compared, shown, scores, strict=True):
        yield by, Place(place, number, score)


def first(keys: Sequence[Array], wanted: int) -> Array:
    """Places of the `wanted` smallest, in order; the first key decides, then the next. The last has no equals."""
    chosen: list[Array] = []
    pool = np.arange(len(keys[0]))
    for key in keys:
        lacking = wanted - sum(map(len, chosen))
        if len(pool) <= lacking or lacking <= 0:
            break
        values = key[pool]
        edge = np.partition(values, lacking - 1)[lacking - 1]
        chosen.append(pool[values < edge])
        pool = pool[values == edge]
    chosen.append(pool[: max(0, wanted - sum(map(len, chosen)))])
    every = np.concatenate(chosen)
    return np.asarray(every[np.lexsort([key[every] for key in reversed(keys)])])
