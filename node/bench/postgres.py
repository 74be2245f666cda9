"""A PostgreSQL server of our own, for as long as a measurement or a test run: nothing of it is left behind.

Its data lie in a temporary folder, it listens on a Unix socket in that folder and nowhere else, and it does not wait
for the disk. Root cannot run PostgreSQL: then it runs as the user `postgres` of Debian's package.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_connections": "60",
    "autovacuum": "off",
}


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine, or it cannot be started. The message says what to do."""


@dataclass(frozen=True, slots=True)
class PrivateServer:
    """A running server. `conninfo`: how to reach it, for libpq; `data`: its folder."""

    conninfo: str
    data: Path


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """A new server with an empty database. Raises NoPostgres."""
    programs = _programs()
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None and user not in {each.pw_name for each in pwd.getpwall()}:
        raise NoPostgres("root cannot run PostgreSQL, and there is no user `postgres`: apt install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="wasl-pg-"))
    data = folder / "data"
    try:
        if user is not None:
            shutil.chown(folder, user)
        _run(programs / "initdb", "-D", data, "-U", "wasl", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", user=user)
        options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        options += f" -c unix_socket_directories={folder}"
        _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start", user=user)
        try:
            yield PrivateServer(f"host={folder} user=wasl dbname=postgres", data)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of `initdb` and `pg_ctl`: of the newest version that Debian has installed, or on the path."""
    installed = [path for path in _DEBIAN.glob("*/bin") if (path / "initdb").exists()]
    if installed:
        return max(installed, key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    if found is None:
        raise NoPostgres("there is no PostgreSQL on this machine: apt install postgresql")
    return Path(found).resolve().parent


def _run(*command: object, user: str | None) -> None:
    """Run a program of PostgreSQL as `user`; what it says is told only if it fails."""
    said = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if "start" not in command else subprocess.DEVNULL,  # the server would keep it open
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    if said.returncode:
        raise NoPostgres(f"{command[0]} fails: {(said.stdout or b'').decode(errors='replace').strip()[-500:]}")
