"""What somebody is typing, and what a misspelt word may have been: from the spellings of titles and summaries.

Law: the same answers as `memory_index.complete` and `suggest`, from ranges of terms that lie together. What is known of
the spellings of a segment is made when it is first asked for and kept with it. Bounded, however many segments there
are: `MAX_COMPARED` spellings are compared letter by letter, `MAX_NEAR` are counted. Comes from: `whoosh_index`.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from search.analysis import SEPARATOR, TEXT_STEP
from search.correction import Near
from search.document import Query, Suggestion
from search.nearness import signature
from search.whoosh_index_blocks import Array
from search.whoosh_index_find import admitted
from search.whoosh_index_order import first
from search.whoosh_index_reading import Segment, Snapshot, damage
from search.whoosh_index_schema import NAMES, WORDS, key

MAX_COMPARED = 12_000
"""Spellings compared with a misspelt one: of each field of each segment, its share, those most like it by letters."""

MAX_NEAR = 200
"""Words near a misspelt one whose documents are counted: the nearest."""

_AFTER_SEPARATOR = chr(ord(SEPARATOR) + 1)
_AFTER_ALL = b"\xff"  # stands in no UTF-8


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where words stand in the titles of a segment: `documents`, and the place of each."""

    documents: Array
    places: Array


def titles(
    asked: Sequence[tuple[str, ...]], reader: str, snap: Snapshot, public_only: bool, limit: int
) -> list[Suggestion]:
    """Practices whose titles have every word asked for, the last as a beginning.

    First those that begin with the first word asked for, then the newest.
    """
    if not asked or not limit:
        return []
    query = Query("", public_only=public_only)
    each = [
        _of_segment(asked, reader, segment, admitted(query, segment, live), limit)
        for segment, live in zip(snap.segments, snap.live, strict=True)
    ]
    return [found for _, found in islice(heapq.merge(*each, key=lambda item: item[0]), limit)]


