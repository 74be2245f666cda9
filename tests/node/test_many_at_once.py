"""What a large node must not do: ask the store for each of many records, or read all of them for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from simulator import Network, Town
from sqlalchemy import event

from node import indexing, intake, publish
from node.federation.headsets import HeadSets
from node.store import records
from node.store.records import MEMBERS

pytestmark = pytest.mark.both_stores
SLACK = 4
"""Statements that the clock decides about: how far a rebuild is, is written down once a second."""


@contextmanager
def counted(town: Town) -> Iterator[list[str]]:
    """Every statement that the store is asked meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    engine = town.node.database.kind.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def published(town: Town, count: int) -> None:
    for number in range(count):
        town.publish("Question", title={"fr": f"Question {number} ?"}, text={"fr": "Comment faire ?"})


def brought_back(town: Town, via: str) -> int:
    """How many statements it takes to let all records of a town in that a peer brings back."""
    with town.node.database.reading() as connection:
        lines = [held.data for held in records.own(connection, town.node.did) if held.data and held.type != "Node"]
    with counted(town) as said:
        verdicts = intake.admit_many(town.node, lines, via)
    assert {verdict.status for verdict in verdicts} == {intake.DUPLICATE}
    return len(said)


def rebuilt(town: Town) -> int:
    with counted(town) as said:
        indexing.rebuild(town.node)
    return len(said)


def test_own_records_that_come_back_cost_no_question_each(network: Network) -> None:
    town, peer = network.found("fes"), network.found("oujda")
    published(town, 3)
    few = brought_back(town, peer.node.did)
    published(town, 20)
    assert brought_back(town, peer.node.did) == few


def test_door_reads_no_origins_but_those_of_what_is_brought(network: Network) -> None:
    town, peer = network.found("fes"), network.found("oujda")
    line = peer.publish(text="x").data
    with counted(town) as said:
        intake.admit_many(town.node, [line], peer.node.did)
    asked = [each for each in said if each.startswith("SELECT origins.") and "FROM origins" in each]
    assert asked
    assert all("WHERE" in each for each in asked)


def test_rebuilding_the_index_costs_no_question_for_each_record(network: Network) -> None:
    town = network.found("fes")
    published(town, 3)
    few = rebuilt(town)
    published(town, 20)
    assert rebuilt(town) <= few + SLACK


def test_erasure_changes_the_warm_sets_and_reads_nothing_anew(network: Network) -> None:
    town = network.found("fes")
    ended = [town.publish(text=f"{number}") for number in range(3)][1]
    with town.sets.lock:
        before = town.sets.of(MEMBERS)
        held = set(before)
    publish.end(town.node, ended.uri, "erased")
    with town.sets.lock:
        after = town.sets.of(MEMBERS)
        now = set(after)
    assert after is before
    assert (len(held - now), len(now - held)) == (1, 1)
    fresh = HeadSets(town.node.database)
    with fresh.lock:
        assert now == set(fresh.of(MEMBERS))
