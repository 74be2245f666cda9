"""A record is one statement, signed by one node. A `Record` in hand has been verified, here and nowhere else.

Comes from: `envelope` (bytes of the right shape). Goes to: the door, which asks policy and writes the log. Verifying
never touches the network: the chain of the origin's cards is an argument. Format: docs/protocol.md sections 2 to 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol import canonical, didkey, proof, schemas
from protocol.card import Chain, card_record, verify_card
from protocol.envelope import NODE, Envelope
from protocol.errors import BadProof, ChainProblem, InvalidRecord


class CardMissing(InvalidRecord):
    """The origin's card, or the card that lists this key, has not arrived yet: the record waits (`pending`)."""

    code = "card_missing"


class KeyRevoked(BadProof):
    """The key that signed this revision was revoked by its owner: the revision is void everywhere."""

    code = "key_revoked"


@dataclass(frozen=True, slots=True)
class Record:
    """A verified revision. Only `verify` makes one."""

    envelope: Envelope

    @property
    def uri(self) -> str:
        """`<origin>/records/<uuid>`."""
        return self.envelope.uri

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes, 32 bytes."""
        return self.envelope.digest

    @property
    def rank(self) -> tuple[bool, int, bytes]:
        """See `winner`."""
        return rank(self.envelope.erased, self.envelope.revision, self.envelope.digest)


def rank(erased: bool, revision: int, digest: bytes) -> tuple[bool, int, bytes]:
    """What decides between two valid revisions of one record: the greater tuple is the head.

    Erased first, then the higher revision, then the higher digest (docs/protocol.md section 3). Commutative and
    idempotent, because it is an order.
    """
    return (erased, revision, digest)


def verify(envelope: Envelope, chain: Chain | None) -> Record:
    """Verify content, key and proof of one revision against its origin's chain of cards.

    `chain`: what `card.resolve` gave for `envelope.origin`, None when no card is held. A node card needs none.
    Raises `CardMissing` (wait), `KeyRevoked`, `FieldProblem`, `BadProof`, `BadKey` or `ChainProblem`.
    """
    if envelope.type == NODE:
        verify_card(envelope)
        return Record(envelope)
    if envelope.record == card_record(envelope.origin):
        raise ChainProblem("this id belongs to the origin's node cards: nothing else may take their place")
    if chain is None:
        raise CardMissing("the origin's node card has not arrived yet")
    state = chain.state_of(envelope.key)
    if state is None:
        raise CardMissing("no card of the origin lists the key that signed this")
    if state == "revoked":
        raise KeyRevoked("the key that signed this was revoked by its owner")
    proof.verify_parsed(envelope.body, didkey.public_key(envelope.key))
    schemas.check_content(envelope.type, envelope.content, envelope.language)  # after the proof: only signers cost time
    return Record(envelope)


def seal(body: Mapping[str, Any], private: Ed25519PrivateKey, created: str) -> bytes:
    """The canonical bytes of `body` with its proof: what a node publishes.

    `body`: every envelope field but `proof`; `created`: the moment of signing as records write it. The result is
    parsed once more, so that nothing leaves that the door would refuse for its shape (`InvalidRecord`).
    """
    key = didkey.multikey(private.public_key().public_bytes_raw())
    method = f"{body.get('origin')}#{key}"
    data = canonical.canonicalise(proof.sign(dict(body), private, method, created))
    return Envelope.from_bytes(data).data
