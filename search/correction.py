"""Did you mean: other words for a query that found little.

Law: suggested is only what finds more than what was typed. Words come from the index itself (titles, summaries) and
from the labels of concepts, by edit distance over folded spellings, so that accents, script variants and case cost
nothing. Pure; an index brings how many documents a query finds, and which of its words are near another. Bounded:
`MAX_TRIALS` queries.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.document import Query
from search.language import is_stop_word, spellings, word_list, words
from search.nearness import distance, signature, tolerance
from search.plan import MAX_CHARACTERS, MAX_WORDS
from search.vocabulary import Vocabulary

FEW = 5
"""Results; a query with so many or more, and a word found in so many documents, is taken as meant."""

MAX_TRIALS = 24
"""Queries asked to find out what is worth suggesting."""

_PER_WORD = 3  # other words tried for each word
_WORDS = 3  # of a query that are corrected: the first ones that are found too seldom


@dataclass(frozen=True, slots=True)
class Near:
    """A word near a misspelt one: as it is shown, how many edits away, and how many documents have it."""

    shown: str
    edits: int
    documents: int


def corrections(
    query: Query,
    limit: int,
    vocabulary: Vocabulary,
    total: Callable[[Query], int],
    near: Callable[[Sequence[str], int], Iterable[Near]],
) -> tuple[str, ...]:
    """Other wordings of `query`, best first.

    `total`: how many documents have all words of a query; `near`: words around some spellings that are in documents.

    Empty if the query finds enough, or if nothing near finds more. Filters do not count: it is about the words.
    """
    found = total(_worded(query, query.words))
    if found >= FEW or not query.words.strip():
        return ()
    text = query.words[:MAX_CHARACTERS]
    others: list[tuple[int, int, list[str]]] = []
    for start, end, word in list(words(text))[:MAX_WORDS]:
        instead = _instead(word, query, vocabulary, total, near) if len(others) < _WORDS else []
        if instead:
            others.append((start, end, instead))
    kept: list[str] = []
    for wording in _wordings(text, others)[:MAX_TRIALS]:
        if len(kept) < limit and total(_worded(query, wording)) > found:
            kept.append(wording)
    return tuple(kept)


def _instead(
    word: str,
    query: Query,
    vocabulary: Vocabulary,
    total: Callable[[Query], int],
    near: Callable[[Sequence[str], int], Iterable[Near]],
) -> list[str]:
    """What may have been meant by a word, best first; empty if it is found often enough as it is."""
    _, spelled = spellings(word, query.language)
    edits = tolerance(spelled[0]) if spelled else 0
    if not edits or is_stop_word(spelled[0], query.language):
        return []
    labels = label_words(vocabulary)
    if any(each in spelled for each, _, _ in labels) or total(_worded(query, word)) >= FEW:
        return []
    candidates = {each.shown: each for each in near(spelled, edits)}
    for each, mine in [(each, signature(each)) for each in spelled]:
        for other, shown, its in labels:
            if (mine ^ its).bit_count() <= 2 * edits and shown not in candidates:
                apart = distance(each, other, edits)
                if apart <= edits:
                    candidates[shown] = Near(shown, apart, 0)
    best = sorted(candidates.values(), key=lambda each: (each.edits, -each.documents, each.shown))
    return [each.shown for each in best if each.edits][:_PER_WORD]


def _worded(query: Query, text: str) -> Query:
    return Query(text, query.language, kinds=query.kinds, public_only=query.public_only, limit=0)


def _wordings(text: str, others: Sequence[tuple[int, int, list[str]]]) -> list[str]:
    """The text with the best words in place of the misspelt, then with the next best of one of them."""
    choices = [[0] * len(others)] if others else []
    for number, (_, _, instead) in enumerate(others):
        choices += [[0] * number + [other] + [0] * (len(others) - number - 1) for other in range(1, len(instead))]
    wordings = []
    for choice in choices:
        wording, at = "", 0
        for (start, end, instead), chosen in zip(others, choice, strict=True):
            wording += text[at:start] + instead[chosen]
            at = end
        wordings.append(wording + text[at:])
    return wordings


@lru_cache(maxsize=4)
def label_words(vocabulary: Vocabulary) -> tuple[tuple[str, str, int], ...]:
    """(spelling, shown, signature) of every word of every label, each once."""
    found: dict[tuple[str, str, int], None] = {}
    for concept in vocabulary.concepts:
        for language, label in vocabulary.labels(concept):
            for word in word_list(label):
                shown, spelled = spellings(word, language)
                found |= dict.fromkeys((each, shown, signature(each)) for each in spelled)
    return tuple(found)
