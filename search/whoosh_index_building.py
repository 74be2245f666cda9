"""Many documents inverted at once: from the words of each document to the documents of each word.

Law: the same postings as `analysis.invert`, for a batch. Every word is turned into a number by one look-up; everything
after that is arithmetic on whole arrays. What a word becomes and where its forms stand is one 64-bit number,

    rank of the form | document | number of the text | place in it | whether it counts as in a summary

so that one sort does all of it. Bounded by `MAX_TOKENS`: some 8 bytes for each form of each word. Comes from:
`whoosh_index_writing`. Uses: `analysis`, `language`. Goes to: `whoosh_index_merging`.
"""

from array import array
from collections.abc import Callable, Iterable

import numpy as np

from search.analysis import MAX_TEXTS, TEXT_STEP, Parts, Passage, spelling_keys
from search.ranking import BODY, SUMMARY
from search.vocabulary import Vocabulary
from search.whoosh_index_blocks import Array, Lists
from search.whoosh_index_schema import CONCEPTS, NAMES, TEXT, TITLE, WORDS, key, marks

MAX_TOKENS = 1_000_000
"""Words in a batch: some 70 MB while it is inverted."""

MAX_WORDS = 300_000
"""Different words that are known at a time: some 100 MB."""

MAX_DOCUMENTS = 1 << 16
"""Documents in a batch."""

_PLACE_BITS = TEXT_STEP.bit_length() - 1
_TEXT_BITS = MAX_TEXTS.bit_length() - 1
_DOCUMENT_BITS = MAX_DOCUMENTS.bit_length() - 1
_TEXT_AT = 1 + _PLACE_BITS
_DOCUMENT_AT = _TEXT_AT + _TEXT_BITS
_RANK_AT = _DOCUMENT_AT + _DOCUMENT_BITS

Split = Callable[[str, str], Iterable[str]]
"""What a word is kept under, from the word and its language."""


class _Words(dict[str, int]):
    """Word -> number, one language's; a word never seen gets the next number, and what it is kept under is noted."""

    def __init__(self, language: str, kept: "_Kept") -> None:
        super().__init__()
        self._language, self._kept = language, kept

    def __missing__(self, word: str) -> int:
        number = self[word] = self._kept.note(word, self._language)
        return number


class _Kept:
    """Words by numbers, and for each number what it is kept under: numbers too, of forms or of spellings."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self._forms: dict[str, int] = {}
        self._names: list[bytes] = []
        self._order: list[int] = []
        self._words: dict[str, _Words] = {}
        self._alone: dict[str, int] = {}
        self.held, self.sizes = array("I"), array("B")

    def words(self, language: str) -> _Words:
        """The words of a language."""
        known = self._words.get(language)
        if known is None:
            known = self._words[language] = _Words(language, self)
        return known

    def note(self, word: str, language: str) -> int:
        """Number a new word."""
        return self._note(self._split(word, language))

    def alone(self, form: str) -> int:
        """The number of what is kept under one form only: an expression."""
        number = self._alone.get(form)
        if number is None:
            number = self._alone[form] = self._note((form,))
        return number

    def _note(self, forms: Iterable[str]) -> int:
        before = len(self.held)
        for form in forms:
            number = self._forms.get(form)
            if number is None:
                number = self._forms[form] = len(self._names)
                self._names.append(key(form))
            self.held.append(number)
        self.sizes.append(len(self.held) - before)
        return len(self.sizes) - 1

    def ranked(self) -> tuple[list[bytes], Array]:
        """The forms in order, and the place of each form in it."""
        fresh = sorted(range(len(self._order), len(self._names)), key=self._names.__getitem__)
        self._order = sorted(self._order + fresh, key=self._names.__getitem__)  # two runs: merged, not sorted again
        ranks = np.empty(len(self._order), np.uint64)
        ranks[self._order] = np.arange(len(self._order))
        return [self._names[number] for number in self._order], ranks


class Known:
    """What is known of words, over many batches: a word of a long text is looked up, not stemmed again."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.terms, self.spellings = _Kept(vocabulary.meanings.terms), _Kept(spelling_keys)

    @property
    def full(self) -> bool:
        """Whether to begin a new one: this one would take too much memory."""
        return len(self.terms.sizes) > MAX_WORDS


