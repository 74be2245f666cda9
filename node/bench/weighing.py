"""What a message between nodes weighs on the wire, and an origin to speak of: nothing is sent, all of it is real bytes.

For `spreading`, which moves thousands of messages and needs only their lengths. A message is counted with its request
or status line, its header fields and its body as the wire carries it (packed or not); TLS and TCP are left out.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import random

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node.bench import making
from node.federation import outbound
from node.federation.client import PREFIX
from node.federation.server import PACKED_FROM
from protocol import didkey, http_signature, moment
from protocol.card import Chain, card_record, resolve, root_digest, verify_card
from protocol.envelope import NODE, Envelope
from protocol.record import seal
from protocol.signature_base import RequestFacts

NOW = 1_770_000_000
"""The simulated moment, seconds since 1970."""
ANSWER = len(
    b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nContent-Type: application/json\r\n"
    b"Date: Tue, 24 Nov 2026 12:00:00 GMT\r\nServer: waitress\r\nVary: Accept-Encoding\r\n\r\n"
)
"""An answer without a body."""

_PACKED = len(b"Content-Encoding: gzip\r\n")
_HOST = "town0000.example"


def _key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode("ascii")).digest())


@functools.cache
def did_of(number: int) -> str:
    """The identity of simulated node `number`; that of the origin is number 0."""
    return didkey.did_from_public(_key(f"node {number}").public_key().public_bytes_raw())


def origin(seed: int) -> tuple[Chain, bytes]:
    """An origin's chain, and a practice of it, as big as those of the demonstration."""
    root, signing = _key("node 0"), _key("signing")
    did, now = did_of(0), moment.to_text(NOW)
    multikey = didkey.multikey(signing.public_key().public_bytes_raw())
    body = making.practice(did, seed, NOW, random.Random(seed))  # noqa: S311
    card = body | {"type": NODE, "record": card_record(did), "createdAt": now, "modifiedAt": now}
    card["content"] = {
        "root": did.removeprefix(didkey.PREFIX),
        "nextRootDigest": root_digest(did.removeprefix(didkey.PREFIX)),
        "keys": [{"key": multikey, "state": "active"}],
        "url": f"https://{_HOST}",
        "names": {"fr": "Ville"},
        "country": "MA",
        "languages": ["fr"],
    }
    chain = resolve([verify_card(Envelope.from_bytes(seal(card, root, now)))])
    assert chain is not None
    return chain, seal(body, signing, now)


@functools.cache
def _head(method: str, call: str, kind: str) -> int:
    """Bytes of the request line and header fields of such a request, query and body left out, as `PeerClient` asks."""
    body = b"{}" if kind else b""
    headers = {"Content-Type": kind} if kind else {}
    facts = RequestFacts(method, PREFIX + call, "", {name.lower(): text for name, text in headers.items()}, body)
    headers |= http_signature.sign_request(
        facts,
        keyid=f"{did_of(1)}#{didkey.multikey_of(did_of(1))}",
        audience=did_of(2),
        created=NOW,
        nonce="0" * 32,
        private=_key("node 1"),
    )
    headers |= {"Accept-Encoding": outbound.GZIP, "Host": _HOST}
    with outbound.open_session(private=True) as session:
        made = session.prepare_request(requests.Request(method, f"https://{_HOST}{PREFIX}{call}", headers))
    fields = sum(len(name) + len(str(text)) + 4 for name, text in made.headers.items())
    return len(f"{method} {PREFIX}{call} HTTP/1.1\r\n\r\n") + fields + (len("Content-Length: 12\r\n") if kind else 0)


def asked(method: str, call: str, kind: str, *, query: str = "", body: bytes = b"") -> int:
    """Bytes of a signed request."""
    return _head(method, call, kind) + (1 + len(query) if query else 0) + len(body)


@functools.lru_cache(64)
def answered(body: bytes) -> int:
    """Bytes of an answer with this body as the wire carries it, `federation.server` having packed it or not."""
    if len(body) < PACKED_FROM:
        return ANSWER + len(body)
    return ANSWER + _PACKED + len(gzip.compress(body, 1, mtime=0))
