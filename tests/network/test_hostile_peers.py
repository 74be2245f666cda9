"""Peers that waste our time, clocks that jump, meetings that cross: nobody is stuck, nothing is lost, others go on."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from forge import card_of, line_up, next_card
from simulator import Network, Town, Wire

from node import answering, carrying, filing, founding, indexing, peering, publish, sync
from node.errors import NotAllowed
from node.federation.headsets import HeadSets
from node.store import chains, notes, peers, records
from node.worker import Worker
from protocol.errors import BadMessage
from protocol.wire import PeeringRequest, Problem

YEARS = 4 * 365 * 86_400


def _varint(number: int) -> bytes:
    digits = [number & 127]
    while number := number >> 7:
        digits.append(128 | (number & 127))
    return bytes(reversed(digits))


def _invented(turn: int) -> bytes:
    """An answer that always leads a little further: a thousand ids in a second of their own, and more to ask."""
    ids = [os.urandom(32) for _ in range(1_000)]
    listed = _varint(turn + 1) + b"\x00" + _varint(2) + _varint(len(ids)) + b"".join(ids)
    return b"\x61" + listed + b"\x00\x00" + _varint(1) + os.urandom(16)


def test_reconciliation_that_never_ends_takes_a_bounded_part_of_our_time(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C13, D9: invented digests without end; the meeting ends, the feed was read, and it is due again."""
    monkeypatch.setattr(sync, "RECONCILE_MOST", 3_000)
    fes, rabat = line_up(network, "fes", "rabat")
    said = fes.publish(text="in the feed")
    asked: list[int] = []

    def endless(wire: Wire, request: object) -> Wire:
        if not wire.path.endswith("/reconcile"):
            return wire
        asked.append(1)
        return replace(wire, body=_invented(len(asked)))

    network.twists["fes"] = endless
    outcome = network.reconcile(rabat, fes)
    assert (outcome.error_code, outcome.reconciled, len(asked)) == (None, False, 3)
    assert rabat.get(said.uri) is not None
    assert rabat.peer(fes).reconcile_at <= network.clock()
    network.twists.clear()
    assert network.meet(rabat, fes).reconciled


