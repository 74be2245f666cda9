"""`wasl digest`: what would be sent, without a mail server; and sending now."""

from __future__ import annotations

import json
import mailbox
import re
from collections.abc import Callable, Iterator
from mailbox import Box
from pathlib import Path
from typing import Any

import library
import pytest
from person import add_person, make_cheap

from node.assembly import Node
from node.following import choosing
from node.mailing import wanting
from node.store.follows import TOPIC


@pytest.fixture
def box() -> Iterator[Box]:
    with mailbox.serving() as made:
        yield made


@pytest.fixture
def node(rabat: Path, opened: Callable[[Path], Node], monkeypatch: pytest.MonkeyPatch) -> Node:
    """Amina follows a topic, Karim nothing; there is news."""
    make_cheap(monkeypatch)
    made = opened(rabat)
    amina = add_person(made, "amina", "reader", language="en")
    add_person(made, "karim", "administrator")
    choosing.follow(made, amina.id, TOPIC, "employment")
    library.say(made, "Le guichet\u202e des mères", topics=["employment"])
    return made


def set_mail(rabat: Path, box: Box) -> dict[str, str]:
    """The mail server for a call of the command."""
    return {f"WASL_{name.upper()}": str(value) for name, value in box.settings().items()}


def test_digest_is_printed_without_a_mail_server_and_changes_nothing(wasl: Any, rabat: Path, node: Node) -> None:
    for _ in range(2):
        result = wasl(rabat, "digest", "--print")
        assert result.exit_code == 0, result.stderr
        assert "amina (gets no mail" in result.stdout
        assert "Wasl: 1 piece of news for you" in result.stdout
        assert "New practice: Le guichet des mères" in result.stdout
        assert "https://wasl.rabat.example/practices/" in result.stdout
        assert "karim" not in result.stdout


def test_digest_of_one_person_is_printed_for_scripts(wasl: Any, rabat: Path, node: Node) -> None:
    told = json.loads(wasl(rabat, "digest", "--print", "--user", "amina", "--json").stdout)["digests"]
    assert [(one["user"], one["by_mail"], one["members_only"]) for one in told] == [("amina", False, 0)]
    assert told[0]["news"][0]["because"] == [{"kind": "topic", "target": "employment"}]
    nothing = json.loads(wasl(rabat, "digest", "--print", "--user", "karim", "--json").stdout)["digests"]
    assert (nothing[0]["subject"], nothing[0]["news"]) == (None, [])


@pytest.mark.parametrize(
    "words", [(), ("--print", "--send"), ("--send", "--user", "amina"), ("--send", "--early"), ("--print", "--early")]
)
def test_digest_wants_to_know_what_to_do(wasl: Any, rabat: Path, words: tuple[str, ...]) -> None:
    assert wasl(rabat, "digest", *words).exit_code == 2


def test_digest_says_what_is_wrong_with_the_mail_server(wasl: Any, rabat: Path, node: Node) -> None:
    result = wasl(rabat, "digest", "--send")
    assert result.exit_code == 1
    assert "mail_not_set" in result.stderr
    result = wasl(rabat, "digest", "--send", WASL_MAIL_HOST="127.0.0.1", WASL_MAIL_PORT="1", WASL_MAIL_SENDER="a@b.c")
    assert "mail_unreachable" in result.stderr


def test_digest_is_sent_now_to_one_who_wants_it(wasl: Any, rabat: Path, node: Node, box: Box) -> None:
    import dataclasses

    setting = dataclasses.replace(node.config, **box.settings())
    wanting.ask(dataclasses.replace(node, config=setting), 1, "amina@example.org", actor="test")
    assert wasl(rabat, "digest", "--send", **set_mail(rabat, box)).stdout == "1 sent\n"
    link = re.search(r"/mail/confirm/(\S+)", box.letters[0].text())
    assert link is not None
    wanting.confirm(node, link[1])
    assert wasl(rabat, "digest", "--send", **set_mail(rabat, box)).stdout == "0 sent\n"
    library.say(node, "Un autre guichet", topics=["employment"])
    early = ("digest", "--send", "--early", "--user", "amina", "--json")
    assert json.loads(wasl(rabat, *early, **set_mail(rabat, box)).stdout) == {"sent": 1, "failing": 0}
    assert "Un autre guichet" in box.letters[-1].text()
    assert "Le guichet des mères" not in box.letters[-1].text(), "what was there before is not mailed"
    assert json.loads(wasl(rabat, *early, **set_mail(rabat, box)).stdout) == {"sent": 0, "failing": 0}
