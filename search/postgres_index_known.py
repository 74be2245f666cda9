"""What is made of each word of many documents, once: its terms, its spellings, and how they are sent to PostgreSQL.

Law: the same terms and spellings as `analysis.invert` finds, by numbers. Bounded by `MAX_WORDS`. Goes to:
`postgres_index_building`.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from search.analysis import spelling_keys
from search.postgres_index_rows import SPELLING, key_of, lexeme, line_of
from search.vocabulary import Vocabulary

MAX_WORDS = 300_000
"""Different words that are known at a time: some 150 MB."""

NO_POSITIONS = b"\0\0\0"
"""The end of a lexeme, and that it has no positions."""

Array = NDArray[np.int64]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Cached(dict[Key, Value], Generic[Key, Value]):
    """What is made of each thing, once."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, thing: Key) -> Value:
        made = self[thing] = self._make(thing)
        return made


@dataclass(slots=True)
class Known:
    """What is known of words, over many batches: a word of a long text is looked up, not stemmed again."""

    vocabulary: Vocabulary
    numbers: dict[str, int] = field(default_factory=dict)
    names: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=lambda: [b","])
    held: "array[int]" = field(default_factory=lambda: array("l"))
    sizes: "array[int]" = field(default_factory=lambda: array("l"))
    words: dict[str, Cached[str, int]] = field(default_factory=dict)
    keys: dict[str, Cached[str, tuple[str, ...]]] = field(default_factory=dict)
    alone: Cached[str, int] = field(init=False)
    spelled: Cached[str, bytes] = field(init=False)
    decimals: Cached[int, bytes] = field(init=False)
    order: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self.alone = Cached(lambda said: self._note((said,)))
        self.spelled = Cached(lambda key: (SPELLING + key).encode() + NO_POSITIONS)
        self.decimals = Cached(lambda number: b"%d" % number)

    @property
    def full(self) -> bool:
        """Whether to begin a new one: this one would take too much memory."""
        return len(self.sizes) > MAX_WORDS or len(self.spelled) > MAX_WORDS

    def words_of(self, language: str) -> Cached[str, int]:
        """Word -> its number, whose terms are `sizes[number]` of `held`."""
        if language not in self.words:
            terms = self.vocabulary.meanings.terms
            self.words[language] = Cached(lambda word: self._note(terms(word, language)))
        return self.words[language]

    def keys_of(self, language: str) -> Cached[str, tuple[str, ...]]:
        """Word -> the keys of its spellings."""
        if language not in self.keys:
            self.keys[language] = Cached(lambda word: tuple(map(key_of, spelling_keys(word, language))))
        return self.keys[language]

    def ranks(self) -> tuple[Array, Array]:
        """Of each term its place in the order of bytes, and the other way round."""
        names = self.names
        fresh = sorted(range(len(self.order), len(names)), key=names.__getitem__)
        places = [bisect_left(self.order, names[each], key=names.__getitem__) for each in fresh]
        self.order = np.insert(self.order, places, fresh)
        ranks = np.empty(len(self.order), np.int64)
        ranks[self.order] = np.arange(len(self.order))
        return ranks, self.order

    def _note(self, terms: Iterable[str]) -> int:
        before = len(self.held)
        for term in terms:
            number = self.numbers.get(term)
            if number is None:
                number = self.numbers[term] = len(self.names)
                self.names.append(lexeme("", term).encode() + b"\0")
                self.lines.append(line_of("", term)[1:].encode())
            self.held.append(number)
        self.sizes.append(len(self.held) - before)
        return len(self.sizes) - 1
