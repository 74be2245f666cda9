"""Bytes of attachments, for peers: given by range, and taken from peers that nobody can reach.

Law: nobody is given what its audience may not see, and nothing is taken that no live record here names. What comes is
compared with its hash when it is whole. Grammar: docs/protocol.md section 11.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from node import filing, receiving
from node.assembly import Node
from node.errors import NodeError, NotFound
from node.federation import callers
from node.federation.client import BINARY, JSON, PREFIX
from node.federation.server import body_of, facts_of, problem, this_node, wake
from node.store import files
from protocol.errors import BadMessage, ProtocolError
from protocol.limits import MAX_PIECE_BYTES
from protocol.wire import Piece

giving = Blueprint("federation_files", __name__)
giving.register_error_handler(ProtocolError, problem)
giving.register_error_handler(NodeError, problem)

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_RANGE = re.compile(r"bytes=([0-9]{1,10})-([0-9]{1,10})?", re.ASCII)


@giving.get(f"{PREFIX}/attachments/<name>")
def give(name: str) -> Response:
    """A piece of a file: what `Range` asks for, at most `MAX_PIECE_BYTES`; 206 with `Content-Range`.

    404 `unknown_attachment`: the caller may not see it, or it was erased; 404 `attachment_not_here`: it is fetched now.
    """
    node = this_node()
    caller = callers.active_peer(node, facts_of(request, b""))
    sha256 = _named(node, name, caller.audience)
    data = filing.read(node, sha256)
    if data is None:
        receiving.ask_for(node, sha256)
        wake()
        raise NotFound("these bytes are not here yet", "attachment_not_here")
    start, end = _range(request.headers.get("Range"), len(data))
    response = Response(data[start:end], status=206, content_type=BINARY)
    response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
    response.headers["Cache-Control"] = "no-store"
    return response


@giving.put(f"{PREFIX}/attachments/<name>")
def take(name: str) -> Response:
    """A piece of a file from its origin, which nobody can reach. Parameter `at`: where it begins; no bytes: only asks.

    Answers how many bytes are here, and whether more are wanted.
    """
    node = this_node()
    body = body_of(BINARY, MAX_PIECE_BYTES)
    caller = callers.active_peer(node, facts_of(request, body))
    sha256 = _named(node, name, caller.audience)
    given = request.args.get("at", "0")
    if not given.isascii() or not given.isdigit() or len(given) > 10:
        raise BadMessage("`at` is a number of bytes")
    state, came = receiving.take(node, caller.did, sha256, int(given), body)
    return Response(Piece(state, came).to_bytes(), content_type=JSON)


def _named(node: Node, name: str, audience: str) -> bytes:
    """The hash that is asked about, if the caller may know of it."""
    if not _HASH.fullmatch(name):
        raise BadMessage("a file is named by 64 hexadecimal digits", "bad_target")
    sha256 = bytes.fromhex(name)
    with node.database.reading() as connection:
        if not files.shown(connection, sha256, audience):
            raise NotFound("no record that you may see names these bytes", "unknown_attachment")
    return sha256


def _range(text: str | None, size: int) -> tuple[int, int]:
    """From which byte to before which. Anything but one plain range is a mistake of the caller."""
    found = _RANGE.fullmatch(text or "bytes=0-")
    if found is None or int(found[1]) >= size:
        raise BadMessage("one range of bytes that lies within the file", "bad_range")
    end = min(size, int(found[2]) + 1 if found[2] else size, int(found[1]) + MAX_PIECE_BYTES)
    if end <= int(found[1]):
        raise BadMessage("a range ends after it begins", "bad_range")
    return int(found[1]), end
