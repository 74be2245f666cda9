"""Two nodes find out which records each of them lacks, without listing what they share.

The rules are those of Negentropy protocol V1 (range-based set reconciliation), byte for byte;
docs/protocol.md, section "Reconciliation", tells them anew. Four rooms, each of which knows only those
before it:

    wire.py           messages as bytes: varints, bounds, ranges; every limit on what a peer may send
    items.py          the warm set: ordered items, and the fingerprint of any range of them
    reply.py          the message that is being written: splitting, listing, skipping, within a frame limit
    conversation.py   `Initiator` asks until it knows the differences, `respond` answers and keeps nothing

Law of this room: no input or output, no clock, no chance, and nothing but `BadMessage` leaves it, whatever a
peer sends. Its codes: `bad_message` (grammar), `too_large` (message size, ranges), `unsupported_version`,
`frame_limit` (our own setting is out of range) and `no_progress` (a peer whose answers lead nowhere).

    talk = Initiator(mine, buckets=buckets_for(len(mine)))
    message = talk.initiate()
    while message is not None:
        message, have, need = talk.reconcile(ask_the_peer(message))   # the peer: respond(theirs, message)

An item is `(timestamp, id)`: seconds and the SHA-256 digest of a head. One id has one timestamp, on every
node: both are read from the same record.
"""

from protocol.negentropy.conversation import DEFAULT_FRAME_LIMIT, Initiator, buckets_for, respond
from protocol.negentropy.items import ItemSet
from protocol.negentropy.wire import MAX_MESSAGE_BYTES

__all__ = ["DEFAULT_FRAME_LIMIT", "MAX_MESSAGE_BYTES", "Initiator", "ItemSet", "buckets_for", "respond"]
