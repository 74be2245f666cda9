"""Who took up what from whom: counted from signed adaptations, whatever comes round, however deep."""

from __future__ import annotations

from typing import Any

import pytest
from simulator import Network, Town

from node import exchanging, lineage, publish
from node.publish import Statement
from node.store import records
from node.store.records import MEMBERS, OURSELVES
from tests.protocol.contents import accepted

CHANGES = {"fr": "Nous avons tenu les entretiens le soir, parce que la plupart travaillent le jour."}


def practice(town: Town) -> str:
    town.clock.seconds += 1
    return publish.publish(town.node, Statement("Practice", accepted()["practice-least"]["content"], "fr")).uri


def adapt(town: Town, source: str, outcome: str = "worked", result: str | None = None, **more: Any) -> str:
    town.clock.seconds += 1
    content: dict[str, Any] = {"source": source, "sourceDigest": "0" * 64, "fidelity": "adapted", "changes": CHANGES}
    content |= {"outcome": outcome, "outcomeText": {"fr": "Quarante personnes sont venues."}, **more}
    if result:
        content["result"] = result
    return publish.publish(town.node, Statement("Adaptation", content, "fr")).uri


def family(town: Town, uri: str) -> lineage.Lineage:
    with town.node.database.reading() as connection:
        return lineage.lineage(connection, uri, MEMBERS)


def said_of(town: Town, uri: str) -> lineage.Evidence:
    with town.node.database.reading() as connection:
        found = records.about(connection, uri, OURSELVES, ["Adaptation"])
    return lineage.evidence(found, uri.partition("/records/")[0])


@pytest.mark.both_stores
def test_each_town_counts_once_by_its_best_outcome_and_the_author_not_at_all(network: Network) -> None:
    rabat, fes, sale = (network.found(name) for name in ("rabat", "fes", "sale"))
    network.befriend(fes, rabat)
    network.befriend(sale, rabat)
    uri = practice(rabat)
    for town, outcome in ((fes, "failed"), (fes, "worked"), (sale, "failed"), (rabat, "worked")):
        adapt(town, uri, outcome)
    network.settle()
    assert said_of(rabat, uri) == lineage.Evidence(worked=1, towns=2, failed=1)


def test_family_is_the_same_from_whichever_practice_one_looks(network: Network) -> None:
    rabat, fes, sale = (network.found(name) for name in ("rabat", "fes", "sale"))
    network.befriend(fes, rabat)
    network.befriend(sale, rabat)
    first, second = practice(rabat), practice(fes)
    adapt(fes, first, result=second)
    adapt(sale, second, "partly")
    network.settle()
    for uri in (first, second):
        found = family(rabat, uri)
        assert found.root == first
        assert [one.adaptation.origin for one in found.everyone()] == [fes.did, sale.did]
        assert found.branches[0].children[0].adaptation.origin == sale.did


def test_chain_that_leads_back_to_itself_is_walked_once(network: Network) -> None:
    """C27: A takes up B, B takes up A; and one that names itself as its own result."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(fes, rabat)
    one, other = practice(rabat), practice(fes)
    adapt(rabat, other, result=one)
    adapt(fes, one, result=other)
    adapt(fes, one, result=one)
    network.settle()
    for uri in (one, other):
        assert len(family(rabat, uri).everyone()) <= 3


def test_deep_chain_is_followed_as_far_as_the_bound_and_says_that_there_is_more(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(fes, rabat)
    source = practice(rabat)
    first = source
    for number in range(lineage.DEPTH_MOST + 5):
        town = (fes, rabat)[number % 2]
        network.settle()
        result = practice(town)
        adapt(town, source, result=result)
        source = result
    network.settle()
    found = family(rabat, first)
    assert len(found.everyone()) == lineage.DEPTH_MOST
    assert not found.whole


def test_result_of_another_node_is_nobodys_child(network: Network) -> None:
    """C28: who names another town's practice as what came of an adaptation gets nothing of its family."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(fes, rabat)
    one, other = practice(rabat), practice(rabat)
    adapt(fes, one, result=other)
    adapt(fes, other)
    network.settle()
    assert family(rabat, one).branches[0].children == ()
    assert family(rabat, other).root == other


@pytest.mark.both_stores
def test_only_the_node_of_the_source_acknowledges(network: Network) -> None:
    rabat, fes, sale = (network.found(name) for name in ("rabat", "fes", "sale"))
    network.befriend(fes, rabat)
    network.befriend(sale, rabat)
    uri = practice(rabat)
    network.settle()
    adapted = adapt(fes, uri)
    network.settle()
    false = {"about": adapted, "aboutDigest": "0" * 64}
    publish.publish(sale.node, Statement("Acknowledgement", false, "fr"))
    network.settle()
    assert not family(rabat, uri).branches[0].acknowledged
    with rabat.node.database.reading() as connection:
        heard = exchanging.adaptations(connection, rabat.node)
    assert [(one.said.uri, one.answered) for one in heard] == [(adapted, False)]
    true = {"about": adapted, "aboutDigest": "0" * 64}
    publish.publish(rabat.node, Statement("Acknowledgement", true, "fr"))
    network.settle()
    for town in (rabat, fes, sale):
        assert family(town, uri).branches[0].acknowledged
