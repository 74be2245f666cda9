"""Bytes that claim to be a record: parsed and of the right shape, nothing trusted yet.

Comes from: a peer, an editor, a file. Goes to: `record.verify`, which alone makes a `Record`. Nothing that holds an
`Envelope` may store, index, show or relay it. Format: docs/protocol.md section 2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocol import canonical, didkey, moment
from protocol.errors import BadProof, FieldProblem, InvalidRecord
from protocol.limits import MAX_RECORD_BYTES, MAX_REVISION, VERSION

TOMBSTONE = "Tombstone"
NODE = "Node"
VISIBILITIES = frozenset({"public", "network", "node"})

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,39}", re.ASCII)
_DID = re.compile(r"did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{40,60}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,8}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One claimed revision. `data`: the exact bytes received; `digest`: their SHA-256 (32 bytes)."""

    data: bytes
    digest: bytes
    body: dict[str, Any]
    type: str
    origin: str
    record: str
    revision: int
    previous: bytes | None
    key: str
    visibility: str
    modified: int

    @property
    def uri(self) -> str:
        """The record's permanent name: `<origin>/records/<uuid>`."""
        return f"{self.origin}/records/{self.record}"

    @property
    def content(self) -> Mapping[str, Any]:
        """The part that the record's type rules (docs/records.md)."""
        content: Mapping[str, Any] = self.body["content"]
        return content

    @property
    def language(self) -> str:
        """BCP 47 code of the language in which the record was written."""
        return str(self.body["language"])

    @property
    def erased(self) -> bool:
        """True for a tombstone that erases: it absorbs every other revision of the record."""
        return self.type == TOMBSTONE and self.content.get("state") == "erased"

    def to_bytes(self) -> bytes:
        """The exact bytes that came in."""
        return self.data

    @classmethod
    def from_bytes(cls, data: bytes) -> Envelope:
        """Parse and check the shape. Raises `InvalidRecord` with the code of the first thing wrong."""
        body = canonical.parse(data, MAX_RECORD_BYTES)
        return cls(data=data, digest=hashlib.sha256(data).digest(), body=body, **_shape(body))


def _shape(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("wasl") != VERSION or type(body["wasl"]) is not int:
        raise InvalidRecord(f"only protocol version {VERSION} is understood", "unknown_version")
    revision = body.get("revision")
    if type(revision) is not int or not 1 <= revision <= MAX_REVISION:
        raise FieldProblem(f"an integer from 1 to {MAX_REVISION}", "bad_field", "revision")
    origin = _matching(body, "origin", _DID)
    didkey.multikey_of(origin)
    modified = moment.to_seconds(_text(body, "modifiedAt", 20))
    if moment.to_seconds(_text(body, "createdAt", 20)) > modified:
        raise FieldProblem("lies after modifiedAt", "bad_field", "createdAt")
    _matching(body, "nonce", _NONCE)
    _matching(body, "language", _LANGUAGE)
    _text(body, "author", 120)
    _text(body, "licence", 64)
    if type(body.get("illustrative")) is not bool:
        raise FieldProblem("true or false", "bad_field", "illustrative")
    if body.get("visibility") not in VISIBILITIES:
        raise FieldProblem("public, network or node", "bad_field", "visibility")
    if type(body.get("content")) is not dict:
        raise FieldProblem("an object", "bad_field", "content")
    return {
        "type": _matching(body, "type", _TYPE),
        "origin": origin,
        "record": _matching(body, "record", _UUID),
        "revision": revision,
        "previous": _previous(body, revision),
        "key": _key(body, origin),
        "visibility": body["visibility"],
        "modified": modified,
    }


def _previous(body: Mapping[str, Any], revision: int) -> bytes | None:
    if revision == 1:
        if "previous" in body:
            raise FieldProblem("the first revision replaces nothing", "bad_field", "previous")
        return None
    return bytes.fromhex(_matching(body, "previous", _DIGEST))


def _key(body: Mapping[str, Any], origin: str) -> str:
    """The signing key's multikey, from the proof's `verificationMethod` = `<origin>#<key>`."""
    proof = body.get("proof")
    if not isinstance(proof, dict):
        raise BadProof(
            "a record carries exactly one proof",
            "many_proofs" if isinstance(proof, list) else "missing_proof",
        )
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not method.startswith(origin + "#"):
        raise BadProof("the proof's verificationMethod is <origin>#<key>")
    moment.to_seconds(_text(proof, "created", 20))
    return method[len(origin) + 1 :]


def _text(body: Mapping[str, Any], name: str, most: int) -> str:
    value = body.get(name)
    if value is None:
        raise FieldProblem("is missing", "missing_field", name)
    if type(value) is not str or not 1 <= len(value) <= most:
        raise FieldProblem(f"a text of 1 to {most} characters", "bad_field", name)
    return value


def _matching(body: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = body.get(name)
    if value is None:
        raise FieldProblem("is missing", "missing_field", name)
    if type(value) is not str or not form.fullmatch(value):
        raise FieldProblem("is not of its one form", "bad_field", name)
    return value
