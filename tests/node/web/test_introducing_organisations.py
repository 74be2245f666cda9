"""An organisation is introduced on the pages, reviewed like a practice, corrected, and matched with those of others."""

from __future__ import annotations

from typing import Any

import pytest
from editing import decide as press
from editing import form_of, submit, told, write
from person import Person, add_person, make_cheap
from simulator import Network, Town

from node import hiding, publish
from node.app import create_app
from node.publish import Statement
from node.store import records
from node.store.records import OURSELVES


@pytest.fixture
def two(network: Network, monkeypatch: pytest.MonkeyPatch) -> tuple[Town, Town]:
    make_cheap(monkeypatch)
    tanger, berlin = network.found("tanger"), network.found("berlin")
    network.befriend(berlin, tanger)
    return tanger, berlin


def person_of(town: Town, name: str, role: str) -> Person:
    add_person(town.node, name, role)
    person = Person(create_app(town.node, sets=town.sets))
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert person.sign_in(name).status_code == 303
    return person


def colleague(person: Person, town: Town, name: str) -> Person:
    add_person(town.node, name, "publisher")
    other = Person(person.client.application)
    assert other.sign_in(name).status_code == 303
    other.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return other


def begun(person: Person, language: str = "fr") -> str:
    answer = person.post("/admin/drafts/reply", kind="Organisation", uri="", language=language)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def heads(town: Town) -> list[records.Stored]:
    with town.node.database.reading() as connection:
        return records.latest(connection, OURSELVES, ["Organisation"], origin=town.did)


def decide(person: Person, draft: str) -> None:
    for word in ("approve", "publish"):
        press(person, draft, word)


CARD = {
    "legalName": "Association Amal (fictive)", "stakeholderType": "migrant-association", "city": "Tanger",
    "country": "MA", "roleMailbox": "accueil@amal.example", "telephone": "+212 539 00 00 00",
    "url": "https://amal.example/", "languagesSpoken": ["fr", "zgh"], "offers.0.topic": "capacity-building",
    "offers.0.text": "formation des conseillers", "seeks.0.topic": "language-learning", "seeks.0.text": "cours d'arabe",
}  # fmt: skip


def test_it_is_written_by_one_approved_by_another_and_corrected(two: Any) -> None:
    tanger, _ = two
    writer = person_of(tanger, "samira", "publisher")
    assert "Introduce an organisation" in writer.page("/admin/exchange")
    assert "Introduce an organisation" in writer.page("/organisations")
    draft = begun(writer)
    write(writer, draft, **CARD)
    assert "Association Amal" in writer.page("/admin/drafts"), "a draft is listed by its name"
    assert "f.offers.1.topic" in form_of(writer.page(f"{draft}?add=offers"))
    submit(writer, draft)
    decide(writer, draft)
    assert heads(tanger) == [], "nobody publishes the card of somebody else alone"
    decide(colleague(writer, tanger, "karim"), draft)
    (one,) = heads(tanger)
    assert one.content["offers"] == [{"topic": "capacity-building", "text": {"fr": "formation des conseillers"}}]
    assert one.content["languagesSpoken"] == ["fr", "zgh"]
    assert "Association Amal" in told(writer.page("/admin/exchange")), "under what the town has said"
    again = str(writer.post(f"/admin/published/{one.record}/revise").headers["Location"])
    write(writer, again, do="remove:seeks.0", **{"offers.0.text": "formation des médiateurs"})
    submit(writer, again)
    decide(colleague(writer, tanger, "nora"), again)
    (one,) = heads(tanger)
    assert one.revision == 2
    assert one.content["offers"][0]["text"] == {"fr": "formation des médiateurs"}
    assert "seeks" not in one.content


