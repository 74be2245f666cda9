"""Signed records in quantity, made as real nodes make them: real keys, real cards, the one door.

A measurement needs ten thousand records of four kilobytes from several origins before it can begin. What is spared
here is only the waiting: statements are sealed in a loop instead of typed. Comes before `pulling`, and before the
test that kills a node in the middle of a pull (tests/network/test_kill.py).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from node import answering, founding, intake, inviting
from node.assembly import Node
from node.bench.making_texts import Say, plain
from node.founding import Organisation
from node.store import chains, peers
from protocol import moment
from protocol.limits import VERSION
from protocol.record import seal
from protocol.wire import PeeringRequest

BATCH = 500
RECORD_BYTES = 4_000
"""About the size of a practice of the demonstration data, bytes."""

SETTINGS: dict[str, Any] = {"sync_private_addresses": True, "limits_free_mb": 1, "log_level": "warning"}
"""Loopback peers are fine, and a nearly full disk of a test machine is no reason to stop."""


def make_node(home: Path, name: str, port: int | None, **settings: Any) -> Node:
    """Found a node on loopback and open it. `port` None: it has no address, nobody can reach it."""
    url = f"http://127.0.0.1:{port}" if port else None
    chosen = SETTINGS | ({"web_port": port} if port else {}) | settings
    return founding.found(home, Organisation({"fr": name}, "MA", ("fr",), url), chosen, {})


def befriend(node: Node, other: Node) -> None:
    """Make `other` a peer of `node` by an invitation, as the federation's server would, without a wire between."""
    token = inviting.create(node).rpartition(".")[2]
    with other.database.reading() as connection:
        cards = tuple(chains.cards_of(connection, other.did))
    answering.answer(node, chains.brought(cards), PeeringRequest(cards, "", token))


def ask(asker: Node, peer: Node, port: int) -> None:
    """Let `peer`, which answers on loopback, be known to `asker` as one that it has asked to become its peer."""
    with peer.database.reading() as connection:
        chain = b"\n".join(chains.cards_of(connection, peer.did))
    with asker.database.writing() as connection:
        url = f"http://127.0.0.1:{port}"
        peers.add(connection, peer.did, asker.now(), asked_by="us", url=url, chain=chain, note="")


def signed(origin: Node, count: int, seed: int, say: Say = plain) -> Iterator[bytes]:
    """`count` practices of `RECORD_BYTES` bytes, sealed with the origin's key. The same seed gives the same words."""
    chance = random.Random(seed)  # noqa: S311
    now = origin.now()
    for number in range(count):
        yield seal(practice(origin.did, number, now, chance, say), origin.signing.private, moment.to_text(now))


def load(node: Node, origins: Sequence[Node], count: int, seed: int = 1, say: Say = plain) -> None:
    """Let `count` records of these origins in by the node's door, the origins in turn, batch by batch."""
    share, more = divmod(count, len(origins))
    for place, origin in enumerate(origins):
        batch: list[bytes] = []
        for line in signed(origin, share + (place < more), seed + place, say):
            batch.append(line)
            if len(batch) == BATCH:
                _let_in(node, batch, origin.did)
                batch = []
        _let_in(node, batch, origin.did)


def _let_in(node: Node, batch: Sequence[bytes], via: str) -> None:
    wrong = [verdict for verdict in intake.admit_many(node, batch, via) if verdict.status != intake.ACCEPTED]
    if wrong:
        raise AssertionError(f"a record made for a measurement was {wrong[0].status}: {wrong[0].detail}")


def practice(did: str, number: int, now: int, chance: random.Random, say: Say = plain) -> dict[str, Any]:
    """The body of a practice of about `RECORD_BYTES` bytes, all but its proof."""
    record, nonce = uuid.UUID(int=chance.getrandbits(128), version=4), chance.getrandbits(128)
    language, content = say(chance)
    return {
        "wasl": VERSION,
        "type": "Practice",
        "origin": did,
        "record": str(record),
        "revision": 1,
        "nonce": f"{nonce:032x}",
        "createdAt": moment.to_text(now - number % 86_400),
        "modifiedAt": moment.to_text(now - number % 86_400),
        "language": language,
        "author": "commune",
        "licence": "CC-BY-4.0",
        "visibility": "public",
        "illustrative": True,
        "content": content,
    }
