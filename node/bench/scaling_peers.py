"""Two nodes that hold very many records and differ in few: one serves, the other finds out and fetches what it lacks.

The other node's store is a copy of the first one's, made by PostgreSQL, in which some records are missing; it has an
identity of its own. Everything between them is what nodes do: signed requests over loopback HTTP, the door, the log.
Comes from: `scaling`.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, select

from node import policy
from node.assembly import Node
from node.bench import making
from node.bench.graphs import neighbours, random_graph
from node.bench.pulling import wait_for
from node.bench.scaling_load import PORT
from node.demo.processes import Children, resident_mb
from node.federation import outbound
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.store import feed, log, peers
from node.store.database import Database
from node.store.records import MEMBERS
from node.store.tables import heads, meta
from node.store.tables import log as entries
from node.sync import meet
from protocol.limits import RECONCILE_FRAME
from protocol.negentropy import Initiator, ItemSet, buckets_for

DIFFERENCES = (100, 1_000)
NODES = 10_000
_PAGE = 1_000
_START_S = 120.0


def measure(folder: Path, node: Node, copied: Callable[[], str]) -> dict[str, float]:
    """`copied`: makes a copy of the node's store, and says where it is."""
    with closing(_other(folder, copied())) as other:
        _befriend(node, other)
        figures = _admission()
        with Children() as children:
            child = children.start(
                "node", ["--home", str(node.config.home), "serve", "--web-only"], folder / "serve.log"
            )
            wait_for(PORT, _START_S)
            before = resident_mb(os.getpid()) or 0
            figures |= _met_first(other, node.did)
            for count in DIFFERENCES:
                _lose(other, count)
                figures |= _reconciled(other, node.did, count)
            figures["sets of heads, memory of a process that asks, MB"] = (resident_mb(os.getpid()) or 0) - before
            figures["memory of the process that answers, MB"] = resident_mb(child.pid) or 0
    return figures | _followed(node)


def _other(folder: Path, address: str) -> Node:
    """A node of its own that holds what the first one held."""
    home = folder / "other"
    shutil.rmtree(home, ignore_errors=True)
    database = Database(home, address)
    with closing(database), database.writing() as connection:
        connection.execute(delete(meta).where(meta.c.name.in_(("founded", "did", "epoch"))))
    return making.make_node(home, "other", None, store_database=address)


def _befriend(node: Node, other: Node) -> None:
    making.befriend(node, other)
    making.ask(other, node, PORT)


def _lose(node: Node, count: int) -> None:
    """Let a node have lost some records, far apart from each other."""
    with node.database.writing() as connection:
        last = log.last_seq(connection)
        drawn = random.Random(count).sample(range(1, last + 1), min(last, 2 * count))  # noqa: S311
        question = select(heads.c.seq).where(heads.c.seq.in_(drawn) & (heads.c.type == "Practice"))
        lost = list(connection.execute(question).scalars())[:count]
        connection.execute(delete(heads).where(heads.c.seq.in_(lost)))
        connection.execute(delete(entries).where(entries.c.seq.in_(lost)))


def _met_first(node: Node, did: str) -> dict[str, float]:
    """The first meeting of all: who are you, the cards, then whatever is lacking."""
    sets = HeadSets(node.database)
    began = time.perf_counter()
    items = _warm(sets)
    cold = time.perf_counter() - began
    began = time.perf_counter()
    _meet(node, did, sets)
    return {
        "sets of heads, items": len(items),
        "sets of heads, read from the store, s": cold,
        "first meeting of all, with a node that has just started, s": time.perf_counter() - began,
    }


def _warm(sets: HeadSets) -> ItemSet:
    with sets.lock:
        items = sets.of(MEMBERS)
        items.fingerprint(0, len(items))
    return items


def _reconciled(node: Node, did: str, count: int) -> dict[str, float]:
    """Ask what is different, by the protocol alone; then a whole meeting, in which it is fetched."""
    sets = HeadSets(node.database)
    items = _warm(sets)
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    with outbound.open_session(private=True) as session:
        client = PeerClient(node, peer.url or "", did, session)
        began = time.perf_counter()
        asking = Initiator(items, RECONCILE_FRAME, buckets=buckets_for(len(items)))
        message: bytes | None = asking.initiate()
        carried = found = 0
        while message is not None:
            answer = client.reconcile(message)
            carried += len(message) + len(answer)
            message, have, need = asking.reconcile(answer)
            found += len(have) + len(need)
        asked = time.perf_counter() - began
    if found < count:
        raise AssertionError(f"{found} differences were found, not {count}")
    began = time.perf_counter()
    received = _meet(node, did, sets)
    if received < count:
        raise AssertionError(f"{received} of {count} records came")
    return {
        f"{count:,} differences, found in, ms": asked * 1e3,
        f"{count:,} differences, bytes both ways": carried,
        f"{count:,} differences, round trips": asking.rounds,
        f"{count:,} differences, a meeting that fetches them, s": time.perf_counter() - began,
    }


def _meet(node: Node, did: str, sets: HeadSets) -> int:
    """A whole meeting with the peer, a reconciliation in it. Returns how many records came."""
    with node.database.writing() as connection:
        peers.note(connection, did, reconcile_at=0)
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    with outbound.open_session(private=True) as session:
        outcome = meet(node, peer, session, sets)
    if outcome.error_code or not outcome.reconciled:
        raise AssertionError(f"the meeting failed: {outcome.error_code} {outcome.error}")
    return outcome.received


def _followed(node: Node) -> dict[str, float]:
    """What a page of the log costs those who follow it: at its beginning, and in its middle."""
    figures = {}
    with node.database.reading() as connection:
        last = log.last_seq(connection)
        for name, after in (("beginning", 0), ("middle", last // 2)):
            began = time.perf_counter()
            log.entries_after(connection, after, _PAGE)
            figures[f"{_PAGE:,} entries of the log, {name}, ms"] = (time.perf_counter() - began) * 1e3
        began = time.perf_counter()
        feed.changes(connection, MEMBERS, last // 2, _PAGE)
        figures[f"a page of {_PAGE:,} changes for a peer, ms"] = (time.perf_counter() - began) * 1e3
        began = time.perf_counter()
        feed.offered(connection, MEMBERS)
        figures["how many revisions are offered, counted, ms"] = (time.perf_counter() - began) * 1e3
    return figures


def _admission() -> dict[str, float]:
    """Who is admitted, worked out for a network of `NODES` nodes with four peers each."""
    near = neighbours(NODES, random_graph(NODES, random.Random(1)))  # noqa: S311
    names = [f"did:key:{number}" for number in range(NODES)]
    vouches = {names[one]: {names[other] for other in others} for one, others in enumerate(near)}
    rules = policy.Rules(distance=20)
    began = time.perf_counter()
    found = policy.admitted(names[0], sorted(vouches[names[0]]), vouches, set(), rules)
    return {f"who of {NODES:,} nodes is admitted, ms": (time.perf_counter() - began) * 1e3, "of them": len(found)}
