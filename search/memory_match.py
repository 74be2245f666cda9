"""One query against every document in a dict: what each is worth, and why.

Law: as plain as it can be; this is what the index on disk is compared with. Comes from: `memory_index`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from search.analysis import TEXT_STEP, Analysed, Posting, phrase_at
from search.document import Hit, Query
from search.meanings import token
from search.plan import Plan, Unit
from search.ranking import (
    BODY,
    CONCEPT,
    DIGITS,
    MEANING,
    NARROWER,
    TITLE,
    for_reader,
    in_field,
    needed,
    rarity,
    saturate,
)

Key = tuple[object, ...]


def admits(query: Query, each: Analysed) -> bool:
    """Whether a document is of a kind that is asked for, and open to whoever asks."""
    document = each.parts.document
    return (document.public or not query.public_only) and (not query.kinds or document.kind in query.kinds)


def passes(query: Query, understood: Plan, each: Analysed, without: str = "") -> bool:
    """Whether the filters let a document through, leaving out the one named `without`."""
    return _in_time(query, each) and all(
        name == without or not wanted.isdisjoint(each.parts.facets[name]) for name, wanted in understood.filters.items()
    )


def _in_time(query: Query, each: Analysed) -> bool:
    start, end = each.parts.document.start, each.parts.document.end
    if query.since is None and query.until is None:
        return True
    if start is None and end is None:
        return False
    return (query.since is None or end is None or end >= query.since) and (
        query.until is None or start is None or start <= query.until
    )


class Matcher:
    """Some units against all documents. `shares`: what each unit's matches are multiplied by, 1 if not given.

    `meant`: what was probably meant by a unit that no document has, if any has that. `units`: those given, or these.
    """

    def __init__(
        self,
        documents: Sequence[Analysed],
        units: Sequence[Unit],
        shares: Sequence[float] = (),
        meant: Callable[[Unit], Unit | None] = lambda _: None,
    ) -> None:
        self._documents, self._given = documents, units
        number = len(documents)
        self._title = sum(each.parts.title_length for each in documents) / number if number else 0.0
        self._text = sum(each.parts.text_length for each in documents) / number if number else 0.0
        self.units = [self._or_meant(unit, meant) for unit in units]
        self._shares = shares or [1.0] * len(units)
        counts = [self.found(unit) for unit in self.units]
        self._rarity = [rarity(count, number) for count in counts]
        self._known = [unit for unit, count in zip(self.units, counts, strict=True) if count and not unit.optional]

    def _or_meant(self, unit: Unit, meant: Callable[[Unit], Unit | None]) -> Unit:
        other = None if self.found(unit) else meant(unit)
        return other if other and self.found(other) else unit

    def found(self, unit: Unit) -> int:
        """How many of all documents match a unit."""
        return sum(self._weight(unit, each) > 0 for each in self._documents)

    def chosen(self, documents: Sequence[Analysed]) -> list[Analysed]:
        """Those with enough of the words that any document has; if there is none, those with most."""
        having = [sum(self._weight(unit, each) > 0 for unit in self._known) for each in documents]
        least = needed(len(self._known), lambda number: sum(has >= number for has in having))
        return [each for each, has in zip(documents, having, strict=True) if has >= least]

    def together(self, documents: Sequence[Analysed]) -> list[Analysed]:
        """Those with every required unit; none if nothing is required."""
        required = [unit for unit in self._given if not unit.optional]
        return [each for each in documents if required and all(self._weight(unit, each) > 0 for unit in required)]

    def order(self, each: Analysed, reader: str, sort: str) -> Key:
        """What to sort by, with the URI last so that no order is left to chance."""
        document = each.parts.document
        if sort == "newest":
            return (-document.stamp, document.uri)
        if sort == "oldest":
            return (document.stamp, document.uri)
        if sort == "title":
            keys = dict(zip(each.parts.languages, each.parts.title_keys, strict=True))
            return (keys.get(reader) or next(iter(keys.values()), "\uffff"), document.uri)
        return (-self.score(each, reader), -document.stamp, document.uri)

    def hit(self, each: Analysed, reader: str, concepts: Sequence[str]) -> Hit:
        """A document with its score, the language to show, and which of `concepts` it has."""
        own = each.parts.concepts | each.parts.narrower_than
        return Hit(
            uri=each.parts.document.uri,
            score=self.score(each, reader),
            language=self._language(each, reader),
            concepts=tuple(concept for concept in concepts if concept in own),
        )

    def score(self, each: Analysed, reader: str) -> float:
        """What a document is worth."""
        score = 0.0
        for unit, share, rare in zip(self.units, self._shares, self._rarity, strict=True):
            score += share * rare * saturate(self._weight(unit, each))
        return round(score * self._preference(each, reader), DIGITS)

    def _preference(self, each: Analysed, reader: str) -> float:
        document = each.parts.document
        return for_reader(reader, document.language, each.parts.languages, document.lesser)

    def _weight(self, unit: Unit, each: Analysed) -> float:
        weight = 0.0
        if title := _in_field(unit, each.title, 1.0):
            weight += TITLE * in_field(title, each.parts.title_length, self._title)
        if text := _in_field(unit, each.text, BODY):
            weight += in_field(text, each.parts.text_length, self._text)
        return weight + _chosen_concept(unit, each)

    def _language(self, each: Analysed, reader: str) -> str:
        """The reader's own if there is such a text; else that of the text with most of the units; else the original."""
        languages = each.parts.languages
        if reader in languages:
            return reader
        votes = Counter[int]()
        for unit in self.units:
            votes.update(_texts_with(unit, each))
        best = min(range(len(languages)), key=lambda number: (-votes[number], number), default=0)
        return languages[best] if languages else each.parts.document.language


def _chosen_concept(unit: Unit, each: Analysed) -> float:
    """What the best of the unit's concepts counts, of those that the document's author chose."""
    shares = dict(unit.meanings)
    worth = [shares.get(concept, 1.0) * CONCEPT for concept in unit.concepts & each.parts.concepts]
    worth += [shares.get(concept, 1.0) * CONCEPT * NARROWER for concept in unit.concepts & each.parts.narrower_than]
    return max(worth, default=0.0)


def _in_field(unit: Unit, field: Mapping[str, Posting], phrase: float) -> float:
    """Weight of the unit's best form or meaning in a field; `phrase` if its phrase is there; 0 if not."""
    if unit.sequences:
        return phrase if any(_begins(sequence, field) for sequence in unit.sequences) else 0.0
    weights = [field[form].weight for form in unit.forms if form in field]
    weights += [MEANING * share * field[said].weight for name, share in unit.meanings if (said := token(name)) in field]
    return max(weights, default=0.0)


def _begins(sequence: tuple[tuple[int, tuple[str, ...]], ...], field: Mapping[str, Posting]) -> set[int]:
    return phrase_at(
        (distance, [field[form].places for form in found if form in field]) for distance, found in sequence
    )


def _texts_with(unit: Unit, each: Analysed) -> set[int]:
    """Numbers of the texts in which a form of the unit stands."""
    return {
        place // TEXT_STEP
        for field in (each.title, each.text)
        for form in unit.forms
        if form in field
        for place in field[form].places
    }
