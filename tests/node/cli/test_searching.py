"""`wasl search` does what the page does: narrows, counts, sorts, suggests, says why, and writes files."""

from __future__ import annotations

import csv
import io
import json
import shutil
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook


@pytest.fixture(scope="module")
def indexed(wasl, rabat_once, tmp_path_factory, practice):
    """A node with three practices, indexed, to be copied: the first one, one of 2019 for women, one without an end."""
    home = shutil.copytree(rabat_once, tmp_path_factory.mktemp("indexed") / "rabat")
    lines = [
        practice(),
        practice(id="practice-002", title={"fr": "Cours de langue pour les femmes"}, targetGroups=["women"],
                 topics=["language-learning"], startDate="2019-03", endDate="2019-12", status="ongoing",
                 budget={"amount": "9000", "currency": "EUR"}),
        practice(id="practice-003", title={"fr": "=Abri d'urgence"}, topics=["emergency-shelter"], startDate="2021"),
    ]  # fmt: skip
    for line in lines:
        line.pop("endDate", None) if line["id"] == "practice-003" else None
        assert wasl(home, "publish", "-", input=json.dumps(line)).exit_code == 0
    assert wasl(home, "reindex").exit_code == 0
    return home


@pytest.fixture
def found_in(indexed, tmp_path):
    """Three practices, indexed."""
    return shutil.copytree(indexed, tmp_path / "rabat")


