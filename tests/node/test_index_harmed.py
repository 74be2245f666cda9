"""Files of a node's index cut short, changed, zeroed or taken away: never silently wrong, and soon right by itself.

The oracle is `MemoryIndex` with the documents that the node makes of its store.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator

import pytest
from harming import harm
from library import fill, oracle
from simulator import Network, Town

from node import indexing
from node.indexing import Found, Searcher
from search import Query, Results

PRACTICES = 16
HOUR, DAY = 3600, 24 * 3600
QUERIES = [
    Query("Kompetenzbilanz", "de", facets=("language", "topic")),
    Query("logement", "fr"),
    Query('"pour les"', "fr"),
    Query("التشغيل", "ar", sort="newest"),
    Query("", "tr", {"topic": ("employment",)}, facets=("year",), sort="title"),
    Query("emploi formation", "fr", kinds=()),
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A node whose index has three segments and dead documents."""
    network = Network(tmp_path_factory.mktemp("harmed"))
    town = network.found("fes")
    fill(town.node, PRACTICES // 2)
    indexing.rebuild(town.node)
    searcher = Searcher(town.node)
    fill(town.node, PRACTICES // 2)
    while indexing.follow_once(town.node, searcher):
        pass
    searcher.forget()
    shutil.copytree(town.node.config.index, town.node.config.home / "sound")
    yield town
    network.close()


@pytest.fixture(scope="module")
def right(town: Town) -> list[Results]:
    index = oracle(town.node)
    return [index.find(query) for query in QUERIES]


def is_marked(found: Found) -> bool:
    """Whether the page says that this may not be all."""
    return found.rebuilding and not found.results.complete


@pytest.mark.parametrize("seed", range(60))
def test_f3_harmed_index_answers_rightly_or_says_so_and_mends_itself(
    town: Town, right: list[Results], seed: int
) -> None:
    chance = random.Random(seed)
    folder = town.node.config.index
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(town.node.config.home / "sound", folder)
    searcher = Searcher(town.node)
    if chance.random() < 0.5:  # under an open index, else before it is opened
        assert [searcher.find(query).results for query in QUERIES] == right
    what = harm(folder, chance)
    for query, expected in zip(QUERIES, right, strict=True):
        found = searcher.find(query)
        assert found.results == expected or is_marked(found), what
    for _ in range(3):
        indexing.follow_once(town.node, searcher)
        found_all = [searcher.find(query) for query in QUERIES]
        assert all(
            found.results == expected or is_marked(found) for found, expected in zip(found_all, right, strict=True)
        ), what
    assert [found.results for found in found_all] == right, what
    assert not any(found.rebuilding for found in found_all), what
    town.clock.seconds += -town.clock.seconds % DAY + 2 * HOUR  # what is in memory only is right until tonight
    indexing.tend(town.node, searcher)
    searcher.index().check()
    assert [searcher.find(query).results for query in QUERIES] == right, what
    searcher.forget()


def test_f4_index_of_another_database_is_not_believed(town: Town, right: list[Results], network: Network) -> None:
    """Of another node, or of a later state of this one: it has read further than the log goes."""
    other = network.found("rabat")
    shutil.rmtree(other.node.config.index, ignore_errors=True)
    shutil.copytree(town.node.config.home / "sound", other.node.config.index)
    searcher = Searcher(other.node)
    while indexing.follow_once(other.node, searcher):
        pass
    found = searcher.find(Query("", kinds=()))
    assert (found.results.total, found.rebuilding) == (0, False)
    searcher.forget()
