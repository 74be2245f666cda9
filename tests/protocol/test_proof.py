"""Proofs: the published vectors byte for byte, and each signed thing changed once."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from protocol.base58 import from_multibase, to_multibase
from protocol.canonical import canonicalise, parse
from protocol.didkey import did_from_public, public_key
from protocol.errors import BadProof, InvalidRecord
from protocol.proof import hash_data, sign, verify, verify_parsed

VECTORS = Path(__file__).parent.parent / "vectors/eddsa-jcs-2022"
W3C: dict[str, Any] = json.loads((VECTORS / "w3c.json").read_text(encoding="utf-8"))
FEP: dict[str, Any] = json.loads((VECTORS / "fep-8b32.json").read_text(encoding="utf-8"))
ORDER_L = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 section 5.1

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key()
DID = did_from_public(PUBLIC.public_bytes_raw())
METHOD = f"{DID}#{DID.removeprefix('did:key:')}"
CREATED = "2026-01-02T03:04:05Z"
DOCUMENT: dict[str, Any] = {
    "author": "Service de l'eau",
    "content": {
        "title": {"fr": "Réparer les fuites"},
        "steps": [{"n": 1}, {"n": 2}],
        "cost": 1200,
        "x-new": None,
    },
    "language": "fr",
    "origin": DID,
    "revision": 1,
    "wasl": 1,
}


def private_of(vector: dict[str, Any]) -> Ed25519PrivateKey:
    data = from_multibase(vector["secret_key_multibase"])
    assert data[:2] == b"\x80\x26"  # multicodec ed25519-priv
    return Ed25519PrivateKey.from_private_bytes(data[2:])


def code_of(secured: dict[str, Any], **options: Any) -> str:
    with pytest.raises(InvalidRecord) as caught:
        verify(secured, PUBLIC, **options)
    return caught.value.code


def with_proof(secured: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**secured, "proof": {**secured["proof"], **changes}}


@pytest.fixture
def secured() -> dict[str, Any]:
    return sign(DOCUMENT, PRIVATE, METHOD, CREATED)


# --- Published vectors --------------------------------------------------------------------------------------


def test_w3c_vector_is_made_again_step_by_step() -> None:
    options = {name: value for name, value in W3C["signed"]["proof"].items() if name != "proofValue"}
    assert canonicalise(W3C["document"]).decode() == W3C["canonical_document"]
    assert sha256(canonicalise(W3C["document"])).hexdigest() == W3C["document_hash_hex"]
    assert canonicalise(options).decode() == W3C["canonical_options"]
    assert sha256(canonicalise(options)).hexdigest() == W3C["options_hash_hex"]
    assert hash_data(W3C["document"], options).hex() == W3C["hash_data_hex"]
    signed = sign(W3C["document"], private_of(W3C), options["verificationMethod"], options["created"])
    assert signed == W3C["signed"]
    assert signed["proof"]["proofValue"] == W3C["proof_value"]
    assert from_multibase(W3C["proof_value"]).hex() == W3C["signature_hex"]


def test_w3c_vector_verifies() -> None:
    verify(W3C["signed"], public_key(W3C["public_key_multibase"]))
    verify_parsed(parse(canonicalise(W3C["signed"])), public_key(W3C["public_key_multibase"]))


@pytest.mark.parametrize("case", FEP["cases"], ids=lambda case: case["name"])
def test_fep_8b32_vector_verifies(case: dict[str, Any]) -> None:
    form = rfc8785.dumps if case["floats"] else canonicalise
    verify(case["signed"], public_key(FEP["public_key_multibase"]), form=form)


def test_fep_8b32_vector_is_made_again() -> None:
    """Its document has floats, which Wasl's writer refuses: the hash is taken over plain RFC 8785."""
    (case,) = (case for case in FEP["cases"] if case["recreate"])
    signed = dict(case["signed"])
    options = dict(signed.pop("proof"))
    value = options.pop("proofValue")
    signature = private_of(FEP).sign(hash_data(signed, options, rfc8785.dumps))
    assert to_multibase(signature) == value
    with pytest.raises(InvalidRecord) as caught:
        verify(case["signed"], public_key(FEP["public_key_multibase"]))
    assert caught.value.code == "bad_number"


# --- Ours ---------------------------------------------------------------------------------------------------


def test_signed_document_verifies_and_keeps_every_field(secured: dict[str, Any]) -> None:
    verify(secured, PUBLIC)
    assert {name: value for name, value in secured.items() if name != "proof"} == DOCUMENT
    assert secured["proof"]["verificationMethod"] == METHOD


