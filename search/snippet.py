"""The part of a text to show under a hit, and which of its words matched.

Law: whole words only. A fragment begins and ends at the edge of a word, so that no Arabic letter loses its neighbour
and no mark its letter. Plain text in, plain text out: the page escapes, and chooses how to mark. Made for the ten hits
that are shown and for no others. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.document import Query
from search.language import LANGUAGES, forms, spans, word_list, words
from search.meant import COMPOUNDED, Meant
from search.vocabulary import Vocabulary

MAX_TEXT = 50_000
"""Characters of a text that are looked through; a match further down is not shown."""

_MAX_QUERY = 256  # characters of a query, as in `search.plan`
_BEFORE = 0.3  # share of the width that is shown before the first match
_EDGES = 4  # characters for an ellipsis and a space, or for punctuation, at each edge of the passage
_SPACES = re.compile(r"\s+")

_NOTHING: frozenset[str] = frozenset()

Fragment = tuple[str, bool]
"""A piece of text, and whether it is a word that matched."""


def snippet(
    text: str, query: Query | str, language: str, width: int = 240, vocabulary: Vocabulary | None = None
) -> list[Fragment]:
    """The passage of `text` (in `language`) with most words of `query`, in about `width` characters and never more.

    With a `vocabulary`, what means the same as a word of the query is found and marked too. Fragments in reading
    order, to be put together as they are; white space is one space. "…" stands where text was left out. The
    beginning when nothing matches, nothing when not one whole word fits; never raises.
    """
    found = passage(text, query, language, width, vocabulary)
    return found or _shown(text, [(start, end, _NOTHING) for start, end in spans(text[:MAX_TEXT])], width)


def passage(
    text: str, query: Query | str, language: str, width: int = 240, vocabulary: Vocabulary | None = None
) -> list[Fragment]:
    """As `snippet`; nothing when nothing matches, and that is told without a look at where the words stand."""
    asked, reader = (query.words, query.language) if isinstance(query, Query) else (query, "")
    sought = _sought(asked, reader, language, vocabulary)
    said = word_list(text[:MAX_TEXT])
    read = vocabulary.meanings.read(said, language) if vocabulary else [forms(word, language) for word in said]
    places = sought.places(read)
    if not places:
        return []
    matched = {place: sought.forms.intersection(read[place]) for place in places}
    if vocabulary is not None and sought.names:
        for place, names in _meant(places, said, language, sought.names, vocabulary).items():
            matched[place] = matched.get(place, _NOTHING) | names
    if not any(matched.values()):
        return []
    spoken = enumerate(spans(text[:MAX_TEXT]))
    return _shown(text, [(start, end, matched.get(place, _NOTHING)) for place, (start, end) in spoken], width)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is looked for in texts of one language. `forms`: of the words asked for; `names`: what these mean;
    `either`: the forms, and the stems that the labels of what is meant begin with."""

    forms: frozenset[str]
    names: frozenset[str]
    either: frozenset[str]

    def places(self, read: Sequence[tuple[str, ...]]) -> list[int]:
        """Where there is a word that matches, or that may begin what does."""
        is_strange = self.either.isdisjoint
        return [place for place, found in enumerate(read) if not is_strange(found)]


@lru_cache(maxsize=64)  # a page of hits asks the same for each of its texts
def _sought(query: str, reader: str, language: str, vocabulary: Vocabulary | None) -> _Sought:
    asked = _asked(query)
    if vocabulary is None:
        return _Sought(asked, _NOTHING, asked)
    names = _names(query, reader, vocabulary)
    return _Sought(asked, names, asked | vocabulary.meanings.beginnings(names, language))


@lru_cache(maxsize=64)
def _asked(text: str) -> frozenset[str]:
    """Every form of every word of the query, in any language: a French word in a German text is marked too."""
    return frozenset(
        form for _, _, word in words(text[:_MAX_QUERY]) for language in LANGUAGES for form in forms(word, language)
    )


@lru_cache(maxsize=64)
def _names(query: str, reader: str, vocabulary: Vocabulary) -> frozenset[str]:
    """Everything that the words of the query mean."""
    asked = [word for _, _, word in words(query[:_MAX_QUERY])]
    languages = tuple(dict.fromkeys([reader, *vocabulary.languages])) if reader else vocabulary.languages
    meant = Meant(asked, languages, vocabulary)
    whole = [name for place in range(len(asked)) for name in meant.of(place)]
    parts = [meant.parts(place) for place in range(len(asked))]
    return frozenset(whole).union(*(_parts(each, vocabulary) for each in parts if each))


def _parts(parts: Sequence[str], vocabulary: Vocabulary) -> frozenset[str]:
    """What the parts of a compound mean."""
    return frozenset(name for each in vocabulary.meanings.expressions(parts, COMPOUNDED) for name in each.names)


def _meant(
    places: Sequence[int], said: Sequence[str], language: str, asked: frozenset[str], vocabulary: Vocabulary
) -> dict[int, frozenset[str]]:
    """For each word of a text that means something asked for, alone or in an expression that begins at one of these
    places: what."""
    meant: dict[int, frozenset[str]] = {}
    for expression in vocabulary.meanings.expressions_at(places, said, language):
        names = expression.names & asked
        for place in range(expression.start, expression.end) if names else ():
            meant[place] = meant.get(place, _NOTHING) | names
    return meant


_Found = tuple[int, int, frozenset[str]]


def _shown(text: str, found: Sequence[_Found], width: int) -> list[Fragment]:
    """The best passage, or the beginning."""
    first, last = _window(found, width)
    if last < first:
        return []
    return _fragments(text, found[first : last + 1], first > 0, last < len(found) - 1 or len(text) > MAX_TEXT)


def _window(found: Sequence[_Found], width: int) -> tuple[int, int]:
    """First and last word of the passage with most different forms asked for, then with most matches, then the first.

    Passages begin a little before a match; (0, -1) when no word fits.
    """
    best, best_value = _from(found, 0, width), (0, 0)
    for place, (start, _, matched) in enumerate(found):
        if not matched:
            continue
        first = place
        while first > 0 and start - found[first - 1][0] <= width * _BEFORE:
            first -= 1
        window = _from(found, first, width)
        if window[1] < place:
            window = _from(found, place, width)
        inside = [each for _, _, each in found[window[0] : window[1] + 1] if each]
        value = (len(frozenset[str]().union(*inside)), len(inside))
        if value > best_value:
            best, best_value = window, value
    return best


def _from(found: Sequence[_Found], first: int, width: int) -> tuple[int, int]:
    """The words from `first` on that fit into `width`, with room at both edges."""
    last = first - 1
    for place in range(first, len(found)):
        if found[place][1] - found[first][0] > width - _EDGES:
            break
        last = place
    return first, last


def _fragments(text: str, found: Sequence[_Found], before: bool, after: bool) -> list[Fragment]:
    pieces: list[Fragment] = [("… ", False)] if before else []
    at = found[0][0] if before or len(text[: found[0][0]].lstrip()) > 2 else 0
    for start, end, matched in found:
        if matched:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    pieces.append((text[at : found[-1][1]], False))
    pieces.append((" …" if after else _rest(text, found[-1][1]), False))
    spaced = [(_SPACES.sub(" ", piece), marked) for piece, marked in pieces]
    spaced[0] = (spaced[0][0].lstrip() if not before else spaced[0][0], spaced[0][1])
    return [piece for piece in spaced if piece[0]]


def _rest(text: str, end: int) -> str:
    """The full stop or closing bracket after the last word of all, if there is not more."""
    rest = text[end:].rstrip()
    return rest if len(rest) <= 2 else ""