def test_meeting_that_lasts_too_long_goes_on_next_time(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """D9: no page is passed over: the cursor stays before what was not fetched."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = [fes.publish(text=f"{number}") for number in range(5)]
    before = rabat.peer(fes).pull_cursor
    with monkeypatch.context() as slow:
        slow.setattr(carrying, "MEETING_MOST_S", -1)
        assert network.meet(rabat, fes).error_code is None
    assert rabat.peer(fes).pull_cursor == before
    network.meet(rabat, fes)
    assert all(rabat.get(envelope.uri) is not None for envelope in said)


def test_clock_that_stood_in_the_future_leaves_no_peer_unmet(network: Network) -> None:
    """G10: met, held by a worker and reconciled in 2030; then the clock is set right."""
    fes, rabat = line_up(network, "fes", "rabat")
    network.clock.seconds += YEARS
    network.reconcile(rabat, fes)
    with rabat.node.database.writing() as connection:
        assert peers.take_lease(connection, fes.did, "killed:1", network.clock())
    network.clock.seconds -= YEARS - 7_200
    with rabat.node.database.writing() as connection:
        assert [peer.did for peer in peers.due(connection, network.clock())] == [fes.did]
        assert peers.take_lease(connection, fes.did, "other:2", network.clock())
    assert network.meet(rabat, fes).reconciled
    with rabat.node.database.reading() as connection:
        assert peers.due(connection, network.clock()) == []


def test_hint_during_a_meeting_brings_the_next_one(network: Network) -> None:
    """News that comes when the feed was just read would wait a whole interval."""
    fes, rabat = line_up(network, "fes", "rabat")

    def meanwhile(wire: Wire, request: object) -> Wire:
        if wire.path.endswith("/changes"):
            with rabat.node.database.writing() as connection:
                peers.hurry(connection, fes.did, network.clock())
        return wire

    network.twists["fes"] = meanwhile
    network.meet(rabat, fes)
    with rabat.node.database.reading() as connection:
        assert [peer.did for peer in peers.due(connection, network.clock())] == [fes.did]


def test_reconcile_that_became_due_during_one_is_not_forgotten(network: Network) -> None:
    """Promise 2: admission widened while the lists were compared: what was skipped until then is asked for next."""
    fes, rabat = line_up(network, "fes", "rabat")

    def meanwhile(wire: Wire, request: object) -> Wire:
        if wire.path.endswith("/reconcile"):
            with rabat.node.database.writing() as connection:
                peers.reconcile_all(connection)
        return wire

    network.twists["fes"] = meanwhile
    assert network.reconcile(rabat, fes).reconciled
    assert rabat.peer(fes).reconcile_at == 0


def test_two_workers_meet_a_peer_one_at_a_time_and_answer_an_erasure_once(network: Network) -> None:
    """C19: the lease holds; a receipt is written once, whoever comes first."""
    fes, rabat = line_up(network, "fes", "rabat")
    one, two = (Worker(rabat.node, sets=HeadSets(rabat.node.database)) for _ in range(2))
    crossed: list[object] = []

    def meanwhile(wire: Wire, request: object) -> Wire:
        if wire.path.endswith("/changes") and not crossed:
            crossed.append(two._meet(rabat.peer(fes)))
        return wire

    network.twists["fes"] = meanwhile
    with network.as_speaker(rabat):
        outcome = one._meet(rabat.peer(fes))
    assert outcome is not None
    assert outcome.error_code is None
    assert crossed == [None], "the second one found the peer taken"
    gone = fes.publish(text="gone")
    network.settle()
    publish.end(fes.node, gone.uri, "erased")
    network.meet(rabat, fes)
    while filing.follow(rabat.node):  # a receipt waits for the files of what is gone, and for the index
        pass
    while indexing.follow_once(rabat.node, one._searcher):
        pass
    with rabat.node.database.reading() as connection:
        before = notes.cursor(connection, "receipts")
    one._answer_erasures()
    one._searcher.forget()
    with rabat.node.database.writing() as connection:
        notes.set_cursor(connection, "receipts", before, network.clock())  # the other had read the log before
    two._answer_erasures()
    with rabat.node.database.reading() as connection:
        assert len(records.about(connection, gone.uri, records.OURSELVES, ["Receipt"])) == 1


def _cards(town: Town) -> list[bytes]:
    with town.node.database.reading() as connection:
        return chains.cards_of(connection, town.did)


def test_stranger_takes_nobodys_address_by_asking_first(network: Network) -> None:
    """D13: the address of a request counts once it is accepted; who comes with it before is not kept out."""
    fes, rabat, stranger = (network.found(name) for name in ("fes", "rabat", "stranger"))
    lines = [*_cards(stranger), next_card(stranger, card_of(stranger), 2, url=rabat.url)]
    answering.answer(fes.node, chains.brought(lines), PeeringRequest(tuple(lines)))
    with network.as_speaker(rabat):
        assert peering.request(rabat.node, fes.url).state == peers.REQUESTED
    peering.accept(fes.node, rabat.did, actor="test")
    with pytest.raises(NotAllowed) as refusal:
        peering.accept(fes.node, stranger.did, actor="test")
    assert refusal.value.code == "address_taken"


def test_stranger_leaves_nothing_behind_by_asking_and_taking_it_back(network: Network) -> None:
    """H1, G11: again and again, with other keys each time: no row, no entry in the audit log."""
    fes, stranger = network.found("fes"), network.found("stranger")
    lines = _cards(stranger)
    with fes.node.database.reading() as connection:
        before = len(notes.acts(connection))
    for _ in range(3):
        answering.answer(fes.node, chains.brought(lines), PeeringRequest(tuple(lines)))
        answering.ended_by_peer(fes.node, stranger.did)
    with fes.node.database.reading() as connection:
        assert peers.everyone(connection) == []
        assert len(notes.acts(connection)) == before


def test_request_that_was_taken_back_while_it_was_answered_stays_taken_back(network: Network) -> None:
    """H2: consent that arrives after the administrator has thought better of it makes no peer."""
    fes, rabat = network.found("fes"), network.found("rabat")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    peering.accept(fes.node, rabat.did, actor="test")

    def meanwhile(wire: Wire, request: object) -> Wire:
        if wire.method == "POST" and wire.path.endswith("/peerings"):
            with rabat.node.database.writing() as connection:
                peers.move(connection, fes.did, peers.ENDED, network.clock(), "us")
        return wire

    network.twists["fes"] = meanwhile
    network.meet(rabat, fes)
    assert rabat.peer(fes).state == peers.ENDED


def test_another_node_at_a_peers_address_is_not_trusted(network: Network) -> None:
    """B17, B21: a new key behind the old name: nothing of it is stored, and the peer's page will say so."""
    fes, rabat = line_up(network, "fes", "rabat")
    home = network.folder / "stranger"
    who = founding.Organisation({"fr": "Fès"}, "MA", ("fr",), fes.url)
    stranger = founding.found(home, who, {"limits_free_mb": 0}, {}, network.clock)
    with fes.node.database.reading() as connection:
        held = records.own(connection, fes.did)
    fes.app.extensions["wasl"] = stranger
    try:
        assert network.meet(rabat, fes).error_code == "wrong_audience"
        assert network.reconcile(rabat, fes).error_code == "wrong_identity"
    finally:
        stranger.close()
    with rabat.node.database.reading() as connection:
        assert records.own(connection, stranger.did) == []
        assert len(records.own(connection, fes.did)) == len(held)


def test_texts_of_a_peer_speak_to_no_terminal() -> None:
    """E23: notes and reasons are printed by commands: no escape sequences, no bells."""
    for note in ("\x1b[31mred", "a\x07b", "\x9bA"):
        with pytest.raises(BadMessage):
            PeeringRequest.from_bytes(PeeringRequest((), note).to_bytes())
        with pytest.raises(BadMessage):
            Problem.from_bytes(Problem(400, "bad", note, 1).to_bytes())
    assert PeeringRequest.from_bytes(PeeringRequest((), "two\nlines").to_bytes()).note == "two\nlines"
