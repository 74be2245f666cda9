"""Before two nodes are peers: looking, invitations, and files of cards where the two cannot talk yet.

Each docstring begins with the case of the catalogue of attacks, where there is one.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from simulator import Network, Town, Wire
from strangers import card_of, given_vouches, state_of

from node import introducing, inviting, peering
from node.errors import AddressRefused, NodeError, NotAllowed, NotFound
from node.store import peers
from node.store.peers import ACTIVE, REQUESTED


def code_of(error: pytest.ExceptionInfo[NodeError]) -> str:
    return error.value.code


def test_looking_shows_the_node_and_writes_nothing(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    with network.as_speaker(rabat):
        seen = introducing.look(rabat.node, inviting.create(fes.node, "Rabat"), "de")
    assert (seen.did, seen.name, seen.country, seen.url) == (fes.did, "Fes", "MA", fes.url)
    assert (seen.invited, seen.state, seen.warnings, seen.cards) == (True, "", (), 1)
    assert len(seen.words) == len(seen.our_words) == 8
    for town in (rabat, fes):
        with town.node.database.reading() as connection:
            assert peers.everyone(connection) == []


def test_looking_says_what_is_odd(network: Network) -> None:
    """D12, C24: another version and a wrong clock; letters that look like others, another address than on the card."""
    rabat, fes = network.found("rabat"), network.found("fes")
    said = fes.app.test_client().get("/.well-known/wasl").get_json()

    def odd(wire: Wire, _: Any) -> Wire:
        if not wire.path.endswith("/node"):
            return wire
        changed = said | {"versions": [2], "time": said["time"] + 3600}
        return Wire(wire.method, wire.path, 200, wire.headers, orjson.dumps(changed))

    network.twists["fes"] = odd
    network.towns["xn--fs-nlc"] = fes
    with network.as_speaker(rabat):
        assert len(introducing.look(rabat.node, fes.url).warnings) == 2
        disguised = introducing.look(rabat.node, "https://f\u0435s.example")
    assert disguised.host is not None
    assert (disguised.host.ascii, disguised.host.warning) == ("xn--fs-nlc.example", "mixed_letters")
    assert len(disguised.warnings) == 2


def test_looking_at_ourselves_or_at_another_node_than_the_inviting_one_is_refused(network: Network) -> None:
    rabat, fes, oujda = (network.found(name) for name in ("rabat", "fes", "oujda"))
    link = inviting.create(fes.node)
    with network.as_speaker(rabat):
        with pytest.raises(NotAllowed) as refusal:
            introducing.look(rabat.node, rabat.url)
        assert code_of(refusal) == "own_address"
        with pytest.raises(NotAllowed) as refusal:
            introducing.look(rabat.node, link.replace(fes.url, oujda.url))
        assert code_of(refusal) == "wrong_identity"


def test_two_nodes_that_added_each_others_files_are_peers_at_first_contact(network: Network) -> None:
    """Join by file: no network was needed for the exchange; both have written down how the words were compared."""
    rabat, fes = network.found("rabat"), network.found("fes")
    files = {town.name: introducing.cards_file(town.node) for town in (rabat, fes)}
    assert introducing.read_file(rabat.node, files["fes"]).did == fes.did
    introducing.add_from_file(rabat.node, files["fes"], checked="on site", actor="cli:a")
    introducing.add_from_file(fes.node, files["rabat"], checked="on site too", actor="cli:b", vouch=False)
    assert (state_of(rabat, fes.did), state_of(fes, rabat.did)) == (REQUESTED, REQUESTED)
    assert network.meet(rabat, fes).error_code is None
    assert (state_of(rabat, fes.did), state_of(fes, rabat.did)) == (ACTIVE, ACTIVE)
    assert (rabat.peer(fes).checked or "").startswith("on site (cli:a, ")
    assert (given_vouches(rabat, fes), given_vouches(fes, rabat)) == (1, 0), "the wish not to vouch is remembered"
    said = fes.publish(text="bonjour")
    network.settle()
    assert rabat.get(said.uri) is not None


def test_file_of_a_node_that_asked_us_accepts_it(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    introducing.add_from_file(fes.node, introducing.cards_file(rabat.node), checked="on site", actor="test")
    assert state_of(fes, rabat.did) == ACTIVE


def test_node_that_nobody_can_reach_joins_by_file(network: Network) -> None:
    rabat, tiznit = network.found("rabat"), network.found("tiznit", reachable=False)
    introducing.add_from_file(rabat.node, introducing.cards_file(tiznit.node), checked="on site", actor="test")
    introducing.add_from_file(tiznit.node, introducing.cards_file(rabat.node), checked="on site", actor="test")
    assert network.meet(tiznit, rabat).error_code is None
    assert (state_of(rabat, tiznit.did), state_of(tiznit, rabat.did)) == (ACTIVE, ACTIVE)


def test_files_that_cannot_lead_to_a_peering_are_refused(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    tiznit, nador = (network.found(name, reachable=False) for name in ("tiznit", "nador"))
    peering.block(rabat.node, fes.did, actor="test")
    cards = introducing.cards_file
    cases: list[tuple[Town, bytes, str, str]] = [
        (rabat, b"{}\n", "on site", "not_cards"),
        (rabat, b"\xff" * 5_000_000, "on site", "not_cards"),
        (rabat, cards(fes.node) + cards(tiznit.node), "on site", "not_cards"),
        (rabat, cards(fes.node).replace(b"Fes", b"Sef"), "on site", "not_cards"),
        (rabat, cards(rabat.node), "on site", "own_address"),
        (rabat, cards(tiznit.node), "  ", "words_not_checked"),
        (rabat, cards(fes.node), "on site", "blocked"),
        (nador, cards(tiznit.node), "on site", "nobody_reachable"),
    ]
    for town, data, checked, code in cases:
        with pytest.raises(NotAllowed) as refusal:
            introducing.add_from_file(town.node, data, checked=checked, actor="test")
        assert code_of(refusal) == code


def test_file_with_an_address_that_no_peer_may_have_is_refused(town: Town) -> None:
    data = card_of(3, town.clock.seconds, "https://rabat.example:81")
    with pytest.raises(AddressRefused):
        introducing.add_from_file(town.node, data, checked="x", actor="test")


def test_invitations_are_listed_with_what_became_of_them(network: Network) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    links = [inviting.create(fes.node, label, hours=1) for label in ("used", "revoked", "by id", "open")]
    with network.as_speaker(rabat):
        peering.request(rabat.node, links[0])
    inviting.revoke(fes.node, links[1])
    listed = {entry.label: entry for entry in inviting.listing(fes.node)}
    inviting.revoke_by_hash(fes.node, listed["by id"].token_hash.hex()[:8])
    now = network.clock.seconds
    states = {entry.label: entry.state(now) for entry in inviting.listing(fes.node)}
    assert states == {"used": "used", "revoked": "revoked", "by id": "revoked", "open": "open"}
    assert listed["used"].used_by == rabat.did
    assert inviting.listing(fes.node)[0].state(now + 3601) in ("expired", "revoked", "used")
    for text in ("", "00000000", "zz"):
        with pytest.raises(NotFound):
            inviting.revoke_by_hash(fes.node, text)
