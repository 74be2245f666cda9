"""The indexes on disk and in PostgreSQL against the one in memory: the same changes and queries, the same answers."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from search import Document, Index, MemoryIndex, Query, Vocabulary
from search.language import words
from tests.search.conftest import empty


def varied(demo: list[Document], chance: random.Random) -> list[Document]:
    """Each record three times under other names, kinds, communes and dates."""
    kinds = ["Practice", "Practice", "Practice", "Question", "Event"]
    return [
        replace(
            document,
            uri=f"{document.uri}/{copy}",
            kind=chance.choice(kinds),
            commune=f"did:{chance.randint(1, 4)}",
            public=chance.random() < 0.8,
            stamp=chance.randint(1, 40),
        )
        for document in demo
        for copy in range(3)
    ]


def some_query(demo: list[Document], vocabulary: Vocabulary, chance: random.Random) -> Query:
    wording = chance.choice(list(chance.choice(demo).texts.values()))
    said = [word for _, _, word in words(f"{wording.title} {wording.summary}")]
    start = chance.randrange(len(said))
    concept = chance.choice([*chance.choice(demo).concepts])
    text = chance.choice(
        [
            " ".join(chance.sample(said, chance.randint(1, min(4, len(said))))),
            f'"{" ".join(said[start : start + chance.randint(1, 4)])}"',
            f'{chance.choice(said)} "{" ".join(said[start : start + 2])}"',
            chance.choice(vocabulary.labels(concept))[1],
            f"{chance.choice(vocabulary.labels(concept))[1]} {chance.choice(said)}",
            f"{chance.choice(said)} nichtvorhanden",
            "",
        ]
    )
    return Query(
        text,
        chance.choice(["", "fr", "ar", "de", "tr", "en"]),
        {
            "language": chance.choice([(), (), ("fr",), ("de", "tr")]),
            "commune": chance.choice([(), (), ("did:1",), ("did:2", "did:3")]),
        },
        facets=chance.choice([(), ("commune", "language")]),
        kinds=chance.choice([("Practice",), (), ("Question", "Event")]),
        public_only=chance.random() < 0.7,
        offset=chance.choice([0, 0, 3]),
        limit=chance.choice([5, 10, 100]),
    )


@pytest.fixture(params=["whoosh", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path, vocabulary: Vocabulary) -> Iterator[tuple[MemoryIndex, Index]]:
    other = empty(request, tmp_path, vocabulary)
    yield MemoryIndex(vocabulary), other
    other.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_answer_the_same_after_any_changes(
    both: tuple[MemoryIndex, Index], demo: list[Document], vocabulary: Vocabulary, seed: int
) -> None:
    chance = random.Random(seed)
    documents = varied(demo, chance)
    memory, other = both
    for cursor in range(14):
        put = chance.sample(documents, chance.choice([1, 3, 40]))
        drops = [document.uri for document in chance.sample(documents, chance.choice([0, 1, 20]))]
        purge = chance.random() < 0.2
        for index in (memory, other):
            index.apply(put, drops, cursor, purge)
        if cursor == 9:
            other.optimise()
        assert (other.count(), other.cursor()) == (memory.count(), memory.cursor())
        for _ in range(25):
            query = some_query(demo, vocabulary, chance)
            assert other.find(query) == memory.find(query), query
