"""The index of a node that serves: real processes, whose files are harmed, that are killed, that rebuild, that read."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from harming import harm
from library import fill, oracle, say
from tour import ROOT, Town, environment, towns, until

from node import indexing
from node.bench import making
from node.store import notes
from search import MemoryIndex, Query

BANNER = "The search index is being rebuilt."
WORDS = ("", "emploi", "Kompetenzbilanz", "logement")
MANY = 1_000
"""Records whose index takes long enough to be built for a page to say so, on a fast machine too."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with towns(tmp_path, "rabat") as (made,):
        yield made


def looked_for(town: Town, words: str, **more: Any) -> tuple[list[str], int, bool]:
    """Paths of the practices on the first page, how many were found, and whether the page warns."""
    answer = town.page("/search?" + urlencode({"q": words, **more}), "en")
    assert answer.status_code == 200, answer.text
    paths = list(dict.fromkeys(re.findall(r'href="(/practices/did[^"?#]*)"', answer.text)))
    (count,) = re.findall(r'class="found">\s*([\d,.]+)', answer.text)
    return paths, int(re.sub(r"\D", "", count)), BANNER in answer.text


def right(index: MemoryIndex, words: str) -> tuple[list[str], int, bool]:
    found = index.find(Query(words, "en", facets=("language",)))
    return [f"/practices/{hit.uri.replace('/records/', '/')}" for hit in found.hits], found.total, False


@pytest.mark.network
def test_f3_running_node_whose_index_is_harmed_is_never_silently_wrong_and_mends_itself(town: Town) -> None:
    fill(town.node, 25)
    index = oracle(town.node)
    expected = {words: right(index, words) for words in WORDS}
    until(lambda: all(looked_for(town, words) == expected[words] for words in WORDS), "everything is found")
    for seed in range(6):
        what = harm(town.node.config.index, random.Random(seed))
        for words in WORDS:
            found = looked_for(town, words)
            assert found == expected[words] or found[2], (what, words)
        until(lambda: all(looked_for(town, words) == expected[words] for words in WORDS), f"mended: {what}")


@pytest.mark.network
def test_f4_node_killed_while_it_indexes_finds_everything_when_it_is_back(town: Town) -> None:
    chance = random.Random(4711)
    for number in range(3):
        for _ in range(4):
            say(town.node, f"Un guichet unique, le numéro {number}")
        threading.Event().wait(chance.uniform(0.0, 0.6))  # a moment by chance: of indexing, merging, or of none
        town.stop(kill=True)
        town.start()
        until(found_all(town, 4 * (number + 1)), "all are found")
    assert looked_for(town, "guichet unique") == right(oracle(town.node), "guichet unique")
    (only,) = town.node.config.index.glob("index-*")
    until(lambda: len({path.suffix for path in only.iterdir()} - {".seg", ".toc", ".sum", ".json", ""}) == 0, "tidied")


@pytest.mark.network
def test_searching_goes_on_while_the_index_is_rebuilt_and_the_rebuild_can_be_killed(town: Town) -> None:
    making.load(town.node, [town.node], MANY)
    until(lambda: looked_for(town, "commune")[1:] == (MANY, False), "everything is indexed", 120)
    for kill in (True, False):
        child = subprocess.Popen(
            [sys.executable, "-m", "node", "--home", str(town.home), "reindex"], cwd=ROOT, env=environment()
        )
        seen: set[tuple[int, int]] = set()
        warned = False
        while child.poll() is None:
            paths, total, warns = looked_for(town, "commune")
            assert (len(paths), total) == (10, MANY)  # the old index answers
            warned |= warns
            with town.node.database.reading() as connection:
                seen |= {indexing.progress_of(connection) or (0, 0)}
            if kill and warned:
                child.kill()
                child.wait()
        assert warned
        assert {total for _, total in seen} <= {0, MANY}
        assert child.returncode == (-9 if kill else 0)
        assert looked_for(town, "commune")[1:] == (MANY, False)
    until(lambda: len(list(town.node.config.index.glob("index-*"))) == 1, "what the killed one left is cleared away")
    with town.node.database.reading() as connection:
        assert notes.value(connection, "index") == "ready"


@pytest.mark.network
def test_a_new_record_is_found_while_ten_readers_search(town: Town) -> None:
    fill(town.node, 40)
    ended = threading.Event()

    def read(number: int) -> None:
        while not ended.is_set():
            looked_for(town, WORDS[number % len(WORDS)])

    with ThreadPoolExecutor(10) as pool:
        readers = [pool.submit(read, number) for number in range(10)]
        try:
            for number in range(5):
                word = f"nouveaumot{number}"
                made = say(town.node, f"Un {word} est là")
                until(found_by(town, word, f"/practices/{made.origin}/{made.record}"), f"{word} is found")
        finally:
            ended.set()
        for reader in readers:
            reader.result()


def found_all(town: Town, count: int) -> Callable[[], bool]:
    return lambda: looked_for(town, "guichet unique")[1:] == (count, False)


def found_by(town: Town, word: str, path: str) -> Callable[[], bool]:
    return lambda: looked_for(town, word)[0] == [path]
