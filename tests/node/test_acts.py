"""The audit log: every word that the source writes has a sentence, and nothing secret stands in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from simulator import Network

from node import acts, inviting, peering, vouching
from node.store import notes
from node.store.notes import Act

ROOT = Path(__file__).parents[2]
MOVES = {"active", "paused", "blocked", "ended"}
"""Words that `peering` writes by the name of the state."""


def _written() -> Iterator[str]:
    """Every constant word that is given to `notes.act`, or to a function that passes it on as `word` or `act`."""
    for path in (ROOT / "node").rglob("*.py"):
        for step in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(step, ast.Call):
                continue
            name = getattr(step.func, "attr", getattr(step.func, "id", ""))
            if name == "act" and len(step.args) >= 4 and isinstance(step.args[3], ast.Constant):
                yield str(step.args[3].value)
            if name == "_finish" and len(step.args) >= 3 and isinstance(step.args[2], ast.Constant):
                yield str(step.args[2].value)


def test_every_word_of_the_audit_log_has_a_sentence() -> None:
    words = set(_written()) | MOVES
    assert len(words) > 20
    assert sorted(words ^ set(acts.ACTS)) == [], "a word without a sentence, or a sentence without its word"


def test_unknown_word_is_shown_as_it_stands() -> None:
    assert acts.told(Act(1, 0, "cli:x", "some_new_act", "", ""), "fr") == "some new act"


def test_acts_on_a_peer_are_written_with_who_and_what_and_without_secrets(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    link = inviting.create(fes.node, "Rabat", actor="cli:karima")
    with network.as_speaker(rabat):
        peering.request(rabat.node, link, "hello", "web:amal")
    vouching.withdraw(rabat.node, fes.did, actor="web:amal")
    for act in (peering.pause, peering.resume, peering.sync_now, peering.block, peering.unblock, peering.end):
        act(rabat.node, fes.did, actor="web:amal")
    with rabat.node.database.reading() as connection:
        done = [(act.actor, act.act) for act in reversed(notes.acts(connection, object_=fes.did))]
    expected = ["unvouch", "paused", "active", "sync_now", "blocked", "unblock", "ended"]
    assert [word for actor, word in done if actor == "web:amal"] == ["request", *expected]
    token = link.rpartition(".")[2]
    for town in (rabat, fes):
        with town.node.database.reading() as connection:
            assert all(token not in act.object + act.detail for act in notes.acts(connection))


def test_audit_log_can_be_read_by_who_what_when_and_page_by_page(network: Network) -> None:
    fes = network.found("fes")
    for label in ("a", "b", "c"):
        inviting.create(fes.node, label, actor=f"cli:{label}")
        network.clock.seconds += 60
    with fes.node.database.reading() as connection:
        assert [act.object for act in notes.acts(connection, word="invite")] == ["c", "b", "a"]
        newest = notes.acts(connection, 1)[0]
        assert [act.object for act in notes.acts(connection, 2, before=newest.id)] == ["b", "a"]
        assert [act.object for act in notes.acts(connection, since=network.clock.seconds - 70)] == ["c"]
        assert [act.object for act in notes.acts(connection, actor="cli:b")] == ["b"]
