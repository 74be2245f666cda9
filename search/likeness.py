"""More like this: by which words and concepts a document is to be recognised in others.

Law: pure choice, from numbers that every index can count exactly: the words that stand often or high up in the document
and in few others, and its concepts. Bounded: `MAX_FORMS` words are looked up, `MAX_TRAITS` are asked for. Comes from:
`analysis`. Goes to: both indexes, for `similar`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from search.analysis import Analysed
from search.plan import Unit
from search.ranking import CONCEPT, TITLE, rarity, saturate

MAX_FORMS = 64
"""Words of a document that are looked up: those of the greatest weight."""

MAX_TRAITS = 24
"""Words that are asked for: the rarest and weightiest of these."""

COMMON = 0.2
"""Share of all documents; a word in more of them says nothing, once there are `ENOUGH` documents."""

ENOUGH = 40

ABOUT = 2.0
"""What a shared concept counts more than a shared word: its author chose it."""

_SHORT = 2  # letters of a form that is no trait


@dataclass(frozen=True, slots=True)
class Trait:
    """A word or a concept to be recognised by, and what a match of it is multiplied by."""

    unit: Unit
    share: float


def traits(analysed: Analysed, documents: int, found: Callable[[Unit], int]) -> list[Trait]:
    """What `analysed` is recognised by among `documents`; `found`: how many of them match a unit."""
    weights = {form: posting.weight for form, posting in analysed.text.items()}
    for form, posting in analysed.title.items():
        weights[form] = weights.get(form, 0.0) + TITLE * posting.weight
    heaviest = sorted(
        (form for form in weights if len(form) > _SHORT and not form.isdigit()),
        key=lambda form: (-weights[form], form),
    )[:MAX_FORMS]
    words: list[tuple[float, str, float, Unit]] = []
    for form in heaviest:
        unit = Unit(frozenset({form}))
        having = found(unit)
        if having and not (documents >= ENOUGH and having > COMMON * documents):
            rare, share = rarity(having, documents), saturate(weights[form])
            words.append((-rare * share, form, rare * share, unit))
    chosen = [Trait(unit, share) for _, _, share, unit in sorted(words, key=lambda each: each[:2])[:MAX_TRAITS]]
    for concept in sorted(analysed.parts.concepts)[:MAX_TRAITS]:
        unit = Unit(frozenset(), concepts=frozenset({concept}))
        having = found(unit)
        if having:
            chosen.append(Trait(unit, ABOUT * rarity(having, documents) * saturate(CONCEPT)))
    return chosen
