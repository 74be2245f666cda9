"""The page of a practice: read in a minute, worked from, cited, found by machines; harmless whatever a record says."""

from __future__ import annotations

import json
import re

import pytest

from node.outputs import citations
from node.web import crawling


@pytest.fixture
def written(town):
    """`written(title=…)`: the path of a new practice, with changes."""
    base = next(e for n, e in town.practices.items() if n == "practice-001").content

    def write(language: str = "fr", **changes):
        content = {**base, **changes}
        envelope = town.write({name: value for name, value in content.items() if value is not None}, language)
        return f"/practices/{envelope.origin}/{envelope.record}"

    return write


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])


def test_adviser_reads_who_where_when_results_and_evidence_before_the_story(town_to_read):
    page = town_to_read.page(town_to_read.path("practice-001") + "?lang=en&text=fr")
    head = page[page.index("At a glance") : page.index('class="story"')]
    for said in ("Who", "Where", "Casablanca", "When", "Evidence", "Replicated in 1 town", "350"):
        assert said in head


def test_contents_lead_to_the_parts_in_the_order_of_the_page(town_to_read):
    page = town_to_read.page(town_to_read.path("practice-001"))
    listed = re.findall(r'<li><a href="#(part-\w+)">', page)
    assert listed[:2] == ["part-challenge", "part-approach"]
    assert listed == re.findall(r'<section id="(part-\w+)">', page)


def test_original_is_one_click_away_from_every_translation(town_to_read):
    path = town_to_read.path("practice-001")
    for code in ("de", "tr", "ar"):
        page = town_to_read.page(f"{path}?text={code}")
        assert re.search(rf'<a href="{path}\?text=fr" lang="fr">', page)


def test_page_is_light_and_waits_for_no_script(town_to_read):
    page = town_to_read.page(town_to_read.path("practice-001"))
    assert len(page.encode()) < 200_000
    assert re.findall(r"<script(?! type=\"application/ld)[^>]*>", page) == []


def test_markdown_is_shown_in_long_texts_only(town, written):
    page = town.page(
        written(
            title={"fr": "Un *titre* sans marques du tout"},
            approach={
                "fr": "# Comment\n\nAvec **beaucoup** de soin, et [un lien](https://rabat.example)" + ", encore" * 9
            },
        )
    )
    assert "Un *titre* sans marques du tout" in page
    assert "<strong>beaucoup</strong>" in page
    assert "<h3>Comment</h3>" in page


@pytest.mark.parametrize("field", ["title", "summary", "challenge", "results"])
def test_text_that_ends_the_data_block_stays_data(town, written, field):
    attack = "</script><script>alert(1)</script> <!-- " + "x" * 80
    page = town.page(written(**{field: {"fr": attack}}))
    assert "<script>alert" not in page
    assert "</script><script" not in page.replace("</script>\n<script", "")
    if field == "title":
        assert data_of(page)["headline"] == attack


def test_title_that_turns_letters_around_is_shown_in_its_own_order(town, written):
    path = written(title={"fr": "Une facture \u202egpj.exe et la suite"})
    town.index()
    for page in (town.page(path), town.page("/search"), town.page("/search.csv"), town.page("/")):
        assert "gpj.exe" in page
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)


