"""`wasl sync`: meet the peers at once, and how meetings are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from node import holding
from node.assembly import Node
from node.cli import printing
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import name_of, opened, peer_of
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotAllowed
from node.federation import outbound
from node.federation.headsets import HeadSets
from node.indexing import Searcher
from node.store import peers
from node.sync import Outcome, meet, progress
from node.worker import Worker

PROGRESS_S = 2
"""How often a long meeting says how far it is, seconds."""


@click.command("sync", epilog=examples("wasl sync", "wasl sync --peer did:key:z6Mk…", "wasl sync --peer Bcujsq --json"))
@click.option("--peer", "peer", help="Only this one: its DID, or the last six or more characters of it.")
@json_option
@pass_terminal
def sync_command(terminal: Terminal, peer: str | None, as_json: bool) -> None:
    """Meet the peers now, without waiting for their turn, and show how each meeting went."""
    with opened(terminal) as node:
        if peer:
            sync_one(node, terminal, peer_of(node, peer), as_json)
            return
        with working(node) as worker:
            outcomes = worker.run_until_idle()
        show(node, terminal, outcomes, as_json)


def sync_one(node: Node, terminal: Terminal, did: str, as_json: bool) -> None:
    """Meet one peer now, and tell how it went."""
    with working(node) as worker:
        outcome = _meet_one(node, did)
        worker.follow()
    show(node, terminal, [outcome], as_json)


@contextmanager
def working(node: Node) -> Iterator[Worker]:
    """A worker for this call; the index that it opened is closed at the end."""
    searcher = Searcher(node)
    try:
        yield Worker(node, searcher, told=_saying(node))
    finally:
        searcher.forget()


def _meet_one(node: Node, did: str) -> Outcome:
    """Meet one peer, holding it as a worker does."""
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    peers.must_be_met(peer)
    owner = holding.owner("sync")
    with node.database.claiming() as connection:
        if not peers.take_lease(connection, did, owner, node.now()):
            raise NotAllowed("the worker is meeting this peer at this moment", "peer_busy")
    try:
        with outbound.open_session(node.config.sync_private_addresses) as session:
            told = _saying(node)
            outcome = meet(node, peer, session, HeadSets(node.database), lambda: _hold(node, did, owner, told))
    finally:
        with node.database.claiming() as connection:
            peers.give_back(connection, did, owner)
    return outcome


def _hold(node: Node, did: str, owner: str, told: Callable[[str], None]) -> None:
    told(did)
    with node.database.claiming() as connection:
        peers.take_lease(connection, did, owner, node.now())


def _saying(node: Node) -> Callable[[str], None]:
    """Says on standard error how far a long meeting is, every two seconds."""
    last = time.monotonic()

    def told(did: str) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESS_S:
            return
        last = time.monotonic()
        found = progress(node, did)
        printing.note(f"…{did[-8:]}: {found.ours} records are here" + (f" of {found.theirs}" if found.theirs else ""))

    return told


def show(node: Node, terminal: Terminal, outcomes: list[Outcome], as_json: bool) -> None:
    """Tell how meetings went; exit 3 when one of them failed."""
    failed = any(outcome.error_code not in (None, "waiting") for outcome in outcomes)
    if as_json:
        printing.as_json({"meetings": [asdict(outcome) for outcome in outcomes]})
    elif not outcomes:
        printing.say("No peer to meet: `wasl peer list` shows the peers.")
    else:
        rows = [
            (
                name_of(node, outcome.did, terminal.language) or "?",
                outcome.did[-8:],
                outcome.received,
                outcome.sent,
                outcome.refused,
                "yes" if outcome.reconciled else "",
                f"{outcome.ms} ms",
                f"{outcome.error_code}: {outcome.error}" if outcome.error_code else "met",
            )
            for outcome in outcomes
        ]
        printing.table(("peer", "ends in", "received", "sent", "refused", "reconciled", "took", "how"), rows)
    if failed:
        click.get_current_context().exit(ATTENTION)
