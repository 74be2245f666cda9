"""`wasl backup`, `wasl restore`, `wasl recover`, as a person types them on a bad day."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from node import keyring, recovery
from node.assembly import Node, open_node
from node.store import copies, notes, sightings

PASSPHRASE = "olive tambour pont"


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return file


def test_backup_and_check_and_restore_in_three_commands(wasl, rabat, published, tmp_path, passphrase) -> None:
    file = tmp_path / "rabat.backup"
    made = wasl(rabat, "backup", str(file), "--passphrase-file", str(passphrase), "--json")
    assert made.exit_code == 0, made.stderr
    told = json.loads(made.stdout)
    assert (told["encrypted"], told["counts"]["own"], told["path"]) == (True, 2, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    checked = wasl(rabat, "backup", "--check", str(file), "--passphrase-file", str(passphrase))
    assert checked.exit_code == 0, checked.stderr
    assert "The backup is sound." in checked.stdout
    assert "2 records, each by its signature" in checked.stdout

    home = tmp_path / "again"
    restored = wasl(home, "restore", str(file), "--passphrase-file", str(passphrase))
    assert restored.exit_code == 0, restored.stderr
    assert "recovers" in restored.stdout
    assert f"wasl --home {home} sync" in restored.stdout
    assert wasl(home, "record", "show", published).exit_code == 0
    refused = wasl(home, "withdraw", published, "--yes")
    assert refused.exit_code == 4
    assert "recovering" in refused.stderr


def test_backup_into_a_folder_names_itself_and_warns_when_it_is_open(wasl, rabat, tmp_path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = wasl(rabat, "backup", str(folder))
    assert made.exit_code == 0, made.stderr
    assert "signing key in the clear" in made.stdout
    (file,) = folder.iterdir()
    assert file.name.startswith("wasl-")
    again = wasl(rabat, "backup", str(file), "--json")
    assert again.exit_code == 1
    assert json.loads(again.stderr)["error"]["code"] == "file_exists"


def test_encrypted_backup_asks_twice_for_a_new_passphrase(wasl, rabat, tmp_path) -> None:
    file = tmp_path / "rabat.backup"
    made = wasl(rabat, "backup", str(file), "--encrypt", input=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert made.exit_code == 0, made.stderr
    assert PASSPHRASE not in made.stdout + made.stderr
    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase")
    refused = wasl(rabat, "backup", "--check", str(file), "--passphrase-file", str(wrong))
    assert refused.exit_code == 1
    assert "backup_passphrase" in refused.stderr


def test_damaged_backup_is_told_with_what_to_do(wasl, rabat, tmp_path) -> None:
    file = tmp_path / "rabat.backup"
    wasl(rabat, "backup", str(file))
    file.write_bytes(file.read_bytes()[:-2_000])
    result = wasl(tmp_path / "again", "restore", str(file))
    assert result.exit_code == 1
    assert "code: backup_damaged" in result.stderr
    assert "do: " in result.stderr


def test_restore_where_a_node_stands_needs_replace(wasl, rabat, tmp_path) -> None:
    file = tmp_path / "rabat.backup"
    wasl(rabat, "backup", str(file))
    assert "node_exists" in wasl(rabat, "restore", str(file)).stderr
    done = wasl(rabat, "restore", str(file), "--replace", "--json")
    assert done.exit_code == 0, done.stderr
    assert Path(json.loads(done.stdout)["aside"]).is_dir()


@pytest.mark.parametrize(
    "words", [("restore",), ("restore", "--from-network"), ("restore", "FILE", "--from-network", "--peer", "x")]
)
def test_restore_needs_a_file_or_a_peer(wasl, rabat, tmp_path, words) -> None:
    file = tmp_path / "some"
    file.write_bytes(b"")
    assert wasl(tmp_path / "again", *(str(file) if word == "FILE" else word for word in words)).exit_code == 2


def test_recover_says_that_there_is_nothing(wasl, rabat) -> None:
    result = wasl(rabat, "recover")
    assert (result.exit_code, result.stdout.strip()) == (0, "Nothing to recover from: this node publishes.")
    assert json.loads(wasl(rabat, "recover", "--json").stdout) == {"recovering": None, "doubled": None}
    assert "not_recovering" in wasl(rabat, "recover", "--go-on", "--yes").stderr
    assert "not_doubled" in wasl(rabat, "recover", "--forged", "--yes").stderr


def test_recover_tells_what_is_missing_and_goes_on_when_told(wasl, rabat, opened) -> None:
    node = opened(rabat)
    with node.database.writing() as connection:
        copies.begin_recovering(connection, node.now(), copies.BACKUP, node.now() - 86_400)
    shown = wasl(rabat, "recover")
    assert shown.exit_code == 3
    assert "wasl peer request" in shown.stdout
    declined = wasl(rabat, "recover", "--go-on", input="n\n")
    assert "fork" in declined.stderr
    assert json.loads(wasl(rabat, "recover", "--json").stdout)["recovering"]["waits_for"] == "no_peer"
    assert wasl(rabat, "recover", "--go-on", "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("option", "after"),
    [("--rolled-back", "recovering"), ("--other-machine-stopped", "recovering"), ("--forged", "doubled")],
)
def test_recover_explains_and_decides(wasl, rabat, opened: Callable[[Path], Node], option: str, after: str) -> None:
    node = opened(rabat)
    with node.database.writing() as connection:
        sightings.add(connection, sightings.Sighting(bytes(32), "x", 1, "Note", "did:key:z6Mk", node.now(), ""))
        notes.set_value(connection, "state", "doubled")
    shown = wasl(rabat, "recover")
    assert shown.exit_code == 3
    for word in ("--rolled-back", "--other-machine-stopped", "--forged"):
        assert f"wasl recover {word}" in shown.stdout
    assert wasl(rabat, "recover", option, input="n\n").exit_code == 1
    assert wasl(rabat, "recover", option, "--yes", "--json").exit_code == 3
    with node.database.reading() as connection:
        assert notes.value(connection, "state") == after
        assert notes.acts(connection)[0].act == "decide"
    if option == "--forged":
        assert "wasl key revoke" in wasl(rabat, "recover").stdout


def test_restore_from_the_network_asks_before_it_writes(wasl, rabat, tmp_path) -> None:
    """No peer answers there: nothing is written."""
    node = open_node(rabat, {})
    seed = keyring.seed_here(node)
    node.close()
    assert seed is not None
    words = tmp_path / "words"
    words.write_text(" ".join(recovery.words(seed, "tr")), encoding="utf-8")
    home = tmp_path / "again"
    result = wasl(
        home, "restore", "--from-network", "--peer", "http://127.0.0.1:9", "--sheet-file", str(words),
        WASL_SYNC_PRIVATE_ADDRESSES="true",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "unreachable" in result.stderr
    assert not home.exists()
