"""The nodes as real processes: started, watched, ended. None is ever left behind.

All of them are in one process group, led by the keeper (`keeper.py`): a Ctrl-C at the terminal reaches only us, and
when we are killed the keeper ends the group. What a node says goes to a file beside its folder.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType

from node.config import DATABASE_URL
from node.demo import keeper

STOP_S = 15.0
"""How long a node may take to finish what it is doing, seconds."""


class Children:
    """A set of processes that ends with this one. Use it in a `with`."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(keeper.__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._before = signal.signal(signal.SIGTERM, _leave)
        atexit.register(self.stop)

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self,
        name: str,
        words: Sequence[str],
        log: Path,
        *,
        module: str = "node",
        environ: Mapping[str, str] | None = None,
        heard: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Run `wasl` with these words. Its messages are added to `log`.

        `module`: another module to run; `environ`: added to its environment; `heard`: its standard output is a pipe.
        """
        with log.open("ab") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if heard else file,
                stderr=file,
                env=clean_environment() | dict(environ or {}),
                process_group=self._keeper.pid,
            )
        self._running[name] = child
        return child

    def kill(self, name: str) -> None:
        """Kill one at once, as a power cut would, and forget it."""
        child = self._running.pop(name)
        child.kill()
        child.wait()

    def end(self, name: str) -> int:
        """Ask one to finish what it is doing, make it after `STOP_S`, and forget it. Its exit code."""
        child = self._running.pop(name)
        child.terminate()
        try:
            return child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def died(self) -> dict[str, int]:
        """Those that ended although nobody asked them to: name -> exit code (negative: the signal)."""
        return {name: child.returncode for name, child in self._running.items() if child.poll() is not None}

    def memory_mb(self) -> dict[str, int]:
        """Resident memory of each, megabytes; empty where the system does not tell (/proc)."""
        found = {name: resident_mb(child.pid) for name, child in self._running.items()}
        return {name: size for name, size in found.items() if size is not None}

    def stop(self) -> None:
        """End them all: asked first, made to after `STOP_S`. May be called twice."""
        atexit.unregister(self.stop)
        running, self._running = self._running, {}
        for child in running.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_S
        for child in running.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._keeper.poll() is None:
            self._keeper.communicate(b"done")
            signal.signal(signal.SIGTERM, self._before)


def resident_mb(pid: int) -> int | None:
    """Resident memory of a process, megabytes; None where the system does not tell. Source: proc(5), VmRSS."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return None


def clean_environment() -> dict[str, str]:
    """Our environment without the settings of another node (WASL_…, DATABASE_URL): a child has its file and no more."""
    return {name: text for name, text in os.environ.items() if not name.startswith("WASL_") and name != DATABASE_URL}


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)
