"""One way to write a record as bytes: RFC 8785 (JCS), narrowed until every language reads it alike.

This room turns bytes from strangers into a `dict`, and values of ours into bytes. Its law: two people who
hold the same value hold the same bytes, so a signature and a digest mean one thing. `parse` accepts bytes
only if writing what it read gives the same bytes back; that one test refuses duplicate keys, `1E2`, `-0`, odd
order and odd whitespace. Only a refusal pays for finding out its precise code.

On the line: bytes from a peer or from our own editor enter here first; `protocol.proof` and the digest of a
record write through here. Narrower than RFC 8785: no floats, integers within ±(2^53-1), bounds on depth,
length and keys, no control characters but line feed and tab. Two writers: `orjson` is fast and sorts keys by
code point; that is RFC 8785's order (by UTF-16 unit) unless a key holds a character beyond U+FFFF, and then
`rfc8785` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import orjson
import rfc8785

from protocol.errors import InvalidRecord

MAX_BYTES: Final = 256 * 1024  # docs/protocol.md, "Bytes"
MAX_DEPTH: Final = 16  # containers around a value, the outermost object counted as 1
MAX_KEY_LENGTH: Final = 128  # code points
MAX_INTEGER: Final = 2**53 - 1  # RFC 7493 2.2: what an IEEE 754 double holds exactly

_ESCAPED_C0: Final = re.compile(rb"\\[bfru]")
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")  # U+0080 to U+009F in UTF-8
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # category Cc, less tab and line feed
_LAST_OF_BMP: Final = "\uffff"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MARKS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)  # whole strings, then brackets
_LONGEST_INTEGER: Final = len(str(-MAX_INTEGER))  # characters, with the sign


def parse(data: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The JSON object that `data` is, in RFC 8785 form and within our limits.

    Raises `InvalidRecord` with code `too_large`, `bad_unicode` (not UTF-8, or a lone surrogate), `too_deep`,
    `bad_json`, `duplicate_key`, `bad_number` (float, NaN, -0, exponent, beyond 2^53-1), `control_character`,
    `field_limit` (a key longer than 128 code points) or `not_canonical`. The value is new, the caller's own.
    """
    if len(data) > max_bytes:
        raise InvalidRecord(f"longer than {max_bytes} bytes", "too_large")
    try:
        value = orjson.loads(data)
        if type(value) is dict and canonicalise(value) == data and not _may_hold_control(data):
            return value
    except (orjson.JSONDecodeError, InvalidRecord):
        pass  # the slow reading knows the precise reason
    return _slow_parse(data)


def canonicalise(value: Any) -> bytes:
    """The RFC 8785 bytes of a value made of `dict`, `list`, `str`, `int`, `bool` and `None`, exactly these.

    Raises `InvalidRecord`: `bad_number` (any float, an integer beyond ±(2^53-1)), `bad_unicode` (a lone
    surrogate), `too_deep`, `field_limit` (a key), `bad_json` (another type, a key that is no `str`). Control
    characters are written as RFC 8785 3.2.2.2 says; it is `parse` that refuses them.
    """
    try:
        _check(value)
    except TypeError as error:  # the length of a key that has none
        raise InvalidRecord("a key that is not text", "bad_json") from error
    return rewrite(value)


def rewrite(value: Any) -> bytes:
    """The RFC 8785 bytes of what `parse` gave, or of a part of it, without checking it a second time.

    For any other value use `canonicalise`: floats would not come out in RFC 8785 form here.
    """
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        if _holds_astral(data) and any(max(key, default="") > _LAST_OF_BMP for key in _keys(value)):
            return rfc8785.dumps(value)
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError) as error:
        if all(type(key) is str for key in _keys(value)):
            raise InvalidRecord("text with a lone surrogate", "bad_unicode") from error
        raise InvalidRecord("a key that is not text", "bad_json") from error
    return data


