"""The simulation of spreading: what it shows, and that twelve real nodes spread a record just as it says."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, cast

import pytest
import requests
from simulator import Network, Town, Wire

from node import policy
from node.bench import making, spreading, weighing
from node.bench.graphs import random_graph
from node.bench.spreading import World
from node.publish import Statement, publish
from node.store import chains
from node.worker import Worker
from protocol.card import Chain

SENT_BY_WAITRESS = len(b"Date: Tue, 24 Nov 2026 12:00:00 GMT\r\nServer: waitress\r\n")
"""Fields of each answer that only a real server adds; the simulated wires have none."""


@pytest.mark.parametrize("count", [60, 120, 240])
@pytest.mark.parametrize("dead", [0.0, spreading.DEAD])
@pytest.mark.parametrize("hints", [True, False])
def test_record_reaches_everybody_within_twice_log2_of_them_rounds(count: int, dead: float, hints: bool) -> None:
    """Issue 2: random peering of degree 4; by hints or by the intervals alone; a tenth of the nodes may be dead."""
    for seed in range(2):
        found = spreading.spread(count, seed, hints=hints, dead=dead)
        assert found.missed == 0
        assert found.reached + found.cut_off == count - round(dead * count)
        assert found.cut_off <= dead * count / 4, "the rest hangs together all the same"
        assert 1 <= found.rounds <= found.bound


def test_traffic_for_a_record_does_not_grow_with_the_network() -> None:
    """Issue 2, C20: eight times as many nodes, the same bytes for each, on the mean and at the busiest."""
    few, many = spreading.spread(60, 1), spreading.spread(480, 1)
    assert many.mean_bytes < few.mean_bytes * 1.02
    assert many.worst_bytes < few.worst_bytes * 1.02


def test_record_goes_as_far_as_its_origin_is_admitted_and_no_further() -> None:
    """The default distance: exactly those within four steps hold it, in four rounds; others relay nothing of it."""
    chance = random.Random(5)
    edges = random_graph(300, chance)
    chain, data = weighing.origin(5)
    world = World(300, edges, chain, policy.Rules())
    world.publish(data)
    assert spreading.by_hints(world) == 4
    names = [node.did for node in world.nodes]
    for number, node in enumerate(world.nodes):
        admitted = World.admitting(number, names, edges, policy.Rules())
        assert bool(node.log) == (chain.origin in admitted), "policy asked of each node itself"
    assert 5 < sum(bool(node.log) for node in world.nodes) < 162


def test_node_that_was_dead_has_everything_when_it_comes_back() -> None:
    """Whoever was cut off is reached by the meetings of the intervals that follow."""
    chance = random.Random(7)
    edges = random_graph(100, chance)
    chain, data = weighing.origin(7)
    world = World(100, edges, chain, spreading.WHOLE, dead=chance.sample(range(1, 100), 40))
    world.publish(data)
    spreading.by_hints(world)
    assert not all(node.log for node in world.nodes)
    for node in world.nodes:
        node.alive = True
    assert spreading.by_intervals(world, chance) <= 4
    assert all(node.log for node in world.nodes)


def test_twelve_real_nodes_spread_a_record_as_the_simulation_says(network: Network) -> None:
    """The same graph: the same nodes have it after each round, with the same bytes for each within a tenth."""
    chance = random.Random(12)
    edges = random_graph(12, chance)
    towns = [network.found(f"town{number:04}") for number in range(12)]
    for one, other in edges:
        network.befriend(towns[one], towns[other])
    network.settle()
    workers = [Worker(town.node, sets=town.sets) for town in towns]
    for town, worker in zip(towns, workers, strict=True):
        worker._leases.settle()
        _tell(network, town, worker)
    network.settle()
    with towns[0].node.database.reading() as connection:
        world = World(12, edges, cast(Chain, chains.held_chain(connection, towns[0].did)), spreading.WHOLE)
    _hints_agree(network, towns, workers, world)
    _intervals_agree(network, towns, world, chance)


def _hints_agree(network: Network, towns: list[Town], workers: list[Worker], world: World) -> None:
    said = _published(towns[0], world)
    real = [0] * 12
    while world.hint_round():
        passed = _counted(network, towns, lambda: _round(network, towns, workers))
        real = [before + more for before, more in zip(real, passed, strict=True)]
        assert [town.get(said) is not None for town in towns] == [bool(node.log) for node in world.nodes]
    assert all(town.get(said) is not None for town in towns)
    for number in range(12):
        assert real[number] == pytest.approx(world.nodes[number].carried, rel=0.1)


def _intervals_agree(network: Network, towns: list[Town], world: World, chance: random.Random) -> None:
    """A second record, without hints: meeting by meeting in the same random order, an interval as often as it takes."""
    peerings = [(number, other) for number, node in enumerate(world.nodes) for other in node.peers]
    for number, other in peerings:  # what the hints left open
        world.meet(number, other)
        network.meet(towns[number], towns[other])
    idle = max(_counted(network, towns, lambda: network.meet(towns[0], towns[world.nodes[0].peers[0]])))
    assert idle == pytest.approx(world.idle, rel=0.1)
    said = _published(towns[0], world)
    before, real = [node.carried for node in world.nodes], [0] * 12
    for _ in range(3):
        chance.shuffle(peerings)
        for number, other in peerings:
            passed = _counted(network, towns, partial(network.meet, towns[number], towns[other]))
            world.meet(number, other, spared=world.idle)
            for each in (number, other):
                real[each] += passed[each] - idle
            assert (towns[number].get(said) is not None) == (len(world.nodes[number].log) == 2)
    assert all(len(node.log) == 2 for node in world.nodes)
    for number in range(12):
        assert real[number] == pytest.approx(world.nodes[number].carried - before[number], rel=0.1)


def _published(town: Town, world: World) -> str:
    """The URI of a practice that the origin publishes in reality and in the simulation."""
    body = making.practice(town.did, 1, town.clock(), random.Random(1))
    said = publish(town.node, Statement("Practice", body["content"], "fr", illustrative=True))
    world.publish(said.data)
    return said.uri


def _round(network: Network, towns: list[Town], workers: list[Worker]) -> None:
    for town, worker in zip(towns, workers, strict=True):
        _tell(network, town, worker)
    for town, worker in zip(towns, workers, strict=True):
        with network.as_speaker(town):
            worker._meet_due(cast(Any, _Inline()))


def _tell(network: Network, town: Town, worker: Worker) -> None:
    with network.as_speaker(town):
        worker._send_hints(cast(Any, _Inline()))


def _counted(network: Network, towns: list[Town], act: Callable[[], object]) -> list[int]:
    """The bytes that each town carried while `act` ran: request lines, header fields, bodies, both ways."""
    carried = {town.name: 0 for town in towns}

    def count(callee: str) -> Callable[[Wire, requests.PreparedRequest], Wire]:
        def twist(wire: Wire, request: requests.PreparedRequest) -> Wire:
            host = f"{callee}.example"
            asked = len(f"{request.method} {request.path_url} HTTP/1.1\r\nHost: {host}\r\n\r\n")
            asked += _fields(dict(request.headers)) + len(request.body or b"")
            told = len("HTTP/1.1 200 OK\r\n\r\n") + _fields(wire.headers) + SENT_BY_WAITRESS + wire.carried
            told += len("Content-Encoding: gzip\r\n") if wire.carried < len(wire.body) else 0
            for name in (callee, network.speaking):
                carried[name] += asked + told
            return wire

        return twist

    network.twists = {town.name: count(town.name) for town in towns}
    act()
    network.twists = {}
    return [carried[town.name] for town in towns]


def _fields(headers: Any) -> int:
    return sum(len(name) + len(str(text)) + 4 for name, text in headers.items())


class _Inline:
    """An executor whose work is done before `submit` returns."""

    def submit(self, act: Callable[..., Any], *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(act(*given))
        return done
