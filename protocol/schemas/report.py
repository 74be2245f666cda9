"""Everything wrong with a content, as marshmallow reports it, in our words.

Editors and importers show the whole list; the door, after its quick refusal, takes the first. marshmallow's
messages are `code|sentence` (protocol/schemas/fields.py), nested by field and place; here they become a flat
list of `FieldProblem`s with a dotted path such as `content.indicators.3.value`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from protocol.errors import FieldProblem
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.fields import NO_OBJECT, RECORD_LANGUAGE

MAX_NAME = 64  # code points of a field's name in a path: a stranger chose it, and paths end in logs


def report(type_: str, content: Mapping[str, Any], language: str) -> list[FieldProblem]:
    """See `protocol.schemas.problems`; `type_` is a known one."""
    schema = SCHEMAS[type_]
    if not isinstance(content, Mapping):
        return list(_flatten([NO_OBJECT], "content"))
    restore = RECORD_LANGUAGE.set(language if schema.one_language else None)
    try:
        return list(_flatten(schema.validate(dict(content)), "content"))
    finally:
        RECORD_LANGUAGE.reset(restore)


def _flatten(messages: Any, path: str) -> Iterator[FieldProblem]:
    """`messages`: lists of `code|sentence`, nested in dicts by field name, place or language."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flatten(inner, path if name == "_schema" else f"{path}.{str(name)[:MAX_NAME]}")
        return
    for said in messages:
        code, _, sentence = said.partition("|")
        yield FieldProblem(sentence, code, path)
