"""Who a node is, over time: a numbered chain of cards, each the permission for the next.

A card (`type: Node`) names the node's root key, commits to the next root key by its digest (pre-rotation), and lists
the keys that sign records, each active, retired or revoked. A chain is decided by the cards alone, in whatever order
they came, so two nodes that hold the same cards trust the same keys. Rules: docs/protocol.md section 4.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from protocol import didkey, proof, schemas
from protocol.envelope import NODE, Envelope
from protocol.errors import ChainProblem
from protocol.limits import MAX_CHAIN, MAX_KEYS

STATES = ("active", "retired", "revoked")
"""A key moves to the right only."""


def card_record(origin: str) -> str:
    """The one record id that an origin's cards carry: UUID version 5 of its DID in the URL namespace (RFC 9562)."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, origin))


def root_digest(root: str) -> str:
    """What a card commits to: SHA-256, as 64 hex digits, of a root key's multikey text (ASCII)."""
    return hashlib.sha256(root.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Card:
    """One card whose own signature fits; whether it belongs to the chain is decided by `resolve`."""

    envelope: Envelope
    root: str
    next_root_digest: str
    keys: Mapping[str, str]

    @property
    def number(self) -> int:
        """Its place in the chain, from 1."""
        return self.envelope.revision

    @property
    def content(self) -> Mapping[str, Any]:
        """Names, URL, country, languages, location and contact, as signed."""
        return self.envelope.content

    @property
    def url(self) -> str | None:
        """Where the node can be reached, or None for one that nobody can reach. A hint, never an identity."""
        url = self.content.get("url")
        return url if isinstance(url, str) else None

    def name(self, language: str) -> str:
        """The node's name in `language`, else in any language it has."""
        names: Mapping[str, str] = self.content["names"]
        return names.get(language) or next(iter(names.values()))


@dataclass(frozen=True, slots=True)
class Chain:
    """The cards that hold, oldest first; never empty."""

    cards: tuple[Card, ...]

    @property
    def head(self) -> Card:
        """The card in force."""
        return self.cards[-1]

    @property
    def origin(self) -> str:
        """The node's DID."""
        return self.head.envelope.origin

    def state_of(self, key: str) -> str | None:
        """active, retired or revoked; None for a key that no card of this chain lists."""
        return self.head.keys.get(key)


def verify_card(envelope: Envelope) -> Card:
    """Check one card by itself: type, record id, content, and that its own root signed it.

    Raises `FieldProblem`, `BadProof`, `BadKey` or `ChainProblem`.
    """
    if envelope.type != NODE or envelope.record != card_record(envelope.origin):
        raise ChainProblem("a node's cards are one record, of type Node, with the id made from its DID")
    if envelope.visibility != "public":
        raise ChainProblem("a node card is public")
    schemas.check_content(NODE, envelope.content, envelope.language)
    root = str(envelope.content["root"])
    if envelope.key != root:
        raise ChainProblem("a card is signed by the root key that it names")
    keys = {str(entry["key"]): str(entry["state"]) for entry in envelope.content["keys"]}
    if len(keys) != len(envelope.content["keys"]) or len(keys) > MAX_KEYS or root in keys:
        raise ChainProblem(f"a card lists each signing key once, at most {MAX_KEYS}, and not the root key")
    for key in keys:
        didkey.public_key(key)
    proof.verify_parsed(envelope.body, didkey.public_key(root))
    card = Card(envelope, root, str(envelope.content["nextRootDigest"]), keys)
    if card.number == 1 and didkey.PREFIX + root != envelope.origin:
        raise ChainProblem("the first card's root key is the node's identity")
    return card


def follows(card: Card, before: Card) -> bool:
    """True where `card` may stand right after `before`: next number, its digest, a root that may speak, no key lost.

    A root keeps the commitment with which it came in. If it could make a new one, a thief of the root could commit to
    a key of his own, and pre-rotation would protect nobody.
    """
    if card.number != before.number + 1 or card.envelope.previous != before.envelope.digest:
        return False
    if card.root == before.root:
        if card.next_root_digest != before.next_root_digest:
            return False
    elif root_digest(card.root) != before.next_root_digest:
        return False
    return all(
        key in card.keys and STATES.index(card.keys[key]) >= STATES.index(state) for key, state in before.keys.items()
    )


def resolve(cards: Iterable[Card]) -> Chain | None:
    """The chain that a set of cards of one origin makes, whatever their order; None without a first card.

    Where several cards claim one place, first comes the one signed by the pre-committed key, then one on the way to
    such a card (a thief has the root, not the next one), then the higher digest.
    """
    rivals: list[Card] = []
    after: dict[bytes, list[Card]] = {}
    everything = list(cards)
    for card in everything:
        if card.number == 1:
            rivals.append(card)
        elif card.envelope.previous is not None:
            after.setdefault(card.envelope.previous, []).append(card)
    leading = _leading_to_rotation(everything, after)
    chosen: list[Card] = []
    while rivals and len(chosen) < MAX_CHAIN:
        root = chosen[-1].root if chosen else None
        best = max((card.root != root, card.envelope.digest in leading, card.envelope.digest) for card in rivals)
        chosen.append(next(card for card in rivals if card.envelope.digest == best[2]))
        rivals = [card for card in after.get(best[2], []) if follows(card, chosen[-1])]
    return Chain(tuple(chosen)) if chosen else None


def _leading_to_rotation(cards: Iterable[Card], after: Mapping[bytes, list[Card]]) -> set[bytes]:
    """Digests of the cards from which a new root is reached by cards of the same root. `after`: by `previous`."""
    leading: set[bytes] = set()
    for card in sorted(cards, key=lambda card: -card.number):
        for child in after.get(card.envelope.digest, []):
            goes_on = child.root != card.root or child.envelope.digest in leading
            if goes_on and follows(child, card):
                leading.add(card.envelope.digest)
                break
    return leading
