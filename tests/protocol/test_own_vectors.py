"""Our own vectors: one of every federation message, and whole records with their cards, for other implementations.

Made from fixed keys, nonces and moments; `python tests/protocol/test_own_vectors.py` writes the files anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol import didkey, wire
from protocol.card import card_record, resolve, root_digest, verify_card
from protocol.envelope import Envelope
from protocol.record import seal, verify

FOLDER = Path(__file__).parent.parent / "vectors"
MOMENT = "2026-01-02T03:04:05Z"
ROOT, SIGNING, NEXT = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3))


def _multikey(key: Ed25519PrivateKey) -> str:
    return didkey.multikey(key.public_key().public_bytes_raw())


ORIGIN = didkey.PREFIX + _multikey(ROOT)


def _sealed(type_: str, record: str, content: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    body = {
        "wasl": 1, "type": type_, "origin": ORIGIN, "record": record, "revision": 1, "nonce": "00" * 16,
        "createdAt": MOMENT, "modifiedAt": MOMENT, "language": "fr", "author": "commune", "licence": "CC-BY-4.0",
        "visibility": "public", "illustrative": True, "content": content,
    }  # fmt: skip
    return seal(body, key, MOMENT)


def records() -> dict[str, str]:
    """Name -> the exact bytes, as text: a card, a vouch, and a record of a type that nobody knows."""
    card = {
        "root": _multikey(ROOT), "nextRootDigest": root_digest(_multikey(NEXT)),
        "keys": [{"key": _multikey(SIGNING), "state": "active"}], "url": None, "names": {"fr": "Fès", "ar": "فاس"},
        "country": "MA", "languages": ["fr", "ar"],
    }  # fmt: skip
    uuid = "0190aaaa-0000-7000-8000-00000000000{}"
    made = {
        "card": _sealed("Node", card_record(ORIGIN), card, ROOT),
        "vouch": _sealed("Vouch", uuid.format(1), {"subject": didkey.PREFIX + _multikey(NEXT)}, SIGNING),
        "unknown": _sealed("Recipe", uuid.format(2), {"é": "naïve", "z": [1, None, True]}, SIGNING),
    }
    return {name: data.decode("utf-8") for name, data in made.items()}


def messages() -> dict[str, Any]:
    """Class name -> one message of it."""
    card = records()["card"].encode("utf-8")
    change = wire.Change(7, "ab" * 32, ORIGIN, "0190aaaa-0000-7000-8000-000000000001", 1, "Vouch")
    return {
        "ChangesPage": wire.ChangesPage((change,), "00c0ffee.7." + "ab" * 8, False, 2, 1_767_323_045),
        "Digests": wire.Digests((b"\xab" * 32, bytes(32))),
        "Told": wire.Told(b"\xab" * 32, "refused", "bad_proof"),
        "Hint": wire.Hint(7),
        "NodeInfo": wire.NodeInfo(
            ORIGIN, "wasl 0.1.0", (1,), {"record_bytes": 262_144}, "00c0ffee.7." + "ab" * 8, 2, 1_767_323_045
        ),
        "PeeringRequest": wire.PeeringRequest((card,), "bonjour", "0" * 32),
        "PeeringAnswer": wire.PeeringAnswer("requested", (card,)),
        "Problem": wire.Problem(401, "expired", "signed 400 s ago", 1_767_323_045),
    }


def _files() -> dict[Path, dict[str, str]]:
    return {
        FOLDER / "records" / "whole.json": records(),
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
    for name in ("vouch", "unknown"):
        assert verify(made[name], chain).envelope.to_bytes() == records()[name].encode("utf-8")


if __name__ == "__main__":
    for target, content in _files().items():
        target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
