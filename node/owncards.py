"""Our own cards: the one in force, the newest that we have written, and the next one.

The two differ when somebody else has signed a card with our root key: then only a card by the key that we committed to
wins, behind the last of ours. Called by `keyring`; signs through `publish`. Source: docs/protocol.md section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from node import keys, publish, recovery
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.store import chains, peers, sightings
from protocol.card import STATES, Card
from protocol.envelope import Envelope

STOLEN = "somebody else has signed a card with your root key: make a new sheet first"


def put(node: Node, after: Card, sheet: bytes | None, changes: Mapping[str, Any]) -> Envelope:
    """Publish the card after `after` with these changes; all peers are told at the next meeting, which is now.

    Raises `NotAllowed` (`root_stolen`) where a card that we did not write follows: only another root wins against it.
    """
    with node.database.reading() as connection:
        both = {found.envelope.digest for found in (head(connection, node), last_own(connection, node))}
    if both != {after.envelope.digest} and changes.get("root", after.root) == after.root:
        raise NotAllowed(STOLEN, "root_stolen")
    card = publish.publish_card(node, {**after.content, **changes}, sheet, after.envelope.digest)
    with node.database.writing() as connection:
        for peer in peers.everyone(connection, peers.ACTIVE):
            peers.hurry(connection, peer.did, node.now())
    return card


def set_keys(node: Node, sheet: bytes | None, states: Mapping[str, str]) -> None:
    """Publish the card on which these keys have these states, unless the last one says so or more: none moves back."""
    with node.database.reading() as connection:
        card = head(connection, node)
    ahead = {key: state for key, state in states.items() if _later(state, card.keys.get(key))}
    if not ahead:
        return
    listed = [{"key": key, "state": state} for key, state in {**card.keys, **ahead}.items()]
    put(node, card, sheet, {"keys": listed})


def _later(state: str, before: str | None) -> bool:
    return before is None or STATES.index(state) > STATES.index(before)


def next_root(node: Node, last: Card, sheet: bytes | None) -> str:
    """The public half of the root key that this card commits to. Raises as `keys.root`."""
    folder = node.config.keys
    for seed in (sheet, keys.seed(folder)):
        number = recovery.number_of(seed, last.root) if seed is not None else None
        if seed is not None and number is not None:
            return recovery.root_name(seed, number + 1)
    if (folder / keys.NEXT_ROOT).exists():
        return keys.multikey_of(keys.read(folder / keys.NEXT_ROOT))
    keys.root(folder, last.root, sheet)
    raise NotAllowed("put next-root.pem back into the folder of keys: it signs the next card", "root_key_away")


def head(connection: Connection, node: Node) -> Card:
    """The card in force. Raises `NotFound` (`card_missing`)."""
    chain = chains.held_chain(connection, node.did)
    if chain is None:
        raise NotFound("this node's card is missing: `wasl doctor` says more", "card_missing")
    return chain.head


def last_own(connection: Connection, node: Node) -> Card:
    """The newest card on our chain before the first that somebody else signed as ours."""
    chain = chains.held_chain(connection, node.did)
    if chain is None:
        raise NotFound("this node's card is missing: `wasl doctor` says more", "card_missing")
    strange = sightings.not_ours(connection, [card.envelope.digest for card in chain.cards])
    last = chain.cards[0]
    for card in chain.cards:
        if card.envelope.digest in strange:
            break
        last = card
    return last
