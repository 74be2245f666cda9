"""From a query understood to a page of hits: match, intersect, filter, count, rank.

Law: the same answers as `memory_index`, from posting lists and columns in memory; the number of postings read for one
query is bounded. Knows no Whoosh. Comes from: `whoosh_index`. Uses: `whoosh_index_match` for one unit in one segment.
"""

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from search.analysis import TEXT_STEP
from search.document import Hit, Query, Results
from search.plan import Plan, Unit
from search.ranking import CONCEPT, LABEL_WORD, NARROWER, TITLE, for_reader, in_field, rarity, saturate
from search.whoosh_index_match import List, Match, lists, match
from search.whoosh_index_reading import Segment, Snapshot
from search.whoosh_index_schema import CONCEPTS, TEXT, broader, own
from search.whoosh_index_schema import TITLE as TITLES

MAX_POSTINGS = 500_000
"""Postings read for one query. Beyond, the longest lists are left out, and their words need not be found."""

_Key = tuple[int, float, int, str]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Documents of one segment that may be shown, with what matched: one `Match` per unit."""

    segment: Segment
    matches: list[Match]
    numbers: list[int]


def find(query: Query, understood: Plan, snap: Snapshot, max_postings: int = MAX_POSTINGS) -> Results:
    """Answer `query` from `snap`. `complete` is False when lists were left out."""
    left_out = _left_out(understood.units, snap, max_postings)
    matched = [
        [match(unit, segment, dead, left_out) for unit in understood.units]
        for segment, dead in zip(snap.segments, snap.dead, strict=True)
    ]
    required = [
        number for number, unit in enumerate(understood.units) if not unit.optional and left_out.isdisjoint(lists(unit))
    ]
    candidates = _candidates(query, understood, snap, matched, required)
    shown = [_narrowed(query, each) for each in candidates]
    score = _Score(query, understood.units, snap, matched, required)
    wanted = understood.offset + understood.limit
    keyed = ((score.key(each, number), each, number) for each in shown for number in each.numbers)
    page = heapq.nsmallest(wanted, keyed, key=lambda item: item[0])[understood.offset :]
    return Results(
        hits=tuple(_hit(query, understood, key, each, number) for key, each, number in page),
        total=sum(len(each.numbers) for each in shown),
        languages=_counted(candidates, lambda s: s.languages, lambda s: s.communes, query.communes),
        communes=_counted(candidates, lambda s: s.communes, lambda s: s.languages, query.languages),
        concepts=understood.concepts,
        complete=not left_out,
    )


def _left_out(units: tuple[Unit, ...], snap: Snapshot, most: int) -> frozenset[List]:
    """The longest posting lists, when all of them together are more than `most` postings."""
    sizes = {each: sum(segment.found(*each) for segment in snap.segments) for unit in units for each in lists(unit)}
    total = sum(sizes.values())
    gone = set()
    for each in sorted(sizes, key=lambda each: (-sizes[each], each)):
        if total <= most:
            break
        gone.add(each)
        total -= sizes[each]
    return frozenset(gone)


def _candidates(
    query: Query, understood: Plan, snap: Snapshot, matched: list[list[Match]], required: list[int]
) -> list[_Candidates]:
    """Documents with every required unit; if no document has, those with any; all, if there are no words."""

    def admitted(choose: Callable[[int], Iterable[int]]) -> list[_Candidates]:
        return [
            _Candidates(segment, matched[place], _admitted(query, segment, choose(place)))
            for place, segment in enumerate(snap.segments)
        ]

    if not understood.asked:
        return admitted(lambda place: [n for n in range(snap.segments[place].size) if n not in snap.dead[place]])
    needed = required or [number for number, unit in enumerate(understood.units) if not unit.optional]
    if not needed:
        return []
    together = admitted(lambda place: _together([matched[place][number].found for number in needed]))
    if any(each.numbers for each in together):
        return together
    return admitted(lambda place: set[int]().union(*(matched[place][number].found for number in needed)))


def _together(found: list[set[int]]) -> set[int]:
    first, *others = sorted(found, key=len)
    return first.intersection(*others)


def _admitted(query: Query, segment: Segment, numbers: Iterable[int]) -> list[int]:
    kinds, public = segment.kinds, segment.public
    if query.public_only:
        numbers = [number for number in numbers if public[number]]
    if query.kinds:
        wanted = set(query.kinds)
        numbers = [number for number in numbers if kinds[number] in wanted]
    return list(numbers)


def _narrowed(query: Query, each: _Candidates) -> _Candidates:
    numbers = each.numbers
    if query.languages:
        numbers = [number for number in numbers if each.segment.languages[number] in query.languages]
    if query.communes:
        numbers = [number for number in numbers if each.segment.communes[number] in query.communes]
    return _Candidates(each.segment, each.matches, numbers)


def _counted(
    candidates: Iterable[_Candidates],
    value: Callable[[Segment], list[str]],
    other: Callable[[Segment], list[str]],
    chosen: tuple[str, ...],
) -> Mapping[str, int]:
    """How many candidates have each value of a column, under the filter on the `other` column only."""
    counts = Counter[str]()
    for each in candidates:
        values, others = value(each.segment), other(each.segment)
        counts.update(values[number] for number in each.numbers if not chosen or others[number] in chosen)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


class _Score:
    """What a document is worth for a query."""

    def __init__(
        self, query: Query, units: tuple[Unit, ...], snap: Snapshot, matched: list[list[Match]], required: list[int]
    ) -> None:
        self._reader = query.language
        self._snap = snap
        self._counted = required
        self._rarity = [
            rarity(sum(len(of_segment[number].found) for of_segment in matched), snap.count)
            for number in range(len(units))
        ]

    def key(self, each: _Candidates, number: int) -> _Key:
        """What to sort by: more units, higher score, newer, and the URI so that no order is left to chance."""
        segment, matches = each.segment, each.matches
        has = sum(number in matches[unit].found for unit in self._counted)
        score = sum(
            rare * saturate(self._weight(segment, one, number))
            for rare, one in zip(self._rarity, matches, strict=True)
            if number in one.found
        )
        score = for_reader(score, self._reader, segment.languages[number], tuple(segment.texts[number].split()))
        return (-has, -score, -segment.stamps[number], segment.uris[number])

    def _weight(self, segment: Segment, one: Match, number: int) -> float:
        weight = 0.0
        if number in one.title:
            weight += TITLE * in_field(one.title[number], segment.title_lengths[number], self._snap.title_length)
        if number in one.text:
            weight += in_field(one.text[number], segment.text_lengths[number], self._snap.text_length)
        if number in one.concepts:
            weight += CONCEPT
        elif number in one.narrower:
            weight += CONCEPT * NARROWER
        if number in one.labels:
            weight += LABEL_WORD
        return weight


def _hit(query: Query, understood: Plan, key: _Key, each: _Candidates, number: int) -> Hit:
    segment = each.segment
    return Hit(
        uri=key[3],
        score=-key[1],
        language=_language(query.language, understood.units, segment, number),
        concepts=tuple(
            concept
            for concept in understood.concepts
            if any(_holds(segment, mark(concept), number) for mark in (own, broader))
        ),
    )


def _holds(segment: Segment, mark: str, number: int) -> bool:
    numbers, _ = segment.postings(CONCEPTS, mark)
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number


def _language(reader: str, units: Iterable[Unit], segment: Segment, number: int) -> str:
    """The reader's own if there is such a text; else that of the text with most of the units; else the original."""
    languages = segment.texts[number].split()
    if reader in languages:
        return reader
    if len(languages) < 2:
        return languages[0] if languages else segment.languages[number]
    votes = Counter[int]()
    for unit in units:
        found = [
            place // TEXT_STEP
            for form in unit.forms
            for name in (TITLES, TEXT)
            for place in segment.places(name, form, [number]).get(number, ())
        ]
        votes.update(set(found))
    return languages[min(range(len(languages)), key=lambda text: (-votes[text], text))]
