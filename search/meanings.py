"""What words mean, whatever language they are in: a concept of the vocabulary, or an entry of the field lexicon.

Law: read only, and pure once every label is added. A meaning has labels of one to four words in each language. It is
recognised in documents and in queries by the same function, inflected, with or without stop words between; and it is
kept in an index as a **token** among the forms of words, at the places where it is said. That is how a German query
finds a French text without translating either. Made by: `vocabulary`. Goes to: `analysis`, `plan`, `snippet`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from search.compounds import LANGUAGE as GERMAN
from search.compounds import LEAST, Compounds
from search.language import forms, spelling, spellings, word_list
from search.nearness import distance, signature

TOKEN = "\x02"  # noqa: S105 - begins the token of a meaning; no form of a word does
"""What the token of a meaning begins with, so that it is never taken for a word."""

_MOST_WORDS = 8  # of a text that a label may stretch over: four, and stop words between them
_MOST_KNOWN = 1 << 17  # words whose terms are remembered
_MOST_GUESSES = 3
_LEAST_GUESSED = 5  # letters of a word that is guessed at
_LONG = 8  # letters from which two mistakes are forgiven instead of one

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expression:
    """A label found in words: those from `start` to before `end`, and the names of what it means."""

    start: int
    end: int
    names: frozenset[str]


@dataclass(slots=True)
class _Step:
    """One step of a label: which meanings end here, under which spellings, and which stems go on."""

    names: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    further: dict[str, "_Step"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a label: as it is written, one of the spellings that it may be typed by, and which letters it has."""

    written: str
    spelled: str
    letters: int


class _Known(dict[str, tuple[str, ...]]):
    """Words that were read in one language -> their forms: each is read once.

    `seconds`: of those that a label of several words begins with, the stems that go on in it.
    """

    def __init__(self, language: str, first: _Step) -> None:
        super().__init__()
        self._language, self._first = language, first.further
        self.seconds: dict[str, frozenset[str]] = {}

    def __missing__(self, word: str) -> tuple[str, ...]:
        found = self[word] = forms(word, self._language)
        for form in found:
            if form in self._first and self._first[form].further:
                self.seconds[word] = self.seconds.get(word, _NOTHING).union(self._first[form].further)
        return found


def token(name: str) -> str:
    """What a meaning is kept under among the forms of words."""
    return TOKEN + name


