"""`wasl export` and `wasl import`: exact bytes out, and every line through the door on the way in."""

from __future__ import annotations

import json
import secrets

import pytest

from node.store import log, quarantine
from node.store import records as stored_records
from node.store.records import OURSELVES


@pytest.fixture
def fes(founded, wasl, rabat, asks):
    """A node that has accepted `rabat` as a peer."""
    home = founded("fes")
    did = asks(rabat, home)
    assert wasl(home, "peer", "accept", did, "--words-checked", "by telephone").exit_code == 0
    return home


@pytest.fixture
def exported(wasl, rabat, published, tmp_path):
    """What `rabat` exports, as a file."""
    file = tmp_path / "rabat.jsonl"
    assert wasl(rabat, "export", "-o", str(file)).exit_code == 0
    return file


def test_import_of_an_export_gives_the_same_bytes_back(wasl, fes, exported, tmp_path):
    told = json.loads(wasl(fes, "import", str(exported), "--json").stdout)
    assert (told["lines"], told["verdicts"]) == (2, {"duplicate": 1, "accepted": 1})
    again = tmp_path / "again.jsonl"
    wasl(fes, "export", "-o", str(again))
    assert set(exported.read_bytes().splitlines()) <= set(again.read_bytes().splitlines())


def test_second_import_changes_nothing(wasl, fes, opened, exported):
    wasl(fes, "import", str(exported))
    node = opened(fes)
    with node.database.reading() as connection:
        before = log.last_seq(connection)
    result = wasl(fes, "import", str(exported))
    assert result.exit_code == 0
    assert "2 duplicate" in result.stdout
    with node.database.reading() as connection:
        assert log.last_seq(connection) == before


def test_records_of_an_origin_that_is_not_admitted_wait(wasl, founded, exported, published):
    home = founded("oujda")
    result = wasl(home, "import", str(exported))
    assert result.exit_code == 3
    assert "not_admitted" in result.stdout
    assert wasl(home, "record", "show", published).exit_code == 1


def test_records_of_a_blocked_origin_are_left_out_by_policy(wasl, fes, exported, published):
    did = published.partition("/records/")[0]
    assert wasl(fes, "peer", "block", did, "--yes").exit_code == 0
    result = wasl(fes, "import", str(exported))
    assert result.exit_code == 4
    assert "blocked" in result.stdout


def _hostile(exported):
    """Lines that must all be refused, from a good one."""
    card, record = exported.read_bytes().splitlines()
    body = json.loads(record)
    title = body["content"]["title"]["fr"].encode()
    yield b"\x00\xff\xfe binary \x1b[2J garbage" + bytes(range(128, 256)).replace(b"\n", b"")
    yield b"{" + b" " * 300_000
    yield record.replace(title, b"Un autre titre, signe par personne")
    yield record.replace(b'"revision":1', b'"revision":1,"revision":1')
    yield record[:-1] + b',"zz":1}'
    yield record.replace(b'"revision":1', b'"revision":1.0')
    yield record.replace(b'"visibility":"public"', b'"visibility":"node"')
    yield b"[" * 50_000
    yield b'"\\ud800"'
    yield card.replace(b'"country":"MA"', b'"country":"FR"')
    yield json.dumps(body, ensure_ascii=False).encode()
    yield record.replace(body["proof"]["proofValue"].encode(), b"z" + b"1" * 87)


