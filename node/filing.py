"""Which bytes are wanted, and which go: a follower of the log, for the files that attachments name.

An attachment that is erased takes its bytes with it at once, and so does the record that it belongs to; one that is
withdrawn, replaced or not admitted any more leaves them for a week, because that can be undone, or until it is erased
(`store/erasing`). Receipts for erasures are signed after this follower has passed (`worker`). It may be killed
anywhere: files go before their rows. Only whoever has its turn touches the bytes of a file (`turns`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Connection

from node import turns
from node.assembly import Node
from node.config import Config
from node.errors import BucketAway, BucketProblem, StoreBusy
from node.examining import sniffing
from node.examining.kinds import Unfit
from node.logs import facts, get_log
from node.shelves.opening import open_shelf
from node.shelves.shelf import Kept, Shelf
from node.store import files, log, notes, records, sightings
from node.store.files import ATTACHMENT, File
from node.store.log import Entry
from node.store.records import HELD, Stored

FOLLOWER = "files"
KEPT_S = 7 * 86_400
"""How long bytes stay that nothing refers to any more, where nobody was asked to forget them, seconds."""
STAGED_S = 86_400
"""How long bytes stay that were uploaded and whose record is not published yet, seconds."""

_READ = "files_read"
"""The cursor of what was written down of the log; that of `FOLLOWER` waits until the bytes are gone, too."""
_BATCH = 500
_LEFT_S = 3_600
"""How old a file must be that no row knows before it is taken away: it may be being written, seconds."""

_log = get_log("files")


def shelf_of(node: Node) -> Shelf:
    """Where the attachments of a node lie."""
    return _shelf(node.config, node.did)


@cache
def _shelf(config: Config, did: str) -> Shelf:
    return open_shelf(config, did)  # one for each node: it remembers which files were compared, and keeps connections


def hash_of(data: bytes) -> str:
    """The name of some bytes: their SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def follow(node: Node) -> bool:
    """Take the next batch of the log. False when there was nothing to do.

    What its entries say is written down first, whether or not bytes can be taken away now: one file that is stuck keeps
    receipts back, and no other file.
    """
    with node.database.reading() as connection:
        done = notes.cursor(connection, FOLLOWER)
        seen = max(done, notes.cursor(connection, _READ))
        entries = log.entries_after(connection, seen, _BATCH)
        touched = _touched(connection, entries)
    if not entries and done == seen:
        return False
    upto = entries[-1].seq if entries else seen
    if touched or done < seen:
        with node.database.writing() as connection:
            for did, record in touched:
                _judge(connection, did, record, node.now())
            notes.set_cursor(connection, _READ, upto, node.now())
        if not drop_loose(node):
            return bool(entries)  # no receipt may be signed yet; the next turn of the worker comes back
    with node.database.writing() as connection:
        notes.set_cursor(connection, FOLLOWER, upto, node.now())
    return True


def carry_out(node: Node) -> None:
    """Do at once what the log says; what a bucket that is away does not let us do is the worker's to try again."""
    try:
        while follow(node):
            pass
    except BucketProblem as error:
        _log.warning("the files are looked after later", extra=facts(code=error.code))


def drop_loose(node: Node) -> bool:
    """Take away the bytes that nothing refers to any more and whose time has come. False when others are at some.

    Where one file cannot be taken away, the others are; then what stopped the first is raised.
    """
    with node.database.reading() as connection:
        loose = files.loose(connection, node.now())
    alone = True
    stopped: Exception | None = None
    for sha256 in loose:
        try:
            alone &= _drop(node, sha256)
        except (BucketProblem, OSError) as error:
            stopped = stopped or error
            if isinstance(error, BucketAway):
                break
    if stopped is not None:
        raise stopped
    return alone


