"""The brief: chosen practices as sheets of paper, in one language or two, by page and by `wasl brief`."""

from __future__ import annotations

import re

import pytest

from node.web import briefing


def link(town, *names: str, **more: str) -> str:
    chosen = "&".join(f"p={town.path(name).removeprefix('/practices/')}" for name in names)
    return "/brief?" + "&".join([chosen, *(f"{name}={value}" for name, value in more.items())])


def test_sheet_has_summary_results_cost_conditions_permanent_id_and_code(town_to_read):
    page = town_to_read.page(link(town_to_read, "practice-002", lang="en"))
    envelope = town_to_read.practices["practice-002"]
    sheet = page[page.index('id="sheet-1"') :]
    assert envelope.content["summary"]["fr"][:40] in sheet
    assert envelope.content["results"]["fr"][:40] in sheet
    assert envelope.uri in sheet
    assert f"/revisions/{envelope.digest.hex()}" in sheet
    for piece in ("Cost", "320,000", "<svg", "Demonstration data"):
        assert piece in sheet


def test_two_languages_stand_side_by_side_each_in_its_direction(town_to_read):
    page = town_to_read.page(link(town_to_read, "practice-001", lang="fr", **{"with": "ar"}))
    assert re.findall(r'class="brief-text" lang="(\w+)" dir="(\w+)"', page) == [("fr", "ltr"), ("ar", "rtl")]
    assert "Résultats" in page
    assert "ممارسات جيدة لبرنامج العمل" in page


def test_practice_in_one_language_only_is_not_shown_twice(town_to_read):
    page = town_to_read.page(link(town_to_read, "practice-002", lang="fr", **{"with": "tr"}))
    assert len(re.findall('class="brief-text"', page)) == 1


def test_cover_lists_the_practices_in_the_order_chosen(town_to_read):
    page = town_to_read.page(link(town_to_read, "german", "practice-001", lang="fr"))
    first, second = re.findall(r'<a href="#sheet-[12]"><span lang="\w+" dir="ltr">([^<]+)', page)
    assert first.startswith("Praktische")
    assert "bilans" in second


def test_address_of_a_page_or_a_permanent_id_names_a_practice(town_to_read):
    envelope = town_to_read.practices["practice-001"]
    tidy = f"{envelope.origin}/{envelope.record}"
    for name in (envelope.uri, f"https://wasl.rabat.example/practices/{tidy}?lang=fr", f" {tidy} "):
        assert briefing.chosen([name, "", tidy]) == ([tidy], [])
    answer = town_to_read.get("/brief", query_string={"p": [envelope.uri, ""], "with": "de"})
    assert (answer.status_code, answer.headers["Location"].endswith(f"/brief?p={tidy}&with=de")) == (302, True)


def test_what_names_no_practice_is_told_and_harmless(town_to_read):
    page = town_to_read.page("/brief", query_string={"p": ["<script>alert(1)</script>", "x" * 5_000]})
    assert "&lt;script&gt;alert(1)" in page
    assert "x" * 201 not in page


def test_record_that_is_not_public_is_in_no_brief(town):
    hidden = town.write(town.practices["practice-001"].content, visibility="network")
    page = town.page(f"/brief?p={hidden.origin}/{hidden.record}")
    assert "sheet-1" not in page
    assert "bilans de compétences" not in page


def test_brief_has_twenty_practices_at_most(town):
    made = [town.write(town.practices["practice-001"].content) for _ in range(22)]
    page = town.page("/brief?" + "&".join(f"p={one.origin}/{one.record}" for one in made))
    assert page.count('class="sheet practice-sheet') == briefing.MOST == 20


def test_search_and_practice_lead_to_a_brief(town_to_read):
    page = town_to_read.page("/search")
    marked = re.findall(r'form="brief" name="p" value="([^"]+)"', page)
    assert len(marked) == 4
    assert town_to_read.get(f"/brief?p={marked[0]}").status_code == 200
    assert f"/brief?p={town_to_read.path('german').removeprefix('/practices/')}" in town_to_read.page(
        town_to_read.path("german")
    )


@pytest.mark.parametrize("second", ["", "de"])
def test_file_needs_nothing_else(town_to_read, second):
    app = town_to_read.client.application
    with app.test_request_context("/brief?lang=ar", base_url="https://wasl.rabat.example"):
        page, missing = briefing.document([town_to_read.practices["practice-001"].uri, "did:nobody"], second)
    assert missing == ["did:nobody"]
    assert '<html lang="ar" dir="rtl">' in page
    assert "@page" in page
    assert not re.search(r'(?:src|href)="(?!https?://|#)', page)
    assert page.count('class="brief-text"') == (2 if second else 1)
