"""Results taken along: CSV, ODS, JSON, a feed, a table, a map, paper. What comes from strangers is text everywhere."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import zipfile
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook

from node.outputs import csv_file
from node.outputs.rows import COLUMNS
from node.publish import end
from node.web import exporting, mapping

ATOM = "{http://www.w3.org/2005/Atom}"
FILES = ("csv", "ods", "json", "atom")
HOSTILE = '=HYPERLINK("http://evil.example","<script>alert(1)</script>")'


def of(town: Any, ending: str, query: str = "", language: str = "fr") -> Any:
    given = town.get(f"/search.{ending}?{query}", headers={"Accept-Language": language})
    assert given.status_code == 200
    data = given.get_data()
    given.close()
    return given if ending == "atom" else data


def sheet(data: bytes) -> list[list[str]]:
    """An ODS as another library reads it."""
    return [
        [str(cell) for cell in row]
        for row in CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    ]


def lines(data: bytes) -> list[list[str]]:
    assert data.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def entries(given: Any) -> list[ET.Element]:
    return ET.fromstring(given.get_data()).findall(f"{ATOM}entry")


@pytest.fixture
def hostile(town: Any) -> Any:
    """A town with a practice whose title is a formula with markup, in Arabic around it."""
    content = dict(town.practices["practice-001"].content)
    content |= {"title": {"fr": HOSTILE}, "summary": {"fr": "-1+2\nسطر آخر & <b>" + " mot" * 20}}
    envelope = town.write(content)
    town.index()
    town.hostile = envelope
    return town


def test_csv_holds_every_practice_that_the_page_finds(town_to_read: Any) -> None:
    read = lines(of(town_to_read, "csv"))
    assert len(read) == 1 + 4
    assert read[0][0] == "Titre"
    assert all(len(row) == len(COLUMNS) for row in read)
    assert len(lines(of(town_to_read, "csv", "country=DE"))) == 1 + 1


def test_spreadsheet_computes_nothing_of_a_stranger(hostile: Any) -> None:
    cells = [cell for row in lines(of(hostile, "csv")) for cell in row]
    assert "'" + HOSTILE in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", "\tx", "\rx"])
def test_cell_that_begins_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert csv_file.harmless(cell) == "'" + cell
    assert csv_file.harmless("1" + cell) == "1" + cell


@pytest.mark.parametrize(
    "cell",
    [
        "x;=1",
        "x;@y",
        "x;-1+cmd|' /c calc'!A1;",
        'x;"=1"',
        'a,"b";""=1',
        "x\n+1",
        "x\r\n=1",
        "x\t=1",
        ";=1",
        "=a;=1",
        "x;＝1",
    ],
)
@pytest.mark.parametrize("cut_at", [",", ";", "\t"])
def test_no_cell_begins_like_a_formula_wherever_a_spreadsheet_cuts_the_line(cell: str, cut_at: str) -> None:
    data = csv_file.table([["first", cell, "last"]]).decode("utf-8-sig")
    cells = [one for row in csv.reader(io.StringIO(data, newline=""), delimiter=cut_at) for one in row]
    assert not [one for one in cells if one.startswith(csv_file.FORMULA)], cells
    assert csv_file.meant(csv_file.harmless(cell)) == cell


def test_ods_says_the_same_as_the_csv_to_another_library(hostile: Any) -> None:
    """All but the apostrophes: cells of an ODS are texts, which nothing computes."""
    read = sheet(of(hostile, "ods"))
    plain = [[cell.removeprefix("'") for cell in row] for row in lines(of(hostile, "csv"))]
    assert read == plain
    assert HOSTILE in [row[0] for row in read]


def test_ods_is_what_the_standard_asks(town_to_read: Any) -> None:
    """OpenDocument 1.3 part 2, section 3.3: the type comes first and is not compressed."""
    with zipfile.ZipFile(io.BytesIO(of(town_to_read, "ods", language="ar"))) as package:
        assert package.testzip() is None
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert package.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        content = package.read("content.xml").decode()
        ET.fromstring(content)
    assert 'style:writing-mode="rl-tb"' in content


def test_json_says_ids_and_no_labels(town_to_read: Any) -> None:
    told = json.loads(of(town_to_read, "json", "topic=employment&sort=oldest", "ar"))
    assert told["search"] == "topic=employment&sort=oldest"
    assert told["results"]
    for row in told["results"]:
        assert row["uri"].startswith("did:key:")
        assert all(re.fullmatch("[a-z-]+", topic) for topic in row["topic"])
        assert urlsplit(row["address"]).path == f"/practices/{row['node']}/{row['uri'].rsplit('/', 1)[1]}"


def test_translation_says_in_a_file_how_it_was_made(town_to_read: Any) -> None:
    told = json.loads(of(town_to_read, "json", "", "ar"))
    row = next(row for row in told["results"] if row["uri"] == town_to_read.practices["practice-001"].uri)
    assert (row["language"], row["original_language"]) == ("ar", "fr")
    assert row["translation"] in ("human", "machine-assisted", "machine")


def test_feed_has_what_a_reader_of_feeds_needs(town_to_read: Any) -> None:
    given = of(town_to_read, "atom", "topic=employment")
    assert given.mimetype == "application/atom+xml"
    root = ET.fromstring(given.get_data())
    for name in ("id", "title", "updated", "author"):
        assert root.find(ATOM + name) is not None, name
    found = entries(given)
    assert found
    stamps = [entry.findtext(f"{ATOM}updated") or "" for entry in found]
    assert stamps == sorted(stamps, reverse=True)
    assert root.findtext(f"{ATOM}updated") == stamps[0]
    for entry in found:
        assert (entry.findtext(f"{ATOM}id") or "").startswith("did:key:")
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert town_to_read.get(urlsplit(link.get("href", "")).path).status_code == 200


def test_feed_is_the_same_for_equal_questions_and_costs_nothing_when_nothing_changed(town_to_read: Any) -> None:
    one = of(town_to_read, "atom", "topic=employment&country=MA&sort=title&view=map&page=2")
    other = of(town_to_read, "atom", "country=MA&topic=employment&topic=employment")
    assert one.get_data() == other.get_data()
    for header in ({"If-None-Match": one.headers["ETag"]}, {"If-Modified-Since": one.headers["Last-Modified"]}):
        again = town_to_read.get(
            "/search.atom?topic=employment&country=MA", headers={**header, "Accept-Language": "fr"}
        )
        assert again.status_code == 304


def test_feed_shows_a_new_practice_first_and_an_ended_one_no_more(town: Any) -> None:
    content = dict(town.practices["practice-001"].content) | {"title": {"fr": "Tout nouveau"}}
    envelope = town.write(content)
    town.index()
    titles = [entry.findtext(f"{ATOM}title") for entry in entries(of(town, "atom"))]
    assert titles[0] == "Tout nouveau"
    end(town.node, envelope.uri, "withdrawn")
    town.index()
    assert "Tout nouveau" not in of(town, "atom").get_data(as_text=True)


def test_page_names_its_feed(town_to_read: Any) -> None:
    page = town_to_read.page("/search?topic=employment&q=bilan&view=table")
    link = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]* href="([^"]+)"', page)
    assert link is not None
    path = unescape(link[1])
    assert parse_qs(urlsplit(path).query) == {"q": ["bilan"], "topic": ["employment"], "lang": ["fr"]}
    assert town_to_read.client.application.test_client(use_cookies=False).get(path).status_code == 200


@pytest.mark.parametrize("ending", FILES)
def test_hostile_words_are_text_in_every_file(hostile: Any, ending: str) -> None:
    given = of(hostile, ending)
    data = given if isinstance(given, bytes) else given.get_data()
    if ending == "atom":
        assert b"<script>" not in data
        assert HOSTILE in [entry.findtext(f"{ATOM}title") for entry in ET.fromstring(data).iter(f"{ATOM}entry")]
    if ending == "json":
        assert HOSTILE in [row["title"] for row in json.loads(data)["results"]]


@pytest.mark.parametrize("ending", FILES)
def test_network_record_is_in_no_file(town: Any, ending: str) -> None:
    content = dict(town.practices["practice-001"].content) | {"title": {"fr": "Zébrures"}}
    town.write(content, visibility="network")
    town.index()
    data = of(town, ending)
    data = data if isinstance(data, bytes) else data.get_data()
    texts = str(sheet(data)) if ending == "ods" else data.decode()
    assert "Zébrures" not in texts


@pytest.mark.parametrize("ending", FILES)
@pytest.mark.parametrize(
    "query", ["q=%22%3E%3Cscript%3E", "since=x", "page=99", "q=" + "x" * 5000, "like=nothing", "q=%00"]
)
def test_odd_questions_make_a_file(town_to_read: Any, ending: str, query: str) -> None:
    of(town_to_read, ending, query)


def test_turn_is_given_back_when_nobody_reads_the_file(town_to_read: Any) -> None:
    for _ in range(3 * exporting.FILES_AT_ONCE):
        for ending in ("csv", "json", "ods"):
            given = town_to_read.client.head(f"/search.{ending}")
            given.close()
            assert given.status_code == 200


def test_table_lists_what_the_list_lists(town_to_read: Any) -> None:
    page = town_to_read.page("/search?view=table&q=bilan")
    links = re.findall(r'<th scope="row"[^>]*><a href="(/practices/[^"]+)"', page)
    listed = re.findall(r'class="item-title"[^>]*><a href="([^"]+)"', town_to_read.page("/search?q=bilan"))
    assert links == listed
    assert 'type="hidden" form="search" name="view" value="table"' in page


def test_paper_shows_whole_addresses_and_what_was_asked(town_to_read: Any) -> None:
    page = town_to_read.page("/search?view=print&country=MA", headers={"Accept-Language": "en"})
    assert "Country: <bdi>Morocco</bdi>" in page
    assert f"http://localhost{town_to_read.path('practice-001')}" in page


def test_map_has_a_table_that_says_the_same_even_of_a_node_without_a_place(town_to_read: Any) -> None:
    page = town_to_read.page("/search?view=map")
    counts = re.findall(r'<td class="figure">(\d+)</td>', page)
    assert sum(map(int, counts)) == 4
    assert "<script>" not in page


def towns() -> list[mapping.Town]:
    return [
        mapping.Town("a", "Rabat", "MA", 9, 34.02, -6.84),
        mapping.Town("b", "Salé", "MA", 1, 34.05, -6.80),
        mapping.Town("c", "Berlin", "DE", 4, 52.52, 13.40),
        mapping.Town("d", "Dakar", "SN", 2, 14.69, -17.44),
        mapping.Town("e", "Nowhere", "MA", 3, None, None),
        mapping.Town("f", "Empty", "TR", 0, 41.0, 29.0),
    ]


def test_map_draws_each_country_with_its_communes_inside_of_the_frame() -> None:
    drawn = mapping.drawings(towns())
    assert [drawing.country for drawing in drawn] == ["MA", "DE", "SN"]
    for drawing in drawn:
        for dot in drawing.dots:
            assert 0 <= dot.x <= drawing.width
            assert 0 <= dot.y <= drawing.height
    assert drawn[0].land.startswith("M")
    assert drawn[0].borders.startswith("M")


def test_circle_grows_with_the_count_and_north_is_above() -> None:
    rabat, sale = mapping.drawings(towns())[0].dots
    assert rabat.radius > sale.radius
    assert sale.y < rabat.y
    assert sale.x > rabat.x


def test_names_on_the_map_stand_over_nothing_else() -> None:
    many = [mapping.Town(str(n), f"Commune {n}", "MA", 5, 34 + n % 5 * 0.1, -6 - n // 5 * 0.1) for n in range(25)]
    (drawing,) = mapping.drawings(many)
    assert len(drawing.dots) == 25
    assert 0 < len([dot for dot in drawing.dots if dot.anchor]) < 25


@pytest.mark.parametrize("location", [None, {}, "34,5", *({"lat": lat, "lon": "1"} for lat in ("x", "91", "nan"))])
def test_place_that_is_none_is_left_out(location: object) -> None:
    assert mapping.place_of(location) == (None, None)


@pytest.mark.parametrize("path", ["/search.ods", "/organisations.csv", "/events.ics"])
def test_files_of_everything_are_made_two_at_a_time(hostile: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "WAIT_S", 0)
    releases = [exporting.take_turn() for _ in range(exporting.FILES_AT_ONCE)]
    refused = hostile.client.get(path)
    for release in releases:
        release()
    assert refused.status_code == 503
    for _ in range(exporting.FILES_AT_ONCE + 1):
        with hostile.client.get(path) as given:
            assert given.status_code == 200, "each turn is given back"


def test_whoever_finds_others_waiting_for_a_file_is_told_at_once(hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that wait give no pages."""
    monkeypatch.setattr(exporting, "WAIT_S", 3_600)
    monkeypatch.setattr(exporting, "_places", threading.BoundedSemaphore(1))
    releases = [exporting.take_turn() for _ in range(exporting.FILES_AT_ONCE)]
    with exporting._places:  # somebody waits
        assert hostile.client.get("/search.csv").status_code == 503
    for release in releases:
        release()
    assert hostile.client.get("/search.csv").status_code == 200