def _drop(node: Node, sha256: bytes) -> bool:
    """Take away the bytes of one file, unless somebody needs them by now. False when another is at them."""
    with turns.turn(node, sha256) as ours:
        if not ours:
            return False
        with node.database.reading() as connection:
            if sha256 not in files.loose(connection, node.now(), sha256):
                return True
        shelf_of(node).drop(sha256)
        with node.database.writing() as connection:
            if sha256 in files.loose(connection, node.now(), sha256):
                files.forget(connection, sha256)
            else:  # a record has named them meanwhile
                files.lose(connection, sha256, "attachment_not_here", node.now())
        shelf_of(node).clear(sha256)  # a piece that came before the row was forgotten
    _log.info("the bytes of a file are gone", extra=facts(sha256=sha256.hex()))
    return True


def keep(node: Node, data: bytes, media: str) -> bytes:
    """Keep bytes of our own people, whose record is about to be published. Returns their hash.

    Raises `OSError`, `BucketProblem`, `StoreBusy` where the same bytes are being taken away at this moment.
    """
    sha256 = hashlib.sha256(data).digest()
    with in_turn(node, sha256):
        _put(node, sha256, data, media)
    return sha256


def keep_named(node: Node, data: bytes, media: str) -> None:
    """Keep bytes once more whose record is published by now, if they went meanwhile: the same were erased elsewhere.

    Nobody else may have them. Raises as `keep`.
    """
    sha256 = hashlib.sha256(data).digest()
    with in_turn(node, sha256):
        with node.database.reading() as connection:
            file = files.get(connection, sha256)
        if file is not None and file.state == files.WANTED:
            _put(node, sha256, data, media)


@contextmanager
def in_turn(node: Node, sha256: bytes) -> Iterator[None]:
    """Have one's turn with these bytes, which are in hand. Raises `StoreBusy` when another has it for long."""
    with turns.turn(node, sha256, turns.WAIT_S) as ours:
        if not ours:
            raise StoreBusy("another process is at the bytes of this file: try again in a moment")
        yield


def _put(node: Node, sha256: bytes, data: bytes, media: str) -> None:
    shelf_of(node).put(data)
    with node.database.writing() as connection:
        now = node.now()
        files.hold(connection, sha256, media, len(data), now, keep_until=now + STAGED_S)


def read(node: Node, sha256: bytes) -> bytes | None:
    """The bytes, compared with their hash; None when they are not here. Then they are wanted again.

    Raises `BucketProblem` where nobody can say whether they are here.
    """
    shelf = shelf_of(node)
    data = shelf.read(sha256)
    if data is None:
        with node.database.reading() as connection:
            file = files.get(connection, sha256)
        if file is not None and file.state == files.HELD:
            _log.warning("bytes are not what they were", extra=facts(sha256=sha256.hex()))
            with node.database.writing() as connection:
                files.lose(connection, sha256, "attachment_mismatch", node.now())
    return data


def look_again(node: Node) -> None:
    """Judge every attachment that refers to bytes once more: what was doubted may be decided."""
    with node.database.writing() as connection:
        for did, record in files.referring(connection):
            _judge(connection, did, record, node.now())
    drop_loose(node)


def sweep(node: Node) -> None:
    """Bring shelf and rows together after a crash or a restore: what no row knows goes, what is missing is wanted.

    What is wanted and lies here all the same (a setting named another shelf for a while) is held again.
    """
    shelf = shelf_of(node)
    with node.database.reading() as connection:
        held = files.held(connection)
    whole = set()
    for kept in shelf.everything():
        with node.database.reading() as connection:
            file = files.get(connection, kept.sha256)
        if kept.whole and file is not None and file.state != files.REFUSED:
            whole.add(kept.sha256)
            if file.state == files.WANTED:
                _hold_again(node, file)
        elif (file is None or kept.whole) and kept.at < time.time() - _LEFT_S:
            _clear_away(node, kept)
    missing = [sha256 for sha256 in held - whole if not shelf.holds(sha256)]
    if missing:
        with node.database.writing() as connection:
            for sha256 in missing:
                files.lose(connection, sha256, "attachment_not_here", node.now())