def asked(wasl, home, *words):
    result = wasl(home, "search", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def titles(page):
    return [hit["title"] for hit in page["hits"]]


@pytest.mark.parametrize(
    ("option", "value", "count"),
    [
        ("--topic", "language-learning", 1),
        ("--topic", "Bildung", 1),
        ("--topic", "السكن", 1),
        ("--group", "göçmen kadınlar", 1),
        ("--status", "en cours", 1),
        ("--country", "Marokko", 3),
        ("--commune", "rabat", 3),
        ("--in", "français", 3),
        ("--year", "2019", 1),
        ("--cost", "under-10000", 1),
        ("--dimension", "immigration", 3),
        ("--evidence", "self-reported", 3),
    ],
)
def test_every_facet_narrows_by_id_or_by_name_in_any_language(wasl, found_in, option, value, count):
    assert asked(wasl, found_in, option, value)["total"] == count


def test_values_of_one_option_are_alternatives_and_options_hold_together(wasl, found_in):
    two = asked(wasl, found_in, "--topic", "language-learning", "--topic", "emergency-shelter")
    assert two["total"] == 2
    assert asked(wasl, found_in, "--topic", "housing", "--year", "2019")["total"] == 0


def test_unknown_value_lists_what_there_is(wasl, found_in):
    result = wasl(found_in, "search", "--status", "nearly")
    assert (result.exit_code, "unknown_value" in result.stderr) == (1, True)
    assert "completed" in result.stderr


def test_dates_narrow_in_the_orders_that_people_use(wasl, found_in):
    assert titles(asked(wasl, found_in, "--since", "06/2019", "--until", "31.12.2019")) == [
        "Cours de langue pour les femmes"
    ]


@pytest.mark.parametrize(
    ("given", "code"), [(("--since", "gestern"), "bad_date"), (("--since", "2020", "--until", "2019"), "dates_crossed")]
)
def test_date_that_cannot_be_read_is_an_error_with_its_code(wasl, found_in, given, code):
    result = wasl(found_in, "search", *given)
    assert (result.exit_code, code in result.stderr) == (1, True)


def test_order_and_pages(wasl, found_in):
    pages = [titles(asked(wasl, found_in, "--country", "MA", "--sort", "title", "--limit", "1", "--page", str(page)))
             for page in (1, 2, 3, 4)]  # fmt: skip
    assert [[title.split()[0] for title in page] for page in pages] == [["=Abri"], ["Cours"], ["Réaliser"], []]


def test_facets_are_counted_with_labels_of_the_reader(wasl, found_in):
    result = wasl(found_in, "search", "--facets", "--language", "de")
    assert "Spracherwerb (language-learning)" in result.stdout
    assert asked(wasl, found_in, "--facets")["facets"]["topic"]["language-learning"] == 1


def test_result_says_why_it_was_found(wasl, found_in):
    result = wasl(found_in, "search", "Spracherwerb", "--language", "de")
    assert "topic Spracherwerb" in result.stdout
    assert "original: Französisch" not in result.stdout, "what is shown is the original"


def test_misspelt_word_is_asked_about(wasl, found_in):
    assert "Did you mean: femmes" in wasl(found_in, "search", "fenmes", "--language", "fr").stderr
    assert asked(wasl, found_in, "fenmes", "--language", "fr")["did_you_mean"] == ["femmes"]


def test_search_that_finds_nothing_says_what_stands_in_the_way(wasl, found_in):
    result = wasl(found_in, "search", "langue", "--country", "DE", "--language", "fr")
    assert (result.exit_code, "0 of 0" in result.stdout) == (0, True)
    assert "Without --country: 1" in result.stderr


def test_what_is_like_a_practice(wasl, found_in):
    (published,) = (
        hit["uri"] for hit in asked(wasl, found_in, "--country", "MA")["hits"] if "Réaliser" in hit["title"]
    )
    page = asked(wasl, found_in, "--like", published)
    assert page["hits"]
    assert published not in [hit["uri"] for hit in page["hits"]]


def test_search_for_nothing_at_all_is_wrong_usage(wasl, found_in):
    assert wasl(found_in, "search").exit_code == 2


def test_csv_holds_all_and_computes_nothing(wasl, found_in, tmp_path):
    result = wasl(found_in, "search", "--format", "csv", "--language", "fr", "--limit", "1")
    read = list(csv.reader(io.StringIO(result.stdout_bytes.decode("utf-8-sig"), newline="")))
    assert len(read) == 1 + 3
    assert "'=Abri d'urgence" in [row[0] for row in read]


def test_spreadsheet_is_written_to_a_file_that_other_programs_read(wasl, found_in, tmp_path):
    target = tmp_path / "all.ods"
    result = wasl(found_in, "search", "--topic", "housing", "--format", "ods", "--output", str(target))
    assert result.exit_code == 0, result.stderr
    table = CalamineWorkbook.from_path(str(target)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in table[1:]] == ["=Abri d'urgence"]
    assert target.stat().st_mode & 0o077 == 0, "it may hold what is for members only"
    assert sorted(path.name for path in tmp_path.iterdir() if "all" in path.name) == ["all.ods"]


def test_feed_holds_public_records_only_and_leads_to_this_node(wasl, found_in, practice):
    hidden = practice(id="practice-004", title={"fr": "Pour les membres"}, visibility="network")
    assert wasl(found_in, "publish", "-", input=json.dumps(hidden)).exit_code == 0
    wasl(found_in, "reindex")
    assert "Pour les membres" in titles(asked(wasl, found_in, "--country", "MA"))
    root = ET.fromstring(wasl(found_in, "search", "--format", "atom", "--language", "fr").stdout)
    entries = root.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 3
    assert "Pour les membres" not in ET.tostring(root, encoding="unicode")
    link = entries[0].find("{http://www.w3.org/2005/Atom}link")
    assert link is not None
    assert link.get("href", "").startswith("https://wasl.rabat.example/practices/did:key:")


def test_words_are_marked_on_a_terminal_only(wasl, found_in):
    assert "\x1b" not in wasl(found_in, "search", "AMAPPE", NO_COLOR="").stdout


def test_titles_from_strangers_do_not_write_on_the_screen(wasl, found_in, practice):
    line = practice(id="practice-005", title={"fr": "Zèbre \u202eetib\u202c"})
    result = wasl(found_in, "publish", "-", input=json.dumps(line))
    wasl(found_in, "reindex")
    if result.exit_code == 0:
        assert "\u202e" not in wasl(found_in, "search", "zèbre", "--language", "fr").stdout
