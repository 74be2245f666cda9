"""Bytes that come from peers: whether there is room for them, and what they are once they are whole.

Nothing is believed: the hash must be the one that a record here names, the kind by the bytes must be the one that it
says. Whose bytes were others is counted against the peer that gave them (attacks D15, G2).
"""

from __future__ import annotations

from node.assembly import Node
from node.errors import NotAllowed, NotFound, StoreFull
from node.filing import in_turn, kind_of, shelf_of
from node.logs import facts, get_log
from node.store import files, quarantine
from node.store.files import HELD, WANTED, File

MISMATCH = "attachment_mismatch"
NOT_WANTED, NOT_HERE = "attachment_not_wanted", "attachment_not_here"
NEVER = 2**40
"""A moment that does not come, for what is not tried again."""

_log = get_log("files")


def refusal_of_room(node: Node, file: File) -> str | None:
    """Why this file is not taken in now: `attachment_quota`, `attachment_large` (nobody asked for it), or None."""
    if file.size > node.config.attachments_eager_bytes and not file.wished:
        return "attachment_large"
    with node.database.reading() as connection:
        total = files.taken(connection) + file.size
        of_each = [files.taken(connection, did) for did in files.origins_of(connection, file.sha256) if did != node.did]
    most, most_of_one = node.config.attachments_total_mb, node.config.attachments_origin_mb
    over = total > most * 1_000_000 or any(taken + file.size > most_of_one * 1_000_000 for taken in of_each)
    return "attachment_quota" if over else None


def ask_for(node: Node, sha256: bytes) -> bool:
    """Somebody asks for bytes that are not here: fetch them whatever their size. False when too many are asked for."""
    with node.database.writing() as connection:
        return files.wish(connection, sha256, node.now())


def take(node: Node, via: str, sha256: bytes, at: int, piece: bytes) -> tuple[str, int]:
    """One piece, pushed by a peer. Returns (`held`, `wanted` or why not, bytes that are here).

    Raises `NotAllowed` (`attachment_mismatch`: the whole is something else), and as `add` and `complete`.
    """
    with node.database.reading() as connection:
        file = files.get(connection, sha256)
    if file is None or file.state != WANTED:
        return (HELD, file.size) if file is not None and file.state == HELD else (NOT_WANTED, 0)
    with node.database.reading() as connection:
        theirs = via in files.origins_of(connection, sha256)
    refused = refusal_of_room(node, file) if theirs else NOT_WANTED
    if refused is not None:
        return refused, 0
    came = shelf_of(node).came(sha256, via)
    if not piece or at != came:
        return WANTED, came
    came = add(node, file, via, at, piece)
    if came < file.size:
        return WANTED, came
    code = complete(node, file, via)
    if code in (NOT_WANTED, NOT_HERE):
        return (WANTED if code == NOT_HERE else code), 0
    if code is not None:
        raise NotAllowed("these bytes are not what the record says", code)
    return HELD, file.size


def add(node: Node, file: File, via: str, at: int, piece: bytes) -> int:
    """Keep the piece that begins at `at`. Returns how many bytes are here: at most one too many.

    Raises `StoreFull`, `NotFound` (`unknown_attachment`: the file was erased meanwhile; then no piece of it is left).
    """
    shelf = shelf_of(node)
    try:
        came = shelf.add(file.sha256, via, at, piece[: file.size + 1 - at])
    except OSError as error:
        raise StoreFull(f"the file could not be written: {error.strerror}") from error
    with node.database.reading() as connection:
        known = files.get(connection, file.sha256) is not None
    if not known:
        shelf.clear(file.sha256, via)
        raise NotFound("no record names these bytes any more", "unknown_attachment")
    return came


def complete(node: Node, file: File, via: str) -> str | None:
    """All pieces are here. Returns None when the file is, whoever brought it, or why not: then no piece of it is left.

    Raises `StoreBusy`.
    """
    with in_turn(node, file.sha256):
        shelf = shelf_of(node)
        with node.database.reading() as connection:
            wanted, now = files.is_wanted(connection, file.sha256), files.get(connection, file.sha256)
        if not wanted:
            shelf.clear(file.sha256, via)
            return None if now is not None and now.state == HELD else NOT_WANTED
        came = shelf.came(file.sha256, via)
        if not came:  # another has completed it, and could not say so
            return NOT_HERE
        data = shelf.finish(file.sha256, via) if came == file.size else None
        if data is None:
            shelf.clear(file.sha256, via)
            return _blame(node, file, via, MISMATCH)
        if kind_of(data) != file.media:
            shelf.drop(file.sha256)
            return _blame(node, file, via, "attachment_disguised")
        with node.database.writing() as connection:
            here = files.hold_wanted(connection, file.sha256, node.now(), via)
        if not here:  # what named it has ended in this moment
            shelf.drop(file.sha256)
            return NOT_WANTED
    _log.info("a file is here", extra=facts(sha256=file.sha256.hex(), bytes=file.size, peer=via))
    return None


def _blame(node: Node, file: File, via: str, code: str) -> str:
    """Count bytes that are not what their record says against the peer that gave them."""
    with node.database.writing() as connection:
        now = node.now()
        quarantine.count_refusal(connection, via, code, now)
        if code != MISMATCH:  # the bytes are those that the record names, and not what it says that they are
            files.tried(connection, file.sha256, code, now, NEVER, refused=True)
    _log.warning("a peer gave other bytes", extra=facts(sha256=file.sha256.hex(), peer=via, code=code))
    return code
