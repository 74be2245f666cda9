"""Our posting lists are a codec of Whoosh: Whoosh's own readers, searchers and writers work on them."""

import io
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.filedb.structfile import StructFile
from whoosh.index import FileIndex, open_dir
from whoosh.scoring import Frequency
from whoosh.writing import SegmentWriter

from search import Document, Query, Vocabulary
from search.analysis import TEXT_STEP
from search.whoosh_index import WhooshIndex, rebuild
from search.whoosh_index_blocks import Lists
from search.whoosh_index_codec import ListsCodec
from search.whoosh_index_merging import GONE, BatchSource, SegmentSource, merged
from search.whoosh_index_schema import NAMES, ROW, TEXT, TITLE, schema
from search.whoosh_index_storage import NAME, GuardedStorage, latest_generation
from search.whoosh_index_terms import TermsReader, TermsWriter
from tests.search.corpus import document


def live(folder: Path) -> Path:
    return folder / "index" / (folder / "index" / "current").read_text()


@pytest.fixture
def opened(disk: WhooshIndex, tmp_path: Path) -> Any:
    """What Whoosh opens by itself, of an index with two segments and a dead document."""
    disk.put(
        [document("a", "Le logement social"), document("b", "Logements", body="un bail social"), document("x", "x")]
    )
    disk.put([document("c", "Social", body="bail bail bail de logement"), document("x", "logement mort")])
    disk.drop(["x"])
    return open_dir(str(live(tmp_path)), indexname=NAME)


def found(searcher: Any, asked: Any) -> set[str]:
    """URIs, in Whoosh's own way: a search, then the column of the rows."""
    column = searcher.reader().column_reader(ROW, translate=False)
    return {column[hit.docnum].uri for hit in searcher.search(asked, limit=None)}


def test_whooshs_own_searcher_finds_the_same_documents(opened: Any) -> None:
    with opened.searcher(weighting=Frequency()) as searcher:
        assert found(searcher, query.Term(TITLE, b"log")) == {"a", "b"}
        assert found(searcher, query.And([query.Term(TITLE, b"social"), query.Term(TEXT, b"log")])) == {"c"}
        assert found(searcher, query.Or([query.Term(TEXT, b"bail"), query.Term(TITLE, b"log")])) == {"a", "b", "c"}
        assert found(searcher, query.Prefix(NAMES, "logem")) == {"a", "b"}
        assert found(searcher, query.Phrase(TITLE, ["log", "social"])) == {"a"}
        assert found(searcher, query.Phrase(TITLE, ["social", "log"])) == set()
        assert found(searcher, query.Term(TITLE, b"nowhere")) == set()


def test_whooshs_own_reader_sees_terms_weights_and_places(opened: Any) -> None:
    with opened.reader() as reader:
        assert next(term for _, term in reader.terms_from(TITLE, b"s")) == b"social"
        assert set(reader.indexed_field_names()) >= {TITLE, TEXT, NAMES}
        assert reader.doc_frequency(TEXT, b"bail") == 2
        assert reader.frequency(TEXT, b"bail") == 4.0
        matcher = reader.postings(TEXT, b"bail")
        weights = {}
        while matcher.is_active():
            weights[len(matcher.value_as("positions"))] = matcher.weight()
            matcher.next()
        assert weights == {1: 1.0, 3: 3.0}


def test_whooshs_own_merging_gives_the_same_answers_as_ours(
    tmp_path: Path, vocabulary: Vocabulary, demo: list[Document]
) -> None:
    rebuild(tmp_path / "index", vocabulary, demo[:40], 1)
    queries = [
        Query("Kompetenzbilanz", "de"),
        Query("logement", "fr"),
        Query('"mobile protection team"', "en"),
        Query(""),
    ]
    with closing(WhooshIndex(tmp_path / "index", vocabulary)) as index:
        index.apply(demo[30:], drops=[demo[0].uri])
        before = [index.find(query) for query in queries]
        storage = GuardedStorage(live(tmp_path))
        storage.begin(latest_generation(live(tmp_path)))
        try:
            writer: Any = SegmentWriter(FileIndex(storage, schema(), NAME), codec=ListsCodec())
            writer.commit(optimize=True)
        finally:
            storage.release()
        assert len(list(live(tmp_path).glob("*.seg"))) == 1
        index.check()
        assert [index.find(query) for query in queries] == before
        assert index.complete("log", "fr") != ()


class _Kept(io.BytesIO):
    def close(self) -> None:
        """What was written stays."""


