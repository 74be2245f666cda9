"""An index in a dict: tests, demos, the smallest nodes, and the oracle that the real one is compared with.

Law: as plain as it can be. Every query looks at every document; nothing is cached, nothing is clever. The cursor and
the documents live and die together, with the process. What a document is worth: `memory_match`.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from search.analysis import SEPARATOR, TEXT_STEP, Analysed, invert, take_apart
from search.correction import Near, corrections
from search.document import Document, Hit, Query, Results, Suggestion
from search.fairness import Standing, applies, fair
from search.likeness import traits
from search.memory_match import Matcher, admits, passes
from search.names import MAX_SUGGESTIONS, Names, asked_for, concept_names, together
from search.nearness import distance
from search.plan import MAX_LIMIT, concepts_of, instead, plan
from search.vocabulary import Vocabulary


class MemoryIndex:
    """The whole of `search.index.Index`, for some thousands of documents. Finding takes time linear in their number."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._concepts = concept_names(vocabulary)
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
        fresh = {
            document.uri: invert(take_apart(document, self._vocabulary), self._vocabulary) for document in documents
        }
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

    def purged(self) -> int:
        """As far as the index is: there is none beside it."""
        return self._cursor

    def tidy(self) -> bool:
        """Nothing piles up here."""
        return False

    def optimise(self) -> None:
        """Nothing piles up here."""

    def check(self) -> None:
        """Nothing is on disk."""

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._documents.clear()

    def find(self, query: Query) -> Results:
        """Look at every document."""
        understood = plan(query, self._vocabulary)
        documents = self._all()
        match = Matcher(documents, understood.units, meant=lambda unit: instead(unit, query.language, self._vocabulary))
        seen = [each for each in documents if admits(query, each)]
        found = match.chosen(seen) if understood.asked else seen
        shown = [each for each in found if passes(query, understood, each)]
        ordered = sorted(shown, key=lambda each: match.order(each, query.language, understood.sort))
        if applies(query, understood):
            ordered = [ordered[place] for place in fair([_standing(each, match, query) for each in ordered])]
        concepts = concepts_of(match.units)
        page = ordered[understood.offset : understood.offset + understood.limit]
        return Results(
            hits=tuple(match.hit(each, query.language, concepts) for each in page),
            total=len(shown),
            facets={
                name: _counted(name, [each for each in found if passes(query, understood, each, without=name)])
                for name in understood.facets
            },
            concepts=concepts,
            complete=True,
            instead=tuple(unit.written for unit in match.units if unit.written),
        )

    def complete(
        self, typed: str, language: str = "", places: Names | None = None, limit: int = 10, public_only: bool = True
    ) -> tuple[Suggestion, ...]:
        """See `search.index.Index`."""
        limit = min(max(limit, 0), MAX_SUGGESTIONS)
        asked = asked_for(typed, language)
        titles = sorted(
            titled
            for each in self._all()
            if admits(Query("", public_only=public_only), each)
            and (titled := _titled(each, asked, language)) is not None
        )
        return together(
            places.starting(asked, language, limit) if places else [],
            self._concepts.starting(asked, language, limit),
            [Suggestion("title", uri, "", spoken) for _, _, uri, spoken in titles[:limit]],
            limit,
        )

    def suggest(self, query: Query, limit: int = 3) -> tuple[str, ...]:
        """See `search.index.Index`."""

        def near(spelled: Sequence[str], edits: int) -> list[Near]:
            having = Counter[str]()
            apart: dict[str, int] = {}
            for each in self._all():
                if admits(query, each):
                    found = _spelled(each, spelled, edits)
                    having.update(found.keys())
                    apart |= {shown: min(edit, apart.get(shown, edit)) for shown, edit in found.items()}
            return [Near(shown, apart[shown], number) for shown, number in having.items()]

        return corrections(query, limit, self._vocabulary, self._having_all, near)

    def _having_all(self, query: Query) -> int:
        documents = self._all()
        match = Matcher(documents, plan(query, self._vocabulary).units)
        return len(match.together([each for each in documents if admits(query, each)]))

    def similar(
        self,
        document: Document,
        language: str = "",
        kinds: tuple[str, ...] = ("Practice",),
        public_only: bool = True,
        limit: int = 10,
    ) -> tuple[Hit, ...]:
        """See `search.index.Index`."""
        documents = self._all()
        own = invert(take_apart(document, self._vocabulary), self._vocabulary)
        chosen = traits(own, len(documents), Matcher(documents, ()).found)
        match = Matcher(documents, [each.unit for each in chosen], [each.share for each in chosen])
        query = Query("", kinds=kinds, public_only=public_only)
        others = [
            each
            for each in documents
            if admits(query, each) and each.parts.document.uri != document.uri and match.score(each, language) > 0
        ]
        ordered = sorted(others, key=lambda each: match.order(each, language, "best"))
        return tuple(match.hit(each, language, ()) for each in ordered[: min(max(limit, 0), MAX_LIMIT)])

    def _all(self) -> list[Analysed]:
        with self._lock:
            return list(self._documents.values())


def _standing(each: Analysed, match: Matcher, query: Query) -> Standing:
    return Standing(each.parts.document.commune, match.score(each, query.language))


def _counted(facet: str, found: Iterable[Analysed]) -> Mapping[str, int]:
    counts = Counter(value for each in found for value in each.parts.facets[facet])
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _titled(each: Analysed, asked: Sequence[tuple[str, ...]], reader: str) -> tuple[bool, int, str, str] | None:
    """What a title found is sorted by, and its language; None if it has not every word asked for.

    First those that begin with the first word asked for, then the newest.
    """
    if not asked:
        return None
    found = [_places(each, word, number == len(asked) - 1) for number, word in enumerate(asked)]
    if not all(found):
        return None
    languages = each.parts.languages
    texts = {place // TEXT_STEP for place in found[-1]}
    spoken = reader if reader in languages and languages.index(reader) in texts else languages[min(texts)]
    starts = any(place % TEXT_STEP == 0 for place in found[0])
    return (not starts, -each.parts.document.stamp, each.parts.document.uri, spoken)


def _places(each: Analysed, word: tuple[str, ...], beginning: bool) -> set[int]:
    """Where a word of a title is spelled like this, or, if it is the last one asked for, begins like this."""
    found: set[int] = set()
    for key, places in each.names.items():
        spelled = key.partition(SEPARATOR)[0]
        if spelled.startswith(word) if beginning else spelled in word:
            found.update(places)
    return found


def _spelled(each: Analysed, spelled: Sequence[str], edits: int) -> dict[str, int]:
    """The words of a document, as they are shown, that are at most `edits` from any of these spellings, and how far."""
    found: dict[str, int] = {}
    for key in {*each.names, *each.others}:
        other, _, shown = key.partition(SEPARATOR)
        apart = min(distance(one, other, edits) for one in spelled)
        if apart <= edits:
            found[shown] = min(apart, found.get(shown, apart))
    return found
