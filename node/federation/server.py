"""What we answer to peers: a Flask blueprint under /federation/v1. Grammar: docs/protocol.md section 6.

Each answer is bounded; each request is read up to a limit before anything is parsed; errors are RFC 9457 problems
with our clock in them, so that a peer with a wrong clock can tell.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from importlib import metadata

from flask import Blueprint, Request, Response, current_app, request
from sqlalchemy import Connection

from node import answering, intake, recovering
from node.assembly import Node
from node.errors import NodeError, NotAllowed, NotFound
from node.federation import callers
from node.federation.client import BINARY, JSON, LINES, PREFIX, PROBLEM, WELL_KNOWN
from node.federation.headsets import HeadSets
from node.problems import status_of
from node.store import chains, feed, log, origins, peers
from node.store.records import PUBLIC
from protocol import negentropy
from protocol.cursor import Cursor
from protocol.errors import BadCursor, BadMessage, ProtocolError
from protocol.limits import (
    MAX_CHAIN_BYTES,
    MAX_CHANGES,
    MAX_FETCH_DIGESTS,
    MAX_MESSAGE_BYTES,
    MAX_PAGE_BYTES,
    MAX_PIECE_BYTES,
    MAX_RECONCILE_BYTES,
    MAX_RECORD_BYTES,
    RECONCILE_FRAME,
    VERSION,
)
from protocol.signature_base import RequestFacts
from protocol.wire import (
    Change,
    ChangesPage,
    Digests,
    Hint,
    NodeInfo,
    PeeringRequest,
    Problem,
    Told,
    split_lines,
)

federation = Blueprint("federation", __name__)

PUSH_LINES = 500
PACKED_FROM = 1_400
"""Answers shorter than this (they fit one packet) are not compressed, bytes."""
_TARGET = re.compile(r"[A-Za-z0-9\-._~:/]*", re.ASCII)


def this_node() -> Node:
    """The node that this app serves."""
    node: Node = current_app.extensions["wasl"]
    return node


def _head_sets() -> HeadSets:
    sets: HeadSets = current_app.extensions["wasl-head-sets"]
    return sets


@federation.errorhandler(ProtocolError)
@federation.errorhandler(NodeError)
def problem(error: ProtocolError | NodeError) -> Response:
    """One of our errors as RFC 9457 says it, with our clock."""
    told = Problem(status_of(error), error.code, error.message[:1000], this_node().now())
    return Response(told.to_bytes(), status=told.status, content_type=PROBLEM)


@federation.after_request
def _packed(response: Response) -> Response:
    """Compress lists for a caller that asked for it: a third of the bytes on a poor link, for little work."""
    asked = request.accept_encodings.quality("gzip") > 0 and "gzip" in request.headers.get("Accept-Encoding", "")
    kind = (response.content_type or "").partition(";")[0]
    if asked and response.status_code == 200 and kind in (JSON, LINES) and len(response.data) >= PACKED_FROM:
        response.data = gzip.compress(response.data, 1, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@federation.get(WELL_KNOWN)
@federation.get(f"{PREFIX}/node")
def node_info() -> Response:
    """Who answers here: open to everybody."""
    node = this_node()
    with node.database.reading() as connection:
        cursor = _cursor_at(connection, log.last_seq(connection))
    limits = {
        "record_bytes": MAX_RECORD_BYTES,
        "page_bytes": MAX_PAGE_BYTES,
        "fetch_digests": MAX_FETCH_DIGESTS,
        "push_lines": PUSH_LINES,
        "changes": MAX_CHANGES,
        "piece_bytes": MAX_PIECE_BYTES,
    }
    software = f"wasl {metadata.version('wasl')}"
    info = NodeInfo(node.did, software, (VERSION,), limits, cursor, _offered(PUBLIC), node.now())
    return Response(info.to_bytes(), content_type=JSON)


@federation.get(f"{PREFIX}/node/<did>/chain")
def chain(did: str) -> Response:
    """The cards of one origin that we admit: open to everybody, they are public."""
    node = this_node()
    with node.database.reading() as connection:
        origin = origins.find(connection, did)
        cards = chains.cards_of(connection, did) if origin is not None and origin.admitted else []
    if not cards:
        raise NotFound("this node holds no card of that origin", "unknown_origin")
    return Response(b"\n".join(cards) + b"\n", content_type=LINES)


@federation.get(f"{PREFIX}/changes")
def changes() -> Response:
    """The next entries of our log that the caller may have. A no-op costs one request and some 150 bytes."""
    node = this_node()
    caller = callers.active_peer(node, facts_of(request, b""))
    limit = _limit(request.args.get("limit", str(MAX_CHANGES)))
    heads = _offered(caller.audience)
    with node.database.reading() as connection:
        epoch = feed.epoch(connection)
        after = _position(request.args.get("since"), epoch, lambda seq: feed.entry_digest(connection, seq))
        recovers = request.args.get("since") is not None and recovering.is_on(connection)
        last = log.last_seq(connection)
        listed = feed.changes(connection, caller.audience, after, limit)
        more = len(listed) == limit
        upto = listed[-1].seq if more else max(last, after)
        page = ChangesPage(
            changes=tuple(
                Change(
                    entry.seq,
                    bytes(entry.digest).hex(),
                    entry.origin,
                    entry.record,
                    entry.revision,
                    entry.type,
                )
                for entry in listed
            ),
            next=_cursor_at(connection, upto),
            more=more,
            heads=heads,
            time=node.now(),
        )
    if recovers:
        recovering.goes_on(node, caller.did)
    return Response(page.to_bytes(), content_type=JSON)


@federation.post(f"{PREFIX}/fetch")
def fetch() -> Response:
    """Exact bytes by digest."""
    node = this_node()
    body = body_of(JSON, MAX_MESSAGE_BYTES)
    caller = callers.active_peer(node, facts_of(request, body))
    digests = Digests.from_bytes(body).digests
    with node.database.reading() as connection:
        lines = list(feed.lines(connection, caller.audience, digests, MAX_PAGE_BYTES))
    return Response(b"\n".join(lines), content_type=LINES)


@federation.post(f"{PREFIX}/push")
def push() -> Response:
    """Records from a peer that we cannot reach: through the door, a verdict for each."""
    node = this_node()
    body = body_of(LINES, MAX_PAGE_BYTES)
    caller = callers.active_peer(node, facts_of(request, body))
    verdicts = intake.admit_many(node, split_lines(body, PUSH_LINES), caller.did)
    told = b"\n".join(Told(verdict.digest, verdict.status, verdict.code).to_bytes() for verdict in verdicts)
    wake()
    return Response(told, content_type=LINES)


@federation.post(f"{PREFIX}/missing")
def missing() -> Response:
    """Which of these digests we lack."""
    node = this_node()
    body = body_of(JSON, MAX_MESSAGE_BYTES)
    callers.active_peer(node, facts_of(request, body))
    with node.database.reading() as connection:
        lacking = feed.missing(connection, Digests.from_bytes(body).digests)
    return Response(Digests(tuple(lacking)).to_bytes(), content_type=JSON)


@federation.post(f"{PREFIX}/reconcile")
def reconcile() -> Response:
    """One Negentropy V1 message in, one out; nothing is remembered between them."""
    node = this_node()
    body = body_of(BINARY, MAX_RECONCILE_BYTES)
    caller = callers.active_peer(node, facts_of(request, body))
    sets = _head_sets()
    with sets.lock:
        answer = negentropy.respond(sets.of(caller.audience), body, RECONCILE_FRAME)
    recovering.asked(node, caller.did)
    return Response(answer, content_type=BINARY)


@federation.post(f"{PREFIX}/hint")
def hint() -> Response:
    """There is news: meet that peer soon. Nothing in the hint is believed."""
    node = this_node()
    body = body_of(JSON, MAX_MESSAGE_BYTES)
    caller = callers.active_peer(node, facts_of(request, body))
    Hint.from_bytes(body)
    with node.database.writing() as connection:
        peers.hurry(connection, caller.did, node.now())
    wake()
    return Response(b"", status=202, content_type=JSON)


@federation.post(f"{PREFIX}/peerings")
def ask_peering() -> Response:
    """A node asks to become our peer, or asks how its request stands."""
    node = this_node()
    body = body_of(JSON, MAX_CHAIN_BYTES)
    asked = PeeringRequest.from_bytes(body)
    brought = chains.brought(asked.chain)
    caller = callers.anybody(node, facts_of(request, body), brought)
    if caller.did != brought.origin:
        raise NotAllowed("a node asks for itself, with its own cards", "wrong_chain")
    answer = answering.answer(node, brought, asked)
    wake()
    return Response(answer.to_bytes(), content_type=JSON)


@federation.delete(f"{PREFIX}/peerings/<did>")
def end_peering(did: str) -> Response:
    """A peer ends the peering: its own only."""
    node = this_node()
    caller = callers.anybody(node, facts_of(request, b""), None)
    if caller.did != did or caller.peer is None:
        raise NotAllowed("a node ends its own peering only", "not_a_peer")
    answering.ended_by_peer(node, did)
    return Response(b"", status=204)


def body_of(kind: str, most: int) -> bytes:
    """The request's body: exact media type, at most `most` bytes read whatever it claims (attacks A6, A7)."""
    given = (request.content_type or "").partition(";")[0].strip().lower()
    if given != kind:
        raise BadMessage(f"this call takes {kind}", "wrong_type")
    if (request.content_length or 0) > most:
        raise BadMessage(f"at most {most} bytes", "too_large")
    data = request.stream.read(most + 1)
    if len(data) > most:
        raise BadMessage(f"at most {most} bytes", "too_large")
    return data


