"""The fields of a draft and the content of a record: one made of the other, by path.

A draft keeps every text flat, `steps.0.text` -> words, because pages, remarks, two open tabs and differences all go by
path. Limits are those of the schema and stand nowhere twice. What a content holds and no field shows (a breakdown, a
later version's field) is kept from the revision that the draft goes on from: `steps.0.was` names its row there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from node import dates
from node.drafting_shapes import (
    ADAPTATION,
    CHOICES,
    CLOCK,
    DATE,
    LINE,
    LINKS,
    LIST,
    MOST_ROWS,
    NUMBER,
    NUMBERS,
    PLAIN,
    PLAIN_LIST,
    PRACTICE,
    WAS,
    WHOLE,
    Shape,
    rows,
    shape_at,
    single,
)
from node.drafting_text import clean, number
from node.errors import Unclear

_ADDRESS = re.compile(r"(did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44})(?:/records)?/([0-9a-f-]{36})", re.ASCII)
_HOUR = re.compile(r"^(.*?)[\sT]+(\d{1,2})\s*[:hH.]\s*(\d{2})$")


def uri_in(text: str) -> str:
    """The URI of the record that an address or a URI names; empty where there is none."""
    found = _ADDRESS.search(text[:500])
    return f"{found[1]}/records/{found[2]}" if found else ""


def written(path: str, text: str, kind: str = PRACTICE) -> str:
    """A text as a draft keeps it: cleaned after its kind; a date or number in the one form, where it can be read."""
    shape = shape_at(path, kind) or Shape(PLAIN)
    if shape.kind in (NUMBER, WHOLE):
        return number(text)
    if shape.kind == NUMBERS:
        return ", ".join(number(one) for one in re.split(r"[\s,;،؛]+", clean(text, lines=False)) if one)
    if shape.kind in (DATE, CLOCK):
        return _moment(clean(text, lines=False), hour=shape.kind == CLOCK)
    if shape.kind == LINKS:
        return "\n".join(uri_in(line) or line for line in clean(text).split("\n"))
    return clean(text, lines=shape.lines)


def _moment(plain: str, *, hour: bool) -> str:
    """A day, or a day and an hour, as records write them; what cannot be read so, as it is."""
    found = _HOUR.match(plain) if hour else None
    day, clock = (found[1], f"T{int(found[2]):02}:{int(found[3]):02}") if found else (plain, "")
    try:
        return dates.tidy(day) + clock if plain else ""
    except Unclear:
        return plain


def places(fields: Mapping[str, str], name: str) -> list[int]:
    """The places of the rows of a list that hold anything, in order."""
    found = {
        int(path.split(".")[1])
        for path, text in fields.items()
        if path.startswith(f"{name}.") and text and not path.endswith(f".{WAS}")
    }
    return sorted(found)


def compact(fields: Mapping[str, str], without: str = "", kind: str = PRACTICE) -> dict[str, str]:
    """The fields with the rows of each list moved together. `without`: a row to leave out, `steps.2`."""
    kept = {path: text for path, text in fields.items() if path.partition(".")[0] not in rows(kind) and text}
    for name in rows(kind):
        left = [place for place in places(fields, name) if f"{name}.{place}" != without]
        for after, before in enumerate(left):
            for inner in (*rows(kind)[name], WAS):
                text = fields.get(f"{name}.{before}.{inner}")
                if text:
                    kept[f"{name}.{after}.{inner}"] = text
    return kept


def content_of(
    fields: Mapping[str, str], language: str, kept: Mapping[str, Any], kind: str = PRACTICE, base: str | None = None
) -> dict[str, Any]:
    """The content that a draft says. `kept`: the content that it goes on from; `base`: of an Adaptation, the revision
    of its source (hex)."""
    content = deepcopy(dict(kept))
    if kind == ADAPTATION and base is not None:
        content["sourceDigest"] = base
    for path, shape in single(kind).items():
        _put(content, path.split("."), _value(shape, fields.get(path, ""), language))
    for name, shapes in rows(kind).items():
        made = [_row(fields, name, place, shapes, language, kept) for place in places(fields, name)]
        _put(content, [name], made or None)
    for name in ("budget", "staff", "participation", "cost", "location"):
        if not content.get(name):
            content.pop(name, None)
    return content


def fields_of(content: Mapping[str, Any], kind: str = PRACTICE) -> dict[str, str]:
    """The fields of a draft that goes on from this content."""
    found = {path: _text(shape, _at(content, path)) for path, shape in single(kind).items()}
    for name, shapes in rows(kind).items():
        listed = content.get(name)
        for place, row in enumerate(listed[: MOST_ROWS[name]] if isinstance(listed, list) else []):
            for inner, shape in shapes.items():
                found[f"{name}.{place}.{inner}"] = _text(shape, row.get(inner) if isinstance(row, dict) else None)
            found[f"{name}.{place}.{WAS}"] = str(place)
    return {path: text for path, text in found.items() if text}


def worded_paths(content: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """(path, words) of every text of a content in its language, in the order of the page: what is to be translated."""
    order = [*single(), *rows()]
    for name in sorted(content, key=lambda one: order.index(one) if one in order else len(order)):
        yield from _worded(content[name], name, language)


def _worded(value: Any, path: str, language: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for place, each in enumerate(value):
            if not isinstance(each, str):
                yield from _worded(each, f"{path}.{place}", language)
    elif isinstance(value, Mapping):
        if isinstance(value.get(language), str):
            yield path, value[language]
        else:
            for name, each in value.items():
                if isinstance(each, Mapping | list):
                    yield from _worded(each, f"{path}.{name}", language)
                elif name == "unit" and isinstance(each, str):
                    yield f"{path}.{name}", each


def _row(
    fields: Mapping[str, str],
    name: str,
    place: int,
    shapes: Mapping[str, Shape],
    language: str,
    kept: Mapping[str, Any],
) -> dict[str, Any]:
    was, before = fields.get(f"{name}.{place}.{WAS}", ""), kept.get(name)
    row: dict[str, Any] = {}
    if was.isdecimal() and isinstance(before, list) and int(was) < len(before) and isinstance(before[int(was)], dict):
        row = deepcopy(before[int(was)])
    for inner, shape in shapes.items():
        _put(row, [inner], _value(shape, fields.get(f"{name}.{place}.{inner}", ""), language))
    return row


def _value(shape: Shape, text: str, language: str) -> Any:
    if not text:
        return None
    if shape.kind == CHOICES:
        return [int(one) if shape.scheme == "blocks" and one.isdecimal() else one for one in text.split()]
    if shape.kind in (LIST, PLAIN_LIST, LINKS):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return [{language: line} for line in lines] if shape.kind == LIST else lines
    if shape.kind == WHOLE and text.isascii() and text.isdecimal():
        return int(text)
    if shape.kind == NUMBERS:
        return [int(one) if one.isascii() and one.isdecimal() and len(one) < 4 else one for one in text.split(", ")]
    return {language: text} if shape.worded else text


def _text(shape: Shape, value: Any) -> str:
    if shape.kind in (CHOICES, NUMBERS):
        return (", " if shape.kind == NUMBERS else " ").join(map(str, value)) if isinstance(value, list) else ""
    if shape.kind in (LIST, PLAIN_LIST, LINKS):
        return "\n".join(_text(Shape(LINE), one) for one in value) if isinstance(value, list) else ""
    if isinstance(value, Mapping):
        return str(next(iter(value.values()), ""))
    return "" if value is None else str(value)


def _at(content: Mapping[str, Any], path: str) -> Any:
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(content: dict[str, Any], path: list[str], value: Any) -> None:
    """Write a value at a path; None takes it away."""
    *above, last = path
    for name in above:
        inner = content.get(name)
        if not isinstance(inner, dict):
            if value is None:
                return
            inner = content[name] = {}
        content = inner
    if value is None:
        content.pop(last, None)
    else:
        content[last] = value
