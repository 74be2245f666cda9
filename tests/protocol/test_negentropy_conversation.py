"""The conversation: it finds the exact differences, within its limits, and ends whatever the peer says."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import BadMessage
from protocol.negentropy import MAX_MESSAGE_BYTES, Initiator, ItemSet, buckets_for, respond, wire
from protocol.negentropy.reply import EMPTY_FINGERPRINT
from protocol.negentropy.wire import FINGERPRINT, ID_LIST, INFINITY, SKIP, Range

WRONG = b"\xee" * 16
ORDINARY_REFUSALS = {None, "bad_message", "unsupported_version", "no_progress"}


def some_items(count, seed, span=3 * 365 * 86_400, start=1_700_000_000):
    chance = random.Random(seed)
    return [(start + chance.randrange(span), chance.randbytes(32)) for _ in range(count)]


def written(*ranges):
    return b"\x61" + wire.encode(ranges)


def converse(ours, theirs, limits=(1 << 16, 1 << 16), **settings_of_initiator):
    """Have, need, round trips and bytes of a conversation; checks both frame limits on the way."""
    talk = Initiator(ours, limits[0], **settings_of_initiator)
    have, need, traffic = [], [], 0
    message = talk.initiate()
    while message is not None:
        answer = respond(theirs, message, limits[1])
        assert len(message) <= limits[0]
        assert len(answer) <= limits[1]
        traffic += len(message) + len(answer)
        message, only_ours, only_theirs = talk.reconcile(answer)
        have += only_ours
        need += only_theirs
    return have, need, talk.rounds, traffic


def refusal_of(use, message):
    """The code with which `use` refuses `message`, or None; any other error passes through and fails the test."""
    try:
        use(message)
    except BadMessage as refusal:
        return refusal.code
    return None


def pair_of_sets(seed, count, span, shared):
    """Two sets out of `count` items; an item is in both with probability `shared`."""
    chance = random.Random(seed)
    ours, theirs = [], []
    for item in some_items(count, seed, span):
        draw = chance.random()
        if draw < shared or draw < (1 + shared) / 2:
            ours.append(item)
        if draw < shared or draw >= (1 + shared) / 2:
            theirs.append(item)
    return ours, theirs


limits = st.sampled_from([4096, 4097, 5000, 10_000, 1 << 16, MAX_MESSAGE_BYTES])


@settings(derandomize=True, max_examples=250, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from([0, 1, 31, 32, 33, 200, 900, 2500]),
    span=st.sampled_from([1, 3, 500, 10**8]),
    shared=st.sampled_from([0.0, 0.5, 0.9, 0.99, 0.999, 1.0]),
    our_limit=limits,
    their_limit=limits,
    buckets=st.sampled_from([2, 16, 100, 5000]),
)
def test_any_two_sets_reconcile_to_their_exact_differences(seed, count, span, shared, our_limit, their_limit, buckets):
    ours, theirs = pair_of_sets(seed, count, span, shared)
    added = ItemSet()
    for item in theirs:
        added.add(*item)

    have, need, _, _ = converse(ItemSet.from_iterable(ours), added, (our_limit, their_limit), buckets=buckets)

    assert sorted(have) == sorted(item_id for _, item_id in set(ours) - set(theirs))
    assert sorted(need) == sorted(item_id for _, item_id in set(theirs) - set(ours))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([40, 600, 2000]), st.sampled_from([4096, 1 << 16]))
def test_sets_that_change_meanwhile_still_end(seed, count, limit):
    """Both sides gain and lose items between messages; what both kept out of the changes is reported exactly."""
    ours, theirs = pair_of_sets(seed, count, 500, 0.7)
    changing, chance = some_items(50, seed + 1, 500), random.Random(seed)
    left, right = ItemSet.from_iterable(ours), ItemSet.from_iterable(theirs)
    talk = Initiator(left, limit)
    have, need = set(), set()
    message = talk.initiate()
    while message is not None:
        answer = respond(right, message, limit)
        for items in (left, right):
            chance.choice([items.add, items.discard])(*chance.choice(changing))
        message, only_ours, only_theirs = talk.reconcile(answer)
        have.update(only_ours)
        need.update(only_theirs)

    passing = {item_id for _, item_id in changing}
    assert have - passing == {item_id for _, item_id in set(ours) - set(theirs)}
    assert need - passing == {item_id for _, item_id in set(theirs) - set(ours)}


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x61", b"\x61\x00\x00\x02", b"\x62"]))
def test_random_bytes_are_answered_or_refused_as_bad_messages(tail, head):
    items = ItemSet.from_iterable(some_items(100, seed=1))
    talk = Initiator(items)
    talk.initiate()
    for use in (lambda message: respond(items, message), talk.reconcile):
        assert refusal_of(use, head + tail) in ORDINARY_REFUSALS


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.binary(min_size=1, max_size=4))
def test_damaged_answer_is_read_or_refused_as_a_bad_message(seed, noise):
    chance = random.Random(seed)
    ours, theirs = pair_of_sets(seed, 300, 50, 0.9)
    talk = Initiator(ItemSet.from_iterable(ours))
    answer = bytearray(respond(ItemSet.from_iterable(theirs), talk.initiate()))
    at = chance.randrange(len(answer))
    answer[at : at + chance.randrange(3)] = noise
    assert refusal_of(talk.reconcile, bytes(answer)) in ORDINARY_REFUSALS


def test_equal_sets_take_one_round_trip_of_fingerprints():
    items = ItemSet.from_iterable(some_items(10_000, seed=2))
    have, need, rounds, traffic = converse(items, items)
    assert (have, need, rounds) == ([], [], 1)
    assert traffic < 400


def test_ten_differences_among_100_000_take_two_round_trips_and_16_kilobytes():
    """Measured: about 11 kB and 15 ms of processor time for both sides together, on warm sets."""
    shared, own = some_items(100_000, seed=3), some_items(10, seed=4)
    ours, theirs = ItemSet.from_iterable(shared + own[:5]), ItemSet.from_iterable(shared + own[5:])
    ours.lower_bound(INFINITY), theirs.lower_bound(INFINITY)

    begun = time.process_time()
    have, need, rounds, traffic = converse(ours, theirs, buckets=buckets_for(len(ours)))
    spent_s = time.process_time() - begun

    assert sorted(have) == sorted(item_id for _, item_id in own[:5])
    assert sorted(need) == sorted(item_id for _, item_id in own[5:])
    assert rounds == 2
    assert traffic <= 16_000
    assert spent_s < 0.1


@pytest.mark.parametrize(
    ("count", "buckets"), [(0, 16), (2047, 16), (2048, 2), (50_000, 17), (100_000, 33), (1_000_000, 326)]
)
def test_first_split_grows_with_the_set(count, buckets):
    assert buckets_for(count) == buckets


def test_first_message_stays_within_its_frame_however_many_buckets_are_asked_for():
    items = ItemSet.from_iterable(some_items(20_000, seed=5, span=1))
    assert 1000 < len(Initiator(items, 4096, buckets=10_000).initiate()) <= 4096


def test_fingerprint_names_at_least_two_items():
    items = ItemSet.from_iterable(some_items(101, seed=5))
    assert len(wire.decode(Initiator(items, buckets=5000).initiate())) == 50


@pytest.mark.parametrize("frame_limit", [0, 4095, MAX_MESSAGE_BYTES + 1])
def test_frame_limit_out_of_range_is_refused_on_both_sides(frame_limit):
    for use in (Initiator(ItemSet(), frame_limit).initiate, lambda: respond(ItemSet(), b"\x61", frame_limit)):
        with pytest.raises(BadMessage) as refusal:
            use()
        assert refusal.value.code == "frame_limit"


def test_newer_version_is_answered_with_ours():
    """As the original's own protocol test: the peer falls back and asks again."""
    items = ItemSet.from_iterable([(12_345, b"\xee" * 32)])
    assert respond(items, bytes.fromhex("62aabbccddeeff")) == b"\x61"
    assert respond(items, bytes.fromhex("6100000200")) == bytes.fromhex("6100000201" + "ee" * 32)


