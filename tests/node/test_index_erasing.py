"""What is erased is in no byte of the index or the database: not as it was written, folded or stemmed.

Through real nodes: published, revised, translated by another node, met, indexed, merged, erased.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from forge import line_up
from library import fill, say, translate
from simulator import Network, Town

from node import indexing, publish
from node.indexing import Searcher
from search import Query
from search.language import forms, spelling, spellings
from search.whoosh_index_folder import create, live

WORDS = {
    "fr": ("Zébrulonnerie", "quaggassiques"),
    "ar": ("زغاريدستان", "والخنفشاريات"),
    "de": ("Zwiebelturmgäßchen", "Quastenflösserwege"),
    "tr": ("Şıkırdayışçılık", "ığdırlılaşmak"),
    "en": ("Quaggadesks", "okapiness"),
}
TRANSLATED = ("Nasenschreitlinge", "Hinterfotzingen")


def spoken(words: tuple[str, ...], language: str) -> set[bytes]:
    """Every form in which these words may stand in a file."""
    found: set[str] = set()
    for word in words:
        shown, folded = spellings(word, language)
        found |= {word, word.lower(), word.upper(), spelling(word, language), shown, *folded, *forms(word, language)}
    return {each.encode() for each in found}


EVERY = set[bytes]().union(*(spoken(words, language) for language, words in WORDS.items()), spoken(TRANSLATED, "de"))


def held(folder: Path, names: str = "*") -> set[bytes]:
    """Which of the words stand somewhere in the files of a folder."""
    content = [path.read_bytes() for path in folder.rglob(names) if path.is_file()]
    return {word for word in EVERY if any(word in each for each in content)}


def index(town: Town, searcher: Searcher) -> None:
    while indexing.follow_once(town.node, searcher):
        pass


@pytest.fixture
def towns(network: Network) -> tuple[Town, Town]:
    other, one = line_up(network, "berlin", "rabat")
    fill(one.node, 4)
    return one, other


@pytest.mark.parametrize("before", ["one by one", "merged", "optimised", "in several segments", "beside killed ones"])
def test_erased_words_of_five_languages_are_in_no_file_of_index_or_database(
    network: Network, towns: tuple[Town, Town], before: str
) -> None:
    one, other = towns
    searchers = {town.name: Searcher(town.node) for town in towns}
    index(one, searchers["rabat"])
    made = []
    for language, (title, more) in WORDS.items():
        said = say(one.node, f"{title} {title}", language=language, challenge={language: f"{more} " * 30})
        made.append(said)
        if before != "merged":
            index(one, searchers["rabat"])
    network.meet(other, one)
    copies = [
        translate(other.node, said, "de" if said.body["language"] != "de" else "fr", title=TRANSLATED[0],
                  summary=f"{TRANSLATED[1]} " * 5)
        for said in made
    ]  # fmt: skip
    network.meet(one, other)
    if before == "in several segments":
        for said in made:  # an earlier revision, and a later one, in other segments
            content = dict(said.content) | {"title": {said.body["language"]: "Un autre titre pour ceci"}}
            statement = publish.Statement("Practice", content, str(said.body["language"]))
            publish.publish(one.node, statement, said.record)
            index(one, searchers["rabat"])
    for town in towns:
        index(town, searchers[town.name])
    network.settle()
    for town in towns:
        index(town, searchers[town.name])
        if before == "optimised":
            searchers[town.name].index().optimise()
    if before == "beside killed ones":
        beside = create(one.node.config.index, indexing.vocabulary())  # of a rebuild
        segment = next(live(one.node.config.index).glob("*.seg"))
        (beside / segment.name).write_bytes(segment.read_bytes() + b"\n".join(EVERY))
        (live(one.node.config.index) / "MAIN_0123456789abcdef.pst").write_bytes(b"\n".join(EVERY))  # of a commit
    written = held(one.node.config.index)  # so that the search for them below means something
    for language, words in WORDS.items():
        assert forms(words[1], language)[0].encode() in written
    found = searchers["rabat"].find(Query(WORDS["fr"][0], "fr")).results.total
    assert found == (0 if before == "in several segments" else 1)

    for said in made:
        publish.end(one.node, said.uri, "erased", "erasure-request")
    network.settle()
    for town in towns:
        index(town, searchers[town.name])
        assert held(town.node.config.home) == set(), town.name
        assert searchers[town.name].find(Query(WORDS["fr"][0], "fr")).results.total == 0
        assert searchers[town.name].find(Query(TRANSLATED[0], "de")).results.total == 0
        searchers[town.name].forget()
    assert len(copies) == len(WORDS)


def test_erased_bytes_leave_the_write_ahead_log_when_the_last_reader_has_gone(towns: tuple[Town, Town]) -> None:
    """A long reading, such as that of a rebuild, keeps the log; the worker tries again."""
    one, _ = towns
    said = say(one.node, f"Un {WORDS['fr'][0]} unique")
    with one.node.database.reading() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM log").scalar()
        publish.end(one.node, said.uri, "erased", "erasure-request")
        assert held(one.node.config.home, "wasl.db*") != set()
    one.follow()
    assert held(one.node.config.home, "wasl.db*") == set()
