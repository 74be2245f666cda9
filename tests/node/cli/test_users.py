"""`wasl user`: people at the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyotp
import pytest
from person import PASSWORD, make_cheap

from node import accounts
from node.store import notes


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cheap(monkeypatch)


def told(result: Any) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_first_administrator_is_made_at_the_terminal(wasl: Any, rabat: Path, opened: Any) -> None:
    done = wasl(rabat, "user", "add", "Amina", "--role", "administrator", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert accounts.sign_in(opened(rabat), "amina", PASSWORD, "", "192.0.2.7")


def test_password_comes_from_standard_input(wasl: Any, rabat: Path, opened: Any) -> None:
    options = ("--role", "administrator", "--language", "ar", "--password-stdin", "--json")
    user = told(wasl(rabat, "user", "add", "amina", *options, input=f"{PASSWORD}\n"))
    assert (user["name"], user["role"], user["language"], user["must_change"]) == (
        "amina",
        "administrator",
        "ar",
        False,
    )
    assert "password" not in user
    assert accounts.sign_in(opened(rabat), "amina", PASSWORD, "", "192.0.2.7")


def test_generated_password_is_printed_once_and_must_be_changed(wasl: Any, rabat: Path, opened: Any) -> None:
    made = told(wasl(rabat, "user", "add", "amina", "--role", "administrator", "--generate", "--json"))
    assert made["must_change"]
    assert made["password"] not in wasl(rabat, "user", "list", "--json").stdout
    node = opened(rabat)
    assert accounts.sign_in(node, "amina", made["password"], "", "192.0.2.7")
    with node.database.reading() as connection:
        acts = notes.acts(connection)
    assert acts[1].actor.startswith("cli:")
    assert made["password"] not in str(acts)


def test_weak_password_and_wrong_name_are_refused_with_what_to_do(wasl: Any, rabat: Path) -> None:
    for name, password, code in (("amina", "short", "password_short"), ("réda", PASSWORD, "name_wrong")):
        refused = wasl(rabat, "user", "add", name, "--role", "reader", "--password-stdin", input=password)
        assert refused.exit_code == 1
        assert code in refused.stderr
        assert "do:" in refused.stderr


def test_json_asks_nothing(wasl: Any, rabat: Path) -> None:
    assert wasl(rabat, "user", "add", "amina", "--role", "reader", "--json").exit_code == 2
    both = ("--generate", "--password-stdin")
    assert wasl(rabat, "user", "add", "amina", "--role", "reader", *both).exit_code == 2


def test_people_are_listed_changed_and_disabled(wasl: Any, rabat: Path) -> None:
    assert "wasl user add" in wasl(rabat, "user", "list").stdout
    for name in ("chief", "amina"):
        told(wasl(rabat, "user", "add", name, "--role", "administrator", "--generate", "--json"))
    assert told(wasl(rabat, "user", "role", "amina", "editor", "--json"))["role"] == "editor"
    assert told(wasl(rabat, "user", "disable", "AMINA", "--json"))["disabled"]
    assert "disabled" in wasl(rabat, "user", "list").stdout
    assert not told(wasl(rabat, "user", "enable", "amina", "--json"))["disabled"]
    assert told(wasl(rabat, "user", "password", "amina", "--generate", "--json"))["password"]
    assert told(wasl(rabat, "user", "sign-out", "amina", "--json")) == {"name": "amina", "sessions_ended": 0}
    last = wasl(rabat, "user", "disable", "chief")
    assert last.exit_code == 1
    assert "last_administrator" in last.stderr
    assert wasl(rabat, "user", "role", "nobody", "editor").exit_code == 1


def test_lost_second_factor_is_taken_away_at_the_machine(wasl: Any, rabat: Path, opened: Any) -> None:
    told(wasl(rabat, "user", "add", "amina", "--role", "administrator", "--password-stdin", "--json", input=PASSWORD))
    assert wasl(rabat, "user", "second-factor-off", "amina").exit_code == 1
    node = opened(rabat)
    offer = accounts.begin_totp("amina", "Wasl")
    accounts.confirm_totp(node, "amina", offer.secret, pyotp.TOTP(offer.secret).at(node.now()), actor="test")
    assert told(wasl(rabat, "user", "second-factor-off", "amina", "--json"))["second_factor"] is False
    assert accounts.sign_in(node, "amina", PASSWORD, "", "192.0.2.7")
