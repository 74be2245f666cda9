"""One document as one row, and back: lexemes to be found by, and what scoring needs of every word.

Law: the words of `Analysed.title` and `.text` are opaque. A lexeme is a letter for where the word stands and the word;
its positions are the word's, so that `<->` means here what a phrase means in `memory_match`. What tsvector cannot hold
(positions beyond 16,383, more than 255 of one lexeme) makes a row `LONG`: its lexemes have no positions, and its
phrases are looked for in `places` instead. Pure. Goes to: `postgres_index_writing`, `_building`, `_find`, `_match`.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

from search.analysis import SEPARATOR, TEXT_STEP, Analysed, Parts, Posting
from search.document import Document
from search.postgres_index_server import plain, safe

TITLE, TEXT, OFTEN = "t", "x", "h"
OWN, BROADER = "c", "b"
NAME, FIRST, SPELLING = "n", "f", "w"
LONG = "!"
"""First letters of lexemes: a word in a title; in a text; in a text with a weight of `MUCH`; a concept of the document;
one that is broader; a spelling in a title; one that begins a title; the key of a spelling in a title or summary; and
the mark of a row without positions."""

MUCH = 4.0
"""Weight in the text from which a word counts as said often, when candidates are chosen among many."""

MAX_LEXEME = 1_000
"""Bytes; what is longer is found by its hash. PostgreSQL's own limit is 2,046."""

MAX_VECTOR = 900_000
"""Bytes of all lexemes of a row, of the 1,048,575 that a tsvector may have. Words beyond are not found."""

MAX_POSITION, MAX_POSITIONS = 16_383, 255
"""What a position, and the number of them that one lexeme has, may be in a tsvector."""

_GAP = 20  # positions between two texts: more than a phrase has
END = "\x1e"  # after a word in `weights` and `places`; `safe` keeps it out of words


@dataclass(frozen=True, slots=True)
class Row:
    """The columns that `written` makes, by the names they have in the table (`postgres_index_schema`)."""

    uri: str
    kind: str
    public: bool
    language: str
    commune: str
    stamp: int
    starts: date | None
    ends: date | None
    title_length: int
    text_length: int
    languages: list[str]
    title_keys: list[str]
    concepts: list[str]
    narrower: list[str]
    lesser: list[str]
    words: str
    weights: bytes
    places: bytes
    spellings: frozenset[str]


def written(analysed: Analysed) -> Row:
    """The row of a document, but for the codes of its facets."""
    parts, document = analysed.parts, analysed.parts.document
    spellings = frozenset(map(key_of, {*analysed.names, *analysed.others}))
    words, weights, places = _said(analysed)
    words += [(quoted(OWN, each), "") for each in parts.concepts]
    words += [(quoted(BROADER, each), "") for each in parts.narrower_than]
    words += [(quoted_key(key), "") for key in spellings]
    long = beginnings(parts)[-1] > MAX_POSITION
    return Row(
        uri=safe(document.uri),
        kind=safe(document.kind),
        public=document.public,
        language=safe(document.language),
        commune=safe(document.commune),
        stamp=document.stamp,
        starts=document.start,
        ends=document.end,
        title_length=parts.title_length,
        text_length=parts.text_length,
        languages=[safe(each) for each in parts.languages],
        title_keys=[safe(each) for each in parts.title_keys],
        concepts=[safe(each) for each in sorted(parts.concepts)],
        narrower=[safe(each) for each in sorted(parts.narrower_than)],
        lesser=[safe(each) for each in sorted(document.lesser)],
        words=_vector(words, long),
        weights=f"{''.join(weights)}\n".encode(),
        places=f"{''.join(places)}\n".encode(),
        spellings=spellings,
    )


