"""One line of the demonstration data, as a statement that can be signed.

The lines of node/data/demo are written by hand: fields at the top level and other records by their ids
(`practice-001`). A statement has its fields in `content` and names other records by URI, a Translation and an
Adaptation also by the digest of the revision meant. Used by `wasl publish` and by the demo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from node.publish import DEFAULT_AUTHOR, DEFAULT_LICENCE, Statement
from protocol.errors import FieldProblem

ENVELOPE = frozenset({"id", "type", "node", "version", "language", "illustrative", "licence", "visibility", "author"})
"""Keys of a line that are not content."""

REFERENCES: Mapping[str, tuple[tuple[str, str | None], ...]] = {
    "Practice": (("relatedPractices", None),),
    "Adaptation": (("source", "sourceDigest"), ("result", None)),
    "Translation": (("target", "targetDigest"),),
    "Question": (("about", None),),
    "Answer": (("inReplyTo", None), ("references", None)),
}
"""By type: the fields that name other records, and the field that takes the digest of the revision meant."""

_NOT_CARRIED = frozenset({"targetVersion"})
"""The digest says it better."""


def statement(
    line: Mapping[str, Any], uri_of: Callable[[str], str | None], digest_of: Callable[[str], str | None]
) -> Statement:
    """The statement that a line makes. `uri_of`: id -> record URI; `digest_of`: URI -> 64 hex digits of its revision.

    A reference that is null is left out. Raises `FieldProblem`: `missing_field`, or `unknown_reference` where one of
    the two functions gives None.
    """
    kind, language = _text(line, "type"), _text(line, "language")
    content = {name: value for name, value in line.items() if name not in ENVELOPE | _NOT_CARRIED and value is not None}
    for field, digest_field in REFERENCES.get(kind, ()):
        if field not in content:
            continue
        content[field] = _resolved(content[field], field, uri_of)
        if digest_field is not None:
            content[digest_field] = _found(digest_of(content[field]), field, content[field])
    return Statement(
        type=kind,
        content=content,
        language=language,
        visibility=line.get("visibility", "public"),
        author=line.get("author", DEFAULT_AUTHOR),
        licence=line.get("licence", DEFAULT_LICENCE),
        illustrative=line.get("illustrative", False),
    )


def _resolved(value: Any, field: str, uri_of: Callable[[str], str | None]) -> Any:
    if isinstance(value, list):
        return [_found(uri_of(str(entry)), field, entry) for entry in value]
    return _found(uri_of(str(value)), field, value)


def _found(value: str | None, field: str, reference: object) -> str:
    if value is None:
        raise FieldProblem(
            f"names {str(reference)[:120]!r}, which is not held here", "unknown_reference", f"content.{field}"
        )
    return value


def _text(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if not isinstance(value, str):
        raise FieldProblem("is missing, or no text", "missing_field", name)
    return value