def test_data_block_says_what_the_practice_is(town_to_read):
    path = town_to_read.path("practice-001")
    said = data_of(town_to_read.page(f"{path}?text=fr"))
    assert said["identifier"] == town_to_read.practices["practice-001"].uri
    assert (said["inLanguage"], said["version"]) == ("fr", "1")
    assert len(said["workTranslation"]) == 3
    assert said["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data_of(town_to_read.page(f"{path}?text=de"))["translationOfWork"]["@id"].endswith("?lang=fr&text=fr")


def test_machines_are_told_every_language_and_one_canonical_address(town_to_read):
    path = town_to_read.path("practice-001")
    page = town_to_read.page(f"{path}?lang=de&text=de")
    told = dict(re.findall(r'hreflang="([a-z-]+)" href="([^"]+)"', page))
    assert set(told) >= {"fr", "de", "tr", "ar", "x-default"}
    canonical = re.search(r'rel="canonical" href="([^"]+)"', page)[1]
    assert canonical == told["de"]
    assert 'property="og:locale" content="de"' in page
    assert re.search(r'rel="canonical" href="([^"?]+)"', town_to_read.page(path))[1].endswith(path)


def test_invented_practice_is_not_for_search_engines(town_to_read):
    assert 'name="robots" content="noindex"' in town_to_read.page(town_to_read.path("practice-002"))
    assert 'name="robots"' not in town_to_read.page(town_to_read.path("practice-001"))


@pytest.mark.parametrize("form", citations.FORMS)
def test_citation_names_the_permanent_id_and_the_revision(town_to_read, form):
    envelope = town_to_read.practices["practice-001"]
    path = f"{town_to_read.path('practice-001')}/revisions/{envelope.digest.hex()}/cite.{form}"
    answer = town_to_read.get(path)
    text = answer.get_data(as_text=True)
    assert answer.mimetype == citations.FORMS[form]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert envelope.record in text
    assert envelope.digest.hex() in text
    assert town_to_read.get(path.replace(f".{form}", ".exe")).status_code == 404


def test_title_never_becomes_a_field_of_a_citation():
    cited = citations.Citation(
        "Ville", "a}\r\nER  - \r\nTY  - BOOK, url = {evil} \\input{x} %", "did:key:z/records/1", "0" * 64, 1,
        1_790_000_000, "https://a.example/b", "fr", "CC-BY-4.0",
    )  # fmt: skip
    ris = citations.write("ris", cited).decode()
    assert ris.count("\r\nTY") + ris.startswith("TY") == 1
    assert ris.count("\r\nER") == 1
    bibtex = citations.write("bib", cited).decode()
    plain = bibtex.replace("\\{", "").replace("\\}", "").replace("\\textbackslash{}", "")
    assert plain.count("{") == plain.count("}")
    assert "\\input" not in bibtex
    assert json.loads(citations.write("json", cited))[0]["title"] == cited.title


def test_permalink_is_the_revision_and_stands_as_a_code_for_paper(town_to_read):
    envelope = town_to_read.practices["practice-001"]
    page = town_to_read.page(town_to_read.path("practice-001"))
    assert f"/revisions/{envelope.digest.hex()}" in page
    assert re.search(r'<div class="only-print print-code"><svg', page)


def test_addresses_for_others_never_come_from_the_host_header(tmp_path, town):
    from node.publish import publish_card
    from node.store import chains

    with town.node.database.reading() as connection:
        content = chains.head_cards(connection)[town.node.did].content
    town.clock.at += 10
    publish_card(town.node, {**content, "url": "https://wasl.rabat.example"})
    doors = ("/oai?verb=Identify", "/feed.atom", "/feed.json", "/catalogue.jsonld", "/vocabulary.jsonld")
    doors += ("/.well-known/nodeinfo", "/api/1/practices", "/api/1/openapi.json")
    for path in (town.path("practice-001"), "/sitemap.xml", "/robots.txt", *doors):
        page = town.page(path, headers={"Host": "evil.example"})
        assert "evil.example" not in page
        assert "https://wasl.rabat.example" in page


def test_sitemap_lists_public_practices_and_questions_and_nothing_else(town):
    hidden = town.write(town.practices["practice-001"].content, visibility="network")
    map_ = town.page("/sitemap.xml")
    assert map_.count("/practices/") == len(town.practices) - 2  # two of the keys are second names
    assert map_.count("<url>") == map_.count("/practices/") + map_.count("/questions/") + map_.count("/events/")
    for envelope in town.practices.values():
        assert envelope.record in map_
    assert hidden.record not in map_
    assert map_.count("<lastmod>2026-") == map_.count("<url>")


def test_sitemap_of_a_large_node_is_an_index_of_several(town, monkeypatch):
    monkeypatch.setattr(crawling, "MOST", 3)
    index = town.page("/sitemap.xml")
    parts = re.findall(r"<loc>[^<]*(/sitemap-\d+\.xml)</loc>", index)
    assert parts == ["/sitemap-1.xml", "/sitemap-2.xml"]
    assert [town.page(part).count("<url>") for part in parts] == [3, 2]
    assert [town.get(f"/sitemap-{number}.xml").status_code for number in (0, 3, 10**9)] == [404, 404, 404]


def test_robots_are_kept_out_of_the_administration_and_shown_the_list(town_to_read):
    robots = town_to_read.page("/robots.txt")
    assert "Disallow: /admin/" in robots
    assert "/sitemap.xml" in robots
