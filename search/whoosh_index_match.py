"""Which documents of a segment match one unit of a query, and with what weight in each field.

Law: posting lists in, one array per field out, as long as the segment: a document's number is its place. Dead documents
are left out of `found` and nowhere else. Knows no Whoosh. Comes from: `plan` and `whoosh_index_reading`. Goes to:
`whoosh_index_find`, `_likeness`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis import TEXT_STEP
from search.meanings import token
from search.plan import Unit
from search.ranking import BODY, CONCEPT, MEANING, NARROWER, TITLE, in_field
from search.whoosh_index_blocks import Array, gathered
from search.whoosh_index_reading import Segment, Snapshot
from search.whoosh_index_schema import CONCEPTS, TEXT, broader, own
from search.whoosh_index_schema import TITLE as TITLES

List = tuple[str, str]
"""A posting list to read: field and form."""

_DOCUMENT_AT = 32  # bits for a place below the number of a document


@dataclass(slots=True)
class Match:
    """What of one segment matches one unit. None: nothing does. `found`: a mask of all live documents that match.

    `title`, `text`: weight of each document. `concepts`: what each counts for its concepts.
    """

    found: Array
    title: Array | None = None
    text: Array | None = None
    concepts: Array | None = None


def terms(unit: Unit) -> list[tuple[str, float]]:
    """Everything that a unit is found by in a title or text, and the share that it counts; in one order always."""
    return [(form, 1.0) for form in sorted(unit.forms)] + [
        (token(name), MEANING * share) for name, share in unit.meanings
    ]


def lists(unit: Unit) -> list[List]:
    """Every posting list that a unit needs."""
    wanted = [(name, term) for term, _ in terms(unit) for name in (TITLES, TEXT)]
    return wanted + [(CONCEPTS, mark(concept)) for concept in sorted(unit.concepts) for mark in (own, broader)]


def match(unit: Unit, segment: Segment, live: Array, left_out: Collection[List] = frozenset()) -> Match:
    """Read the lists of `unit`, except those `left_out`."""
    result = Match(np.zeros(segment.size, bool))
    if unit.sequences:
        result.title = _with_phrase(unit, segment, TITLES, left_out, 1.0)
        result.text = _with_phrase(unit, segment, TEXT, left_out, BODY)
    else:
        wanted = terms(unit)
        result.title = _best(segment, TITLES, [each for each in wanted if (TITLES, each[0]) not in left_out])
        result.text = _best(segment, TEXT, [each for each in wanted if (TEXT, each[0]) not in left_out])
    shares = dict(unit.meanings)
    for mark, worth in ((own, CONCEPT), (broader, CONCEPT * NARROWER)):
        for concept in unit.concepts:
            having = _any(segment, [(CONCEPTS, mark(concept))], left_out)
            if having is not None:
                counts = shares.get(concept, 1.0) * worth
                result.concepts = np.zeros(segment.size) if result.concepts is None else result.concepts
                result.concepts = np.maximum(result.concepts, having * counts)
    for each in (result.title, result.text, result.concepts):
        if each is not None:
            result.found |= each > 0
    result.found &= live
    return result


def weight(one: Match, segment: Segment, numbers: Array, snap: Snapshot) -> Array:
    """What a match is worth in each of these documents, before it is saturated."""
    total = np.zeros(len(numbers))
    if one.title is not None:
        total += TITLE * in_field(one.title[numbers], segment.rows.title_lengths[numbers], snap.title_length)
    if one.text is not None:
        total += in_field(one.text[numbers], segment.rows.text_lengths[numbers], snap.text_length)
    if one.concepts is not None:
        total += one.concepts[numbers]
    return total


def _best(segment: Segment, field: str, wanted: Iterable[tuple[str, float]]) -> Array | None:
    """The best weight of each document among these terms, each with the share that it counts."""
    best: Array | None = None
    for term, share in wanted:
        ids, weights = segment.postings(field, term)
        if not len(ids) or weights is None:
            continue
        counts = weights.astype(np.float64) * share
        if best is None:
            best = np.zeros(segment.size)
            best[ids] = counts
        else:
            best[ids] = np.maximum(best[ids], counts)
    return best


def _any(segment: Segment, wanted: Iterable[List], left_out: Collection[List]) -> Array | None:
    """The documents with any of these keys, as a mask."""
    having: Array | None = None
    for each in wanted:
        ids = segment.postings(*each)[0] if each not in left_out else ()
        if len(ids):
            having = np.zeros(segment.size, bool) if having is None else having
            having[ids] = True
    return having


def _with_phrase(unit: Unit, segment: Segment, name: str, left_out: Collection[List], worth: float) -> Array | None:
    """Documents with the phrase in this field, in any of its languages."""
    found: Array | None = None
    for sequence in unit.sequences:
        if any((name, form) in left_out for _, forms in sequence for form in forms):
            continue
        numbers = _with_sequence(sequence, segment, name)
        if len(numbers):
            found = np.zeros(segment.size, np.float32) if found is None else found
            found[numbers] = worth
    return found


def _with_sequence(sequence: Sequence[tuple[int, tuple[str, ...]]], segment: Segment, name: str) -> Array:
    """Numbers of the documents in which these words follow each other."""
    together: Array | None = None
    for _, forms in sequence:
        here = _any(segment, [(name, form) for form in forms], ())
        if here is None:
            return np.zeros(0, np.int64)
        together = here if together is None else together & here
    assert together is not None
    begins: Array | None = None
    by_size = sorted(sequence, key=lambda step: sum(segment.found(name, form) for form in step[1]))
    for distance, forms in by_size:
        places = [_places(segment, name, form, together) - distance for form in forms]
        if begins is None:
            begins = np.unique(np.concatenate(places))
        else:
            begins = begins[np.logical_or.reduce([among(begins, each) for each in places])]
        if not len(begins):
            break
    assert begins is not None
    return np.unique(begins >> _DOCUMENT_AT)


def _places(segment: Segment, field: str, form: str, among: Array) -> Array:
    """Where a form stands in the documents `among` (a mask): number of the document and place in one, ascending."""
    placed = segment.places(field, form)
    if placed is None:
        return np.zeros(0, np.int64)
    ids, counts, places = segment.postings(field, form)[0], *placed
    chosen = np.flatnonzero(among[ids])
    if len(chosen) < len(ids):
        places, counts, ids = places[gathered(counts, chosen)], counts[chosen], ids[chosen]
    return np.asarray((np.repeat(ids.astype(np.int64), counts) << _DOCUMENT_AT) + places)


def among(values: Array, ascending: Array) -> Array:
    """Which of these values are among the others."""
    if not len(ascending):
        return np.zeros(len(values), bool)
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    return np.asarray(ascending[at] == values)


def voted(units: Iterable[Unit], segment: Segment, numbers: Iterable[int]) -> dict[int, dict[int, int]]:
    """For each of these documents: number of a text -> how many units stand in it."""
    votes: dict[int, dict[int, int]] = {number: {} for number in numbers}
    among = np.zeros(segment.size, bool)
    among[list(votes)] = True
    for unit in units:
        found = [_places(segment, name, form, among) for form in sorted(unit.forms) for name in (TITLES, TEXT)]
        every = np.concatenate(found) if found else np.zeros(0, np.int64)
        texts = (every & ((1 << _DOCUMENT_AT) - 1)) // TEXT_STEP
        for number, text in set(zip((every >> _DOCUMENT_AT).tolist(), texts.tolist(), strict=True)):
            votes[number][text] = votes[number].get(text, 0) + 1
    return votes
