"""kill -9 at any moment of a commit or a rebuild: the index opens, and its cursor is that of its documents.

The child counts its own file operations (audit events) and kills itself at the chosen one, so that every phase of a
commit is met, and the same one in every run.
"""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from search import Query, Vocabulary
from search.whoosh_index import WhooshIndex, rebuild
from search.whoosh_index_storage import contents, latest_generation
from tests.search.corpus import document

ROOT = Path(__file__).parents[2]
SOME = sorted(random.Random(4711).sample(range(2, 900), 12))
"""Moments by chance, the same in every run: of commits, erasures and merges."""

PARENT = """
import json, os, signal, sys, traceback
from pathlib import Path
import search.whoosh_index_building
from search.whoosh_index import WhooshIndex, rebuild
from tests.search.corpus import document, vocabulary

WORDS = vocabulary()

def work(folder, what, moment):
    index = WhooshIndex(folder, WORDS)
    index.apply([document("d1", "titre")], cursor=1)  # everything is imported and warm from here on
    left = moment

    def count(event, arguments):
        nonlocal left
        if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.listdir"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    if what == "rebuild":
        search.whoosh_index_building.MAX_TOKENS = 2  # a commit for every second document
        rebuild(folder, WORDS, [document(f"r{n}", "titre") for n in range(5)], 5)
    else:
        for number in range(2, 40):
            index.apply(
                [document(f"d{number}", "titre")], drops=[f"d{number - 3}"], cursor=number, purge=number % 5 == 0
            )
            if number % 4 == 0:
                index.optimise()
            index.tidy()

for line in sys.stdin:
    folder, what, moment = json.loads(line)
    child = os.fork()
    if not child:
        try:
            work(Path(folder), what, moment)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Has everything imported, and forks a child for each moment: starting Python takes longer than what it then does."""

Kill = Callable[[Path, str, int], None]


@pytest.fixture(scope="module")
def killed() -> Iterator[Kill]:
    """`killed(folder, what, moment)`: a child of its own works in this folder, and kills itself at that moment."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None

        def kill(folder: Path, what: str, moment: int) -> None:
            parent.stdin.write(json.dumps([str(folder), what, moment]) + "\n")
            parent.stdin.flush()
            assert int(parent.stdout.readline()) == -signal.SIGKILL

        yield kill


def assert_nothing_is_left_over(folder: Path, index: WhooshIndex) -> None:
    """Once there was a moment without other work, words stand in the files of the live index only."""
    while index.tidy():
        pass
    (only,) = folder.glob("index-*")
    names = {path.name for path in only.iterdir()}
    number = latest_generation(only)
    own = {f"{segment.segment_id()}.seg" for segment in contents(only, number, ())}
    assert names == own | {f"_MAIN_{number}.toc", f"_MAIN_{number}.toc.sum", "MAIN_WRITELOCK", "version.json"} & names
    assert own < names


@pytest.mark.parametrize("moment", [1, 5, 9, 13, 17, 21, 25, 29, 34, 55, 70, 89, 110, 144, 188, 233, 377, *SOME])
def test_a_killed_commit_happened_wholly_or_not_at_all(
    killed: Kill, tmp_path: Path, vocabulary: Vocabulary, moment: int
) -> None:
    folder = tmp_path / "index"
    rebuild(folder, vocabulary, [], 0)
    killed(folder, "apply", moment)
    with closing(WhooshIndex(folder, vocabulary)) as index:
        cursor = index.cursor()
        expected = {f"d{number}" for number in range(max(1, cursor - 2), cursor + 1)}
        assert {hit.uri for hit in index.find(Query("titre", "fr", limit=100)).hits} == expected
        assert index.count() == len(expected)
        index.apply([document("after", "titre")], cursor=cursor + 1)
        assert (index.count(), index.cursor()) == (len(expected) + 1, cursor + 1)
        assert_nothing_is_left_over(folder, index)


@pytest.mark.parametrize("moment", [1, 6, 12, 18, 24, 30, 36, 48, 64, 80, 100, 120, 140])
def test_a_killed_rebuild_leaves_the_old_index_or_the_new_one(
    killed: Kill, tmp_path: Path, vocabulary: Vocabulary, moment: int
) -> None:
    folder = tmp_path / "index"
    rebuild(folder, vocabulary, [], 0)
    killed(folder, "rebuild", moment)
    with closing(WhooshIndex(folder, vocabulary)) as index:
        results = index.find(Query("titre", "fr", limit=100))
        old, new = ({"d1"}, 1), ({f"r{n}" for n in range(5)}, 5)
        assert ({hit.uri for hit in results.hits}, index.cursor()) in (old, new)
        assert results.complete
        assert_nothing_is_left_over(folder, index)
        rebuild(folder, vocabulary, [document("again", "titre")], 9)
        assert (index.count(), index.cursor()) == (1, 9)
    assert len(list(folder.glob("index-*"))) == 1
