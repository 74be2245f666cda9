"""Which segments are put together, and when: few enough for every query, small enough to be rewritten in a moment.

Law: a commit merges only what is small, so that a new record is found at once; the rest waits for a moment without
other work (`tidy`) or for the night (`optimise`). No segment grows over `FULL`, so that erasing a document never
costs more than rewriting that many. Pure: segments in, choices out. Goes to: `whoosh_index_writing`, `whoosh_index`.
"""

from collections.abc import Collection
from typing import Any

MAX_SEGMENTS = 10
"""More are merged, as far as they are small, by the commit that would make them, since every query pays for each."""

SMALL = 1_000
"""Documents in a segment that an ordinary commit may merge: a tenth of a second."""

FULL = 20_000
"""Documents in a segment that is not merged any more: some seconds."""

STEP = 4_000
"""Documents that one step of `tidy` merges at most: a second, in which no new record can be put into the index."""

_ROOM = 6  # small segments there is always room for, however many large ones there are


def to_merge(segments: Collection[Any], rewritten: Collection[str]) -> set[Any]:
    """Which segments the next commit merges into the one it makes: empty ones, and small ones if there are too many.

    From the smallest on, until there is room, and further while the next is no larger than what was taken: so a
    document is rewritten a number of times that grows with the logarithm of theirs. Those to be rewritten anyway are
    left out. With twice `MAX_SEGMENTS` larger ones, what `to_tidy` says is merged all the same.
    """
    segments = [each for each in segments if each.segment_id() not in rewritten]
    chosen = {each for each in segments if not each.doc_count()}
    others = [each for each in segments if each not in chosen]
    small = sorted((each for each in others if each.doc_count() <= SMALL), key=_size)
    large = len(others) - len(small)
    if large >= 2 * MAX_SEGMENTS:
        return chosen | to_tidy(others)
    surplus = len(others) + 1 - max(MAX_SEGMENTS, large + _ROOM)
    taken = 0
    for count, each in enumerate(small if surplus > 0 else ()):
        if count > surplus and each.doc_count() > taken:
            break
        chosen.add(each)
        taken += each.doc_count()
    return chosen


def to_tidy(segments: Collection[Any], most: int | None = None) -> set[Any]:
    """Which segments to merge into one when there is time: the smallest, up to `most` documents; none if few."""
    if len(segments) <= MAX_SEGMENTS:
        return set()
    groups = [group for group in _groups(segments, min(most or FULL, FULL)) if len(group) > 1]
    return set(groups[0]) if groups else set()


def to_pack(segments: Collection[Any]) -> list[list[Any]]:
    """Groups of segments to make one of each, so that all are as few as `FULL` allows and hold nothing dead.

    A segment that is alone in its group and holds nothing dead is left as it is.
    """
    groups = _groups(segments, FULL)
    return [group for group in groups if len(group) > 1 or any(each.deleted_count() for each in group)]


def _groups(segments: Collection[Any], most: int) -> list[list[Any]]:
    """The segments from the smallest on, as many together as have no more than `most` documents."""
    groups: list[list[Any]] = [[]]
    size = 0
    for each in sorted(segments, key=_size):
        if groups[-1] and size + each.doc_count() > most:
            groups.append([])
            size = 0
        groups[-1].append(each)
        size += each.doc_count()
    return groups


def _size(segment: Any) -> int:
    return int(segment.doc_count())
