"""What each word of a query stands for: alone, or as part of a longer expression.

Law: the reader's language decides; another one is only read where it says nothing of a word. Pure. Comes from: `plan`,
`snippet`. Uses: `meanings`.
"""

from collections.abc import Sequence

from search.compounds import LANGUAGE as COMPOUNDED
from search.vocabulary import Vocabulary

__all__ = ["COMPOUNDED", "Meant"]

PARTIAL = 0.8
"""Share of a meaning of fewer words than the longest expression around a word: *cours* in "cours de langue"."""

FOREIGN = 0.5
"""Share of a meaning that the word has in another language than the reader's."""


class Meant:
    """The meanings of some words. `languages`: to read them in, the reader's first."""

    def __init__(self, words: Sequence[str], languages: Sequence[str], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.languages = tuple(languages)
        self._words = words
        self._own = self._shares(self.languages[:1], 1.0)
        self._foreign = self._shares(self.languages[1:], FOREIGN)

    def _shares(self, languages: Sequence[str], share: float) -> list[dict[str, float]]:
        """For each word what it means, and what a match of that counts."""
        longest = [0] * len(self._words)
        found = [
            expression
            for language in languages
            for expression in self.vocabulary.meanings.expressions(self._words, language)
        ]
        for each in found:
            for place in range(each.start, each.end):
                longest[place] = max(longest[place], each.end - each.start)
        shares: list[dict[str, float]] = [{} for _ in self._words]
        for each in found:
            for place in range(each.start, each.end):
                counts = share if each.end - each.start == longest[place] else share * PARTIAL
                for name in each.names:
                    shares[place][name] = max(counts, shares[place].get(name, 0.0))
        return shares

    def of(self, place: int) -> dict[str, float]:
        """Name of a meaning -> share, for the word at `place`."""
        if self._own[place] or self.parts(place):
            return self._own[place]
        return self._foreign[place]

    def parts(self, place: int) -> tuple[str, ...]:
        """The parts of a compound in the reader's language."""
        return self.vocabulary.meanings.parts(self._words[place], self.languages[0])
