"""`wasl serve`: the web server, and one worker beside it in the same process unless told otherwise."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import waitress

from node.app import create_app
from node.assembly import Node
from node.errors import ConfigProblem
from node.federation.headsets import HeadSets
from node.indexing import Searcher
from node.logs import facts, get_log
from node.worker import Worker
from protocol.limits import MAX_PAGE_BYTES

_log = get_log("serve")


def serve(node: Node, *, with_worker: bool = True) -> None:
    """Serve until SIGTERM or SIGINT. Raises `ConfigProblem` (`port_taken`) when the address cannot be had."""
    config = node.config
    searcher, sets = Searcher(node), HeadSets(node.database)
    worker = Worker(node, searcher, sets) if with_worker else None
    app = create_app(node, searcher, sets, worker.wake if worker else None)
    try:
        server = waitress.create_server(
            app,
            host=config.web_host,
            port=config.web_port,
            threads=config.web_threads,
            ident=None,
            max_request_body_size=MAX_PAGE_BYTES + 65536,
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
    thread = threading.Thread(target=worker.run, name="worker") if worker else None

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, _stop)
    if thread:
        thread.start()
    _log.info("serving", extra=facts(did=node.did, host=config.web_host, port=config.web_port))
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        _log.info("stopping")
    finally:
        if worker and thread:
            worker.stop()
            thread.join(timeout=30)
        server.close()


def work(node: Node) -> None:
    """`wasl worker`: the worker alone, until SIGTERM or SIGINT."""
    worker = Worker(node)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: worker.stop())
    signal.signal(signal.SIGINT, lambda _signal, _frame: worker.stop())
    _log.info("working", extra=facts(did=node.did))
    worker.run()