def _said(analysed: Analysed) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """Lexemes with their positions, and the lines of `Row.weights` and `places`.

    A place is written with 1 added: in the first text, which is most often the only one, that is its position.
    """
    starts = beginnings(analysed.parts)
    words: list[tuple[str, str]] = []
    weights: list[str] = []
    lines: list[str] = []
    for letter, field in ((TITLE, analysed.title), (TEXT, analysed.text)):
        for form, posting in field.items():
            lexeme, line = _entry(letter, form)
            places = posting.places
            shown = placed = ",".join([str(place + 1) for place in places])
            if places and places[-1] >= TEXT_STEP:
                placed = ",".join([str(starts[place // TEXT_STEP] + place % TEXT_STEP) for place in places])
            words.append((lexeme, placed if len(places) <= MAX_POSITIONS else LONG))
            weights.append(f"{line}{posting.weight!r}")
            lines.append(line + shown)
            if letter == TEXT and posting.weight >= MUCH:
                words.append((_entry(OFTEN, form)[0], ""))
    for key, places in analysed.names.items():
        spelled = key.partition(SEPARATOR)[0]
        words.append((_entry(NAME, spelled)[0], ""))
        if any(place % TEXT_STEP == 0 for place in places):
            words.append((_entry(FIRST, spelled)[0], ""))
        lines.append(f"\n{NAME}{key_of(key)}{END}{','.join([str(place + 1) for place in places])}")
    return words, weights, lines


def lexeme(letter: str, word: str) -> str:
    """What a word is kept under: a long one under its hash."""
    text = letter + safe(word)
    if len(text) > MAX_LEXEME // 4 and len(text.encode()) > MAX_LEXEME:
        return letter + sha256(text.encode()).hexdigest()
    return text


def quoted(letter: str, word: str) -> str:
    """A lexeme, in the quotes that tsvector and tsquery want."""
    return "'" + lexeme(letter, word).replace("\\", "\\\\").replace("'", "''") + "'"


def line_of(letter: str, word: str) -> str:
    """How the line of a word begins in `Row.weights` and `places`."""
    return f"\n{letter}{safe(word)}{END}"


def quoted_key(key: str) -> str:
    """The lexeme of a key of a spelling, as `Row.spellings` has it."""
    return "'" + SPELLING + key.replace("\\", "\\\\").replace("'", "''") + "'"


@lru_cache(maxsize=1 << 17)
def _entry(letter: str, word: str) -> tuple[str, str]:
    """A lexeme, and how the line of a word begins. The same words come again in many documents."""
    return quoted(letter, word), line_of(letter, word)


@lru_cache(maxsize=1 << 16)
def key_of(key: str) -> str:
    """The key of a spelling, safe but for its separator."""
    folded, _, shown = key.partition(SEPARATOR)
    return f"{safe(folded)}{SEPARATOR}{safe(shown)}"


def _vector(words: Sequence[tuple[str, str]], long: bool) -> str:
    """Everything a document is found by, as the text of a tsvector."""
    if not long and all(placed != LONG for _, placed in words):
        whole = " ".join([f"{lexeme}:{placed}" if placed else lexeme for lexeme, placed in words])
        if len(whole.encode()) <= MAX_VECTOR // 2:  # positions take as much room as their digits, at most twice
            return whole
    lexemes = sorted((lexeme for lexeme, _ in words), key=lambda lexeme: lexeme[1] == TEXT)  # the text's come last
    return " ".join(_bounded([f"'{LONG}'", *lexemes]))


def _bounded(lexemes: Iterable[str]) -> Iterator[str]:
    """As many as a tsvector can have."""
    room = MAX_VECTOR
    for each in lexemes:
        room -= len(each.encode()) + 1
        if room < 0:
            return
        yield each


def beginnings(parts: Parts) -> list[int]:
    """For each text, the position of the word at its place 0, and after the last one the next that is free.

    PostgreSQL's positions begin at 1 and may not be large.
    """
    ends = [0] * len(parts.languages)
    for passage in parts.passages:
        ends[passage.text] = max(ends[passage.text], passage.start + len(passage.words))
    starts = [1]
    for end in ends:
        starts.append(starts[-1] + end + _GAP)
    return starts


class Wanted:
    """The words of a query, prepared to be looked up in many rows."""

    def __init__(self, words: Collection[str]) -> None:
        self._sought = [
            (word, f"\n{TITLE}{safe(word)}{END}".encode(), f"\n{TEXT}{safe(word)}{END}".encode()) for word in words
        ]

    def fields(self, weights: bytes, places: bytes) -> tuple[dict[str, Posting], dict[str, Posting]]:
        """Postings of these words in the title and in the text of a row; without places if `places` is empty."""
        title: dict[str, Posting] = {}
        text: dict[str, Posting] = {}
        for word, in_title, in_text in self._sought:
            for into, line in ((title, in_title), (text, in_text)):
                at = weights.find(line)
                if at >= 0:
                    start = at + len(line)
                    weight = float(weights[start : weights.index(b"\n", start)])
                    into[word] = Posting(weight, _at(places, line))
        return title, text


def _at(places: bytes, line: bytes) -> "array[int]":
    at = places.find(line) if places else -1
    if at < 0:
        return array("I")
    start = at + len(line)
    return _array(places[start : places.index(b"\n", start)])


def _array(shown: bytes) -> "array[int]":
    return array("I", [int(place) - 1 for place in shown.split(b",")] if shown else [])


def names(places: bytes, spelled: str, beginning: bool) -> set[int]:
    """Places in titles where a word is spelled like this, or begins like this."""
    line = f"\n{NAME}{safe(spelled)}{'' if beginning else SEPARATOR}".encode()
    found: set[int] = set()
    at = places.find(line)
    while at >= 0:
        end = places.index(b"\n", at + 1)
        found.update(_array(places[places.index(END.encode(), at) + 1 : end]))
        at = places.find(line, end)
    return found


COLUMNS = (
    "uri, kind, public, language, commune, stamp, title_length, text_length, languages, title_keys, concepts, "
    "narrower, lesser, weights"
)
"""What `read` takes, in this order; then `places`, or an empty one."""


def read(values: tuple[Any, ...], wanted: Wanted) -> Analysed:
    """A document as `memory_match` takes it, with the words that are `wanted` and no others, and without its texts."""
    uri, kind, public, language, commune, stamp, titles, texts, languages, keys, *more = values
    concepts, narrower, lesser, weights, places = more
    title, text = wanted.fields(weights, places)
    return Analysed(
        parts=Parts(
            document=Document(
                uri=plain(uri),
                kind=plain(kind),
                language=plain(language),
                commune=plain(commune),
                texts={},
                concepts=(),
                public=public,
                stamp=stamp,
                lesser=tuple(map(plain, lesser)),
            ),
            languages=tuple(map(plain, languages)),
            passages=(),
            title_length=titles,
            text_length=texts,
            concepts=frozenset(map(plain, concepts)),
            narrower_than=frozenset(map(plain, narrower)),
            facets={},
            title_keys=tuple(map(plain, keys)),
        ),
        title=title,
        text=text,
        names={},
        others=frozenset(),
    )
