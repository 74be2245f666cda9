"""What goes wrong besides the kills: links, clocks, a full disk, sessions of a database, drawn from the seed.

What this machine cannot do (no libfaketime, no root for a tmpfs) is left out, and `left_out` says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from node.bench.torture.cluster import Cluster
from node.bench.torture.town import PEOPLE, Town
from node.bench.torture.wire import CUT, SLOW, TORN, WHOLE

DISK_MB = 128
CLUSTER_DISK_MB = 320
"""With PostgreSQL on it, which takes 40 MB before it holds anything, and twice a table to clear it."""
BALLAST = "ballast"
CLOCKS_S = (-172_800, -90, -5, 5, 20)
"""By how much the clock of a process that starts may be wrong, seconds. Never far ahead: whoever signs tomorrow's date
may sign nothing until tomorrow (attacks G10), and the load would end."""
LAST_CLOCK_S = 20 * 3_600
"""Once, near the end: a server that is most of a day ahead."""

_DAMAGED = (CUT, CUT, SLOW, TORN)


class Faults:
    """Draws and counts. `done`: how often each kind happened; `left_out`: what could not be done here, in words."""

    def __init__(self, towns: Sequence[Town], chance: random.Random, folder: Path, disk: Path | None) -> None:
        self.done: Counter[str] = Counter()
        self.left_out: list[str] = []
        self._towns, self._chance, self._disk = towns, chance, disk
        self._folder = folder
        self._clocks: list[Path] = []
        self._library = _libfaketime()
        self._full_for = 0
        self._clusters = [town.cluster for town in towns if town.cluster]
        if self._library is None:
            self.left_out.append("clocks: libfaketime is not installed (Debian: faketime)")
        if disk is None:
            self.left_out.append("full disk: a tmpfs cannot be mounted (not root)")

    def clock(self, role: str, *, last: bool) -> Mapping[str, str]:
        """The environment of a process that is about to start: mostly the right clock."""
        if self._library is None or self._chance.random() > 0.15:
            return {}
        shift = LAST_CLOCK_S if last and role != PEOPLE else self._chance.choice(CLOCKS_S)
        self.done["clocks"] += 1
        file = self._folder / f"clock{self.done['clocks']}"
        _set(file, shift)
        self._clocks.append(file)
        return shifted(self._library, file)

    def step(self) -> None:
        """Between two kills: damage or mend a link or a database's sessions, fill or empty the disk."""
        wire = self._chance.choice(self._towns).wire
        if self._chance.random() < (0.2 if wire.state == WHOLE else 0.6):
            state = self._chance.choice(_DAMAGED) if wire.state == WHOLE else WHOLE
            wire.become(state)
            self.done["links"] += state != WHOLE
        if self._clocks and self._chance.random() < 0.3:
            _set(self._clocks.pop(), 0)
            self.done["clocks set right"] += 1
        for cluster in self._clusters:
            self._sessions(cluster)
        if self._disk is None:
            return
        if self._full_for:
            self._full_for -= 1
            fill(self._disk) if self._full_for else self._empty()
        elif self._chance.random() < 0.08:
            self._full_for = self._chance.randint(1, 4)
            fill(self._disk)
            self.done["disks"] += 1

    def mend(self) -> None:
        """Links whole, and room on the disk."""
        for town in self._towns:
            town.wire.become(WHOLE)
        self._empty()
        for cluster in self._clusters:
            cluster.mend()

    def _sessions(self, cluster: Cluster) -> None:
        """The way of a town to its database, or one of its sessions."""
        drawn = self._chance.random()
        if cluster.wire.state != WHOLE:
            if drawn < 0.7:
                cluster.wire.become(WHOLE)
        elif drawn < 0.03:
            cluster.wire.become(self._chance.choice(_DAMAGED))
            self.done["ways to a database"] += 1
        elif drawn < 0.12:
            self.done["sessions ended"] += cluster.end_session()

    def _empty(self) -> None:
        self._full_for = 0
        if self._disk is not None:
            (self._disk / BALLAST).unlink(missing_ok=True)


def shifted(library: Path, file: Path) -> dict[str, str]:
    """The environment in which a process's clock is as wrong as `file` says, and jumps when that changes.

    What measures durations stays right, and files keep their dates. Source: the README of libfaketime 0.9.10.
    """
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _set(file: Path, seconds: int) -> None:
    file.write_text(f"{seconds:+d}", encoding="ascii")


def fill(disk: Path) -> None:
    """Write until not one page is free."""
    with (disk / BALLAST).open("ab", buffering=0) as file:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


@contextlib.contextmanager
def small_disk(place: Path, size_mb: int = DISK_MB) -> Iterator[Path | None]:
    """A tmpfs of that size at `place`; None where it cannot be mounted."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=711", "tmpfs", str(place)]
    try:
        mounted = os.geteuid() == 0 and not subprocess.run(words, check=False, capture_output=True).returncode
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        mounted = False
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)  # noqa: S607


def _libfaketime() -> Path | None:
    """The one for processes with threads, where Debian puts it."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
