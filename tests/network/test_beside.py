"""A node whose pages come from several processes on one address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tour import until

from node.bench import making
from node.demo.processes import clean_environment

PROCESSES = 3
PATIENCE_S = 120


@pytest.fixture
def port(tmp_path: Path) -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    making.make_node(tmp_path / "node", "node", number, web_port=number, web_processes=PROCESSES).close()
    return number


@pytest.fixture
def first(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-P", "-m", "node", "--home", str(tmp_path / "node"), "serve"]
    foreign = tmp_path / "where somebody stands" / "node"
    foreign.mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        (foreign / name).write_text("raise SystemExit('this is another program')\n", encoding="utf-8")
    with (tmp_path / "said").open("wb") as said:
        child = subprocess.Popen(
            words, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=said, cwd=foreign.parent
        )
    try:
        until(lambda: len(beside(child)) == PROCESSES - 1, "the others run", PATIENCE_S)
        for process in (child.pid, *beside(child)):
            until(partial(answers, child, process, port), "each answers", PATIENCE_S)
        yield child
        others = beside(child)
        child.terminate()
        child.wait(PATIENCE_S)
        until(lambda: not any(map(runs, others)), "the others end", PATIENCE_S)
        assert "Fatal" not in (tmp_path / "said").read_text(encoding="utf-8")
    finally:
        child.kill()
        child.wait()


def beside(first: subprocess.Popen[bytes]) -> list[int]:
    """Its children, which belong to the threads that have started them."""
    said = ""
    for task in Path(f"/proc/{first.pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            said += task.read_text("ascii")
    return [int(each) for each in said.split() if runs(int(each))]


def runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def alone(first: subprocess.Popen[bytes], process: int) -> Iterator[None]:
    """While all the others stand still."""
    others = [each for each in (first.pid, *beside(first)) if each != process]
    for each in others:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in others:
            os.kill(each, signal.SIGCONT)


def answers(first: subprocess.Popen[bytes], process: int, port: int) -> bool:
    """Whether this process answers when nobody else can."""
    with alone(first, process):
        try:
            return asked(port, "/healthz") == b"ok\n"
        except OSError:
            return False


def asked(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bytes(answer.read())


def test_each_process_answers_and_one_that_was_killed_is_started_again(
    first: subprocess.Popen[bytes], port: int
) -> None:
    before = beside(first)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(beside(first)) == PROCESSES - 1 and before[0] not in beside(first), "a new one runs", PATIENCE_S)
    fresh = next(each for each in beside(first) if each not in before)
    until(partial(answers, first, fresh, port), "the new one answers", PATIENCE_S)


def test_all_end_when_the_first_one_is_killed(first: subprocess.Popen[bytes], port: int) -> None:
    others = beside(first)
    first.kill()
    first.wait()
    until(lambda: not any(map(runs, others)), "the others end", PATIENCE_S)
    with socket.create_server(("127.0.0.1", port)):
        pass  # nobody holds the address any more


def test_none_is_started_again_while_the_server_is_stopped(first: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Whoever stops it tells all of its processes at once: systemd, or Ctrl-C. The worker finishes what it does."""
    for process in (*beside(first), first.pid):
        os.kill(process, signal.SIGTERM)
    assert first.wait(PATIENCE_S) == 0
    assert "started again" not in (tmp_path / "said").read_text(encoding="utf-8")


def test_the_figures_are_those_of_all_processes(first: subprocess.Popen[bytes], port: int) -> None:
    def counted() -> float:
        families = text_string_to_metric_families(asked(port, "/metrics").decode())
        samples = [one for family in families for one in family.samples if one.name == "wasl_http_requests_total"]
        return sum(one.value for one in samples if one.labels["route"] == "care.health")

    before = counted()
    for process in (first.pid, *beside(first)):
        for _ in range(4):
            assert answers(first, process, port)
    assert counted() == before + 4 * PROCESSES