def test_initiator_refuses_an_answer_of_another_version():
    talk = Initiator(ItemSet())
    talk.initiate()
    with pytest.raises(BadMessage) as refusal:
        talk.reconcile(b"\x62")
    assert refusal.value.code == "unsupported_version"


REPETITIONS = {
    "one fingerprint of everything": written(Range(INFINITY, FINGERPRINT, WRONG)),
    "a settled range opened again": written(Range((1).to_bytes(8), FINGERPRINT, WRONG), Range(INFINITY, SKIP)),
}


@pytest.mark.parametrize("name", REPETITIONS)
def test_peer_that_leads_nowhere_is_left(name):
    talk = Initiator(ItemSet.from_iterable(some_items(1000, seed=6)))
    talk.initiate()
    refusals = [refusal_of(talk.reconcile, REPETITIONS[name]) for _ in range(2)]
    assert "no_progress" in refusals


def test_peer_that_echoes_agrees():
    """The ranges of an echo are our own: nothing differs, and the conversation ends."""
    talk = Initiator(ItemSet.from_iterable(some_items(1000, seed=6)))
    assert talk.reconcile(talk.initiate()) == (None, [], [])


def test_rounds_are_bounded():
    """A peer that settles one second per round leads further each time, and is left all the same."""
    talk = Initiator(ItemSet(), max_rounds=50)
    talk.initiate()
    answers = [written(Range(second.to_bytes(8), SKIP), Range(INFINITY, FINGERPRINT, WRONG)) for second in range(1, 52)]
    assert [refusal_of(talk.reconcile, answer) for answer in answers] == [None] * 50 + ["no_progress"]
    assert talk.rounds == 50


