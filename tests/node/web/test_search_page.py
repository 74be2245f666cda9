"""The page of results: facets whose counts stay true, chips, dates, other words, help when nothing is found."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from node.labels import FACET_WORDS

PARAMETERS = ("q", *FACET_WORDS, "since", "until", "sort", "view", "page", "like", "lang", "text")
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def passer_by(town_to_read: Any) -> Any:
    """A browser that keeps no cookie: a language chosen in it stays in it."""
    return town_to_read.client.application.test_client(use_cookies=False)


def boxes(page: str, facet: str) -> dict[str, int]:
    """Values of a facet with their counts, as the page shows them."""
    found = re.findall(rf'name="{facet}" value="([^"]*)".*?<span class="count">(\d+)</span>', page, re.DOTALL)
    return {unescape(value): int(count) for value, count in found}


def total(page: str) -> int:
    found = re.search(r'class="found">(\d+)', page)
    assert found
    return int(found[1])


def results(page: str) -> list[str]:
    """Paths of the practices found, in their order."""
    return re.findall(r'class="item-title"[^>]*><a href="([^"]+)"', page)


def results_only(page: str) -> str:
    return page.partition('<section class="results"')[2]


def test_every_facet_stands_in_the_one_form(town_to_read: Any) -> None:
    page = town_to_read.page("/search")
    assert page.count('id="search"') == 1
    for facet in FACET_WORDS:
        assert boxes(page, facet), facet
    assert page.count("<fieldset") == len(FACET_WORDS) + 1
    inputs = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert inputs
    marks = [each for each in inputs if 'form="brief"' in each]  # practices marked for a brief are another form
    assert all('form="search"' in each for each in inputs if each not in marks)


def test_count_beside_a_value_is_what_choosing_it_finds(town_to_read: Any) -> None:
    page = town_to_read.page("/search?status=completed")
    checked = 0
    for facet in FACET_WORDS:
        for value, count in boxes(page, facet).items():
            chosen = town_to_read.client.get(
                "/search", query_string=[("status", "completed")] * (facet != "status") + [(facet, value)]
            )
            assert total(chosen.get_data(as_text=True)) == count, (facet, value)
            checked += 1
    assert checked > 20


def test_topics_stand_below_their_broader_ones(town_to_read: Any) -> None:
    page = town_to_read.page("/search", headers={"Accept-Language": "en"})
    above, below = page.index('value="economic-integration"'), page.index('value="skills-assessment"')
    assert above < below
    between = page[above:below]
    assert between.count("<ul>") > between.count("</ul>")


def test_chosen_value_stays_on_the_page_and_is_a_chip_that_takes_it_away(town_to_read: Any) -> None:
    page = town_to_read.page("/search?topic=housing&country=DE&q=bilan", headers={"Accept-Language": "en"})
    assert re.search(r'value="housing" checked', page)
    chips = dict(re.findall(r'<a class="chip" href="([^"]+)">.*?Take away: </span>(\w+):', page))
    assert {unescape(path): heading for path, heading in chips.items()} == {
        "/search?q=bilan&country=DE": "Topic",
        "/search?q=bilan&topic=housing": "Country",
    }


def test_form_sent_with_empty_fields_leads_to_the_tidy_address(passer_by: Any) -> None:
    given = passer_by.get("/search?q=+bilan+&since=&until=&sort=best&topic=employment&topic=health&page=1&lang=ar")
    assert given.status_code == 302
    assert parse_qsl(urlsplit(given.headers["Location"]).query) == [
        ("q", "bilan"), ("topic", "employment"), ("topic", "health"), ("lang", "ar"),
    ]  # fmt: skip
    assert passer_by.get(given.headers["Location"]).status_code == 200


def test_change_of_language_keeps_every_value(town_to_read: Any) -> None:
    page = town_to_read.page("/search?topic=employment&topic=health&q=bilan")
    links = [unescape(link) for link in re.findall(r'href="(/search[^"]*lang=ar[^"]*)"', page)]
    assert links
    assert sorted(parse_qsl(urlsplit(links[0]).query)) == [
        ("lang", "ar"), ("q", "bilan"), ("topic", "employment"), ("topic", "health"),
    ]  # fmt: skip


def test_dates_narrow_and_one_that_cannot_be_read_is_told_beside_its_field(town_to_read: Any) -> None:
    every = total(town_to_read.page("/search"))
    early = town_to_read.page("/search?since=12/2015&until=31.12.2016")
    assert 0 < total(early) < every
    assert 'value="2015-12"' in early
    wrong = town_to_read.page("/search?since=gestern", headers={"Accept-Language": "de"})
    assert total(wrong) == every
    field = re.search(r'<input id="since"[^>]*>', wrong)
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert 'aria-describedby="dates-help since-wrong"' in field[0]
    assert wrong.count("bad_date") == 2, "above the results, with a link to the field, and beside it"
    assert '<a href="#since">' in wrong


@pytest.mark.parametrize("sort", ["newest", "oldest", "title"])
def test_order_is_as_asked_for(town_to_read: Any, sort: str) -> None:
    newest = results(town_to_read.page("/search"))
    given = results(town_to_read.page(f"/search?sort={sort}"))
    assert sorted(given) == sorted(newest)
    if sort != "title":
        assert given == (newest if sort == "newest" else newest[::-1])


def test_misspelt_word_is_asked_about(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=realisser", headers={"Accept-Language": "fr"})
    meant = re.search(r'class="meant">.*?<a href="([^"]+)"><bdi>([^<]+)', page, re.DOTALL)
    assert meant is not None
    assert meant[2] == "réaliser"
    assert total(town_to_read.page(unescape(meant[1]))) > 0


def test_what_was_searched_in_place_of_a_misspelt_word_is_said_and_marked(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=bilams&lang=fr")
    assert "<bdi>bilans</bdi>" in page
    assert total(page) == total(town_to_read.page("/search?q=bilans&lang=fr")) > 0
    assert "<mark>" in results_only(page)
    assert 'class="meant"' not in town_to_read.page("/search?q=logemnt&lang=fr")  # it has no practice on housing


def test_page_without_results_offers_only_ways_that_find_something(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=Kompetenzbilanz&country=TR&year=1999", headers={"Accept-Language": "de"})
    assert total(page) == 0
    help_ = page.partition('class="note help-on"')[2].partition("</div>")[0]
    links = re.findall(r'<a href="(/search\?[^"]+)">.*?class="count">(\d+)', help_, re.DOTALL)
    assert len(links) >= 2
    for link, count in links:
        assert total(town_to_read.page(unescape(link), headers={"Accept-Language": "de"})) == int(count) > 0
    assert results(page), "the newest practices"
    assert "Kompetenzbilanz" in page


def test_page_without_results_names_what_was_understood(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=housing&since=1950&until=1951", headers={"Accept-Language": "en"})
    assert total(page) == 0
    assert "topic <bdi>housing</bdi>" in page


def test_chip_says_by_which_topic_a_practice_was_found(town_to_read: Any) -> None:
    page = results_only(town_to_read.page("/search?q=Kompetenzbilanz", headers={"Accept-Language": "de"}))
    assert town_to_read.practices["practice-001"].record in page
    assert re.search(r'class="chip via">Thema <bdi>[^<]+</bdi></li>', page)


def test_chips_say_that_a_translation_is_shown_and_of_which_language_the_original_is(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=bilan", headers={"Accept-Language": "ar"})
    article = next(each for each in page.split("<article")[1:] if town_to_read.practices["practice-001"].record in each)
    assert "الأصل: الفرنسية · معروض باللغة: العربية (ترجمة)" in article
    assert 'lang="ar" dir="rtl"' in article


def test_practice_found_by_its_words_says_where_they_stand(town_to_read: Any) -> None:
    page = town_to_read.page("/search?q=AMAPPE", headers={"Accept-Language": "fr"})
    assert "mots dans le texte" in results_only(page)
    assert re.search("<mark>[^<]*AMAPPE</mark>", page)


def test_word_of_the_original_is_shown_to_a_reader_of_the_translation(town_to_read: Any) -> None:
    """Found by a French word, shown with its Arabic title: the passage is French, and is not called a name."""
    page = town_to_read.page("/search?q=diplômes", headers={"Accept-Language": "ar"})
    article = next(each for each in page.split("<article")[1:] if town_to_read.practices["practice-001"].record in each)
    assert re.search(r'<h3 class="item-title" lang="ar"', article)
    assert re.search(r'<p class="snippet" lang="fr" dir="ltr">[^<]*<mark>diplômes</mark>', article)
    assert "اسم جماعة أو منظمة" not in article


def test_marked_words_of_an_arabic_practice_are_whole_words(town_to_read: Any) -> None:
    """No letter stands directly before or behind a mark: shaping crosses no border of an element."""
    envelope = town_to_read.practices["arabic"]
    title = str(envelope.content["title"]["ar"])
    word = max(re.findall(r"\w+", title), key=len)
    page = town_to_read.client.get("/search", query_string={"q": word}, headers={"Accept-Language": "ar"}).get_data(
        as_text=True
    )
    marks = re.findall(r"(.)<mark>([^<]+)</mark>(.)", page)
    assert marks
    for before, marked, after in marks:
        assert not re.match(r"[\w\u0640\u064b-\u065f]", before), marked
        assert not re.match(r"[\w\u0640\u064b-\u065f]", after), marked
    assert any(word in marked for _, marked, _ in marks)
    assert re.search(r'<p class="snippet" lang="ar" dir="rtl">', page)


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_nothing_that_is_asked_becomes_markup(passer_by: Any, parameter: str) -> None:
    for text in (HOSTILE, HOSTILE * 600 + "x" * 14_000):
        given = passer_by.get("/search", query_string={parameter: text}, follow_redirects=True)
        assert given.status_code in (200, 400, 414)
        assert "<script>alert" not in given.get_data(as_text=True)
    assert HOSTILE not in passer_by.get("/search", query_string={parameter: HOSTILE}).headers.get("Location", "")


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_parameter_may_be_repeated_a_thousand_times(passer_by: Any, parameter: str) -> None:
    same = [(parameter, "ar")] * 1000
    other = [(parameter, f"{1000 + number}") for number in range(1000)]
    for pairs in (same, other):
        given = passer_by.get("/search", query_string=pairs, follow_redirects=True)
        assert given.status_code == 200
        assert len(given.get_data()) < 700_000


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\u202e", "%", "NaN", "-1", "9" * 5000, "٣"])
def test_odd_values_are_answered_with_a_page(passer_by: Any, text: str) -> None:
    for parameter in PARAMETERS:
        query = {parameter: text.encode("utf-8", "surrogatepass")}
        assert passer_by.get("/search", query_string=query, follow_redirects=True).status_code == 200
