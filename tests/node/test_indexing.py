"""The index as a follower: what reaches the documents, how far a rebuild is, what is done by night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest
from forge import translation
from simulator import Network, Town
from sqlalchemy import Connection

from node import indexing, publish
from node.documents import document_of
from node.errors import StoreBusy
from node.indexing import Searcher
from node.store import chains, notes
from node.store.database import Database
from search import Document, Index, Query, Results
from search.errors import IndexBroken, IndexBusy

HOUR = 3600


@pytest.fixture(scope="module")
def practice() -> dict[str, Any]:
    text = files("node").joinpath("data", "demo", "practices.jsonl").read_text(encoding="utf-8")
    line = json.loads(text.splitlines()[1])
    left_out = {"id", "type", "node", "version", "language", "illustrative", "licence", "visibility"}
    return {name: value for name, value in line.items() if name not in left_out}


def facets(town: Town, **filters: tuple[str, ...]) -> dict[str, dict[str, int]]:
    searcher = Searcher(town.node)
    while indexing.follow_once(town.node, searcher):
        pass
    found = searcher.find(Query("", filters=filters, facets=("country", "topic", "evidence", "year", "cost")))
    searcher.forget()
    return {name: dict(counts) for name, counts in found.results.facets.items()}


def test_what_a_practice_says_can_be_narrowed_by(town: Town, practice: dict[str, Any]) -> None:
    town.publish("Practice", **practice)
    found = facets(town)
    assert found["country"] == {"MA": 1}
    assert found["year"] == {"2017": 1}
    assert found["cost"] == {"10000-50000": 1}
    assert found["evidence"] == {"monitored": 1}
    assert found["topic"]["job-placement"] == found["topic"]["economic-integration"] == 1


@pytest.mark.both_stores
def test_another_towns_adaptation_that_worked_makes_a_practice_replicated(
    network: Network, practice: dict[str, Any]
) -> None:
    here, there = network.found("rabat"), network.found("fes")
    network.befriend(here, there)
    made = here.publish("Practice", **practice)
    adaptation = {
        "source": made.uri,
        "sourceDigest": made.digest.hex(),
        "fidelity": "adapted",
        "changes": {"fr": "Nous avons tenu le forum deux fois par an au lieu de quatre."},
        "outcome": "worked",
        "outcomeText": {"fr": "Soixante contrats ont été signés."},
    }
    own = here.publish("Adaptation", **adaptation)
    assert facets(here)["evidence"] == {"monitored": 1}  # its own does not count
    network.meet(there, here)
    theirs = there.publish("Adaptation", **adaptation)
    network.meet(here, there)
    assert facets(here)["evidence"] == {"replicated": 1}
    there.publish("Tombstone", theirs.record, state="withdrawn", reason="mistake")
    network.meet(here, there)
    assert facets(here)["evidence"] == {"monitored": 1}
    assert own.uri != theirs.uri


def test_how_far_a_rebuild_is_can_be_read_by_anybody(town: Town, practice: dict[str, Any]) -> None:
    for _ in range(3):
        town.publish("Practice", **practice)
    seen = []

    def look(done: int, total: int) -> None:
        with town.node.database.reading() as connection:
            seen.append((done, total, notes.value(connection, "index"), indexing.progress_of(connection)))

    indexing.PROGRESS_S, before = 0.0, indexing.PROGRESS_S
    try:
        assert indexing.rebuild(town.node, look) == 3
    finally:
        indexing.PROGRESS_S = before
    assert [(done, total) for done, total, _, _ in seen] == [(0, 0), (1, 3), (2, 3), (3, 3)]
    assert seen[2][2:] == ("rebuilding 1/3", (1, 3))
    with town.node.database.reading() as connection:
        assert notes.value(connection, "index") == "ready"
        assert indexing.progress_of(connection) is None


def test_a_note_that_a_killed_rebuild_left_does_not_say_that_one_is_under_way(town: Town) -> None:
    indexing.rebuild(town.node)
    with town.node.database.writing() as connection:
        notes.set_value(connection, "index", "rebuilding 5/9")
    searcher = Searcher(town.node)
    assert not searcher.find(Query("")).rebuilding
    searcher.forget()


def test_a_second_rebuild_that_is_refused_does_not_say_that_the_first_is_ready(
    town: Town, practice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PROGRESS_S", 0.0)
    for _ in range(2):
        town.publish("Practice", **practice)
    seen = []

    def refused(done: int, _total: int) -> None:
        if done == 2:
            with pytest.raises(IndexBusy):
                indexing.rebuild(town.node)
            with town.node.database.reading() as connection:
                seen.append(notes.value(connection, "index"))

    indexing.rebuild(town.node, refused)
    assert seen == ["rebuilding 1/2"]


def test_a_store_that_takes_no_notes_does_not_stop_a_rebuild(
    town: Town, practice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    town.publish("Practice", **practice)

    def busy(*_given: object) -> None:
        raise StoreBusy("another process holds the database for too long")

    monkeypatch.setattr(indexing, "PROGRESS_S", 0.0)
    monkeypatch.setattr(notes, "set_value", busy)
    assert indexing.rebuild(town.node) == 1
    searcher = Searcher(town.node)
    assert searcher.find(Query("")).results.total == 1
    searcher.forget()


def test_a_rebuild_lets_go_of_the_store_when_it_has_read_the_last_record(
    town: Town, practice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes then takes minutes in a large index: PostgreSQL ends a transaction that says nothing for so long."""
    town.publish("Practice", **practice)
    reading: list[str] = []
    real = Database.reading

    @contextmanager
    def counted(database: Database) -> Iterator[Connection]:
        with real(database) as connection:
            reading.append("open")
            try:
                yield connection
            finally:
                reading.pop()

    def build(_config: object, _did: str, _words: object, documents: Iterator[Document], _cursor: int) -> None:
        assert next(documents).kind == "Practice"
        assert reading == ["open"]
        assert list(documents) == []
        assert reading == []

    monkeypatch.setattr(Database, "reading", counted)
    monkeypatch.setattr(indexing, "build_index", build)
    assert indexing.rebuild(town.node) == 1