def test_signing_is_deterministic_and_leaves_its_argument_alone() -> None:
    before = json.dumps(DOCUMENT)
    assert sign(DOCUMENT, PRIVATE, METHOD, CREATED) == sign(DOCUMENT, PRIVATE, METHOD, CREATED)
    assert json.dumps(DOCUMENT) == before


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    here = [path] if path else []
    if isinstance(value, dict):
        return here + [found for key, inner in value.items() for found in paths(inner, (*path, key))]
    if isinstance(value, list):
        return here + [found for place, inner in enumerate(value) for found in paths(inner, (*path, place))]
    return here


def changed(secured: dict[str, Any], path: tuple[Any, ...], remove: bool) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(secured))
    node: Any = copy
    for step in path[:-1]:
        node = node[step]
    if remove:
        del node[path[-1]]
    else:
        node[path[-1]] = "changed" if node[path[-1]] != "changed" else "changed again"
    return copy


@pytest.mark.parametrize("remove", [False, True], ids=["changed", "removed"])
@pytest.mark.parametrize("path", paths(sign(DOCUMENT, PRIVATE, METHOD, CREATED)), ids=str)
def test_each_thing_changed_or_removed_once_is_refused(
    secured: dict[str, Any], path: tuple[Any, ...], remove: bool
) -> None:
    with pytest.raises(BadProof):
        verify(changed(secured, path, remove), PUBLIC)


def test_field_added_anywhere_is_refused(secured: dict[str, Any]) -> None:
    assert code_of({**secured, "added": 1}) == "bad_proof"
    assert code_of(with_proof(secured, added=1)) == "bad_proof"
    assert code_of({**secured, "content": {**DOCUMENT["content"], "added": 1}}) == "bad_proof"


def test_text_in_another_unicode_form_is_other_bytes(secured: dict[str, Any]) -> None:
    other = {"title": {"fr": "Re\u0301parer les fuites"}}
    assert code_of({**secured, "content": {**DOCUMENT["content"], **other}}) == "bad_proof"


def test_proof_by_another_key_is_refused(secured: dict[str, Any]) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(BadProof):
        verify(secured, other.public_key())
    assert code_of(sign(DOCUMENT, other, METHOD, CREATED)) == "bad_proof"


def test_unknown_options_are_covered_and_kept() -> None:
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "verificationMethod": METHOD,
        "x-later": {"a": [1]},
    }
    signature = PRIVATE.sign(hash_data(DOCUMENT, options))
    secured = {**DOCUMENT, "proof": {**options, "proofValue": to_multibase(signature)}}
    verify(secured, PUBLIC)
    assert code_of(with_proof(secured, **{"x-later": {"a": [2]}})) == "bad_proof"


MALFORMED: dict[str, tuple[Any, str]] = {
    "null": (None, "missing_proof"),
    "empty list": ([], "many_proofs"),
    "text": ("z", "bad_proof"),
    "number": (0, "bad_proof"),
    "empty object": ({}, "wrong_cryptosuite"),
}


@pytest.mark.parametrize(("proof", "code"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_proof_is_refused_by_its_own_code(proof: Any, code: str) -> None:
    assert code_of({**DOCUMENT, "proof": proof}) == code


def test_missing_proof_and_lists_of_proofs_are_refused(secured: dict[str, Any]) -> None:
    assert code_of(DOCUMENT) == "missing_proof"
    assert code_of({**secured, "proof": [secured["proof"]]}) == "many_proofs"
    assert code_of({**secured, "proof": [secured["proof"]] * 2}) == "many_proofs"
    with pytest.raises(BadProof):
        sign(secured, PRIVATE, METHOD, CREATED)


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("type", "Ed25519Signature2020", "wrong_cryptosuite"),
        ("type", ["DataIntegrityProof"], "wrong_cryptosuite"),
        ("cryptosuite", "eddsa-rdfc-2022", "wrong_cryptosuite"),
        ("cryptosuite", "none", "wrong_cryptosuite"),
        ("cryptosuite", None, "wrong_cryptosuite"),
        ("proofPurpose", "authentication", "wrong_purpose"),
        ("proofPurpose", None, "wrong_purpose"),
        ("verificationMethod", {"id": METHOD}, "bad_proof"),
        ("created", "yesterday", "bad_proof"),
        ("created", 1767323045, "bad_proof"),
        ("created", CREATED + "\n", "bad_proof"),
    ],
)
def test_option_out_of_its_form_is_refused_even_when_signed(option: str, value: Any, code: str) -> None:
    """The signature is right each time: the option alone decides; nobody picks our algorithm or purpose."""
    honest = sign(DOCUMENT, PRIVATE, METHOD, CREATED)["proof"]
    options = {name: given for name, given in honest.items() if name != "proofValue"} | {option: value}
    signature = PRIVATE.sign(hash_data(DOCUMENT, options))
    assert code_of({**DOCUMENT, "proof": {**options, "proofValue": to_multibase(signature)}}) == code


