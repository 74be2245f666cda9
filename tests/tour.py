"""Nodes as a town has them: real processes on real sockets, and a wire between them that can fail.

A `Town` runs `wasl serve` on a port of its own; its card names the port of a `Wire`, a proxy that carries requests and
can be told to fail: `cut`, `slow`, `truncated`, `altered`, `endless`, `garbage`, `contradictory`. The node behind it
knows nothing of it. Every wait is for a condition, with a deadline.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner
from simulator import prepared

from node import founding, publish
from node.assembly import Node, open_node
from node.cli import main
from node.demo.processes import clean_environment
from node.founding import Organisation
from node.publish import Statement
from node.store import peers, records
from node.store.records import OURSELVES
from protocol.envelope import Envelope

ROOT = Path(__file__).parent.parent
SETTINGS: dict[str, Any] = {
    "sync_private_addresses": True,
    "sync_interval_s": 1,
    "sync_timeout_s": 4,
    "limits_free_mb": 10,
    "web_threads": 4,
}
LANGUAGE = {"LANG": "en_GB.UTF-8"}
TITLE = "Bilan de compétences à {name}"


class Wire:
    """A proxy before one node. `fault`: what goes wrong now, or empty; counted in `passed` and `spoilt`."""

    def __init__(self, target: int) -> None:
        self.fault = ""
        self.passed = self.spoilt = 0
        self._target = target
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _carry(self) -> None:
                wire._carry(self)

            do_GET = do_POST = do_PUT = do_DELETE = _carry

            def log_message(self, *_words: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_facts: Any) -> None:
                pass  # the other side went away: that is what these tests are about

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _carry(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        if self.fault == "cut":
            handler.connection.close()
            return
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(size)
        inside = http.client.HTTPConnection("127.0.0.1", self._target, timeout=30)
        try:
            plain = {name: text for name, text in handler.headers.items() if name.lower() != "accept-encoding"}
            inside.request(handler.command, handler.path, body, plain)  # uncompressed, so that it can be spoilt
            answer = inside.getresponse()
            self._answer(handler, answer.status, dict(answer.getheaders()), answer.read())
        except OSError:
            handler.connection.close()
        finally:
            inside.close()

    def _answer(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], data: bytes) -> None:
        fault = self.fault
        if fault == "altered" and handler.path.endswith("/fetch"):
            data = data.replace(b"Bilan", b"Bilam")
        if fault == "garbage":
            data, headers["Content-Type"] = b"<html>please prove that you are human</html>", "text/html"
        if fault == "contradictory" and "/changes" in handler.path and status == 200:
            page = json.loads(data)
            page["more"], page["next"] = True, page["next"]
            page["changes"] = [dict(change, seq=1) for change in page["changes"]] * 2
            data = json.dumps(page).encode()
        self.spoilt += bool(fault)
        self.passed += not fault
        handler.send_response(status)
        for name, text in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                handler.send_header(name, text)
        endless = fault == "endless"
        handler.send_header("Content-Length", str(10**12 if endless else len(data)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        if fault == "truncated":
            handler.wfile.write(data[: len(data) // 2])
        elif fault == "slow":
            for place in range(len(data)):
                handler.wfile.write(data[place : place + 1])
                handler.wfile.flush()
                threading.Event().wait(0.5)
        elif endless:
            while self.fault == "endless":
                handler.wfile.write(b" " * 65536)
        else:
            handler.wfile.write(data)


class Town:
    """One node with its process. `node`: the same folder, opened here too, as an officer's terminal would."""

    def __init__(self, folder: Path, name: str, language: str = "fr", **settings: Any) -> None:
        self.name, self.folder, self.home = name, folder, folder / name
        self.port = free_port()
        self.wire = Wire(self.port)
        organisation = Organisation({"fr": name.title()}, "MA", ("fr", "ar"), self.public)
        chosen = SETTINGS | {"node_language": language, "web_port": self.port} | settings
        self.node: Node = founding.found(prepared(self.home), organisation, chosen, {})
        self.environ: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def did(self) -> str:
        return self.node.did

    @property
    def public(self) -> str:
        """The address on its card: the wire's."""
        return f"http://127.0.0.1:{self.wire.port}"

    @property
    def url(self) -> str:
        """Its server itself."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        """Whether the process that was started last still does."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "node", "--home", str(self.home), "serve"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=environment() | self.environ,
            )  # fmt: skip
        until(lambda: answers(self.url), f"{self.name} answers")

    def stop(self, *, kill: bool = False) -> None:
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait(30)
            self._process = None

    def reopen(self) -> None:
        """Look at the folder anew: it was replaced."""
        self.node.close()
        self.node = open_node(self.home, self.environ)

    def close(self) -> None:
        self.stop()
        self.wire.close()
        self.node.close()

    def wasl(self, *words: str, give: str | None = None, fine: tuple[int, ...] = (0,)) -> str:
        """Call a command of this node as its administrator types it; gives what it printed."""
        return wasl("--home", str(self.home), *words, give=give, fine=fine, **self.environ)

    def told(self, *words: str) -> Any:
        """As `wasl`, with --json, read."""
        return json.loads(self.wasl(*words, "--json"))

    def publish(self, type_: str = "Practice", record: str | None = None, **content: Any) -> Envelope:
        content = content or practice(TITLE.format(name=self.name.title()))
        return publish.publish(self.node, Statement(type_, content, "fr"), record)

    def befriend(self, other: Town) -> None:
        """This town invites, the other follows: what two administrators do at their terminals."""
        link = self.told("peer", "invite")["invitation"]
        assert other.told("peer", "request", link)["state"] == "active"

    def heads(self) -> dict[str, bytes]:
        """URI -> digest of all live records that it holds of others and its own; cards and vouches left out."""
        with self.node.database.reading() as connection:
            found = records.latest(connection, OURSELVES, ("Practice", "Question", "Note"), limit=10_000)
        return {stored.uri: stored.digest for stored in found}

    def peer(self, other: Town) -> peers.Peer:
        with self.node.database.reading() as connection:
            return peers.get(connection, other.did)

    def files_with(self, *traces: bytes) -> list[str]:
        """Every file of this node in which one of these bytes stands."""
        found = []
        for path in self.home.rglob("*"):
            if path.is_file() and any(trace in path.read_bytes() for trace in traces):
                found.append(path.relative_to(self.home).as_posix())
        return found

    def page(self, path: str, language: str = "fr") -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(self.url + path, headers={"Accept-Language": language}, timeout=20)


