"""Plain BM25: no languages, no concepts, no fields. What the search is compared with, and nothing else.

Law: Robertson's formula with the usual k1 and b over the lower-cased words of all texts of a document. Of a query it
reads words, `kinds` and `limit`, and nothing else.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Sequence
from math import log

from search.document import Document, Query

K1, B = 1.2, 0.75

_WORD = re.compile(r"\w+")


class Baseline:
    """An index in memory, made once."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._counts = [Counter(_words(document)) for document in documents]
        lengths = [counts.total() for counts in self._counts]
        average = sum(lengths) / len(lengths) if lengths else 1.0
        self._norms = [K1 * (1 - B + B * length / average) for length in lengths]
        self._found_in = Counter(word for counts in self._counts for word in counts)

    def find(self, query: Query) -> list[str]:
        """The URIs of the best documents that have any of the words, best first."""
        words = set(_WORD.findall(query.words.lower()))
        weights = {word: self._rarity(word) for word in words if word in self._found_in}
        scores = (
            (self._score(number, weights), -number)
            for number, document in enumerate(self._documents)
            if document.kind in query.kinds
        )
        best = heapq.nlargest(query.limit, (each for each in scores if each[0]))
        return [self._documents[-number].uri for _, number in best]

    def _score(self, number: int, weights: dict[str, float]) -> float:
        counts, norm = self._counts[number], self._norms[number]
        return sum(
            weight * counts[word] * (K1 + 1) / (counts[word] + norm)
            for word, weight in weights.items()
            if word in counts
        )

    def _rarity(self, word: str) -> float:
        found = self._found_in[word]
        return log(1 + (len(self._documents) - found + 0.5) / (found + 0.5))


def _words(document: Document) -> list[str]:
    texts = document.texts.values()
    return _WORD.findall(" ".join(f"{text.title} {text.summary} {text.body}" for text in texts).lower())
