"""Many documents made into rows at once, as PostgreSQL's binary COPY takes them: for an index made anew.

Law: the same rows as `postgres_index_rows.written`, for a batch. Every word is turned into a number by one look-up;
after that one sort of numbers brings together what stands in one document under one term:

    document | title or text | rank of the term | number of the text | place in it | whether it counts as in a summary

What does not fit (`postgres_index_rows.LONG`) is left to `written`. Comes from: `postgres_index_hands`.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from search.analysis import MAX_TEXTS, SEPARATOR, TEXT_STEP, Parts
from search.postgres_index_known import NO_POSITIONS, Array, Known
from search.postgres_index_rows import (
    BROADER,
    END,
    FIRST,
    MAX_POSITION,
    MAX_POSITIONS,
    MAX_VECTOR,
    MUCH,
    NAME,
    OFTEN,
    OWN,
    TEXT,
    TITLE,
    beginnings,
    lexeme,
)
from search.postgres_index_server import plain
from search.ranking import BODY, SUMMARY

MAX_DOCUMENTS = 512
"""Documents of a batch."""

MAX_TOKENS = 400_000
"""Words of a batch from which it is full: some 200 MB while rows are made of them."""

Truths = NDArray[np.bool_]

_PLACE_BITS = TEXT_STEP.bit_length() - 1
_TEXT_BITS = MAX_TEXTS.bit_length() - 1
_RANK_BITS = 26
_TEXT_AT = 1 + _PLACE_BITS
_RANK_AT = _TEXT_AT + _TEXT_BITS
_FIELD_AT = _RANK_AT + _RANK_BITS
_DOCUMENT_AT = _FIELD_AT + 1

_NUMBER = Struct(">i")
_TITLE, _TEXT, _OFTEN = TITLE.encode(), TEXT.encode(), OFTEN.encode()


@dataclass(frozen=True, slots=True)
class Built:
    """The columns `words`, `weights` and `places` of a document as they are sent, and the keys of its spellings."""

    words: bytes
    weights: bytes
    places: bytes
    spellings: frozenset[str]


class Batch:
    """Documents to be made into rows together: `add` each, then `rows`."""

    def __init__(self, known: Known) -> None:
        """`known`: words of this batch or of earlier ones too."""
        self._known = known
        self._parts: list[Parts] = []
        self._numbers = array("l")
        self._bases: list[int] = []
        self._lengths: list[int] = []

    @property
    def full(self) -> bool:
        """Whether to make rows of it now."""
        return len(self._parts) >= MAX_DOCUMENTS or len(self._numbers) >= MAX_TOKENS

    def add(self, parts: Parts) -> None:
        """The next document."""
        base = len(self._parts) << _DOCUMENT_AT
        self._parts.append(parts)
        for passage in parts.passages:
            where = base | (passage.text << _TEXT_AT) | passage.summary | ((not passage.title) << _FIELD_AT)
            if passage.words:
                self._numbers.extend(map(self._known.words_of(passage.language).__getitem__, passage.words))
                self._bases.append(where | (passage.start << 1))
                self._lengths.append(len(passage.words))
            for place, said in passage.expressions:
                self._numbers.append(self._known.alone[said])
                self._bases.append(where | ((passage.start + place) << 1))
                self._lengths.append(1)

    def rows(self) -> list[tuple[Parts, Built | None]]:
        """Each document in turn with its row; None for one that `written` has to make."""
        ranks, order = self._known.ranks()
        keys = self._keys(ranks)
        keys.sort()
        said = _Said(self._known, keys, order, self._parts)
        return [(parts, said.row(number, parts)) for number, parts in enumerate(self._parts)]

    def _keys(self, ranks: Array) -> Array:
        """One number for each term of each word."""
        lengths = np.array(self._lengths, np.int64)
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        stands = np.repeat(np.array(self._bases, np.int64), lengths) + (within << 1)
        numbers = np.array(self._numbers, np.int64)
        sizes, held = np.array(self._known.sizes, np.int64), np.array(self._known.held, np.int64)
        each = sizes[numbers]
        first = (np.cumsum(sizes) - sizes)[numbers]
        nth = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
        terms = held[np.repeat(first, each) + nth]
        return np.asarray((ranks[terms] << _RANK_AT) + np.repeat(stands, each))


class _Said:
    """The postings of a batch: arrays over all of them, and how they are written."""

    def __init__(self, known: Known, keys: Array, order: Array, parts: Sequence[Parts]) -> None:
        self._known = known
        postings = keys >> _RANK_AT
        begins = _changes(postings)
        starts = np.flatnonzero(begins)
        terms = order[postings[starts] & ((1 << _RANK_BITS) - 1)]
        texts = (keys >> _TEXT_AT) & ((1 << _TEXT_BITS) - 1)
        places = (keys >> 1) & ((1 << _PLACE_BITS) - 1)
        weights = _weights(keys, starts)
        is_text = ((postings[starts] >> _RANK_BITS) & 1).astype(bool)
        self._often = (is_text & (weights >= MUCH)).tolist()
        self._lexemes, self._tails, self._crowded = self._placed(terms, begins, starts, texts, places, postings, parts)
        lines = list(map(known.lines.__getitem__, (terms + 1).tolist()))
        letters = [b"\n" + (_TEXT if text else _TITLE) for text in is_text.tolist()]
        self._weights = _woven(letters, lines, _written(weights))
        of_key = np.zeros(len(keys), np.int64)
        of_key[starts] = terms + 1
        heads = list(map(known.lines.__getitem__, of_key.tolist()))
        marks = [b""] * len(keys)
        for place, letter in zip(starts.tolist(), letters, strict=True):
            marks[place] = letter
        shown = list(map(known.decimals.__getitem__, (texts * TEXT_STEP + places + 1).tolist()))
        self._places = _woven(marks, heads, shown)
        bounds = np.arange(len(parts) + 1)
        documents = keys >> _DOCUMENT_AT
        self._key_bounds = np.searchsorted(documents, bounds).tolist()
        fields = postings[starts] >> _RANK_BITS
        self._bounds = np.searchsorted(fields, np.arange(2 * len(parts) + 1)).tolist()

    def _placed(
        self, terms: Array, begins: Truths, starts: Array, texts: Array, places: Array, postings: Array,
        parts: Sequence[Parts],
    ) -> tuple[list[bytes], list[bytes], set[int]]:  # fmt: skip
        """Of each posting its lexeme, and how many positions it has and which; documents with too many or too far."""
        shifts = np.zeros((len(parts), MAX_TEXTS), np.int64)
        far = set()
        for number, each in enumerate(parts):
            positions = beginnings(each)
            shifts[number, : len(positions) - 1] = positions[:-1]
            if positions[-1] > MAX_POSITION:
                far.add(number)
        documents = postings >> (_RANK_BITS + 1)
        at = shifts[documents, texts] + places
        fresh = np.asarray(begins | _changes(at))  # a word and an expression may say one thing at one place
        counts = np.add.reduceat(fresh, starts) if len(starts) else starts
        given = np.diff(np.append(starts, len(at)))
        far.update(documents[starts[given > MAX_POSITIONS]].tolist())
        kept = at[fresh]
        kept_starts = np.cumsum(counts) - counts
        woven = np.insert(kept, kept_starts, counts) & 0xFFFF
        sent = woven.astype(">u2").tobytes()
        ends = (2 * (np.cumsum(counts) + np.arange(1, len(counts) + 1))).tolist()
        tails = [sent[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        names = self._known.names
        return [names[term] for term in terms.tolist()], tails, far

    def row(self, number: int, parts: Parts) -> Built | None:
        """A document; None where a tsvector cannot hold what it says."""
        if number in self._crowded:
            return None
        titles, texts, end = self._bounds[2 * number : 2 * number + 3]
        names, spellings = _spelled(parts, self._known)
        firsts = [key for key, places in names.items() if any(not place % TEXT_STEP for place in places)]
        often = [at for at in range(texts, end) if self._often[at]]
        alone = [
            *_alone(BROADER, parts.narrower_than),
            *_alone(OWN, parts.concepts),
            *_alone(FIRST, _folded(firsts)),
            *[_OFTEN + self._lexemes[at] + NO_POSITIONS[1:] for at in often],
            *_alone(NAME, _folded(names)),
        ]
        count = len(alone) + len(spellings) + end - titles
        words = b"".join(
            [
                *(_NUMBER.pack(count), *alone, *self._postings(_TITLE, titles, texts)),
                *(*map(self._known.spelled.__getitem__, sorted(spellings)), *self._postings(_TEXT, texts, end)),
            ]
        )  # in the order that PostgreSQL keeps them in, so that it need not sort
        if len(words) > MAX_VECTOR // 2:
            return None
        lines = [
            f"\n{NAME}{key}{END}{','.join([str(place + 1) for place in places])}".encode()
            for key, places in names.items()
        ]
        first, last = self._key_bounds[number : number + 2]
        return Built(
            words=words,
            weights=b"".join(self._weights[3 * titles : 3 * end]) + b"\n",
            places=b"".join([*self._places[3 * first : 3 * last], *lines, b"\n"]),
            spellings=spellings,
        )

    def _postings(self, letter: bytes, first: int, last: int) -> list[bytes]:
        return _woven([letter] * (last - first), self._lexemes[first:last], self._tails[first:last])


def _alone(letter: str, words: Iterable[str]) -> list[bytes]:
    """Lexemes without positions, in order."""
    return sorted(lexeme(letter, word).encode() + NO_POSITIONS for word in words)


def _folded(keys: Iterable[str]) -> set[str]:
    """The spellings of some keys, as somebody types them."""
    return {plain(key.partition(SEPARATOR)[0]) for key in keys}


def _spelled(parts: Parts, known: Known) -> tuple[dict[str, list[int]], frozenset[str]]:
    """Keys of the spellings in titles, with their places; and of those in titles and summaries."""
    names: dict[str, list[int]] = {}
    every: set[str] = set()
    for passage in parts.passages:
        keys = known.keys_of(passage.language)
        if passage.title:
            for place, word in enumerate(passage.words, passage.text * TEXT_STEP + passage.start):
                for key in keys[word]:
                    names.setdefault(key, []).append(place)
        elif passage.summary:
            every.update(*map(keys.__getitem__, passage.words))
    return names, frozenset(every.union(names))


def _changes(values: Array) -> Truths:
    """Where another value begins."""
    changes = np.ones(len(values), bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _weights(keys: Array, starts: Array) -> NDArray[np.float64]:
    """The weight of each posting: of its words in the text that has most."""
    if not len(keys):
        return np.zeros(0)
    worth = np.array([BODY, SUMMARY])[keys & 1]
    text_starts = np.flatnonzero(_changes(keys >> _TEXT_AT))
    by_text = np.add.reduceat(worth, text_starts)
    return np.asarray(np.maximum.reduceat(by_text, np.searchsorted(text_starts, starts)))


def _written(weights: NDArray[np.float64]) -> list[bytes]:
    values, which = np.unique(weights, return_inverse=True)
    shown = [repr(value).encode() for value in values.tolist()]
    return list(map(shown.__getitem__, which.tolist()))


def _woven(first: list[bytes], second: list[bytes], third: list[bytes]) -> list[bytes]:
    """One of each in turn."""
    woven = [b""] * (3 * len(first))
    woven[0::3], woven[1::3], woven[2::3] = first, second, third
    return woven
