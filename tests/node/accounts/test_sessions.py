"""Sessions: kept by the server, ended by the server."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from person import PASSWORD, add_person
from simulator import Clock

from node import accounts
from node.accounts import sessions
from node.assembly import Node
from node.errors import AccountProblem, NotFound, StoreFull

pytestmark = pytest.mark.both_stores

HOME = "192.0.2.7"


def enter(node: Node, name: str) -> str:
    return accounts.sign_in(node, name, PASSWORD, "", HOME)


def lives(node: Node, token: str) -> bool:
    return accounts.session_of(node, token) is not None


@pytest.fixture
def staffed(node: Node) -> Node:
    """Two administrators and one of each other role."""
    add_person(node, "chief")
    for role in accounts.ROLES:
        add_person(node, role, role)
    return node


def test_e13_every_sign_in_has_a_token_of_its_own(staffed: Node) -> None:
    tokens = {enter(staffed, "reader") for _ in range(3)}
    assert len(tokens) == 3
    assert all(lives(staffed, token) for token in tokens)


def test_e13_token_that_nobody_was_given_opens_nothing(staffed: Node) -> None:
    for token in ("", "x", "wasl", "\udc80", "0" * 10_000):
        assert not lives(staffed, token)


def test_e13_session_ends_by_signing_out(staffed: Node) -> None:
    token, other = enter(staffed, "reader"), enter(staffed, "reader")
    accounts.sign_out(staffed, token)
    assert not lives(staffed, token)
    assert lives(staffed, other)
    accounts.sign_out(staffed, token)


def _factor_on(node: Node) -> None:
    offer = accounts.begin_totp("editor", "Wasl")
    code = pyotp.TOTP(offer.secret).at(node.now())
    accounts.confirm_totp(node, "editor", offer.secret, code, actor="test")


CHANGES: dict[str, Callable[[Node], object]] = {
    "password": lambda node: accounts.set_password(node, "editor", "another long password", actor="test"),
    "promotion": lambda node: accounts.set_role(node, "editor", "administrator", actor="test"),
    "demotion": lambda node: accounts.set_role(node, "editor", "reader", actor="test"),
    "disabling": lambda node: accounts.disable(node, "editor", actor="test"),
    "second factor": _factor_on,
    "everywhere": lambda node: accounts.sign_out_everywhere(node, "editor", actor="test"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_e13_all_sessions_end_at_once_when_an_account_changes(staffed: Node, change: str) -> None:
    tokens = [enter(staffed, "editor") for _ in range(2)]
    bystander = enter(staffed, "reader")
    CHANGES[change](staffed)
    assert not any(lives(staffed, token) for token in tokens)
    assert lives(staffed, bystander)


def test_e13_taking_the_second_factor_away_ends_all_sessions(staffed: Node, clock: Clock) -> None:
    _factor_on(staffed)
    token = accounts.renew(staffed, "editor")
    assert accounts.remove_totp(staffed, "editor", actor="cli:test")
    assert not lives(staffed, token)
    assert not accounts.remove_totp(staffed, "editor", actor="cli:test")


def test_e13_enabling_brings_no_old_session_back(staffed: Node) -> None:
    token = enter(staffed, "editor")
    accounts.disable(staffed, "editor", actor="test")
    accounts.enable(staffed, "editor", actor="test")
    assert not lives(staffed, token)
    assert lives(staffed, enter(staffed, "editor"))


@pytest.mark.parametrize("role", accounts.ROLES)
def test_session_that_is_not_used_ends(staffed: Node, clock: Clock, role: str) -> None:
    token = enter(staffed, role)
    clock.seconds += sessions.IDLE_S[role] - 1
    assert lives(staffed, token)
    clock.seconds += sessions.IDLE_S[role]
    assert not lives(staffed, token)


def test_session_of_an_administrator_ends_after_half_an_hour_of_nothing() -> None:
    assert sessions.IDLE_S["administrator"] == 1800


@pytest.mark.parametrize("role", accounts.ROLES)
def test_session_ends_after_twelve_hours_however_much_it_is_used(staffed: Node, clock: Clock, role: str) -> None:
    token, began = enter(staffed, role), clock.seconds
    while lives(staffed, token):
        clock.seconds += 600
    assert clock.seconds - began == 12 * 3600


def test_old_sessions_are_swept_and_one_person_has_ten_at_most(staffed: Node, clock: Clock) -> None:
    old = enter(staffed, "reader")
    clock.seconds += 13 * 3600
    tokens = []
    for _ in range(12):
        clock.seconds += 1
        tokens.append(enter(staffed, "reader"))
    assert [lives(staffed, token) for token in tokens] == [False] * 2 + [True] * 10
    assert not lives(staffed, old)
    with staffed.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM sessions").scalar() == 10


def test_full_disk_keeps_nobody_out_of_the_pages(staffed: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    token = enter(staffed, "administrator")
    clock.seconds += 600

    def full(_database: object) -> object:
        raise StoreFull("the disk is full")

    monkeypatch.setattr("node.store.database.Database.writing", full)
    assert lives(staffed, token)


def test_notice_is_said_once(staffed: Node) -> None:
    token = enter(staffed, "reader")
    found = accounts.session_of(staffed, token)
    assert found is not None
    accounts.keep_notice(staffed, found, "good", "Done: «é»")
    accounts.keep_notice(staffed, found, "trouble", "Not done")
    again = accounts.session_of(staffed, token)
    assert again is not None
    assert again.said
    assert accounts.take_notices(staffed, again) == [("good", "Done: «é»"), ("trouble", "Not done")]
    assert accounts.take_notices(staffed, again) == []


def test_last_administrator_who_can_sign_in_stays_one(node: Node) -> None:
    add_person(node, "amina")
    add_person(node, "reda")
    accounts.disable(node, "reda", actor="test")
    token = enter(node, "amina")
    for change in (
        lambda: accounts.set_role(node, "amina", "publisher", actor="test"),
        lambda: accounts.disable(node, "amina", actor="test"),
    ):
        with pytest.raises(AccountProblem) as refused:
            change()
        assert refused.value.code == "last_administrator"
    assert lives(node, token)
    accounts.enable(node, "reda", actor="test")
    accounts.set_role(node, "amina", "publisher", actor="test")
    assert accounts.get(node, "amina").role == "publisher"


def test_change_that_changes_nothing_ends_nothing(staffed: Node) -> None:
    token = enter(staffed, "editor")
    accounts.set_role(staffed, "editor", "editor", actor="test")
    assert lives(staffed, token)


def test_nobody_is_not_found(node: Node) -> None:
    with pytest.raises(NotFound) as refused:
        accounts.set_role(node, "nobody", "reader", actor="test")
    assert refused.value.code == "unknown_user"


def test_password_made_by_somebody_else_must_be_changed(node: Node) -> None:
    add_person(node, "chief")
    accounts.create_user(node, "amina", "editor", PASSWORD, actor="test", once=True)
    found = accounts.session_of(node, enter(node, "amina"))
    assert found is not None
    assert found.user.must_change
    accounts.set_password(node, "amina", "another long password", actor="web:amina")
    assert not accounts.get(node, "amina").must_change
