"""How `fuzzing` changes what is valid: its bytes, the fields of its JSON, the text within a packed file.

The same `random.Random` gives the same changes. Goes to: `fuzzing`, and the targets whose inputs are signed or packed.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from protocol import canonical

LONGEST = 300_000
"""Bytes of an input: more than any record may have."""

Change = Callable[[bytes, random.Random], bytes]

_TOKENS = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\u0000", b"\\ud800", b'"', b"{", b"}", b"[", b"]",
    b",", b":", b"null", b"true", b"-0", b"1e999", b"NaN", b"9007199254740993", b"-1", b"\r\n", b"\n", b";", b"=",
    b"|", b"+++", b"did:key:z6Mk", b"/records/", b"\xe2\x80\xae", b"\xd9\x8e", b"xn--", b"%00", b"../", b"<!ENTITY",
    b"<a>", b"'",
)  # fmt: skip


def changed(data: bytes, others: Sequence[bytes], own: Change | None, chance: random.Random) -> bytes:
    """`data` changed in one to four ways."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        if own is not None and chance.random() < 0.7:
            data = own(data, chance)
        else:
            data = _changed_bytes(bytearray(data), others, chance)
    return data[:LONGEST]


def _changed_bytes(data: bytearray, others: Sequence[bytes], chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    length = min(len(data) - place, int(2 ** (chance.random() * 12)))
    way = chance.randrange(8)
    if way == 0 and data:
        data[place - 1] ^= 1 << chance.randrange(8)
    elif way == 1 and data:
        data[place - 1] = chance.randrange(256)
    elif way == 2:
        del data[place : place + length]
    elif way == 3:
        data[place:place] = chance.choice(_TOKENS)
    elif way == 4:
        data[place : place + length] = chance.choice(_TOKENS)
    elif way == 5:
        data[place:place] = data[place : place + length] * chance.choice((1, 2, 50))
    elif way == 6:
        other = chance.choice(others)
        start = chance.randrange(len(other) + 1)
        data[place:] = other[start:]
    else:
        del data[place:]
    return bytes(data)


_ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**53 - 1, -(2**53), "", "\u0000", "\u202e", "a" * 5_000, "\u0644" * 300, [], {}, [[]], {"": {}},
    "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "did:key:z6Mk", "https://[::1", {"fr": ""}, {"x-y-z": "a"},
    ["a"] * 200, "CC-BY-4.0", "public", 1, 2, 65_536, {"a": {"b": {"c": {}}}},
)  # fmt: skip


def object_in(data: bytes) -> dict[str, Any]:
    """The JSON object in these bytes; empty where there is none."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def json_changed(data: bytes, chance: random.Random) -> bytes:
    """A JSON object with something in it changed, in canonical form."""
    body = object_in(data)
    try:
        return canonical.canonicalise(odd(body, chance)) if body else data
    except Exception:  # noqa: BLE001
        return data


def odd(value: Any, chance: random.Random) -> Any:
    """The value with something in it replaced, taken away, doubled or put in."""
    places = list(_places(value))
    parent, key = chance.choice(places)
    ways: list[Callable[[], None]] = [lambda: parent.__setitem__(key, chance.choice(_ODD))]
    ways.append(lambda: parent.pop(key))
    if isinstance(parent, dict):
        ways.append(lambda: parent.update({f"{key}x"[:60]: parent[key]}))
        ways.append(lambda: parent.__setitem__(key, [parent[key]]))
    else:
        ways.append(lambda: parent.extend([parent[key]] * chance.choice((1, 300))))
    if isinstance(parent[key], str):
        ways.append(lambda: parent.__setitem__(key, parent[key][: len(parent[key]) // 2] + str(chance.choice(_ODD))))
    chance.choice(ways)()
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    stack = [value]
    while stack:
        container = stack.pop()
        for key in list(container) if isinstance(container, dict) else range(len(container)):
            yield container, key
            if isinstance(container[key], (dict, list)):
                stack.append(container[key])


def repacked(data: bytes, chance: random.Random) -> bytes:
    """The text of a spreadsheet changed, and packed again as it should be."""
    try:
        return with_content(data, lambda content: changed(content, [content], None, chance))
    except Exception:  # noqa: BLE001
        return data  # what is no archive any more is changed byte by byte


def with_content(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A spreadsheet (ODS) with its text changed. Raises what `zipfile` raises."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, change(part) if name == "content.xml" else part)
    return out.getvalue()
