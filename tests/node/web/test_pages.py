"""The pages as a reader gets them: five languages, both directions, nothing hidden shown, nothing hostile passed on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from node.publish import end

PATHS = ("/", "/search?q=bilan", "/search?q=zzqqxx", "/communes", "/network", "/about")
LANGUAGES = ("fr", "ar", "de", "tr", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_page_speaks_the_language_that_was_asked_for(town_to_read: Any, path: str, language: str) -> None:
    given = town_to_read.get(path, headers={"Accept-Language": language})
    page = given.get_data(as_text=True)
    assert given.status_code == 200
    start = re.search(r"<html[^>]*>", page)
    assert start is not None
    assert f'lang="{language}' in start[0]
    assert ('dir="rtl"' in start[0]) == (language == "ar")
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "'unsafe-inline'" not in given.headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_page_shows_who_signed_and_links_the_raw_record(town_to_read: Any, language: str) -> None:
    path = town_to_read.path("practice-001")
    page = town_to_read.page(path, headers={"Accept-Language": language})
    envelope = town_to_read.practices["practice-001"]
    assert envelope.digest.hex()[:8] in page or envelope.origin in page
    assert f"{path}/raw" in page
    raw = town_to_read.get(f"{path}/raw")
    assert raw.get_data() == envelope.data
    assert raw.headers["Content-Disposition"].startswith("attachment")


def test_translation_is_labelled_and_the_original_one_link_away(town_to_read: Any) -> None:
    page = town_to_read.page(town_to_read.path("practice-001") + "?lang=de", headers={"Accept-Language": "de"})
    assert "Kompetenzbilanzen" in page


def test_german_words_find_the_french_practice(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=Kompetenzfeststellung", headers={"Accept-Language": "de"})
    assert town_to_read.practices["practice-001"].record in page


def test_hostile_title_is_text_and_never_markup(fresh: Any) -> None:
    content = {
        "title": {"fr": "<script>alert(1)</script> & <b>gras</b>"},
        "summary": {"fr": '"><img src=x onerror=alert(1)> ' + "mot " * 30},
        "challenge": {"fr": "x" * 60},
        "approach": {"fr": "y" * 100},
        "results": {"fr": "z" * 60},
        "lessonsLearned": {"fr": "w" * 60},
        "topics": ["employment"],
        "targetGroups": ["women"],
        "status": "completed",
        "startDate": "2020",
    }
    envelope = fresh.write(content)
    fresh.index()
    for path in ("/", f"/practices/{envelope.origin}/{envelope.record}", "/search?q=gras"):
        page = fresh.page(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_network_record_is_on_no_page(fresh: Any, town_to_read: Any) -> None:
    body = town_to_read.practices["practice-001"].content
    envelope = fresh.write(dict(body), visibility="network")
    fresh.index()
    assert fresh.get(f"/practices/{envelope.origin}/{envelope.record}").status_code == 404
    assert envelope.record not in fresh.page("/")
    assert envelope.record not in fresh.page("/search?q=bilan")


@pytest.mark.parametrize("state", ["withdrawn", "erased"])
def test_ended_practice_answers_410_and_says_so(town: Any, state: str) -> None:
    path = town.path("practice-001")
    end(town.node, town.practices["practice-001"].uri, state)
    town.index()
    given = town.get(path)
    assert given.status_code == 410
    assert "RECOMIG" not in given.get_data(as_text=True)
    assert town.practices["practice-001"].record not in town.page("/search?q=bilan")


def test_unknown_places_answer_404_with_a_page_that_helps(town_to_read: Any) -> None:
    for path in ("/nothing", "/practices/did:key:zx/1", "/communes/did:key:z6Mkx", "/practices/a/b/raw"):
        given = town_to_read.get(path)
        assert given.status_code == 404
        assert "<h1" in given.get_data(as_text=True)


def test_fresh_node_says_what_to_do_next(fresh: Any) -> None:
    given = fresh.get("/", headers={"Accept-Language": "en"})
    assert given.status_code == 200
    assert "wasl" in given.get_data(as_text=True).lower()


@pytest.mark.parametrize(
    "query", ["(" * 3000, "a" * 30_000, "\x00\x01", "%", "*?*", "[a TO z]", "'; DROP TABLE log;--"]
)
def test_hostile_query_gets_an_ordinary_page(town_to_read: Any, query: str) -> None:
    given = town_to_read.client.get("/search", query_string={"q": query})
    assert given.status_code in (200, 400)
