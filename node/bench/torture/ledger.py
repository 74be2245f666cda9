"""What was answered as done, kept outside of every node: the only thing that the oracle believes.

One ledger for all nodes; each publisher's lines come in by a thread of its own. Comes before `oracle`.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, Any

import orjson


@dataclass(slots=True)
class Said:
    """What is known of one record. `revisions`: number -> digest, acknowledged; `erased`, `withdrawn`: number of the
    acknowledged end; `erasing`: an erasure was tried; `target`: URI that it translates; `words`: all it ever said."""

    revisions: dict[int, str] = field(default_factory=dict)
    erased: int | None = None
    erasing: bool = False
    target: str | None = None
    words: set[str] = field(default_factory=set)


class Ledger:
    """Acknowledged acts. Thread-safe while lines come in; read it when they have ended."""

    def __init__(self) -> None:
        self.records: dict[str, Said] = {}
        self.doubled: list[str] = []
        """Acknowledged twice: one number with two digests."""
        self.acts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.cut_short = 0
        """Acts of which nobody knows how they ended: killed between the two lines."""
        self._news = threading.Condition()
        self._tries = 0

    def listen(self, stream: IO[bytes]) -> threading.Thread:
        """Write down what one publisher says, until its pipe ends."""
        thread = threading.Thread(target=self._follow, args=(stream,), daemon=True)
        thread.start()
        return thread

    def next_try(self, timeout_s: float) -> None:
        """Wait until somebody begins an act: to kill it in its middle."""
        with self._news:
            before = self._tries
            self._news.wait_for(lambda: self._tries > before, timeout_s)

    def erased_words(self) -> dict[str, str]:
        """Word -> URI, for all words of records whose erasure was acknowledged, and of their translations."""
        gone = {uri for uri, said in self.records.items() if said.erased is not None}
        return {
            word: uri for uri, said in self.records.items() if uri in gone or said.target in gone for word in said.words
        }

    def _follow(self, stream: IO[bytes]) -> None:
        trying = False
        for line in stream:
            if not line.endswith(b"\n"):
                break
            told = orjson.loads(line)
            with self._news:
                trying = "try" in told
                self._take(told)
                self._news.notify_all()
        with self._news:
            self.cut_short += trying
        stream.close()

    def _take(self, told: dict[str, Any]) -> None:
        if "refused" in told:
            self.refused[told["refused"]] += 1
            return
        if "try" in told:
            self._tries += 1
            if told["uri"]:
                said = self.records.setdefault(told["uri"], Said())
                said.words.update(told["words"])
                said.erasing |= told["try"] == "erased"
            return
        self.acts[told["done"]] += 1
        uri, number, digest = told["uri"], told["revision"], told["digest"]
        said = self.records.setdefault(uri, Said())
        if said.revisions.setdefault(number, digest) != digest:
            self.doubled.append(f"{uri} {number}")
        said.words.update(told["words"])
        said.target = told.get("target", said.target)
        if told["done"] == "erased":
            said.erased = number
