"""Segments and a batch put together into one segment: the lists of each term one after the other, the dead left out.

Law: what is dead is in no byte of what is written, neither as a posting nor as a term: this is also how words are
erased. Goes through the terms a block of postings at a time, so memory is bounded whatever is merged. Comes from:
`whoosh_index_writing`. Uses: `whoosh_index_terms` (a segment read), `whoosh_index_blocks`.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from search.whoosh_index_blocks import BLOCK, Array, Lists, gathered
from search.whoosh_index_terms import TermsReader

GONE = -1
"""New number of a document that is not taken over."""


class Source(Protocol):
    """Where lists come from: terms of one field, whose documents have their new numbers already."""

    sizes: Array

    @property
    def keys(self) -> Sequence[bytes]:
        """The terms, ascending; `sizes` are the postings of each."""

    def read(self, first: int, last: int) -> Lists:
        """The lists of the terms from number `first` to before `last`; sizes may be 0."""


class BatchSource:
    """The lists of a batch, just inverted. `base` is added to its numbers."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.keys, self.sizes = lists.keys, lists.sizes
        self._ends = np.append([0], np.cumsum(lists.sizes))
        counts = lists.counts if lists.counts is not None else np.zeros(0, np.int64)
        self._place_ends = np.append([0], np.cumsum(counts, dtype=np.int64))

    def read(self, first: int, last: int) -> Lists:
        """See `Source`."""
        start, end = int(self._ends[first]), int(self._ends[last])
        lists = self._lists
        places = None
        if lists.places is not None:
            places = lists.places[int(self._place_ends[start]) : int(self._place_ends[end])]
        return Lists(
            self.keys[first:last],
            self.sizes[first:last],
            lists.ids[start:end],
            None if lists.weights is None else lists.weights[start:end],
            None if lists.counts is None else lists.counts[start:end],
            places,
        )


class SegmentSource:
    """The lists of a field of a segment. `renumbered`: the new number of each of its documents, or `GONE`."""

    def __init__(self, reader: TermsReader, field: str, renumbered: Array) -> None:
        self._reader, self._renumbered = reader, renumbered
        self.keys, self._firsts, _ = reader.table(field)
        self.sizes = np.diff(self._firsts)

    def read(self, first: int, last: int) -> Lists:
        """See `Source`."""
        start, end = int(self._firsts[first]), int(self._firsts[last])
        pieces = list(self._reader.span(start, end))
        ids = self._renumbered[np.concatenate([piece[0] for piece in pieces])] if pieces else np.zeros(0, np.int64)
        weights, counts, places = (_joined([piece[number] for piece in pieces]) for number in (1, 2, 3))
        kept = ids != GONE
        term = np.repeat(np.arange(last - first), self.sizes[first:last])
        if kept.all():
            return Lists(self.keys[first:last], self.sizes[first:last], ids, weights, counts, places)
        if counts is not None and places is not None:
            places = places[gathered(counts, np.flatnonzero(kept))]
        return Lists(
            self.keys[first:last],
            np.bincount(term[kept], minlength=last - first),
            ids[kept],
            None if weights is None else weights[kept],
            None if counts is None else counts[kept],
            places,
        )


def _joined(arrays: Sequence[Array | None]) -> Array | None:
    """Arrays one after the other, as wide as the widest; None if there are none."""
    there = [array for array in arrays if array is not None]
    return np.concatenate(there) if there else None


def merged(sources: Sequence[Source]) -> Iterator[Lists]:
    """The lists of a field in all sources together, in pieces of about a block, terms ascending, none without postings.

    Numbers of documents ascend from source to source.
    """
    sources = [source for source in sources if len(source.keys)]
    if not sources:
        return
    keys: Sequence[bytes] = sources[0].keys
    if len(sources) > 1:
        keys = sorted(set().union(*(source.keys for source in sources)))
    numbers = {name: number for number, name in enumerate(keys)} if len(sources) > 1 else {}
    ranks = [
        np.fromiter((numbers[name] for name in source.keys), np.int64, len(source.keys))
        if numbers
        else np.arange(len(keys))
        for source in sources
    ]
    sizes = np.zeros(len(keys), np.int64)
    for source, rank in zip(sources, ranks, strict=True):
        sizes[rank] += source.sizes
    ends = np.cumsum(sizes)
    first = 0
    while first < len(keys):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + BLOCK, "right")))
        parts = []
        for source, rank in zip(sources, ranks, strict=True):
            start, end = (int(each) for each in np.searchsorted(rank, (first, last)))
            if start < end:
                parts.append((source.read(start, end), rank[start:end] - first))
        lists = _together(keys[first:last], parts)
        if len(lists.ids):
            yield lists
        first = last


def _together(keys: Sequence[bytes], parts: Sequence[tuple[Lists, Array]]) -> Lists:
    """Lists of some terms, each with the places of its own terms among `keys`."""
    terms = np.concatenate([np.repeat(rank, lists.sizes) for lists, rank in parts])
    ids = np.concatenate([lists.ids for lists, _ in parts])
    weights = _joined([lists.weights for lists, _ in parts])
    counts = _joined([lists.counts for lists, _ in parts])
    places = _joined([lists.places for lists, _ in parts])
    if len(parts) > 1:
        order = np.argsort(terms, kind="stable")
        if counts is not None and places is not None:
            places = places[gathered(counts, order)]
            counts = counts[order]
        terms, ids = terms[order], ids[order]
        weights = None if weights is None else weights[order]
    sizes = np.bincount(terms, minlength=len(keys))
    there = np.flatnonzero(sizes)
    if len(there) < len(keys):
        keys, sizes = [keys[number] for number in there.tolist()], sizes[there]
    return Lists(keys, sizes, ids, weights, counts, places)
