"""Names of concepts and of towns, in several languages, found by their beginnings.

Law: read only, and pure once made. Typing `fes` finds Fès, and typing فاس finds it too, because a thing is found by its
name in any language and shown by that in the reader's. Comes from: `vocabulary` (labels), the node (towns). Goes to:
both indexes, for `complete`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from search.analysis import typed
from search.document import Suggestion
from search.language import spellings, word_list
from search.vocabulary import Vocabulary

MAX_LOOKED_AT = 5_000
"""Names with a word that begins as asked that are looked at: more would be a beginning of one letter."""

MAX_TYPED = 64
"""Characters of what somebody is typing that are looked at."""

MAX_TYPED_WORDS = 8

MAX_SUGGESTIONS = 20
"""What is suggested at once, at most."""

SHARE = 3
"""Of ten suggestions, how many may be places, and how many concepts, while there are titles to fill the rest."""


class Names:
    """Things of one kind with their names: value -> (language, name), the first of a language being its usual one."""

    def __init__(self, kind: str, names: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        self._kind = kind
        self._shown: dict[str, dict[str, str]] = {}
        self._names: list[tuple[str, str, str, frozenset[str], frozenset[str]]] = []  # value, language, name, words
        words: list[tuple[str, int]] = []
        for value, named in names.items():
            for language, name in named:
                self._shown.setdefault(value, {}).setdefault(language, name)
                spelled = [spellings(word, language)[1] for word in word_list(name)]
                if spelled:
                    every = frozenset(each for found in spelled for each in found)
                    words += [(each, len(self._names)) for each in every]
                    self._names.append((value, language, name, every, frozenset(spelled[0])))
        self._words = sorted(words)

    def starting(self, asked: Sequence[tuple[str, ...]], language: str, limit: int) -> list[Suggestion]:
        """Those with every word asked for, the last one as a beginning (`analysis.typed`).

        First those that begin with the first word asked for, then the shorter ones, then by name.
        """
        if not asked or limit <= 0:
            return []
        *whole, last = asked
        found: dict[str, tuple[bool, int, str, str]] = {}
        for number in sorted({number for beginning in last for number in self._from(beginning)}):
            value, spoken, name, words, first = self._names[number]
            if not all(words.intersection(each) for each in whole):
                continue
            starts = bool(first.intersection(asked[0])) if whole else any(each.startswith(last) for each in first)
            rank = (not starts, len(name), name, spoken)
            if value not in found or rank < found[value]:
                found[value] = rank
        best = sorted(found, key=lambda value: (found[value], value))[:limit]
        return [self._suggestion(value, language, found[value][2], found[value][3]) for value in best]

    def _from(self, beginning: str) -> list[int]:
        start = bisect_left(self._words, (beginning, -1))
        found = []
        for word, number in self._words[start : start + MAX_LOOKED_AT]:
            if not word.startswith(beginning):
                break
            found.append(number)
        return found

    def _suggestion(self, value: str, reader: str, name: str, language: str) -> Suggestion:
        own = self._shown[value].get(reader)
        return Suggestion(self._kind, value, own or name, reader if own else language)


@lru_cache(maxsize=4)
def concept_names(vocabulary: Vocabulary) -> Names:
    """The labels of every concept."""
    return Names("concept", {concept: vocabulary.labels(concept) for concept in vocabulary.concepts})


def asked_for(text: str, language: str) -> list[tuple[str, ...]]:
    """The words of what somebody is typing, within bounds."""
    return typed(text[:MAX_TYPED], language)[:MAX_TYPED_WORDS]


def together(
    places: Sequence[Suggestion], concepts: Sequence[Suggestion], titles: Sequence[Suggestion], limit: int
) -> tuple[Suggestion, ...]:
    """Some of each, at most `limit`: places, concepts, titles; what titles leave free, concepts and places fill."""
    share = max(1, limit * SHARE // 10)
    some_places, some_concepts = min(share, len(places)), min(share, len(concepts))
    some_titles = max(0, min(len(titles), limit - some_places - some_concepts))
    some_concepts = max(0, min(len(concepts), limit - some_places - some_titles))
    some_places = max(0, min(len(places), limit - some_concepts - some_titles))
    return (*places[:some_places], *concepts[:some_concepts], *titles[:some_titles])[:limit]
