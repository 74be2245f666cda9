"""A hundred kinds of query that nobody types in good faith, over HTTP and at the terminal, asked of a node that serves.

Each is answered with a page of results, never an error page, and finds what it should. How long the slowest takes is
in `make bench`; here only that nothing takes for ever.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from library import fill, oracle
from tour import Town, towns, until

from node import indexing
from node.bench import making
from node.bench.searching_hostile import hostile
from node.cli import main
from node.indexing import Searcher
from node.store import log
from search import MemoryIndex, Query

DOCUMENTS = 1_000
LONGEST = 30_000
"""Characters of a query over HTTP: longer ones are no address any more, whatever is in them."""

WITHIN_S = 10.0
"""Generous: the machine does other things too."""

PARAMETERS = (
    "q", "page", "sort", "language", "commune", "country", "topic", "group", "dimension", "status", "evidence",
    "year", "cost", "since", "until", "from", "to", "type",
)  # fmt: skip
KINDS = {kind: words[:LONGEST] for kind, words in hostile().items()}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with towns(tmp_path_factory.mktemp("hostile"), "rabat") as (made,):
        fill(made.node)
        making.load(made.node, [made.node], DOCUMENTS)
        with made.node.database.reading() as connection:
            last = log.last_seq(connection)
        searcher = Searcher(made.node)
        until(lambda: searcher.reaches(last), "everything is indexed", 180)
        searcher.forget()
        yield made


@pytest.fixture(scope="module")
def index(town: Town) -> Iterator[indexing.Index]:
    searcher = Searcher(town.node)
    yield searcher.index()
    searcher.forget()


@pytest.fixture(scope="module")
def memory(town: Town) -> MemoryIndex:
    return oracle(town.node)


def encoded(words: str) -> str:
    return quote(words.encode("utf-8", "surrogatepass"), safe="")


def page(town: Town, query: str) -> tuple[int, str]:
    """Status and page. As a stranger's program asks: nothing is made tidy before it is sent.

    An address with empty or repeated parameters is answered with the tidy one: followed once, for that one is final.
    """
    status, text, tidy = asked(town, f"/search?{query}")
    if status == HTTPStatus.FOUND:
        assert tidy.startswith("/search"), tidy
        status, text, _ = asked(town, tidy)
    return status, text


def asked(town: Town, path: str) -> tuple[int, str, str]:
    """Status, page and Location of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", town.port, timeout=60)
    try:
        began = time.monotonic()
        connection.request("GET", path, headers={"Accept-Language": "fr"})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        assert time.monotonic() - began < WITHIN_S
        return answer.status, text, answer.headers.get("Location", "")
    finally:
        connection.close()


def count(text: str) -> int:
    (found,) = re.findall(r'class="found">\s*([^<]*)<', text)
    digits = re.match(r"[\d\s.,\u00a0\u202f]*", found)
    assert digits is not None
    return int(re.sub(r"\D", "", digits.group()) or 0)


def as_asked(words: str) -> Query:
    """What the page makes of words: see `node.web.searching`."""
    received = words.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return Query(" ".join(received[:300].split()), "fr")


@pytest.mark.network
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_query_over_http_is_answered_and_finds_what_it_should(
    town: Town, index: indexing.Index, kind: str
) -> None:
    words = KINDS[kind]
    status, text = page(town, f"q={encoded(words)}")
    assert status == 200, kind
    assert count(text) == index.find(as_asked(words)).total, kind


@pytest.mark.network
def test_totals_of_hostile_queries_are_those_of_the_oracle(index: indexing.Index, memory: MemoryIndex) -> None:
    for kind, words in list(KINDS.items())[::6]:
        query = as_asked(words)
        found = index.find(query)
        if found.complete:
            assert (found.total, found.hits) == (memory.find(query).total, memory.find(query).hits), kind


@pytest.mark.network
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_hostile_value_of_any_parameter_of_the_search_is_answered(town: Town, parameter: str) -> None:
    chosen = [*list(KINDS.values())[::8], "-1", "0", "99999999999999999999", "1e9", "0001-02-30", "9999-12-31", "\x00"]
    for value in chosen:
        short = value[:2_000]
        for query in (f"{parameter}={encoded(short)}", f"q=emploi&{parameter}={encoded(short)}&{parameter}=x"):
            status, text = page(town, query)
            assert (status, 'class="found"' in text) == (200, True), (parameter, short[:40])


@pytest.mark.network
def test_everything_hostile_at_once_is_answered(town: Town) -> None:
    for value in list(KINDS.values())[::10]:
        query = "&".join(f"{parameter}={encoded(value[:500])}" for parameter in PARAMETERS)
        assert page(town, query)[0] == 200
    for query in (
        "%",
        "q=%",
        "q=%ff%fe",
        "q[]=a",
        "q=a;b",
        "&&&",
        "=",
        "q",
        "q=%ED%A0%80",
        "page=%00",
        "q=" + "+" * 9_000,
    ):
        assert page(town, query)[0] == 200, query


@pytest.mark.network
def test_hostile_query_at_the_terminal_is_answered(town: Town, index: indexing.Index) -> None:
    for kind, words in hostile().items():
        arguments = ["--home", str(town.home), "search", "--language", "fr", "--json", "--", words]
        result = CliRunner(env={"LC_ALL": "en_GB.UTF-8"}).invoke(main, arguments, prog_name="wasl")
        assert result.exit_code == 0, (kind, result.output, result.exception)
        told = json.loads(result.stdout)
        assert told["total"] == index.find(Query(words, "fr", public_only=False)).total, kind
