"""Which names and passwords an account may have, and how they are kept."""

from __future__ import annotations

import argon2
import pytest
from person import PASSWORD, add_person

from node import accounts
from node.accounts import names, passwords
from node.assembly import Node
from node.errors import AccountProblem, NotAllowed, TooSoon
from node.store import accounts as rows

HOME = "192.0.2.7"


@pytest.mark.parametrize("typed", ["amina", "Amina", " AMINA ", "AmInA\n"])
def test_name_is_the_same_in_any_ascii_casing(node: Node, typed: str) -> None:
    add_person(node, "amina")
    assert accounts.sign_in(node, typed, PASSWORD, "", HOME)


@pytest.mark.parametrize("typed", ["ızmir", "İzmir", "izmi\u0307r", "\u212aenitra", "ｋenitra", "réda", "أمينة"])
def test_e25_casing_of_no_other_alphabet_makes_two_names_one(node: Node, typed: str) -> None:
    """Dotted and dotless i, the Kelvin sign, full-width letters: none is a letter of a name."""
    for name in ("izmir", "kenitra", "reda"):
        add_person(node, name)
    with pytest.raises(NotAllowed, match="not right"):
        accounts.sign_in(node, typed, PASSWORD, "", HOME)
    with pytest.raises(AccountProblem) as refused:
        add_person(node, typed)
    assert refused.value.code == "name_wrong"


@pytest.mark.parametrize("name", ["", "a", "1st", "a b", "a/b", "..", "-a", "a" * 33, "a\nb", "a\x00", "a@b"])
def test_name_that_could_mislead_is_refused(node: Node, name: str) -> None:
    with pytest.raises(AccountProblem) as refused:
        add_person(node, name)
    assert refused.value.code == "name_wrong"


def test_name_is_had_once(node: Node) -> None:
    add_person(node, "amina")
    with pytest.raises(AccountProblem) as refused:
        add_person(node, "AMINA")
    assert refused.value.code == "name_taken"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elf zeichen", "password_short"),
        ("ع" * 11, "password_short"),
        ("x1" * 101, "password_long"),
        ("amina.alaoui", "password_is_name"),
        ("Amina.Alaoui-2026", "password_is_name"),
        ("123456789012", "password_common"),
        ("9876543210987", "password_common"),
        ("Passwort1234!", "password_common"),
        ("motdepasse2026", "password_common"),
        ("P a s s w o r d 1 2 3", "password_common"),
        ("aaaaaaaaaaaaaa", "password_common"),
        ("abcabcabcabcabc", "password_common"),
        ("كلمة-المرور-123", "password_common"),
    ],
)
def test_weak_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(AccountProblem) as refused:
        accounts.check_new("amina.alaoui", password)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "password", [PASSWORD, "بيت في الجبل قرب النهر", "zwölf Zeichen", "aminas Haus am Fluss", "a" * 6 + "b" * 6]
)
def test_long_password_needs_no_digits_and_no_signs(password: str) -> None:
    accounts.check_new("amina", password)


def test_password_typed_on_another_keyboard_is_the_same(node: Node) -> None:
    """é as one letter, and as e with an accent."""
    accounts.create_user(node, "reda", "reader", "l'e\u0301te\u0301 a\u0300 Sale\u0301", actor="test")
    assert accounts.sign_in(node, "reda", "l'été à Salé", "", HOME)


def test_kept_password_is_argon2id_with_the_parameters_in_force(node: Node) -> None:
    add_person(node, "amina")
    with node.database.reading() as connection:
        kept = rows.get_user(connection, "amina")
    assert argon2.extract_parameters(kept.password) == passwords.PARAMETERS
    assert kept.password.startswith("$argon2id$")
    assert kept.password not in repr(kept)
    assert PASSWORD not in kept.password


def test_parameters_in_force_are_those_of_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9106 section 4, second recommended option."""
    monkeypatch.undo()
    assert (passwords.PARAMETERS.memory_cost, passwords.PARAMETERS.time_cost) == (64 * 1024, 3)
    assert passwords.PARAMETERS.type is argon2.low_level.Type.ID


def test_password_is_kept_anew_when_parameters_change(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    add_person(node, "amina")
    stronger = argon2.Parameters(argon2.low_level.Type.ID, 19, 16, 32, 2, 64, 1)
    monkeypatch.setattr(passwords, "PARAMETERS", stronger)
    accounts.sign_in(node, "amina", PASSWORD, "", HOME)
    with node.database.reading() as connection:
        assert argon2.extract_parameters(rows.get_user(connection, "amina").password) == stronger
    assert accounts.sign_in(node, "amina", PASSWORD, "", HOME)


def test_generated_passwords_are_good_and_never_the_same() -> None:
    made = {accounts.generated() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        accounts.check_new("amina", password)


def test_too_many_hashes_at_one_time_wait_and_then_give_up(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many people knock, the memory of two hashes is all that is used."""
    add_person(node, "amina")
    monkeypatch.setattr(passwords, "WAIT_S", 0)
    taken = [passwords._places.acquire(blocking=False) for _ in range(passwords.AT_ONE_TIME)]
    try:
        assert all(taken)
        with pytest.raises(TooSoon):
            accounts.sign_in(node, "amina", PASSWORD, "", HOME)
    finally:
        for _ in taken:
            passwords._places.release()


def test_unknown_role_may_nothing() -> None:
    assert names.may("administrator", "reader")
    assert not names.may("editor", "publisher")
    assert not names.may("root", "reader")
    assert not names.may("administrator", "nothing")