def practice(title: str) -> dict[str, Any]:
    """A whole practice with this title: the first of the demonstration data."""
    from node.demo.story import lines
    from node.transfer import demo_lines

    statement = demo_lines.statement(next(lines()), lambda _name: None, lambda _uri: None)
    return dict(statement.content) | {"title": {"fr": title}}


def wasl(*words: str, give: str | None = None, fine: tuple[int, ...] = (0,), **more: str) -> str:
    """Call `wasl` with these words, in this process: the servers are those that are killed. `give`: standard input;
    `fine`: exit codes that are expected."""
    foreign: dict[str, str | None] = dict.fromkeys(os.environ.keys() - clean_environment().keys())
    ended = CliRunner(env=foreign | LANGUAGE | more).invoke(main, words, input=give, prog_name="wasl")
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code in fine, f"wasl {' '.join(words)}: {ended.exit_code}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@contextmanager
def towns(folder: Path, *names: str, **settings: Any) -> Iterator[list[Town]]:
    """Towns that run, and that are ended whatever happens."""
    made: list[Town] = []
    try:
        for name in names:
            made.append(Town(folder, name, **settings))
        for town in made:
            town.start()
        yield made
    finally:
        for town in made:
            town.close()


def until(true: Callable[[], Any], what: str, timeout_s: float = 60.0) -> None:
    """Look again and again until `true()`; fails, saying what was waited for."""
    pause = threading.Event()
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain: {what}"
        pause.wait(0.05)


def answers(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url + "/.well-known/wasl", timeout=5).status_code == 200
        except requests.RequestException:
            return False


def agree(*those: Town) -> bool:
    """True when all hold the same records."""
    first = those[0].heads()
    return all(town.heads() == first for town in those[1:])


def environment() -> dict[str, str]:
    """Ours, without settings of another node, and in a language that assertions can read."""
    return clean_environment() | LANGUAGE | {"PYTHONPATH": str(ROOT)}


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def forks(town: Town) -> list[str]:
    """Records of which this town holds two versions with one number."""
    with town.node.database.reading() as connection:
        found = records.latest(connection, OURSELVES, ("Practice", "Question", "Note"), limit=10_000)
    return [stored.uri for stored in found if stored.forked]


def signed_by(town: Town, origin: Town, key: str) -> set[str]:
    """Practices of `origin`, as `town` shows them, that this key has signed."""
    with town.node.database.reading() as connection:
        found = records.latest(connection, OURSELVES, origin=origin.did, limit=10_000)
    return {stored.uri for stored in found if stored.key == key}


class Reading:
    """A reader who looks at these practices on a town's pages, again and again; `missed` is what was not there."""

    def __init__(self, town: Town, uris: list[str], missed: list[str]) -> None:
        self.rounds = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(town, uris, missed))

    def _look(self, town: Town, uris: list[str], missed: list[str]) -> None:
        while not self._stop.is_set():
            for uri in uris:
                page = town.page(f"/practices/{uri.replace('/records/', '/')}")
                if page.status_code != 200:
                    missed.append(f"{uri}: {page.status_code}")
            self.rounds += 1

    def look_again(self) -> None:
        """Wait until each has been looked at, from now on."""
        before = self.rounds
        until(lambda: self.rounds > before + 1, "a reader looks at all of them")

    def __enter__(self) -> Reading:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
