"""`wasl init`: a node from the answers of a person or of a script."""

from __future__ import annotations

import json
import stat

import pytest

from node import accounts, communes, keys, publish, recovery


def test_init_makes_a_node_that_is_well(wasl, tmp_path):
    home = tmp_path / "sale"
    result = wasl(
        home, "init", "--organisation", "sale", "--url", "https://wasl.sale.example/", "--language", "ar", "--yes"
    )
    assert result.exit_code == 0, result.stderr
    assert "key detach" in result.stdout
    shown = json.loads(wasl(home, "node", "show", "--json").stdout)
    assert shown["url"] == "https://wasl.sale.example"
    assert shown["country"] == "MA"
    assert shown["did"] in result.stdout
    assert wasl(home, "doctor", "--offline").exit_code == 0


def test_private_keys_are_readable_by_their_owner_only(wasl, tmp_path):
    wasl(tmp_path / "n", "init", "--organisation", "fes", "--yes")
    assert stat.S_IMODE((tmp_path / "n" / "keys").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "n" / "keys").iterdir()}
    assert modes == {"recovery.seed": 0o600, "signing.pem": 0o600}


def test_init_asks_for_what_no_option_says(wasl, tmp_path):
    home = tmp_path / "asked"
    result = wasl(None, "init", input=f"10\n\nfr\n\n{home}\n")
    assert result.exit_code == 0, result.stderr
    assert " ".join(_words(home)[:2]) in " ".join(result.stdout.split()).replace(" 2. ", " ")
    shown = json.loads(wasl(home, "node", "show", "--json", LC_ALL="ar_MA.UTF-8").stdout)
    assert shown["name"] == "جماعة تيزنيت"
    assert shown["url"] is None


def test_free_name_keeps_its_name_and_country(wasl, tmp_path):
    words = ("init", "--organisation", "Stadt Musterhausen", "--country", "de", "--language", "de", "--yes", "--json")
    made = json.loads(wasl(tmp_path / "n", *words).stdout)
    shown = json.loads(wasl(tmp_path / "n", "node", "show", "--json").stdout)
    assert (shown["name"], shown["country"], shown["did"]) == ("Stadt Musterhausen", "DE", made["did"])
    assert (made["administrator"], made["sheet"]) == (None, {"page": None})


def test_script_gets_the_words_of_the_sheet_only_when_it_asks(wasl, tmp_path):
    quiet = wasl(tmp_path / "a", "init", "--organisation", "fes", "--yes")
    told = set(_words(tmp_path / "a")) & set(quiet.stdout.split())
    assert len(told) <= 8, "the eight fingerprint words come from the same list, and may be among them by chance"
    words = ("init", "--organisation", "fes", "--yes", "--json", "--show-sheet", "--language", "de")
    shown = json.loads(wasl(tmp_path / "b", *words).stdout)["sheet"]
    assert tuple(shown["words"]) == _words(tmp_path / "b", "de")
    assert recovery.seed_from(shown["qr"]) == keys.seed(tmp_path / "b" / "keys")


def test_sheet_is_written_as_a_page_that_only_its_owner_reads(wasl, tmp_path):
    page = tmp_path / "sheet.html"
    words = ("init", "--organisation", "fes", "--language", "ar", "--sheet", str(page), "--yes", "--json")
    made = json.loads(wasl(tmp_path / "n", *words).stdout)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    text = page.read_text(encoding="utf-8")
    assert 'lang="ar" dir="rtl"' in text
    assert all(f"<span>{word}</span>" in text for word in _words(tmp_path / "n", "ar"))
    assert made["did"] in text
    assert "<svg" in text
    assert "script" not in text.replace("scripts", "")
    assert made["sheet"] == {"page": str(page)}


def test_first_administrator_may_sign_in(wasl, tmp_path, opened):
    words = ("init", "--organisation", "fes", "--administrator", "s.alaoui", "--yes", "--json")
    made = json.loads(wasl(tmp_path / "n", *words).stdout)["administrator"]
    node = opened(tmp_path / "n")
    user = accounts.get(node, "s.alaoui")
    assert (user.role, user.must_change) == ("administrator", True)
    assert accounts.sign_in(node, "s.alaoui", made["password"], "", "192.0.2.1")


def test_password_that_cannot_be_is_asked_for_again_before_anything_is_made(wasl, tmp_path):
    home = tmp_path / "n"
    answers = "fes\n\nfr\namina\nshort\nshort\namina\nfour words of my own\nfour words of my own\n"
    result = wasl(home, "init", input=answers)
    assert result.exit_code == 0, result.stderr
    assert "four words of my own" not in result.stdout + result.stderr


def _words(home, language="fr"):
    return recovery.words(keys.seed(home / "keys"), language)


def test_second_init_refuses_and_changes_nothing(wasl, rabat):
    before = {path.name: path.read_bytes() for path in (rabat / "keys").iterdir()}
    result = wasl(rabat, "init", "--organisation", "rabat", "--yes")
    assert result.exit_code == 1
    assert "node_exists" in result.stderr
    assert {path.name: path.read_bytes() for path in (rabat / "keys").iterdir()} == before


def test_interrupted_init_goes_on_with_the_same_keys(wasl, tmp_path, monkeypatch):
    home = tmp_path / "n"
    with monkeypatch.context() as patched:
        patched.setattr(publish, "publish_card", _interrupted)
        assert wasl(home, "init", "--organisation", "nador", "--yes").exit_code == 1
    first = {path.name: path.read_bytes() for path in (home / "keys").iterdir()}
    result = wasl(home, "init", "--organisation", "nador", "--yes")
    assert result.exit_code == 0, result.stderr
    assert {path.name: path.read_bytes() for path in (home / "keys").iterdir()} == first
    assert wasl(home, "doctor", "--offline").exit_code == 0


def _interrupted(*_args, **_named):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--yes",), "Give --organisation", 2),
        (
            ("--organisation", "rabat", "--url", "https://x.example", "--not-reachable", "--yes"),
            "exclude each other",
            2,
        ),
        (("--organisation", "rabat", "--url", "ftp://x", "--yes"), "bad_url", 1),
        (("--organisation", "rabat", "--country", "Morocco", "--yes"), "bad_field", 1),
    ],
)
def test_wrong_answers_are_refused_before_anything_is_made(wasl, tmp_path, words, code, exit_code):
    result = wasl(tmp_path / "n", "init", *words)
    assert result.exit_code == exit_code
    assert code in result.stderr
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("text", ["fes", "Fès", "FES", "3", "فاس", "Commune de Fès", " fes "])
def test_commune_is_known_by_any_of_its_names(text):
    assert communes.find(text.strip()) == communes.COMMUNES[2]


@pytest.mark.parametrize("text", ["0", "11", "Berlin", "", "٣"])
def test_other_names_are_no_commune(text):
    assert communes.find(text) is None
