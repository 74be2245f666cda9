"""The quick way to know that a content is right: one walk over functions made from the schemas.

marshmallow builds a report, an object and a dozen calls per field; a door that takes thousands of records a
second needs only yes. Here the declared schemas are turned, once, into a tree of small functions: a leaf is
the field's own `fault`, so both ways share every leaf; objects and lists are the loops below. Each answers
"refused?" and nothing more. Law of this room: what it lets through, marshmallow lets through
(tests/protocol/test_schemas_agree.py); what it refuses is asked again of marshmallow, which names the reason
and has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from protocol.schemas.caps import MAX_KEYS, cap_fault, key_fault
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.content import Content, names
from protocol.schemas.fields import Items, Leaf, Part

# Of a value and the one language allowed (None: several): something true where the value is refused.
Refuses = Callable[[Any, str | None], object]


def refusals() -> Mapping[str, Refuses]:
    """For each known type, what refuses its contents. Made once, and kept by `protocol.schemas`."""
    return {name: _content(schema) for name, schema in SCHEMAS.items()}


def _content(schema: Content) -> Refuses:
    refuses = _object(schema)
    return refuses if schema.one_language else lambda value, _language: refuses(value, None)


def _field(field: Any) -> Refuses:
    if isinstance(field, Items):
        return _list(field.low, field.high, _field(field.inner))
    if isinstance(field, Part):
        schema = field.schema
        assert isinstance(schema, Content), "parts nest our own schemas"
        return _object(schema)
    assert isinstance(field, Leaf), "schemas are declared with protocol/schemas/fields.py"
    return field.fault


def _list(low: int, high: int, refuses: Refuses) -> Refuses:
    def refuses_list(value: Any, language: str | None) -> bool:
        if type(value) is not list or not low <= len(value) <= high:
            return True
        for item in value:  # noqa: SIM110  # any() costs a generator, here for every list
            if refuses(item, language):  # null too: no leaf and no object takes it
                return True
        return False

    return refuses_list


def _object(schema: Content) -> Refuses:
    declared = names(schema)
    tests = {name: _field(field) for name, field in declared.items()}
    required = frozenset(name for name, field in declared.items() if field.required)
    rules = schema.rules

    def refuses_object(value: Any, language: str | None) -> bool:
        if type(value) is not dict or len(value) > MAX_KEYS or not value.keys() >= required:
            return True
        for name, item in value.items():
            refuses = tests.get(name)
            if refuses is None:
                if key_fault(name) or cap_fault(item):
                    return True
            elif item is None:
                if name in required:
                    return True
            elif refuses(item, language):
                return True
        for rule in rules:  # noqa: SIM110  # as above
            if rule(value) is not None:
                return True
        return False

    return refuses_object
