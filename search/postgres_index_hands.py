"""Documents taken apart by other processes while this one reads more of them: for an index made anew.

A hand runs `main` below: a vocabulary comes on its standard input, then lists of documents, and what is made
of each list goes back, in pickles between processes of one program. It ends with its input, so none outlives whoever
started it, however that ended. Few documents are made here. Comes from: `postgres_index_rebuilding`.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from traceback import extract_tb

from search.analysis import invert, take_apart
from search.document import Document
from search.errors import IndexAway
from search.postgres_index_binary import row
from search.postgres_index_building import Batch
from search.postgres_index_known import Known
from search.postgres_index_memory import hands_with_room
from search.postgres_index_values import Prepared, Values, values_of
from search.vocabulary import Vocabulary

TOGETHER = 256
"""Documents that are made at once."""

ALONE = 4 * TOGETHER
"""Documents up to which no other process is started."""

MOST_HANDS = 4
"""Other processes, unless there are fewer processors or there is less memory."""

_COMMAND = (sys.executable, "-P", "-c", "from search.postgres_index_hands import main; main()")


@dataclass(frozen=True, slots=True)
class Made:
    """A document to be written. `sent`: its row as it is sent, but for the codes of its `values`; where there is none,
    `prepared` is what it is written from."""

    values: Values
    title_length: int
    text_length: int
    spellings: frozenset[str]
    sent: bytes = b""
    prepared: Prepared | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """What a hand says instead, if something is wrong with it or with a document: which error, and where, without the
    words that were in it."""

    error: str
    where: str


class Maker:
    """Makes documents in this process."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known = Known(vocabulary)

    def make(self, documents: Sequence[Document]) -> list[Made]:
        """What is made of these documents, in their order."""
        made: list[Made] = []
        batch = Batch(self._known)
        for document in documents:
            batch.add(take_apart(document, self._vocabulary))
            if batch.full:
                made += self._finished(batch)
                batch = Batch(self._known)
        made += self._finished(batch)
        if self._known.full:
            self._known = Known(self._vocabulary)
        gc.collect(1)
        return made

    def _finished(self, batch: Batch) -> Iterator[Made]:
        for parts, built in batch.rows():
            counted = (values_of(parts), parts.title_length, parts.text_length)
            if built is not None:
                sent = row(parts, built.words, built.weights, built.places)
                yield Made(*counted, built.spellings, sent)
            else:
                prepared = Prepared(invert(parts, self._vocabulary))
                yield Made(*counted, prepared.row.spellings, prepared=prepared)


def made(documents: Iterable[Document], vocabulary: Vocabulary) -> Iterator[list[Made]]:
    """What is made of all documents, some at a time, in their order.

    Raises IndexAway if a hand is lost, RuntimeError if one says that something is wrong.
    """
    rest = iter(documents)
    here = Maker(vocabulary)
    for _ in range(ALONE // TOGETHER):
        few = list(islice(rest, TOGETHER))
        if not few:
            return
        yield here.make(few)
    number = hands_with_room(min(MOST_HANDS, os.cpu_count() or 1))
    if not number:
        while few := list(islice(rest, TOGETHER)):
            yield here.make(few)
        return
    with ExitStack() as started:
        pool = started.enter_context(ThreadPoolExecutor(number))
        idle: SimpleQueue[_Hand] = SimpleQueue()
        for _ in range(number):
            hand = _Hand()
            started.callback(hand.end)
            hand.send(vocabulary)
            idle.put(hand)
        waiting: deque[Future[list[Made]]] = deque()
        while few := list(islice(rest, TOGETHER)):
            waiting.append(pool.submit(_by_one, idle, few))
            if len(waiting) > number:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _by_one(idle: "SimpleQueue[_Hand]", documents: Sequence[Document]) -> list[Made]:
    hand = idle.get()
    try:
        return hand.make(documents)
    finally:
        idle.put(hand)


class _Hand:
    """Another process, and the pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ours

    def make(self, documents: Sequence[Document]) -> list[Made]:
        """As `Maker.make`."""
        self.send(documents)
        assert self._process.stdout is not None
        try:
            found: list[Made] | Failed = pickle.load(self._process.stdout)  # noqa: S301 - our own process says it
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise IndexAway(type(error).__name__) from error
        if isinstance(found, Failed):
            raise RuntimeError(f"taking documents apart failed: {found.error} in {found.where}")
        return found

    def send(self, thing: object) -> None:
        """Say something to it: first of all the vocabulary."""
        assert self._process.stdin is not None
        try:
            pickle.dump(thing, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError as error:
            raise IndexAway(type(error).__name__) from error

    def end(self) -> None:
        """Let it end, whatever it does."""
        self._process.kill()
        with suppress(OSError):  # what it was not told yet
            self._process.communicate()


def main() -> None:
    """A hand: see the top of the file."""
    gc.disable()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    maker = Maker(pickle.load(source))  # noqa: S301 - whoever started us says it
    while True:
        try:
            documents = pickle.load(source)  # noqa: S301
        except EOFError:
            return
        pickle.dump(_made_or_not(maker, documents), target, pickle.HIGHEST_PROTOCOL)
        target.flush()


def _made_or_not(maker: Maker, documents: Sequence[Document]) -> list[Made] | Failed:
    try:
        return maker.make(documents)
    except Exception as error:  # noqa: BLE001 - whoever started us raises it
        last = extract_tb(error.__traceback__)[-1]
        return Failed(type(error).__name__, f"{Path(last.filename).name}:{last.lineno}")
