"""Signed requests: what passes, each covered part changed once, and every other shape refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from protocol.didkey import did_from_public, public_key, split_method
from protocol.errors import BadSignature, ProtocolError
from protocol.http_signature import (
    COVERED_WITH_BODY,
    COVERED_WITHOUT_BODY,
    MAX_LIFE_S,
    SKEW_S,
    SignedBy,
    check_request,
    content_digest,
    sign_request,
)
from protocol.signature_base import (
    RequestFacts,
    byte_sequence,
    parse_input,
    signature_base,
    signature_params,
)

VECTORS = Path(__file__).parent.parent / "vectors/rfc9421"
OURS: dict[str, Any] = json.loads((VECTORS / "wasl-requests.json").read_text())
DIGESTS: list[dict[str, str]] = json.loads((VECTORS / "content-digest.json").read_text())["cases"]

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CALLER = did_from_public(PRIVATE.public_key().public_bytes_raw())
KEYID = f"{CALLER}#{CALLER.removeprefix('did:key:')}"
CALLEE = did_from_public(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw())
OTHER = did_from_public(Ed25519PrivateKey.from_private_bytes(b"\1" * 32).public_key().public_bytes_raw())
NONCE = "00112233445566778899aabbccddeeff"
NOW = 1_767_323_045
POST = RequestFacts("POST", "/federation/v1/fetch", "page=2&x=%C3%A9", {"content-type": "application/json"}, b'["ab"]')
GET = RequestFacts("GET", "/federation/v1/changes", "since=00c0ffee.0.0000000000000000", {})


def known(keyid: str) -> Ed25519PublicKey:
    """The callee's list of keys, reduced to one."""
    if keyid != KEYID:
        raise BadSignature("no card of ours lists this key", "unknown_key")
    return public_key(split_method(keyid)[1])


def signed(facts: RequestFacts, **changes: Any) -> RequestFacts:
    """`facts` as they arrive: with the fields that were added, names in lower case."""
    options: dict[str, Any] = {
        "keyid": KEYID,
        "audience": CALLEE,
        "created": NOW,
        "nonce": NONCE,
        "private": PRIVATE,
    } | changes
    added = sign_request(facts, **options)
    return replace(facts, headers={**facts.headers, **{name.lower(): value for name, value in added.items()}})


def handmade(facts: RequestFacts, covered: tuple[str, ...], parameters: dict[str, int | str]) -> RequestFacts:
    """A request signed rightly by RFC 9421 but in a shape that `sign_request` would not make."""
    headers = {**facts.headers, "wasl-audience": CALLEE, "content-digest": content_digest(facts.body)}
    params = signature_params(covered, parameters)
    signature = PRIVATE.sign(signature_base(replace(facts, headers=headers), covered, params))
    fields = {"signature-input": f"wasl={params}", "signature": f"wasl={byte_sequence(signature)}"}
    return replace(facts, headers={**headers, **fields})


PARAMETERS: dict[str, int | str] = {
    "created": NOW,
    "expires": NOW + 120,
    "nonce": NONCE,
    "keyid": KEYID,
    "alg": "ed25519",
    "tag": "wasl-1",
}


def check(facts: RequestFacts, now: int = NOW, audience: str = CALLEE) -> SignedBy:
    return check_request(facts, audience, now, known)


def code_of(facts: RequestFacts, now: int = NOW, audience: str = CALLEE) -> str:
    with pytest.raises(BadSignature) as caught:
        check(facts, now, audience)
    return caught.value.code


def with_header(facts: RequestFacts, name: str, value: str | None) -> RequestFacts:
    headers = {key: given for key, given in facts.headers.items() if key != name}
    return replace(facts, headers=headers if value is None else {**headers, name: value})


# --- Published vectors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DIGESTS, ids=lambda case: case["body"] or "empty")
def test_published_body_has_the_published_digest(case: dict[str, str]) -> None:
    assert content_digest(case["body"].encode()) == case["content_digest"]


