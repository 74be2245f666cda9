"""What documents are worth: by the shared formula, exactly for some, roughly for all of them before.

Law: no arithmetic of its own. A document's score is `memory_match.Matcher`'s; what tells the best candidates from the
others is the same formula, asked about stand-ins that have a unit in the same kinds of places. When the formula
changes, this follows. Pure. Comes from: `postgres_index_match`. Goes to: `postgres_index_find`.
"""

from array import array
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from search.analysis import Analysed, Parts, Posting
from search.document import Document
from search.meanings import token
from search.memory_match import Matcher
from search.plan import Unit
from search.postgres_index_match import (
    HAS_CONCEPT,
    HAS_NARROWER,
    IN_TEXT,
    IN_TITLE,
    LESSER,
    MEANT_IN_TEXT,
    MEANT_IN_TITLE,
    MUCH_IN_TEXT,
    MUCH_MEANT_IN_TEXT,
    ORIGINAL,
    TRANSLATED,
    Array,
    Matches,
)
from search.postgres_index_rows import MUCH
from search.postgres_index_schema import Census
from search.ranking import for_reader, rarity

_OFTEN = 1.5 * MUCH  # the weight that a word said often is taken to have
_SELDOM = 1.5  # the weight of a word that is said, but not often
_WORD, _CONCEPT, _MEANING = "word", "concept", "meaning"
_STAND_IN = Unit(frozenset({_WORD}), concepts=frozenset({_CONCEPT}), meanings=((_MEANING, 1.0),))


class CountedMatcher(Matcher):
    """A `Matcher` that is told what is known of all documents, instead of looking at them.

    `found`: how many documents match each unit. Asked are `order`, `score` and `hit` only.
    """

    def __init__(
        self, census: Census, units: Sequence[Unit], found: Sequence[int], shares: Sequence[float] = ()
    ) -> None:
        super().__init__((), units, shares)
        number = census.documents
        self._title = census.title_words / number if number else 0.0
        self._text = census.text_words / number if number else 0.0
        self._rarity = [rarity(each, number) for each in found]


def roughly(matches: Matches, census: Census, shares: Sequence[float] = ()) -> Array:
    """About what each document is worth to the reader, at the place of its number."""
    worth = np.zeros(len(matches.flags))
    for number, match in enumerate(matches.each):
        matcher = CountedMatcher(census, [_STAND_IN], [match.found], shares[number : number + 1])
        by_kind = np.zeros(256)
        for kind in np.unique(match.kinds).tolist():
            by_kind[kind] = matcher.score(_stand_in(kind, census), "")
        worth[match.ids] += by_kind[match.kinds]
    factors = np.ones(16)
    for flags in range(16):
        if flags & ORIGINAL:
            factors[flags] = for_reader("own", "own", ())
        elif flags & TRANSLATED:
            factors[flags] = for_reader("own", "", ("own",), ("own",) if flags & LESSER else ())
    return np.asarray(worth * factors[matches.flags])


@cache
def _forms() -> Document:
    return Document("", "", "", "", {}, (), True, 0)


def _stand_in(kind: int, census: Census) -> Analysed:
    """A document of average length that has the unit in these kinds of places."""
    number = max(1, census.documents)
    return Analysed(
        parts=Parts(
            document=_forms(),
            languages=(),
            passages=(),
            title_length=round(census.title_words / number),
            text_length=round(census.text_words / number),
            concepts=frozenset({_CONCEPT} if kind & HAS_CONCEPT else ()),
            narrower_than=frozenset({_CONCEPT} if kind & HAS_NARROWER else ()),
            facets={},
            title_keys=(),
        ),
        title=_said(kind, {_WORD: IN_TITLE, token(_MEANING): MEANT_IN_TITLE}),
        text=_said(kind, {_WORD: IN_TEXT, token(_MEANING): MEANT_IN_TEXT}, MUCH_IN_TEXT | MUCH_MEANT_IN_TEXT),
        names={},
        others=frozenset(),
    )


def _said(kind: int, terms: Mapping[str, int], often: int = 0) -> dict[str, Posting]:
    """Of these terms those that are in a place of this kind, once in a title, and in a text seldom or `often`."""
    weight = 1.0 if not often else _OFTEN if kind & often else _SELDOM
    return {term: Posting(weight, array("I")) for term, bit in terms.items() if kind & bit}
