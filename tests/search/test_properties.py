"""The index on disk against the one in memory, over whatever hypothesis makes up: the very same answers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import Document, MemoryIndex, Query, Text, Vocabulary
from search.document import FACETS, SORTS
from search.names import Names
from search.nearness import distance
from search.whoosh_index import WhooshIndex, rebuild
from search.whoosh_index_guess import distances
from tests.search import corpus

VOCABULARY = corpus.vocabulary()
LANGUAGES = ["fr", "ar", "de", "tr", "en", "zgh"]
_SAID = """
emploi emplois l'emploi logement Müller Mueller muller Straße Strassen İstanbul'da istanbul ISPARTA ısparta çocuk
المدرسة مدرسة المدارس وبالمدرسة الجماعة جماعة housing houses house women women's Frauen kadın kadınlar femmes
Kompetenzbilanz bilan compétences competences kompetenzbilanz de la et und ve في logemant logment Frauem ⵜⴰⵡⵓⵔⵉ 2019 a
"""
WORDS = _SAID.split()
CONCEPTS = ["housing", "employment", "job-placement", "women", "skills-assessment", "children", "unaccompanied-minors"]
DAYS = st.one_of(st.none(), st.dates(date(2015, 1, 1), date(2015, 3, 1)))
STORY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def said(most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), max_size=most).map(" ".join)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    language = draw(st.sampled_from(LANGUAGES))
    others = draw(st.lists(st.sampled_from(LANGUAGES), max_size=2))
    texts = {other: Text(draw(said(4)), draw(said(4)), draw(said(8))) for other in [language, *others]}
    if draw(st.integers(0, 15)) == 0:
        del texts[language]
    values = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(tuple)
    facets = {name: draw(values) for name in ("status", "year", "country", "group")}
    concepts = tuple(draw(st.lists(st.sampled_from(CONCEPTS), max_size=3, unique=True)))
    return Document(
        uri=f"did:x/{draw(st.integers(0, 25))}",
        kind=draw(st.sampled_from(["Practice", "Practice", "Practice", "Event"])),
        language=language,
        commune=draw(st.sampled_from(["did:a", "did:b"])),
        texts=texts,
        concepts=concepts,
        public=draw(st.integers(0, 5)) > 0,
        stamp=draw(st.integers(-2, 4)),
        facets={**facets, "topic": concepts},
        start=draw(DAYS),
        end=draw(DAYS),
    )


@st.composite
def queries(draw: st.DrawFn) -> Query:
    loose, phrase = draw(said(4)), draw(said(3))
    asked = draw(st.sampled_from(["", loose, f'"{phrase}"', f'{loose} "{phrase}"', f"{loose} unbekannt"]))
    filters = {
        "status": draw(st.sampled_from([(), (), ("a", "b")])),
        "topic": draw(st.sampled_from([(), (), ("employment",), ("housing", "women")])),
        "language": draw(st.sampled_from([(), (), ("fr", "de", "ar")])),
        draw(st.sampled_from([*FACETS, "nonsense"])): draw(st.sampled_from([(), (), (), ("did:a",), ("a",)])),
    }
    return Query(
        asked,
        draw(st.sampled_from(["", *LANGUAGES])),
        filters,
        since=draw(st.one_of(st.none(), DAYS)),
        until=draw(st.one_of(st.none(), DAYS)),
        sort=draw(st.sampled_from([*SORTS, "nonsense"])),
        facets=tuple(draw(st.lists(st.sampled_from([*FACETS, "nonsense"]), max_size=4))),
        kinds=draw(st.sampled_from([("Practice",), (), ("Event", "Practice")])),
        public_only=draw(st.booleans()),
        offset=draw(st.sampled_from([0, 0, 1, 5])),
        limit=draw(st.sampled_from([0, 1, 3, 100])),
    )


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Document], list[str], bool]:
    drops = [f"did:x/{number}" for number in draw(st.lists(st.integers(0, 25), max_size=4))]
    return draw(st.lists(documents(), min_size=1, max_size=8)), drops, draw(st.booleans())


@contextmanager
def both(changed: list[tuple[list[Document], list[str], bool]]) -> Iterator[tuple[MemoryIndex, WhooshIndex]]:
    """Both indexes after the same changes; the first of them is how the one on disk is built."""
    folder = Path(tempfile.mkdtemp())
    memory = MemoryIndex(VOCABULARY)
    first = list({document.uri: document for document in changed[0][0]}.values()) if changed else []
    rebuild(folder / "index", VOCABULARY, first, 0)
    memory.put(first)
    try:
        with closing(WhooshIndex(folder / "index", VOCABULARY)) as disk:
            for cursor, (put, drops, purge) in enumerate(changed[1:]):
                for index in (memory, disk):
                    index.apply(put, drops, cursor, purge)
                if cursor == 3:
                    disk.optimise()
            yield memory, disk
    finally:
        shutil.rmtree(folder)


HISTORIES = st.lists(changes(), min_size=1, max_size=5)


@STORY
@given(HISTORIES, st.lists(queries(), min_size=1, max_size=8))
def test_both_find_and_count_the_same(
    history: list[tuple[list[Document], list[str], bool]], asked: list[Query]
) -> None:
    with both(history) as (memory, disk):
        assert (disk.count(), disk.cursor()) == (memory.count(), memory.cursor())
        for query in asked:
            assert disk.find(query) == memory.find(query)


@STORY
@given(HISTORIES, st.lists(st.tuples(said(3), st.integers(0, 20), st.sampled_from(["", *LANGUAGES])), min_size=1))
def test_both_complete_the_same(
    history: list[tuple[list[Document], list[str], bool]], asked: list[tuple[str, int, str]]
) -> None:
    places = Names("place", {"did:a": [("fr", "Fès"), ("ar", "فاس")], "did:b": [("tr", "İstanbul")]})
    with both(history) as (memory, disk):
        for text, letters, language in asked:
            found = disk.complete(text[:letters], language, places, 10, letters % 2 == 0)
            assert found == memory.complete(text[:letters], language, places, 10, letters % 2 == 0)
            assert len(found) <= 10


@STORY
@given(HISTORIES, st.lists(queries(), min_size=1, max_size=5))
def test_both_correct_the_same(history: list[tuple[list[Document], list[str], bool]], asked: list[Query]) -> None:
    with both(history) as (memory, disk):
        for query in asked:
            assert disk.suggest(query) == memory.suggest(query)


@STORY
@given(HISTORIES, st.lists(documents(), min_size=1, max_size=4), st.sampled_from(["", *LANGUAGES]), st.booleans())
def test_both_find_the_same_likeness(
    history: list[tuple[list[Document], list[str], bool]], asked: list[Document], language: str, public: bool
) -> None:
    with both(history) as (memory, disk):
        for document in asked:
            found = disk.similar(document, language, ("Practice",), public, 5)
            assert found == memory.similar(document, language, ("Practice",), public, 5)
            assert document.uri not in [hit.uri for hit in found]


LETTERS = st.text(alphabet="abcdé\u0627ßx", max_size=9)


@given(LETTERS, st.lists(LETTERS, min_size=1, max_size=20))
def test_many_distances_at_once_are_the_distances_one_by_one(one: str, others: list[str]) -> None:
    assert distances(one, others).tolist() == [distance(one, other, 20) for other in others]


def test_the_vocabulary_of_these_tests_knows_its_concepts() -> None:
    assert all(concept in VOCABULARY for concept in CONCEPTS)
    assert isinstance(VOCABULARY, Vocabulary)
