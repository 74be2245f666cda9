"""Both forms of the index, empty, and the demonstration records in both."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search import Document, Index, MemoryIndex, Vocabulary
from search.whoosh_index import WhooshIndex, rebuild
from tests.search import corpus

Make = Callable[[list[Document]], Index]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return corpus.vocabulary()


@pytest.fixture(scope="session")
def demo() -> list[Document]:
    return corpus.demo()


@pytest.fixture(params=["memory", "whoosh"])
def make(request: pytest.FixtureRequest, tmp_path: Path, vocabulary: Vocabulary) -> Iterator[Make]:
    """Makes an index of some documents, in each of the two forms."""
    made: list[Index] = []

    def make_one(documents: list[Document]) -> Index:
        one: Index = MemoryIndex(vocabulary) if request.param == "memory" else on_disk(tmp_path, vocabulary)
        made.append(one)
        if documents:
            one.put(documents)
        return one

    yield make_one
    for each in made:
        each.close()


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


@pytest.fixture(scope="session", params=["memory", "whoosh"])
def demo_index(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    vocabulary: Vocabulary,
    demo: list[Document],
) -> Iterator[Index]:
    """The demonstration records, in each of the two forms."""
    folder = tmp_path_factory.mktemp("demo")
    one: Index = MemoryIndex(vocabulary) if request.param == "memory" else on_disk(folder, vocabulary)
    one.put(demo)
    yield one
    one.close()
