"""Base58btc: published pairs, one text per bytes, bounded refusals."""

from __future__ import annotations

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from protocol.base58 import ALPHABET, MAX_LENGTH, decode, encode, from_multibase, to_multibase
from protocol.errors import BadKey

# Source: draft-msporny-base58-03 section 5 (test vectors).
PUBLISHED = [
    (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
    (
        b"The quick brown fox jumps over the lazy dog.",
        "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
    ),
    (bytes.fromhex("0000287fb4cd"), "11233QC4"),
]


@pytest.mark.parametrize(("data", "text"), [*PUBLISHED, (b"", ""), (b"\0", "1"), (b"\0\0\0", "111")])
def test_published_pair_is_written_and_read(data: bytes, text: str) -> None:
    assert encode(data) == text
    assert decode(text) == data


@seed(1)
@settings(deadline=None)
@given(st.binary(max_size=90))
def test_bytes_come_back(data: bytes) -> None:
    assert decode(encode(data)) == data
    assert from_multibase(to_multibase(data)) == data


@seed(2)
@settings(deadline=None)
@given(st.text(ALPHABET, max_size=MAX_LENGTH))
def test_text_comes_back_so_that_no_bytes_have_two_spellings(text: str) -> None:
    assert encode(decode(text)) == text


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "a b", "a\n", "é", "１", "+", "\x00", "1" * (MAX_LENGTH + 1)])
def test_text_that_is_not_base58_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        decode(text)


@pytest.mark.parametrize("text", ["", "2NEpo7TZRRrLZSi2U", "Z2NEpo7TZRRrLZSi2U", "u2NEpo", " z2", "z" + "1" * 129])
def test_other_multibase_prefixes_are_refused(text: str) -> None:
    with pytest.raises(BadKey):
        from_multibase(text)
