"""`wasl exchange`, `wasl lineage`: what other towns say, acknowledged at the terminal, and who took up what."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulator import Network, Town

from node import publish
from node.publish import Statement
from tests.protocol.contents import accepted

CHANGES = "Nous avons tenu les entretiens le soir, parce que la plupart travaillent le jour."


@pytest.fixture
def two(network: Network) -> tuple[Town, Town]:
    """Their clock stands a little before that of this machine, which the command reads."""
    network.clock.seconds = int(time.time()) - 30
    rabat, tanger = network.found("rabat"), network.found("tanger")
    network.befriend(tanger, rabat)
    return rabat, tanger


def say(town: Town, type_: str, **content: Any) -> str:
    town.clock.seconds += 1
    return publish.publish(town.node, Statement(type_, content, "fr")).uri


def practice(town: Town) -> str:
    return say(town, "Practice", **accepted()["practice-least"]["content"])


def adapt(town: Town, source: str, **more: Any) -> str:
    said = {"source": source, "sourceDigest": "0" * 64, "fidelity": "adapted", "changes": {"fr": CHANGES}}
    return say(town, "Adaptation", **said, **({"outcome": "planned"} | more))


def ask(town: Town, **more: Any) -> str:
    return say(
        town, "Question", title={"fr": "Qui conduit le véhicule ?"}, text={"fr": "Et avec quel permis ?"}, **more
    )


@pytest.fixture
def asked(wasl: Any) -> Callable[..., Any]:
    """`asked(town, *words)`: the JSON that a command prints."""

    def call(town: Town, *words: str) -> Any:
        result = wasl(town.node.config.home, *words, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return call


def test_what_waits_is_listed_acknowledged_and_taken_back(two: Any, wasl: Any, asked: Any) -> None:
    rabat, tanger = two
    source, own = practice(rabat), ask(rabat)
    rabat.network.settle()
    adapted, question = adapt(tanger, source), ask(tanger)
    answer = say(tanger, "Answer", inReplyTo=own, text={"fr": "Un agent de la commune."})
    rabat.network.settle()
    home: Path = rabat.node.config.home
    found = asked(rabat, "exchange", "list")
    assert {kind: [one["uri"] for one in some] for kind, some in found.items()} == {
        "adaptations": [adapted], "questions": [question], "answers": [answer],
    }  # fmt: skip
    assert found["adaptations"][0]["name"] == "Tanger"
    assert found["answers"][0]["about_title"] == "Qui conduit le véhicule ?"
    told = wasl(home, "exchange", "list").stdout
    assert CHANGES in told
    assert answer in told
    made = asked(rabat, "exchange", "acknowledge", adapted, "--text", "Merci de l'avoir dit.")["acknowledgement"]
    rabat.network.settle()
    there = tanger.get(made)
    assert there is not None
    assert there.content["text"] == {"fr": "Merci de l'avoir dit."}
    assert asked(rabat, "exchange", "list")["adaptations"] == []
    assert [one["answered"] for one in asked(rabat, "exchange", "list", "--all")["adaptations"]] == [True]
    acts = asked(rabat, "audit")
    assert "cli:" in json.dumps([one for one in acts["acts"] if one["object"] == adapted])
    wasl(home, "exchange", "take-back", adapted)
    assert [one["uri"] for one in asked(rabat, "exchange", "list")["adaptations"]] == [adapted]


def test_nothing_that_waits_is_said_and_what_is_not_ours_is_refused(two: Any, wasl: Any) -> None:
    rabat, tanger = two
    home = rabat.node.config.home
    assert "Nothing waits for this node." in wasl(home, "exchange", "list").stdout
    adapted = adapt(rabat, practice(tanger))
    refused = wasl(home, "exchange", "acknowledge", adapted)
    assert refused.exit_code == 4
    assert "not_ours" in refused.stderr
    unknown = wasl(home, "exchange", "take-back", adapted)
    assert unknown.exit_code == 1
    assert "unknown_record" in unknown.stderr


def test_words_of_another_town_turn_no_line_of_the_terminal(two: Any, wasl: Any) -> None:
    rabat, tanger = two
    say(tanger, "Question", title={"fr": "Ligne une\u202e et \u2066retournée ?"}, text={"fr": "Et avec quel permis ?"})
    rabat.network.settle()
    told = wasl(rabat.node.config.home, "exchange", "list").stdout
    assert "Ligne une et retournée ?" in told


def test_lineage_is_a_tree_from_the_first_practice_and_the_same_as_json(two: Any, wasl: Any, asked: Any) -> None:
    rabat, tanger = two
    question, first = ask(rabat), practice(rabat)
    rabat.network.settle()
    second = practice(tanger)
    worked = {"outcome": "worked", "outcomeText": {"fr": "Quarante personnes sont venues."}}
    one = adapt(tanger, first, result=second, **worked)
    rabat.network.settle()
    two_ = adapt(rabat, second, outcome="ongoing")
    asked(rabat, "exchange", "acknowledge", one)
    lines = wasl(rabat.node.config.home, "lineage", second).stdout.splitlines()
    assert lines[0].endswith(first)
    assert lines[1].startswith("└─ Tanger  worked, adapted  ★")
    assert lines[2].startswith("   └─ Rabat  ongoing, adapted")
    assert lines[2].endswith(two_)
    assert lines[-1] == "This practice: tried in 1 other towns, worked in 0, not in 0."
    found = asked(rabat, "lineage", first.rpartition("/")[2])
    assert (found["root"], found["evidence"]["worked"]) == (first, 1)
    (branch,) = found["adaptations"]
    assert (branch["uri"], branch["acknowledged"], branch["result"]) == (one, True, second)
    assert [child["uri"] for child in branch["adaptations"]] == [two_]
    assert "unknown_record" in wasl(rabat.node.config.home, "lineage", question).stderr


def introduce(town: Town, name: str, **sides: str) -> str:
    rows = {side: [{"topic": topic, "text": {"fr": f"au sujet de {name}"}}] for side, topic in sides.items()}
    return say(town, "Organisation", legalName={"fr": name}, stakeholderType="civil-society", **rows)


def test_matches_of_organisations_are_listed_with_their_reasons(two: Any, wasl: Any, asked: Any) -> None:
    rabat, tanger = two
    assert "No organisation of another node" in wasl(rabat.node.config.home, "exchange", "matches").stdout
    ours = introduce(rabat, "Pont des métiers", offers="employment", seeks="language-learning")
    theirs = introduce(tanger, "Clinique", offers="language-learning", seeks="job-placement")
    introduce(tanger, "Sans rapport", offers="sport")
    rabat.network.settle()
    (match,) = asked(rabat, "exchange", "matches")["matches"]
    assert (match["ours"]["uri"], match["other"]["uri"]) == (ours, theirs)
    assert match["other"]["node"] == "Tanger"
    assert [(one["offerer"], one["offered"], one["sought"], one["steps"]) for one in match["reasons"]] == [
        ("other", "language-learning", "language-learning", 0), ("ours", "employment", "job-placement", 1),
    ]  # fmt: skip
    said = wasl(rabat.node.config.home, "exchange", "matches").stdout
    assert "Clinique offers language learning, which Pont des métiers seeks" in said
    assert "Pont des métiers offers employment; Clinique seeks job placement, which is close to it" in said
    (turned,) = asked(tanger, "exchange", "matches")["matches"]
    assert (turned["ours"]["uri"], turned["other"]["uri"]) == (theirs, ours)


def test_organisations_are_searched_apart_in_every_language(two: Any, wasl: Any, asked: Any) -> None:
    rabat, tanger = two
    one = introduce(tanger, "Clinique", offers="language-learning")
    other = introduce(rabat, "Foyer", seeks="housing")
    rabat.network.settle()

    def found(*words: str) -> list[str]:
        return [hit["uri"] for hit in asked(rabat, "search", *words, "--type", "Organisation")["hits"]]

    assert found("clinique") == [one]
    assert found("Spracherwerb", "--language", "de") == [one], "by the concept that every language shares"
    assert found("--topic", "education") == [one]
    assert sorted(found("--country", "MA")) == sorted([one, other])
    assert asked(rabat, "search", "clinique")["hits"] == [], "a search for practices does not find them"
    refused = wasl(rabat.node.config.home, "search", "x", "--type", "Organisation", "--type", "Practice")
    assert refused.exit_code == 2
    assert "searched apart" in refused.stderr