def _of_segment(
    asked: Sequence[tuple[str, ...]], reader: str, segment: Segment, mask: Array, limit: int
) -> Iterator[tuple[tuple[bool, int, str], Suggestion]]:
    last = len(asked) - 1
    standing: list[_Standing] = []
    for number, word in enumerate(asked):
        standing.append(_standing(segment, word, number == last))
        having = np.zeros(segment.size, bool)
        having[standing[-1].documents] = True
        mask = mask & having
        if not mask.any():
            return
    starts = np.zeros(segment.size, bool)
    starts[standing[0].documents[standing[0].places % TEXT_STEP == 0]] = True
    numbers = np.flatnonzero(mask)
    rows = segment.rows
    chosen = first([~starts[numbers], -rows.stamps[numbers], rows.uri_rank[numbers]], limit)
    for number in numbers[chosen].tolist():
        texts = set((standing[last].places[standing[last].documents == number] // TEXT_STEP).tolist())
        languages = rows.texts.of(number)
        in_own = reader in languages and languages.index(reader) in texts
        found = Suggestion("title", rows.uri(number), "", reader if in_own else languages[min(texts)])
        yield (not starts[number], -int(rows.stamps[number]), found.value), found


def _standing(segment: Segment, word: tuple[str, ...], beginning: bool) -> _Standing:
    documents, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for spelled in word:
        start = key(spelled) if beginning else key(spelled + SEPARATOR)
        end = start + _AFTER_ALL if beginning else key(spelled + _AFTER_SEPARATOR)
        with damage():
            for ids, _, counts, placed in segment.lists.span(*segment.lists.between(NAMES, start, end)):
                assert counts is not None
                assert placed is not None
                documents.append(np.repeat(ids.astype(np.int64), counts))
                places.append(placed.astype(np.int64))
    return _Standing(np.concatenate(documents), np.concatenate(places))


class Spellings:
    """The spellings of one field of a segment, so that those near another one are found quickly."""

    def __init__(self, segment: Segment, field: str) -> None:
        with damage():
            names, firsts, _ = segment.lists.table(field)
        self._firsts = firsts.astype(np.uint32)
        self._segment = segment
        self._ends = np.cumsum([len(name) for name in names], dtype=np.uint32)
        self._names = b"".join(names)
        lines = b"\n".join(names).decode("utf-8", "surrogatepass").split("\n") if names else []
        spelled = [line.partition(SEPARATOR)[0] for line in lines]
        self._lengths = np.array([len(each) for each in spelled], np.int16)
        letters = np.frombuffer("".join(spelled).encode("utf-32-le", "surrogatepass"), "<u4")
        bits = np.uint64(1) << (letters & 63).astype(np.uint64)
        starts = np.cumsum(self._lengths, dtype=np.int64) - self._lengths
        self._signatures = np.bitwise_or.reduceat(bits, starts) if len(names) else np.zeros(0, np.uint64)

    def near(self, spelled: str, edits: int, most: int) -> Iterator[tuple[int, str, str]]:
        """(number of the term, as spelled, as shown) of those that may be at most `edits` away; `most` of them."""
        apart = np.bitwise_count(self._signatures ^ np.uint64(signature(spelled)))
        close = np.flatnonzero((abs(self._lengths - len(spelled)) <= edits) & (apart <= 2 * edits))
        if len(close) > most:
            close = close[np.argsort(apart[close], kind="stable")[:most]]
        for number in close.tolist():
            start = int(self._ends[number - 1]) if number else 0
            name = self._names[start : int(self._ends[number])].decode("utf-8", "surrogatepass")
            other, _, shown = name.partition(SEPARATOR)
            yield number, other, shown

    def documents(self, number: int) -> Array:
        """The documents with a term."""
        with damage():
            found = [
                ids for ids, *_ in self._segment.lists.span(int(self._firsts[number]), int(self._firsts[number + 1]))
            ]
        return np.concatenate(found)


def near(spelled: Sequence[str], edits: int, query: Query, snap: Snapshot) -> list[Near]:
    """Words at most `edits` away from any of these spellings, and how many documents that may be shown have each."""
    close: list[tuple[int, Spellings, int, str, str]] = []
    share = MAX_COMPARED // max(1, 2 * len(snap.segments) * len(spelled))
    for place, segment in enumerate(snap.segments):
        for field in (NAMES, WORDS):
            known = segment.spellings.get(field)
            if known is None:
                known = segment.spellings[field] = Spellings(segment, field)
            close += [(place, known, *each) for one in spelled for each in known.near(one, edits, share)]
    others = list(dict.fromkeys(other for *_, other, _ in close))
    compared = dict(zip(others, np.min([distances(one, others) for one in spelled], axis=0).tolist(), strict=True))
    apart: dict[str, int] = {}
    held: dict[tuple[str, int], list[tuple[Spellings, int]]] = {}
    for place, known, number, other, shown in close:
        if compared[other] <= edits:
            apart[shown] = min(compared[other], apart.get(shown, edits))
            held.setdefault((shown, place), []).append((known, number))
    found = []
    masks = [admitted(query, segment, live) for segment, live in zip(snap.segments, snap.live, strict=True)]
    for shown in sorted(apart, key=lambda each: (apart[each], each))[:MAX_NEAR]:
        having = 0
        for place, mask in enumerate(masks):
            ids = [known.documents(number) for known, number in held.get((shown, place), ())]
            if ids:
                having += int(np.count_nonzero(mask[np.unique(np.concatenate(ids))]))
        if having:
            found.append(Near(shown, apart[shown], having))
    return found


def distances(one: str, others: Sequence[str]) -> Array:
    """`correction.distance` between a word and each of many, all at once."""
    lengths = np.array([len(other) for other in others], np.int64)
    longest = int(lengths.max(initial=0))
    padded = "".join(other.ljust(longest, "\0") for other in others).encode("utf-32-le", "surrogatepass")
    letters = np.frombuffer(padded, "<u4").reshape(len(others), longest).T
    above = np.repeat(np.arange(longest + 1, dtype=np.int16)[:, None], len(others), axis=1)
    before, swapped = above, np.zeros(letters.shape, bool)
    for row, letter in enumerate(one, 1):
        same = letters == ord(letter)
        here = np.empty_like(above)
        here[0] = row
        for column in range(1, longest + 1):
            edits = np.minimum(above[column], here[column - 1]) + 1
            edits = np.minimum(edits, above[column - 1] + ~same[column - 1])
            if row > 1 and column > 1:
                swap = same[column - 2] & swapped[column - 1]
                edits = np.where(swap, np.minimum(edits, before[column - 2] + 1), edits)
            here[column] = edits
        before, above, swapped = above, here, same
    return np.asarray(above[lengths, np.arange(len(others))])