def test_differences_are_bounded():
    theirs = ItemSet.from_iterable(some_items(201, seed=7))
    assert len(converse(ItemSet(), theirs, max_ids=201)[1]) == 201
    with pytest.raises(BadMessage) as refusal:
        converse(ItemSet(), theirs, max_ids=200)
    assert refusal.value.code == "too_large"


def test_answer_without_question_is_refused():
    talk = Initiator(ItemSet())
    with pytest.raises(BadMessage) as refusal:
        talk.reconcile(b"\x61")
    assert refusal.value.code == "no_progress"

    talk.initiate()
    assert talk.reconcile(b"\x61") == (None, [], [])
    with pytest.raises(BadMessage):
        talk.reconcile(b"\x61")


def test_difference_is_reported_once_when_its_range_is_opened_again():
    first, second = b"\x01" * 32, b"\x02" * 32
    talk = Initiator(ItemSet())
    talk.initiate()

    cut = Range((10).to_bytes(8), ID_LIST, first)
    message, have, need = talk.reconcile(written(cut, Range(INFINITY, FINGERPRINT, WRONG)))
    assert (have, need) == ([], [first])
    assert message is not None

    assert talk.reconcile(written(Range(INFINITY, ID_LIST, first + second))) == (None, [], [second])


def answer_that_fills_its_frame(last_payload):
    """Twelve ranges that differ fill an answer of 4,096 bytes; the last, up to infinity, has no room."""
    items = ItemSet.from_iterable((second, bytes([second % 251]) * 32) for second in range(1000))
    cuts = [Range((80 * number).to_bytes(8), FINGERPRINT, WRONG) for number in range(1, 13)]
    answer = wire.decode(respond(items, written(*cuts, Range(INFINITY, FINGERPRINT, last_payload)), 4096))
    assert answer[-2].upper == (960).to_bytes(8)
    return items, answer[-1]


def test_full_frame_is_closed_with_the_fingerprint_of_what_lies_behind():
    """As the original does: wrong for its range on purpose, so that the peer opens it again."""
    items, last = answer_that_fills_its_frame(WRONG)
    assert last == Range(INFINITY, FINGERPRINT, items.fingerprint(1000, 1000))


def test_full_frame_does_not_hide_items_from_a_peer_that_has_nothing_there():
    """The one departure from the original, whose answer here would equal the peer's and lose 40 items."""
    items, last = answer_that_fills_its_frame(EMPTY_FINGERPRINT)
    assert last == Range(INFINITY, FINGERPRINT, items.fingerprint(960, 1000))
    assert last.payload != EMPTY_FINGERPRINT