def test_hostile_file_is_reported_line_by_line_and_stores_nothing(wasl, fes, opened, exported, tmp_path):
    lines = list(_hostile(exported))
    file = tmp_path / "hostile.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n\n\n")
    node = opened(fes)
    with node.database.reading() as connection:
        before = log.last_seq(connection)
    result = wasl(fes, "import", str(file), "--json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert (told["lines"], told["verdicts"]) == (len(lines), {"refused": len(lines)})
    codes = {reason["code"] for reason in told["reasons"]}
    assert codes >= {
        "too_large",
        "duplicate_key",
        "bad_proof",
        "bad_number",
        "not_canonical",
        "too_deep",
        "private_record",
    }
    with node.database.reading() as connection:
        assert log.last_seq(connection) == before


def test_good_lines_among_bad_ones_are_taken_in(wasl, fes, exported, published, tmp_path):
    bad = list(_hostile(exported))
    file = tmp_path / "mixed.jsonl"
    file.write_bytes(b"\r\n".join([bad[0], *exported.read_bytes().splitlines(), *bad[1:]]))
    result = wasl(fes, "import", str(file))
    assert result.exit_code == 1
    assert json.loads(wasl(fes, "record", "show", published, "--json").stdout)["state"] == "live"


def test_terminal_is_shown_no_control_character_of_a_file(wasl, fes, exported, tmp_path):
    file = tmp_path / "hostile.jsonl"
    file.write_bytes(b"\n".join(_hostile(exported)))
    assert "\x1b" not in wasl(fes, "import", str(file)).output


def test_random_bytes_never_break_the_import(wasl, fes, tmp_path):
    file = tmp_path / "random"
    file.write_bytes(b"\n".join(secrets.token_bytes(50) for _ in range(300)))
    assert wasl(fes, "import", str(file)).exit_code == 1


def test_empty_file_is_imported_as_nothing(wasl, fes):
    result = wasl(fes, "import", "-", input=b"\n\n")
    assert (result.exit_code, result.stdout) == (0, "0 lines: nothing in it\n")


@pytest.fixture
def of_every_visibility(wasl, rabat, practice):
    """URIs of three practices of `rabat`, by visibility."""
    return {
        seen: wasl(rabat, "publish", "-", input=json.dumps(practice(visibility=seen))).stdout.strip()
        for seen in ("public", "network", "node")
    }


def test_export_holds_what_is_for_members_only_when_asked_and_never_what_stays_here(wasl, rabat, of_every_visibility):
    seen = of_every_visibility
    plain = wasl(rabat, "export").stdout
    members = wasl(rabat, "export", "--members").stdout
    ids = {name: uri.rpartition("/")[2] for name, uri in seen.items()}
    assert [ids[name] in plain for name in ("public", "network", "node")] == [True, False, False]
    assert [ids[name] in members for name in ("public", "network", "node")] == [True, True, False]


def test_export_for_members_is_readable_by_its_owner_only(wasl, rabat, published, tmp_path):
    file = tmp_path / "members.jsonl"
    wasl(rabat, "export", "--members", "-o", str(file))
    assert file.stat().st_mode & 0o077 == 0


def test_export_of_one_type_and_of_ours_only(wasl, fes, rabat, exported, practice):
    wasl(fes, "import", str(exported))
    own = [json.loads(line) for line in wasl(fes, "export", "--own").stdout.splitlines()]
    assert {record["type"] for record in own} == {"Node", "Vouch"}
    only = [json.loads(line) for line in wasl(fes, "export", "--type", "Practice").stdout.splitlines()]
    assert [record["type"] for record in only] == ["Node", "Node", "Practice"]


def test_cards_stand_before_every_record(wasl, fes, exported):
    wasl(fes, "import", str(exported))
    kinds = [json.loads(line)["type"] == "Node" for line in wasl(fes, "export").stdout.splitlines()]
    assert kinds == sorted(kinds, reverse=True)


def test_export_that_fails_leaves_no_half_file(wasl, rabat, published, tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    (tmp_path / "out.jsonl.part").symlink_to(tmp_path / "elsewhere")
    result = wasl(rabat, "export", "-o", str(tmp_path / "out.jsonl"))
    assert result.exit_code == 1
    assert not (tmp_path / "out.jsonl").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_refused_by_file_never_shows_as_a_record(wasl, fes, opened, exported, tmp_path):
    file = tmp_path / "hostile.jsonl"
    file.write_bytes(b"\n".join(_hostile(exported)))
    wasl(fes, "import", str(file))
    node = opened(fes)
    with node.database.reading() as connection:
        assert {kind for (_, kind) in stored_records.counts(connection, OURSELVES)} == {"Node", "Vouch"}
        assert set(quarantine.counts(connection)) == {"refused"}


def test_older_bundle_brings_nothing_back(wasl, rabat, fes, exported, published, practice, tmp_path):
    """A correction, then an erasure, have arrived: a bundle from before them neither undoes the one nor the other."""
    file = tmp_path / "correction.md"
    text = wasl(rabat, "record", "export", published, "--format", "markdown").stdout
    file.write_text(text.replace("# Réaliser", "# Refaire"), encoding="utf-8")
    for change in (["publish", str(file)], ["withdraw", published, "--erase", "--yes"]):
        assert wasl(rabat, *change).exit_code == 0
        newer = tmp_path / "newer.jsonl"
        wasl(rabat, "export", "-o", str(newer))
        assert wasl(fes, "import", str(newer)).exit_code == 0
        before = wasl(fes, "export").stdout
        told = json.loads(wasl(fes, "import", str(exported), "--json").stdout)
        assert "accepted" not in told["verdicts"]
        assert wasl(fes, "export").stdout == before
    assert "RECOMIG" not in before


def test_record_of_another_version_of_the_protocol_is_refused_and_the_next_line_read(wasl, fes, exported, tmp_path):
    card, record = exported.read_bytes().splitlines()
    file = tmp_path / "other.jsonl"
    file.write_bytes(b"\n".join([card, record.replace(b'"wasl":1', b'"wasl":9'), record]))
    told = json.loads(wasl(fes, "import", str(file), "--json").stdout)
    assert told["verdicts"]["refused"] == 1
    assert "unknown_version" in {reason["code"] for reason in told["reasons"]}
    assert told["verdicts"]["accepted"] == 1
