"""HTTP signatures as the fediverse has them: draft-cavage-http-signatures-12 with RSA and SHA-256. Pure.

One shape is written, and a narrow one is read: method and path, host, date and the hash of the body must be signed.
Not to be confused with `protocol.http_signature`, by which nodes of this network speak to each other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from protocol.errors import BadSignature

WINDOW_S = 3_600
"""How far the date of a request may lie from our clock, seconds: as far as Mastodon allows."""
BITS = (2_048, 8_192)
"""Sizes of a key that is believed, and whose checking costs little."""

_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"
_ALGORITHMS = ("rsa-sha256", "hs2019")
_MOST = 4_096
_PARAMETER = re.compile(r'\s*([a-zA-Z]{1,20})=(?:"([^"\\]{0,2048})"|([0-9]{1,12}))\s*(?:,|$)', re.ASCII)
_NAME = re.compile(r"[a-z0-9-]{1,60}|\((?:request-target|created|expires)\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it was brought, its date and its body's hash checked. `base`: the text that it signs."""

    key_id: str
    base: str
    signature: bytes


def digest_of(body: bytes) -> str:
    """The field Digest (RFC 3230) of a body."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def sign(
    private: RSAPrivateKey, key_id: str, method: str, path: str, host: str, now: int, body: bytes | None
) -> dict[str, str]:
    """The fields that a request needs. `path`: with its query; `body`: None for a request without one."""
    fields = {"Host": host, "Date": formatdate(now, usegmt=True)}
    if body is not None:
        fields["Digest"] = digest_of(body)
    lines = [f"{_TARGET}: {method.lower()} {path}", *(f"{name.lower()}: {text}" for name, text in fields.items())]
    signature = base64.b64encode(private.sign("\n".join(lines).encode(), PKCS1v15(), SHA256())).decode("ascii")
    names = " ".join([_TARGET, *(name.lower() for name in fields)])
    fields["Signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signature}"'
    return fields


def read(method: str, path: str, host: str, headers: Mapping[str, str], body: bytes, now: int) -> Signed:
    """What a request with a body claims: all that can be checked of it without the key is checked.

    `headers`: by lower-case names; `host`: our own, whatever the request says. Raises `BadSignature`:
    missing_signature, bad_signature, digest_mismatch, expired, clock_skew.
    """
    if "signature" not in headers:
        raise BadSignature("this inbox takes signed requests only", "missing_signature")
    given = _parameters(headers["signature"])
    names = given.get("headers", "").lower().split()
    if given.get("algorithm", "hs2019") not in _ALGORITHMS or not {_TARGET, "host", "digest"} <= set(names):
        raise BadSignature("method, host and digest must be signed, with rsa-sha256")
    if len(names) > 20 or len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        raise BadSignature("the list of what is signed cannot be read")
    _check_time(given, names, headers, now)
    if not _has_digest(headers.get("digest", ""), body):
        raise BadSignature("the body is not the one that was hashed", "digest_mismatch")
    said = {**headers, "host": host, _TARGET: f"{method.lower()} {path}"}
    said |= {f"({name})": given[name] for name in ("created", "expires") if name in given}
    if not all(name in said for name in names):
        raise BadSignature("something is signed that did not come")
    base = "\n".join(f"{name}: {said[name].strip()}" for name in names)
    if len(base) > _MOST:
        raise BadSignature("more is signed than makes sense")
    try:
        signature = base64.b64decode(given.get("signature", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature("the signature is not base64") from error
    return Signed(given.get("keyId", "")[:500], base, signature)


def fits(pem: str, base: str, signature: bytes) -> bool:
    """Whether the owner of this public key signed this text. False for a key that is none, or no RSA key."""
    key = public_key(pem)
    if key is None:
        return False
    try:
        key.verify(signature, base.encode("utf-8", "surrogatepass"), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def public_key(pem: str) -> RSAPublicKey | None:
    """An RSA key of a usual size, or None."""
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnicodeEncodeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey) or not BITS[0] <= key.key_size <= BITS[1]:
        return None
    return key if key.public_numbers().e < 2**33 else None


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None or match[1] in found or len(text) > _MOST:
            raise BadSignature("the field Signature cannot be read")
        found[match[1]] = match[2] if match[2] is not None else match[3]
        at = match.end()
    return found


def _check_time(given: Mapping[str, str], names: list[str], headers: Mapping[str, str], now: int) -> None:
    """Its date, or its time of creation, is signed and near; `expires`, where there is one, is to come."""
    try:
        if _CREATED in names:
            at = int(given["created"])
        elif "date" in names:
            at = int(parsedate_to_datetime(headers["date"]).timestamp())
        else:
            raise BadSignature("the date must be signed")
        ends = int(given["expires"]) if _EXPIRES in names else at + WINDOW_S
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BadSignature("the date cannot be read") from error
    if at > now + WINDOW_S:
        raise BadSignature("the request is dated in the future", "clock_skew")
    if at < now - WINDOW_S or ends < now - WINDOW_S:
        raise BadSignature("the request is too old", "expired")


def _has_digest(text: str, body: bytes) -> bool:
    """Whether the field Digest names the SHA-256 of this body; other hashes beside it are passed over."""
    expected = digest_of(body).partition("=")[2]
    for entry in text.split(","):
        name, _, value = entry.strip().partition("=")
        if name.lower() == "sha-256":
            return hmac.compare_digest(value.encode("utf-8", "replace"), expected.encode())
    return False
