"""From a query understood to a page of hits: match, intersect, filter, count, rank.

Law: the same answers as `memory_index`, from arrays as long as a segment; the number of postings read for one query is
bounded. Knows no Whoosh. Comes from: `whoosh_index`. Uses: `whoosh_index_match` (one unit in one segment), `_order`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.document import Hit, Query, Results
from search.fairness import WINDOW, Standing, applies, fair
from search.plan import Plan, Unit, concepts_of, instead
from search.ranking import DIGITS, for_reader, needed, rarity, saturate
from search.vocabulary import Vocabulary
from search.whoosh_index_blocks import Array
from search.whoosh_index_match import List, Match, among, lists, match, voted, weight
from search.whoosh_index_order import Found, Place, page
from search.whoosh_index_reading import Segment, Snapshot
from search.whoosh_index_rows import ALWAYS, NEVER
from search.whoosh_index_schema import CONCEPTS, broader, own

MAX_POSTINGS = 3_000_000
"""Postings read for one query. Beyond, the longest lists are left out, and their words need not be found."""


_FACTORS = np.array(
    [1.0, for_reader("me", "", ("me",), ("me",)), for_reader("me", "", ("me",)), for_reader("me", "me", ())]
)
"""By what a score is multiplied, by where a document stands for its reader (`whoosh_index_reading.STANDING`)."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Documents of one segment that match and are open to the reader (`numbers`), and which filters they fail.

    `failed`: for each filter that is set, a mask over `numbers`; `failures`: how many of them each fails; `passing`:
    the numbers of those that fail none.
    """

    segment: Segment
    numbers: Array
    failed: Mapping[str, Array]
    failures: Array
    passing: Array

    def under(self, without: str = "") -> Array:
        """Numbers of those that pass all filters but one."""
        if without not in self.failed:
            return self.passing
        return np.asarray(self.numbers[self.failures == self.failed[without]])


def find(
    query: Query, understood: Plan, snap: Snapshot, vocabulary: Vocabulary, max_postings: int = MAX_POSTINGS
) -> Results:
    """Answer `query` from `snap`. `complete` is False when lists were left out."""
    left_out = _left_out(understood.units, snap, max_postings)
    asked = [_asked(unit, query.language, snap, vocabulary, left_out) for unit in understood.units]
    units = [each.unit for each in asked]
    required = [
        number
        for number, each in enumerate(asked)
        if each.count and not each.unit.optional and left_out.isdisjoint(lists(each.unit))
    ]
    chosen = _chosen(query, understood, snap, asked, required)
    candidates = [
        _filtered(query, understood, segment, numbers) for segment, numbers in zip(snap.segments, chosen, strict=True)
    ]
    shown = [each.under() for each in candidates]
    rare = [rarity(each.count, snap.count) for each in asked]
    found = [
        scored(segment, numbers, [each.matches[number] for each in asked], rare, snap, query.language)
        for number, (segment, numbers) in enumerate(zip(snap.segments, shown, strict=True))
    ]
    places = _page(query, understood, found)
    concepts = concepts_of(units)
    return Results(
        hits=hits(places, found, units, concepts, query.language),
        total=sum(map(len, shown)),
        facets={facet: _counted(candidates, facet) for facet in understood.facets},
        concepts=concepts,
        complete=not left_out,
        instead=tuple(unit.written for unit in units if unit.written),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A unit with what matches it in each segment, and in how many documents in all."""

    unit: Unit
    matches: tuple[Match, ...]
    count: int


def _asked(unit: Unit, reader: str, snap: Snapshot, vocabulary: Vocabulary, left_out: frozenset[List]) -> _Asked:
    """A unit, or what was probably meant by it when no document has it but some have that."""
    found = _matched(unit, snap, left_out)
    meant = None if found.count else instead(unit, reader, vocabulary)
    other = _matched(meant, snap, left_out) if meant else found
    return other if other.count else found


def _matched(unit: Unit, snap: Snapshot, left_out: frozenset[List]) -> _Asked:
    matches = tuple(
        match(unit, segment, live, left_out) for segment, live in zip(snap.segments, snap.live, strict=True)
    )
    return _Asked(unit, matches, sum(int(np.count_nonzero(each.found)) for each in matches))


def _page(query: Query, understood: Plan, found: Sequence[Found]) -> list[Place]:
    """The places to show, no origin having too many of the first ones."""
    if not applies(query, understood) or not understood.limit:
        return page(found, understood.sort, query.language, understood.offset, understood.limit)
    end = understood.offset + understood.limit
    best = page(found, understood.sort, query.language, 0, max(WINDOW, end))
    standings = [Standing(found[each.found].segment.rows.commune(each.number), each.score) for each in best]
    return [best[place] for place in fair(standings)[understood.offset : end]]


def having_all(query: Query, understood: Plan, snap: Snapshot) -> int:
    """How many documents have every required unit, whatever the filters; 0 if nothing is required."""
    left_out = _left_out(understood.units, snap, MAX_POSTINGS)
    needed = [unit for unit in understood.units if not unit.optional and left_out.isdisjoint(lists(unit))]
    total = 0
    for segment, live in zip(snap.segments, snap.live, strict=True) if needed else ():
        mask = admitted(query, segment, live)
        for unit in needed:
            mask = mask & match(unit, segment, live).found
        total += int(np.count_nonzero(mask))
    return total


