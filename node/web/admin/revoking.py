"""A revocation that runs beside the pages: signing thousands of records again takes longer than a browser waits.

One at a time in a process. What it has done so far stands in the database at every moment (`node/keyring.py`); what
stands here is only for the page that shows how far it is. Killed, it is gone on with from the keys page.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from flask import current_app

from node import keyring
from node.assembly import Node
from node.errors import NodeError
from node.logs import get_log
from protocol.errors import ProtocolError

_EXTENSION = "wasl-revoking"
_begin = threading.Lock()
_log = get_log("revoking")


@dataclass(slots=True)
class Run:
    """How far it is. `error`: why it stopped; `ended`: nothing runs any more."""

    done: int = 0
    total: int = 0
    error: Exception | None = None
    ended: bool = False


def start(node: Node, sheet: bytes | None, actor: str, key: str | None) -> Run:
    """Begin in a thread of its own, unless one runs. It may be killed at any moment and gone on with later."""
    with _begin:
        run = running()
        if run is not None and not run.ended:
            return run
        run = current_app.extensions[_EXTENSION] = Run()
        thread = threading.Thread(target=_revoke, args=(run, node, sheet, actor, key), name="revoking", daemon=True)
        thread.start()
        return run


def running() -> Run | None:
    """The one that was started last in this process, or None."""
    found: Run | None = current_app.extensions.get(_EXTENSION)
    return found


def _revoke(run: Run, node: Node, sheet: bytes | None, actor: str, key: str | None) -> None:
    def progress(done: int, total: int) -> None:
        run.done, run.total = done, total

    try:
        keyring.revoke_signing(node, sheet, actor, progress, key=key)
    except (NodeError, ProtocolError, OSError) as error:
        run.error = error
    except Exception as error:  # noqa: BLE001
        _log.exception("revocation stopped")
        run.error = error
    finally:
        run.ended = True
