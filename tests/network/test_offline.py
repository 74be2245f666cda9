"""A node that was away for three weeks: its own news goes out first, the rest comes in by pieces, cut now and then."""

from __future__ import annotations

from typing import Any

import pytest
from simulator import Network, Town, Wire

from node import intake, peering, sync
from node.assembly import open_node
from node.bench import making
from node.store import log, peers, records
from node.store.records import MEMBERS

THREE_WEEKS = 21 * 86_400
RECORDS = 3_000


def fill(town: Town, count: int) -> None:
    """Records as editors write them, let in by the town's own door a batch at a time."""
    lines = list(making.signed(town.node, count, 1))
    for start in range(0, count, 500):
        for verdict in intake.admit_many(town.node, lines[start : start + 500]):
            assert verdict.status == intake.ACCEPTED, verdict


def held(town: Town) -> int:
    with town.node.database.reading() as connection:
        return len(records.counts(connection, MEMBERS)) and sum(records.counts(connection, MEMBERS).values())


def test_own_publications_of_a_node_behind_nat_go_out_before_anything_comes_in(network: Network) -> None:
    """Three weeks without a line: what was written here is at the peer before the first page of its feed is read."""
    fes = network.found("fes")
    tiznit = network.found("tiznit", reachable=False)
    with network.as_speaker(tiznit):
        peering.request(tiznit.node, fes.url)
    peering.accept(fes.node, tiznit.did, actor="test")
    network.settle()
    network.cut(tiznit, fes)
    ours = [tiznit.publish(text=f"{number}") for number in range(3)]
    for number in range(5):
        fes.publish(text=f"meanwhile {number}")
    network.clock.seconds += THREE_WEEKS
    network.heal()
    network.traffic.clear()
    order: list[str] = []

    def listen(wire: Wire, _request: Any) -> Wire:
        order.append(wire.path.rpartition("/")[2])
        if wire.path.endswith("/changes"):
            assert all(fes.get(said.uri) is not None for said in ours), "ours are there before theirs are read"
        return wire

    network.twists["fes"] = listen
    outcome = network.meet(tiznit, fes)
    assert outcome.sent >= 3
    assert outcome.received >= 5
    assert order.index("push") < order.index("changes") < order.index("fetch")


def test_reachable_node_that_is_back_says_so_and_is_asked_for_its_news(network: Network) -> None:
    """Its peers try it once an hour or once a day by now; the first meeting that works brings them at once."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(fes, rabat)
    network.settle()
    network.cut(fes, rabat)
    for _ in range(12):
        network.meet(fes, rabat)
        network.meet(rabat, fes)
        network.clock.seconds += 3_600
    said = fes.publish(text="written offline")
    network.clock.seconds += THREE_WEEKS
    with rabat.node.database.writing() as connection:
        peers.note(connection, fes.did, next_at=network.clock() + 3_600)
    assert fes.peer(rabat).failures == 12
    network.heal()
    network.traffic.clear()
    network.meet(fes, rabat)
    assert "hint" in {wire.path.rpartition("/")[2] for wire in network.traffic}
    assert rabat.peer(fes).next_at <= network.clock(), "Rabat comes for it now, not in an hour"
    network.meet(rabat, fes)
    assert rabat.get(said.uri) is not None
    network.traffic.clear()
    network.meet(fes, rabat)
    assert "hint" not in {wire.path.rpartition("/")[2] for wire in network.traffic}, "once is enough"


class Cut(Exception):
    """The line is gone."""


def test_long_catch_up_goes_on_from_its_cursor_after_every_cut_and_kill(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3,000 records, the line cut after every few answers, the process killed in between: no record crosses twice but
    those of one page, the figures of the progress rise, and in the end nothing is missing."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(fes, rabat)
    network.settle()
    network.cut(fes, rabat)
    fill(rabat, RECORDS)
    network.clock.seconds += THREE_WEEKS
    network.heal()
    network.traffic.clear()
    left = 0

    def flaky(wire: Wire, request: Any) -> Wire:
        nonlocal left
        left -= 1
        if left < 0:
            import requests

            raise requests.ConnectionError("cut off")
        return wire

    network.twists["rabat"] = flaky
    shown: list[sync.Progress] = []
    fetched = 0
    for meeting in range(40):
        left = 6
        before = fes.peer(rabat).pull_cursor
        network.traffic.clear()
        with network.as_speaker(fes), network.session(False) as session:
            outcome = sync.meet(
                fes.node, fes.peer(rabat), session, fes.sets, lambda: shown.append(sync.progress(fes.node, rabat.did))
            )
        fetched += sum(len(wire.body.splitlines()) for wire in network.traffic if wire.path.endswith("/fetch"))
        if meeting % 3 == 1:  # the process is killed and started again
            fes.node.close()
            home = fes.node.config.home
            fes.node = open_node(home, {}, network.clock)
            fes.sets = type(fes.sets)(fes.node.database)
            fes.app.extensions |= {"wasl": fes.node, "wasl-head-sets": fes.sets}
        if outcome.error_code is None:
            break
        assert outcome.error_code == "unreachable"
        assert fes.peer(rabat).pull_cursor is not None
        assert before is not None
        network.clock.seconds += 3_600
    else:
        pytest.fail("it never ends")
    assert meeting >= 2, "there were several cuts"
    figures = [one.ours for one in shown]
    assert figures == sorted(figures)
    assert all(one.theirs is not None and one.theirs >= one.ours for one in shown[2:])
    assert sync.progress(fes.node, rabat.did).ours == sync.progress(fes.node, rabat.did).theirs
    assert RECORDS <= fetched <= RECORDS + meeting * 500, "what was admitted is not fetched again"
    assert fes.heads() == rabat.heads()
    with fes.node.database.reading() as connection:
        assert log.last_seq(connection) < RECORDS + 20, "each is in the log once"