class _Tended:
    """An index that only notes what is done with it."""

    def __init__(self, steps: int = 0, broken: bool = False) -> None:
        self.done: list[str] = []
        self._steps, self._broken = steps, broken

    def tidy(self) -> bool:
        self._steps -= 1
        self.done += ["tidy"] if self._steps >= 0 else []
        return self._steps >= 0

    def check(self) -> None:
        self.done.append("check")
        if self._broken:
            raise IndexBroken("index_damaged", "a file of the search index is cut short")

    def optimise(self) -> None:
        self.done.append("optimise")

    def cursor(self) -> int:
        return -1

    def find(self, _query: Query) -> Results:
        return Results((), 0, {"commune": {}}, (), False)

    def close(self) -> None:
        """Nothing to close."""


class _Searcher(Searcher):
    def __init__(self, town: Town, index: Any) -> None:
        super().__init__(town.node)
        self._index: Index | None = index


class _Interrupted(Searcher):
    """Another thread lets go of the index just after this one has got hold of it, once."""

    interrupted = False

    def _open(self) -> Index:
        index = super()._open()
        if not self.interrupted:
            self.interrupted = True
            self.forget()
        return index


def test_index_that_another_thread_lets_go_of_is_opened_again(town: Town, practice: dict[str, Any]) -> None:
    town.publish("Practice", **practice)
    indexing.rebuild(town.node)
    searcher = _Interrupted(town.node)
    found = searcher.find(Query(""))
    assert (searcher.interrupted, found.rough, found.results.total) == (True, False, 1)
    searcher.forget()
    follower = _Interrupted(town.node)
    town.publish("Practice", **practice)
    while indexing.follow_once(town.node, follower):
        pass
    assert (follower.interrupted, follower.find(Query("")).results.total) == (True, 2)
    follower.forget()


def at(town: Town, hour: int, day: int = 0) -> None:
    town.clock.seconds = (20_700 + day) * 24 * HOUR + hour * HOUR


@pytest.mark.both_stores
def test_what_piled_up_is_merged_step_by_step_at_any_hour(town: Town) -> None:
    at(town, 14)
    index = _Tended(steps=2)
    searcher = _Searcher(town, index)
    assert [indexing.tend(town.node, searcher) for _ in range(4)] == [True, True, False, False]
    assert index.done == ["tidy", "tidy"]


def test_the_index_is_checked_and_merged_once_a_night(town: Town) -> None:
    index = _Tended()
    searcher = _Searcher(town, index)
    for hour in (0, 2, 3, 4, 5, 14):
        at(town, hour)
        indexing.tend(town.node, searcher)
    assert index.done == ["check", "optimise"]
    at(town, 2, day=1)
    assert indexing.tend(town.node, searcher)
    assert index.done == ["check", "optimise"] * 2


def test_an_index_found_damaged_by_night_is_built_anew(town: Town, practice: dict[str, Any]) -> None:
    town.publish("Practice", **practice)
    at(town, 2)
    searcher = _Searcher(town, _Tended(broken=True))
    assert indexing.tend(town.node, searcher)
    assert searcher.find(Query("")).results.total == 1
    searcher.forget()


def test_an_outdated_or_a_machines_translation_is_a_lesser_text(town: Town, practice: dict[str, Any]) -> None:
    def lesser(uri: str) -> tuple[str, ...]:
        stored = town.get(uri)
        assert stored is not None
        with town.node.database.reading() as connection:
            document = document_of(connection, stored, chains.head_cards(connection))
        assert document is not None
        assert "de" in document.texts
        return document.lesser

    first = town.publish("Practice", **practice)
    publish.publish(town.node, publish.Statement("Translation", translation(first, "Kompetenzbilanz"), "de"))
    assert lesser(first.uri) == ()
    town.publish("Practice", first.record, **(practice | {"title": {"fr": "Un tout autre titre pour elle"}}))
    assert lesser(first.uri) == ("de",)
    machine = translation(town.publish("Practice", **practice), "Kompetenzbilanz") | {"method": "machine"}
    publish.publish(town.node, publish.Statement("Translation", machine, "de"))
    assert lesser(machine["target"]) == ("de",)
