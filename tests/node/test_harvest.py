"""What harvesters hear of: every practice that was ever public here, by when this node last heard of a change."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from forge import card_of
from simulator import Network, Town
from tour import practice

from node import keys, peering, publish
from node.store import harvest
from node.store.harvest import Harvested, Wanted
from protocol.envelope import Envelope

pytestmark = pytest.mark.both_stores

ALL = Wanted()


def listed(town: Town, wanted: Wanted = ALL, after: int = 0, limit: int = 100) -> list[Harvested]:
    with town.node.database.reading() as connection:
        return harvest.page(connection, wanted, after, limit)


def said(town: Town, envelope: Envelope) -> Harvested | None:
    with town.node.database.reading() as connection:
        return harvest.one(connection, envelope.uri)


def told(town: Town, title: str = "Bilan de compétences", record: str | None = None, **more: Any) -> Envelope:
    town.clock.seconds += 60
    visibility = more.pop("visibility", "public")
    return town.publish("Practice", record, **(practice(title) | more), visibility=visibility)


def test_practice_is_listed_with_the_moment_when_it_came(town: Town) -> None:
    envelope = told(town)
    (one,) = listed(town)
    assert (one.uri, one.stamp) == (envelope.uri, town.clock.seconds)
    assert one.stored is not None
    assert one.stored.digest == envelope.digest


def test_revised_practice_moves_behind_the_others_with_a_new_moment(town: Town) -> None:
    first, second = told(town), told(town)
    told(town, "Bilan, deuxième édition", first.record)
    assert [one.uri for one in listed(town)] == [second.uri, first.uri]
    assert listed(town)[1].stamp == town.clock.seconds


@pytest.mark.parametrize("state", ["withdrawn", "erased"])
def test_ended_practice_is_listed_without_what_it_said(town: Town, state: str) -> None:
    envelope = told(town)
    town.clock.seconds += 60
    publish.end(town.node, envelope.uri, state)
    (one,) = listed(town)
    assert (one.uri, one.stamp, one.stored) == (envelope.uri, town.clock.seconds, None)


def test_practice_that_was_never_public_is_not_listed(town: Town) -> None:
    told(town, visibility="network")
    told(town, visibility="node")
    town.publish("Note")
    assert listed(town) == []


def test_practice_that_is_public_no_more_has_ended(town: Town) -> None:
    envelope = told(town)
    told(town, "Pour le réseau seulement", envelope.record, visibility="network")
    (one,) = listed(town)
    assert (one.stamp, one.stored) == (town.clock.seconds, None)


def test_practice_of_a_blocked_node_has_ended_until_the_block_does(network: Network) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(fes, rabat)
    envelope = told(rabat)
    network.settle()
    for act, live in ((peering.block, False), (peering.unblock, True)):
        network.clock.seconds += 3600
        act(fes.node, rabat.did, actor="test")
        one = said(fes, envelope)
        assert one is not None
        assert (one.stored is not None, one.stamp) == (live, network.clock.seconds)
        assert listed(fes, Wanted(since=network.clock.seconds)) == [one]


def test_practice_signed_with_a_key_that_was_revoked_has_ended(town: Town) -> None:
    envelope = told(town)
    town.clock.seconds += 60
    fresh = keys.multikey_of(Ed25519PrivateKey.generate())
    listed_keys = [{"key": town.node.signing.multikey, "state": "revoked"}, {"key": fresh, "state": "active"}]
    publish.publish_card(town.node, card_of(town).content | {"keys": listed_keys})
    (one,) = listed(town)
    assert (one.uri, one.stamp, one.stored) == (envelope.uri, town.clock.seconds, None)


def test_end_of_a_practice_that_never_came_is_listed_as_an_end(network: Network) -> None:
    """As in a node that was made again from its peers: a harvester that once read the practice must hear of it."""
    fes, rabat = network.found("fes"), network.found("rabat")
    envelope = told(rabat)
    publish.end(rabat.node, envelope.uri, "erased")
    network.befriend(fes, rabat)
    network.settle()
    assert [(one.uri, one.stored) for one in listed(fes)] == [(envelope.uri, None)]


def test_pages_list_each_practice_once_while_nothing_changes(town: Town) -> None:
    wanted = [told(town).uri for _ in range(5)]
    found: list[str] = []
    after = 0
    while some := listed(town, ALL, after, 2):
        found += [one.uri for one in some]
        after = some[-1].seq
    assert found == wanted


def test_span_includes_both_of_its_ends(town: Town) -> None:
    envelopes = [told(town) for _ in range(3)]
    middle = town.clock.seconds - 60
    assert [one.uri for one in listed(town, Wanted(since=middle, until=middle))] == [envelopes[1].uri]
    assert [one.uri for one in listed(town, Wanted(since=middle))] == [one.uri for one in envelopes[1:]]
    assert [one.uri for one in listed(town, Wanted(until=middle))] == [one.uri for one in envelopes[:2]]


def test_topics_choose_among_live_practices_and_leave_out_no_end(town: Town) -> None:
    about, other, gone = (told(town, topics=[topic]) for topic in ("housing", "sport", "sport"))
    told(town, 'Le mot housing, entre guillemets: "housing"', topics=["sport"])
    publish.end(town.node, gone.uri, "erased")
    assert [one.uri for one in listed(town, Wanted(topics=("housing", "health")))] == [about.uri, gone.uri]
    assert other.uri in {one.uri for one in listed(town, Wanted(topics=("sport",)))}


@pytest.mark.parametrize("uri", ["", "x", "did:key:x/records/y", "a/records/" + "b" * 300, "/records/"])
def test_what_is_no_practice_is_not_found(town: Town, uri: str) -> None:
    with town.node.database.reading() as connection:
        assert harvest.one(connection, uri) is None
