"""What a query means, before any index is asked: its words, phrases and meanings.

Law: nothing a reader types is syntax, and nothing raises. Plain words, and phrases between double quotation marks of
any script; everything else separates words. All bounds of a query live here. Pure. Comes from: `Query`; `meant` says
what its words stand for. Goes to: `memory_index`, `whoosh_index_find`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from search.document import FACETS, SORTS, Query
from search.language import forms, words
from search.meant import COMPOUNDED, Meant
from search.vocabulary import Vocabulary

MAX_CHARACTERS = 256
MAX_WORDS = 12
MAX_LIMIT = 100
MAX_OFFSET = 10_000
MAX_VALUES = 200
MAX_UNKNOWN = 3
"""Bounds of a query: what lies beyond is not looked at. A reader's longest sentence, not the machine's limit."""

_MARKS = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
_QUOTED = re.compile(f"[{_MARKS}]([^{_MARKS}]*)[{_MARKS}]")


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing a document should match: a word, by any of `forms` and of what it means; or a phrase, by `sequences`.

    A sequence is a phrase in one language: for each word that is no stop word, its distance from the first and its
    forms. `meanings`: names of what the word, or an expression that it is part of, stands for, with the share that a
    match of it counts; `concepts`: those of them that an author may have chosen for a record. `optional`: adds to the
    score only (a stop word of another language). `unknown`: a word that means nothing we know, as it was typed: when no
    document has it either, `instead` says what was probably meant; `written` is how that is written.
    """

    forms: frozenset[str]
    sequences: tuple[tuple[tuple[int, tuple[str, ...]], ...], ...] = ()
    concepts: frozenset[str] = frozenset()
    meanings: tuple[tuple[str, float], ...] = ()
    optional: bool = False
    unknown: str = ""
    written: str = ""


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


def plan(query: Query, vocabulary: Vocabulary) -> Plan:
    """Understand `query`. Time and result are bounded by the constants of this module, whatever is in it."""
    loose, phrases = _split(query.words)
    languages = tuple(dict.fromkeys([query.language, *vocabulary.languages]))
    if query.language not in vocabulary.languages:
        languages = vocabulary.languages
    readings = [_Reading(word, {language: forms(word, language) for language in languages}) for word in loose]
    needs = _needs(readings, languages[0] if languages[0] == query.language else "")
    meant = Meant([reading.word for reading in readings], languages, vocabulary)
    units = [
        unit
        for number, reading in enumerate(readings)
        if needs[number] is not _Need.DROPPED
        for unit in _word(number, reading, needs[number], meant)
    ]
    units += [unit for phrase in phrases for unit in _phrase(phrase, languages)]
    unknown = [number for number, unit in enumerate(units) if unit.unknown][MAX_UNKNOWN:]
    units = [replace(unit, unknown="") if number in unknown else unit for number, unit in enumerate(units)]
    return Plan(
        units=tuple(units[:MAX_WORDS]),
        concepts=concepts_of(units[:MAX_WORDS]),
        asked=bool(query.words.strip()),
        filters={name: frozenset(query.filters[name][:MAX_VALUES]) for name in FACETS if query.filters.get(name)},
        facets=tuple(name for name in FACETS if name in query.facets),
        sort=query.sort if query.sort in SORTS else SORTS[0],
        offset=min(max(query.offset, 0), MAX_OFFSET),
        limit=min(max(query.limit, 0), MAX_LIMIT),
    )


def instead(unit: Unit, language: str, vocabulary: Vocabulary) -> Unit | None:
    """What a reader of `language` probably meant by an `unknown` word: the nearest words of labels, as one unit."""
    guessed = vocabulary.meanings.guesses(unit.unknown, language) if unit.unknown else ()
    if not guessed:
        return None
    shares: dict[str, float] = {}
    for word in guessed:
        shares |= Meant([word], (language,), vocabulary).of(0)
    every = frozenset(form for word in guessed for form in forms(word, language))
    return replace(_unit(every, shares, vocabulary, False), written=guessed[0])


def concepts_of(units: Iterable[Unit]) -> tuple[str, ...]:
    """The concepts recognised in some units, in the order of the words."""
    return tuple(dict.fromkeys(concept for unit in units for concept in sorted(unit.concepts)))


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


def _word(number: int, reading: _Reading, need: _Need, meant: Meant) -> list[Unit]:
    """The word as one unit; a compound that means nothing as a whole as one unit for each of its parts."""
    every = frozenset(form for found in reading.forms.values() for form in found)
    optional = need is _Need.OPTIONAL
    meanings = meant.of(number)
    parts = () if meanings else meant.parts(number)
    if parts:
        whole = Meant(parts, (COMPOUNDED,), meant.vocabulary)
        return [
            _unit(every | frozenset(forms(part, COMPOUNDED)), whole.of(place), meant.vocabulary, optional)
            for place, part in enumerate(parts)
        ]
    unit = _unit(every, meanings, meant.vocabulary, optional)
    return [unit if meanings or optional else replace(unit, unknown=reading.word)]


def _unit(every: frozenset[str], meanings: Mapping[str, float], vocabulary: Vocabulary, optional: bool) -> Unit:
    return Unit(
        forms=every,
        concepts=frozenset(name for name in meanings if name in vocabulary),
        meanings=tuple(sorted(meanings.items())),
        optional=optional,
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