class _Field:
    """The words of one field of a batch."""

    def __init__(self, kept: _Kept, weighted: bool, placed: bool) -> None:
        self._kept = kept
        self._weighted, self._placed = weighted, placed
        self._numbers = array("I")
        self._bases: list[int] = []
        self._lengths: list[int] = []

    def add(self, document: int, passage: Passage) -> None:
        """Enter a passage."""
        if passage.words:
            self._numbers.extend(map(self._kept.words(passage.language).__getitem__, passage.words))
            self._bases.append(
                (document << _DOCUMENT_AT) | (passage.text << _TEXT_AT) | (passage.start << 1) | passage.summary
            )
            self._lengths.append(len(passage.words))

    def add_expressions(self, document: int, passage: Passage) -> None:
        """Enter the expressions of a passage, each at its first word."""
        base = (document << _DOCUMENT_AT) | (passage.text << _TEXT_AT) | passage.summary
        for place, said in passage.expressions:
            self._numbers.append(self._kept.alone(said))
            self._bases.append(base | ((passage.start + place) << 1))
            self._lengths.append(1)

    def lists(self, names: list[bytes], ranks: Array) -> Lists:
        """The posting lists of the field. `names`, `ranks`: all forms, those without postings too."""
        keys = self._keys(ranks)
        if not self._placed:
            keys &= ~np.uint64((1 << _DOCUMENT_AT) - 1)
        keys.sort()
        postings = keys >> _DOCUMENT_AT
        starts = np.flatnonzero(np.concatenate(([True], postings[1:] != postings[:-1])))[: len(keys)]
        ends = np.append(starts[1:], len(keys))
        firsts = postings[starts]
        return Lists(
            keys=names,
            sizes=np.bincount((firsts >> _DOCUMENT_BITS).astype(np.int64), minlength=len(names)),
            ids=(firsts & (MAX_DOCUMENTS - 1)).astype(np.uint32),
            weights=_weights(keys, postings, starts) if self._weighted else None,
            counts=(ends - starts).astype(np.uint32) if self._placed else None,
            places=((keys >> 1) & ((1 << (_DOCUMENT_AT - 1)) - 1)).astype(np.uint32) if self._placed else None,
        )

    def _keys(self, ranks: Array) -> Array:
        """One number for each form of each word."""
        lengths = np.array(self._lengths, np.int64)
        total = int(lengths.sum())
        within = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        stands = np.repeat(np.array(self._bases, np.uint64), lengths) + (within.astype(np.uint64) << 1)
        numbers = np.array(self._numbers, np.int64)
        self._numbers, self._bases, self._lengths = array("I"), [], []
        sizes = np.array(self._kept.sizes, np.int64)
        held = np.array(self._kept.held, np.int64)
        firsts = np.cumsum(sizes) - sizes
        each = sizes[numbers] if len(numbers) else np.zeros(0, np.int64)
        place = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
        forms_of = held[np.repeat(firsts[numbers], each) + place] if len(place) else np.zeros(0, np.int64)
        return np.asarray((ranks[forms_of] << _RANK_AT) | np.repeat(stands, each))


def _weights(keys: Array, postings: Array, starts: Array) -> Array:
    """The weight of each posting: of its words in the text that has most."""
    if not len(keys):
        return np.zeros(0)
    worth = np.array([BODY, SUMMARY])[(keys & 1).astype(np.int64)]
    texts = keys >> _TEXT_AT
    text_starts = np.flatnonzero(np.concatenate(([True], texts[1:] != texts[:-1])))
    by_text = np.add.reduceat(worth, text_starts)
    firsts = np.searchsorted(text_starts, starts)
    return np.asarray(np.maximum.reduceat(by_text, firsts))


class Batch:
    """Documents to be inverted together: `add` each, then `lists`."""

    def __init__(self, known: Known) -> None:
        """`known`: words of this batch or of earlier ones too."""
        self.known = known
        self._fields = {
            NAMES: _Field(known.spellings, weighted=False, placed=True),
            TEXT: _Field(known.terms, weighted=True, placed=True),
            TITLE: _Field(known.terms, weighted=True, placed=True),
            WORDS: _Field(known.spellings, weighted=False, placed=False),
        }
        self._marks: dict[str, list[int]] = {}
        self.tokens = 0
        self.documents = 0

    @property
    def full(self) -> bool:
        """Whether it is time to write it."""
        return self.tokens >= MAX_TOKENS or self.documents >= MAX_DOCUMENTS - 1

    def add(self, number: int, parts: Parts) -> None:
        """The document that has this number in its segment; numbers ascend."""
        self.documents = number + 1
        for passage in parts.passages:
            self.tokens += len(passage.words)
            field = self._fields[TITLE if passage.title else TEXT]
            field.add(number, passage)
            field.add_expressions(number, passage)
            if passage.title or passage.summary:
                self._fields[NAMES if passage.title else WORDS].add(number, passage)
        for mark in marks(parts):
            self._marks.setdefault(mark, []).append(number)

    def lists(self) -> dict[str, Lists]:
        """The posting lists of each field. The batch is empty afterwards."""
        found = {CONCEPTS: _marked(self._marks)}
        for kept, fields in ((self.known.terms, (TEXT, TITLE)), (self.known.spellings, (NAMES, WORDS))):
            names, ranks = kept.ranked()
            found |= {field: self._fields[field].lists(names, ranks) for field in fields}
        return found


def _marked(marked: dict[str, list[int]]) -> Lists:
    names = sorted(marked, key=key)
    ids = [number for name in names for number in marked[name]]
    return Lists(
        [key(name) for name in names],
        np.array([len(marked[name]) for name in names], np.int64),
        np.array(ids, np.uint32),
    )
