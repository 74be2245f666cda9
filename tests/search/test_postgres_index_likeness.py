"""More like this, in a large index: common words are not counted, and the answers are the same."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from node.bench.postgres import PrivateServer
from search import Document, Vocabulary, postgres_index_likeness
from tests.search.conftest import OwnSchema, in_database


@pytest.fixture
def made(postgres: PrivateServer, vocabulary: Vocabulary, demo: list[Document]) -> Iterator[OwnSchema]:
    """An index of the demonstration records, of which the server has statistics."""
    with closing(in_database(postgres, vocabulary, demo)) as index:
        yield index


def test_documents_alike_are_the_same_with_statistics_as_with_counts(
    made: OwnSchema, demo: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = [[hit.uri for hit in made.similar(each, each.language, limit=5)] for each in demo[:20]]
    asked: list[int] = []
    count = postgres_index_likeness.count
    monkeypatch.setattr(postgres_index_likeness, "ESTIMATED_FROM", 0)
    monkeypatch.setattr(
        postgres_index_likeness, "count", lambda at, census, units: asked.append(len(units)) or count(at, census, units)
    )
    estimated = [[hit.uri for hit in made.similar(each, each.language, limit=5)] for each in demo[:20]]
    same = sum(len(set(some) & set(others)) for some, others in zip(estimated, counted, strict=True))
    assert same >= 0.9 * sum(map(len, counted))
    assert max(asked) < 64