def kind_of(data: bytes) -> str | None:
    """The media type by the bytes, None for what could be nothing or two."""
    try:
        return sniffing.sniff(data).media
    except Unfit:
        return None


def _hold_again(node: Node, file: File) -> None:
    with turns.turn(node, file.sha256) as ours:
        data = shelf_of(node).read(file.sha256) if ours else None
        if data is not None and kind_of(data) == file.media:
            with node.database.writing() as connection:
                now = files.get(connection, file.sha256)
                if now is not None and now.state == files.WANTED:
                    files.hold(connection, now.sha256, now.media, now.size, node.now(), now.via, now.keep_until)


def _clear_away(node: Node, kept: Kept) -> None:
    """Take away what no row knows, or what is refused, unless somebody has just put those bytes down.

    What is stuck keeps nothing else: it is tried again with the next sweep.
    """
    with turns.turn(node, kept.sha256) as ours:
        with node.database.reading() as connection:
            file = files.get(connection, kept.sha256)
        if not ours or (file is not None and not (kept.whole and file.state == files.REFUSED)):
            return
        try:
            shelf_of(node).take_away(kept)
        except BucketAway:
            raise
        except (BucketProblem, OSError) as error:
            _log.warning("left behind, and stuck", extra=facts(sha256=kept.sha256.hex(), reason=str(error)))


def _touched(connection: Connection, entries: list[Entry]) -> dict[tuple[str, str], None]:
    """The attachments that these entries may have changed: themselves, or what they belong to."""
    touched: dict[tuple[str, str], None] = {}
    for entry in entries:
        if entry.kind == "admission":
            touched |= dict.fromkeys((entry.did, record) for record in log.records_of(connection, entry.did))
        elif entry.record is not None and (entry.type == ATTACHMENT or entry.kind == "void"):
            touched[entry.did, entry.record] = None
        elif entry.record is not None and entry.type == "Tombstone":
            touched[entry.did, entry.record] = None
            of_it = records.about(connection, entry.uri, HELD, [ATTACHMENT])
            touched |= dict.fromkeys((one.origin, one.record) for one in of_it)
    return touched


def _judge(connection: Connection, did: str, record: str, now: int) -> None:
    """Write down which bytes one record refers to now, if it is an attachment that counts."""
    uri = f"{did}/records/{record}"
    stored = records.get(connection, uri, HELD)
    if _doubted(connection, stored):
        return
    erased = bool(records.erased(connection, [uri, *_belonged(connection, did, record, stored)]))
    if stored is not None and not erased and _counts(stored):
        content = stored.content
        sha256 = bytes.fromhex(content["sha256"])
        before = files.unrefer(connection, did, record, now + KEPT_S)
        files.refer(connection, did, record, sha256, content["mediaType"], content["byteSize"])
        if before != sha256:
            _log.info("a file is named", extra=facts(record=uri, sha256=sha256.hex(), bytes=content["byteSize"]))
    else:
        files.unrefer(connection, did, record, 0 if erased else now + KEPT_S)


def _belonged(connection: Connection, did: str, record: str, stored: Stored | None) -> list[str]:
    """What an attachment belongs to; what it belonged to, if it is none any more."""
    if stored is not None and stored.type == ATTACHMENT:
        return [stored.about] if stored.about else []
    return log.abouts(connection, did, record, ATTACHMENT)


def _doubted(connection: Connection, stored: Stored | None) -> bool:
    """True while an erasure that is signed as ours, and that we did not write, waits for a person to decide."""
    owner = records.get(connection, stored.about, HELD) if stored is not None and stored.about else None
    ends = [one.digest for one in (stored, owner) if one is not None and one.state == "erased"]
    return bool(sightings.not_ours(connection, ends)) if ends else False


def _counts(stored: Stored) -> bool:
    """A live attachment to a record of its own origin: nobody hangs a picture on another's practice."""
    mine = stored.about is not None and stored.about.startswith(f"{stored.origin}/records/")
    return stored.type == ATTACHMENT and stored.state == "live" and stored.data is not None and mine