def facts_of(asked: Request, body: bytes) -> RequestFacts:
    """The request as it stood on the wire. The raw target is used; a path that needed decoding is refused."""
    target = str(asked.environ.get("REQUEST_URI") or asked.environ.get("RAW_URI") or asked.path)
    path, _, query = target.partition("?")
    if not _TARGET.fullmatch(path):
        raise BadMessage("the path has characters that this protocol never uses", "bad_target")
    query = str(asked.environ.get("QUERY_STRING", query))
    headers = {name.lower(): text for name, text in asked.headers.items()}
    return RequestFacts(asked.method, path, query, headers, body)


def _position(since: str | None, epoch: str, digest_at: Callable[[int], bytes | None]) -> int:
    """The log position that a cursor names. Raises `BadCursor`: bad_cursor, or cursor_reset (410) when it was valid
    once: the caller then reconciles, it never starts from zero."""
    if since is None:
        return 0
    cursor = Cursor.from_text(since)
    if cursor.seq == 0 and cursor.epoch == epoch:
        return 0
    digest = digest_at(cursor.seq)
    if cursor.epoch != epoch or digest is None or digest.hex()[:16] != cursor.prefix:
        raise BadCursor("this log is another than the one the cursor was made for: reconcile", "cursor_reset")
    return cursor.seq


def _offered(audience: str) -> int:
    sets = _head_sets()
    with sets.lock:
        return len(sets.of(audience))


def _cursor_at(connection: Connection, seq: int) -> str:
    epoch = feed.epoch(connection)
    if seq == 0:
        return Cursor.start(epoch).to_text()
    digest = feed.entry_digest(connection, seq) or bytes(32)
    return Cursor(epoch, seq, digest.hex()[:16]).to_text()


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:8]) <= MAX_CHANGES:
        raise BadMessage(f"limit lies between 1 and {MAX_CHANGES}")
    return int(text)


def wake() -> None:
    """Tell the worker of this process, if there is one, that there is something to do."""
    rouse = current_app.extensions.get("wasl-wake")
    if rouse is not None:
        rouse()
