"""`wasl serve`: the web server, and one worker beside it in the same process unless told otherwise; perhaps in several
processes (`beside`).

Where there is no node yet, the same server shows the first-run page (`node/web/firstrun.py`) until a person has made
one, and goes on as that node without a restart. Law: the server holds one `Doorway`; what stands behind it may change.
"""

from __future__ import annotations

import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import waitress
from waitress.server import BaseWSGIServer

from node import unambiguous
from node.app import create_app
from node.assembly import Node
from node.beside import Beside, end_with_the_first, handed_down
from node.care import supervisor
from node.config import Config
from node.errors import ConfigProblem
from node.federation.headsets import HeadSets
from node.indexing import Searcher
from node.logs import facts, get_log
from node.worker import Worker

MAX_BODY_BYTES = 12 * 1024 * 1024
"""Bytes of any request: the largest file of a draft with its texts; whoever answers has a narrower bound."""

SWITCH_S = 0.001
"""How long a thread computes before another gets its turn, seconds. The worker stops at every read and write of the
index, and each time it waits that long for those that search: with Python's own 5 ms a new record is found later."""

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_log = get_log("serve")


class Doorway:
    """The WSGI application that the server calls, and the worker that belongs to it."""

    def __init__(self, *, with_worker: bool) -> None:
        self._with_worker = with_worker
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._node: Node | None = None
        self.behind: Wsgi | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        assert self.behind is not None
        return self.behind(environ, start_response)

    def enter(self, node: Node) -> None:
        """Serve this node from now on."""
        searcher, sets = Searcher(node), HeadSets(node.database)
        if self._with_worker:
            self._worker = Worker(node, searcher, sets, alive=lambda: supervisor.tell(supervisor.ALIVE))
            self._thread = threading.Thread(target=self._worker.run, name="worker")
        app = create_app(node, searcher, sets, self._worker.wake if self._worker else None, remembers=True)
        self._node, self.behind = node, app.wsgi_app
        if self._thread:
            self._thread.start()
        _log.info("serving", extra=facts(did=node.did, host=node.config.web_host, port=node.config.web_port))

    def leave(self) -> None:
        """Finish what is under way."""
        if self._worker and self._thread:
            self._worker.stop()
            self._thread.join(timeout=30)

    def close(self) -> None:
        """Give back the database of a node that was made here."""
        if self._node is not None:
            self._node.close()


def serve(node: Node, *, with_worker: bool = True) -> None:
    """Serve until SIGTERM or SIGINT, in `[web] processes` processes of which this is the first.

    Raises `ConfigProblem` (`port_taken`) when the address cannot be had.
    """
    doorway, beside = Doorway(with_worker=with_worker), Beside(node.config.home, node.config.web_processes - 1)

    def begin() -> None:
        doorway.enter(node)
        beside.start(sockets)

    try:
        server, sockets = open_server(node.config, doorway)
        _serve(server, doorway, begin, beside.stopping)
    finally:
        beside.stop()


def serve_beside(node: Node, sockets: str) -> None:
    """Serve on the sockets of a process that has started this one (`node.beside`), until it ends."""
    doorway = Doorway(with_worker=False)
    server, _ = open_server(node.config, doorway, handed_down(sockets))
    end_with_the_first()
    _serve(server, doorway, lambda: doorway.enter(node))


def serve_first(home: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Show the first-run page until a node is made in `home`, then serve it.

    `say` gets the page's address, with a code that is good until then: whoever has it may make the node. The page
    listens where the node will: [web] host and port from `environ`, else their defaults.
    """
    from node.web import firstrun

    config = Config.from_text(home, "", environ)
    code = secrets.token_urlsafe(12)
    doorway = Doorway(with_worker=True)
    doorway.behind = firstrun.create_setup_app(home, environ, code, doorway.enter).wsgi_app
    try:
        server, _ = open_server(config, doorway)
        _serve(server, doorway, lambda: say(f"http://{_shown(config.web_host)}:{config.web_port}/?code={code}"))
    finally:
        doorway.close()


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def take_turns() -> None:
    """Let the threads of this process take shorter turns (`SWITCH_S`)."""
    sys.setswitchinterval(SWITCH_S)


def open_server(
    config: Config, application: Wsgi, sockets: Sequence[socket.socket] = ()
) -> tuple[Any, list[socket.socket]]:
    """A web server that has its address and serves `application` once it `run`s, and its sockets; or one on `sockets`
    that somebody has opened. Raises `ConfigProblem`."""
    listening: dict[int, object] = {}
    place = {"sockets": list(sockets)} if sockets else {"host": config.web_host, "port": config.web_port}
    try:
        server = waitress.create_server(
            application,
            map=listening,
            **place,
            threads=config.web_threads,
            ident=None,
            max_request_body_size=MAX_BODY_BYTES,
            channel_timeout=60,
            connection_limit=200,
            cleanup_interval=10,
            clear_untrusted_proxy_headers=False,
        )
    except OSError as error:
        raise ConfigProblem(
            f"nothing can listen on {config.web_host} port {config.web_port} ({error.strerror}): "
            "is another node running, or is [web] port taken?",
            "port_taken",
        ) from error
    unambiguous.insist(listening.values())
    return server, [each.socket for each in listening.values() if isinstance(each, BaseWSGIServer)]


def _serve(
    server: Any, doorway: Doorway, begin: Callable[[], object], stopping: Callable[[], object] = lambda: None
) -> None:
    def _stop(_signal: int, _frame: FrameType | None) -> None:
        stopping()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)
    take_turns()
    try:
        begin()
        supervisor.tell(supervisor.READY)
        with suppress(SystemExit):  # waitress may keep it for itself
            server.run()
    finally:
        supervisor.tell(supervisor.STOPPING)
        _log.info("stopping")
        doorway.leave()
        server.close()


def work(node: Node) -> None:
    """`wasl worker`: the worker alone, until SIGTERM or SIGINT."""
    worker = Worker(node, alive=lambda: supervisor.tell(supervisor.ALIVE))
    supervisor.tell(supervisor.READY)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: worker.stop())
    signal.signal(signal.SIGINT, lambda _signal, _frame: worker.stop())
    _log.info("working", extra=facts(did=node.did))
    worker.run()
