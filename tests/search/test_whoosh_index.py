"""What only the index on disk has: a folder, segments, versions, other processes, rebuilding, erasing."""

import json
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from search import Document, IndexBroken, IndexBusy, Query, Text, Vocabulary
from search.errors import IndexClosed
from search.plan import plan
from search.whoosh_index import WhooshIndex, rebuild
from search.whoosh_index_find import find
from search.whoosh_index_policy import MAX_SEGMENTS, SMALL, to_merge
from search.whoosh_index_reading import Cache, snapshot
from search.whoosh_index_storage import latest_generation
from tests.search.corpus import document

ROOT = Path(__file__).parents[2]
Open = Callable[[], WhooshIndex]


@pytest.fixture
def another(tmp_path: Path, vocabulary: Vocabulary) -> Iterator[Open]:
    """Opens the index of `disk` once more, as another process would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(WhooshIndex(tmp_path / "index", vocabulary)))


def total(index: WhooshIndex, words: str = "titre") -> int:
    return index.find(Query(words, "fr")).total


def live(folder: Path) -> Path:
    return folder / "index" / (folder / "index" / "current").read_text()


def segments(folder: Path) -> list[Path]:
    return list(live(folder).glob("*.seg"))


def sizes(index: WhooshIndex) -> list[int]:
    """Documents in each segment, dead ones and the cursor included."""
    with index._reading:
        return sorted(segment.size for segment in index._latest().segments)


def test_opening_where_there_is_no_index_says_so(tmp_path: Path, vocabulary: Vocabulary) -> None:
    with pytest.raises(IndexBroken) as error:
        WhooshIndex(tmp_path / "nowhere", vocabulary)
    assert error.value.code == "index_missing"


def test_the_folder_is_private(disk: WhooshIndex, tmp_path: Path) -> None:
    for folder in (tmp_path / "index", live(tmp_path)):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_vocabulary_schema_whoosh_or_stemmer_makes_it_outdated(
    disk: WhooshIndex, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    with pytest.raises(IndexBroken) as error:
        WhooshIndex(tmp_path / "index", Vocabulary({"concepts": []}))
    assert error.value.code == "index_outdated"
    version = live(tmp_path) / "version.json"
    made = json.loads(version.read_text())
    assert set(made) == {"schema", "whoosh", "stemmer", "vocabulary"}
    for name in made:
        version.write_text(json.dumps({**made, name: "other"}))
        with pytest.raises(IndexBroken) as error:
            WhooshIndex(tmp_path / "index", vocabulary)
        assert error.value.code == "index_outdated"
    version.write_text(json.dumps(made))
    WhooshIndex(tmp_path / "index", vocabulary).close()


def test_an_index_is_found_again_with_its_documents_and_cursor(disk: WhooshIndex, another: Open) -> None:
    disk.apply([document("a", "titre")], cursor=5)
    disk.close()
    again = another()
    assert (again.count(), again.cursor(), total(again)) == (1, 5, 1)


def test_a_reader_sees_each_commit_of_another_writer(disk: WhooshIndex, another: Open) -> None:
    reader = another()
    for number in range(25):
        disk.apply([document(str(number), "titre")], drops=[str(number - 3)], cursor=number)
        assert (reader.count(), reader.cursor(), total(reader)) == (min(number + 1, 3), number, min(number + 1, 3))


def test_a_reader_sees_the_commit_of_another_process(disk: WhooshIndex, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from search.whoosh_index import WhooshIndex\n"
        "from tests.search.corpus import document, vocabulary\n"
        "WhooshIndex(Path(sys.argv[1]), vocabulary()).apply([document('a', 'titre')], cursor=3)\n"
    )
    assert total(disk) == 0
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "index")], check=True, cwd=ROOT)
    assert (total(disk), disk.cursor()) == (1, 3)


def test_small_commits_never_leave_many_segments(disk: WhooshIndex, tmp_path: Path) -> None:
    most = 0
    for number in range(40):
        disk.apply([document(str(number), f"titre mot{number}")], cursor=number)
        most = max(most, len(segments(tmp_path)))
    assert 1 < most <= MAX_SEGMENTS
    assert (total(disk), disk.count()) == (40, 40)


def test_optimising_leaves_one_segment_and_the_same_answers(disk: WhooshIndex, tmp_path: Path) -> None:
    for number in range(5):
        disk.apply([document(str(number), "titre")], drops=["2"], cursor=number)
    before = disk.find(Query("titre", "fr", limit=100))
    disk.optimise()
    assert len(segments(tmp_path)) == 1
    assert disk.find(Query("titre", "fr", limit=100)) == before
    assert disk.cursor() == 4


class _Segment:
    """As much of a Whoosh segment as the choice of what to merge looks at."""

    def __init__(self, size: int) -> None:
        self.size = size

    def doc_count(self) -> int:
        return self.size

    def deleted_count(self) -> int:
        return 0

    def segment_id(self) -> str:
        return f"MAIN_{id(self)}"


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([1] * 9, []),
        ([1] * 10, [1] * 10),
        ([100_000, *[1] * 9], [1] * 9),
        ([400, 300, 200, 100, 50, 20, 10, 8, 3, 2], [2, 3]),
        ([5000] * 12 + [1] * 5, []),
        ([5000] * 12 + [1] * 6, [1] * 6),
        ([SMALL + 1] * 20 + [1], [SMALL + 1] * 19 + [1]),
        ([7, 0, 9], [0]),
    ],
)
def test_a_commit_merges_small_segments_when_there_are_too_many(sizes: list[int], merged: list[int]) -> None:
    chosen = to_merge([_Segment(size) for size in sizes], set())
    assert sorted(segment.size for segment in chosen) == sorted(merged)


def holds(folder: Path, token: str) -> bool:
    return any(token.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_purged_document_leaves_no_word_on_disk(disk: WhooshIndex, tmp_path: Path) -> None:
    """Neither the erased revision's words nor an earlier one's, nor its URI, in any file."""
    disk.put([document(f"k{n}", "titre gardé") for n in range(20)])
    disk.put([document("did:x/secret1", "titre zebrazebra", body="premier quaggaquagga"), document("k20", "titre")])
    disk.put([document("did:x/secret1", "titre gnougnou"), document("k21", "titre")])
    words = ["zebrazebr", "quaggaquagg", "gnougnou", "secret1"]  # as they are stemmed
    disk.drop(["did:x/secret1"])
    assert total(disk, "zebrazebra") == total(disk, "gnougnou") == 0
    assert [word for word in words if holds(tmp_path, word)] == words  # dropping alone only marks them
    disk.purge(["did:x/secret1"])
    assert [word for word in words if holds(tmp_path, word)] == []
    assert (disk.count(), total(disk)) == (22, 22)
    assert holds(tmp_path, "k20")


def test_putting_with_purge_erases_the_former_words(disk: WhooshIndex, tmp_path: Path) -> None:
    disk.put([document("a", "titre gnougnou"), document("b", "titre")])
    assert holds(tmp_path, "gnougnou")
    disk.apply([document("a", "titre")], purge=True)
    assert not holds(tmp_path, "gnougnou")
    assert total(disk) == 2


def test_nothing_of_a_purged_document_is_left_in_any_field_or_column(disk: WhooshIndex, tmp_path: Path) -> None:
    secret = Document(
        uri="did:x/okapi-uri",
        kind="Okapikind",
        language="fr",
        commune="did:okapi-commune",
        texts={"fr": Text("Okapititel", "okapisummary", "okapibody"), "xx": Text("okapiother", "", "")},
        concepts=("okapi-concept",),
        public=True,
        stamp=1,
        facets={"status": ("okapi-status",), "topic": ("okapi-topic",)},
    )
    for number in range(3):  # in three segments, each with others
        disk.put([secret, *(document(f"k{number}{n}", "titre gardé") for n in range(5))])
    assert disk.suggest(Query("okapititl", "fr", kinds=())) == ("okapititel",)
    assert holds(tmp_path, "okapi")
    disk.purge([secret.uri])
    assert not holds(tmp_path, "okapi")
    assert not holds(tmp_path, "Okapi")
    assert (disk.count(), total(disk)) == (15, 15)


def test_a_purge_rewrites_each_segment_by_itself_and_leaves_the_others_alone(disk: WhooshIndex, tmp_path: Path) -> None:
    disk.put([document(f"a{n}", "titre") for n in range(SMALL + 1)])
    disk.put([document(f"b{n}", "titre") for n in range(SMALL + 1)])
    disk.put([document("c", "titre")])
    before = {path.name for path in segments(tmp_path)}
    disk.purge(["a0", "b0"])
    assert sizes(disk)[-2:] == [SMALL, SMALL]
    assert len(before & {path.name for path in segments(tmp_path)}) == 1  # that of c
    assert total(disk) == disk.count() == 2 * SMALL + 1


def test_tidying_merges_step_by_step_and_only_what_is_too_many(
    disk: WhooshIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.whoosh_index_policy.SMALL", 0)  # no commit merges anything
    monkeypatch.setattr("search.whoosh_index_policy.FULL", 8)
    assert not disk.tidy()
    for number in range(14):
        disk.put([document(f"{number}{n}", "titre") for n in range(3)])
    assert len(segments(tmp_path)) > MAX_SEGMENTS
    expected = disk.find(Query("titre", "fr", limit=100))
    steps = 0
    while disk.tidy():
        steps += 1
        assert disk.find(Query("titre", "fr", limit=100)) == expected
    assert len(segments(tmp_path)) <= MAX_SEGMENTS
    assert steps > 1
    disk.optimise()
    assert len(segments(tmp_path)) == 7  # of six or seven, eight at most
    assert disk.find(Query("titre", "fr", limit=100)) == expected


def test_an_index_built_in_many_batches_answers_as_one_built_at_once(
    tmp_path: Path, vocabulary: Vocabulary, demo: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(tmp_path / "one", vocabulary, demo, 7)
    monkeypatch.setattr("search.whoosh_index_building.MAX_TOKENS", 3_000)
    monkeypatch.setattr("search.whoosh_index_building.MAX_WORDS", 500)
    monkeypatch.setattr("search.whoosh_index_policy.FULL", 25)
    rebuild(tmp_path / "many", vocabulary, demo, 7)
    assert len(list((tmp_path / "many").rglob("*.seg"))) == 3
    queries = [Query("", sort="title", facets=("language",)), Query("Kompetenzbilanz", "de"), Query('"pour les"', "fr")]
    with (
        closing(WhooshIndex(tmp_path / "one", vocabulary)) as one,
        closing(WhooshIndex(tmp_path / "many", vocabulary)) as many,
    ):
        assert [many.find(query) for query in queries] == [one.find(query) for query in queries]
        assert (many.count(), many.cursor()) == (60, 7)


def test_rebuilding_takes_over_in_every_reader(
    disk: WhooshIndex, another: Open, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    disk.apply([document("old", "titre")], cursor=3)
    reader = another()
    assert total(reader) == 1
    seen: list[int] = []
    rebuild(tmp_path / "index", vocabulary, [document(str(n), "titre") for n in range(250)], 17, seen.append)
    assert seen == [100, 200, 250]
    for index in (disk, reader):
        assert (total(index), index.count(), index.cursor()) == (250, 250, 17)
    disk.apply([document("new", "titre")], cursor=18)
    assert (total(reader), reader.cursor()) == (251, 18)
    assert [path.name for path in (tmp_path / "index").glob("index-*")] == ["index-2"]


def test_the_old_index_answers_while_another_is_built(
    disk: WhooshIndex, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    disk.apply([document("old", "titre")], cursor=3)

    def slowly() -> Iterator[Document]:
        results = disk.find(Query("titre", "fr"))
        assert ([hit.uri for hit in results.hits], results.complete) == (["old"], False)
        with pytest.raises(IndexBusy):
            rebuild(tmp_path / "index", vocabulary, [], 0)
        disk.apply([document("late", "titre")], cursor=4)
        yield document("new", "titre")

    rebuild(tmp_path / "index", vocabulary, slowly(), 3)
    results = disk.find(Query("titre", "fr"))
    assert ([hit.uri for hit in results.hits], results.complete) == (["new"], True)
    assert disk.cursor() == 3  # the follower reads the log from here again


def test_a_rebuild_that_fails_changes_nothing(disk: WhooshIndex, tmp_path: Path, vocabulary: Vocabulary) -> None:
    disk.apply([document("a", "titre")], cursor=3)

    def broken() -> Iterator[Document]:
        yield document("b", "titre")
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        rebuild(tmp_path / "index", vocabulary, broken(), 9)
    results = disk.find(Query("titre", "fr"))
    assert ([hit.uri for hit in results.hits], results.complete, disk.cursor()) == (["a"], True, 3)
    assert len(list((tmp_path / "index").glob("index-*"))) == 1


def test_a_rebuild_counts_a_uri_once(tmp_path: Path, vocabulary: Vocabulary, another: Open) -> None:
    rebuild(tmp_path / "index", vocabulary, [document("a", "titre"), document("a", "autre")], 1)
    index = another()
    assert (index.count(), total(index), total(index, "autre")) == (1, 1, 0)


def test_who_comes_after_closing_opens_nothing(disk: WhooshIndex, tmp_path: Path) -> None:
    """Another thread may still hold an index that was let go of: it would keep files open that nobody closes."""
    disk.put([document("d1", "titre")])
    disk.close()
    late: list[Callable[[], object]] = [
        disk.count, disk.cursor, disk.check, disk.tidy, disk.optimise,
        lambda: total(disk), lambda: disk.complete("ti"), lambda: disk.put([document("d2", "titre")]),
    ]  # fmt: skip
    for come in late:
        with pytest.raises(IndexClosed):
            come()
    assert [path for path in map(os.path.realpath, Path("/proc/self/fd").iterdir()) if str(tmp_path) in path] == []


def test_two_writers_take_turns(disk: WhooshIndex, another: Open) -> None:
    other = another()

    def write(index: WhooshIndex, name: str) -> None:
        for number in range(8):
            index.put([document(f"{name}{number}", "titre")])

    threads = [threading.Thread(target=write, args=(index, name)) for index, name in ((disk, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(disk) == total(other) == 16


def test_a_full_disk_is_told_and_leaves_the_index_as_it_was(disk: WhooshIndex, vocabulary: Vocabulary) -> None:
    disk.apply([document("a", "titre")], cursor=3)
    large = [document(f"b{n}", "titre", body=" ".join(f"mot{n}x{k}" for k in range(300))) for n in range(50)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError):
            disk.apply(large, cursor=4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (total(disk), disk.cursor()) == (1, 3)
    disk.apply(large, cursor=4)
    assert (total(disk), disk.cursor()) == (51, 4)


def test_very_common_words_are_left_out_and_it_says_so(
    disk: WhooshIndex, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    disk.put([document(f"c{n}", "commun") for n in range(50)] + [document("r", "rare"), document("cr", "commun rare")])
    path = live(tmp_path)
    snap = snapshot(path, latest_generation(path), None, Cache())
    query = Query("commun rare", "fr")
    assert disk.find(query).complete
    whole = find(query, plan(query, vocabulary), snap, vocabulary)
    cut = find(query, plan(query, vocabulary), snap, vocabulary, max_postings=20)
    assert ([hit.uri for hit in whole.hits], whole.complete) == (["cr"], True)
    assert ({hit.uri for hit in cut.hits}, cut.complete) == ({"cr", "r"}, False)
    for segment in snap.segments:
        segment.close()


def test_posting_lists_kept_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.whoosh_index_reading.MAX_CACHED", 100_000)
    cache = Cache()
    for number in range(50):
        cache.keep_arrays(("s", "f", b"%d" % number), (np.zeros(4800, np.uint16), np.zeros(0, np.uint8)))
    assert [number for number in range(50) if cache.arrays(("s", "f", b"%d" % number))] == list(range(40, 50))


def test_importing_search_does_not_import_whoosh() -> None:
    program = "import search, sys; assert not any(name.startswith(('whoosh', 'numpy')) for name in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_an_untranslated_text_is_kept_under_its_own_language(disk: WhooshIndex) -> None:
    disk.put([document("a", texts={"de": Text("Titel", "", "")}, language="fr")])
    hit = disk.find(Query("Titel", "tr")).hits[0]
    assert (hit.uri, hit.language) == ("a", "de")


def test_one_step_of_tidying_is_bounded_so_that_a_new_record_need_not_wait(
    disk: WhooshIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.whoosh_index_policy.SMALL", 0)
    monkeypatch.setattr("search.whoosh_index.STEP", 9)
    for number in range(MAX_SEGMENTS + 4):
        disk.put([document(f"{number}{n}", "titre") for n in range(4)])
    while disk.tidy():
        assert max(sizes(disk)) <= 9
    assert len(segments(tmp_path)) <= MAX_SEGMENTS
    disk.optimise()
    assert len(segments(tmp_path)) == 1


def test_what_a_commit_that_fails_has_written_is_taken_away_at_once(disk: WhooshIndex, tmp_path: Path) -> None:
    disk.put([document("a", "titre")])
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    def broken() -> Iterator[Document]:
        yield document("b", "zebrazebra")
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        disk.apply(broken())
    commit, _ = disk._begin()
    commit.put(document("c", "quaggaquagga"))
    commit.close()
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_killed_writers_have_left_is_cleared_away_when_there_is_time(disk: WhooshIndex, tmp_path: Path) -> None:
    disk.put([document("a", "titre")])
    path = live(tmp_path)
    left = [path / "MAIN_0123456789abcdef.seg", path / "MAIN_0123456789abcdef.trm", path / "_MAIN_1.toc.sum.new"]
    (path / "MAIN.tmp").mkdir()
    left += [path / "MAIN.tmp" / "words.ctmp", path.with_name("index-9") / "MAIN_0123456789abcdef.seg"]
    path.with_name("index-9").mkdir()
    for file in left:
        file.write_text("zebrazebra")
    assert holds(tmp_path, "zebrazebra")
    assert not disk.tidy()
    assert not holds(tmp_path, "zebrazebra")
    assert not path.with_name("index-9").exists()
    assert total(disk) == disk.count() == 1
