"""One node with what runs in it: its server, its people, its wire, its clock, and the disk that it stands on.

A process that was killed is started again at once, as a supervisor does it (`deploy/`); one that ended by itself is
counted and started again, too.
"""

from __future__ import annotations

import random
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from node import founding, inviting, peering
from node.assembly import Node
from node.bench.torture.ledger import Ledger
from node.bench.torture.wire import Wire
from node.demo.processes import Children
from node.founding import Organisation
from node.store import peers

SETTINGS: dict[str, Any] = {
    "sync_private_addresses": True, "sync_interval_s": 2, "sync_reconcile_s": 30, "sync_timeout_s": 10,
    "limits_free_mb": 0, "log_level": "warning", "web_threads": 4,
}  # fmt: skip
"""`limits_free_mb` 0: SQLite itself is to meet the end of the disk, not our guard before it."""

SERVER, PEOPLE = "server", "people"


class Town:
    """A founded node. `home`: its folder; `folder`: where its messages go. Use `start` with a role to let it run."""

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
    ) -> None:
        self.name, self.home = name, home
        self.port = _free_port()
        self.wire = Wire(self.port, chance)
        url = f"http://127.0.0.1:{self.wire.port}"
        chosen = SETTINGS | {"web_port": self.port} | dict(settings)
        self.node: Node = founding.found(home, Organisation({"fr": name}, "MA", ("fr", "ar"), url), chosen, {})
        self.ended_by_itself: list[str] = []
        self._folder, self._children, self._ledger, self._chance = folder, children, ledger, chance
        self._write_pause_s = write_pause_s
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._listening: threading.Thread | None = None

    @property
    def logs(self) -> list[Path]:
        """What its processes have said."""
        return [self._folder / f"{self.name}-{role}.log" for role in (SERVER, PEOPLE)]

    def start(self, role: str, clock: Mapping[str, str] | None = None) -> None:
        """Let a process run. `clock`: what shifts its clock (`faults.shifted`)."""
        log = self._folder / f"{self.name}-{role}.log"
        if role == SERVER:
            words = ["--home", str(self.home), "serve"]
            self._running[role] = self._children.start(f"{self.name} {role}", words, log, environ=clock)
            return
        words = [str(self.home), str(self._chance.randrange(2**31)), str(self._write_pause_s)]
        module = "node.bench.torture.publishing"
        child = self._children.start(f"{self.name} {role}", words, log, module=module, environ=clock, heard=True)
        assert child.stdout is not None
        self._running[role], self._listening = child, self._ledger.listen(child.stdout)

    def kill(self, role: str) -> bool:
        """SIGKILL. False when it had ended by itself before."""
        child = self._running.pop(role)
        self._children.kill(f"{self.name} {role}")
        self._hear_out(role)
        return child.returncode == -9

    def end(self, role: str) -> None:
        """SIGTERM, and wait."""
        self._running.pop(role)
        self._children.end(f"{self.name} {role}")
        self._hear_out(role)

    def meets_somebody(self) -> bool:
        """Whether its server is in the middle of a meeting at this moment: it holds a peer."""
        number = f":{self._running[SERVER].pid}:"
        with self.node.database.reading() as connection:
            return any(number in (peer.lease_owner or "") for peer in peers.everyone(connection))

    def revive(self) -> None:
        """Start again what ended by itself, and remember how it ended."""
        for role, child in list(self._running.items()):
            code = child.poll()
            if code is not None:
                self.ended_by_itself.append(f"{self.name} {role}: exit code {code}")
                self.kill(role)
                self.start(role)

    def invite(self, guest: Town) -> None:
        """Make two towns peers; both servers run."""
        peering.request(guest.node, inviting.create(self.node, guest.name), f"{guest.name} to {self.name}")

    def close(self) -> None:
        """Give back the database and the port."""
        self.wire.close()
        self.node.close()

    def _hear_out(self, role: str) -> None:
        if role == PEOPLE and self._listening is not None:
            self._listening.join(10)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