class Meanings:
    """Labels of one to four words in any language, and how to recognise them."""

    def __init__(self) -> None:
        self._first: dict[str, _Step] = {}
        self._compounds = Compounds()
        self._words: dict[str, dict[str, None]] = {}
        self._spelled: dict[str, dict[int, list[_Word]]] = {}
        self._read: dict[str, _Known] = {}
        self._beginnings: dict[tuple[str, str], set[str]] = {}

    @property
    def languages(self) -> frozenset[str]:
        """Languages that have labels."""
        return frozenset(self._first)

    def add(self, name: str, language: str, label: str) -> None:
        """Let `label` mean `name`. A label of stop words only means nothing."""
        step = start = self._first.setdefault(language, _Step())
        spelled: list[str] = []
        for word in word_list(label):
            found = forms(word, language)
            if found:
                if step is start:
                    self._beginnings.setdefault((name, language), set()).add(found[0])
                step = step.further.setdefault(found[0], _Step())
                spelled.append(spelling(word, language))
                self._words.setdefault(language, {})[word] = None
                if language == GERMAN:
                    self._compounds.add(spelled[-1], word)
        if step is not start:
            step.names.setdefault(name, set()).add(tuple(spelled))
        self._read.pop(language, None)
        self._spelled.pop(language, None)

    def expressions(self, words: Sequence[str], language: str, least: int = 1) -> list[Expression]:
        """Every label of `language` in `words`, also within one another, by where they begin, the shorter first.

        `least`: words that count in a label, 1 or 2. Where stemming makes two labels one, and one of them is spelled as
        it is here, only that one is meant.
        """
        known = self._known(language)
        if known is None:
            return []
        read = list(map(known.__getitem__, words))
        starts = _pairs(words, read, known.seconds) if least > 1 else compress(range(len(words)), read)
        return [each for start in starts for each in self._at(start, words, language, known, least)]

    def read(self, words: Sequence[str], language: str) -> list[tuple[str, ...]]:
        """The forms of each of these words; those of a language that has labels are remembered."""
        known = self._known(language)
        return [forms(word, language) for word in words] if known is None else list(map(known.__getitem__, words))

    def expressions_at(self, starts: Iterable[int], words: Sequence[str], language: str) -> list[Expression]:
        """As `expressions`, of those alone that begin at one of these places."""
        known = self._known(language)
        return [] if known is None else [each for start in starts for each in self._at(start, words, language, known)]

    def beginnings(self, names: Iterable[str], language: str) -> frozenset[str]:
        """The stems that the labels of these meanings begin with: no word without one of them begins an expression."""
        return _NOTHING.union(*(self._beginnings.get((name, language), ()) for name in names))

    def _at(
        self, start: int, words: Sequence[str], language: str, known: "_Known", least: int = 1
    ) -> Iterator[Expression]:
        read = [known[word] for word in words[start : start + _MOST_WORDS]]
        places = [place for place, found in enumerate(read, start) if found]
        counting = [words[place] for place in places]
        for length, names in self._from(counting, [found for found in read if found], language):
            if length >= least:
                yield Expression(start, places[length - 1] + 1, names)

    def _known(self, language: str) -> "_Known | None":
        """What is known of the words of a language that has labels; forgotten when it is too much."""
        known = self._read.get(language)
        if known is None or len(known) >= _MOST_KNOWN:
            if language not in self._first:
                return None
            known = self._read[language] = _Known(language, self._first[language])
        return known

    def _from(
        self, words: Sequence[str], read: Sequence[tuple[str, ...]], language: str
    ) -> Iterator[tuple[int, frozenset[str]]]:
        """The labels that `words` (with their forms) begin with: how many words, and what they mean."""
        steps = [self._first[language]]
        for length, found in enumerate(read, start=1):
            steps = [step.further[form] for step in steps for form in found if form in step.further]
            if not steps:
                return
            if any(step.names for step in steps):
                yield length, _meant(steps, tuple(spelling(word, language) for word in words[:length]))

    def parts(self, word: str, language: str) -> tuple[str, ...]:
        """The parts of a German compound, folded; empty for any other word."""
        if language != GERMAN or len(word) < LEAST:
            return ()
        return self._compounds.split(spelling(word, language))

    def terms(self, word: str, language: str) -> Iterable[str]:
        """What a word of a document is kept under: its forms, what it means, and, of a compound, both of its parts.

        Each once. Expressions of several words are not in it: `expressions(words, language, 2)` finds them.
        """
        known = self._known(language)
        found = known[word] if known is not None else forms(word, language)
        if not found or known is None:
            return found
        parts = self.parts(word, language)
        if not parts and self._first[language].further.keys().isdisjoint(found):
            return found
        terms = dict.fromkeys(found)
        for part in parts:
            terms |= dict.fromkeys(forms(part, language))
        for expression in self.expressions(parts or [word], language):
            terms |= dict.fromkeys(map(token, sorted(expression.names)))
        return terms

    def guesses(self, word: str, language: str) -> tuple[str, ...]:
        """Words of labels in `language` that a misspelt one may have been, the nearest only, at most three."""
        lengths = self._by_length(language)
        near: dict[str, int] = {}
        for spelled in spellings(word, language)[1]:
            most = 0 if len(spelled) < _LEAST_GUESSED else 1 if len(spelled) < _LONG else 2
            letters = signature(spelled)
            for length in range(len(spelled) - most, len(spelled) + most + 1) if most else ():
                for each in lengths.get(length, ()):
                    if (letters ^ each.letters).bit_count() <= 2 * most:
                        apart = distance(spelled, each.spelled, most)
                        if apart <= most:
                            near[each.written] = min(apart, near.get(each.written, apart))
        best = min(near.values(), default=0)
        return tuple(sorted(written for written, apart in near.items() if apart == best))[:_MOST_GUESSES]

    def _by_length(self, language: str) -> dict[int, list[_Word]]:
        """The words of labels by the length of their spellings; made when first a word is guessed at."""
        known = self._spelled.get(language)
        if known is None:
            known = {}
            for word in self._words.get(language, {}):
                for spelled in spellings(word, language)[1]:
                    known.setdefault(len(spelled), []).append(_Word(word, spelled, signature(spelled)))
            self._spelled[language] = known
        return known


def _pairs(
    words: Sequence[str], read: Sequence[tuple[str, ...]], seconds: Mapping[str, frozenset[str]]
) -> Iterator[int]:
    """Where in a long text two words follow each other that a label may begin with: all that is looked at closely."""
    last = len(words) - 1
    for place in compress(range(last), map(seconds.__contains__, words)):
        after = place + 1
        while after < last and not read[after]:
            after += 1
        if not seconds[words[place]].isdisjoint(read[after]):
            yield place


def _meant(steps: Sequence[_Step], spelled: tuple[str, ...]) -> frozenset[str]:
    labels = [item for step in steps for item in step.names.items()]
    exact = frozenset(name for name, spellings_ in labels if spelled in spellings_)
    return exact or frozenset(name for name, _ in labels)
