"""Canonical bytes: the published vectors, every refusal by its code, and properties against `rfc8785`."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from protocol.canonical import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, MAX_KEY_LENGTH, canonicalise, parse, rewrite
from protocol.errors import InvalidRecord, ProtocolError

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors/jcs/rfc8785.json").read_text(encoding="utf-8")
)

integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
# Any character that a record may hold, with the ones where orders and writers differ made frequent.
characters = st.one_of(
    st.characters(exclude_categories=["Cs", "Cc"]),
    st.sampled_from('\n\tab"\\/éÅ\ud7ff\ue000\uffff\U00010000\U0001f602\u2028ض'),
)
texts = st.text(characters, max_size=20)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=25,
)
objects = st.dictionaries(texts, values, max_size=6)


def code_of(data: bytes, max_bytes: int = MAX_BYTES) -> str:
    with pytest.raises(InvalidRecord) as caught:
        parse(data, max_bytes)
    return caught.value.code


@pytest.mark.parametrize("case", VECTORS["objects"], ids=lambda case: case["name"])
def test_published_object_has_the_published_bytes(case: dict[str, Any]) -> None:
    assert canonicalise(case["input"]).hex() == case["canonical_hex"]


def test_keys_are_ordered_by_utf16_unit_as_in_the_rfc() -> None:
    data = canonicalise(VECTORS["sorting"]["input"])
    assert list(json.loads(data).values()) == VECTORS["sorting"]["values_in_order"]


@pytest.mark.parametrize("sample", VECTORS["numbers"]["samples"], ids=lambda sample: sample["ieee754_hex"])
def test_published_double_is_refused_by_the_writer(sample: dict[str, str]) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(sample["ieee754_hex"]))
    with pytest.raises(InvalidRecord) as caught:
        canonicalise({"n": number})
    assert caught.value.code == "bad_number"


@pytest.mark.parametrize("text", [sample["text"] for sample in VECTORS["numbers"]["samples"] if sample["text"] != "0"])
def test_published_number_text_beyond_our_integers_is_refused(text: str) -> None:
    assert code_of(f'{{"n":{text}}}'.encode()) == "bad_number"


REFUSALS = {
    "truncated": (b'{"a":1', "bad_json"),
    "empty": (b"", "bad_json"),
    "text around": (b'{"a":1}{"a":1}', "bad_json"),
    "single quotes": (b"{'a':1}", "bad_json"),
    "trailing comma": (b'{"a":1,}', "bad_json"),
    "raw NUL in a string": (b'{"a":"\x00"}', "bad_json"),
    "byte order mark": (b'\xef\xbb\xbf{"a":1}', "bad_json"),
    "an array": (b"[1]", "bad_json"),
    "a string": (b'"a"', "bad_json"),
    "duplicate key": (b'{"a":1,"a":1}', "duplicate_key"),
    "duplicate key below": (b'{"a":[{"b":1,"b":2}]}', "duplicate_key"),
    "duplicate key by escape": (b'{"a":1,"\\u0061":2}', "duplicate_key"),
    "duplicate key and spaces": (b'{"a": 1, "a": 2}', "duplicate_key"),
    "NaN": (b'{"a":NaN}', "bad_number"),
    "Infinity": (b'{"a":-Infinity}', "bad_number"),
    "float": (b'{"a":1.5}', "bad_number"),
    "whole float": (b'{"a":1.0}', "bad_number"),
    "exponent": (b'{"a":1E2}', "bad_number"),
    "huge exponent": (b'{"a":1e999}', "bad_number"),
    "minus zero": (b'{"a":-0}', "bad_number"),
    "2^53": (b'{"a":9007199254740992}', "bad_number"),
    "-2^53": (b'{"a":-9007199254740992}', "bad_number"),
    "5,000 digits": (b'{"a":' + b"9" * 5000 + b"}", "bad_number"),
    "leading zero": (b'{"a":01}', "bad_json"),
    "lone high surrogate": (b'{"a":"\\ud800"}', "bad_unicode"),
    "lone low surrogate in a key": (b'{"\\udc00":1}', "bad_unicode"),
    "surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "bad_unicode"),
    "overlong UTF-8": (b'{"a":"\xc0\xaf"}', "bad_unicode"),
    "latin-1": (b'{"a":"\xe9"}', "bad_unicode"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "bad_unicode"),
    "escaped NUL": (b'{"a":"\\u0000"}', "control_character"),
    "escape": (b'{"a":"\\u001b[31m"}', "control_character"),
    "carriage return": (b'{"a":"\\r\\n"}', "control_character"),
    "backspace": (b'{"a":"\\b"}', "control_character"),
    "form feed": (b'{"a":"\\f"}', "control_character"),
    "delete": (b'{"a":"\x7f"}', "control_character"),
    "C1": ('{"a":"\x85"}'.encode(), "control_character"),
    "control in a key": (b'{"\\u0001":1}', "control_character"),
    "C1 in a key": ('{"\x9f":1}'.encode(), "control_character"),
    "order of keys": (b'{"b":1,"a":1}', "not_canonical"),
    "space": (b'{"a": 1}', "not_canonical"),
    "line feed at the end": (b'{"a":1}\n', "not_canonical"),
    "escaped letter": (b'{"a":"\\u00e9"}', "not_canonical"),
    "escaped slash": (b'{"a":"\\/"}', "not_canonical"),
    "escaped pair": (b'{"a":"\\ud83d\\ude02"}', "not_canonical"),
    "order by code point": ('{"\ufb33":1,"\U0001f602":1}'.encode(), "not_canonical"),
    "17 deep": (b'{"a":' * 17 + b"1" + b"}" * 17, "too_deep"),
    "deep without an end": (b"[" * 100_000, "too_deep"),
    "long key": (b'{"' + b"k" * (MAX_KEY_LENGTH + 1) + b'":1}', "field_limit"),
}


@pytest.mark.parametrize(("data", "code"), REFUSALS.values(), ids=REFUSALS)
def test_bytes_that_are_no_record_are_refused_by_their_own_code(data: bytes, code: str) -> None:
    assert code_of(data) == code


ACCEPTED = {
    "empty object": b"{}",
    "limits of integers": b'{"a":9007199254740991,"b":-9007199254740991}',
    "16 deep": b'{"a":' * 16 + b"1" + b"}" * 16,
    "brackets in a string": b'{"a":"' + b"[{" * 50 + b'\\"[[["}',
    "many brackets in strings, and a reason to look closer": b'{"a":["' + b'[","' * 40 + b'{"],"b":"\\\\u"}',
    "line feed and tab": b'{"a":"\\n\\t"}',
    "backslash before u": b'{"a":"\\\\u0000 \\\\r"}',
    "longest key": b'{"' + b"k" * MAX_KEY_LENGTH + b'":1}',
    "longest key outside ASCII": b'{"' + "ض".encode() * MAX_KEY_LENGTH + b'":1}',
    "no-break space, which begins with the byte of C1": '{"a":"\u00a0»"}'.encode(),
    "decomposed and composed": '{"a":"A\u030a","b":"\u00c5"}'.encode(),
    "astral key first": '{"\U0001f602":1,"\ufb33":1}'.encode(),
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
def test_canonical_bytes_are_read_and_written_back(data: bytes) -> None:
    assert canonicalise(parse(data)) == data


def test_more_bytes_than_allowed_are_refused_before_reading() -> None:
    body = b'{"a":"' + b"x" * 100 + b'"}'
    assert parse(body, len(body)) == {"a": "x" * 100}
    assert code_of(body, len(body) - 1) == "too_large"
    assert code_of(b'{"a":' * 100_000) == "too_large"


def test_deep_bytes_cost_no_deep_stack_and_little_memory() -> None:
    tracemalloc.start()
    assert code_of(b'{"a":' * 50_000, 10**6) == "too_deep"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"a": 1.0}, "bad_number"),
        ({"a": float("nan")}, "bad_number"),
        ({"a": 2**53}, "bad_number"),
        ({"a": 10**100}, "bad_number"),
        ({"a": "\ud800"}, "bad_unicode"),
        ({"\udfff": 1}, "bad_unicode"),
        ({"\U0001f602": "\ud800"}, "bad_unicode"),
        ({"a": (1, 2)}, "bad_json"),
        ({"a": b"x"}, "bad_json"),
        ({"a": {1}}, "bad_json"),
        ({1: "a"}, "bad_json"),
        ({b"a": "a"}, "bad_json"),
        ({"k" * 129: 1}, "field_limit"),
    ],
)
def test_value_without_a_form_is_refused_by_the_writer(value: Any, code: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        canonicalise(value)
    assert caught.value.code == code


def test_value_deeper_than_allowed_is_refused_by_the_writer() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert canonicalise(value) == b"[" * 16 + b"1" + b"]" * 16
    with pytest.raises(InvalidRecord) as caught:
        canonicalise([value])
    assert caught.value.code == "too_deep"
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidRecord):
        canonicalise(endless)


@seed(1)
@settings(max_examples=300, deadline=None)
@given(objects)
def test_writer_agrees_with_the_rfc8785_package_and_reader_gives_the_value_back(
    value: dict[str, Any],
) -> None:
    data = canonicalise(value)
    assert data == rfc8785.dumps(value)
    assert parse(data) == value
    assert rewrite(parse(data)) == data


@seed(2)
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_either_refused_by_us_or_canonical(data: bytes) -> None:
    try:
        value = parse(data)
    except ProtocolError:
        return
    assert rfc8785.dumps(value) == data


@seed(3)
@settings(max_examples=400, deadline=None)
@given(objects, st.data())
def test_one_byte_changed_is_another_value_or_refused(value: dict[str, Any], draw: st.DataObject) -> None:
    data = bytearray(canonicalise(value))
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    assume(bytes(data) != canonicalise(value))
    try:
        other = parse(bytes(data))
    except ProtocolError:
        return
    assert other != value
