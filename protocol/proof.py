"""Sign a document and verify it: W3C Data Integrity, cryptosuite `eddsa-jcs-2022`, exactly one proof.

What is signed is SHA-256 of the proof's options, then SHA-256 of the document without its proof, each in
RFC 8785 form (64 bytes together). Law of this room: the options count as received, unknown ones too; nothing
else is looked up, no JSON-LD is processed, no clock is read. The only bytes that a signature does not cover
are its own.

On the line: `parse` gives the document, its card says which key may sign, this room says whether the proof
fits. Source: W3C "Data Integrity EdDSA Cryptosuites v1.0", section 3.3 (algorithms), appendix B (vectors).
Narrower in three places: one proof object, never a list; no floats; and a proof's `@context` must equal the
document's, where the specification lets the document append entries that no signature covers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol.base58 import from_multibase, to_multibase
from protocol.canonical import canonicalise, rewrite
from protocol.errors import BadKey, BadProof

PROOF_TYPE: Final = "DataIntegrityProof"
CRYPTOSUITE: Final = "eddsa-jcs-2022"
ASSERTION: Final = "assertionMethod"

_SIGNATURE_BYTES: Final = 64
_DATE_TIME: Final = re.compile(  # XSD 1.1 dateTime, as 3.3.5 asks of `created`; years of four digits are enough
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def sign(
    document: dict[str, Any],
    private: Ed25519PrivateKey,
    verification_method: str,
    created: str,
    purpose: str = ASSERTION,
) -> dict[str, Any]:
    """A copy of `document` with its `proof`. `created`: `YYYY-MM-DDTHH:MM:SSZ`, given by the caller.

    Raises `BadProof` if there is a proof already, `InvalidRecord` if the document has no canonical form.
    Source: section 3.3.1.
    """
    if "proof" in document:
        raise BadProof("the document has a proof already", "many_proofs")
    options: dict[str, Any] = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
    }
    if "@context" in document:  # 3.3.1, step 2
        options["@context"] = document["@context"]
    _check_options(options, purpose)
    signature = private.sign(hash_data(document, options))
    return {**document, "proof": {**options, "proofValue": to_multibase(signature)}}


def verify(
    secured: dict[str, Any],
    public: Ed25519PublicKey,
    purpose: str = ASSERTION,
    form: Callable[[Any], bytes] = canonicalise,
) -> None:
    """Returns if the one proof of `secured` was made with the private half of `public`, for this `purpose`.

    The caller has chosen `public` (from the proof's verificationMethod and the origin's card, by way of
    `didkey.public_key`). `form` writes RFC 8785 bytes. Raises `BadProof`: `missing_proof`, `many_proofs` (a
    list), `wrong_cryptosuite` (type or suite), `wrong_purpose`, `bad_proof` (all else); `InvalidRecord` if
    there is no canonical form. Source: 3.3.2.
    """
    proof = _proof_of(secured)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    _check_options(options, purpose)
    signature = _signature(proof.get("proofValue"))
    document = {name: value for name, value in secured.items() if name != "proof"}
    if "@context" in options and options["@context"] != document.get("@context"):
        raise BadProof("the proof's @context is not the document's")
    try:
        public.verify(signature, hash_data(document, options, form))
    except InvalidSignature as error:
        raise BadProof("the signature does not fit the bytes and the key") from error


def verify_parsed(secured: dict[str, Any], public: Ed25519PublicKey, purpose: str = ASSERTION) -> None:
    """`verify` for what `canonical.parse` gave: spares a second walk over its values. The door's entry."""
    verify(secured, public, purpose, rewrite)


def hash_data(
    document: dict[str, Any],
    options: dict[str, Any],
    form: Callable[[Any], bytes] = canonicalise,
) -> bytes:
    """The 64 bytes that are signed: SHA-256 of the options, then SHA-256 of the document. Source: 3.3.4."""
    return sha256(form(options)).digest() + sha256(form(document)).digest()


def _proof_of(secured: dict[str, Any]) -> dict[str, Any]:
    proof = secured.get("proof")
    if proof is None:
        raise BadProof("no proof", "missing_proof")
    if isinstance(proof, list):
        raise BadProof("a list of proofs; exactly one proof object is allowed", "many_proofs")
    if not isinstance(proof, dict):
        raise BadProof("the proof is not an object")
    return proof


def _check_options(options: dict[str, Any], purpose: str) -> None:
    """Raises `BadProof` unless the options are of our suite, for `purpose`, by somebody. Source: 3.3.5."""
    if options.get("type") != PROOF_TYPE or options.get("cryptosuite") != CRYPTOSUITE:
        raise BadProof(f"a proof must be {PROOF_TYPE} with {CRYPTOSUITE}", "wrong_cryptosuite")
    if options.get("proofPurpose") != purpose:
        raise BadProof(f"a proof for another purpose than {purpose}", "wrong_purpose")
    if not isinstance(options.get("verificationMethod"), str):
        raise BadProof("the proof names no verificationMethod")
    created = options.get("created")
    if "created" in options and not (isinstance(created, str) and _DATE_TIME.fullmatch(created)):
        raise BadProof("the proof's created is no date and time")


def _signature(text: object) -> bytes:
    """The 64 bytes of a `proofValue`. Raises `BadProof` for anything else."""
    if not isinstance(text, str):
        raise BadProof("the proof has no proofValue")
    try:
        signature = from_multibase(text)
    except BadKey as error:
        raise BadProof(f"proofValue: {error}") from error
    if len(signature) != _SIGNATURE_BYTES:
        raise BadProof(f"proofValue does not hold {_SIGNATURE_BYTES} bytes")
    return signature
