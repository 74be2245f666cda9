"""The numbers of protocol version 1, each with its unit and its reason. Source: docs/protocol.md section 9."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
"""The protocol's version, the field `wasl` of every record."""

MAX_RECORD_BYTES: Final = 256 * 1024
"""A record's canonical bytes, proof included: the text of a long practice in Arabic is about 30 KiB."""

MAX_REVISION: Final = 1_000_000
"""A revision's number; a record corrected every hour for a century stays below it."""

MAX_KEYS: Final = 64
"""Signing keys that one node card may list, whatever their state: a rotation a year for a lifetime."""

MAX_CHAIN: Final = 1_000
"""Cards in one node's chain."""

MAX_FETCH_DIGESTS: Final = 500
"""Digests asked for in one `POST /fetch` or `POST /missing`."""

MAX_CHANGES: Final = 1_000
"""Entries in one page of `GET /changes`."""

MAX_PAGE_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one NDJSON answer or push."""

MAX_PIECE_BYTES: Final = 512 * 1024
"""A piece of an attachment, in one answer or one request."""

MAX_RECONCILE_BYTES: Final = 512 * 1024
"""Bytes of one reconciliation message; ours are cut at `RECONCILE_FRAME`."""

RECONCILE_FRAME: Final = 128 * 1024
"""Frame limit of the reconciliation messages that we make."""

MAX_MESSAGE_BYTES: Final = 256 * 1024
"""Bytes of any other federation message."""

MAX_CHAIN_BYTES: Final = 512 * 1024
"""Bytes of a `POST /peerings` and of its answer: a node's whole chain, some 400 cards of usual size."""

MAX_FUTURE_S: Final = 24 * 3600
"""How far ahead of our clock a record's `modifiedAt` may lie before it is set aside (attacks B13)."""

MIN_TIME: Final = 946_684_800
"""2000-01-01T00:00:00Z: no record is older, and no clock that boots in 1970 may sign."""

MAX_TIME: Final = 4_102_444_800
"""2100-01-01T00:00:00Z."""
