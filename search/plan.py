"""What a query means, before any index is asked: its words, phrases and concepts.

Law: nothing a reader types is syntax, and nothing raises. Plain words, and phrases between double quotation marks of
any script; everything else separates words. All bounds of a query live here. Pure. Comes from: `Query`. Goes to:
`memory_index`, `whoosh_index_find`, `snippet`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from search.document import FACETS, SORTS, Query
from search.language import forms, spelling, words
from search.vocabulary import Vocabulary

MAX_CHARACTERS = 256
MAX_WORDS = 12
MAX_LIMIT = 100
MAX_OFFSET = 10_000
MAX_VALUES = 200
"""Bounds of a query: what lies beyond is not looked at. A reader's longest sentence, not the machine's limit."""

_MARKS = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
_QUOTED = re.compile(f"[{_MARKS}]([^{_MARKS}]*)[{_MARKS}]")


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing a document must match: a word, by any of `forms`; or a phrase, by any of `sequences`.

    A sequence is a phrase in one language: for each word that is no stop word, its distance from the first and its
    forms. `concepts`: recognised in words that this one is part of; `labels`: those with the word in some label.
    `optional`: adds to the score only (a stop word of another language).
    """

    forms: frozenset[str]
    sequences: tuple[tuple[tuple[int, tuple[str, ...]], ...], ...] = ()
    concepts: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A query understood. `asked` is False when it has no words at all: then every document matches, newest first.

    `filters`: only those of `FACETS`, and only those that exclude something. `facets`: to be counted, each once.
    """

    units: tuple[Unit, ...]
    concepts: tuple[str, ...]
    asked: bool
    filters: Mapping[str, frozenset[str]]
    facets: tuple[str, ...]
    sort: str
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """A word, and its forms in each language."""

    word: str
    forms: dict[str, tuple[str, ...]]


class _Need(Enum):
    REQUIRED = 1
    OPTIONAL = 2
    DROPPED = 3


@dataclass(frozen=True, slots=True)
class _Span:
    """A label found in the words `start` to `end` (exclusive) of a query; `rank` 0 is the reader's language."""

    length: int
    rank: int
    start: int
    end: int
    concepts: frozenset[str]


def plan(query: Query, vocabulary: Vocabulary) -> Plan:
    """Understand `query`. Time and result are bounded by the constants of this module, whatever is in it."""
    loose, phrases = _split(query.words)
    languages = tuple(dict.fromkeys([query.language, *vocabulary.languages]))
    if query.language not in vocabulary.languages:
        languages = vocabulary.languages
    readings = [_Reading(word, {language: forms(word, language) for language in languages}) for word in loose]
    needs = _needs(readings, languages[0] if languages[0] == query.language else "")
    spans = _spans(readings, needs, languages, vocabulary)
    units = [
        _word(reading, needs[number], [span for span in spans if span.start <= number < span.end], vocabulary)
        for number, reading in enumerate(readings)
        if needs[number] is not _Need.DROPPED
    ]
    units += [unit for phrase in phrases for unit in _phrase(phrase, languages)]
    return Plan(
        units=tuple(units[:MAX_WORDS]),
        concepts=tuple(dict.fromkeys(concept for span in spans for concept in sorted(span.concepts))),
        asked=bool(query.words.strip()),
        filters={name: frozenset(query.filters[name][:MAX_VALUES]) for name in FACETS if query.filters.get(name)},
        facets=tuple(name for name in FACETS if name in query.facets),
        sort=query.sort if query.sort in SORTS else SORTS[0],
        offset=min(max(query.offset, 0), MAX_OFFSET),
        limit=min(max(query.limit, 0), MAX_LIMIT),
    )


def _split(text: str) -> tuple[list[str], list[list[str]]]:
    """The loose words, and the words of each quoted phrase; a quotation mark without its partner is nothing."""
    text = text[:MAX_CHARACTERS]
    phrases = [[word for _, _, word in words(quoted)][:MAX_WORDS] for quoted in _QUOTED.findall(text)]
    loose = [word for _, _, word in words(_QUOTED.sub(" ", text))]
    return loose[: 2 * MAX_WORDS], phrases[:MAX_WORDS]


def _needs(readings: Sequence[_Reading], reader: str) -> list[_Need]:
    """Which words must be found: no stop words of the reader's language; those of another language need not be.

    When that leaves no word to be found, every word counts that is none in some language.
    """
    needs = [_need(reading, reader) for reading in readings]
    if _Need.REQUIRED in needs:
        return needs
    if _Need.OPTIONAL in needs:
        return [_Need.REQUIRED if need is _Need.OPTIONAL else need for need in needs]
    return [_Need.REQUIRED if any(reading.forms.values()) else _Need.DROPPED for reading in readings]


def _need(reading: _Reading, reader: str) -> _Need:
    if not any(reading.forms.values()) or (reader and not reading.forms[reader]):
        return _Need.DROPPED
    return _Need.REQUIRED if all(reading.forms.values()) else _Need.OPTIONAL


def _spans(
    readings: Sequence[_Reading], needs: Sequence[_Need], languages: Sequence[str], vocabulary: Vocabulary
) -> list[_Span]:
    """Labels in the query, none overlapping another, in order: longer ones first, then the reader's language.

    Where two languages other than the reader's read the same words as different concepts, both are meant.
    """
    found: list[_Span] = []
    for rank, language in enumerate(languages):
        places = [number for number, reading in enumerate(readings) if reading.forms[language]]
        spoken = [(readings[place].forms[language], spelling(readings[place].word, language)) for place in places]
        for first, start in enumerate(places):
            length, concepts = vocabulary.longest(spoken[first:], language)
            end = places[first + length - 1] + 1
            if length and _Need.REQUIRED in needs[start:end]:
                found.append(_Span(length, rank, start, end, concepts))
    chosen: list[_Span] = []
    for span in sorted(found, key=lambda each: (-each.length, each.rank, each.start)):
        rivals = [other for other in chosen if span.start < other.end and other.start < span.end]
        same = all((other.start, other.end) == (span.start, span.end) and other.rank for other in rivals)
        if not rivals or same:
            chosen.append(span)
    return sorted(chosen, key=lambda each: (each.start, each.rank))


def _word(reading: _Reading, need: _Need, spans: Iterable[_Span], vocabulary: Vocabulary) -> Unit:
    concepts = frozenset[str]().union(*(span.concepts for span in spans))
    labels = frozenset[str]().union(
        *(vocabulary.with_form(form, language) for language, found in reading.forms.items() for form in found)
    )
    return Unit(
        forms=frozenset(form for found in reading.forms.values() for form in found),
        concepts=concepts,
        labels=labels - concepts,
        optional=need is _Need.OPTIONAL,
    )


def _phrase(phrase: Sequence[str], languages: Sequence[str]) -> list[Unit]:
    """The phrase as one unit; a single word as an exact word; nothing when it has only stop words."""
    sequences = []
    for language in languages:
        places = [(place, found) for place, word in enumerate(phrase) if (found := forms(word, language))]
        if places:
            sequences.append(tuple((place - places[0][0], found) for place, found in places))
    every = frozenset(form for sequence in sequences for _, found in sequence for form in found)
    if not every:
        return []
    if max(map(len, sequences)) == 1:
        return [Unit(every)]
    return [Unit(every, tuple(dict.fromkeys(sequences)))]