@pytest.mark.parametrize(
    ("field", "personal"),
    [
        ("roleMailbox", "amina.benali@amal.example"),
        ("roleMailbox", "amina@amal.example"),
        ("telephone", "+212 661 23 45 67"),
        ("telephone", "+49 151 23456789"),
        ("description", "Écrire à accueil@amal.example"),
    ],
)
def test_what_seems_to_be_a_persons_is_refused_until_its_author_says_that_it_may_stay(
    two: Any, field: str, personal: str
) -> None:
    tanger, _ = two
    writer = person_of(tanger, "samira", "editor")
    draft = begun(writer)
    write(writer, draft, **CARD | {field: personal})
    assert 'class="finding"' in writer.page(draft)
    submit(writer, draft)
    assert "seems to hold personal data" in writer.page(f"{draft}/review")
    decide(colleague(writer, tanger, "karim"), draft)
    assert heads(tanger) == []
    submit(writer, draft, confirmed="yes")
    decide(colleague(writer, tanger, "nora"), draft)
    assert [one.content[field] for one in heads(tanger)] != []


def test_mailbox_of_a_role_and_a_switchboard_are_what_these_fields_are_for(two: Any) -> None:
    writer = person_of(two[0], "samira", "editor")
    draft = begun(writer)
    write(writer, draft, **CARD)
    assert 'class="finding"' not in writer.page(draft)


def test_what_cannot_be_read_is_said_beside_its_field(two: Any) -> None:
    tanger, _ = two
    writer = person_of(tanger, "samira", "editor")
    draft = begun(writer)
    write(writer, draft, **CARD | {"country": "Maroc", "telephone": "0539000000", "seeks.0.topic": ""})
    submit(writer, draft)
    page = writer.page(f"{draft}?check=1")
    for path in ("country", "telephone", "seeks.0.topic"):
        assert f'id="{path}-wrong"' in page
    decide(colleague(writer, tanger, "karim"), draft)
    assert heads(tanger) == []


def test_exchange_lists_matches_of_other_towns_newest_first_and_not_those_of_ones_own(two: Any) -> None:
    tanger, berlin = two
    reader = person_of(tanger, "samira", "editor")
    assert "No organisation of another town fits one of yours yet." in reader.page("/admin/exchange")

    def introduce(town: Town, name: str, visibility: str = "public", **sides: str) -> str:
        town.clock.seconds += 60
        content: dict[str, Any] = {"legalName": {"fr": name}, "stakeholderType": "civil-society"}
        content |= {side: [{"topic": topic}] for side, topic in sides.items()}
        return publish.publish(town.node, Statement("Organisation", content, "fr", visibility)).uri

    introduce(tanger, "La nôtre", seeks="housing")
    introduce(tanger, "Une autre des nôtres", offers="housing")
    first = introduce(berlin, "Première", offers="housing")
    tanger.network.settle()
    introduce(berlin, "Seconde, du réseau", "network", offers="housing")
    introduce(berlin, "Sans rapport", offers="sport")
    tanger.network.settle()
    page = told(reader.page("/admin/exchange"))
    shown = page.partition("New matches for your organisations")[2].partition("What you have said")[0]
    assert shown.index("Seconde") < shown.index("Première")
    assert "Sans rapport" not in shown
    assert "Une autre des nôtres" not in shown
    hiding.hide(tanger.node, "web:karim", first, "Un nom de personne.")
    assert "Première" not in reader.page("/admin/exchange")


def test_card_is_translated_field_by_field(two: Any) -> None:
    tanger, berlin = two
    content = {"legalName": {"fr": "Maison"}, "stakeholderType": "civil-society"}
    content |= {"offers": [{"topic": "housing", "text": {"fr": "chambres"}}]}
    uri = publish.publish(tanger.node, Statement("Organisation", content, "fr")).uri
    tanger.network.settle()
    writer = person_of(berlin, "anna", "editor")
    assert "Maison" in writer.page(f"/admin/translate?uri={uri}")
    begun = str(writer.post("/admin/translate/begin", uri=uri, language="de").headers["Location"])
    page = writer.page(begun)
    assert {"f.legalName", "f.offers.0.text"} <= form_of(page).keys()
    assert "Name of the organisation" in page
