"""The worker keeps the index: it follows, tends it when there is nothing else to do, and is stopped by none of it."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from library import fill, say, translate
from simulator import Town
from tour import until

from node import agreeing, indexing
from node.indexing import Searcher
from node.store import log, notes
from node.worker import Worker
from search import IndexBroken, Query
from search.whoosh_index import WhooshIndex
from search.whoosh_index_folder import live
from search.whoosh_index_policy import MAX_SEGMENTS

HOUR = 3600
DAY = 24 * HOUR
MIDNIGHT = 20_700 * DAY


@contextmanager
def working(town: Town, searcher: Searcher) -> Iterator[Worker]:
    """The worker's real loop, in a thread, as `wasl serve` has it."""
    worker = Worker(town.node, searcher, town.sets)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(60)
        searcher.forget()
    assert not thread.is_alive()


def note(town: Town, name: str) -> str:
    with town.node.database.reading() as connection:
        return notes.value(connection, name) or ""


def segments(town: Town) -> list[Path]:
    return sorted(live(town.node.config.index).glob("*.seg"))


def has_read_all(town: Town, searcher: Searcher) -> bool:
    with town.node.database.reading() as connection:
        return searcher.reaches(log.last_seq(connection))


def rot(path: Path) -> None:
    """Change a bit as a disk does: nothing says that the file is another one."""
    told = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def test_f3_worker_finds_bit_rot_by_night_and_builds_the_index_anew(town: Town) -> None:
    town.clock.seconds = MIDNIGHT + 14 * HOUR
    made = fill(town.node, 5)
    searcher = Searcher(town.node)
    with working(town, searcher):
        until(lambda: has_read_all(town, searcher), "the index has read everything")
        before = segments(town)
        rot(before[0])
        town.clock.seconds = MIDNIGHT + DAY + 2 * HOUR
        until(lambda: segments(town) and not before[0].parent.exists(), "another index has taken over")
        until(lambda: has_read_all(town, searcher), "it has read everything")
        found = searcher.find(Query("", kinds=()))
        assert (found.rebuilding, found.results.complete) == (False, True)
        assert {hit.uri for hit in found.results.hits} == {each.uri for name, each in made.items() if "pract" in name}
        searcher.index().check()


def test_worker_merges_by_night_and_once_only(town: Town) -> None:
    town.clock.seconds = MIDNIGHT + 14 * HOUR
    searcher = Searcher(town.node)
    with working(town, searcher):
        for number in range(4):
            say(town.node, f"Un guichet, numéro {number}")
            until(lambda: has_read_all(town, searcher), "the index has read it")
        assert len(segments(town)) > 1
        assert note(town, "index_tended") == ""
        town.clock.seconds = MIDNIGHT + DAY + 2 * HOUR
        until(lambda: len(segments(town)) == 1, "one segment is left")
        tended = note(town, "index_tended")
        assert tended == str(MIDNIGHT + DAY + 2 * HOUR)
        town.clock.seconds += HOUR
        say(town.node, "Encore un guichet")
        until(lambda: has_read_all(town, searcher), "the index has read it")
    assert note(town, "index_tended") == tended


def test_worker_merges_what_piled_up_by_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.clock.seconds = MIDNIGHT + 14 * HOUR
    monkeypatch.setattr("search.whoosh_index_policy.SMALL", 0)  # no commit merges anything
    searcher = Searcher(town.node)
    indexing.rebuild(town.node)
    for number in range(MAX_SEGMENTS + 3):
        say(town.node, f"Un guichet, numéro {number}")
        indexing.follow_once(town.node, searcher)
    assert len(segments(town)) > MAX_SEGMENTS
    with working(town, searcher):
        until(lambda: len(segments(town)) <= MAX_SEGMENTS, "there are few segments")
    assert note(town, "index_tended") == ""


def test_a_rebuild_stops_neither_the_heart_nor_the_searching(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    say(town.node, "Un guichet unique")
    begun, go_on = threading.Event(), threading.Event()
    real = indexing.rebuild

    def slow(*arguments: object) -> int:
        begun.set()
        assert go_on.wait(60)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(indexing, "rebuild", slow)
    searcher = Searcher(town.node)
    with working(town, searcher):
        assert begun.wait(60)
        town.clock.seconds += 1000
        until(lambda: note(town, "worker_beat") == str(town.clock.seconds), "the worker shows that it lives")
        assert searcher.find(Query("guichet", "fr")).results.total == 1
        go_on.set()
        until(lambda: not searcher.find(Query("guichet", "fr")).rebuilding, "the index answers")


def test_an_index_found_damaged_by_a_reader_is_built_anew_by_the_worker_of_another_process(town: Town) -> None:
    """`serve --web-only` beside `worker`: the reader cannot build, and the writer sees nothing in its own memory."""
    say(town.node, "Un guichet unique")
    ours, theirs = Searcher(town.node), Searcher(town.node)
    with working(town, theirs):
        until(lambda: has_read_all(town, theirs), "the index has read everything")
        before = segments(town)
        for segment in before:
            rot(segment)
        assert ours.find(Query("guichet", "fr")).rough
        until(lambda: not before[0].exists(), "another index has taken over")
        until(lambda: not ours.find(Query("guichet", "fr")).rough, "the reader has seen it")
    ours.forget()


def _compare(town: Town, index: WhooshIndex) -> None:
    for seed in range(10):
        with town.node.database.reading() as connection:
            agreeing.compare(connection, index, indexing.vocabulary(), random.Random(seed))


@pytest.fixture
def index(town: Town) -> Iterator[WhooshIndex]:
    """The index of a node with the demonstration records, all of it read."""
    fill(town.node)
    indexing.rebuild(town.node)
    made = WhooshIndex(town.node.config.index, indexing.vocabulary())
    yield made
    made.close()


def test_every_record_is_found_by_its_own_title(town: Town, index: WhooshIndex) -> None:
    for language in ("fr", "ar", "de", "tr", "en"):
        say(town.node, "«La» 100 % de « l'eau » : ?!", language=language)
    searcher = Searcher(town.node)
    while indexing.follow_once(town.node, searcher):
        pass
    searcher.forget()
    assert index.count() == 65
    _compare(town, index)


@pytest.mark.parametrize("wrong", ["lost", "strange", "other"])
def test_f3_index_that_does_not_say_what_the_store_says_is_broken(town: Town, index: WhooshIndex, wrong: str) -> None:
    from dataclasses import replace

    from tests.search.corpus import document

    hit = index.find(Query("", limit=1)).hits[0].uri
    strange = document("did:key:zNobody/records/1", "Un titre étrange")
    acts: dict[str, Callable[[], None]] = {
        "lost": lambda: index.drop([hit]),
        "strange": lambda: index.put([strange]),
        "other": lambda: index.put([replace(strange, uri=hit, commune=town.did)]),
    }
    acts[wrong]()
    with pytest.raises(IndexBroken):
        _compare(town, index)


def test_an_index_that_is_behind_is_not_broken(town: Town, index: WhooshIndex) -> None:
    made = say(town.node, "Un guichet unique")
    _compare(town, index)
    translate(town.node, made, "de", title="Eine Anlaufstelle")
    _compare(town, index)
