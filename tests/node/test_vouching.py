"""Vouches, and what an act would change before it is done."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from simulator import Network
from strangers import admitted, given_vouches

from node import peering, policy, previews, publish, vouching
from node.errors import NodeError, NotAllowed
from node.store import notes
from node.store.peers import ACTIVE

CONTENTS = orjson.loads((Path(__file__).parents[1] / "vectors" / "records" / "contents-accepted.json").read_bytes())
EVENT = next(case["content"] for case in CONTENTS.values() if case["type"] == "Event")


def code_of(error: pytest.ExceptionInfo[NodeError]) -> str:
    return error.value.code


def test_vouch_is_given_withdrawn_and_given_again(network: Network) -> None:
    """B6: what hangs on our vouch disappears elsewhere, not here; the preview says so."""
    berlin, rabat, fes = (network.found(name) for name in ("berlin", "rabat", "fes"))
    network.befriend(berlin, rabat)
    network.befriend(rabat, fes)
    network.settle()
    preview = previews.unvouch(rabat.node, fes.did)
    assert (preview.gone, preview.elsewhere) == ((fes.did,), True)
    assert "1 origin and 0 practices would disappear at nodes" in previews.sentence(preview, "en")
    assert vouching.withdraw(rabat.node, fes.did, actor="test") == 1
    network.settle()
    assert fes.did not in admitted(berlin)
    assert fes.did in admitted(rabat)
    vouching.vouch(rabat.node, fes.did, actor="test")
    vouching.vouch(rabat.node, fes.did, actor="test")
    network.settle()
    assert (fes.did in admitted(berlin), given_vouches(rabat, fes)) == (True, 1)
    with pytest.raises(NotAllowed) as refusal:
        vouching.vouch(berlin.node, fes.did, actor="test")
    assert code_of(refusal) == "vouch_needs_peer"


def test_vouch_that_cannot_be_signed_now_is_owed_and_given_later(network: Network) -> None:
    """A node that recovers accepts a peer: the peering holds at once, the vouch follows when it may publish again."""
    rabat, fes = network.found("rabat"), network.found("fes")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    with fes.node.database.writing() as connection:
        notes.set_value(connection, "state", "recovering")
    assert peering.accept(fes.node, rabat.did, actor="test").state == ACTIVE
    assert given_vouches(fes, rabat) == 0
    vouching.catch_up(fes.node)
    assert given_vouches(fes, rabat) == 0
    with fes.node.database.writing() as connection:
        notes.set_value(connection, "state", "")
    vouching.catch_up(fes.node)
    assert given_vouches(fes, rabat) == 1
    with fes.node.database.writing() as connection:
        notes.set_value(connection, "state", "recovering")
    peering.block(fes.node, rabat.did, actor="test")
    with fes.node.database.writing() as connection:
        notes.set_value(connection, "state", "")
    vouching.catch_up(fes.node)
    assert given_vouches(fes, rabat) == 0


def test_ending_hides_nothing_that_others_vouch_for(network: Network) -> None:
    berlin, rabat, fes = (network.found(name) for name in ("berlin", "rabat", "fes"))
    for one, other in ((berlin, rabat), (rabat, fes), (berlin, fes)):
        network.befriend(one, other)
    network.settle()
    assert previews.end(berlin.node, fes.did).empty
    assert previews.sentence(previews.end(berlin.node, fes.did), "en") == "Nothing would change on this node."
    vouching.withdraw(rabat.node, fes.did, actor="test")
    network.settle()
    assert previews.end(berlin.node, fes.did).gone == (fes.did,)


def test_preview_is_what_happens(network: Network) -> None:
    """G15: the counts of the preview and of the act agree, and a preview changes nothing."""
    berlin, rabat, fes = (network.found(name) for name in ("berlin", "rabat", "fes"))
    network.befriend(berlin, rabat)
    network.befriend(rabat, fes)
    for town in (rabat, fes):
        publish.publish(town.node, publish.Statement("Event", EVENT, "fr"))
    network.settle()
    before = set(berlin.heads())
    preview = previews.block(berlin.node, rabat.did)
    assert set(berlin.heads()) == before
    peering.block(berlin.node, rabat.did, actor="test")
    gone = {uri for uri in before - set(berlin.heads()) if not uri.startswith(berlin.did)}
    assert set(preview.gone) == {rabat.did, fes.did}
    assert preview.records_gone == len(gone)
    assert preview.gone_types["Event"] == 2


def test_many_nodes_of_one_actor_weigh_no_more_than_the_one_that_a_person_let_in() -> None:
    """H6: whatever they say of each other; two vouches needed means two nodes that came in by somebody else."""
    sybils = [f"sybil {number}" for number in range(100)]
    vouches = {one: set(sybils) for one in sybils} | {"rabat": {"oujda"}, "fes": {"oujda"}}
    peers_of_ours = ["rabat", "fes", sybils[0]]
    inside = policy.admitted("us", peers_of_ours, vouches, set(), policy.Rules(vouches=2))
    assert set(inside) == {"us", "rabat", "fes", "oujda", sybils[0]}
    strangers = {one: given for one, given in vouches.items() if one != sybils[0]}
    assert not set(sybils) & set(policy.admitted("us", ["rabat", "fes"], strangers, set(), policy.Rules()))
