"""A municipality's name is its public key: `did:key:z6Mk…`, Ed25519 only.

Law of this room: one key has one spelling, and a signature by a key that comes out of here needed its private
half. The `cryptography` package takes small-order points and non-canonical encodings as public keys; with a
small-order point as a key, one signature fits every message. So each point is checked here, once, and then
remembered.

On the line: every key that arrives in a card, a proof or a signed request is read here before it verifies
anything. Sources: W3C did:key (format, `0xed01` prefix); RFC 8032 section 5.1.3 (decoding a point); the eight
points of small order are spelled out in tests/vectors/did-key/small-order.json.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol.base58 import from_multibase, to_multibase
from protocol.errors import BadKey

PREFIX: Final = "did:key:"
MULTIKEY_LENGTH: Final = 48  # characters: `z` and the 47 base58 digits of 34 bytes that begin with 0xed01
KEYS_REMEMBERED: Final = 4096  # a network of 2,000 nodes, each with a root and a signing key

_MULTICODEC: Final = b"\xed\x01"  # unsigned varint of 0xed, ed25519-pub
_RAW_LENGTH: Final = 32
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P  # RFC 8032 5.1, the curve -x² + y² = 1 + d x² y²
_Y_OF_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# The y of all points of order 1, 2, 4 and 8: together eight points, since x and -x share a y.
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


def did_from_public(raw: bytes) -> str:
    """`did:key:z6Mk…` of a 32-byte public key. Raises `BadKey` if the point may not be used."""
    return PREFIX + multikey(raw)


@lru_cache(maxsize=KEYS_REMEMBERED)
def multikey(raw: bytes) -> str:
    """`z6Mk…` (48 characters) of a 32-byte public key. Raises `BadKey` if the point may not be used."""
    _check_point(raw)
    return to_multibase(_MULTICODEC + raw)


@lru_cache(maxsize=KEYS_REMEMBERED)
def public_from_multikey(text: str) -> bytes:
    """The 32 bytes of the key written `z6Mk…`.

    Raises `BadKey`: not base58btc, not Ed25519 (0xed01), not 32 bytes, or a point that is non-canonical, off
    the curve or of small order. Refusals are not remembered: a stranger's nonsense pushes no known key out.
    """
    if len(text) != MULTIKEY_LENGTH:
        raise BadKey(f"a public key is written with {MULTIKEY_LENGTH} characters, z6Mk…")
    data = from_multibase(text)
    if data[:2] != _MULTICODEC:
        raise BadKey("not an Ed25519 public key (multicodec 0xed01)")
    raw = data[2:]
    _check_point(raw)
    return raw


def public_from_did(did: str) -> bytes:
    """The 32 bytes of the key that `did` names. Raises `BadKey` for anything but exactly `did:key:z6Mk…`."""
    return public_from_multikey(multikey_of(did))


def multikey_of(did: str) -> str:
    """The `z6Mk…` part of `did:key:z6Mk…`, after checking it. Raises `BadKey`."""
    if not did.startswith(PREFIX):
        raise BadKey("not a did:key")
    text = did[len(PREFIX) :]
    public_from_multikey(text)
    return text


def split_method(method: str) -> tuple[str, str]:
    """(did, multikey) of a verification method `did:key:z6Mk…#z6Mk…`, both checked. Raises `BadKey`.

    The two keys differ when an operational key signs for the origin; whether it may, the node card says.
    """
    did, mark, text = method.partition("#")
    if not mark:
        raise BadKey("a verification method is written <did>#<key>")
    multikey_of(did)
    public_from_multikey(text)
    return did, text


@lru_cache(maxsize=KEYS_REMEMBERED)
def public_key(text: str) -> Ed25519PublicKey:
    """The key written `z6Mk…`, ready to verify with. Raises `BadKey` as `public_from_multikey`."""
    return Ed25519PublicKey.from_public_bytes(public_from_multikey(text))


def _check_point(raw: bytes) -> None:
    """Raises `BadKey` unless `raw` encodes, canonically, a curve point of large order (RFC 8032 5.1.3)."""
    if len(raw) != _RAW_LENGTH:
        raise BadKey(f"an Ed25519 public key has {_RAW_LENGTH} bytes")
    y = int.from_bytes(raw, "little") & (2**255 - 1)  # the top bit is the sign of x
    if y >= _P:
        raise BadKey("a non-canonical encoding of a point (y not reduced)")
    if y in _SMALL_ORDER_Y:  # holds both points with x = 0, so no "sign of zero" is left to refuse
        raise BadKey("a point of small order")
    # x² = (y² - 1) / (d y² + 1) must be a square; u/v is one exactly when u·v is (Euler's criterion).
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    if pow(u * v, (_P - 1) // 2, _P) != 1:
        raise BadKey("not a point of the curve")
