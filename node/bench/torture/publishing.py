"""One node's people: a process that publishes, revises, withdraws, erases and translates, until it is ended or killed.

Before each act it writes a line that says what it will try, after it one that says that it is done, as a command prints
when it returns; the reader of these lines is `ledger`. It calls what `wasl publish` calls, beside the node's server.
"""

from __future__ import annotations

import errno
import os
import random
import secrets
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import orjson

from node import publish
from node.assembly import Node, open_node
from node.bench.making import practice
from node.errors import NodeError, StoreProblem
from node.publish import Statement
from node.store import records
from node.store.records import OURSELVES

AWAY = 75
"""Exit code of people who could not open their node (EX_TEMPFAIL of sysexits.h)."""
MARK = "sceau"
"""How every word begins by which a revision is found again."""
_LETTERS = "bcdfghklmnprstvz"


def word() -> str:
    """A word that stands nowhere else; the end is not a French ending, so that it is its own stem."""
    return MARK + "".join(secrets.choice(_LETTERS) for _ in range(14))


class People:
    """Who writes in one node. `pause_s`: between two acts, at most."""

    def __init__(self, node: Node, seed: int, pause_s: float) -> None:
        self._node = node
        self._chance = random.Random(seed)  # noqa: S311
        self._pause_s = pause_s
        self._ended = threading.Event()
        with node.database.reading() as connection:
            held = records.own(connection, node.did)
        self._live = [one.uri for one in held if one.type == "Practice"]
        self._withdrawn = [one.uri for one in held if one.type == "Tombstone" and one.state == "withdrawn"]

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Finish the act that is under way."""
        self._ended.set()

    def write(self) -> None:
        """One act after the other, until `stop`."""
        while not self._ended.is_set():
            try:
                self._act()
            except NodeError as error:
                _say({"refused": error.code})
                self._ended.wait(0.2)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                _say({"refused": "slept while libfaketime set the clock"})  # its 0.9.10 gives an error for a sleep then
            self._ended.wait(self._chance.uniform(0.0, self._pause_s))

    def _act(self) -> None:
        drawn = self._chance.random()
        if drawn < 0.45 or len(self._live) < 5:
            self._live.append(self._publish(None))
        elif drawn < 0.75:
            self._publish(self._chance.choice(self._live))
        elif drawn < 0.82:
            self._end(self._take(self._live), "withdrawn")
        elif drawn < 0.86 and self._withdrawn:
            self._publish(again := self._take(self._withdrawn))
            self._live.append(again)
        elif drawn < 0.93:
            self._end(self._take(self._withdrawn if self._withdrawn and drawn < 0.88 else self._live), "erased")
        else:
            self._translate()

    def _take(self, among: list[str]) -> str:
        return among.pop(self._chance.randrange(len(among)))

    def _publish(self, uri: str | None) -> str:
        new = word()
        act = "revise" if uri else "publish"
        _say({"try": act, "uri": uri, "words": [new]})
        content = practice(self._node.did, 0, self._node.now(), self._chance)["content"]
        content["title"] = {"fr": f"Un bilan {new}"}
        content["approach"]["fr"] += f" {new}"
        record = uri.rpartition("/")[2] if uri else None
        made = publish.publish(self._node, Statement("Practice", content, "fr"), record)
        said = {"revision": made.revision, "digest": made.digest.hex(), "words": [new]}
        _say({"done": act, "uri": made.uri} | said)
        return made.uri

    def _end(self, uri: str, state: str) -> None:
        with self._node.database.reading() as connection:
            said = [words for one in records.history(connection, uri) if (words := _word_of(one.content))]
        _say({"try": state, "uri": uri, "words": said})
        made = publish.end(self._node, uri, state, "erasure-request" if state == "erased" else "withdrawn")
        _say({"done": state, "uri": uri, "revision": made.revision, "digest": made.digest.hex(), "words": said})
        if state == "withdrawn":
            self._withdrawn.append(uri)

    def _translate(self) -> None:
        """Translate a practice of another node, whose words are then to be erased with it."""
        with self._node.database.reading() as connection:
            latest = records.latest(connection, OURSELVES, limit=30)
        others = [one for one in latest if one.origin != self._node.did]
        if not others:
            return
        target, new = self._chance.choice(others), word()
        content = {
            "target": target.uri, "targetDigest": target.digest.hex(), "from": "fr", "to": "de",
            "fields": {"title": f"Eine Bilanz {new}"}, "method": "human", "translator": "ISG",
        }  # fmt: skip
        _say({"try": "translate", "uri": None, "target": target.uri, "words": [new]})
        made = publish.publish(self._node, Statement("Translation", content, "de"))
        said = {"uri": made.uri, "revision": made.revision, "digest": made.digest.hex(), "words": [new]}
        _say({"done": "translate", "target": target.uri} | said)


def _word_of(content: Mapping[str, Any]) -> str:
    title = content.get("title")
    text = str(title.get("fr", "")) if isinstance(title, dict) else ""
    return next((part for part in text.split() if part.startswith(MARK)), "")


def _say(line: Mapping[str, Any]) -> None:
    """One line in one write: a kill leaves no half of it."""
    os.write(1, orjson.dumps(line) + b"\n")


def main() -> None:
    """HOME SEED PAUSE"""
    try:
        node = open_node(Path(sys.argv[1]), os.environ)
    except StoreProblem as error:  # its database server is away: tried again by whoever started us
        print(error.message, file=sys.stderr)
        sys.exit(AWAY)
    people = People(node, int(sys.argv[2]), float(sys.argv[3]))
    signal.signal(signal.SIGTERM, people.stop)
    people.write()
    node.close()


if __name__ == "__main__":
    main()
