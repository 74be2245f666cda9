"""What is suggested while somebody types, and what is like a practice."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from node.publish import end


def suggested(town: Any, typed: str, language: str = "fr") -> list[dict[str, str]]:
    given = town.client.get("/suggest", query_string={"q": typed}, headers={"Accept-Language": language})
    assert given.status_code == 200
    assert given.mimetype == "application/json"
    return list(json.loads(given.get_data())["suggestions"])


@pytest.mark.parametrize("typed", ["rab", "الرب", "RÁB"])
def test_commune_is_found_by_its_name_in_any_script(town_to_read: Any, typed: str) -> None:
    found = suggested(town_to_read, typed)
    assert found[0]["text"] == "Commune de Rabat"
    assert town_to_read.get(found[0]["address"]).status_code == 200
    assert found[0]["address"].startswith("/communes/did:key:")


def test_concept_leads_to_its_filter(town_to_read: Any) -> None:
    found = suggested(town_to_read, "Beschäft", "de")
    assert found[0] == {
        "kind": "Thema",
        "text": "Beschäftigung",
        "language": "de",
        "address": "/search?topic=employment",
    }


def test_title_leads_to_the_practice_in_the_language_of_its_words(town_to_read: Any) -> None:
    found = [each for each in suggested(town_to_read, "réaliser des bil") if each["address"].startswith("/practices")]
    assert found[0]["text"].startswith("Réaliser des bilans")
    assert found[0]["language"] == "fr"
    assert found[0]["address"] == town_to_read.path("practice-001")


def test_nothing_is_suggested_of_what_is_not_public_or_has_ended(town: Any) -> None:
    content = dict(town.practices["practice-001"].content) | {"title": {"fr": "Zébrures municipales"}}
    hidden = town.write(content, visibility="network")
    town.index()
    assert suggested(town, "zébrures") == []
    shown = town.write(content)
    town.index()
    assert [each["address"] for each in suggested(town, "zébrures")] == [f"/practices/{shown.origin}/{shown.record}"]
    assert hidden.record != shown.record
    end(town.node, shown.uri, "erased")
    town.index()
    assert suggested(town, "zébrures") == []


@pytest.mark.parametrize("typed", ["", " ", "\x00", '"><script>', "x" * 30_000, "(" * 100, "%"])
def test_odd_typing_is_answered(town_to_read: Any, typed: str) -> None:
    given = town_to_read.client.get("/suggest", query_string={"q": typed})
    assert given.status_code == 200
    assert len(given.get_data()) < 20_000


def test_answer_is_asked_about_again_and_then_costs_nothing(town_to_read: Any) -> None:
    given = town_to_read.get("/suggest?q=rabat")
    assert "no-cache" in given.headers["Cache-Control"]
    assert {"Cookie", "Accept-Language"} <= set(given.vary)
    again = town_to_read.get("/suggest?q=rabat", headers={"If-None-Match": given.headers["ETag"]})
    assert again.status_code == 304
    assert "Set-Cookie" not in given.headers


def test_script_of_the_box_is_small_and_makes_no_markup_of_what_comes() -> None:
    script = files("node.web").joinpath("static", "search.js").read_text(encoding="utf-8")
    assert len(script.encode()) <= 6_000
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval|localStorage|cookie", script)


def test_practice_page_shows_what_is_like_it_and_never_itself(town_to_read: Any) -> None:
    page = town_to_read.page(town_to_read.path("practice-001")).partition('id="similar"')[2].partition("</section>")[0]
    links = re.findall(r'class="item-title"[^>]*><a href="([^"]+)"', page)
    assert 0 < len(links) <= 5
    assert town_to_read.path("practice-001") not in links


def test_search_for_what_is_like_a_practice(town_to_read: Any) -> None:
    uri = town_to_read.practices["practice-001"].uri
    given = town_to_read.client.get("/search", query_string={"like": uri})
    assert given.status_code == 200
    assert 'class="item-title"' in given.get_data(as_text=True)


@pytest.mark.parametrize("like", ["nothing", "did:key:z6Mk/records/1", '"><script>alert(1)</script>'])
def test_search_for_what_is_like_nothing_says_so(town_to_read: Any, like: str) -> None:
    given = town_to_read.client.get("/search", query_string={"like": like})
    assert given.status_code == 200
    assert 'class="item-title"' not in given.get_data(as_text=True)
    assert "<script>alert" not in given.get_data(as_text=True)
