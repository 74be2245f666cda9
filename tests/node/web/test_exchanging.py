"""Towns answer each other on the pages: adaptations, questions, answers, acknowledgements, meetings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from editing import decide, submit, told, write
from person import Person, add_person, make_cheap
from simulator import Network, Town

from node import publish
from node.app import create_app
from node.publish import Statement
from node.store import drafts, records
from node.store.records import OURSELVES
from tests.protocol.contents import accepted

CHANGES = "Nous avons tenu les entretiens le soir, parce que la plupart travaillent le jour."


def person_of(town: Town, name: str, role: str) -> Person:
    add_person(town.node, name, role)
    person = Person(create_app(town.node, sets=town.sets))
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert person.sign_in(name).status_code == 303
    return person


@pytest.fixture
def three(network: Network, monkeypatch: pytest.MonkeyPatch) -> tuple[Town, Town, Town]:
    make_cheap(monkeypatch)
    rabat, tanger, berlin = (network.found(name) for name in ("rabat", "tanger", "berlin"))
    network.befriend(tanger, rabat)
    network.befriend(berlin, rabat)
    return rabat, tanger, berlin


def practice(town: Town, kind: str = "practice-full") -> records.Stored:
    town.clock.seconds += 1
    content = {name: value for name, value in accepted()[kind]["content"].items() if name not in ("attachments",)}
    uri = publish.publish(town.node, Statement("Practice", content, "fr")).uri
    with town.node.database.reading() as connection:
        found = records.get(connection, uri, OURSELVES)
    assert found is not None
    return found


def heads(town: Town, type_: str) -> list[records.Stored]:
    with town.node.database.reading() as connection:
        return records.latest(connection, OURSELVES, [type_], origin=town.did)


def begun(person: Person, kind: str, uri: str = "", language: str = "fr") -> str:
    answer = person.post("/admin/drafts/reply", kind=kind, uri=uri, language=language)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def released(draft: str, writer: Person, publisher: Person) -> None:
    submit(writer, draft, confirmed="yes")
    for word in ("approve", "publish"):
        decide(publisher, draft, word)


def path(stored: records.Stored) -> str:
    return f"/practices/{stored.origin}/{stored.record}"


def test_town_tells_of_a_failure_the_source_acknowledges_it_and_every_page_shows_it(three: Any) -> None:
    rabat, tanger, berlin = three
    network = rabat.network
    source = practice(rabat)
    network.settle()
    samira, karim = person_of(tanger, "samira", "editor"), person_of(tanger, "karim", "publisher")
    assert "We did this too" in samira.page(path(source))
    draft = begun(samira, "Adaptation", source.uri)
    assert begun(samira, "Adaptation", source.uri) == draft, "a second press goes on with the same draft"
    page = samira.page(draft)
    assert "Building blocks that you took" in page
    assert "We did this too" in page
    write(samira, draft, fidelity="adapted", changes=CHANGES, outcome="failed")
    submit(samira, draft)
    assert "still missing" in told(samira.page(f"{draft}/review")), "a failure is told in words"
    write(
        samira, draft, outcomeText="Après trois mois, les salles ont manqué.", blocksUsed=["0"], startDate="03/2024",
        **{"cost.amount": "12 000", "cost.currency": "MAD", "indicators.0.label": "Entretiens",
           "indicators.0.value": "40"},
    )  # fmt: skip
    released(draft, samira, karim)
    (adapted,) = heads(tanger, "Adaptation")
    assert adapted.content["source"] == source.uri
    assert adapted.content["sourceDigest"] == source.digest.hex()
    assert adapted.content["blocksUsed"] == [0]
    assert adapted.content["startDate"] == "2024-03"
    assert adapted.content["cost"] == {"amount": "12000", "currency": "MAD"}
    network.settle()
    amina = person_of(rabat, "amina", "publisher")
    assert CHANGES in told(amina.page("/admin/exchange"))
    amina.post("/admin/exchange/acknowledge", uri=adapted.uri, text="Merci de l'avoir dit.")
    network.settle()
    reader = Person(create_app(berlin.node, sets=berlin.sets))
    reader.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    family = told(reader.page(f"{path(source)}/lineage"))
    for said in ("Replicated in 0 towns; in 1 it did not work", "the source knows of it", CHANGES, "12,000", "40"):
        assert said in family, said
    shown = told(reader.page(path(source)))
    assert "in 1 it did not work" in shown
    assert "the source knows of it" in shown
    data = json.loads(reader.get(f"{path(source)}/lineage.json").get_data())
    assert [(one["origin"], one["outcome"], one["acknowledged"]) for one in data["adaptations"]] == [
        (tanger.did, "failed", True)
    ]
    amina.post("/admin/exchange/take-back", uri=adapted.uri)
    network.settle()
    assert "the source knows of it" not in reader.page(path(source))


def test_lineage_of_a_withdrawn_practice_stays_without_its_words(three: Any) -> None:
    rabat, tanger, berlin = three
    source = practice(rabat)
    rabat.network.settle()
    content = {"source": source.uri, "sourceDigest": source.digest.hex(), "fidelity": "adapted", "outcome": "planned"}
    publish.publish(tanger.node, Statement("Adaptation", content | {"changes": {"fr": CHANGES}}, "fr"))
    publish.end(rabat.node, source.uri, "withdrawn")
    rabat.network.settle()
    reader = Person(create_app(berlin.node, sets=berlin.sets))
    answer = reader.get(f"{path(source)}/lineage")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 410
    assert CHANGES in page
    assert source.content["title"]["fr"] not in page
    assert "/lineage" in reader.get(path(source)).get_data(as_text=True)


def test_question_is_answered_in_arabic_accepted_and_translated(three: Any) -> None:
    rabat, tanger, berlin = three
    source = practice(rabat)
    rabat.network.settle()
    asker, amina = person_of(berlin, "anna", "publisher"), person_of(rabat, "amina", "publisher")
    draft = begun(asker, "Question", source.uri, "de")
    write(asker, draft, title="Wer bezahlt die Ausbilder?", text="Wer bezahlt die Ausbilder im zweiten Jahr?",
          addressedTo=[rabat.did])  # fmt: skip
    released(draft, asker, asker)
    (question,) = heads(berlin, "Question")
    assert question.content["addressedTo"] == [rabat.did]
    rabat.network.settle()
    assert "Wer bezahlt die Ausbilder?" in told(amina.page("/admin/exchange"))
    draft = begun(amina, "Answer", question.uri, "ar")
    page_of_it = f"/questions/{question.origin}/{question.record}"
    assert all(page_of_it in amina.page(where) for where in (draft, "/admin/exchange", path(source)))
    write(amina, draft, text="تدفع الجهة أجور المكونين.", references=f"http://rabat.example{path(source)}")
    released(draft, amina, amina)
    (answer,) = heads(rabat, "Answer")
    assert answer.content["references"] == [source.uri]
    rabat.network.settle()
    asker.post("/admin/exchange/acknowledge", uri=answer.uri, text="")
    helper, boss = person_of(tanger, "samira", "editor"), person_of(tanger, "karim", "publisher")
    rabat.network.settle()
    draft = str(helper.post("/admin/translate/begin", uri=answer.uri, language="de").headers["Location"])
    write(helper, draft, text="Die Region bezahlt die Ausbilder.")
    released(draft, helper, boss)
    rabat.network.settle()
    reader = Person(create_app(berlin.node, sets=berlin.sets))
    page = told(reader.page(path(source), headers={"Accept-Language": "de"}))
    assert "Die Region bezahlt die Ausbilder." in page
    assert "angenommen von dem, der fragte" in page


def test_own_practice_is_not_adapted_and_only_its_town_acknowledges(three: Any) -> None:
    rabat, tanger, _ = three
    source = practice(rabat)
    rabat.network.settle()
    amina = person_of(rabat, "amina", "publisher")
    assert begun(amina, "Adaptation", source.uri) == "/admin/drafts"
    assert "own_practice" in amina.page("/admin/drafts")
    content = {"source": source.uri, "sourceDigest": source.digest.hex(), "fidelity": "adapted", "outcome": "planned"}
    adapted = publish.publish(tanger.node, Statement("Adaptation", content | {"changes": {"fr": CHANGES}}, "fr"))
    karim = person_of(tanger, "karim", "publisher")
    karim.post("/admin/exchange/acknowledge", uri=adapted.uri)
    assert heads(tanger, "Acknowledgement") == []
    editor = person_of(rabat, "samira", "editor")
    rabat.network.settle()
    assert editor.post("/admin/exchange/acknowledge", uri=adapted.uri).status_code == 403


def test_adaptation_and_meeting_need_four_eyes_and_a_question_does_not(three: Any) -> None:
    rabat, _tanger, berlin = three
    source = practice(rabat)
    rabat.network.settle()
    asker, _other = person_of(berlin, "anna", "publisher"), person_of(berlin, "otto", "publisher")
    draft = begun(asker, "Adaptation", source.uri)
    write(asker, draft, fidelity="inspired", changes=CHANGES, outcome="planned")
    released(draft, asker, asker)
    assert heads(berlin, "Adaptation") == []
    draft = begun(asker, "Event", language="de")
    write(asker, draft, name="Treffen der Städte", startDate="12.05.2027 09:30", endDate="12.05.2027 17h00",
          timeZone="Europe/Berlin", recommendations="Städte teilen ihre Ausbilder.\nJede Stadt nennt eine Stelle.",
          **{"location.city": "Berlin", "location.country": "DE"})  # fmt: skip
    released(draft, asker, asker)
    assert heads(berlin, "Event") == []
    other = Person(asker.client.application)
    other.sign_in("otto")
    for word in ("approve", "publish"):
        decide(other, draft, word)
    (event,) = heads(berlin, "Event")
    assert event.content["startDate"] == "2027-05-12T09:30"
    assert event.content["endDate"] == "2027-05-12T17:00"
    assert [one["de"] for one in event.content["recommendations"]] == [
        "Städte teilen ihre Ausbilder.", "Jede Stadt nennt eine Stelle.",
    ]  # fmt: skip
    draft = begun(asker, "Question", language="de")
    write(asker, draft, title="Wer bezahlt die Ausbilder?", text="Wer bezahlt die Ausbilder im zweiten Jahr?")
    released(draft, asker, asker)
    assert len(heads(berlin, "Question")) == 1


def test_published_question_is_corrected_by_its_author(three: Any) -> None:
    _rabat, _tanger, berlin = three
    asker = person_of(berlin, "anna", "publisher")
    draft = begun(asker, "Question", language="de")
    write(asker, draft, title="Wer bezahlt die Ausbilder?", text="Wer bezahlt die Ausbilder im zweiten Jahr?")
    released(draft, asker, asker)
    (question,) = heads(berlin, "Question")
    assert "Wer bezahlt" in told(asker.page("/admin/exchange"))
    again = str(asker.post(f"/admin/published/{question.record}/revise").headers["Location"])
    write(asker, again, text="Wer bezahlt die Ausbilder im dritten Jahr?")
    assert "dritten" in told(asker.page(f"{again}/review"))
    released(again, asker, asker)
    (revised,) = heads(berlin, "Question")
    assert (revised.revision, revised.content["text"]["de"]) == (2, "Wer bezahlt die Ausbilder im dritten Jahr?")


def test_draft_of_an_adaptation_says_that_its_source_has_moved_on(three: Any) -> None:
    rabat, tanger, _ = three
    source = practice(rabat)
    rabat.network.settle()
    samira = person_of(tanger, "samira", "editor")
    draft = begun(samira, "Adaptation", source.uri)
    changed = dict(source.content) | {"failures": {"fr": "Les rendez-vous du soir n'ont pas pris."}}
    rabat.clock.seconds += 1
    publish.publish(rabat.node, Statement("Practice", changed, "fr"), source.record)
    rabat.network.settle()
    assert "was changed after this draft was begun" in samira.page(draft)
    samira.post(f"{draft}/act/catch_up")
    assert "was changed after this draft was begun" not in samira.page(draft)
    with tanger.node.database.reading() as connection:
        (one,) = drafts.in_state(connection, "draft")
    assert one.base != source.digest.hex()
