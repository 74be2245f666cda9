"""Our own vectors: one of every federation message, and whole records with their cards, for other implementations.

Made from fixed keys, nonces and moments; `python tests/protocol/test_own_vectors.py` writes the files anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol import didkey, equivocation, wire
from protocol.card import card_record, resolve, root_digest, verify_card
from protocol.envelope import Envelope
from protocol.equivocation import Proof
from protocol.errors import ChainProblem, ProtocolError
from protocol.record import seal, verify

FOLDER = Path(__file__).parent.parent / "vectors"
MOMENT = "2026-01-02T03:04:05Z"
ROOT, SIGNING, NEXT = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3))


def _multikey(key: Ed25519PrivateKey) -> str:
    return didkey.multikey(key.public_key().public_bytes_raw())


ORIGIN = didkey.PREFIX + _multikey(ROOT)


def _sealed(type_: str, record: str, content: dict[str, Any], key: Ed25519PrivateKey, nonce: str = "00" * 16) -> bytes:
    body = {
        "wasl": 1, "type": type_, "origin": ORIGIN, "record": record, "revision": 1, "nonce": nonce,
        "createdAt": MOMENT, "modifiedAt": MOMENT, "language": "fr", "author": "commune", "licence": "CC-BY-4.0",
        "visibility": "public", "illustrative": True, "content": content,
    }  # fmt: skip
    return seal(body, key, MOMENT)


def records() -> dict[str, str]:
    """Name -> the exact bytes, as text: a card, a vouch, an attachment, one of an unknown type, and one to refuse."""
    card = {
        "root": _multikey(ROOT), "nextRootDigest": root_digest(_multikey(NEXT)),
        "keys": [{"key": _multikey(SIGNING), "state": "active"}], "url": None, "names": {"fr": "Fès", "ar": "فاس"},
        "country": "MA", "languages": ["fr", "ar"],
    }  # fmt: skip
    uuid = "0190aaaa-0000-7000-8000-00000000000{}"
    attachment = {
        "about": f"{ORIGIN}/records/{uuid.format(4)}", "sha256": "ab" * 32, "mediaType": "image/png", "byteSize": 4711,
        "title": {"fr": "Plan du guichet"}, "alt": {"fr": "Deux salles et un couloir"}, "showsPersons": False,
        "exifStripped": True,
    }  # fmt: skip
    made = {
        "card": _sealed("Node", card_record(ORIGIN), card, ROOT),
        "vouch": _sealed("Vouch", uuid.format(1), {"subject": didkey.PREFIX + _multikey(NEXT)}, SIGNING),
        "attachment": _sealed("Attachment", uuid.format(5), attachment, SIGNING),
        "unknown": _sealed("Recipe", uuid.format(2), {"é": "naïve", "z": [1, None, True]}, SIGNING),
        "in_the_cards_place": _sealed("Recipe", card_record(ORIGIN), {}, SIGNING),
    }
    return {name: data.decode("utf-8") for name, data in made.items()}


def proofs() -> dict[str, dict[str, str]]:
    """Name -> a proof of a contradiction, and the code with which it is refused (empty for the good ones)."""
    whole = {name: text.encode("utf-8") for name, text in records().items()}
    card = whole["card"]
    uuid = "0190aaaa-0000-7000-8000-000000000003"
    one, other = (_sealed("Recipe", uuid, {"said": said}, SIGNING, nonce * 32) for nonce, said in ("ab", "cd"))
    content = Envelope.from_bytes(card).content | {"url": "https://elsewhere.example"}
    rival = _sealed("Node", card_record(ORIGIN), content, ROOT)
    good = equivocation.make(one, other, [card])
    made = {
        "record": (good, ""),
        "card": (equivocation.make(card, rival, []), ""),
        "one_thing_twice": (Proof(good.one, good.one, good.cards), "no_contradiction"),
        "two_records": (Proof(*sorted((whole["unknown"], one), key=_digest), (card,)), "no_contradiction"),
        "other_order": (Proof(good.other, good.one, good.cards), "bad_message"),
        "card_missing": (Proof(good.one, good.other, ()), "card_missing"),
        "card_not_needed": (Proof(good.one, good.other, (card, rival)), "bad_message"),
    }
    return {name: {"proof": proof.to_bytes().decode("utf-8"), "code": code} for name, (proof, code) in made.items()}


def _digest(data: bytes) -> bytes:
    return Envelope.from_bytes(data).digest


def messages() -> dict[str, Any]:
    """Class name -> one message of it."""
    card = records()["card"].encode("utf-8")
    change = wire.Change(7, "ab" * 32, ORIGIN, "0190aaaa-0000-7000-8000-000000000001", 1, "Vouch")
    return {
        "ChangesPage": wire.ChangesPage((change,), "00c0ffee.7." + "ab" * 8, False, 2, 1_767_323_045),
        "Digests": wire.Digests((b"\xab" * 32, bytes(32))),
        "Told": wire.Told(b"\xab" * 32, "refused", "bad_proof"),
        "Hint": wire.Hint(7),
        "Piece": wire.Piece("wanted", 524_288),
        "NodeInfo": wire.NodeInfo(
            ORIGIN, "wasl 0.1.0", (1,), {"record_bytes": 262_144}, "00c0ffee.7." + "ab" * 8, 2, 1_767_323_045
        ),
        "PeeringRequest": wire.PeeringRequest((card,), "bonjour", "0" * 32),
        "PeeringAnswer": wire.PeeringAnswer("requested", (card,)),
        "Problem": wire.Problem(401, "expired", "signed 400 s ago", 1_767_323_045),
    }


def _files() -> dict[Path, dict[str, Any]]:
    return {
        FOLDER / "records" / "whole.json": records(),
        FOLDER / "records" / "contradictions.json": proofs(),
        FOLDER / "messages" / "messages.json": {
            name: message.to_bytes().decode("utf-8") for name, message in messages().items()
        },
    }


def test_published_vectors_are_what_the_code_makes() -> None:
    for path, made in _files().items():
        assert json.loads(path.read_text(encoding="utf-8")) == made, path.name


def test_every_message_comes_back_from_its_bytes() -> None:
    published = json.loads((FOLDER / "messages" / "messages.json").read_text(encoding="utf-8"))
    for name, message in messages().items():
        assert type(message).from_bytes(published[name].encode("utf-8")) == message, name


def test_whole_records_verify_by_their_card() -> None:
    made = {name: Envelope.from_bytes(text.encode("utf-8")) for name, text in records().items()}
    chain = resolve([verify_card(made["card"])])
    for name in ("vouch", "attachment", "unknown"):
        assert verify(made[name], chain).envelope.to_bytes() == records()[name].encode("utf-8")


def test_record_under_the_id_of_its_origins_cards_is_refused() -> None:
    """Signed with a good key: it would take the card's place, and with it the origin's keys."""
    made = {name: Envelope.from_bytes(text.encode("utf-8")) for name, text in records().items()}
    with pytest.raises(ChainProblem):
        verify(made["in_the_cards_place"], resolve([verify_card(made["card"])]))


def test_published_proofs_are_judged_as_they_say() -> None:
    published = json.loads((FOLDER / "records" / "contradictions.json").read_text(encoding="utf-8"))
    for name, entry in published.items():
        proof = Proof.from_bytes(entry["proof"].encode("utf-8"))
        if entry["code"]:
            with pytest.raises(ProtocolError) as refusal:
                equivocation.verify(proof)
            assert refusal.value.code == entry["code"], name
        else:
            assert equivocation.verify(proof).kind == name


if __name__ == "__main__":
    for target, content in _files().items():
        target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