@pytest.mark.parametrize("case", OURS["requests"], ids=lambda case: case["name"])
def test_our_own_vector_is_made_again_and_passes(case: dict[str, Any]) -> None:
    """What a second implementation must reproduce, byte for byte."""
    facts = RequestFacts(case["method"], case["path"], case["query"], case["headers"], case["body"].encode())
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(OURS["caller_seed_hex"]))
    added = sign_request(
        facts,
        keyid=OURS["keyid"],
        audience=OURS["audience"],
        created=case["created"],
        nonce=case["nonce"],
        private=private,
        expires_in=OURS["expires_in"],
    )
    assert added == case["added_headers"]
    arrived = replace(facts, headers={**facts.headers, **{name.lower(): text for name, text in added.items()}})
    given = parse_input(added["Signature-Input"])
    assert signature_base(arrived, given.covered, given.text).decode() == case["signature_base"]
    assert check_request(arrived, OURS["audience"], case["created"], lambda keyid: private.public_key()).nonce


# --- What passes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("facts", [POST, GET, replace(POST, body=b""), replace(GET, query="")], ids=repr)
def test_signed_request_says_who_signed(facts: RequestFacts) -> None:
    assert check(signed(facts)) == SignedBy(KEYID, NONCE, NOW, NOW + 120)


def test_signature_covers_exactly_the_required_parts() -> None:
    assert parse_input(signed(POST).headers["signature-input"]).covered == COVERED_WITH_BODY
    assert parse_input(signed(GET).headers["signature-input"]).covered == COVERED_WITHOUT_BODY


def test_order_of_parts_and_parameters_is_the_signers() -> None:
    parameters = dict(reversed(PARAMETERS.items()))
    assert check(handmade(POST, COVERED_WITH_BODY[::-1], parameters)).keyid == KEYID


def test_other_headers_and_the_host_may_change_on_the_way() -> None:
    arrived = signed(POST)
    moved = replace(arrived, authority="internal:8000", headers={**arrived.headers, "host": "x", "via": "1.1 proxy"})
    assert check(moved).nonce == NONCE


def test_clocks_may_differ_a_little() -> None:
    for now in (NOW - SKEW_S, NOW + 120 + SKEW_S):
        assert check(signed(GET), now).created == NOW


# --- What does not ------------------------------------------------------------------------------------------

TAMPERED = {
    "method": (replace(signed(POST), method="PUT"), "bad_signature"),
    "path": (replace(signed(POST), path="/federation/v1/push"), "bad_signature"),
    "path in another spelling": (replace(signed(POST), path="/federation/v1/f%65tch"), "bad_signature"),
    "query": (replace(signed(POST), query="page=3&x=%C3%A9"), "bad_signature"),
    "query decoded": (replace(signed(POST), query="page=2&x=é"), "bad_signature"),
    "query removed": (replace(signed(POST), query=""), "bad_signature"),
    "body": (replace(signed(POST), body=b'["ac"]'), "digest_mismatch"),
    "body removed": (replace(signed(POST), body=b""), "bad_signature"),
    "body added": (replace(signed(GET), body=b"x"), "bad_signature"),
    "body and digest": (
        with_header(replace(signed(POST), body=b"[]"), "content-digest", content_digest(b"[]")),
        "bad_signature",
    ),
    "content-type": (with_header(signed(POST), "content-type", "text/html"), "bad_signature"),
    "content-type removed": (with_header(signed(POST), "content-type", None), "bad_signature"),
    "digest removed": (with_header(signed(GET), "content-digest", None), "bad_signature"),
    "digest weakened": (
        with_header(signed(GET), "content-digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"),
        "digest_mismatch",
    ),
    "digest doubled": (
        with_header(signed(GET), "content-digest", f"{content_digest(b'')}, {content_digest(b'')}"),
        "digest_mismatch",
    ),
    "audience": (with_header(signed(GET), "wasl-audience", OTHER), "wrong_audience"),
    "audience removed": (with_header(signed(GET), "wasl-audience", None), "bad_signature"),
    "audience doubled": (with_header(signed(GET), "wasl-audience", f"{CALLEE}, {CALLEE}"), "wrong_audience"),
    "label, which no signature covers": (
        with_header(
            with_header(signed(GET), "signature", signed(GET).headers["signature"].replace("wasl=", "sig1=")),
            "signature-input",
            signed(GET).headers["signature-input"].replace("wasl=", "sig1="),
        ),
        "bad_signature",
    ),
    "label of the input alone": (
        with_header(
            signed(GET),
            "signature-input",
            signed(GET).headers["signature-input"].replace("wasl=", "sig1="),
        ),
        "bad_signature",
    ),
    "two signatures": (
        with_header(signed(GET), "signature-input", ", ".join([signed(GET).headers["signature-input"]] * 2)),
        "bad_signature",
    ),
    "a part listed twice": (
        with_header(
            signed(GET),
            "signature-input",
            signed(GET).headers["signature-input"].replace('"@path"', '"@method"'),
        ),
        "bad_signature",
    ),
    "no fields at all": (GET, "missing_signature"),
    "signature removed": (with_header(signed(GET), "signature", None), "bad_signature"),
    "signature empty": (with_header(signed(GET), "signature", ""), "bad_signature"),
    "input removed": (with_header(signed(GET), "signature-input", None), "bad_signature"),
    "of another request": (
        with_header(signed(GET), "signature", signed(POST).headers["signature"]),
        "bad_signature",
    ),
}


