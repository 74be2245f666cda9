"""No room for the index: it stays readable, says nothing wrong, and catches up by itself when there is room again.

On a file system of a few megabytes where root runs the tests (CI does), else with a limit on the size of files.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from library import fill, say
from simulator import Network, Town
from tour import until

from node import indexing
from node.indexing import Searcher
from node.store import log
from node.worker import Worker
from search import Query

SIZE = 4 << 20
"""Bytes of the file system, about."""


@contextmanager
def small(folder: Path) -> Iterator[None]:
    """A file system of its own in `folder`; skips where that needs rights that we have not."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Ballast:
    """What else lies on the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def fill(self, leave: int) -> None:
        """Leave so many bytes free."""
        free = shutil.disk_usage(self._path.parent).free
        with self._path.open("ab") as file:
            file.write(b"x" * max(0, free - leave))

    def away(self) -> None:
        self._path.unlink()


def many_words(seed: int) -> str:
    return " ".join(f"mot{seed}x{number}" for number in range(300))[:2_400]


def behind(town: Town, searcher: Searcher) -> bool:
    with town.node.database.reading() as connection:
        return not searcher.reaches(log.last_seq(connection))


@pytest.fixture
def full_town(network: Network) -> Iterator[tuple[Town, Ballast]]:
    """A node whose index lies on a small file system; the database has room."""
    town = network.found("fes")
    with small(town.node.config.index):
        yield town, Ballast(town.node.config.index)


@pytest.mark.parametrize("leave", [0, 4_096, 40_000, 90_000])
def test_g1_disk_that_is_full_at_a_commit_leaves_the_index_readable_and_the_worker_catches_up(
    full_town: tuple[Town, Ballast], leave: int
) -> None:
    town, ballast = full_town
    fill(town.node, 5)
    searcher = Searcher(town.node)
    worker = Worker(town.node, searcher, town.sets)
    worker.follow()
    before = searcher.find(Query("", kinds=())).results
    files = sorted(path.name for path in town.node.config.index.rglob("*"))
    ballast.fill(leave)
    for number in range(12):
        say(town.node, f"Un quagga, numéro {number}", challenge={"fr": many_words(number)})
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: "index" in worker._resting, "the disk is full")
        found = searcher.find(Query("", kinds=()))
        assert (found.results, found.rebuilding) == (before, False)
        searcher.index().check()
        left = sorted(path.name for path in town.node.config.index.rglob("*") if path.name != "ballast")
        assert left == files, "what could not be committed takes no room"
        ballast.away()
        town.clock.seconds += 60  # the step has rested
        until(lambda: not behind(town, searcher), "the worker has caught up")
        assert searcher.find(Query("quagga numéro", "fr")).results.total == 12
    finally:
        worker.stop()
        thread.join(60)
        searcher.forget()


def test_g1_disk_that_is_full_at_a_rebuild_leaves_the_old_index(full_town: tuple[Town, Ballast]) -> None:
    town, ballast = full_town
    fill(town.node, 10)
    indexing.rebuild(town.node)
    searcher = Searcher(town.node)
    before = searcher.find(Query("", kinds=())).results
    ballast.fill(50_000)
    with pytest.raises(OSError, match="No space left"):
        indexing.rebuild(town.node)
    found = searcher.find(Query("", kinds=()))
    assert (found.results, found.rebuilding) == (before, False)
    assert len(list(town.node.config.index.glob("index-*"))) == 1
    ballast.away()
    indexing.rebuild(town.node)
    assert searcher.find(Query("", kinds=())).results == before
    searcher.forget()


def test_g1_files_that_may_not_grow_leave_the_index_readable(town: Town) -> None:
    """The same without root: a limit on the size of every file of this process."""
    fill(town.node, 5)
    searcher = Searcher(town.node)
    indexing.rebuild(town.node)
    before = searcher.find(Query("", kinds=())).results
    made = say(town.node, "Un quagga unique", challenge={"fr": many_words(0)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            indexing.follow_once(town.node, searcher)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert searcher.find(Query("", kinds=())).results == before
    assert indexing.follow_once(town.node, searcher) > 0
    assert [hit.uri for hit in searcher.find(Query("quagga unique", "fr")).results.hits] == [made.uri]
    searcher.forget()
