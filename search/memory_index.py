"""An index in a dict: tests, demos, the smallest nodes, and the oracle that the real one is compared with.

Law: as plain as it can be. Every query looks at every document; nothing is cached, nothing is clever. The cursor and
the documents live and die together, with the process.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from search.analysis import TEXT_STEP, Analysed, Posting, analyse, phrase_at
from search.document import Document, Hit, Query, Results
from search.plan import Plan, Unit, plan
from search.ranking import BODY, CONCEPT, LABEL_WORD, NARROWER, TITLE, for_reader, in_field, rarity, saturate
from search.vocabulary import Vocabulary


class MemoryIndex:
    """The whole of `search.index.Index`, for some thousands of documents. Finding takes time linear in their number."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._documents: dict[str, Analysed] = {}
        self._cursor = 0
        self._lock = threading.RLock()

    def apply(
        self,
        documents: Iterable[Document] = (),
        drops: Iterable[str] = (),
        cursor: int | None = None,
        purge: bool = False,
    ) -> None:
        """Put, drop and move the cursor. `purge` changes nothing here: what is dropped is gone."""
        fresh = {document.uri: analyse(document, self._vocabulary) for document in documents}
        with self._lock:
            self._documents.update(fresh)
            for uri in drops:
                self._documents.pop(uri, None)
            self._cursor = self._cursor if cursor is None else cursor

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace documents."""
        self.apply(documents)

    def drop(self, uris: Iterable[str]) -> None:
        """Stop finding these documents."""
        self.apply(drops=uris)

    def purge(self, uris: Iterable[str]) -> None:
        """Forget these documents."""
        self.apply(drops=uris, purge=True)

    def count(self) -> int:
        """How many documents can be found."""
        return len(self._documents)

    def cursor(self) -> int:
        """How far into the log the index is."""
        return self._cursor

    def optimise(self) -> None:
        """Nothing piles up here."""

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._documents.clear()

    def find(self, query: Query) -> Results:
        """Look at every document."""
        understood = plan(query, self._vocabulary)
        with self._lock:
            documents = list(self._documents.values())
        match = _Matcher(documents, understood.units)
        seen = [each for each in documents if _admits(query, each.document, "languages", "communes")]
        found = match.chosen(seen) if understood.asked else seen
        shown = [each for each in found if _admits(query, each.document)]
        scored = sorted((match.order(each, query), each) for each in shown) if shown else []
        page = scored[understood.offset : understood.offset + understood.limit]
        return Results(
            hits=tuple(match.hit(each, query, understood) for _, each in page),
            total=len(shown),
            languages=_counted(found, lambda d: d.language, lambda d: _admits(query, d, "languages")),
            communes=_counted(found, lambda d: d.commune, lambda d: _admits(query, d, "communes")),
            concepts=understood.concepts,
            complete=True,
        )


def _admits(query: Query, document: Document, *without: str) -> bool:
    """Whether the filters of `query` let `document` through, leaving out those named in `without`."""
    return (
        (document.public or not query.public_only)
        and (not query.kinds or document.kind in query.kinds)
        and ("languages" in without or not query.languages or document.language in query.languages)
        and ("communes" in without or not query.communes or document.commune in query.communes)
    )


def _counted(
    found: Iterable[Analysed], value: Callable[[Document], str], admits: Callable[[Document], bool]
) -> Mapping[str, int]:
    counts = Counter(value(each.document) for each in found if admits(each.document))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


class _Matcher:
    """One query against all documents: what each is worth, and why."""

    def __init__(self, documents: list[Analysed], units: tuple[Unit, ...]) -> None:
        self._units = units
        number = len(documents)
        self._title = sum(each.title_length for each in documents) / number if number else 0.0
        self._text = sum(each.text_length for each in documents) / number if number else 0.0
        self._rarity = [rarity(sum(self._weight(unit, each) > 0 for each in documents), number) for unit in units]

    def chosen(self, documents: list[Analysed]) -> list[Analysed]:
        """Those with every required unit; if there is none, those with any."""
        needed = [unit for unit in self._units if not unit.optional]
        if not needed:
            return []
        matching = [[self._weight(unit, each) > 0 for unit in needed] for each in documents]
        together = [each for each, has in zip(documents, matching, strict=True) if all(has)]
        return together or [each for each, has in zip(documents, matching, strict=True) if any(has)]

    def order(self, each: Analysed, query: Query) -> tuple[int, float, int, str]:
        """What to sort by: more units, higher score, newer, and the URI so that no order is left to chance."""
        has = sum(self._weight(unit, each) > 0 for unit in self._units if not unit.optional)
        return (-has, -self._score(each, query), -each.document.stamp, each.document.uri)

    def hit(self, each: Analysed, query: Query, understood: Plan) -> Hit:
        concepts = each.concepts | each.narrower_than
        return Hit(
            uri=each.document.uri,
            score=self._score(each, query),
            language=self._language(each, query.language),
            concepts=tuple(concept for concept in understood.concepts if concept in concepts),
        )

    def _score(self, each: Analysed, query: Query) -> float:
        score = sum(
            rare * saturate(self._weight(unit, each)) for unit, rare in zip(self._units, self._rarity, strict=True)
        )
        return for_reader(score, query.language, each.document.language, each.languages)

    def _weight(self, unit: Unit, each: Analysed) -> float:
        weight = 0.0
        if title := _in_field(unit, each.title, 1.0):
            weight += TITLE * in_field(title, each.title_length, self._title)
        if text := _in_field(unit, each.text, BODY):
            weight += in_field(text, each.text_length, self._text)
        if unit.concepts & each.concepts:
            weight += CONCEPT
        elif unit.concepts & each.narrower_than:
            weight += CONCEPT * NARROWER
        if unit.labels & each.concepts:
            weight += LABEL_WORD
        return weight

    def _language(self, each: Analysed, reader: str) -> str:
        """The reader's own if there is such a text; else that of the text with most of the units; else the original."""
        if reader in each.languages:
            return reader
        votes = Counter[int]()
        for unit in self._units:
            votes.update(_texts_with(unit, each))
        best = min(range(len(each.languages)), key=lambda number: (-votes[number], number), default=0)
        return each.languages[best] if each.languages else each.document.language


def _in_field(unit: Unit, field: Mapping[str, Posting], phrase: float) -> float:
    """Weight of the unit's best form in a field; `phrase` if its phrase is there; 0 if not."""
    if not unit.sequences:
        return max((field[form].weight for form in unit.forms if form in field), default=0.0)
    return phrase if any(_begins(sequence, field) for sequence in unit.sequences) else 0.0


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
