"""A file of statements, read and judged before the first one is signed.

Two forms of a line: a statement, `{"type", "language", "content", …}`, and a line of the demonstration data, with its
fields at the top level (`demo_lines`). A whole file is one JSON object, a list, or one object a line. Judging is a
rehearsal: the statement is sealed with a key that is thrown away and read back, so what passes here passes the door.
On the line: a person's file -> here -> `publish`.
"""

from __future__ import annotations

import difflib
import json
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node.publish import DEFAULT_AUTHOR, DEFAULT_LICENCE, Statement
from node.transfer import demo_lines
from protocol import didkey, moment, schemas
from protocol.errors import FieldProblem, InvalidRecord, ProtocolError
from protocol.limits import VERSION
from protocol.record import seal
from protocol.schemas.personal import meant_to_be_read

PUBLISHED = ("Practice", "Adaptation", "Translation", "Question", "Answer", "Event", "Organisation")
"""Types that a person states. Cards, vouches, tombstones and receipts come of acts, by other commands."""

_AROUND = ("visibility", "author", "licence", "illustrative")
_KEYS = frozenset({"type", "language", "content", "visibility", "author", "licence", "illustrative", "record", "id"})


@dataclass(frozen=True, slots=True)
class Draft:
    """One statement of a file, not judged yet. `line`: its number, from 1; `body`: its JSON, in NFC form."""

    line: int
    body: Mapping[str, Any]

    @property
    def name(self) -> str | None:
        """The id by which other lines of the file may refer to it."""
        name = self.body.get("id")
        return name if isinstance(name, str) else None

    @property
    def record(self) -> str | None:
        """The id of the record of ours that it corrects, or None for a new one."""
        record = self.body.get("record")
        return str(record).rpartition("/")[2] if record is not None else None


def read(data: bytes) -> list[Draft]:
    """The statements of a file. Raises `InvalidRecord` (`bad_json`, `duplicate_key`) naming the line."""
    text = _decoded(data)
    try:
        whole = _parsed(text)
    except ValueError:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2:
            raise InvalidRecord(
                "the file is not JSON: one object, a list of objects, or one a line", "bad_json"
            ) from None
        return [Draft(number, _object(line, number)) for number, line in lines]
    bodies = whole if isinstance(whole, list) else [whole]
    return [Draft(number, _checked_object(body, number)) for number, body in enumerate(bodies, 1)]


def statement(
    draft: Draft,
    uri_of: Callable[[str], str | None],
    digest_of: Callable[[str], str | None],
    corrected: Mapping[str, Any] | None = None,
) -> Statement:
    """What a draft says. `uri_of`, `digest_of`: as `demo_lines.statement`. Raises `FieldProblem`.

    `corrected`: the body of the record that it corrects: for whom it is, by whom, under which licence, and whether it
    is invented stays as it is there where the draft says nothing of it.
    """
    standing = corrected or {}
    body = {**{name: standing[name] for name in _AROUND if name in standing}, **draft.body}
    if "content" not in body:
        return demo_lines.statement(body, uri_of, digest_of)
    for name in body:
        if name not in _KEYS:
            near = difflib.get_close_matches(name, _KEYS, 1)
            raise FieldProblem("is no field of a statement" + (f"; `{near[0]}`?" if near else ""), "bad_field", name)
    for name in ("type", "language"):
        if not isinstance(body.get(name), str):
            raise FieldProblem("is missing, or no text", "missing_field", name)
    return Statement(
        type=body["type"],
        content=body["content"],
        language=body["language"],
        visibility=body.get("visibility", "public"),
        author=body.get("author", DEFAULT_AUTHOR),
        licence=body.get("licence", DEFAULT_LICENCE),
        illustrative=body.get("illustrative", False),
    )


def problems(said: Statement, now: int) -> list[ProtocolError]:
    """Everything wrong with a statement; empty for one that the door will take. `now`: seconds since 1970."""
    if said.type not in PUBLISHED:
        near = difflib.get_close_matches(said.type, PUBLISHED, 1, 0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        return [FieldProblem(f"{hint}A person publishes {', '.join(PUBLISHED)}", "bad_field", "type")]
    if not isinstance(said.content, dict):
        return [FieldProblem("an object is expected", "bad_field", "content")]
    found: list[ProtocolError] = list(schemas.problems(said.type, said.content, said.language))
    if not found:
        try:
            seal(_rehearsal(said, now), _thrown_away(), moment.to_text(now))
        except ProtocolError as error:
            found.append(error)
    return found


def personal_data(said: Statement) -> list[tuple[str, str]]:
    """(path, piece) of what looks like personal data in the texts: e-mail, telephone, identity papers."""
    return [
        (path, piece)
        for path, text in _texts(said.content, "content")
        if not text.startswith("did:key:")
        and not path.rpartition(".")[2].endswith("Digest")
        and not meant_to_be_read(path.removeprefix("content."), text)
        for piece in schemas.personal_data(text)
    ]


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{place}")


def _rehearsal(said: Statement, now: int) -> dict[str, Any]:
    key = _thrown_away().public_key().public_bytes_raw()
    return {
        "wasl": VERSION,
        "type": said.type,
        "origin": didkey.did_from_public(key),
        "record": str(uuid.UUID(int=0)),
        "revision": 1,
        "nonce": "0" * 32,
        "createdAt": moment.to_text(now),
        "modifiedAt": moment.to_text(now),
        "language": said.language,
        "author": said.author,
        "licence": said.licence,
        "visibility": said.visibility,
        "illustrative": said.illustrative,
        "content": dict(said.content),
    }


def _thrown_away() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(32))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRecord(f"the file is not UTF-8 text (byte {error.start})", "bad_unicode") from error


def _object(text: str, number: int) -> Mapping[str, Any]:
    try:
        return _checked_object(_parsed(text), number)
    except ValueError as error:
        raise InvalidRecord(f"line {number} is not JSON: {error}", "bad_json") from error


def _checked_object(value: Any, number: int) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRecord(f"statement {number} is not a JSON object", "bad_json")
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise InvalidRecord("nested too deeply", "too_deep") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidRecord(f"the field {name[:64]!r} stands twice in one object", "duplicate_key")
        found[name] = _composed(value)
    return found


def _composed(value: Any) -> Any:
    """Texts in NFC form, as editors write them; signatures cover bytes, so this happens before signing only."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return [_composed(item) for item in value] if isinstance(value, list) else value


def _no_constant(word: str) -> Any:
    raise InvalidRecord(f"{word} is no number of JSON", "bad_number")
