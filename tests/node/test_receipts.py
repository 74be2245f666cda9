"""A receipt says that the words of what was erased are gone: it waits until no index has them, whatever keeps it."""

from __future__ import annotations

import pytest
from library import say
from simulator import Network, Town

from node import filing, indexing, publish
from node.indexing import Searcher
from node.store import records
from node.store.records import OURSELVES
from node.worker import Worker
from search import Query
from search.errors import IndexAway

WORD = "Zébrulonnerie"


@pytest.fixture(params=["whoosh", "postgres"])
def towns(network: Network, request: pytest.FixtureRequest) -> tuple[Town, Town]:
    """One that erases, and one that answers: its index is in a folder, or in a database."""
    kept = {"search_database": request.getfixturevalue("postgres").conninfo} if request.param == "postgres" else {}
    origin, holder = network.found("berlin"), network.found("rabat", **kept)
    network.befriend(holder, origin)
    network.settle()
    return origin, holder


def receipts(town: Town, uri: str) -> int:
    with town.node.database.reading() as connection:
        return len(records.about(connection, uri, OURSELVES, ["Receipt"]))


def test_receipt_waits_until_the_index_has_forgotten_the_words(network: Network, towns: tuple[Town, Town]) -> None:
    origin, holder = towns
    said, kept = say(origin.node, WORD), say(origin.node, "Un guichet")
    network.meet(holder, origin)
    searcher = Searcher(holder.node)
    worker = Worker(holder.node, searcher, holder.sets)
    worker.follow()
    publish.end(origin.node, said.uri, "erased", "erasure-request")
    publish.end(origin.node, kept.uri, "withdrawn", "mistake")
    network.meet(holder, origin)
    while filing.follow(holder.node):
        pass
    while worker._answer_erasures():
        pass
    assert searcher.find(Query(WORD, "fr")).results.total == 1
    assert receipts(holder, said.uri) == 0
    while indexing.follow_once(holder.node, searcher):
        pass
    while worker._answer_erasures():
        pass
    assert searcher.find(Query(WORD, "fr")).results.total == 0
    assert receipts(holder, said.uri) == 1
    searcher.forget()


def test_receipt_waits_for_a_rebuild_that_began_before_the_erasure(network: Network, towns: tuple[Town, Town]) -> None:
    origin, holder = towns
    said = say(origin.node, WORD)
    network.meet(holder, origin)
    searcher = Searcher(holder.node)
    worker = Worker(holder.node, searcher, holder.sets)
    worker.follow()
    seen: list[tuple[int, int]] = []

    def meanwhile(done: int, _total: int) -> None:
        if done == 1:  # the rebuild has read what is erased now
            publish.end(origin.node, said.uri, "erased", "erasure-request")
            network.meet(holder, origin)
            worker.follow()
            seen.append((searcher.find(Query(WORD, "fr")).results.total, receipts(holder, said.uri)))

    indexing.rebuild(holder.node, meanwhile)
    assert seen == [(0, 0)]
    while worker._answer_erasures():
        pass
    assert searcher.find(Query(WORD, "fr")).results.total == 1
    assert receipts(holder, said.uri) == 0
    worker.follow()
    assert searcher.find(Query(WORD, "fr")).results.total == 0
    assert receipts(holder, said.uri) == 1
    searcher.forget()


def test_receipt_waits_while_the_index_is_away(
    network: Network, towns: tuple[Town, Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, holder = towns
    said = say(origin.node, WORD)
    network.meet(holder, origin)
    publish.end(origin.node, said.uri, "erased", "erasure-request")
    network.meet(holder, origin)
    searcher = Searcher(holder.node)
    worker = Worker(holder.node, searcher, holder.sets)
    while indexing.follow_once(holder.node, searcher):
        pass
    while filing.follow(holder.node):
        pass

    def away(*_given: object) -> int:
        raise IndexAway("08006")

    with monkeypatch.context() as patched:
        patched.setattr(Searcher, "asked", away)
        while worker._answer_erasures():
            pass
    assert receipts(holder, said.uri) == 0
    while worker._answer_erasures():
        pass
    assert receipts(holder, said.uri) == 1
    searcher.forget()
