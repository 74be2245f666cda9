"""`wasl sync`: meet the peers at once, and how meetings are told."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

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
from node.sync import Outcome, meet
from node.worker import Worker


@click.command("sync", epilog=examples("wasl sync", "wasl sync --peer did:key:z6Mk…", "wasl sync --peer Bcujsq --json"))
@click.option("--peer", "peer", help="Only this one: its DID, or the last six or more characters of it.")
@json_option
@pass_terminal
def sync_command(terminal: Terminal, peer: str | None, as_json: bool) -> None:
    """Meet the peers now, without waiting for their turn, and show how each meeting went."""
    with opened(terminal) as node:
        with working(node) as worker:
            if peer:
                outcomes = [_meet_one(node, peer_of(node, peer))]
                worker.follow()
            else:
                outcomes = worker.run_until_idle()
        show(node, terminal, outcomes, as_json)


@contextmanager
def working(node: Node) -> Iterator[Worker]:
    """A worker for this call; the index that it opened is closed at the end."""
    searcher = Searcher(node)
    try:
        yield Worker(node, searcher)
    finally:
        searcher.forget()


def _meet_one(node: Node, did: str) -> Outcome:
    """Meet one peer, holding it as a worker does."""
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    _can_be_met(peer)
    owner = f"{socket.gethostname()}:{os.getpid()}:sync"
    with node.database.writing() as connection:
        if not peers.take_lease(connection, did, owner, node.now()):
            raise NotAllowed("the worker is meeting this peer at this moment", "peer_busy")
    try:
        with outbound.open_session(node.config.sync_private_addresses) as session:
            outcome = meet(node, peer, session, HeadSets(node.database), lambda: _hold(node, did, owner))
    finally:
        with node.database.writing() as connection:
            peers.give_back(connection, did, owner)
    return outcome


def _hold(node: Node, did: str, owner: str) -> None:
    with node.database.writing() as connection:
        peers.take_lease(connection, did, owner, node.now())


def _can_be_met(peer: peers.Peer) -> None:
    if peer.url is None:
        raise NotAllowed("nobody can reach this peer: it calls us", "peer_not_reachable")
    if peer.state != peers.ACTIVE and not (peer.state == peers.REQUESTED and peer.asked_by == "us"):
        raise NotAllowed(f"this peer is {peer.state}: it is not met", "peer_not_active")


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