def admitted(query: Query, segment: Segment, live: Array) -> Array:
    """A mask of the documents of the kinds that are asked for, open to whoever asks."""
    mask = live & segment.rows.public if query.public_only else live
    return mask & segment.of_kinds(frozenset(query.kinds)) if query.kinds else mask


def _left_out(units: Sequence[Unit], snap: Snapshot, most: int) -> frozenset[List]:
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


def _chosen(
    query: Query, understood: Plan, snap: Snapshot, asked: Sequence[_Asked], required: Sequence[int]
) -> list[Array]:
    """Numbers of the documents with enough of the words, or if there is none, with most; of all, without words."""
    masks = [admitted(query, segment, live) for segment, live in zip(snap.segments, snap.live, strict=True)]
    if not understood.asked:
        return [np.flatnonzero(mask) for mask in masks]
    counted = required or [number for number, each in enumerate(asked) if not each.unit.optional]
    having = []
    for place, mask in enumerate(masks):
        has = np.zeros(len(mask), np.uint8)  # a query has far fewer words than 255
        for number in counted:
            has += asked[number].matches[place].found
        having.append(has * mask)
    least = needed(len(counted), lambda number: sum(int(np.count_nonzero(has >= number)) for has in having))
    return [np.flatnonzero(has >= least) for has in having]


def _filtered(query: Query, understood: Plan, segment: Segment, numbers: Array) -> _Candidates:
    failed = {
        facet: ~segment.rows.facets[facet].having(wanted)[numbers] for facet, wanted in understood.filters.items()
    }
    if query.since is not None or query.until is not None:
        since = query.since.toordinal() if query.since else NEVER
        until = query.until.toordinal() if query.until else ALWAYS
        failed[""] = (segment.rows.ends[numbers] < since) | (segment.rows.starts[numbers] > until)
    failures = np.zeros(len(numbers), np.int8)
    for mask in failed.values():
        failures += mask
    failed.pop("", None)
    return _Candidates(segment, numbers, failed, failures, numbers[failures == 0])


def _counted(candidates: Sequence[_Candidates], facet: str) -> Mapping[str, int]:
    """How many candidates have each value of a facet, under the filters on all others."""
    counts: dict[str, int] = {}
    for each in candidates:
        for name, count in each.segment.rows.facets[facet].counts(each.under(facet)).items():
            counts[name] = counts.get(name, 0) + count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def scored(
    segment: Segment,
    numbers: Array,
    matches: Sequence[Match],
    rare: Sequence[float],
    snap: Snapshot,
    reader: str,
) -> Found:
    """What each of these documents is worth."""
    score = np.zeros(len(numbers))
    if len(numbers):
        for one, each in zip(matches, rare, strict=True):
            score += each * saturate(weight(one, segment, numbers, snap))
        score *= _FACTORS[segment.standing(reader)[numbers]]
    return Found(segment, numbers, score.round(DIGITS))


def hits(
    places: Sequence[Place], found: Sequence[Found], units: Sequence[Unit], concepts: Sequence[str], reader: str
) -> tuple[Hit, ...]:
    """The documents at these places as they are shown."""
    by_segment: dict[int, list[int]] = {}
    for place in places:
        by_segment.setdefault(place.found, []).append(place.number)
    spoken: dict[tuple[int, int], str] = {}
    held: dict[tuple[int, int], tuple[str, ...]] = {}
    for number, numbers in by_segment.items():
        segment = found[number].segment
        for document, language in _languages(reader, units, segment, numbers).items():
            spoken[number, document] = language
        for document, its in _concepts(segment, numbers, concepts).items():
            held[number, document] = its
    return tuple(
        Hit(
            uri=found[place.found].segment.rows.uri(place.number),
            score=place.score,
            language=spoken[place.found, place.number],
            concepts=held[place.found, place.number],
        )
        for place in places
    )


def _concepts(segment: Segment, numbers: Sequence[int], concepts: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Which of `concepts` each document has, itself or something narrower."""
    having: dict[str, set[int]] = {
        concept: {
            number
            for mark in (own, broader)
            for number in np.array(numbers)[
                among(np.array(numbers), segment.postings(CONCEPTS, mark(concept))[0])
            ].tolist()
        }
        for concept in concepts
    }
    return {number: tuple(concept for concept in concepts if number in having[concept]) for number in numbers}


def _languages(reader: str, units: Sequence[Unit], segment: Segment, numbers: Sequence[int]) -> dict[int, str]:
    """The reader's own if there is such a text; else that of the text with most of the units; else the original."""
    rows, original = segment.rows, segment.rows.facets["language"]
    texts = {number: rows.texts.of(number) for number in numbers}
    doubtful = [number for number, languages in texts.items() if reader not in languages and len(languages) > 1]
    votes = voted(units, segment, doubtful) if doubtful else {}
    chosen: dict[int, str] = {}
    for number, languages in texts.items():
        its = votes.get(number, {})
        best = min(range(len(languages)), key=lambda text, its=its: (-its.get(text, 0), text), default=-1)  # type: ignore[misc]
        shown = reader if reader in languages else languages[best] if languages else ""
        chosen[number] = shown or original.of(number)[0]
    return chosen
