"""Reconciliation messages as bytes: the grammar, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import BadMessage
from protocol.negentropy import wire
from protocol.negentropy.wire import FINGERPRINT, ID_LIST, INFINITY, SKIP, START, Range

PRINT = b"\x11" * 16
LARGEST = (1 << 64) - 1


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8100"),
        (16_383, "ff7f"),
        (16_384, "818000"),
        (LARGEST, "81ffffffffffffffff7f"),
    ],
)
def test_varint_is_written_most_significant_digit_first(number, written):
    assert wire.encode_varint(number).hex() == written


def test_message_of_the_specification_is_read():
    """Full range, empty id list: the first message of the original's own protocol test."""
    assert wire.decode(bytes.fromhex("6100000200")) == [Range(INFINITY, ID_LIST, b"")]


def test_message_without_ranges_is_read_as_nothing_open():
    assert wire.decode(b"\x61") == []


def test_timestamps_travel_as_distances():
    ranges = [
        Range((1000).to_bytes(8) + b"\xab", SKIP),
        Range((1000).to_bytes(8) + b"\xac\x01", FINGERPRINT, PRINT),
        Range((1005).to_bytes(8), ID_LIST, b"\x22" * 64),
        Range(INFINITY, SKIP),
    ]

    written = wire.encode(ranges)

    expected = ["876901ab00", "0102ac0101" + PRINT.hex(), "06000202" + "22" * 64, "000000"]
    assert written.hex() == "".join(expected)
    assert wire.decode(b"\x61" + written) == ranges
    assert ranges[2].ids() == [b"\x22" * 32] * 2


def test_encoding_in_parts_gives_the_same_bytes():
    ranges = [Range(seconds.to_bytes(8), FINGERPRINT, PRINT) for seconds in (5, 300, 70_000)]
    parts = wire.encode(ranges[:1]) + wire.encode(ranges[1:2], ranges[0].upper)
    assert parts + wire.encode(ranges[2:], ranges[1].upper) == wire.encode(ranges)


def test_id_prefix_of_infinity_does_not_matter():
    assert wire.decode(bytes.fromhex("610002abcd00")) == [Range(INFINITY, SKIP)]


def test_bounds_may_be_equal():
    """The original ends with two bounds at infinity when a list fills a frame exactly."""
    doubled = b"\x61" + wire.encode([Range(INFINITY, ID_LIST, b""), Range(INFINITY, FINGERPRINT, PRINT)])
    assert [one.upper for one in wire.decode(doubled)] == [INFINITY, INFINITY]


MALFORMED = {
    "empty": ("", "bad_message"),
    "no version byte": ("00", "bad_message"),
    "version byte above all versions": ("70", "bad_message"),
    "version 2": ("62", "unsupported_version"),
    "version 0": ("60000000", "unsupported_version"),
    "bound without prefix length": ("6101", "bad_message"),
    "bound without mode": ("610100", "bad_message"),
    "prefix of 33 bytes": ("610121" + "00" * 33 + "00", "bad_message"),
    "prefix cut off": ("610104abcd", "bad_message"),
    "unknown mode": ("61000003", "bad_message"),
    "huge mode": ("610000ffffffff7f", "bad_message"),
    "fingerprint of 15 bytes": ("61000001" + "00" * 15, "bad_message"),
    "list without length": ("61000002", "bad_message"),
    "list shorter than it says": ("6100000202" + "00" * 63, "bad_message"),
    "list of 2^63 ids": ("61000002" + "81" + "80" * 8 + "00", "bad_message"),
    "varint with a leading zero digit": ("6180010000", "bad_message"),
    "varint of more than 64 bits": ("61" + "83" + "ff" * 8 + "7f" + "0000", "bad_message"),
    "varint without end": ("61" + "ff" * 100, "bad_message"),
    "timestamp at infinity by sum": ("61" + "81ffffffffffffffff7f" + "0000" + "02" + "0000", "bad_message"),
    "finite bound after infinity": ("61000000" + "010000", "bad_message"),
    "id prefix descends": ("610501ff00" + "0101fe00", "bad_message"),
    "id prefix descends by length": ("610502ab0100" + "0101ab00", "bad_message"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_message_is_refused(name):
    written, code = MALFORMED[name]
    with pytest.raises(BadMessage) as refusal:
        wire.decode(bytes.fromhex(written))
    assert refusal.value.code == code


def test_largest_finite_timestamp_is_read():
    assert wire.decode(bytes.fromhex("61" + "81ffffffffffffffff7f" + "0000"))[0].upper == (LARGEST - 1).to_bytes(8)


def test_message_above_one_mebibyte_is_refused():
    with pytest.raises(BadMessage) as refusal:
        wire.decode(b"\x61" + bytes(wire.MAX_MESSAGE_BYTES))
    assert refusal.value.code == "too_large"


def test_ranges_of_a_message_are_counted():
    largest = b"\x61" + b"\x01\x00\x00" * wire.MAX_RANGES
    assert len(wire.decode(largest)) == wire.MAX_RANGES

    with pytest.raises(BadMessage) as refusal:
        wire.decode(largest + b"\x01\x00\x00")
    assert refusal.value.code == "too_large"


bounds = st.builds(
    lambda seconds, prefix: seconds.to_bytes(8) + prefix,
    st.integers(0, 50) | st.integers(0, wire.MAX_TIMESTAMP),
    st.binary(max_size=32),
)
ranges_between = st.builds(
    lambda uppers, ends, kinds: [
        Range(upper, *kind) for upper, kind in zip([*sorted(uppers), *[INFINITY] * ends], kinds, strict=False)
    ],
    st.lists(bounds, max_size=8),
    st.integers(0, 2),
    st.lists(
        st.just((SKIP, b""))
        | st.tuples(st.just(FINGERPRINT), st.binary(min_size=16, max_size=16))
        | st.tuples(st.just(ID_LIST), st.integers(0, 300).map(lambda count: b"\x33" * 32 * count)),
        min_size=10,
        max_size=10,
    ),
)


@settings(derandomize=True, max_examples=300)
@given(ranges_between)
def test_what_is_written_is_read_back(ranges):
    written = b"\x61" + wire.encode(ranges, START)
    assert wire.decode(written) == ranges


@settings(derandomize=True, max_examples=500)
@given(st.binary(max_size=400))
def test_random_bytes_are_read_back_or_refused(tail):
    """A message has one form: whatever is accepted is written again as the same bytes (infinity's prefix aside)."""
    message = b"\x61" + tail
    try:
        ranges = wire.decode(message)
    except BadMessage:
        return
    if INFINITY not in {one.upper for one in ranges}:
        assert b"\x61" + wire.encode(ranges) == message
