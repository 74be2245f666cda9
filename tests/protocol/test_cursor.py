"""Cursors: one text each, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from protocol.cursor import MAX_SEQ, Cursor
from protocol.errors import BadCursor

PREFIX = "0123456789abcdef"
hexadecimal = "0123456789abcdef"


@seed(1)
@settings(deadline=None)
@given(
    st.text(hexadecimal, min_size=8, max_size=8),
    st.integers(1, MAX_SEQ),
    st.text(hexadecimal, min_size=16, max_size=16),
)
def test_cursor_comes_back_from_its_text(epoch: str, seq: int, prefix: str) -> None:
    cursor = Cursor(epoch, seq, prefix)
    assert Cursor.from_text(cursor.to_text()) == cursor
    assert len(cursor.to_text()) <= 42


def test_start_of_a_log_has_one_text() -> None:
    assert Cursor.start("00c0ffee").to_text() == "00c0ffee.0.0000000000000000"
    assert Cursor.from_text("00c0ffee.0.0000000000000000") == Cursor.start("00c0ffee")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "null",
        f"00c0ffee.{PREFIX}",
        f"00c0ffee.1.{PREFIX}.1",
        f"00c0ffee.-1.{PREFIX}",
        f"00c0ffee.+1.{PREFIX}",
        f"00c0ffee.01.{PREFIX}",
        f"00c0ffee.1e3.{PREFIX}",
        f"00c0ffee.1_0.{PREFIX}",
        f"00c0ffee.0x1.{PREFIX}",
        f"00c0ffee..{PREFIX}",
        f"00c0ffee.{MAX_SEQ + 1}.{PREFIX}",
        f"00c0ffee.{'9' * 5000}.{PREFIX}",
        f"00c0ffee.١٢.{PREFIX}",
        f"00c0ffee.1２.{PREFIX}",
        f"00c0ffee.²3.{PREFIX}",
        f"00C0FFEE.1.{PREFIX}",
        f"00c0ffee.1.{PREFIX.upper()}",
        f"00c0ffe.1.{PREFIX}",
        f"00c0ffee.1.{PREFIX[:-1]}",
        f"00c0ffee.1.{PREFIX}0",
        f"00c0ffee.0.{PREFIX}",
        f" 00c0ffee.1.{PREFIX}",
        f"00c0ffee.1.{PREFIX} ",
        f"00c0ffee.1.{PREFIX}\n",
        f"00c0ffee. 1.{PREFIX}",
        f"00c0ffee.1;drop table entries.{PREFIX}",
        "00c0ffee.1.' or '1'='1' -- ",
        f"00c0ffee\x00.1.{PREFIX}",
    ],
)
def test_text_that_no_node_gave_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.from_text(text)


@pytest.mark.parametrize(
    ("epoch", "seq", "prefix"),
    [
        ("00c0ffee", -1, PREFIX),
        ("00c0ffee", MAX_SEQ + 1, PREFIX),
        ("", 1, PREFIX),
        ("00c0ffee", 1, ""),
        ("00c0ffee", 0, PREFIX),
    ],
)
def test_cursor_out_of_its_limits_is_not_made(epoch: str, seq: int, prefix: str) -> None:
    with pytest.raises(BadCursor):
        Cursor(epoch, seq, prefix)


@seed(2)
@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_cursor_with_that_very_text_or_refused(text: str) -> None:
    try:
        cursor = Cursor.from_text(text)
    except BadCursor:
        return
    assert cursor.to_text() == text
