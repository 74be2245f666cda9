"""How large anything may be, whether or not this version knows what it is.

A record may carry fields that a later version invented; they are kept and relayed, never an error. But a
stranger must not smuggle a megabyte title in as an unknown field, so the same caps hold for every value at
any depth (attacks A17).

On the line: protocol/schemas/content.py applies this to what the schemas do not declare.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MAX_TEXT = 20_000  # code points of one string
MAX_ITEMS = 1_000  # entries of one list
MAX_KEYS = 200  # fields of one object
MAX_KEY = 128  # code points of one field name, as in protocol/canonical.py
MAX_DEPTH = 16  # levels of nesting, as in the whole record
MAX_INTEGER = 2**53 - 1  # what every JSON reader can hold


def cap_fault(value: Any, depth: int = 1) -> str | None:
    """Why `value` is too large to be kept, as `code|sentence`, or None. `depth`: levels above it."""
    if isinstance(value, str):
        return None if len(value) <= MAX_TEXT else f"field_limit|longer than {MAX_TEXT} characters"
    if isinstance(value, list):
        if len(value) > MAX_ITEMS:
            return f"field_limit|more than {MAX_ITEMS} items"
        return _first_fault(value, depth)
    if isinstance(value, dict):
        if len(value) > MAX_KEYS:
            return f"field_limit|more than {MAX_KEYS} fields"
        for key in value:
            fault = key_fault(key)
            if fault is not None:
                return fault
        return _first_fault(value.values(), depth)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else "field_limit|beyond the integers that all readers share"
    return "bad_field|not a JSON value that a record may hold"


def _first_fault(values: Iterable[Any], depth: int) -> str | None:
    if depth >= MAX_DEPTH:
        return f"field_limit|nested deeper than {MAX_DEPTH} levels"
    for value in values:
        fault = cap_fault(value, depth + 1)
        if fault is not None:
            return fault
    return None


def key_fault(key: Any) -> str | None:
    """Why `key` cannot name a field, as `code|sentence`, or None."""
    if not isinstance(key, str):
        return "bad_field|a field name is a string"
    return None if len(key) <= MAX_KEY else f"field_limit|a field name is longer than {MAX_KEY} characters"
