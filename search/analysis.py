"""A document taken apart: which words stand where, under which concepts, and by which spellings it is recognised.

Law: one analysis for every index, so that an index differs in how it keeps words and never in which ones. `take_apart`
says what there is to keep and where it stands; `invert` keeps it in dicts. Pure. Comes from: `Document`. Goes to:
`memory_index` (inverted), `whoosh_index_building` (inverts many documents at once, to the same result) and `likeness`.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter

from search.document import FACETS, TREES, Document
from search.language import fold, spellings, word_list
from search.meanings import token
from search.ranking import BODY, SUMMARY
from search.vocabulary import Vocabulary

TEXT_STEP = 1 << 17
"""Places of the n-th text begin at n × this, so that no phrase runs from one language into the next."""

MAX_WORDS = 60_000
"""Words indexed of one field of one text; a record of 256 KiB has fewer. Twice this fits into `TEXT_STEP`."""

MAX_TEXTS = 16
"""Texts of a document that are indexed: the original, then its translations by the code of their language."""

MAX_NAMES = 64
"""Names of a document that are indexed."""

MAX_NAME = 20
"""Words of a name that are indexed."""

MAX_VALUES = 50
"""Values of one facet of a document, in the order of the record."""

SEPARATOR = "\x1f"
"""Between a folded spelling and the word as it is shown, in the key of a spelling."""

TITLE_KEY = 60
"""Characters of a title that count when hits are sorted by title."""

LAST = "\uffff"
"""What a document without a title is sorted under."""

_GAP = 100  # places between a summary and its body: a phrase does not run over the edge
_NO_WORDS: list[str] = []


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that stand together: a title, a summary or a body of the `text`-th text, from place `start` on.

    A place is `text` × `TEXT_STEP` + the number of the word; `start` counts within the text. `weight` is what one
    occurrence of a word counts. `expressions`: meanings of several words in a row, as tokens, each with the number of
    its first word.
    """

    title: bool
    summary: bool
    text: int
    language: str
    start: int
    words: list[str]
    expressions: list[tuple[int, str]]

    @property
    def weight(self) -> float:
        """Of a word in its field: 1 in a title."""
        return SUMMARY if self.summary else BODY


@dataclass(frozen=True, slots=True)
class Parts:
    """What there is to keep of a document.

    `languages`: of its texts, the original's first. `title_length` and `text_length`: words per text, on average.
    `narrower_than`: concepts broader than its own. `facets`: for each of `FACETS` the values, in `TREES` with what is
    broader. `title_keys`: for each text, what its title is sorted by.
    """

    document: Document
    languages: tuple[str, ...]
    passages: tuple[Passage, ...]
    title_length: int
    text_length: int
    concepts: frozenset[str]
    narrower_than: frozenset[str]
    facets: dict[str, tuple[str, ...]]
    title_keys: tuple[str, ...]


@dataclass(slots=True)
class Posting:
    """One form or meaning in one field: `weight` and `places` (ascending).

    The weight is the number of occurrences, a summary's counting double, in the text that has most of them.
    """

    weight: float = 0.0
    places: "array[int]" = field(default_factory=lambda: array("I"))


@dataclass(frozen=True, slots=True)
class Analysed:
    """`parts` with the words inverted: term -> `Posting` for titles and for texts; spellings -> places for titles.

    A term is a form of a word or the token of a meaning (`search.meanings`).

    `names`: key of a spelling -> where it stands in a title. `others`: keys of the spellings of the summaries.
    """

    parts: Parts
    title: dict[str, Posting]
    text: dict[str, Posting]
    names: "dict[str, array[int]]"
    others: frozenset[str]