def _check(value: Any) -> None:
    """Raises `InvalidRecord` for numbers, depth, key lengths and types; walks level by level, no recursion.

    Strings are not opened here: the writers refuse surrogates, `_may_hold_control` looks at bytes.
    """
    level: list[Any] = [(value,)]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for node in level:
            if type(node) is dict:
                items = node.values()
                for key in node:
                    if len(key) > MAX_KEY_LENGTH:
                        raise InvalidRecord(f"a key longer than {MAX_KEY_LENGTH} characters", "field_limit")
            else:
                items = node
            for item in items:
                kind = type(item)
                if kind is not str:
                    if kind is dict or kind is list:
                        inner.append(item)
                    else:
                        _check_scalar(item)
        if not inner:
            return
        level = inner
    raise InvalidRecord(f"nested more than {MAX_DEPTH} deep", "too_deep")


def _check_scalar(item: Any) -> None:
    """Raises `InvalidRecord` unless `item` is a boolean, null or an integer within ±(2^53-1)."""
    kind = type(item)
    if kind is int:
        if not -MAX_INTEGER <= item <= MAX_INTEGER:
            raise InvalidRecord("an integer beyond 2^53-1", "bad_number")
    elif kind is float:
        raise InvalidRecord("a number that is not an integer", "bad_number")
    elif item is not None and kind is not bool:
        raise InvalidRecord(f"no JSON form for {kind.__name__}", "bad_json")


def _holds_astral(data: bytes) -> bool:
    """True if the UTF-8 `data` holds a character beyond U+FFFF. Five memory scans beat a pattern."""
    return b"\xf0" in data or b"\xf1" in data or b"\xf2" in data or b"\xf3" in data or b"\xf4" in data


def _keys(root: Any) -> Iterator[Any]:
    """Every key of every object in `root`."""
    todo: list[Any] = [root]
    while todo:
        node = todo.pop()
        if type(node) is dict:
            yield from node
            todo.extend(node.values())
        elif type(node) is list:
            todo.extend(node)


def _may_hold_control(data: bytes) -> bool:
    r"""False if canonical `data` surely holds no control character but \n and \t; True asks to look closer.

    In canonical form each forbidden C0 control is an escape \b \f \r or \u00xx, and nothing else is written
    with these (RFC 8785 3.2.2.2); an escaped backslash before such a letter is the one false alarm.
    """
    return _ESCAPED_C0.search(data) is not None or b"\x7f" in data or (b"\xc2" in data and _C1.search(data) is not None)


# --- The slow reading: what exactly is wrong ----------------------------------------------------------------


def _slow_parse(data: bytes) -> dict[str, Any]:
    """Read once more, step by step, to raise the precise reason; gives the value after a false alarm."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRecord("not UTF-8", "bad_unicode") from error
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except ValueError as error:
        raise InvalidRecord(f"not JSON: {error}", "bad_json") from error
    if type(value) is not dict:
        raise InvalidRecord("not one JSON object", "bad_json")
    _check_texts(value)
    if canonicalise(value) != data:
        raise InvalidRecord("not in RFC 8785 form (order of keys, spaces, escapes)", "not_canonical")
    return value


def _check_depth(text: str) -> None:
    """Raises `too_deep` without recursion: 100,000 brackets cost one pass over the text."""
    depth = 0
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidRecord(f"nested more than {MAX_DEPTH} deep", "too_deep")
        elif mark in ("]", "}"):
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidRecord("a key that occurs twice in one object", "duplicate_key")
    return members


def _refuse_number(literal: str) -> NoReturn:
    raise InvalidRecord(f"a number that is not an integer: {literal[:20]}", "bad_number")


def _integer(literal: str) -> int:
    """The integer written by `literal`. Length first: thousands of digits are never converted."""
    if literal == "-0":
        raise InvalidRecord("minus zero", "bad_number")
    if len(literal) > _LONGEST_INTEGER or abs(int(literal)) > MAX_INTEGER:
        raise InvalidRecord("an integer beyond 2^53-1", "bad_number")
    return int(literal)


def _check_texts(root: dict[str, Any]) -> None:
    """Raises `bad_unicode` or `control_character` for any key or string in `root`."""
    todo: list[Any] = [root]
    while todo:
        node = todo.pop()
        if type(node) is str:
            if _SURROGATE.search(node):
                raise InvalidRecord("text with a lone surrogate", "bad_unicode")
            if found := _CONTROL.search(node):
                raise InvalidRecord(f"control character U+{ord(found[0]):04X} in text", "control_character")
        elif type(node) is dict:
            todo.extend(node)
            todo.extend(node.values())
        elif type(node) is list:
            todo.extend(node)
