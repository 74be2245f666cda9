"""A proof that somebody said two things under one number: good ones hold, and no byte of one can be changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import didkey, equivocation
from protocol.card import card_record, root_digest
from protocol.envelope import Envelope
from protocol.equivocation import Proof
from protocol.errors import BadMessage, InvalidRecord, ProtocolError
from protocol.record import KeyRevoked, seal

MOMENT = "2026-01-02T03:04:05Z"
ROOT, SIGNING, NEXT, SECOND = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3, 4))
FILE = Path(__file__).parent.parent / "vectors" / "records" / "contradictions.json"
PROOFS = {name: entry["proof"].encode("utf-8") for name, entry in json.loads(FILE.read_text("utf-8")).items()}


def multikey(key: Ed25519PrivateKey) -> str:
    return didkey.multikey(key.public_key().public_bytes_raw())


ORIGIN = didkey.PREFIX + multikey(ROOT)


def sealed(key: Ed25519PrivateKey, content: dict[str, Any], **changed: Any) -> bytes:
    body = {
        "wasl": 1, "type": "Recipe", "origin": ORIGIN, "record": "0190aaaa-0000-7000-8000-000000000003",
        "revision": 1, "nonce": "00" * 16, "createdAt": MOMENT, "modifiedAt": MOMENT, "language": "fr",
        "author": "commune", "licence": "CC-BY-4.0", "visibility": "public", "illustrative": True, "content": content,
    }  # fmt: skip
    return seal(body | changed, key, MOMENT)


def card(after: bytes | None = None, root: Ed25519PrivateKey = ROOT, **states: str) -> bytes:
    """A card that lists SIGNING and SECOND in these states, behind another."""
    before = Envelope.from_bytes(after) if after else None
    following = {ROOT: NEXT, NEXT: SECOND}[root]
    listed = {"signing": SIGNING, "second": SECOND}
    content = {
        "root": multikey(root), "nextRootDigest": root_digest(multikey(following)), "url": None, "country": "MA",
        "names": {"fr": "Fès"}, "languages": ["fr"],
        "keys": [{"key": multikey(listed[name]), "state": state} for name, state in states.items()],
    }  # fmt: skip
    place: dict[str, Any] = {"type": "Node", "record": card_record(ORIGIN)}
    if before is not None:
        place |= {"revision": before.revision + 1, "previous": before.digest.hex()}
    return sealed(root, content, **place)


FIRST = card(signing="active")
ONE, OTHER = sealed(SIGNING, {"said": "a"}), sealed(SIGNING, {"said": "b"})


@pytest.mark.parametrize("name", ["record", "card"])
def test_proof_verifies_with_nothing_but_itself(name: str) -> None:
    shown = equivocation.verify(Proof.from_bytes(PROOFS[name] + b"\r\n"))
    assert (shown.kind, shown.origin, shown.number, shown.same_key) == (name, ORIGIN, 1, True)
    assert shown.one.content != shown.other.content
    assert Proof.from_bytes(PROOFS[name]).to_bytes() == PROOFS[name]


@pytest.mark.parametrize("name", ["record", "card"])
@pytest.mark.parametrize("bit", [0, 5])
def test_no_byte_of_a_proof_can_be_changed(name: str, bit: int) -> None:
    """Every byte, one at a time: neither the statements, nor the cards, nor what holds them together."""
    whole = PROOFS[name]
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << bit
        with pytest.raises(ProtocolError):
            equivocation.verify(Proof.from_bytes(bytes(changed)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f'{{"cards":["{text}"]}}'.encode()))
def test_no_bytes_at_all_give_another_error(data: bytes) -> None:
    with pytest.raises(BadMessage):
        Proof.from_bytes(data)


def test_two_keys_of_one_origin_contradict_each_other_too() -> None:
    """A copied machine whose key was rotated on one side only."""
    both = card(FIRST, signing="retired", second="active")
    shown = equivocation.verify(equivocation.make(ONE, sealed(SECOND, {"said": "b"}), [FIRST, both]))
    assert (shown.kind, shown.same_key) == ("record", False)


def test_what_a_revoked_key_signed_proves_nothing() -> None:
    revoked = card(FIRST, signing="revoked", second="active")
    with pytest.raises(KeyRevoked):
        equivocation.make(ONE, OTHER, [FIRST, revoked])


def test_rival_cards_are_proven_with_the_cards_before_them() -> None:
    one, other = card(FIRST, signing="retired", second="active"), card(FIRST, signing="revoked", second="active")
    shown = equivocation.verify(equivocation.make(one, other, [FIRST]))
    assert (shown.kind, shown.number, shown.same_key) == ("card", 2, True)
    turned = card(FIRST, NEXT, signing="active")
    assert not equivocation.verify(equivocation.make(one, turned, [FIRST])).same_key
    for cards in ([], [FIRST, one]):
        with pytest.raises(InvalidRecord):
            equivocation.make(one, other, cards)


@pytest.mark.parametrize(
    "changed",
    [{"revision": 2, "previous": "00" * 32}, {"record": "0190aaaa-0000-7000-8000-000000000004"}],
)
def test_other_numbers_and_other_records_are_no_contradiction(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord) as refusal:
        equivocation.make(ONE, sealed(SIGNING, {"said": "b"}, **changed), [FIRST])
    assert refusal.value.code == "no_contradiction"


def test_card_and_record_are_no_contradiction() -> None:
    with pytest.raises(ProtocolError):
        equivocation.make(FIRST, sealed(SIGNING, {}, record=card_record(ORIGIN)), [FIRST])
