"""The three forms of the index, empty, and the demonstration records in each."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from node.bench.postgres import PrivateServer
from search import Document, Index, MemoryIndex, Vocabulary, postgres_index
from search.postgres_index import PostgresIndex
from search.whoosh_index import WhooshIndex, rebuild
from tests.search import corpus

Make = Callable[[list[Document]], Index]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return corpus.vocabulary()


@pytest.fixture(scope="session")
def demo() -> list[Document]:
    return corpus.demo()


FORMS = ("memory", "whoosh", "postgres")
_numbers = itertools.count()


@pytest.fixture(params=FORMS)
def make(request: pytest.FixtureRequest, tmp_path: Path, vocabulary: Vocabulary) -> Iterator[Make]:
    """Makes an index of some documents, in each of the three forms."""
    made: list[Index] = []

    def make_one(documents: list[Document]) -> Index:
        one = empty(request, tmp_path, vocabulary)
        made.append(one)
        if documents:
            one.put(documents)
        return one

    yield make_one
    for each in made:
        each.close()


def empty(request: pytest.FixtureRequest, folder: Path, vocabulary: Vocabulary) -> Index:
    """A new, empty index of the form that the fixture asks for."""
    if request.param == "memory":
        return MemoryIndex(vocabulary)
    if request.param == "whoosh":
        return on_disk(folder, vocabulary)
    return in_database(request.getfixturevalue("postgres"), vocabulary)


class OwnSchema(PostgresIndex):
    """An index whose schema goes when it is closed."""

    def __init__(self, server: PrivateServer, vocabulary: Vocabulary, schema: str) -> None:
        super().__init__(server.conninfo, vocabulary, schema, TIMEOUT_MS)
        self.server, self.schema = server, schema

    def close(self) -> None:
        super().close()
        with psycopg.connect(self.server.conninfo) as connection:
            connection.execute("SET client_min_messages TO warning")
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self.schema)))


TIMEOUT_MS = 60_000
"""For a statement: this machine may be busy with other tests."""


def in_database(server: PrivateServer, vocabulary: Vocabulary, documents: Sequence[Document] = ()) -> OwnSchema:
    """A new index in a schema of its own, built of these documents."""
    schema = f"test_{next(_numbers)}"
    postgres_index.rebuild(server.conninfo, vocabulary, documents, 0, schema=schema)
    return OwnSchema(server, vocabulary, schema)


def on_disk(folder: Path, vocabulary: Vocabulary) -> WhooshIndex:
    """A new, empty index."""
    rebuild(folder / "index", vocabulary, [], 0)
    return WhooshIndex(folder / "index", vocabulary)


@pytest.fixture
def disk(tmp_path: Path, vocabulary: Vocabulary) -> Iterator[WhooshIndex]:
    """An empty index in the folder tmp_path/"index"."""
    one = on_disk(tmp_path, vocabulary)
    yield one
    one.close()


@pytest.fixture(scope="session", params=FORMS)
def demo_index(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    vocabulary: Vocabulary,
    demo: list[Document],
) -> Iterator[Index]:
    """The demonstration records, in each of the three forms."""
    one = empty(request, tmp_path_factory.mktemp("demo"), vocabulary)
    one.put(demo)
    yield one
    one.close()
