"""Every message of the original's conversations, byte for byte; see tests/vectors/negentropy/README.md."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from protocol.negentropy import MAX_MESSAGE_BYTES, Initiator, ItemSet, respond, wire

VECTORS = {
    path.stem: json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[1] / "vectors" / "negentropy").glob("*.json"))
}


def items_of(vector, side):
    start, span = vector["timestamps"]["start"], vector["timestamps"]["span"]
    ids = [
        sha256(b"wasl negentropy item %d" % number).digest()
        for first, end in vector[side]["counters"]
        for number in range(first, end)
    ]
    return {(start + int.from_bytes(item_id[:4]) % span, item_id) for item_id in ids}


def frame_limit_of(vector, side):
    """0 means no limit in the original; ours then is the largest message that anybody may send."""
    return vector[side]["frameLimit"] or MAX_MESSAGE_BYTES


def test_all_vectors_are_there():
    assert len(VECTORS) == 19


@pytest.mark.parametrize("name", VECTORS)
def test_initiator_writes_the_bytes_of_the_original(name):
    vector = VECTORS[name]
    ours, theirs = items_of(vector, "initiator"), items_of(vector, "responder")
    talk = Initiator(ItemSet.from_iterable(ours), frame_limit_of(vector, "initiator"))
    have, need = [], []

    message = talk.initiate()
    for asked, answered in zip(vector["messages"][::2], vector["messages"][1::2], strict=True):
        assert message is not None
        assert message.hex() == asked
        message, only_ours, only_theirs = talk.reconcile(bytes.fromhex(answered))
        have += only_ours
        need += only_theirs

    assert message is None
    assert sorted(have) == sorted(item_id for _, item_id in ours - theirs)
    assert sorted(need) == sorted(item_id for _, item_id in theirs - ours)
    assert (len(have), len(need)) == (vector["have"], vector["need"])


@pytest.mark.parametrize("name", VECTORS)
def test_responder_writes_the_bytes_of_the_original(name):
    vector = VECTORS[name]
    items = ItemSet()
    for item in items_of(vector, "responder"):
        items.add(*item)

    for asked, answered in zip(vector["messages"][::2], vector["messages"][1::2], strict=True):
        answer = respond(items, bytes.fromhex(asked), frame_limit_of(vector, "responder"))
        assert answer.hex() == answered


@pytest.mark.parametrize("name", VECTORS)
def test_messages_of_the_original_are_read_and_written_back(name):
    for message in map(bytes.fromhex, VECTORS[name]["messages"]):
        assert bytes([wire.VERSION]) + wire.encode(wire.decode(message)) == message
