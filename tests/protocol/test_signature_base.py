"""Signature bases: the RFC's vector through the same code, and each loose spelling of the fields refused."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from protocol.errors import BadSignature
from protocol.http_signature import check_request
from protocol.signature_base import (
    RequestFacts,
    byte_sequence,
    component,
    parse_input,
    parse_signature,
    signature_base,
    signature_params,
)

B26: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors/rfc9421/b-2-6.json").read_text())
REQUEST = RequestFacts(
    B26["request"]["method"],
    B26["request"]["path"],
    B26["request"]["query"],
    B26["request"]["headers"],
    B26["request"]["body"].encode(),
    B26["request"]["authority"],
)
PUBLIC = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(B26["key"]["x"] + "="))
SIGNATURE_BYTES = bytes(range(100, 164))
INPUT = 'wasl=("@method" "@query");created=1767323045;nonce="0011";keyid="did:key:z6Mk#z6Mk"'
SIGNATURE = f"wasl={byte_sequence(SIGNATURE_BYTES)}"


def test_rfc_signature_base_and_signature_are_made_again() -> None:
    private = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(B26["key"]["d"] + "="))
    assert private.public_key() == PUBLIC
    params = signature_params(B26["covered"], B26["parameters"])
    base = signature_base(REQUEST, B26["covered"], params)
    assert base.decode() == B26["signature_base"]
    assert f"sig-b26={params}" == B26["signature_input"]
    assert f"sig-b26={byte_sequence(private.sign(base))}" == B26["signature"]


def test_rfc_fields_are_read_back_and_verify() -> None:
    given = parse_input(B26["signature_input"])
    assert given.label == "sig-b26"
    assert list(given.covered) == B26["covered"]
    assert given.parameters == B26["parameters"]
    signature = parse_signature(B26["signature"], "sig-b26")
    PUBLIC.verify(signature, signature_base(REQUEST, given.covered, given.text))


def test_rfc_request_is_no_request_of_ours() -> None:
    fields = {"signature-input": B26["signature_input"], "signature": B26["signature"]}
    facts = replace(REQUEST, headers={**REQUEST.headers, **fields})
    with pytest.raises(BadSignature):
        check_request(facts, "did:key:z6Mk", B26["parameters"]["created"], lambda keyid: PUBLIC)


def test_fields_of_our_form_are_read() -> None:
    given = parse_input(INPUT)
    assert (given.label, given.covered) == ("wasl", ("@method", "@query"))
    assert given.parameters == {"created": 1767323045, "nonce": "0011", "keyid": "did:key:z6Mk#z6Mk"}
    assert signature_params(given.covered, given.parameters) == given.text
    assert parse_signature(SIGNATURE, "wasl") == SIGNATURE_BYTES


@pytest.mark.parametrize(
    "field",
    [
        INPUT.replace("wasl=", "wasl ="),
        INPUT.replace("wasl=", "Wasl="),
        INPUT[5:],
        f"{INPUT}, {INPUT}",
        f"{INPUT}, other={INPUT[5:]}",
        f"other=(), {INPUT}",
        INPUT + " ",
        " " + INPUT,
        INPUT + "\n",
        INPUT + ";",
        INPUT + ";created=1767323045",
        INPUT + ";flag",
        INPUT + ";flag=?1",
        INPUT + ";token=abc",
        INPUT.replace(";created", "; created"),
        INPUT.replace('" "', '"  "'),
        INPUT.replace('" "', '"\t"'),
        INPUT.replace('"@query"', '"@query";sf'),
        INPUT.replace('"@query"', '"@Query"'),
        INPUT.replace('"@query"', "@query"),
        INPUT.replace('("', '( "'),
        INPUT.replace("1767323045", "1767323045.0"),
        INPUT.replace("1767323045", "-1767323045"),
        INPUT.replace("1767323045", "1" * 16),
        INPUT.replace("1767323045", "01767323045"),
        INPUT.replace("1767323045", "١٧٦٧"),
        INPUT.replace("0011", '0011\\"'),
        INPUT.replace("0011", "é"),
        INPUT.replace("0011", "\n"),
        "wasl=();created=1",
        "wasl=",
        "",
        "wasl=(" + '"a" ' * 5000 + '"a")',
        "a" * 100_000,
    ],
)
def test_signature_input_out_of_its_strict_form_is_refused(field: str) -> None:
    with pytest.raises(BadSignature):
        parse_input(field)


@pytest.mark.parametrize(
    "field",
    [
        SIGNATURE[5:],
        SIGNATURE.replace("wasl=", "sig1="),
        f"{SIGNATURE}, {SIGNATURE}",
        f"{SIGNATURE}, other=:AA==:",
        SIGNATURE + " ",
        SIGNATURE[:-1],
        SIGNATURE.replace("==:", ":"),
        SIGNATURE.replace("==:", "=:"),
        SIGNATURE[:-4] + chr(ord(SIGNATURE[-4]) + 1) + "==:",  # bits that no byte holds
        SIGNATURE.replace("/", "_").replace("+", "-").replace("wasl=:Z", "wasl=:_"),
        "wasl=::",
        "wasl=:A:",
        "wasl=:%%%%:",
        "wasl=:" + "A" * 100_000 + ":",
    ],
)
def test_signature_field_out_of_its_strict_form_is_refused(field: str) -> None:
    assert field != SIGNATURE
    with pytest.raises(BadSignature):
        parse_signature(field, "wasl")


def test_part_covered_twice_or_absent_is_refused() -> None:
    for covered in (("@method", "@method"), ("date", "expect"), ("@status",), ("@request-target",)):
        with pytest.raises(BadSignature):
            signature_base(REQUEST, covered, "()")


def test_empty_path_and_query_have_the_values_of_the_rfc() -> None:
    """RFC 9421 sections 2.2.6 and 2.2.7."""
    bare = replace(REQUEST, path="", query="")
    assert component(bare, "@path") == "/"
    assert component(bare, "@query") == "?"
    assert component(replace(REQUEST, query="a=%20&a"), "@query") == "?a=%20&a"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (replace(REQUEST, method="post"), "@method"),
        (replace(REQUEST, method="POST\n"), "@method"),
        (replace(REQUEST, method=""), "@method"),
        (replace(REQUEST, path="foo"), "@path"),
        (replace(REQUEST, path="/a b"), "@path"),
        (replace(REQUEST, path="/é"), "@path"),
        (replace(REQUEST, path='/a\n"@query": ?b'), "@path"),
        (replace(REQUEST, path="/a?b"), "@path"),
        (replace(REQUEST, path="/a#b"), "@path"),
        (replace(REQUEST, query="a#b"), "@query"),
        (replace(REQUEST, query="a\nb"), "@query"),
        (replace(REQUEST, query="é"), "@query"),
        (replace(REQUEST, headers={"date": 'x\r\n"@method": GET'}), "date"),
        (replace(REQUEST, headers={"date": "é"}), "date"),
        (replace(REQUEST, headers={"date": "\x00"}), "date"),
    ],
)
def test_value_that_could_break_its_line_is_refused(facts: RequestFacts, name: str) -> None:
    with pytest.raises(BadSignature):
        component(facts, name)


@seed(1)
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text('wasl=("@method");:0A', max_size=40))
def test_any_text_is_written_back_as_it_was_or_refused(text: str) -> None:
    try:
        given = parse_input(text)
    except BadSignature:
        pass
    else:
        assert f"{given.label}={signature_params(given.covered, given.parameters)}" == text
    try:
        signature = parse_signature(text, "wasl")
    except BadSignature:
        return
    assert f"wasl=:{b64encode(signature).decode()}:" == text
