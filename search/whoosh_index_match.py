"""Which documents of a segment match one unit of a query, and with what weight in each field.

Law: posting lists in, dictionaries number -> weight out; dead documents are left out here and nowhere later. Knows no
Whoosh. Comes from: `plan` and `whoosh_index_reading`. Goes to: `whoosh_index_find`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from search.analysis import phrase_at
from search.plan import Unit
from search.ranking import BODY
from search.whoosh_index_reading import Segment
from search.whoosh_index_schema import CONCEPTS, TEXT, TITLE, broader, own

List = tuple[str, str]
"""A posting list to read: field and form."""


@dataclass(slots=True)
class Match:
    """The documents of one segment that match one unit. `found` is all of them."""

    title: dict[int, float] = field(default_factory=dict)
    text: dict[int, float] = field(default_factory=dict)
    concepts: set[int] = field(default_factory=set)
    narrower: set[int] = field(default_factory=set)
    labels: set[int] = field(default_factory=set)
    found: set[int] = field(default_factory=set)


def lists(unit: Unit) -> list[List]:
    """Every posting list that a unit needs."""
    wanted = [(name, form) for form in unit.forms for name in (TITLE, TEXT)]
    wanted += [(CONCEPTS, mark(concept)) for concept in unit.concepts for mark in (own, broader)]
    return wanted + [(CONCEPTS, own(concept)) for concept in unit.labels]


def match(unit: Unit, segment: Segment, dead: frozenset[int], left_out: Collection[List]) -> Match:
    """Read the lists of `unit`, except those `left_out`."""
    result = Match()
    if unit.sequences:
        result.title = dict.fromkeys(_with_phrase(unit, segment, TITLE, left_out), 1.0)
        result.text = dict.fromkeys(_with_phrase(unit, segment, TEXT, left_out), BODY)
    else:
        result.title = _best(segment, [each for each in lists(unit) if each[0] == TITLE and each not in left_out])
        result.text = _best(segment, [each for each in lists(unit) if each[0] == TEXT and each not in left_out])
    result.concepts = _any(segment, [(CONCEPTS, own(each)) for each in unit.concepts], left_out)
    result.narrower = _any(segment, [(CONCEPTS, broader(each)) for each in unit.concepts], left_out)
    result.labels = _any(segment, [(CONCEPTS, own(each)) for each in unit.labels], left_out)
    result.found = {*result.title, *result.text, *result.concepts, *result.narrower, *result.labels} - dead
    return result


def _best(segment: Segment, wanted: Iterable[List]) -> dict[int, float]:
    """Each document with its best weight among these lists."""
    best: dict[int, float] = {}
    for name, form in wanted:
        numbers, weights = segment.postings(name, form)
        if not best:
            best = dict(zip(numbers, weights, strict=True))
            continue
        for number, weight in zip(numbers, weights, strict=True):
            if weight > best.get(number, 0.0):
                best[number] = weight
    return best


def _any(segment: Segment, wanted: Iterable[List], left_out: Collection[List]) -> set[int]:
    return {number for each in wanted if each not in left_out for number in segment.postings(*each)[0]}


def _with_phrase(unit: Unit, segment: Segment, name: str, left_out: Collection[List]) -> set[int]:
    """Documents with the phrase in this field, in any of its languages."""
    return {
        number
        for sequence in unit.sequences
        if not any((name, form) in left_out for _, forms in sequence for form in forms)
        for number in _with_sequence(sequence, segment, name)
    }


def _with_sequence(sequence: Sequence[tuple[int, tuple[str, ...]]], segment: Segment, name: str) -> list[int]:
    together: set[int] | None = None
    for _, forms in sequence:
        here = _any(segment, [(name, form) for form in forms], ())
        together = here if together is None else together & here
        if not together:
            return []
    numbers = sorted(together or ())
    places = [[segment.places(name, form, numbers) for form in forms] for _, forms in sequence]
    return [
        number
        for number in numbers
        if phrase_at(
            (distance, [found[number] for found in places[step] if number in found])
            for step, (distance, _) in enumerate(sequence)
        )
    ]
