"""Sign a request to a peer and check one from a peer: RFC 9421 with Ed25519, given as plain values.

Law of this room: one shape of signature and no other. What is covered, and by which parameters, is fixed by
the protocol's version (`tag="wasl-1"`), never chosen by the caller; an absent part is a refusal. The
callee's did is signed in `Wasl-Audience`, so that a request to one node cannot be played to another; the
host name is not, because proxies change it. A request's signature can never pass for a record's proof: that
one is over 64 bytes of hashes, this one over lines of text that begin with a component's name.

On the line: `node.federation` takes the raw target, headers and body from HTTP and asks here who speaks.
Replays are the caller's to refuse: keep (keyid, nonce) until `expires` + `SKEW_S`. Sources: RFC 9421
(signatures), RFC 9530 (Content-Digest), docs/protocol.md "Requests".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol.errors import BadSignature
from protocol.signature_base import (
    Parameters,
    RequestFacts,
    SignatureInput,
    byte_sequence,
    parse_input,
    parse_signature,
    signature_base,
    signature_params,
)

LABEL: Final = "wasl"
TAG: Final = "wasl-1"
ALGORITHM: Final = "ed25519"
COVERED_WITHOUT_BODY: Final = ("@method", "@path", "@query", "content-digest", "wasl-audience")
COVERED_WITH_BODY: Final = (
    "@method",
    "@path",
    "@query",
    "content-digest",
    "content-type",
    "wasl-audience",
)
MAX_LIFE_S: Final = 300  # seconds between created and expires
LIFE_S: Final = 120  # seconds that our own requests stay valid
SKEW_S: Final = 60  # seconds by which two clocks may differ

_PARAMETERS: Final = frozenset({"created", "expires", "nonce", "keyid", "alg", "tag"})
_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_KEYID: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")  # visible ASCII without " and \


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed a request that was checked. `created`, `expires`: seconds since 1970; `nonce`: 32 hex."""

    keyid: str
    nonce: str
    created: int
    expires: int


def content_digest(body: bytes) -> str:
    """The Content-Digest field of `body`: `sha-256=:<base64>:` (RFC 9530 section 2)."""
    return "sha-256=" + byte_sequence(sha256(body).digest())


def sign_request(
    facts: RequestFacts,
    *,
    keyid: str,
    audience: str,
    created: int,
    nonce: str,
    private: Ed25519PrivateKey,
    expires_in: int = LIFE_S,
) -> dict[str, str]:
    """The four header fields to add to the request `facts`: digest, audience, Signature-Input, Signature.

    `keyid`: our verification method `<did>#<z6Mk…>`; `audience`: the callee's did; `created`: seconds since
    1970; `nonce`: 32 lower-case hex digits, never used before; `expires_in`: seconds, at most 300. With a
    body, `facts.headers` holds its content-type. Raises `BadSignature` for what `check_request` would
    refuse.
    """
    parameters: Parameters = {
        "created": created,
        "expires": created + expires_in,
        "nonce": nonce,
        "keyid": keyid,
        "alg": ALGORITHM,
        "tag": TAG,
    }
    added = {"Content-Digest": content_digest(facts.body), "Wasl-Audience": audience}
    headers = {**facts.headers, **{name.lower(): value for name, value in added.items()}}
    covered = _must_cover(facts)
    signed = _check_input(parse_input(f"{LABEL}={signature_params(covered, parameters)}"), covered)
    _check_life(signed, created, 0)
    params = signature_params(covered, parameters)
    signature = private.sign(signature_base(replace(facts, headers=headers), covered, params))
    return {
        **added,
        "Signature-Input": f"{LABEL}={params}",
        "Signature": f"{LABEL}={byte_sequence(signature)}",
    }


def check_request(
    facts: RequestFacts,
    audience: str,
    now: int,
    public_key_of: Callable[[str], Ed25519PublicKey],
    skew: int = SKEW_S,
) -> SignedBy:
    """Who signed this request to us. `audience`: our did; `now`: our clock, seconds since 1970.

    `public_key_of` gives the key for a keyid or raises (`unknown_key`, `bad_key`); it is asked last and
    only for requests that could be valid. Raises `BadSignature`: `missing_signature`, `wrong_audience`,
    `clock_skew` (created in our future: somebody's clock is wrong), `expired`, `digest_mismatch`,
    `bad_signature` (all else).
    """
    fields = facts.headers
    if "signature-input" not in fields and "signature" not in fields:
        raise BadSignature("the request is not signed", "missing_signature")
    given = parse_input(fields.get("signature-input", ""))
    signature = parse_signature(fields.get("signature", ""), LABEL)
    signed = _check_input(given, _must_cover(facts))
    base = signature_base(facts, given.covered, given.text)
    if fields["wasl-audience"].strip(" \t") != audience:
        raise BadSignature("the request is addressed to another node", "wrong_audience")
    _check_life(signed, now, skew)
    if fields["content-digest"].strip(" \t") != content_digest(facts.body):
        raise BadSignature("Content-Digest is not that of the body", "digest_mismatch")
    try:
        public_key_of(signed.keyid).verify(signature, base)
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit the request and the key") from error
    return signed


def _must_cover(facts: RequestFacts) -> tuple[str, ...]:
    """What this request's signature must cover: the body's digest always, its type if there is a body."""
    return COVERED_WITH_BODY if facts.body else COVERED_WITHOUT_BODY


def _check_input(given: SignatureInput, covered: tuple[str, ...]) -> SignedBy:
    """Who claims to have signed. Raises `BadSignature` unless `given` has exactly our label and parts."""
    if given.label != LABEL:
        raise BadSignature(f"the signature's label is not {LABEL}")
    if set(given.covered) != set(covered):  # the signature base refuses a part listed twice
        raise BadSignature("the signature must cover exactly " + " ".join(covered))
    values = given.parameters
    if values.keys() != _PARAMETERS:
        raise BadSignature("the signature's parameters must be exactly " + " ".join(sorted(_PARAMETERS)))
    if values["tag"] != TAG or values["alg"] != ALGORITHM:
        raise BadSignature(f'only tag="{TAG}" and alg="{ALGORITHM}" are understood')
    keyid, nonce, created, expires = (values[name] for name in ("keyid", "nonce", "created", "expires"))
    if not isinstance(created, int) or not isinstance(expires, int):
        raise BadSignature("created and expires are whole seconds")
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        raise BadSignature("the nonce is 32 lower-case hex digits")
    if not isinstance(keyid, str) or not _KEYID.fullmatch(keyid):
        raise BadSignature("the keyid is not of its form")
    return SignedBy(keyid, nonce, created, expires)


def _check_life(signed: SignedBy, now: int, skew: int) -> None:
    """Raises `BadSignature` unless the request lives at `now`, give or take `skew` s, and not too long."""
    if not 0 < signed.expires - signed.created <= MAX_LIFE_S:
        raise BadSignature(f"a signature lives from 1 to {MAX_LIFE_S} seconds")
    if signed.created > now + skew:
        ahead = signed.created - now
        raise BadSignature(f"signed {ahead} s in our future: compare the two clocks", "clock_skew")
    if signed.expires < now - skew:
        ago = now - signed.created
        raise BadSignature(f"signed {ago} s ago and expired: sign anew, or compare the two clocks", "expired")
