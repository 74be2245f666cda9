"""A PostgreSQL server of our own, for as long as a measurement or a test run: nothing of it is left behind.

Its data lie in a temporary folder, unless one is given to be kept; it listens on a Unix socket in that folder and
nowhere else, and it does not wait for the disk. Root cannot run PostgreSQL: then it runs as the user `postgres` of
Debian's package. `Server` is one that may be killed and started again (`node/bench/torture`), `private_server` one for
a `with`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 60.0
PORT = 5432
"""Part of the name of its socket, no port of the network."""
_POLL_S = 0.02
_DEBIAN = Path("/usr/lib/postgresql")
_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_connections": "60",
    "autovacuum": "off",
}
"""For measurements and tests, which end when the server ends: nothing has to outlive it."""


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine, or it cannot be started. The message says what to do."""


@dataclass(frozen=True, slots=True)
class PrivateServer:
    """A running server. `conninfo`: how to reach it, for libpq; `data`: its folder."""

    conninfo: str
    data: Path


class Server:
    """A cluster in `folder`, which is made, empty or held one before, and the server that runs on it once started.

    `settings`: of postgresql.conf, name -> value; `initdb`: more words for it. Raises `NoPostgres`.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], *initdb: str) -> None:
        self.folder, self.data = folder, folder / "data"
        self._programs, self._user = _programs(), _user()
        self._settings = {"listen_addresses": "", "unix_socket_directories": str(folder)} | dict(settings)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._user is not None:
            shutil.chown(folder, self._user)
        if not (self.data / "PG_VERSION").exists():
            _run(
                self._programs / "initdb", "-D", self.data, "-U", "wasl", "-A", "trust", "-E", "UTF8", "--locale=C",
                "-N", *initdb, user=self._user,
            )  # fmt: skip

    @property
    def conninfo(self) -> str:
        """How to reach it, for libpq."""
        return f"host={self.folder} user=wasl dbname=postgres"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "log"

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs, and before it was started."""
        return None if self._process is None else self._process.poll()

    @property
    def ready(self) -> bool:
        """Whether it takes connections. Source: pg_ctl, which waits for the last line of `postmaster.pid`."""
        if self._process is None or self._process.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and int(lines[0]) == self._process.pid and lines[7].strip() == "ready"
        return False

    def start(self) -> None:
        """Let it run; `wait` for it. One that was killed repairs itself first."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.data), *options],
                cwd="/",
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def wait(self, timeout_s: float = START_S) -> None:
        """Until it takes connections. Raises `NoPostgres` when it ended or that takes too long."""
        until = time.monotonic() + timeout_s
        while not self.ready:
            if self.exit_code is not None or time.monotonic() > until:
                said = self.log.read_text(errors="replace").strip()[-500:]
                raise NoPostgres(f"PostgreSQL does not start: {said}")
            time.sleep(_POLL_S)

    def processes(self) -> list[int]:
        """Every process of it but the first. Source: proc(5), task/…/children."""
        if self._process is None or self._process.poll() is not None:
            return []
        number = self._process.pid
        with contextlib.suppress(OSError):
            return [int(one) for one in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
        return []

    def kill(self) -> None:
        """SIGKILL to all of its processes, as when the machine's memory ends; it writes nothing more."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGSTOP)  # so that it makes no more while they are looked for
            for number in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it at once, as `pg_ctl -m immediate` does: it writes nothing more, either."""
        self._end(signal.SIGQUIT, START_S)

    def close(self, timeout_s: float) -> None:
        """Let it write down what it holds, and end, as `pg_ctl -m fast` does; it is killed when that takes longer."""
        self._end(signal.SIGINT, timeout_s)

    def _end(self, how: signal.Signals, timeout_s: float) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def private_server(
    kept: Path | None = None, settings: Mapping[str, str] | None = None, stop_s: float = START_S
) -> Iterator[PrivateServer]:
    """A new server with an empty database. Raises NoPostgres.

    `kept`: a folder where its data are and stay; a server that was there before goes on with what it holds. `settings`:
    of PostgreSQL, beside or instead of the usual ones. `stop_s`: how long it may take to write down what it holds.
    """
    _user()
    _programs()
    folder = kept or Path(tempfile.mkdtemp(prefix="wasl-pg-"))
    try:
        server = Server(folder, {**_QUICK, **(settings or {})})
        server.start()
        try:
            server.wait(max(START_S, stop_s))
            yield PrivateServer(server.conninfo, server.data)
        finally:
            if kept is None:
                server.stop()
            else:
                server.close(stop_s)
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Whom the server runs as; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    if "postgres" not in {each.pw_name for each in pwd.getpwall()}:
        raise NoPostgres("root cannot run PostgreSQL, and there is no user `postgres`: apt install postgresql")
    return "postgres"


def _programs() -> Path:
    """The folder of `initdb` and `postgres`: of the newest version that Debian has installed, or on the path."""
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
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    if said.returncode:
        raise NoPostgres(f"{command[0]} fails: {said.stdout.decode(errors='replace').strip()[-500:]}")