def take_apart(document: Document, vocabulary: Vocabulary) -> Parts:
    """Find the words of `document`. Time is linear in its length; see `MAX_WORDS` and `MAX_TEXTS`."""
    languages = (document.language, *sorted(set(document.texts) - {document.language}))
    languages = tuple(language for language in languages if language in document.texts)[:MAX_TEXTS]
    passages: list[Passage] = []
    titles = texts = 0
    for number, language in enumerate(languages):
        wording = document.texts[language]
        title, summary, body = (
            word_list(each)[:MAX_WORDS] if each else _NO_WORDS
            for each in (wording.title, wording.summary, wording.body)
        )
        below = len(summary) + _GAP
        for is_title, is_summary, start, found in (
            (True, False, 0, title), (False, True, 0, summary), (False, False, below, body),
        ):  # fmt: skip
            said = _expressions(found, language, vocabulary)
            passages.append(Passage(is_title, is_summary, number, language, start, found, said))
        titles += len(title)
        texts += len(summary) + len(body)
        if not number:
            passages += _named(document.names, below + len(body) + _GAP, vocabulary)
    share = max(1, len(languages))
    concepts = frozenset(document.concepts)
    return Parts(
        document=document,
        languages=languages,
        passages=tuple(passages),
        title_length=titles // share,
        text_length=texts // share,
        concepts=concepts,
        narrower_than=vocabulary.broader(concepts),
        facets={facet: _values(document, facet, vocabulary) for facet in FACETS},
        title_keys=tuple(_title_key(each.words, each.language) for each in passages if each.title),
    )


def _expressions(words: list[str], language: str, vocabulary: Vocabulary) -> list[tuple[int, str]]:
    found = vocabulary.meanings.expressions(words, language, least=2)
    return [(each.start, token(name)) for each in found for name in sorted(each.names)]


def _named(names: Iterable[tuple[str, str]], start: int, vocabulary: Vocabulary) -> Iterator[Passage]:
    """The names of the town and organisations: each in its own language, in the first text, worth as in a summary."""
    for language, name in islice(names, MAX_NAMES):
        found = word_list(name)[:MAX_NAME]
        yield Passage(False, True, 0, language, start, found, _expressions(found, language, vocabulary))
        start += len(found) + _GAP


def _values(document: Document, facet: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    given = dict.fromkeys(document.values(facet)[:MAX_VALUES])
    if facet in TREES:
        given |= dict.fromkeys(sorted(vocabulary.broader(given)))
    return tuple(given)


def _title_key(title: list[str], language: str) -> str:
    spelled = (spellings(word, language)[1] for word in title[:TITLE_KEY])
    return " ".join(each[0] for each in spelled if each)[:TITLE_KEY] or LAST


def spelling_keys(word: str, language: str) -> Iterator[str]:
    """The keys under which a word is found by its spelling: what is typed, `SEPARATOR`, what is shown."""
    shown, found = spellings(word, language)
    for each in found:
        yield f"{each}{SEPARATOR}{shown}"


def typed(text: str, language: str) -> list[tuple[str, ...]]:
    """The spellings of each word of what somebody typed; the first word of them is never empty."""
    found = [spellings(word, language)[1] or (fold(word.lower()),) for word in word_list(text)]
    return [each for each in found if each[0]]


def invert(parts: Parts, vocabulary: Vocabulary) -> Analysed:
    """Enter every form, meaning and spelling with its places."""
    title: dict[str, Posting] = {}
    text: dict[str, Posting] = {}
    names: dict[str, array[int]] = {}
    others: set[str] = set()
    for number in range(len(parts.languages)):
        for into, is_title in ((title, True), (text, False)):
            found: dict[str, Posting] = {}
            for passage in parts.passages:
                if passage.text == number and passage.title == is_title:
                    _enter(found, passage, vocabulary)
            _join(into, found)
    for passage in parts.passages:
        for place, word in enumerate(passage.words, passage.text * TEXT_STEP + passage.start):
            if passage.title:
                for key in spelling_keys(word, passage.language):
                    names.setdefault(key, array("I")).append(place)
            elif passage.summary:
                others.update(spelling_keys(word, passage.language))
    return Analysed(parts, title, text, names, frozenset(others))


def _enter(into: dict[str, Posting], passage: Passage, vocabulary: Vocabulary) -> None:
    """Enter every form and meaning of a passage with its place."""
    terms = [(place, vocabulary.meanings.terms(word, passage.language)) for place, word in enumerate(passage.words)]
    terms += [(place, (said,)) for place, said in passage.expressions]
    for place, found in sorted(terms, key=itemgetter(0)):
        for term in found:
            posting = into.get(term)
            if posting is None:
                posting = into[term] = Posting()
            posting.weight += passage.weight
            posting.places.append(passage.text * TEXT_STEP + passage.start + place)


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