def written(fields: dict[str, list[Lists]]) -> TermsReader:
    """Fields written and opened again."""
    files = (_Kept(), _Kept())
    writer = TermsWriter(StructFile(files[0]), StructFile(files[1]))
    for name, lists in fields.items():
        for some in lists:
            writer.add(name, some)
    writer.close()

    def get(file: io.BytesIO) -> Any:
        return lambda start, length: file.getvalue()[start : start + length]

    return TermsReader(get(files[0]), len(files[0].getvalue()), get(files[1]))


Postings = dict[bytes, dict[int, tuple[float, list[int]]]]
PLACES = st.lists(st.integers(0, 3 * TEXT_STEP - 1), min_size=1, max_size=4, unique=True).map(sorted)
WEIGHTS = st.sampled_from([1.0, 2.0, 3.0, 255.0, 256.0, 70_000.0, 1.5])
POSTINGS = st.dictionaries(
    st.binary(min_size=1, max_size=3).filter(lambda name: b"\xff" not in name),
    st.dictionaries(st.integers(0, 300), st.tuples(WEIGHTS, PLACES), min_size=1, max_size=6),
    max_size=80,
)


def as_lists(postings: Postings) -> Lists:
    keys = sorted(postings)
    each = [(number, *postings[name][number]) for name in keys for number in sorted(postings[name])]
    return Lists(
        keys,
        np.array([len(postings[name]) for name in keys], np.int64),
        np.array([number for number, _, _ in each], np.uint32),
        np.array([weight for _, weight, _ in each]),
        np.array([len(places) for _, _, places in each], np.uint32),
        np.array([place for _, _, places in each for place in places], np.uint32),
    )


def read(reader: TermsReader, field: str) -> Postings:
    """Every list of a field, looked up one by one."""
    found: Postings = {}
    for name, _ in reader.terms(field):
        extent = reader.extent(field, name)
        assert extent is not None
        weights, placed = reader.weights(extent), reader.places(extent)
        assert weights is not None
        assert placed is not None
        ends = np.cumsum(placed[0])[:-1]
        of_each = zip(weights.tolist(), (places.tolist() for places in np.split(placed[1], ends)), strict=True)
        found[name] = dict(zip(reader.ids(extent).tolist(), of_each, strict=True))
    return found


@settings(deadline=None, max_examples=60)
@given(POSTINGS, POSTINGS)
def test_what_is_written_is_read(one: Postings, other: Postings) -> None:
    reader = written(
        {"a": list(merged([BatchSource(as_lists(one))])), "b": list(merged([BatchSource(as_lists(other))]))}
    )
    assert read(reader, "a") == one
    assert read(reader, "b") == other
    assert reader.extent("c", b"x") is None
    for start, end in ((b"", b"\xff"), (b"a", b"m"), (b"\x80", b"\x90")):
        first, last = reader.between("b", start, end)
        expected = [number for name in sorted(other) if start <= name < end for number in sorted(other[name])]
        assert [number for ids, *_ in reader.span(first, last) for number in ids.tolist()] == expected


@settings(deadline=None, max_examples=60)
@given(POSTINGS, POSTINGS, st.sets(st.integers(0, 300)))
def test_what_is_merged_is_both_without_the_dead(one: Postings, other: Postings, dead: set[int]) -> None:
    """Documents of the first batch, then those of a segment, renumbered from 301 on, some of them gone."""
    renumbered = np.array([GONE if number in dead else 301 + number for number in range(301)], np.int64)
    segment = written({"a": list(merged([BatchSource(as_lists(other))]))})
    reader = written({"a": list(merged([BatchSource(as_lists(one)), SegmentSource(segment, "a", renumbered)]))})
    expected = {name: dict(lists) for name, lists in one.items()}
    for name, lists in other.items():
        kept = {301 + number: posting for number, posting in lists.items() if number not in dead}
        if kept:
            expected.setdefault(name, {}).update(kept)
    assert read(reader, "a") == expected


def test_lists_longer_than_a_block_are_read_whole() -> None:
    many = 200_000
    lists = Lists(
        [b"all", b"few"],
        np.array([many, 2]),
        np.arange(many + 2) % many,
        np.ones(many + 2),
        np.ones(many + 2, np.uint32),
        np.arange(many + 2) % 1000,
    )
    reader = written({"a": list(merged([BatchSource(lists)]))})
    extent = reader.extent("a", b"all")
    assert extent is not None
    assert reader.ids(extent).tolist() == list(range(many))
    assert [len(ids) for ids, *_ in reader.span(*reader.between("a", b"", b"\xff"))] == [many, 2]
