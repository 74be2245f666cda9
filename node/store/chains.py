"""The chains of cards that we hold, by origin: from the log, or, for a peer not admitted yet, from its request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Connection, func, select

from node.store.tables import heads, log, origins, peers
from protocol.card import Card, Chain, card_record, resolve, verify_card
from protocol.envelope import NODE, Envelope
from protocol.errors import ChainProblem, ProtocolError


def cards_of(connection: Connection, did: str) -> list[bytes]:
    """The exact bytes of every card of one origin in the log, lowest number first."""
    question = (
        select(log.c.data)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((origins.c.did == did) & (log.c.record == card_record(did)) & (log.c.type == NODE))
        .order_by(log.c.revision, log.c.seq)
    )
    return [bytes(data) for data in connection.execute(question).scalars()]


def chain_of(connection: Connection, did: str) -> Chain | None:
    """The chain in force of an origin, or None when no card of it is held: from the log, else from its request."""
    held = held_cards(connection, did)
    if not held:
        kept = connection.execute(select(peers.c.chain).where(peers.c.did == did)).scalar_one_or_none()
        held = verified(bytes(kept).splitlines()) if kept else []
    return resolve(held)


def held_chain(connection: Connection, did: str) -> Chain | None:
    """The chain that the cards in the log make: what the door trusts."""
    return resolve(held_cards(connection, did))


def held_cards(connection: Connection, did: str) -> list[Card]:
    """Every card of one origin in the log, on its chain or beside it, lowest number first."""
    return [_trusted(data) for data in cards_of(connection, did)]


def brought(lines: Sequence[bytes]) -> Chain:
    """The chain that cards brought by a stranger make. Raises `ChainProblem` when they make none."""
    found = verified(lines)
    if len({card.envelope.origin for card in found}) != 1:
        raise ChainProblem("a request brings the valid cards of one node")
    chain = resolve(found)
    if chain is None:
        raise ChainProblem("the chain's first card is missing")
    return chain


def verified(lines: Iterable[bytes]) -> list[Card]:
    """The cards among `lines` that are valid by themselves; others are left out."""
    cards = []
    for line in lines:
        try:
            cards.append(verify_card(Envelope.from_bytes(line)))
        except ProtocolError:
            continue
    return cards


def head_cards(connection: Connection) -> dict[str, Card]:
    """The card in force of every admitted origin, by DID."""
    question = (
        select(origins.c.did, log.c.data)
        .join(heads, heads.c.seq == log.c.seq)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where((heads.c.type == NODE) & origins.c.admitted)
    )
    return {row.did: _trusted(bytes(row.data)) for row in connection.execute(question)}


def doubled(connection: Connection) -> list[tuple[str, int]]:
    """(DID, number) of cards of admitted origins that share their number with another; the lowest of each origin."""
    question = (
        select(origins.c.did, log.c.revision)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((log.c.type == NODE) & (log.c.kind == "revision") & origins.c.admitted)
        .group_by(origins.c.did, log.c.revision)
        .having(func.count() > 1)
        .order_by(origins.c.did, log.c.revision.desc())
    )
    return list({did: int(number) for did, number in connection.execute(question)}.items())


@lru_cache(maxsize=4_096)
def _trusted(data: bytes) -> Card:
    """A card from the log, which the door has verified once. Read once, too: each page names every town."""
    envelope = Envelope.from_bytes(data)
    keys = {str(entry["key"]): str(entry["state"]) for entry in envelope.content["keys"]}
    return Card(envelope, str(envelope.content["root"]), str(envelope.content["nextRootDigest"]), keys)
