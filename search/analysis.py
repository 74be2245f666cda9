"""A document taken apart: which forms stand where, how often, and under which concepts.

Law: one analysis for every index, so that an index differs in how it keeps words and never in which ones. Pure.
Comes from: `Document`. Goes to: `memory_index` (keeps it as it is) and `whoosh_index_schema` (writes it).
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from search.document import Document, Text
from search.language import forms, words
from search.ranking import BODY, SUMMARY
from search.vocabulary import Vocabulary

TEXT_STEP = 1 << 20
"""Places of the n-th text begin at n × this, so that no phrase runs from one language into the next."""

MAX_WORDS = 60_000
"""Words indexed of one field of one text; a record of 256 KiB has fewer."""

_GAP = 100  # places between a summary and its body: a phrase does not run over the edge


@dataclass(slots=True)
class Posting:
    """One form in one field: `weight` and `places` (ascending).

    The weight is the number of occurrences, a summary's counting double, in the text that has most of them.
    """

    weight: float = 0.0
    places: "array[int]" = field(default_factory=lambda: array("I"))


@dataclass(frozen=True, slots=True)
class Analysed:
    """What an index needs to know of a document.

    `languages`: of its texts, the original's first; place // TEXT_STEP is a position in it. `title_length` and
    `text_length`: words per text, on average. `narrower_than`: concepts broader than its own.
    """

    document: Document
    languages: tuple[str, ...]
    title: dict[str, Posting]
    text: dict[str, Posting]
    title_length: int
    text_length: int
    concepts: frozenset[str]
    narrower_than: frozenset[str]


def analyse(document: Document, vocabulary: Vocabulary) -> Analysed:
    """Take `document` apart. Time is linear in its length; see `MAX_WORDS`."""
    languages = (document.language, *sorted(set(document.texts) - {document.language}))
    languages = tuple(language for language in languages if language in document.texts)
    title: dict[str, Posting] = {}
    text: dict[str, Posting] = {}
    title_length = text_length = 0
    for number, language in enumerate(languages):
        wording: Text = document.texts[language]
        start = number * TEXT_STEP
        titled: dict[str, Posting] = {}
        title_length += _enter(titled, wording.title, language, start, 1.0)
        _join(title, titled)
        said: dict[str, Posting] = {}
        summary = _enter(said, wording.summary, language, start, SUMMARY)
        text_length += summary + _enter(said, wording.body, language, start + summary + _GAP, BODY)
        _join(text, said)
    share = max(1, len(languages))
    concepts = frozenset(document.concepts)
    return Analysed(
        document=document,
        languages=languages,
        title=title,
        text=text,
        title_length=title_length // share,
        text_length=text_length // share,
        concepts=concepts,
        narrower_than=vocabulary.broader(concepts),
    )


def _enter(into: dict[str, Posting], text: str, language: str, start: int, weight: float) -> int:
    """Enter every form of `text` with its place; returns the number of words, stop words included."""
    place = start - 1
    for place, (_, _, word) in enumerate(words(text), start=start):
        if place - start >= MAX_WORDS:
            return MAX_WORDS
        for form in forms(word, language):
            posting = into.get(form)
            if posting is None:
                posting = into[form] = Posting()
            posting.weight += weight
            posting.places.append(place)
    return place - start + 1


def _join(all_texts: dict[str, Posting], one: dict[str, Posting]) -> None:
    """Add one text's postings: places to places, and the greater weight: a translation adds none."""
    for form, posting in one.items():
        known = all_texts.setdefault(form, posting)
        if known is not posting:
            known.weight = max(known.weight, posting.weight)
            known.places.extend(posting.places)


def phrase_at(sequence: "Iterable[tuple[int, Iterable[array[int]]]]") -> set[int]:
    """Places where a phrase begins. `sequence`: each word's distance from the first, and the places of its forms."""
    begins: set[int] | None = None
    for distance, found in sequence:
        here = {place - distance for places in found for place in places}
        begins = here if begins is None else begins & here
        if not begins:
            return set()
    return begins or set()
