"""The warm set: order, fingerprints, and independence of how it came to be."""

import random
import tracemalloc
from bisect import bisect_left
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import BadMessage
from protocol.negentropy import ItemSet
from protocol.negentropy.items import BUCKET_ITEMS
from protocol.negentropy.wire import INFINITY, MAX_TIMESTAMP


def fingerprint_by_definition(ids):
    """Straight from the specification, for up to 16,383 ids."""
    total = sum(int.from_bytes(item_id, "little") for item_id in ids) % 2**256
    count = len(ids)
    written = bytes([count]) if count < 128 else bytes([0x80 | count >> 7, count & 0x7F])
    return sha256(total.to_bytes(32, "little") + written).digest()[:16]


def some_items(count, seed, span=10**6):
    chance = random.Random(seed)
    return [(chance.randrange(span), chance.randbytes(32)) for _ in range(count)]


def prints(items):
    cuts = [*range(0, len(items), 97), len(items)]
    return [items.fingerprint(begin, end) for begin in cuts for end in cuts if begin <= end]


def test_fingerprint_of_nothing_is_that_of_zero():
    expected = sha256(bytes(33)).digest()[:16]
    assert ItemSet().fingerprint(0, 0) == expected
    assert ItemSet.from_iterable(some_items(3, 1)).fingerprint(2, 2) == expected


@pytest.mark.parametrize("count", [1, 47, 48, 49, 191, 192, 193, 1000])
def test_fingerprint_of_any_range_is_the_one_of_the_specification(count):
    pairs = some_items(count, seed=count)
    items = ItemSet.from_iterable(pairs)
    ids = [item_id for _, item_id in sorted(pairs)]
    cuts = sorted({0, count, *random.Random(count).sample(range(count), min(count, 25))})

    for begin in cuts:
        for end in cuts:
            if begin <= end:
                assert items.fingerprint(begin, end) == fingerprint_by_definition(ids[begin:end])


def test_sum_of_ids_wraps_at_two_to_the_256():
    pairs = [(second, b"\xff" * 32) for second in range(300)]
    assert ItemSet.from_iterable(pairs).fingerprint(0, 300) == fingerprint_by_definition([b"\xff" * 32] * 300)


def test_items_are_ordered_by_timestamp_then_id():
    pairs = [(2, b"\x01" * 32), (1, b"\xff" * 32), (256, b"\x00" * 32), (2, b"\x00" * 32)]
    assert list(ItemSet.from_iterable(pairs)) == sorted(pairs)


@pytest.mark.parametrize("order", ["ascending", "descending", "shuffled"])
def test_order_of_addition_does_not_matter(order):
    pairs = sorted(some_items(2000, seed=5))
    coming = {"ascending": pairs, "descending": pairs[::-1], "shuffled": random.Random(1).sample(pairs, 2000)}[order]
    added = ItemSet()

    assert all(added.add(*pair) for pair in coming)

    loaded = ItemSet.from_iterable(coming)
    assert len(added) == len(loaded) == 2000
    assert list(added) == list(loaded) == pairs
    assert prints(added) == prints(loaded)


def test_item_is_in_a_set_once():
    items = ItemSet.from_iterable(some_items(300, seed=1) * 2)
    before = prints(items)

    assert len(items) == 300
    assert not any(items.add(*pair) for pair in some_items(300, seed=1))
    assert len(items) == 300
    assert prints(items) == before


def test_set_can_be_emptied_and_filled_again():
    pairs = some_items(1000, seed=3)
    items = ItemSet.from_iterable(pairs)

    assert all(items.discard(*pair) for pair in pairs)
    assert not items.discard(*pairs[0])
    assert len(items) == 0
    assert list(items) == []
    assert items.fingerprint(0, 0) == ItemSet().fingerprint(0, 0)

    assert items.add(*pairs[0])
    assert list(items) == pairs[:1]


def test_items_below_all_others_find_their_place_after_the_lowest_bucket_is_gone():
    pairs = sorted(some_items(600, seed=4))
    items = ItemSet.from_iterable(pairs)

    for pair in pairs[:250]:
        items.discard(*pair)
    for pair in pairs[:250]:
        items.add(*pair)

    assert list(items) == pairs
    assert prints(items) == prints(ItemSet.from_iterable(pairs))


def test_item_that_is_not_there_cannot_be_discarded():
    items = ItemSet()
    assert not items.discard(1, bytes(32))
    items.add(1, bytes(32))
    assert not items.discard(1, b"\x01" * 32)
    assert not items.discard(2, bytes(32))
    assert len(items) == 1


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.tuples(st.booleans(), st.integers(0, 700)), max_size=400))
def test_changed_set_equals_rebuilt_set(seed, steps):
    """Any additions and removals, with questions in between, leave what a set built from the rest would be."""
    pool = some_items(701, seed, span=40)
    kept = set(pool[:600])
    items = ItemSet.from_iterable(kept)
    for number, (adding, index) in enumerate(steps):
        pair = pool[index]
        if adding:
            assert items.add(*pair) == (pair not in kept)
            kept.add(pair)
        else:
            assert items.discard(*pair) == (pair in kept)
            kept.discard(pair)
        if number % 50 == 0:
            assert items.fingerprint(0, len(items)) == ItemSet.from_iterable(kept).fingerprint(0, len(kept))

    rebuilt = ItemSet.from_iterable(kept)
    assert len(items) == len(rebuilt)
    assert list(items) == list(rebuilt) == sorted(kept)
    assert prints(items) == prints(rebuilt)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3 * BUCKET_ITEMS), st.sampled_from([1, 5, 10**6]))
def test_lower_bound_is_the_first_item_not_below(seed, count, span):
    pairs = some_items(count, seed, span)
    items = ItemSet.from_iterable(pairs)
    keys = sorted(timestamp.to_bytes(8) + item_id for timestamp, item_id in pairs)

    chance = random.Random(seed)
    bounds = [bytes(8), INFINITY, chance.randrange(span).to_bytes(8), chance.randrange(span).to_bytes(8) + b"\x80"]
    bounds += [key[: chance.randrange(8, 41)] for key in chance.sample(keys, min(count, 20))]
    for bound in bounds:
        assert items.lower_bound(bound) == bisect_left(keys, bound)


def test_key_and_ids_follow_the_order_across_buckets():
    pairs = sorted(some_items(900, seed=8))
    items = ItemSet.from_iterable(pairs)

    assert [items.key(index) for index in range(900)] == [when.to_bytes(8) + item_id for when, item_id in pairs]
    assert list(items.ids(100, 800)) == [item_id for _, item_id in pairs[100:800]]
    assert list(items.ids(900, 900)) == []


@pytest.mark.parametrize(
    ("timestamp", "item_id"), [(-1, bytes(32)), (MAX_TIMESTAMP + 1, bytes(32)), (0, bytes(31)), (0, bytes(33))]
)
def test_item_out_of_range_is_refused(timestamp, item_id):
    items = ItemSet()
    for use in (items.add, items.discard, lambda *pair: ItemSet.from_iterable([pair])):
        with pytest.raises(BadMessage):
            use(timestamp, item_id)
    assert len(items) == 0


def test_item_at_the_largest_timestamp_lies_below_infinity():
    items = ItemSet.from_iterable([(MAX_TIMESTAMP, b"\xff" * 32)])
    assert items.lower_bound(INFINITY) == 1


def test_item_costs_less_than_60_bytes():
    pairs = some_items(50_000, seed=9)
    tracemalloc.start()
    try:
        items = ItemSet.from_iterable(pairs)
        items.lower_bound(INFINITY)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 60 * len(items)
