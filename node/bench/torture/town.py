"""One node with what runs in it: its server, its people, its wire, its clock, and the disk that it stands on.

A process that was killed is started again at once, as a supervisor does it (`deploy/`); one that ended by itself is
counted and started again, too. One that could not begin because its database was away is counted apart.
"""

from __future__ import annotations

import random
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from node import founding, inviting, peering
from node.assembly import Node
from node.bench.torture.cluster import Cluster
from node.bench.torture.ledger import Ledger
from node.bench.torture.publishing import AWAY
from node.bench.torture.wire import Wire
from node.config import DATABASE_URL
from node.demo.processes import Children
from node.errors import StoreProblem
from node.founding import Organisation
from node.store import peers

SETTINGS: dict[str, Any] = {
    "sync_private_addresses": True, "sync_interval_s": 2, "sync_reconcile_s": 30, "sync_timeout_s": 10,
    "limits_free_mb": 0, "log_level": "warning", "web_threads": 4,
}  # fmt: skip
"""`limits_free_mb` 0: SQLite itself is to meet the end of the disk, not our guard before it."""

SERVER, PEOPLE = "server", "people"
WEB, FIRST_WORKER, SECOND_WORKER = "web", "worker", "second worker"
APART = (WEB, FIRST_WORKER, SECOND_WORKER)
"""The server as several processes, which is what a node has PostgreSQL for."""
_WORDS = {SERVER: ("serve",), WEB: ("serve", "--web-only"), FIRST_WORKER: ("worker",), SECOND_WORKER: ("worker",)}

_BEGAN = (b'"event":"serving"', b'"event":"working"')
"""What a server or a worker says when it has its database."""
_AGAIN_S = 1.0
"""How long a supervisor waits before it starts again what ended by itself, seconds (deploy/: three)."""


class Town:
    """A founded node. `home`: its folder; `folder`: where its messages go. Use `start` with a role to let it run.

    `cluster`: the PostgreSQL server that holds its database, else it has a file; `apart`: whether its server runs as
    several processes, `serving` names them.
    """

    def __init__(
        self,
        name: str,
        home: Path,
        folder: Path,
        children: Children,
        ledger: Ledger,
        chance: random.Random,
        write_pause_s: float,
        settings: Mapping[str, Any],
        cluster: Cluster | None = None,
        *,
        apart: bool = False,
    ) -> None:
        self.name, self.home, self.cluster = name, home, cluster
        self.serving = APART if apart else (SERVER,)
        self.port = _free_port()
        self.wire = Wire(self.port, chance)
        url = f"http://127.0.0.1:{self.wire.port}"
        chosen = SETTINGS | {"web_port": self.port} | dict(settings)
        if cluster is not None:
            chosen["log_level"] = "info"  # a process says when it has its database
        self.environ = {DATABASE_URL: cluster.direct} if cluster else {}
        organisation = Organisation({"fr": name}, "MA", ("fr", "ar"), url)
        self.node: Node = founding.found(home, organisation, chosen, self.environ)
        self.ended_by_itself: list[str] = []
        self.could_not_begin = 0
        self._folder, self._children, self._ledger, self._chance = folder, children, ledger, chance
        self._write_pause_s = write_pause_s
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._heard_from: dict[str, int] = {}
        self._again_at: dict[str, float] = {}
        self._listening: threading.Thread | None = None

    @property
    def logs(self) -> list[Path]:
        """What its processes have said."""
        said = [self._log(role) for role in (*self.serving, PEOPLE)]
        return [*said, self.cluster.log] if self.cluster else said

    def start(self, role: str, clock: Mapping[str, str] | None = None) -> None:
        """Let a process run. `clock`: what shifts its clock (`faults.shifted`)."""
        log = self._log(role)
        environ = dict(clock or {}) | ({DATABASE_URL: self.cluster.through} if self.cluster else {})
        self._again_at.pop(role, None)
        self._heard_from[role] = log.stat().st_size if log.exists() else 0
        if role != PEOPLE:
            words = ["--home", str(self.home), *_WORDS[role]]
            self._running[role] = self._children.start(f"{self.name} {role}", words, log, environ=environ)
            return
        words = [str(self.home), str(self._chance.randrange(2**31)), str(self._write_pause_s)]
        module = "node.bench.torture.publishing"
        child = self._children.start(f"{self.name} {role}", words, log, module=module, environ=environ, heard=True)
        assert child.stdout is not None
        self._running[role], self._listening = child, self._ledger.listen(child.stdout)

    def kill(self, role: str) -> bool:
        """SIGKILL. False when it had ended by itself before."""
        if role not in self._running:
            return False
        child = self._running.pop(role)
        self._children.kill(f"{self.name} {role}")
        self._hear_out(role)
        return child.returncode == -9

    def end(self, role: str) -> None:
        """SIGTERM, and wait."""
        if self._running.pop(role, None) is not None:
            self._children.end(f"{self.name} {role}")
            self._hear_out(role)
        self._again_at.pop(role, None)

    def meets_somebody(self) -> bool:
        """Whether one of its processes is in the middle of a meeting at this moment: it holds a peer."""
        numbers = [f":{self._running[role].pid}:" for role in self.serving if role in self._running]
        try:
            with self.node.database.reading() as connection:
                held = [peer.lease_owner or "" for peer in peers.everyone(connection)]
        except StoreProblem:  # its server is away
            return False
        return any(number in owner for number in numbers for owner in held)

    def revive(self) -> None:
        """Start again what ended by itself, and remember how it ended."""
        if self.cluster is not None:
            self.cluster.revive()
        for role, child in list(self._running.items()):
            code = child.poll()
            if code is not None:
                if self._could_not_begin(role, code):
                    self.could_not_begin += 1
                else:
                    self.ended_by_itself.append(f"{self.name} {role}: exit code {code}")
                self.kill(role)
                self._again_at[role] = time.monotonic() + (_AGAIN_S if self.cluster else 0.0)
        for role, at in list(self._again_at.items()):
            if time.monotonic() >= at:
                self.start(role)

    def invite(self, guest: Town) -> None:
        """Make two towns peers; both servers run."""
        peering.request(guest.node, inviting.create(self.node, guest.name), f"{guest.name} to {self.name}")

    def close(self) -> None:
        """Give back the database and the port."""
        self.wire.close()
        self.node.close()
        if self.cluster is not None:
            self.cluster.close()

    def _log(self, role: str) -> Path:
        return self._folder / f"{self.name}-{role.replace(' ', '-')}.log"

    def _could_not_begin(self, role: str, code: int) -> bool:
        """Whether a process on PostgreSQL ended before it had its database open."""
        if self.cluster is None:
            return False
        if role == PEOPLE:
            return code == AWAY
        with self._log(role).open("rb") as said:
            said.seek(self._heard_from[role])
            text = said.read()
        return not any(word in text for word in _BEGAN)

    def _hear_out(self, role: str) -> None:
        if role == PEOPLE and self._listening is not None:
            self._listening.join(10)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
