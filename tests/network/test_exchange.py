"""Towns exchange over real sockets: a failure told, acknowledged and seen; a question answered across languages."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tour import Town, practice, towns, until

from node import exchanging
from node.store import records
from node.store.records import OURSELVES

pytestmark = pytest.mark.network

CHANGES = "Nous avons tenu les entretiens le soir, parce que la plupart travaillent le jour."


def digest(town: Town, uri: str) -> str:
    with town.node.database.reading() as connection:
        found = records.get(connection, uri, OURSELVES)
    return found.digest.hex() if found is not None else ""


def holds(town: Town, uri: str) -> bool:
    return bool(digest(town, uri))


def names_in(town: Town) -> list[str]:
    """Records in which the name of somebody who works there stands."""
    with town.node.database.reading() as connection:
        held = records.own(connection, town.did)
    return [one.uri for one in held if one.data is not None and b"karim" in one.data]


def acknowledge(town: Town, uri: str) -> None:
    with town.node.database.reading() as connection:
        known = exchanging.adaptations(connection, town.node) + exchanging.answers(connection, town.node)
    assert uri in {one.said.uri for one in known if not one.answered}
    exchanging.acknowledge(town.node, "web:karim", uri, "Merci.", "fr")


def found(town: Town, words: str, language: str, **more: str) -> str:
    return town.page("/search?" + urlencode({"q": words} | more), language).text


def test_failed_adaptation_is_acknowledged_and_changes_the_evidence_everywhere(tmp_path: Path) -> None:
    with towns(tmp_path, "rabat", "tanger", "fes", "berlin") as (rabat, tanger, fes, berlin):
        for town in (tanger, fes, berlin):
            town.befriend(rabat)
        source = rabat.publish(**practice("Bilan de compétences"))
        for town in (tanger, fes):
            until(lambda town=town: holds(town, source.uri), "the practice is known")  # type: ignore[misc]
        about = {"source": source.uri, "fidelity": "adapted", "changes": {"fr": CHANGES}}
        tried = {"sourceDigest": digest(tanger, source.uri), "outcome": "failed"}
        adapted = tanger.publish("Adaptation", **about, **tried, outcomeText={"fr": "Les salles ont manqué."})
        until(lambda: holds(rabat, adapted.uri), "Rabat hears of it")
        acknowledge(rabat, adapted.uri)
        place = f"/practices/{source.uri.replace('/records/', '/')}"

        def shown(*words: str) -> bool:
            pages = [berlin.page(f"{place}{what}", "en").text for what in ("", "/lineage")]
            return all(word in page for word in words for page in pages)

        until(lambda: shown("in 1 it did not work", "the source knows of it"), "both pages in Berlin show it")
        worked = {"sourceDigest": digest(fes, source.uri), "outcome": "worked"}
        fes.publish("Adaptation", **about, **worked, outcomeText={"fr": "Quarante personnes sont venues."})
        until(lambda: shown("Replicated in 1 town", "in 1 it did not work"), "the evidence has changed")
        until(lambda: source.record in found(berlin, "bilan", "en", evidence="replicated"), "a search narrows by it")


def test_question_is_answered_in_arabic_translated_in_istanbul_and_found_in_german(tmp_path: Path) -> None:
    with towns(tmp_path, "rabat", "fes", "berlin", "istanbul") as (rabat, fes, berlin, istanbul):
        for town in (fes, berlin, istanbul):
            town.befriend(rabat)
        source = fes.publish(**practice("Bilan de compétences"))
        until(lambda: holds(berlin, source.uri), "Berlin knows the practice")
        question = berlin.publish(
            "Question", about=source.uri, addressedTo=[fes.did], title={"de": "Wer bezahlt die Ausbilder?"},
            text={"de": "Wer bezahlt die Ausbilder im zweiten Jahr?"},
        )  # fmt: skip
        until(lambda: holds(fes, question.uri), "the question arrives in Fès")
        answer = fes.publish("Answer", inReplyTo=question.uri, text={"ar": "تدفع الجهة أجور المكونين كاملة."})
        until(lambda: holds(istanbul, answer.uri), "the answer arrives in Istanbul")
        istanbul.publish(
            "Translation", target=answer.uri, targetDigest=digest(istanbul, answer.uri), **{"from": "ar"}, to="de",
            fields={"text": "Die Region bezahlt die Lehrkräfte vollständig."}, method="human", translator="Büro",
        )  # fmt: skip
        until(lambda: holds(berlin, answer.uri), "the answer arrives in Berlin")
        acknowledge(berlin, answer.uri)
        place = f"/practices/{source.uri.replace('/records/', '/')}"

        def read() -> str:
            return re.sub(r"<[^>]+>", " ", berlin.page(place, "de").text)

        until(lambda: "Die Region bezahlt die Lehrkräfte" in read(), "the translation is read in Berlin")
        until(lambda: "angenommen" in read(), "it is accepted")
        until(
            lambda: "Lehrkräfte" in found(berlin, "Lehrkräfte vollständig", "de"), "the answer is found in German", 20
        )
        until(lambda: "Ausbilder" in found(berlin, "Ausbilder", "de"), "and so is the question")
        for town in (rabat, fes, berlin, istanbul):
            assert not names_in(town), "roles only"
