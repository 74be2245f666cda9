"""Files of an index cut short, zeroed or gone: the index says that it is broken, or answers rightly."""

import os
import pickle
import random
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from search import Document, IndexBroken, Query, Vocabulary
from search.whoosh_index import WhooshIndex, rebuild
from search.whoosh_index_folder import create

QUERIES = [Query("Kompetenzbilanz", "de"), Query("logement", "fr"), Query('"mobile protection team"', "en"), Query("")]
Harm = Callable[[Path], None]
Opened = Callable[[Path], WhooshIndex]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero_some(path: Path) -> None:
    content = bytearray(path.read_bytes())
    start = random.Random(len(content)).randrange(max(1, len(content) - 200))
    content[start : start + 200] = bytes(len(content[start : start + 200]))
    path.write_bytes(content)


def zero_all(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    if content:  # the lock files have none
        content[len(content) // 3] ^= 1
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


def answers(index: WhooshIndex) -> list[object]:
    found: list[object] = [index.find(query) for query in QUERIES]
    return [*found, index.complete("for", "fr"), index.suggest(Query("formatoin", "fr"))]


def code_of_opening(folder: Path, vocabulary: Vocabulary) -> str:
    """The code of IndexBroken, "" if the index can be opened."""
    try:
        WhooshIndex(folder, vocabulary).close()
    except IndexBroken as error:
        return error.code
    return ""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, vocabulary: Vocabulary, demo: list[Document]) -> Path:
    """An index of the demonstration records in three segments, with dead documents."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    rebuild(folder, vocabulary, demo[:40], 1)
    index = WhooshIndex(folder, vocabulary)
    index.apply(demo[30:50], cursor=2)
    index.apply(demo[45:], cursor=3)
    index.close()
    return folder


@pytest.fixture
def opened(vocabulary: Vocabulary) -> Iterator[Opened]:
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(closing(WhooshIndex(folder, vocabulary)))


@pytest.mark.parametrize("harm", [cut, empty, zero_some, zero_all, flip_a_bit, remove])
def test_a_harmed_file_is_noticed_on_opening_or_makes_no_difference(
    sound: Path, tmp_path: Path, vocabulary: Vocabulary, harm: Harm
) -> None:
    with closing(WhooshIndex(sound, vocabulary)) as index:
        expected = answers(index)
    files = sorted(path.relative_to(sound) for path in sound.rglob("*") if path.is_file())
    assert len(files) == 8  # current, version, lock, contents, sums, three segments
    noticed = set()
    for number, file in enumerate(files):
        folder = tmp_path / str(number)
        shutil.copytree(sound, folder)
        harm(folder / file)
        told = code_of_opening(folder, vocabulary)
        if told:
            noticed.add(file.suffix)
        else:
            with closing(WhooshIndex(folder, vocabulary)) as index:
                assert answers(index) == expected, file
    assert {".toc", ".seg", ".sum"} <= noticed


@pytest.mark.parametrize("seed", range(30))
def test_zeroed_bytes_anywhere_in_a_segment_are_noticed_on_opening(
    sound: Path, tmp_path: Path, vocabulary: Vocabulary, seed: int
) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    segment = max(folder.rglob("*.seg"), key=lambda path: path.stat().st_size)
    with segment.open("r+b") as file:
        file.seek(chance.randrange(segment.stat().st_size - 200))
        was = file.read(200)
        file.seek(-200, os.SEEK_CUR)
        file.write(bytes(200))
    if was != bytes(200):
        with pytest.raises(IndexBroken, match="not what was written"):
            WhooshIndex(folder, vocabulary)


@pytest.mark.parametrize("seed", range(30))
def test_one_bit_anywhere_in_any_file_is_noticed_or_makes_no_difference(
    sound: Path, tmp_path: Path, vocabulary: Vocabulary, seed: int
) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    file = chance.choice([path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size])
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)
    if not code_of_opening(folder, vocabulary):
        with closing(WhooshIndex(sound, vocabulary)) as index, closing(WhooshIndex(folder, vocabulary)) as harmed:
            assert answers(harmed) == answers(index), file


@pytest.mark.parametrize("harm", [cut, empty, zero_all])
def test_harm_done_while_it_is_open_is_told_by_the_query_and_by_the_nightly_check(
    sound: Path, tmp_path: Path, opened: Opened, harm: Harm
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    index = opened(folder)
    index.check()
    for segment in folder.rglob("*.seg"):
        harm(segment)
    for _ in range(2):
        with pytest.raises(IndexBroken) as error:
            index.find(QUERIES[0])
        assert error.value.code == "index_damaged"
    with pytest.raises(IndexBroken):
        index.check()


def rot(path: Path) -> None:
    """Change a bit as a disk does: nobody wrote, so nothing says that the file is another one."""
    told = path.stat()
    flip_a_bit(path)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


@pytest.mark.parametrize("act", ["check", "optimise", "purge", "open"])
def test_f3_bit_rot_under_an_open_index_is_found_by_the_check_and_never_merged(
    sound: Path, tmp_path: Path, opened: Opened, vocabulary: Vocabulary, demo: list[Document], act: str
) -> None:
    """Merging would put a new checksum on the damage, and nobody would ever know."""
    for number, segment in enumerate(sorted(path.relative_to(sound) for path in sound.rglob("*.seg"))):
        folder = tmp_path / str(number)
        shutil.copytree(sound, folder)
        index = opened(folder)
        index.count()
        rot(folder / segment)
        acts: dict[str, Callable[[], object]] = {
            "check": index.check,
            "optimise": index.optimise,
            "purge": lambda: index.purge([document.uri for document in demo]),  # noqa: B023
            "open": lambda: WhooshIndex(folder, vocabulary),  # noqa: B023
        }
        with pytest.raises(IndexBroken) as error:
            acts[act]()
        assert error.value.code == "index_damaged"


def test_f3_bit_rot_in_the_table_of_contents_is_found_by_the_next_commit(
    sound: Path, tmp_path: Path, opened: Opened, demo: list[Document]
) -> None:
    for bit in range(0, 4_000, 400):
        folder = tmp_path / str(bit)
        shutil.copytree(sound, folder)
        index = opened(folder)
        index.count()
        toc = next(folder.rglob("*.toc"))
        content = bytearray(toc.read_bytes())
        content[(bit // 8) % len(content)] ^= 1 << bit % 8
        toc.write_bytes(content)
        with pytest.raises(IndexBroken):
            index.apply(demo[:1], cursor=9)
        with pytest.raises(IndexBroken):
            index.check()


def test_who_finds_damage_makes_every_other_process_look_again(
    sound: Path, tmp_path: Path, opened: Opened, vocabulary: Vocabulary
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    one, other = opened(folder), opened(folder)
    for segment in folder.rglob("*.seg"):
        rot(segment)
    assert other.count() == one.count() == 60  # what is in memory was read before
    with pytest.raises(IndexBroken):
        one.check()
    with pytest.raises(IndexBroken):
        other.count()


def test_an_index_that_was_not_built_to_its_end_is_none(sound: Path, tmp_path: Path, vocabulary: Vocabulary) -> None:
    """Where `current` names, by one changed bit, what a killed rebuild has left: it must not answer."""
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    create(folder, vocabulary)
    (folder / "current").write_text("index-2")
    assert code_of_opening(folder, vocabulary) == "index_missing"


def test_the_nightly_check_does_not_keep_readers_waiting(sound: Path, tmp_path: Path, opened: Opened) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    index = opened(folder)
    asked: list[int] = []
    seen = threading.Event()

    def ask(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).endswith(".seg") and str(folder) in str(arguments[0]) and not asked:
            reader = threading.Thread(target=lambda: (asked.append(index.count()), seen.set()))
            reader.start()
            assert seen.wait(20), "the check holds the lock that readers need"
            reader.join()

    sys.addaudithook(ask)
    index.check()
    assert asked == [60]


def test_a_file_touched_but_not_changed_does_no_harm(sound: Path, tmp_path: Path, opened: Opened) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    index = opened(folder)
    expected = answers(index)
    for segment in folder.rglob("*.seg"):
        os.utime(segment, (1, 1))
    assert answers(index) == answers(index) == expected


def test_the_whole_folder_gone_is_told_by_the_query(sound: Path, tmp_path: Path, opened: Opened) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    index = opened(folder)
    shutil.rmtree(folder)
    with pytest.raises(IndexBroken) as error:
        index.find(QUERIES[0])
    assert error.value.code == "index_missing"
    with pytest.raises(IndexBroken):
        index.put([])


def test_a_broken_index_is_mended_by_rebuilding_it(
    sound: Path, tmp_path: Path, opened: Opened, vocabulary: Vocabulary, demo: list[Document]
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    index = opened(folder)
    expected = answers(index)
    for segment in folder.rglob("*.seg"):
        empty(segment)
    rebuild(folder, vocabulary, demo, 3)
    assert answers(index) == expected
    assert (index.count(), index.cursor()) == (60, 3)


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o700)


def test_a_pickle_put_in_place_of_a_file_is_not_loaded(sound: Path, tmp_path: Path, vocabulary: Vocabulary) -> None:
    for number, name in enumerate(["*.toc", "*.seg", "*.sum", "version.json", "current"]):
        folder = tmp_path / str(number)
        shutil.copytree(sound, folder)
        next(folder.rglob(name)).write_bytes(pickle.dumps(_Trap(tmp_path / "sprung"), 2))
        with pytest.raises(IndexBroken):
            WhooshIndex(folder, vocabulary)
    assert not (tmp_path / "sprung").exists()
