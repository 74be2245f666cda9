"""Verify signed records with nothing but a file: no node, no network, no database.

The proof says that a key signed these bytes; the chain of cards says whose key that is. A chain begins with the root
key that *is* the node's name, so cards need no authority behind them: they may come in the same file. Names on a card
are what the node calls itself; the fingerprint words are what two people compare. On the line: beside it; this is the
door's first half (`protocol.record.verify`) for somebody who has no door.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from node.transfer.lines import Line
from protocol import didkey, proof, schemas
from protocol.card import Card, Chain, resolve, verify_card
from protocol.envelope import NODE, Envelope
from protocol.errors import ProtocolError
from protocol.record import CardMissing, verify

VALID, UNKNOWN, REFUSED = "valid", "unknown_chain", "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """What verifying one line gave. `status`: valid | unknown_chain (the signature fits the key that the record names,
    but no card says that the key is the origin's) | refused; `code`, `detail`: why, where it is not valid."""

    line: int
    status: str
    code: str = ""
    detail: str = ""
    envelope: Envelope | None = None
    chain: Chain | None = None


def chains_in(lines: Iterable[Line]) -> dict[str, Chain]:
    """The chains that the valid cards among `lines` make, by DID."""
    cards: dict[str, list[Card]] = {}
    for line in lines:
        if b'"type":"Node"' not in line.data:
            continue
        try:
            card = verify_card(Envelope.from_bytes(line.data))
        except ProtocolError:
            continue  # told when the line itself is judged
        cards.setdefault(card.envelope.origin, []).append(card)
    found = {did: resolve(held) for did, held in cards.items()}
    return {did: chain for did, chain in found.items() if chain is not None}


def judge(line: Line, chains: Mapping[str, Chain]) -> Finding:
    """Verify one line against the chains at hand. Never raises."""
    envelope: Envelope | None = None
    chain: Chain | None = None
    try:
        envelope = Envelope.from_bytes(line.data)
        chain = chains.get(envelope.origin)
        if envelope.type == NODE:
            return _card(line, envelope, chain)
        verify(envelope, chain)
    except CardMissing as missing:
        return _without_chain(line, envelope, chain, missing)
    except ProtocolError as error:
        return Finding(line.number, REFUSED, error.code, error.message, envelope, chain)
    return Finding(line.number, VALID, envelope=envelope, chain=chain)


def _card(line: Line, envelope: Envelope, chain: Chain | None) -> Finding:
    verify_card(envelope)
    if chain is not None and any(card.envelope.digest == envelope.digest for card in chain.cards):
        return Finding(line.number, VALID, envelope=envelope, chain=chain)
    why = "the card is signed by the root key it names, but does not connect to the node's first card"
    return Finding(line.number, UNKNOWN, "bad_chain", why, envelope, chain)


def _without_chain(line: Line, envelope: Envelope | None, chain: Chain | None, missing: CardMissing) -> Finding:
    """No card lists the key: say at least whether the signature fits it."""
    assert envelope is not None, "CardMissing comes of an envelope"
    try:
        schemas.check_content(envelope.type, envelope.content, envelope.language)
        proof.verify(dict(envelope.body), didkey.public_key(envelope.key))
    except ProtocolError as error:
        return Finding(line.number, REFUSED, error.code, error.message, envelope, chain)
    return Finding(line.number, UNKNOWN, missing.code, missing.message, envelope, chain)
