"""The bytes that an HTTP signature covers: RFC 9421's signature base, and the two fields that carry it.

Law of this room: only the strictly serialised form of RFC 8941 is read (one label, single spaces, no
component parameters, each parameter once), so that what was parsed and what is written back are the same
text. It knows HTTP as plain values and keeps no policy: which components must be covered is
`protocol.http_signature`'s to say.

On the line: below `protocol.http_signature`. Sources: RFC 9421 sections 2.1, 2.2, 2.3, 2.5 and 4; RFC 8941
sections 3.1.1, 3.1.2, 3.3 and 4.1 (inner lists, parameters, integers, strings, byte sequences).
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import BadSignature

MAX_FIELD_LENGTH: Final = 2048  # characters of a Signature-Input field; ours take about 420

_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_PATH: Final = re.compile(r"/[\x21-\x22\x24-\x3e\x40-\x7e]*")  # visible ASCII, no "?", no "#"
_QUERY: Final = re.compile(r"[\x21-\x22\x24-\x7e]*")  # visible ASCII, no "#"
_VALUE: Final = re.compile(r"[\x20-\x7e]*")
_NAMES: Final = re.compile(r'"@?[a-z][a-z0-9-]*"(?: "@?[a-z][a-z0-9-]*")*')
_PARAMETER: Final = re.compile(r';([a-z]{1,16})=(?:(0|[1-9][0-9]{0,14})|"([\x20-\x21\x23-\x5b\x5d-\x7e]*)")')
_MEMBER: Final = re.compile(rf"([a-z][a-z0-9-]*)=(\(({_NAMES.pattern})\)((?:{_PARAMETER.pattern})*))")
_BYTES: Final = re.compile(r"([a-z][a-z0-9-]*)=:([A-Za-z0-9+/]+={0,2}):")

Parameters = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """An HTTP request as plain values.

    `path` and `query` as they stood in the request line, still percent-encoded (frameworks decode them:
    take the raw target). `query` comes without its "?" and may be empty. `headers`: lower-case name to
    value; a name sent several times joined by ", ". `body`: all of it. `authority`: host and port, lower
    case; Wasl does not sign it, because proxies rewrite it.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class SignatureInput:
    """One parsed Signature-Input field. `text`: what follows the label, as it enters the signature base."""

    label: str
    text: str
    covered: tuple[str, ...]
    parameters: Parameters


def signature_params(covered: Sequence[str], parameters: Parameters) -> str:
    """The covered components and parameters in strict form: `("@method" "@path");created=1;keyid="…"`."""
    names = " ".join(f'"{name}"' for name in covered)
    rest = "".join(
        f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"' for name, value in parameters.items()
    )
    return f"({names}){rest}"


def signature_base(facts: RequestFacts, covered: Sequence[str], params: str) -> bytes:
    """The bytes to sign: a line for each component in `covered`, then `params` itself (RFC 9421 2.5).

    Raises `BadSignature` if a component is missing from the request, is listed twice or would break its line.
    """
    if len(set(covered)) != len(covered):
        raise BadSignature("a component is covered twice")
    lines = [f'"{name}": {component(facts, name)}' for name in covered]
    lines.append(f'"@signature-params": {params}')
    return "\n".join(lines).encode("ascii")


def component(facts: RequestFacts, name: str) -> str:
    """The value of one component of the request (RFC 9421 2.1 for fields, 2.2 for what begins with @)."""
    if name == "@method":
        return _of_form(facts.method, _METHOD, name)
    if name == "@path":
        return _of_form(facts.path or "/", _PATH, name)  # 2.2.6: an empty path is "/"
    if name == "@query":
        return "?" + _of_form(facts.query, _QUERY, name)  # 2.2.7: an absent query is "?"
    if name == "@authority":
        return _of_form(facts.authority, _VALUE, name)
    if name.startswith("@") or name not in facts.headers:
        raise BadSignature(f"the request has no component {name}")
    return _of_form(facts.headers[name].strip(" \t"), _VALUE, name)


def parse_input(field: str) -> SignatureInput:
    """Read a Signature-Input field that holds exactly one signature. Raises `BadSignature`."""
    match = _MEMBER.fullmatch(field) if len(field) <= MAX_FIELD_LENGTH else None
    if match is None:
        raise BadSignature("Signature-Input is not one signature in its strict form")
    label, text, names, rest = match.group(1, 2, 3, 4)
    parameters: dict[str, int | str] = {}
    for name, number, string in _PARAMETER.findall(rest):
        if name in parameters:
            raise BadSignature(f"the parameter {name} is given twice")
        parameters[name] = int(number) if number else string
    covered = tuple(name.strip('"') for name in names.split(" "))
    return SignatureInput(label, text, covered, parameters)


def parse_signature(field: str, label: str) -> bytes:
    """The bytes of a Signature field that holds exactly the signature `label`. Raises `BadSignature`."""
    match = _BYTES.fullmatch(field) if len(field) <= MAX_FIELD_LENGTH else None
    if match is None or match[1] != label:
        raise BadSignature(f"Signature does not hold exactly the signature {label}")
    try:
        data = b64decode(match[2], validate=True)
    except binascii.Error as error:
        raise BadSignature("Signature is not base64") from error
    if b64encode(data).decode("ascii") != match[2]:
        raise BadSignature("Signature is not base64 in its one form")
    return data


def byte_sequence(data: bytes) -> str:
    """`data` as a structured field's byte sequence: base64 between colons (RFC 8941 3.3.5)."""
    return f":{b64encode(data).decode('ascii')}:"


def _of_form(value: str, form: re.Pattern[str], name: str) -> str:
    if not form.fullmatch(value):
        raise BadSignature(f"the component {name} holds characters that cannot be signed")
    return value