@pytest.mark.parametrize(("facts", "code"), TAMPERED.values(), ids=TAMPERED)
def test_each_covered_part_changed_once_is_refused(facts: RequestFacts, code: str) -> None:
    assert code_of(facts) == code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"created={NOW}", f"created={NOW - 1}"),
        (f"expires={NOW + 120}", f"expires={NOW + 121}"),
        (NONCE, NONCE[::-1]),
        ('"@method" "@path"', '"@path" "@method"'),
    ],
)
def test_each_parameter_changed_once_is_refused(old: str, new: str) -> None:
    field = signed(POST).headers["signature-input"]
    assert old in field
    assert code_of(with_header(signed(POST), "signature-input", field.replace(old, new))) == "bad_signature"


def test_request_to_one_node_is_no_request_to_another() -> None:
    assert code_of(signed(GET), audience=OTHER) == "wrong_audience"


def test_key_that_the_callee_does_not_know_is_refused_by_its_lookup() -> None:
    assert code_of(signed(GET, keyid="did:key:z6MkUnknown#z6MkUnknown")) == "unknown_key"


def test_lookup_of_keys_is_not_asked_for_requests_that_cannot_be_valid() -> None:
    def never(keyid: str) -> Ed25519PublicKey:
        raise AssertionError(keyid)

    for facts in (GET, replace(signed(POST), body=b"x"), with_header(signed(GET), "wasl-audience", OTHER)):
        with pytest.raises(BadSignature):
            check_request(facts, CALLEE, NOW, never)


def test_old_request_is_expired_and_one_from_the_future_is_a_matter_of_clocks() -> None:
    assert code_of(signed(GET), NOW + 120 + SKEW_S + 1) == "expired"
    assert code_of(signed(GET), NOW - SKEW_S - 1) == "clock_skew"
    with pytest.raises(BadSignature, match="3600 s in our future"):
        check(signed(GET), NOW - 3600)


@pytest.mark.parametrize("life", [0, -1, MAX_LIFE_S + 1, 10**9])
def test_signature_that_lives_too_long_or_not_at_all_is_refused(life: int) -> None:
    with pytest.raises(BadSignature):
        signed(GET, expires_in=life)
    assert code_of(handmade(GET, COVERED_WITHOUT_BODY, {**PARAMETERS, "expires": NOW + life})) == "bad_signature"
    assert check(signed(GET, expires_in=MAX_LIFE_S)).expires == NOW + MAX_LIFE_S


