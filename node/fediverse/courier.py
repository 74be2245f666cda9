"""The part of the worker that speaks with the fediverse: each host in a thread of its own, a slow one holds up nobody.

Strangers are examined in other threads than those in which followers are told: nobody who only claims something can
keep news from those who follow.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType

from node.assembly import Node
from node.fediverse import examining, telling
from node.fediverse.place import place_of
from node.logs import facts, get_log
from node.store import heard

EXAMINED_AT_ONCE = 2
TOLD_AT_ONCE = 4
REST_S = 60
"""How long a host is left alone after a fault of ours, seconds."""

_log = get_log("fediverse")


class Courier:
    """What one process examines and tells. A context: `turn` works inside it only, starts what is due and returns.

    `wake`: called when something is done; `stopping`: says when nothing new is to be begun.
    """

    def __init__(
        self, node: Node, wake: Callable[[], None] = lambda: None, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._node = node
        self._stopping = stopping
        self._wake = wake
        self._busy: dict[tuple[str, str], Future[None]] = {}
        self._resting: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Courier:
        self._examiners = ThreadPoolExecutor(EXAMINED_AT_ONCE, "examine")
        self._tellers = ThreadPoolExecutor(TOLD_AT_ONCE, "tell")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._examiners.shutdown(cancel_futures=True)
        self._tellers.shutdown(cancel_futures=True)

    def turn(self) -> bool:
        """Start what is due with hosts that are free. Always False: it wakes the worker when something is done."""
        node = self._node
        with node.database.reading() as connection:
            if place_of(connection, node) is None:
                return False
            self._busy = {key: future for key, future in self._busy.items() if not future.done()}
            self._resting = {key: until for key, until in self._resting.items() if until > node.now()}
            taken = [host for kind, host in (*self._busy, *self._resting) if kind == "examine"]
            said = heard.due(connection, node.now(), taken, EXAMINED_AT_ONCE)
        telling.look(node)
        for one in said:
            self._start(self._examiners, "examine", one.host, partial(examining.examine, node, one))
        for subscriber in telling.unanswered(node, TOLD_AT_ONCE):
            self._start(self._tellers, "tell", subscriber.host, partial(telling.answer, node, subscriber))
        for inbox in telling.behind(node, 2 * TOLD_AT_ONCE):
            self._start(self._tellers, "tell", inbox.host, partial(telling.tell, node, inbox, self._stopping))
        return False

    def _start(self, pool: ThreadPoolExecutor, name: str, host: str, act: Callable[[], None]) -> None:
        most = EXAMINED_AT_ONCE if name == "examine" else TOLD_AT_ONCE
        free = (name, host) not in self._busy and (name, host) not in self._resting
        if free and sum(kind == name for kind, _ in self._busy) < most:
            self._busy[name, host] = pool.submit(self._guarded, name, host, act)

    def _guarded(self, name: str, host: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:  # noqa: BLE001
            self._resting[name, host] = self._node.now() + REST_S
            _log.exception("a step with the fediverse failed", extra=facts(step=name, host=host))
        self._wake()


def until_idle(node: Node) -> None:
    """Examine and tell all that is due now, in this thread: for tests and for the terminal."""
    telling.look(node)
    while True:
        with node.database.reading() as connection:
            said = heard.due(connection, node.now(), [], 1) if place_of(connection, node) else []
        asked, news = telling.unanswered(node, 1), telling.behind(node, 1)
        for one in said:
            examining.examine(node, one)
        for subscriber in asked:
            telling.answer(node, subscriber)
        for inbox in news:
            telling.tell(node, inbox)
        if not (said or asked or news):
            return
