"""What documents are worth: by the shared formula, exactly for some, roughly for all of them before.

Law: no arithmetic of its own. A document's score is `memory_match.Matcher`'s; what tells the best candidates from the
others is the same formula, asked about stand-ins that have a unit in the same kinds of places. When the formula
changes, this follows. Pure. Comes from: `postgres_index_match`. Goes to: `postgres_index_find`.
"""

from array import array
from collections.abc import Sequence
from functools import cache

import numpy as np

from search.analysis import Analysed, Parts, Posting
from search.document import Document
from search.memory_match import Matcher
from search.plan import Unit
from search.postgres_index_match import (
    HAS_CONCEPT,
    HAS_LABEL,
    HAS_NARROWER,
    IN_TEXT,
    IN_TITLE,
    MUCH_IN_TEXT,
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
_WORD, _CONCEPT, _LABEL = "word", "concept", "label"
_STAND_IN = Unit(frozenset({_WORD}), concepts=frozenset({_CONCEPT}), labels=frozenset({_LABEL}))


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
        by_kind = np.zeros(64)
        for kind in np.unique(match.kinds).tolist():
            by_kind[kind] = matcher.score(_stand_in(kind, census), "")
        worth[match.ids] += by_kind[match.kinds]
    factors = np.ones(8)
    for flags in range(8):
        if flags & ORIGINAL:
            factors[flags] = for_reader("own", "own", ())
        elif flags & TRANSLATED:
            factors[flags] = for_reader("own", "", ("own",))
    return np.asarray(worth * factors[matches.flags])


@cache
def _forms() -> Document:
    return Document("", "", "", "", {}, (), True, 0)


def _stand_in(kind: int, census: Census) -> Analysed:
    """A document of average length that has the unit in these kinds of places."""
    number = max(1, census.documents)
    often = _OFTEN if kind & MUCH_IN_TEXT else _SELDOM
    concepts = {_CONCEPT} if kind & HAS_CONCEPT else set()
    return Analysed(
        parts=Parts(
            document=_forms(),
            languages=(),
            passages=(),
            title_length=round(census.title_words / number),
            text_length=round(census.text_words / number),
            concepts=frozenset(concepts | ({_LABEL} if kind & HAS_LABEL else set())),
            narrower_than=frozenset({_CONCEPT} if kind & HAS_NARROWER else ()),
            facets={},
            title_keys=(),
        ),
        title={_WORD: Posting(1.0, array("I"))} if kind & IN_TITLE else {},
        text={_WORD: Posting(often, array("I"))} if kind & IN_TEXT else {},
        names={},
        others=frozenset(),
    )