SHAPES: dict[str, tuple[tuple[str, ...], dict[str, int | str]]] = {
    **{
        f"without {name}": (tuple(part for part in COVERED_WITH_BODY if part != name), PARAMETERS)
        for name in COVERED_WITH_BODY
    },
    **{
        f"without {name}": (COVERED_WITH_BODY, {key: PARAMETERS[key] for key in PARAMETERS if key != name})
        for name in PARAMETERS
    },
    "one part more": ((*COVERED_WITH_BODY, "@authority"), PARAMETERS),
    "another part for the digest": (
        tuple("@authority" if part == "content-digest" else part for part in COVERED_WITH_BODY),
        PARAMETERS,
    ),
    "one parameter more": (COVERED_WITH_BODY, {**PARAMETERS, "x": 1}),
    "another tag": (COVERED_WITH_BODY, {**PARAMETERS, "tag": "wasl-2"}),
    "another algorithm": (COVERED_WITH_BODY, {**PARAMETERS, "alg": "hmac-sha256"}),
    "no algorithm": (COVERED_WITH_BODY, {**PARAMETERS, "alg": "none"}),
    "created as text": (COVERED_WITH_BODY, {**PARAMETERS, "created": str(NOW)}),
    "expires as text": (COVERED_WITH_BODY, {**PARAMETERS, "expires": str(NOW + 60)}),
    "nonce as number": (COVERED_WITH_BODY, {**PARAMETERS, "nonce": 12345}),
    "short nonce": (COVERED_WITH_BODY, {**PARAMETERS, "nonce": "00"}),
    "nonce in capitals": (COVERED_WITH_BODY, {**PARAMETERS, "nonce": NONCE.upper()}),
    "keyid as number": (COVERED_WITH_BODY, {**PARAMETERS, "keyid": 1}),
    "empty keyid": (COVERED_WITH_BODY, {**PARAMETERS, "keyid": ""}),
    "keyid with a space": (COVERED_WITH_BODY, {**PARAMETERS, "keyid": KEYID + " "}),
    "long keyid": (COVERED_WITH_BODY, {**PARAMETERS, "keyid": "k" * 257}),
}


@pytest.mark.parametrize(("covered", "parameters"), SHAPES.values(), ids=SHAPES)
def test_well_signed_request_of_another_shape_is_refused(
    covered: tuple[str, ...], parameters: dict[str, int | str]
) -> None:
    """The signature itself is right each time: leaving a part out must not be the caller's choice."""
    facts = replace(POST, authority="example.org")
    assert check(handmade(facts, COVERED_WITH_BODY, PARAMETERS)).keyid == KEYID
    assert code_of(handmade(facts, covered, parameters)) == "bad_signature"


@pytest.mark.parametrize(
    "options",
    [
        {"nonce": "x"},
        {"nonce": NONCE + '";x="'},
        {"keyid": 'a";tag="b'},
        {"keyid": ""},
        {"created": -1},
        {"audience": "a\nb"},
    ],
)
def test_nothing_is_signed_that_the_callee_would_refuse(options: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        signed(GET, **options)


def test_body_without_a_content_type_cannot_be_signed() -> None:
    with pytest.raises(BadSignature):
        signed(replace(POST, headers={}))


@seed(1)
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(sorted(signed(POST).headers)))
def test_whatever_stands_in_a_field_gives_only_our_errors(junk: str, name: str) -> None:
    with pytest.raises(ProtocolError):
        check(with_header(signed(POST), name, junk))


@seed(2)
@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "DELETE"]),
    st.text("abc/%~.-_é".replace("é", ""), max_size=30),
    st.text("abc=&%?/+", max_size=30),
    st.binary(max_size=60),
)
def test_every_request_that_can_be_written_is_checked(method: str, path: str, query: str, body: bytes) -> None:
    facts = RequestFacts(method, "/" + path, query, {"content-type": "application/octet-stream"}, body)
    assert check(signed(facts)).nonce == NONCE
