"""Organisations on the pages: found by what they offer and seek, matched across towns, hidden, withdrawn, hostile."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import Any

import pytest
from editing import told
from person import Person
from simulator import Network, Town

from node import hiding, publish
from node.app import create_app
from node.organisations import SHOWN
from node.publish import Statement
from node.store import records
from node.store.records import OURSELVES
from tests.protocol.contents import accepted


@pytest.fixture
def three(network: Network) -> tuple[Town, Town, Town]:
    rabat, berlin, fes = (network.found(name) for name in ("rabat", "berlin", "fes"))
    network.befriend(berlin, rabat)
    network.befriend(fes, rabat)
    return rabat, berlin, fes


def introduce(town: Town, name: str, language: str = "fr", visibility: str = "public", **more: Any) -> records.Stored:
    """`offers`, `seeks`: topics, or (topic, words)."""
    town.clock.seconds += 1
    record, illustrative = more.pop("record", None), more.pop("illustrative", False)
    for side in ("offers", "seeks"):
        rows = [(one, "") if isinstance(one, str) else one for one in more.pop(side, ())]
        if rows:
            more[side] = [{"topic": topic} | ({"text": {language: text}} if text else {}) for topic, text in rows]
    content = {"legalName": {language: name}, "stakeholderType": "civil-society", **more}
    said = Statement("Organisation", content, language, visibility, illustrative=illustrative)
    uri = publish.publish(town.node, said, record).uri
    with town.node.database.reading() as connection:
        found = records.get(connection, uri, OURSELVES)
    assert found is not None
    return found


def reader(town: Town, language: str = "en") -> Person:
    person = Person(create_app(town.node, sets=town.sets))
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return person


def path(stored: records.Stored) -> str:
    return f"/organisations/{stored.origin}/{stored.record}"


def part(page: str, id_: str) -> str:
    """The words of one section of a page, without tags and marks of direction."""
    section = page.split(f'aria-labelledby="{id_}"')[1].split("</section>", maxsplit=1)[0].partition(">")[2]
    return told(section).replace("\u2068", "").replace("\u2069", "")


def test_one_town_offers_what_another_seeks_and_both_pages_say_why(three: Any) -> None:
    rabat, berlin, fes = three
    offers = introduce(berlin, "Sprachbrücke", "de", offers=[("language-learning", "Kurse ohne Vorkenntnisse")])
    seeks = introduce(rabat, "Pont des métiers", seeks=[("language-learning", "cours pour débutants"), "housing"])
    apart = introduce(fes, "Dar", offers=["sport"])
    rabat.network.settle()
    for one, other in ((offers, seeks), (seeks, offers)):
        page = part(reader(fes).page(path(one)), "matches")
        assert "Sprachbrücke offers language learning , which Pont des métiers seeks." in page
        assert "Offered: Kurse ohne Vorkenntnisse · Sought: cours pour débutants" in page
        assert path(other) in reader(fes).page(path(one))
    assert "Nobody in the network is known yet" in part(reader(fes).page(path(apart)), "matches")
    assert "propose : apprentissage de la langue" in part(reader(fes, "fr").page(path(seeks)), "matches")
    arabic = reader(fes, "ar").page(path(seeks))
    assert 'dir="rtl"' in arabic
    assert "تعلم اللغة" in part(arabic, "matches")


def test_the_same_topic_stands_before_one_above_it_and_the_sentence_says_that_it_is_only_near(three: Any) -> None:
    rabat, berlin, fes = three
    seeks = introduce(rabat, "Qui cherche", seeks=["employment"])
    near = introduce(fes, "Voisine", offers=["job-placement"])
    same = introduce(berlin, "Genau", "de", offers=["employment"])
    introduce(berlin, "Anderswo", "de", offers=["housing"])
    rabat.network.settle()
    page = reader(rabat).page(path(seeks))
    assert page.index(path(same)) < page.index(path(near))
    said = part(page, "matches")
    assert "Voisine offers job placement ; Qui cherche seeks employment , which is close to it." in said
    assert "Anderswo" not in said


def test_a_card_that_another_town_has_of_the_same_house_is_no_match_of_it(three: Any) -> None:
    rabat, berlin, _ = three
    one = introduce(rabat, "Maison Amal", seeks=["housing"], offers=["sport"])
    introduce(berlin, "MAISON  AMAL", "de", seeks=["sport"], offers=["housing"])
    rabat.network.settle()
    assert "Nobody in the network" in part(reader(rabat).page(path(one)), "matches")


def test_what_is_not_public_matches_nobody_on_a_public_page(three: Any) -> None:
    rabat, berlin, _ = three
    seeks = introduce(rabat, "Publique", seeks=["housing"])
    inside = introduce(berlin, "Nur im Netz", "de", "network", offers=["housing"])
    rabat.network.settle()
    assert "Nur im Netz" not in reader(rabat).page(path(seeks))
    assert reader(rabat).get(path(inside)).status_code == 404
    assert "Nur im Netz" not in reader(rabat).page("/organisations")


def test_hidden_and_withdrawn_organisations_match_no_more(three: Any) -> None:
    rabat, berlin, fes = three
    seeks = introduce(rabat, "Qui cherche", seeks=["housing"])
    hidden = introduce(berlin, "Wird verborgen", "de", offers=["housing"])
    ended = introduce(fes, "Se retire", offers=["housing"])
    rabat.network.settle()
    before = reader(rabat).page(path(seeks))
    assert "Wird verborgen" in before
    assert "Se retire" in before
    hiding.hide(rabat.node, "web:karima", hidden.uri, "Une personne y est nommée.")
    publish.end(fes.node, ended.uri, "withdrawn")
    rabat.network.settle()
    page = reader(rabat).page(path(seeks))
    assert "Wird verborgen" not in page
    assert "Se retire" not in page
    assert "Nobody in the network" in page
    gone = reader(rabat).get(path(ended))
    assert gone.status_code == 410
    assert "This organisation was withdrawn" in gone.get_data(as_text=True)
    assert reader(rabat).get(path(hidden)).status_code == 404
    assert "Wird verborgen" not in reader(rabat).page("/organisations")
    assert "Qui cherche" in part(reader(berlin).page(path(hidden)), "matches"), "elsewhere it is shown"
    hiding.show(rabat.node, "web:karima", hidden.uri)
    assert "Wird verborgen" in part(reader(rabat).page(path(seeks)), "matches")


def test_list_is_narrowed_by_topic_with_those_below_side_country_kind_and_town(three: Any) -> None:
    rabat, berlin, _ = three
    introduce(rabat, "Atelier", offers=["job-placement"], seeks=["housing"], city="Rabat")
    introduce(rabat, "Faculté", stakeholderType="university-actor", country="FR", seeks=["employment"])
    introduce(berlin, "Verein", "de", stakeholderType="migrant-association", country="DE", offers=["sport"])
    rabat.network.settle()
    person = reader(rabat)

    def shown(query: str) -> set[str]:
        page = part(person.page(f"/organisations?{query}"), "list")
        return {name for name in ("Atelier", "Faculté", "Verein") if name in page}

    assert shown("") == {"Atelier", "Faculté", "Verein"}
    assert shown("topic=employment") == {"Atelier", "Faculté"}
    assert shown("topic=employment&side=offers") == {"Atelier"}
    assert shown("side=offers") == {"Atelier", "Verein"}
    assert shown("country=MA") == {"Atelier"}, "where nothing is said, the country of its town counts"
    assert shown("partner=civil-society") == {"Atelier", "Verein"}, "with the kinds below it"
    assert shown(f"commune={berlin.did}") == {"Verein"}
    assert shown("name=FACULTE") == {"Faculté"}
    assert shown("name=rabat") == {"Atelier"}
    assert shown("topic=nonsense&side=x&country=xx&partner=employment&page=-3") == {"Atelier", "Faculté", "Verein"}
    page = person.page("/organisations?topic=health")
    assert "No organisation here is of this kind." in page
    assert '<option value="health" selected>' in page


def test_twenty_stand_on_a_page_and_an_empty_list_says_how_it_fills(network: Network) -> None:
    rabat = network.found("rabat")
    assert "No organisation has been introduced yet" in reader(rabat).page("/organisations")
    for number in range(21):
        introduce(rabat, f"Maison {number:02}")
    first, second = (reader(rabat).page(f"/organisations?page={page}") for page in (1, 2))
    assert first.count('class="item-title"') == 20
    assert second.count('class="item-title"') == 1
    assert "Maison 00" in second
    assert "The list ends before this page." in reader(rabat).page("/organisations?page=3")


def test_organisations_are_reached_from_home_network_town_and_sitemap(three: Any) -> None:
    rabat, berlin, _ = three
    one = introduce(berlin, "Verein", "de")
    rabat.network.settle()
    person = reader(rabat)
    for address in ("/", "/network"):
        assert 'href="/organisations"' in person.page(address)
    assert f"/organisations?commune={berlin.did}" in person.page(f"/communes/{berlin.did}")
    assert "/organisations?commune=" not in person.page(f"/communes/{rabat.did}")
    assert path(one) in person.page("/sitemap.xml")
    assert person.get(f"{path(one)}/raw").get_data() == one.data


def test_names_and_words_of_strangers_stay_text(network: Network) -> None:
    rabat = network.found("rabat")
    bad = "<script>alert(1)</script> \u202eenohp"
    one = introduce(
        rabat, bad, acronym='"><img src=x>', city="<b>Rabat</b>", description={"fr": "[x](javascript:alert(1))"},
        offers=[("employment", "<i>cours</i>")] * 12, seeks=["made-up-elsewhere", *["housing"] * 11],
    )  # fmt: skip
    introduce(rabat, "Autre", offers=["made-up-elsewhere", "housing"], seeks=["employment"])
    for address in (path(one), "/organisations", "/organisations?topic=housing"):
        page = reader(rabat).page(address)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<i>cours" not in page
        assert 'href="javascript' not in page
        assert "\u202e" not in page
    page = reader(rabat).page(path(one))
    assert "Autre offers made-up-elsewhere" in part(page, "matches"), "an unknown topic meets itself"
    assert part(page, "matches").count("offers employment") == 1, "twelve rows of one topic are one reason"


def test_matches_of_one_organisation_are_bounded(network: Network) -> None:
    rabat = network.found("rabat")
    topics = ["housing", "sport", "health", "employment", "education", "protection", "reception", "legal-aid"]
    one = introduce(rabat, "Qui cherche tout", seeks=topics)
    for number in range(SHOWN + 5):
        introduce(rabat, f"Maison {number:02}", offers=topics)
    page = part(reader(rabat).page(path(one)), "matches")
    assert page.count("Introduced by") == SHOWN
    assert page.count(", which Qui cherche tout seeks") == 3 * SHOWN
    assert page.count("and 5 more reasons") == SHOWN


def test_card_is_shown_in_the_language_of_the_reader_where_somebody_translated_it(three: Any) -> None:
    rabat, berlin, _ = three
    one = introduce(berlin, "Sprachbrücke", "de", offers=[("language-learning", "Kurse")])
    fields = {"legalName": "جسر اللغات", "offers.0.text": "دروس"}
    said = {"target": one.uri, "targetDigest": one.digest.hex(), "from": "de", "to": "ar", "fields": fields}
    publish.publish(rabat.node, Statement("Translation", said | {"method": "human", "translator": "Service"}, "ar"))
    rabat.network.settle()
    page = reader(rabat, "ar").page(path(one))
    assert '<h1 lang="ar" dir="rtl">جسر اللغات</h1>' in page
    assert "دروس" in page
    assert "Sprachbrücke" in reader(rabat, "ar").page(f"{path(one)}?text=original")
    assert "جسر اللغات" in reader(rabat, "ar").page("/organisations")


def test_what_it_seeks_leads_to_towns_that_did_it(three: Any) -> None:
    rabat, berlin, _ = three
    content = accepted()["practice-full"]["content"]
    content = {name: value for name, value in content.items() if name != "attachments"}
    publish.publish(rabat.node, Statement("Practice", content, "fr"))
    publish.publish(berlin.node, Statement("Practice", content | {"title": {"fr": "Chez nous à Berlin"}}, "fr"))
    one = introduce(berlin, "Verein", "de", seeks=[content["topics"][0]])
    other = introduce(berlin, "Ohne", "de", offers=[content["topics"][0]])
    rabat.network.settle()
    done = part(reader(rabat).page(path(one)), "done")
    assert content["title"]["fr"] in done
    assert "Chez nous" not in done, "its own town is not somewhere else"
    assert 'aria-labelledby="done"' not in reader(rabat).page(path(other))


def test_list_is_taken_along_as_a_table_that_no_spreadsheet_computes(network: Network) -> None:
    rabat = network.found("rabat")
    content = accepted()["organisation-full"]["content"]
    content = {name: value for name, value in content.items() if name not in ("offers", "seeks", "legalName")}
    introduce(rabat, "=HYPERLINK(1)", offers=[("capacity-building", "formation")], seeks=["housing"], **content)
    answer = reader(rabat, "fr").get("/organisations.csv")
    assert answer.mimetype == "text/csv"
    heads, row = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert len(heads) == len(row)
    assert row[0] == "'=HYPERLINK(1)"
    assert row[9] == "renforcement des capacités (formation)"
    assert unescape(row[12]).endswith(path(records_of(rabat)[0]))
    again = reader(rabat, "fr").get("/organisations.csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert reader(rabat).get("/organisations.csv?side=offers&topic=sport").get_data().count(b"\r\n") == 1


def records_of(town: Town) -> list[records.Stored]:
    with town.node.database.reading() as connection:
        return records.latest(connection, OURSELVES, ["Organisation"], origin=town.did)


def test_what_an_earlier_version_carried_unread_is_passed_over(network: Network, monkeypatch: Any) -> None:
    rabat = network.found("rabat")
    one = introduce(rabat, "Lisible", seeks=["housing"])
    with monkeypatch.context() as earlier:
        earlier.setattr("protocol.schemas._refusals", dict)
        publish.publish(rabat.node, Statement("Organisation", {"legalName": 7, "offers": [3], "seeks": "x"}, "fr"))
    (unread, _) = records_of(rabat)
    assert unread.content["legalName"] == 7
    person = reader(rabat)
    assert person.get(path(unread)).status_code == 404
    assert "Lisible" in person.page("/organisations")
    assert "Nobody in the network" in person.page(path(one))
    assert person.get("/").status_code == 200
