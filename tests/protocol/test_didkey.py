"""did:key: the published names, and every public key that could be signed for without its private half."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from protocol.base58 import decode, to_multibase
from protocol.didkey import (
    did_from_public,
    multikey,
    multikey_of,
    public_from_did,
    public_from_multikey,
    public_key,
    split_method,
)
from protocol.errors import BadKey

VECTORS = Path(__file__).parent.parent / "vectors/did-key"
NAMES: list[dict[str, str]] = json.loads((VECTORS / "ed25519.json").read_text())["cases"]
SMALL_ORDER: list[dict[str, Any]] = json.loads((VECTORS / "small-order.json").read_text())["points"]
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
DID = NAMES[0]["did"]
KEY = DID.removeprefix("did:key:")


def unchecked(raw: bytes) -> str:
    return to_multibase(b"\xed\x01" + raw)


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Sum of two points of the curve (RFC 8032 section 5.1.4, affine)."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def point(raw: bytes) -> tuple[int, int]:
    """The point that lenient software reads from `raw`: y reduced, the sign of a zero x ignored."""
    number = int.from_bytes(raw, "little")
    y, sign = (number & (2**255 - 1)) % P, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (P - x if x and x & 1 != sign else x), y


@pytest.mark.parametrize("case", NAMES, ids=lambda case: case["did"][-6:])
def test_published_seed_has_the_published_did(case: dict[str, str]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed_hex"]))
    raw = private.public_key().public_bytes_raw()
    assert raw == decode(case["public_key_base58"])
    assert did_from_public(raw) == case["did"]
    assert public_from_did(case["did"]) == raw
    assert public_key(multikey(raw)) == private.public_key()


@pytest.mark.parametrize("case", SMALL_ORDER, ids=lambda case: case["hex"][:4] + case["hex"][-2:])
def test_listed_point_is_of_the_listed_order(case: dict[str, Any]) -> None:
    """The vectors themselves, computed: order times the point is the neutral element (0, 1)."""
    start = here = point(bytes.fromhex(case["hex"]))
    order = 1
    while here != (0, 1) and order < 9:
        here = add(here, start)
        order += 1
    assert order == case["order"]


def test_the_list_holds_all_eight_points() -> None:
    points = {point(bytes.fromhex(case["hex"])) for case in SMALL_ORDER}
    assert len(points) == 8
    assert {add(a, b) for a in points for b in points} == points


@pytest.mark.parametrize("case", SMALL_ORDER, ids=lambda case: case["hex"][:4] + case["hex"][-2:])
def test_point_of_small_order_is_refused_in_every_encoding(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])
    with pytest.raises(BadKey):
        public_from_multikey(unchecked(raw))
    with pytest.raises(BadKey):
        multikey(raw)


def test_without_our_check_one_signature_fits_every_message() -> None:
    """Why the check exists: the library takes the neutral element as a key, and (R = A, S = 0) verifies."""
    neutral = bytes.fromhex("01" + "00" * 31)
    lenient = Ed25519PublicKey.from_public_bytes(neutral)
    for message in (b"one", b"another"):
        lenient.verify(neutral + bytes(32), message)
    with pytest.raises(InvalidSignature):
        lenient.verify(neutral + b"\1" + bytes(31), b"one")


@pytest.mark.parametrize("y", [P, P + 1, P + 2, P + 18, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_y_that_is_not_reduced_is_refused(y: int, sign: int) -> None:
    with pytest.raises(BadKey):
        public_from_multikey(unchecked((y | sign << 255).to_bytes(32, "little")))


def test_bytes_that_are_no_point_are_refused() -> None:
    refused = 0
    for y in range(2, 60):
        raw = y.to_bytes(32, "little")
        on_curve = pow((y * y - 1) * pow(D * y * y + 1, -1, P), (P - 1) // 2, P) == 1
        if on_curve:
            assert public_from_multikey(multikey(raw)) == raw
        else:
            refused += 1
            with pytest.raises(BadKey):
                public_from_multikey(unchecked(raw))
    assert 15 < refused < 43


@seed(1)
@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_every_private_key_has_a_name_that_is_read_back(private: bytes) -> None:
    raw = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    assert public_from_did(did_from_public(raw)) == raw
    assert len(multikey(raw)) == 48
    assert multikey(raw).startswith("z6Mk")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        KEY[:-1],
        KEY + "1",
        "z1" + KEY[1:],
        KEY.replace("z6Mk", "z6MK"),
        KEY.replace("z6Mk", "Z6Mk"),
        KEY[:-1] + "0",
        KEY[:-1] + " ",
        KEY[:-1] + "é",
        to_multibase(b"\xec\x01" + public_from_multikey(KEY)),  # X25519, with bytes that are a good point
        to_multibase(b"\xed\x01" + bytes(31)),
        to_multibase(b"\xed\x01" + bytes(33)),
        "u7QE7aie8zrakLWKjqNAqbw1zZTIVdx3iQ6Y6wEihi1naKQ",  # the same key in base64url
        "z" * 100_000,
    ],
)
def test_text_that_is_no_ed25519_multikey_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        public_from_multikey(text)


@pytest.mark.parametrize(
    "did",
    ["", KEY, "did:web:rabat.ma", "DID:key:" + KEY, DID + "#" + KEY, DID + " ", "did:key:", f"did:key:{DID}"],
)
def test_text_that_is_no_did_of_ours_is_refused(did: str) -> None:
    with pytest.raises(BadKey):
        public_from_did(did)
    with pytest.raises(BadKey):
        multikey_of(did)


def test_method_names_the_origin_and_the_signing_key() -> None:
    signing = NAMES[1]["did"].removeprefix("did:key:")
    assert split_method(f"{DID}#{signing}") == (DID, signing)
    for method in (DID, f"{DID}#", f"#{signing}", f"{DID}#{signing}#", f"{DID}#{DID}", f"{DID}?x#{signing}"):
        with pytest.raises(BadKey):
            split_method(method)


def test_refused_keys_push_no_known_key_out() -> None:
    public_from_multikey.cache_clear()
    public_from_multikey(KEY)
    for case in SMALL_ORDER:
        with pytest.raises(BadKey):
            public_from_multikey(unchecked(bytes.fromhex(case["hex"])))
    assert public_from_multikey.cache_info().currsize == 1
