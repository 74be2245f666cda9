"""The indexes on disk and in PostgreSQL against the one in memory, over whatever hypothesis makes up."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from node.bench.postgres import PrivateServer
from search import Document, Index, MemoryIndex, Query, Vocabulary
from search.names import Names
from search.nearness import distance
from search.whoosh_index import WhooshIndex, rebuild
from search.whoosh_index_guess import distances
from tests.search.conftest import in_database
from tests.search.stories import CONCEPTS, DRAFTS, HISTORIES, QUERIES, READERS, TYPED, VOCABULARY, Change

STORY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(STORY, max_examples=8, phases=[Phase.reuse, Phase.generate])
"""In PostgreSQL making the tables takes longer than all that is asked of them: few, and what fails is not shrunk."""

PLACES = Names("place", {"did:a": [("fr", "Fès"), ("ar", "فاس")], "did:b": [("tr", "İstanbul")]})


@contextmanager
def on_disk(changed: list[Change]) -> Iterator[tuple[MemoryIndex, Index]]:
    """Both indexes after the same changes; the first of them is how the one on disk is built."""
    with tempfile.TemporaryDirectory() as folder:
        first = _first(changed)
        rebuild(Path(folder) / "index", VOCABULARY, first, 0)
        with closing(WhooshIndex(Path(folder) / "index", VOCABULARY)) as disk:
            yield _changed(disk, first, changed), disk


@contextmanager
def in_postgres(server: PrivateServer, changed: list[Change]) -> Iterator[tuple[MemoryIndex, Index]]:
    """Both indexes after the same changes."""
    first = _first(changed)
    with closing(in_database(server, VOCABULARY, first)) as database:
        yield _changed(database, first, changed), database


def _first(changed: list[Change]) -> list[Document]:
    return list({document.uri: document for document in changed[0][0]}.values())


def _changed(index: Index, first: list[Document], changed: list[Change]) -> MemoryIndex:
    memory = MemoryIndex(VOCABULARY)
    memory.put(first)
    for cursor, (put, drops, purge) in enumerate(changed[1:]):
        for each in (memory, index):
            each.apply(put, drops, cursor, purge)
        if cursor == 3:
            index.optimise()
    return memory


def find_the_same(memory: Index, other: Index, asked: Sequence[Query]) -> None:
    assert (other.count(), other.cursor()) == (memory.count(), memory.cursor())
    for query in asked:
        assert other.find(query) == memory.find(query)


def complete_the_same(memory: Index, other: Index, asked: Sequence[tuple[str, int, str]]) -> None:
    for text, letters, language in asked:
        found = other.complete(text[:letters], language, PLACES, 10, letters % 2 == 0)
        assert found == memory.complete(text[:letters], language, PLACES, 10, letters % 2 == 0)
        assert len(found) <= 10


def correct_the_same(memory: Index, other: Index, asked: Sequence[Query]) -> None:
    for query in asked:
        assert other.suggest(query) == memory.suggest(query)


def liken_the_same(memory: Index, other: Index, asked: Sequence[Document], language: str, public: bool) -> None:
    for document in asked:
        found = other.similar(document, language, ("Practice",), public, 5)
        assert found == memory.similar(document, language, ("Practice",), public, 5)
        assert document.uri not in [hit.uri for hit in found]


@STORY
@given(HISTORIES, QUERIES)
def test_whoosh_finds_and_counts_the_same(history: list[Change], asked: list[Query]) -> None:
    with on_disk(history) as both:
        find_the_same(*both, asked)


@STORY
@given(HISTORIES, TYPED)
def test_whoosh_completes_the_same(history: list[Change], asked: list[tuple[str, int, str]]) -> None:
    with on_disk(history) as both:
        complete_the_same(*both, asked)


@STORY
@given(HISTORIES, QUERIES)
def test_whoosh_corrects_the_same(history: list[Change], asked: list[Query]) -> None:
    with on_disk(history) as both:
        correct_the_same(*both, asked)


@STORY
@given(HISTORIES, DRAFTS, READERS, st.booleans())
def test_whoosh_finds_the_same_likeness(
    history: list[Change], asked: list[Document], language: str, public: bool
) -> None:
    with on_disk(history) as both:
        liken_the_same(*both, asked, language, public)


@FEW
@given(history=HISTORIES, asked=QUERIES)
def test_postgresql_finds_and_counts_the_same(
    postgres: PrivateServer, history: list[Change], asked: list[Query]
) -> None:
    with in_postgres(postgres, history) as both:
        find_the_same(*both, asked)


@FEW
@given(history=HISTORIES, asked=TYPED)
def test_postgresql_completes_the_same(
    postgres: PrivateServer, history: list[Change], asked: list[tuple[str, int, str]]
) -> None:
    with in_postgres(postgres, history) as both:
        complete_the_same(*both, asked)


@FEW
@given(history=HISTORIES, asked=QUERIES)
def test_postgresql_corrects_the_same(postgres: PrivateServer, history: list[Change], asked: list[Query]) -> None:
    with in_postgres(postgres, history) as both:
        correct_the_same(*both, asked)


@FEW
@given(history=HISTORIES, asked=DRAFTS, language=READERS, public=st.booleans())
def test_postgresql_finds_the_same_likeness(
    postgres: PrivateServer, history: list[Change], asked: list[Document], language: str, public: bool
) -> None:
    with in_postgres(postgres, history) as both:
        liken_the_same(*both, asked, language, public)


LETTERS = st.text(alphabet="abcdé\u0627ßx", max_size=9)


@given(LETTERS, st.lists(LETTERS, min_size=1, max_size=20))
def test_many_distances_at_once_are_the_distances_one_by_one(one: str, others: list[str]) -> None:
    assert distances(one, others).tolist() == [distance(one, other, 20) for other in others]


def test_the_vocabulary_of_these_tests_knows_its_concepts() -> None:
    assert all(concept in VOCABULARY for concept in CONCEPTS)
    assert isinstance(VOCABULARY, Vocabulary)
