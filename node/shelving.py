"""Attachments move: from the folder into a bucket, or back. Copied, read again there, compared by their hashes.

It may be interrupted and done again at any time, also while the node runs: what is there already is read and compared,
not copied. Nothing sound is taken away here; there, what this node no longer holds (it was erased meanwhile) is. The
setting that makes the node use the new place is a person's to change. Called by `wasl migrate-attachments`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from node import filing
from node.assembly import Node
from node.config import Config
from node.errors import NotAllowed, StoreFull, StoreProblem
from node.migrating import in_use
from node.shelves.bucket import BucketShelf
from node.shelves.opening import open_shelf
from node.shelves.shelf import Shelf
from node.store import files, notes

FOLDER = "folder"
"""The target that is the folder `attachments/` of the node."""

Progress = Callable[[int, int], None]
"""Called with files done and files in all."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """What was moved. `copied`, `same`: files written there, and there before; `damaged`: not what their name says,
    left out; `gone`: taken away there; `running`: the node was in use, so something may have come since."""

    copied: int
    same: int
    size: int
    damaged: int
    gone: int
    seconds: float
    running: bool
    kept: bool


def move(node: Node, to: str, *, actor: str, dry_run: bool = False, progress: Progress | None = None) -> Shelved:
    """Copy every attachment to `to`: the address of a bucket, or `folder`. `dry_run`: look, and write only a probe.

    Raises `NotAllowed` (`same_shelf`), `ConfigProblem` (`bad_bucket`, `no_bucket_client`), `BucketProblem`,
    `StoreFull`, `StoreProblem` (`file_differs`: what was written there is not what is read there).
    """
    tell = progress or (lambda done, total: None)
    began = time.monotonic()
    source, target = filing.shelf_of(node), _target(node, to)
    with node.database.reading() as connection:
        known = {file.sha256 for file, _uris in files.everything(connection) if file.state != files.REFUSED}
    wanted = [kept for kept in source.everything() if kept.whole and kept.sha256 in known]
    if to == FOLDER:
        _make_room(node.config, sum(kept.size for kept in wanted))
    copied = same = size = damaged = 0
    for done, kept in enumerate(wanted):
        tell(done, len(wanted))
        data = filing.read(node, kept.sha256)
        if data is None:
            damaged += 1
            continue
        if target.read(kept.sha256) is None:
            copied, size = copied + 1, size + len(data)
            if not dry_run:
                _put(target, kept.sha256, data)
        else:
            same += 1
    tell(len(wanted), len(wanted))
    gone = 0 if dry_run else _clear(node, target)
    running = in_use(node)
    if not dry_run:
        with node.database.writing() as connection:
            notes.act(connection, node.now(), actor, "files_moved", FOLDER if to == FOLDER else "bucket")
    return Shelved(copied, same, size, damaged, gone, time.monotonic() - began, running, not dry_run)


def _target(node: Node, to: str) -> Shelf:
    """The shelf that the node would have; a bucket has shown by then that it can be written and emptied."""
    config = node.config.with_bucket("" if to == FOLDER else to)
    if config.attachments_bucket.rstrip("/") == node.config.attachments_bucket.rstrip("/"):
        raise NotAllowed("the attachments of this node lie there already", "same_shelf")
    target = open_shelf(config, node.did)
    if isinstance(target, BucketShelf):
        target.probe()
    return target


def _make_room(config: Config, needed: int) -> None:
    free = shutil.disk_usage(config.home).free - config.limits_free_mb * 1_000_000
    if free < needed:
        raise StoreFull(f"the files need {needed // 1_000_000} MB in the folder of the node: free some room")


def _put(target: Shelf, sha256: bytes, data: bytes) -> None:
    try:
        target.put(data)
    except OSError as error:
        raise StoreFull(f"a file could not be written: {error.strerror}") from error
    if target.read(sha256) != data:
        raise StoreProblem(f"{sha256.hex()} is not what was written there", "file_differs")


def _clear(node: Node, target: Shelf) -> int:
    """Take away there what no row knows any more. Returns how many files."""
    gone = 0
    for kept in list(target.everything()):
        with node.database.reading() as connection:
            held = files.get(connection, kept.sha256) is not None
        if kept.whole and not held:
            target.drop(kept.sha256)
            gone += 1
    return gone
