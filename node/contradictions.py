"""What an origin has said twice under one number: found in the log, and given out as a proof that anybody can check.

Reads only. A contradiction is a normal state with a winner (docs/protocol.md section 3); a proof of it is for people:
for the origin's administrator, who may not know of a copied machine, and for the network, if it was no mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from node.errors import NotFound
from node.store import chains, records
from node.store.records import Stored
from protocol import equivocation
from protocol.card import Card, card_record
from protocol.equivocation import Proof
from protocol.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A record or card with two contents under one number. `kind`: record | card."""

    uri: str
    did: str
    number: int
    kind: str


def listing(connection: Connection) -> list[Contradicted]:
    """Everything that stands here twice, of all admitted origins: cards first, then records, the newest first."""
    cards = [
        Contradicted(f"{did}/records/{card_record(did)}", did, number, "card")
        for did, number in chains.doubled(connection)
    ]
    forked = records.forked(connection)
    return cards + [Contradicted(one.uri, one.origin, one.revision, "record") for one in forked]


def proof_of(connection: Connection, uri: str) -> Proof:
    """The proof that this record (or card: the URI of its record) was said twice under one number, the highest.

    Raises `NotFound` (`no_contradiction`) where nothing here contradicts anything, or only what a revoked key signed.
    """
    did, _, record = uri.partition("/records/")
    proof = _of_cards(connection, did) if record == card_record(did) else _of_record(connection, did, uri)
    if proof is None:
        raise NotFound("no two revisions of it with one number are held here and count", "no_contradiction")
    return proof


def _of_record(connection: Connection, did: str, uri: str) -> Proof | None:
    chain = chains.held_chain(connection, did)
    if chain is None:
        return None
    cards = [card.envelope.data for card in chain.cards]
    held = [one for one in records.history(connection, uri) if one.data is not None and not one.void]
    for _, same in reversed([(number, list(some)) for number, some in groupby(held, lambda one: one.revision)]):
        if len(same) > 1:
            return _made([_bytes(one) for one in same[:2]], cards)
    return None


def _of_cards(connection: Connection, did: str) -> Proof | None:
    """Two cards behind one card, and the cards that lead there: where the rivals part."""
    held = chains.held_cards(connection, did)
    by_digest = {card.envelope.digest: card for card in held}
    for _, same in groupby(held, lambda card: card.number):
        rivals = list(same)
        for place, one in enumerate(rivals):
            for other in rivals[place + 1 :]:
                if one.envelope.previous == other.envelope.previous:
                    leading = _leading_to(one, by_digest)
                    return _made([one.envelope.data, other.envelope.data], leading)
    return None


def _leading_to(card: Card, by_digest: dict[bytes, Card]) -> list[bytes]:
    path: list[bytes] = []
    before = by_digest.get(card.envelope.previous or b"")
    while before is not None:
        path.insert(0, before.envelope.data)
        before = by_digest.get(before.envelope.previous or b"")
    return path


def _made(both: Sequence[bytes], cards: Sequence[bytes]) -> Proof | None:
    try:
        return equivocation.make(both[0], both[1], cards)
    except ProtocolError:
        return None


def _bytes(stored: Stored) -> bytes:
    return stored.data or b""
