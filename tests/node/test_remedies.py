"""No failure message without the next thing to do: every code that the source can give, walked."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from node import remedies, speech
from node.errors import PeerRefused
from node.remedies import BY_CLASS, BY_CODE, NO_FAILURE, SAYS_ITSELF, remedy_for, remedy_of
from node.sentences import SENTENCES
from node.standing_sentences import STANDINGS

ROOT = Path(__file__).parents[2]


def _codes() -> dict[str, Any]:
    """Every code that the source can give: collected from it by the generator of docs/errors.md."""
    spec = importlib.util.spec_from_file_location("generate_errors", ROOT / "docs" / "generate_errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_errors"] = module
    spec.loader.exec_module(module)
    return dict(module.collect())


CODES = sorted(_codes())


@pytest.mark.parametrize("code", CODES)
def test_code_has_a_sentence_and_what_to_do_next(code: str) -> None:
    assert SENTENCES.get(code), f"{code} needs a sentence in node/sentences.py"
    if code not in SAYS_ITSELF | NO_FAILURE:
        assert BY_CODE.get(code), f"{code} needs a remedy in node/remedies.py, or a place in SAYS_ITSELF"


def test_nothing_is_said_twice_or_of_codes_that_nobody_gives() -> None:
    assert not SAYS_ITSELF & set(BY_CODE)
    assert not NO_FAILURE & (SAYS_ITSELF | set(BY_CODE))
    assert set(BY_CODE) | SAYS_ITSELF | NO_FAILURE <= set(CODES) | set(SENTENCES)
    assert set(SENTENCES) >= SAYS_ITSELF


@pytest.mark.parametrize("code", sorted(SAYS_ITSELF))
def test_sentence_that_stands_alone_says_what_to_do(code: str) -> None:
    """It has a second half: what happened, then the act."""
    assert re.search(r"[:;,] \S|`", SENTENCES[code]), SENTENCES[code]


def test_remedies_are_sentences() -> None:
    for text in (*BY_CODE.values(), *BY_CLASS.values()):
        assert re.match(r"[A-Z*`]", text), text
        assert text.endswith("."), text
        assert len(text) <= 130, text


@pytest.mark.parametrize("language", ["fr", "ar", "de", "tr", "en"])
def test_remedy_is_given_in_the_language_that_was_asked_for(language: str) -> None:
    expected = speech.translations(language).gettext(BY_CODE["clock_skew"])
    assert remedy_for("clock_skew", language) == expected
    assert remedy_for("no_node", language) == ""


def test_code_of_a_peers_own_is_answered_by_the_class_of_its_error() -> None:
    assert remedy_of(PeerRefused("x", "something_new"), "en") == BY_CLASS["PeerRefused"]
    assert remedy_of(FileNotFoundError("x"), "en") == BY_CODE["file_problem"]
    assert remedy_for("something_new", "en") == ""


def test_remedies_name_only_commands_that_exist() -> None:
    """`wasl peer sync` in a remedy is a command that `wasl` has."""
    import click

    from node.cli import main

    texts = " ".join([*BY_CODE.values(), *BY_CLASS.values(), *(text for pair in STANDINGS.values() for text in pair)])
    for words in re.findall(r"`wasl (?:--home FOLDER )?([a-z]+(?:[- ][a-z]+)?)", texts):
        command: click.Command | None = main
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
            assert command is not None, words


def test_room_of_remedies_is_complete_in_itself() -> None:
    assert remedies.remedy("bad_proof") == remedies.RECORDS["bad_proof"]