def test_proof_for_another_purpose_counts_only_for_that_purpose() -> None:
    login = sign(DOCUMENT, PRIVATE, METHOD, CREATED, purpose="authentication")
    verify(login, PUBLIC, purpose="authentication")
    assert code_of(login) == "wrong_purpose"


def test_proof_value_has_one_spelling(secured: dict[str, Any]) -> None:
    value: str = secured["proof"]["proofValue"]
    signature = from_multibase(value)
    others: list[Any] = [
        None,
        "",
        "z",
        value[1:],
        "z1" + value[1:],
        value + "1",
        value + " ",
        value.upper(),
        "u" + value[1:],
        [value],
        to_multibase(signature[:-1]),
        to_multibase(signature + b"\0"),
        to_multibase(b"\0" + signature),
        "z" + "1" * 100_000,
    ]
    for other in others:
        assert code_of(with_proof(secured, proofValue=other)) == "bad_proof"


def test_signature_with_a_non_canonical_s_is_refused(secured: dict[str, Any]) -> None:
    """S + L fits the same equation; taken, it would give one revision two digests."""
    signature = from_multibase(secured["proof"]["proofValue"])
    for times in range(1, 9):
        s = int.from_bytes(signature[32:], "little") + times * ORDER_L
        forged = signature[:32] + s.to_bytes(32, "little")
        assert code_of(with_proof(secured, proofValue=to_multibase(forged))) == "bad_proof"


def test_context_of_the_proof_must_be_the_documents() -> None:
    context = ["https://example.org/a", "https://example.org/b"]
    secured = sign({**DOCUMENT, "@context": context}, PRIVATE, METHOD, CREATED)
    assert secured["proof"]["@context"] == context
    verify(secured, PUBLIC)
    # The specification verifies this one: what is appended to the document's @context is not signed.
    assert code_of({**secured, "@context": [*context, "https://example.org/unsigned"]}) == "bad_proof"
    assert code_of({**secured, "@context": context[:1]}) == "bad_proof"
    assert code_of({name: value for name, value in secured.items() if name != "@context"}) == "bad_proof"


@pytest.mark.parametrize("document", [DOCUMENT, {**DOCUMENT, "@context": ["https://example.org/a"]}])
def test_context_that_only_the_proof_has_is_refused_even_when_signed(document: dict[str, Any]) -> None:
    honest = sign(document, PRIVATE, METHOD, CREATED)["proof"]
    options = {name: given for name, given in honest.items() if name != "proofValue"}
    options["@context"] = ["https://example.org/b"]
    signature = PRIVATE.sign(hash_data(document, options))
    assert code_of({**document, "proof": {**options, "proofValue": to_multibase(signature)}}) == "bad_proof"


def test_document_without_canonical_form_is_refused(secured: dict[str, Any]) -> None:
    assert code_of({**secured, "added": 1.5}) == "bad_number"
    with pytest.raises(InvalidRecord):
        sign({**DOCUMENT, "added": float("nan")}, PRIVATE, METHOD, CREATED)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


@seed(1)
@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=8).filter(lambda name: name not in ("proof", "@context")), values))
def test_every_document_verifies_after_signing_and_not_after_losing_a_field(document: dict[str, Any]) -> None:
    secured = sign(document, PRIVATE, METHOD, CREATED)
    verify(secured, PUBLIC)
    verify_parsed(secured, PUBLIC)
    for name in document:
        with pytest.raises(BadProof):
            verify({key: value for key, value in secured.items() if key != name}, PUBLIC)


@seed(2)
@settings(max_examples=150, deadline=None)
@given(st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_stands_as_proof_gives_only_our_errors(junk: Any) -> None:
    with pytest.raises(InvalidRecord):
        verify({**DOCUMENT, "proof": junk}, PUBLIC)
