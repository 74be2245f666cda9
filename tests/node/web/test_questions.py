"""The public pages of questions: open ones first, answers in the reader's language, what has ended, what is empty."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from person import Person
from simulator import Network, Town

from node import exchanging, publish
from node.app import create_app
from node.publish import Statement
from node.store import records
from node.store.records import OURSELVES
from tests.protocol.contents import accepted


@pytest.fixture
def two(network: Network) -> tuple[Town, Town]:
    rabat, berlin = network.found("rabat"), network.found("berlin")
    network.befriend(berlin, rabat)
    return rabat, berlin


def say(town: Town, type_: str, language: str, visibility: str = "public", **content: Any) -> records.Stored:
    town.clock.seconds += 1
    uri = publish.publish(town.node, Statement(type_, content, language, visibility)).uri
    with town.node.database.reading() as connection:
        found = records.get(connection, uri, OURSELVES)
    assert found is not None
    return found


def ask(town: Town, title: str, language: str = "de", **more: Any) -> records.Stored:
    visibility = more.pop("visibility", "public")
    return say(
        town, "Question", language, visibility, title={language: title}, text={language: f"{title} Genau?"}, **more
    )


def answer(town: Town, question: records.Stored, text: str, language: str = "fr", **more: Any) -> records.Stored:
    return say(town, "Answer", language, inReplyTo=question.uri, text={language: text}, **more)


def practice(town: Town) -> records.Stored:
    content = {name: value for name, value in accepted()["practice-full"]["content"].items() if name != "attachments"}
    return say(town, "Practice", "fr", **content)


def reader(town: Town, language: str = "en") -> Person:
    person = Person(create_app(town.node, sets=town.sets))
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return person


def path(stored: records.Stored) -> str:
    return f"/questions/{stored.origin}/{stored.record}"


def test_open_questions_stand_before_those_whose_asker_accepts_an_answer(two: Any) -> None:
    rabat, berlin = two
    first = ask(berlin, "Wer bezahlt die Ausbilder?")
    second = ask(berlin, "Wie lange dauert ein Kurs?")
    third = ask(berlin, "Wo finden die Kurse statt?", status="closed")
    rabat.network.settle()
    helpful = answer(rabat, second, "Six mois.")
    rabat.network.settle()
    exchanging.acknowledge(berlin.node, "test", helpful.uri, "", "de")
    rabat.network.settle()
    page = reader(rabat).page("/questions")
    places = [page.index(one.record) for one in (first, third, second)]
    assert places == sorted(places), "the open one, then the newest of those that are not"
    assert "3 questions" in page
    assert "an answer is accepted" in page
    assert "closed by who asked" in page


def test_acknowledgement_of_somebody_else_accepts_no_answer(two: Any) -> None:
    rabat, berlin = two
    question = ask(berlin, "Wer bezahlt die Ausbilder?")
    rabat.network.settle()
    given = answer(rabat, question, "La région.")
    say(rabat, "Acknowledgement", "fr", about=given.uri, aboutDigest=given.digest.hex())
    client = reader(rabat)
    assert "an answer is accepted" not in client.page("/questions")
    assert "accepted by who asked" not in client.page(path(question))


def test_questions_are_narrowed_by_topic_below_it_too_and_to_those_without_answer(two: Any) -> None:
    rabat, _berlin = two
    broad, narrow = _topic_with_one_below()
    first = ask(rabat, "Qui conduit le véhicule ?", "fr", topics=[narrow])
    second = ask(rabat, "Qui paie le véhicule ?", "fr", topics=[broad])
    third = ask(rabat, "Combien de places y a-t-il ?", "fr")
    answer(rabat, second, "La commune.")
    client = reader(rabat)

    def found(query: str) -> list[bool]:
        page = client.page(f"/questions?{query}")
        return [one.record in page for one in (first, second, third)]

    assert found("") == [True, True, True]
    assert found(f"topic={broad}") == [True, True, False]
    assert found(f"topic={narrow}") == [True, False, False]
    assert found("unanswered=1") == [True, False, True]
    assert found(f"topic={broad}&unanswered=1") == [True, False, False]
    assert found(f"commune={rabat.did}") == [True, True, True]
    assert found("topic=no-such-topic&page=x") == [True, True, True], "what is unknown narrows nothing"
    page = client.page(f"/questions?topic={narrow}&unanswered=1")
    assert f"topic={narrow}&amp;unanswered=1&amp;lang=ar" in page or f"lang=ar&amp;topic={narrow}" in page


def _topic_with_one_below() -> tuple[str, str]:
    from node import labels

    return next(
        (one.broader, one.id) for one in labels.concepts().values() if one.scheme == "topic" and one.broader is not None
    )


def test_list_is_read_page_by_page(two: Any) -> None:
    rabat, _berlin = two
    asked = [ask(rabat, f"Question numéro {number} ?", "fr") for number in range(21)]
    client = reader(rabat)
    first, second = client.page("/questions"), client.page("/questions?page=2")
    assert "page=2" in first
    assert asked[-1].record in first
    assert asked[0].record not in first
    assert asked[0].record in second
    assert "The list ends before this page." in client.page("/questions?page=3")


def test_answers_are_read_in_the_readers_language_with_who_translated_and_the_accepted_first(two: Any) -> None:
    rabat, berlin = two
    source = practice(rabat)
    rabat.network.settle()
    question = ask(berlin, "Wer bezahlt die Ausbilder?", about=source.uri, addressedTo=[rabat.did])
    rabat.network.settle()
    answer(rabat, question, "Je ne sais pas bien.")
    arabic = answer(rabat, question, "تدفع الجهة أجور المكونين.", "ar", references=[source.uri])
    rabat.network.settle()
    say(
        berlin, "Translation", "de", target=arabic.uri, targetDigest=arabic.digest.hex(), to="de",
        fields={"text": "Die Region bezahlt sie."}, method="machine", translator="Amt", **{"from": "ar"},
    )  # fmt: skip
    exchanging.acknowledge(berlin.node, "test", arabic.uri, "", "de")
    rabat.network.settle()
    client = reader(rabat, "de")
    page = client.page(path(question))
    assert page.index("Die Region bezahlt sie.") < page.index("Je ne sais pas bien.")
    assert "angenommen von dem, der fragte" in page
    assert "übersetzt von <bdi>Berlin</bdi>" in page
    assert "nicht geprüft" in page or "maschinell" in page
    assert f"/practices/{rabat.did}/{source.record}" in page
    assert source.content["title"]["fr"] in unescape(page)
    assert "تدفع" not in page
    assert "تدفع الجهة" in client.page(f"{path(question)}?text=original")


def test_question_is_given_as_the_bytes_that_were_signed(two: Any) -> None:
    rabat, _berlin = two
    question = ask(rabat, "Qui conduit le véhicule ?", "fr")
    given = reader(rabat).get(f"{path(question)}/raw")
    assert given.get_data() == question.data
    assert given.mimetype == "application/json"


def test_ended_question_answers_410_and_unknown_or_hidden_ones_404(two: Any) -> None:
    rabat, berlin = two
    question = ask(rabat, "Qui conduit le véhicule ?", "fr")
    hidden = ask(rabat, "Qui paie le véhicule ?", "fr", visibility="network")
    rabat.network.settle()
    source = practice(rabat)
    publish.end(rabat.node, question.uri, "erased", "erasure-request")
    rabat.network.settle()
    for town in (rabat, berlin):
        client = reader(town)
        gone = client.get(path(question))
        assert gone.status_code == 410
        page = gone.get_data(as_text=True)
        assert "This question was erased" in page
        assert "conduit" not in page
        assert client.get(f"{path(question)}/raw").status_code == 410
        assert client.get(path(hidden)).status_code == 404
        assert hidden.record not in client.page("/questions")
    client = reader(rabat)
    other = f"/questions/{source.origin}/{source.record}"
    wrong = (other, f"/questions/{rabat.did}/0", f"/questions/x/{question.record}", f"/practices/{path(hidden)[11:]}")
    assert [client.get(one).status_code for one in wrong] == [404] * 4
    assert client.get(f"/practices/{question.origin}/{question.record}").status_code == 404, "it was no practice"


def test_empty_list_and_unanswered_question_say_what_helps(two: Any) -> None:
    rabat, _berlin = two
    client = reader(rabat)
    assert "A question is asked on the page of a practice" in client.page("/questions")
    question = ask(
        rabat, "Qui conduit le véhicule ?", "fr", about=f"{rabat.did}/records/{'0' * 8}-0000-4000-8000-{'0' * 12}"
    )
    page = client.page(path(question))
    assert "No answer has arrived here yet." in page
    assert "can answer, signed in, in any language" in page
    assert "It is not shown here" in page
    answer(rabat, question, "La commune.")
    assert "No question waits for an answer here." in client.page("/questions?unanswered=1")


def test_markup_in_a_question_is_text(two: Any) -> None:
    rabat, _berlin = two
    question = ask(rabat, "Qui <script>alert(1)</script> conduit ?", "fr")
    client = reader(rabat)
    for page in (client.page(path(question)), client.page("/questions")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_questions_and_meetings_are_reached_from_home_network_town_and_sitemap(two: Any) -> None:
    rabat, _berlin = two
    question = ask(rabat, "Qui conduit le véhicule ?", "fr")
    event = say(rabat, "Event", "fr", **accepted()["event-full"]["content"])
    client = reader(rabat)
    for page in (client.page("/"), client.page("/network")):
        assert 'href="/questions"' in page
        assert 'href="/events"' in page
    town = client.page(f"/communes/{rabat.did}")
    assert f'href="/questions?commune={rabat.did}"' in town
    assert f'href="/events?commune={rabat.did}"' in town
    listed = client.page("/sitemap.xml")
    assert path(question) in listed
    assert f"/events/{event.origin}/{event.record}" in listed
