"""A backup is whole whatever happens while it is made; a file that claims to be one is a stranger."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from simulator import Network, Town

from node import archive, backup, doctor, keyring, keys, recovering, restoring, sealing
from node.archive import Manifest, Member
from node.assembly import open_node
from node.errors import BackupProblem, ConfigProblem, KeysUnsafe, NotAllowed, StoreNewer
from node.store import copies, notes, peers, records
from node.store.database import Database

PASSPHRASE = "olive tambour pont"


def written(town: Town, name: str = "wasl.backup", **options: object) -> Path:
    path = town.network.folder / name
    backup.write(town.node, path, actor="test", **options)  # type: ignore[arg-type]
    return path


def members(file: Path) -> dict[str, bytes]:
    """What any tar program finds in an open backup."""
    with tarfile.open(file, "r:gz") as packed:
        return {one.name: packed.extractfile(one).read() for one in packed}  # type: ignore[union-attr]


def restored(town: Town, file: Path, name: str = "again", **options: object) -> Path:
    home = town.network.folder / name
    restoring.restore(file, home, {}, actor="test", now=town.clock, **options)  # type: ignore[arg-type]
    return home


def test_backup_is_an_ordinary_tar_with_known_members_and_hashes(town: Town) -> None:
    said = town.publish(text="bonjour")
    file = written(town)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = members(file)
    told = orjson.loads(found["manifest.json"])
    assert list(found) == ["manifest.json", *(one["name"] for one in told["members"])]
    assert set(found) == {"manifest.json", "wasl.db", "wasl.toml", "keys/signing.pem"}
    for one in told["members"]:
        assert hashlib.sha256(found[one["name"]]).hexdigest() == one["sha256"]
    assert (told["did"], told["counts"]["own"]) == (town.did, 2)
    assert said.data in found["wasl.db"]
    assert backup.last(town.node) == town.clock()


def test_root_key_stays_out_unless_asked_for_and_then_only_encrypted(town: Town) -> None:
    """A stolen backup must not be able to take the identity over."""
    seed = (town.node.config.keys / keys.SEED).read_bytes()
    assert seed not in b"".join(members(written(town)).values())
    with pytest.raises(NotAllowed) as refusal:
        written(town, "open", with_sheet=True)
    assert refusal.value.code == "backup_not_encrypted"
    assert not (town.network.folder / "open").exists()
    file = written(town, "locked", with_sheet=True, passphrase=PASSPHRASE)
    home = restored(town, file, passphrase=PASSPHRASE)
    assert (home / "keys" / keys.SEED).read_bytes() == seed
    text = " ".join(keyring.recovery.words(keyring.seed_here(town.node) or b"", "fr"))
    keyring.detach(town.node, text, "test")
    with pytest.raises(NotAllowed) as refusal:
        written(town, "third", with_sheet=True, passphrase=PASSPHRASE)
    assert refusal.value.code == "root_key_away"


def test_sessions_nonces_and_leases_are_blank(town: Town) -> None:
    with town.node.database.writing() as connection:
        notes.use_nonce(connection, "key", "nonce-4711", town.clock() + 60, town.clock())
        connection.exec_driver_sql("INSERT INTO attempts (name, failures, last_at) VALUES ('attempt-4711', 1, 1)")
    found = members(written(town))["wasl.db"]
    assert b"nonce-4711" not in found
    assert b"attempt-4711" not in found


def test_nothing_is_overwritten_and_nothing_half_written_stays(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(town)
    before = file.read_bytes()
    with pytest.raises(NotAllowed) as refusal:
        written(town)
    assert refusal.value.code == "file_exists"
    assert file.read_bytes() == before
    link = town.network.folder / "link"
    link.symlink_to(town.network.folder / "elsewhere")
    with pytest.raises(NotAllowed):
        written(town, "link")

    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "pack", full)
    with pytest.raises(OSError, match="No space"):
        written(town, "other")
    assert not list(town.network.folder.glob("*other*"))
    assert not list(town.network.folder.glob(".other*"))
    assert not list(town.node.config.home.glob(".backup-*"))


def test_what_a_killed_backup_left_behind_goes_with_the_next(town: Town) -> None:
    left = town.node.config.home / ".backup-999999999-abcd"
    left.mkdir()
    (left / "wasl.db").write_bytes(b"old")
    mine = town.node.config.home / f".backup-{os.getpid()}-abcd"
    mine.mkdir()
    half = town.network.folder / ".wasl.backup.999999999-abcd.wasl-part"
    young = town.network.folder / ".other.backup.999999998-abcd.wasl-part"
    for part in (half, young):
        part.write_bytes(b"half")
    os.utime(half, (town.clock() - 90_000, town.clock() - 90_000))
    os.utime(young, (town.clock(), town.clock()))
    written(town)
    assert not left.exists()
    assert not half.exists()
    assert young.exists(), "another machine may be writing there"
    assert mine.exists(), "another backup of a living process"


def test_backup_under_write_load_is_one_moment(town: Town) -> None:
    """G7: a thread publishes pairs without a pause; the copy ends, is sound, and holds no half of a transaction."""
    stop = threading.Event()
    wrote = 0

    def write() -> None:
        nonlocal wrote
        plain = sqlite3.connect(town.node.config.database, isolation_level=None, timeout=30)
        while not stop.is_set():
            plain.execute("BEGIN IMMEDIATE")
            wrote += 1
            for name in ("left", "right"):
                plain.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, str(wrote) + "x" * 50_000))
            plain.execute("COMMIT")
        plain.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            begun = wrote
            file = written(town, f"{number}.backup")
            assert wrote > begun, "the writer was not held up"
            found = town.network.folder / f"{number}.db"
            found.write_bytes(members(file)["wasl.db"])
            with sqlite3.connect(found) as plain:
                assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                pair = plain.execute("SELECT value FROM meta WHERE name IN ('left', 'right')").fetchall()
            assert len(set(pair)) <= 1
    finally:
        stop.set()
        thread.join()


def test_restored_copy_passes_the_doctor_but_for_its_recovery(network: Network) -> None:
    """G7: every check is fine, except that the node recovers."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(fes, rabat)
    fes.publish(text="bonjour")
    home = restored(fes, written(fes, passphrase=PASSPHRASE), passphrase=PASSPHRASE)
    findings = {one.check: one.state for one in doctor.examine(home, {}, network.clock())}
    wrong = {check for check, state in findings.items() if state != doctor.FINE}
    assert wrong <= {"identity", "state", "backup", "root key"}, findings
    node = open_node(home, {}, network.clock)
    assert recovering.status(node) is not None
    with node.database.reading() as connection:
        peer = peers.everyone(connection)[0]
        assert (peer.pull_cursor, peer.push_seq, peer.reconcile_at, peer.lease_owner) == (None, 0, 0, None)
        assert copies.mend_heads(connection) == 0
    node.close()


def test_epoch_is_new_and_open_invitations_are_closed(town: Town) -> None:
    """An invitation is good once: the copy does not know whether it was used meanwhile."""
    from node import inviting

    link = inviting.create(town.node, "for sale")
    file = written(town)
    home = restored(town, file)
    node = open_node(home, {}, town.clock)
    assert [one.state(town.clock()) for one in inviting.listing(node)] == ["revoked"]
    with node.database.reading() as connection, town.node.database.reading() as before:
        assert notes.value(connection, "epoch") != notes.value(before, "epoch")
    assert "wasl-invite" in link
    node.close()


def test_encrypted_backup_opens_with_its_passphrase_only(town: Town) -> None:
    said = town.publish(text="bonjour")
    file = written(town, passphrase=PASSPHRASE)
    data = file.read_bytes()
    assert said.data not in data
    assert data[:8] == b"key.json"
    with pytest.raises(BackupProblem) as refusal:
        restoring.check(file)
    assert refusal.value.code == "backup_encrypted"
    with pytest.raises(BackupProblem) as refusal:
        restoring.check(file, PASSPHRASE + "x")
    assert refusal.value.code == "backup_passphrase"
    assert restoring.check(file, PASSPHRASE).sound
    with pytest.raises(NotAllowed) as short:
        written(town, "short", passphrase="short")
    assert short.value.code == "passphrase_short"


@pytest.mark.parametrize("locked", [False, True])
def test_every_cut_and_every_changed_byte_is_noticed(town: Town, locked: bool) -> None:
    """Cut anywhere, or one bit turned anywhere: never restored, always one of our errors, nothing left behind."""
    file = written(town, passphrase=PASSPHRASE if locked else None)
    data = file.read_bytes()
    spoilt = town.network.folder / "spoilt"
    places = [0, 100, 257, 513, len(data) // 3, len(data) // 2, len(data) - 2_000, len(data) - 1_100]
    for place in places:
        for changed in (data[:place], data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]):
            spoilt.write_bytes(changed)
            try:
                found = restoring.check(spoilt, PASSPHRASE)
            except BackupProblem:
                continue
            assert found.sound, "padding and headers' clocks may change"
            assert changed[512:] != data[512:] or locked or place in (100,)
    home = town.network.folder / "never"
    spoilt.write_bytes(data[: len(data) // 2])
    with pytest.raises(BackupProblem):
        restoring.restore(spoilt, home, {}, actor="test", passphrase=PASSPHRASE)
    assert list(home.iterdir()) == []


def hostile(town: Town, change: Callable[[dict[str, bytes], list[Member]], None]) -> Path:
    """A backup that a stranger has made: with right hashes, whatever he puts into it."""
    found = members(written(town, "honest"))
    (town.network.folder / "honest").unlink()
    told = Manifest.from_bytes(found.pop("manifest.json"))
    listed: list[Member] = []
    change(found, listed)
    known = {one.name for one in listed}
    listed += [
        Member(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in found.items() if name not in known
    ]
    manifest = Manifest(told.did, told.version, told.schema, told.made_at, told.counts, tuple(listed))
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packed:
        text = manifest.to_bytes()
        packed.write(sealing.header("manifest.json", len(text)) + text + sealing.filling(len(text)))
        for one in listed:
            data = found[one.name]
            packed.write(sealing.header(one.name, len(data)) + data + sealing.filling(len(data)))
        packed.write(bytes(1024))
    file = town.network.folder / "hostile"
    file.write_bytes(out.getvalue())
    return file


@pytest.mark.parametrize(
    "name",
    [
        "../outside", "/etc/cron.d/x", "keys/../../outside", "index/TOC", "keys/root.pem.exe", "attachments/../../x",
        "attachments/" + "0" * 64, "keys", "wasl.db-wal",
    ],
)  # fmt: skip
def test_strange_name_is_refused_whatever_its_hash(town: Town, name: str) -> None:
    """E7, F6: names are of a short list; a search index is a program and never taken in."""

    def change(found: dict[str, bytes], _listed: list[Member]) -> None:
        found[name] = b"evil"

    file = hostile(town, change)
    home = town.network.folder / "victim" / "node"
    with pytest.raises(BackupProblem) as refusal:
        restoring.restore(file, home, {}, actor="test")
    assert refusal.value.code == "backup_damaged"
    assert not (town.network.folder / "outside").exists()
    assert not list(home.iterdir())


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_link_or_device_is_no_member(town: Town, kind: bytes) -> None:
    """E7: only plain files, also where the name is right."""
    honest = gzip.decompress(written(town).read_bytes())
    place = honest.index(b"wasl.toml\0")
    member = tarfile.TarInfo.frombuf(honest[place : place + 512], "utf-8", "strict")
    member.type, member.linkname = kind, "/etc/passwd"
    bad = honest[:place] + member.tobuf(tarfile.GNU_FORMAT) + honest[place + 512 :]
    file = town.network.folder / "bad"
    file.write_bytes(gzip.compress(bad))
    with pytest.raises(BackupProblem):
        restoring.restore(file, town.network.folder / "home", {}, actor="test")


def test_bomb_is_not_unpacked(town: Town) -> None:
    """A member that claims more than there is room for is never begun; one that unpacks to more than it says, ends."""

    def claim(found: dict[str, bytes], listed: list[Member]) -> None:
        listed.append(Member("wasl.db", 1 << 49, "0" * 64))

    with pytest.raises(BackupProblem) as refusal:
        restoring.check(hostile(town, claim))
    assert refusal.value.code == "backup_too_large"
    file = town.network.folder / "zeros"
    file.write_bytes(gzip.compress(bytes(200_000_000)))
    with pytest.raises(BackupProblem):
        restoring.check(file)


def _in_database(found: dict[str, bytes], folder: Path, *statements: str) -> None:
    path = folder / "changed.db"
    path.write_bytes(found["wasl.db"])
    with sqlite3.connect(path) as plain:
        for statement in statements:
            plain.execute(statement)
    plain.close()
    found["wasl.db"] = path.read_bytes()


def test_database_with_a_program_in_it_is_refused(town: Town) -> None:
    """A trigger would run at our next write."""

    def change(found: dict[str, bytes], _listed: list[Member]) -> None:
        trigger = "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM peers; END"
        _in_database(found, town.network.folder, trigger)

    with pytest.raises(BackupProblem, match="trigger"):
        restoring.check(hostile(town, change))


def test_strange_table_is_told_and_not_restored(town: Town) -> None:
    def change(found: dict[str, bytes], _listed: list[Member]) -> None:
        _in_database(found, town.network.folder, "CREATE TABLE evil (x)")

    file = hostile(town, change)
    assert "evil" in restoring.check(file).trouble[0]
    with pytest.raises(NotAllowed) as refusal:
        restoring.restore(file, town.network.folder / "home", {}, actor="test")
    assert refusal.value.code == "backup_unsound"


def test_newer_schema_is_left_to_the_newer_version(town: Town) -> None:
    def change(found: dict[str, bytes], _listed: list[Member]) -> None:
        _in_database(found, town.network.folder, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreNewer, match="newer version"):
        restoring.restore(hostile(town, change), town.network.folder / "home", {}, actor="test")


def test_older_schema_is_brought_up_to_date(town: Town, tmp_path: Path) -> None:
    """E8: a backup of version 0.1 (schema 0001) restores."""
    from alembic import command
    from alembic.config import Config as AlembicConfig

    old = Database(tmp_path / "old.db")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(copies.__file__).parent / "migrations"))
    with old.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    old.close()
    town.publish(text="bonjour")

    def change(found: dict[str, bytes], _listed: list[Member]) -> None:
        now = tmp_path / "now.db"
        now.write_bytes(found["wasl.db"])
        with sqlite3.connect(tmp_path / "old.db") as plain:
            plain.execute(f"ATTACH '{now}' AS now")
            for (table,) in plain.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
                if table not in ("alembic_version", "sqlite_sequence"):
                    names = ", ".join(row[1] for row in plain.execute(f"PRAGMA main.table_info({table})"))
                    plain.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM now.{table}")
        plain.close()
        with sqlite3.connect(tmp_path / "old.db") as plain:
            plain.execute("PRAGMA journal_mode=DELETE")
        plain.close()
        found["wasl.db"] = (tmp_path / "old.db").read_bytes()

    file = hostile(town, change)
    checked = restoring.check(file)
    assert checked.sound, checked.trouble
    node = open_node(restored(town, file), {}, town.clock)
    with node.database.reading() as connection:
        assert len(records.own(connection, town.did)) == 2
    node.close()


def test_forged_record_in_a_backup_is_left_out_and_told(network: Network) -> None:
    """E8: every record is verified as from the network, and the log may not say another thing than the bytes."""
    town, other = network.found("fes"), network.found("rabat")
    network.befriend(town, other)
    good, bad = town.publish(text="bonjour"), town.publish(text="salut")
    older = town.publish(text="first")
    town.publish(record=older.record, text="second")
    gone = town.publish(text="moved")
    forged = bad.data.replace(b"salut", b"forge")
    digest = hashlib.sha256(forged).hexdigest()

    def change(found: dict[str, bytes], _listed: list[Member]) -> None:
        _in_database(
            found,
            network.folder,
            f"UPDATE log SET data = x'{forged.hex()}', digest = x'{digest}' WHERE digest = x'{bad.digest.hex()}'",
            f"UPDATE heads SET digest = x'{digest}' WHERE record = '{bad.record}'",
            f"UPDATE heads SET seq = (SELECT seq FROM log WHERE digest = x'{older.digest.hex()}'), revision = 1, "
            f"digest = x'{older.digest.hex()}' WHERE record = '{older.record}'",
            f"UPDATE log SET visibility = 'public', revision = 9 WHERE record = '{gone.record}'",
            "INSERT INTO origins (did, admitted, distance, records, bytes) "
            "VALUES ('did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK', 1, 1, 0, 0)",
        )

    file = hostile(town, change)
    checked = restoring.check(file)
    assert (checked.sound, checked.discarded) == (False, 2)
    node = open_node(restored(town, file), {}, network.clock)
    with node.database.reading() as connection:
        held = {stored.uri: stored.revision for stored in records.own(connection, town.did)}
        assert connection.exec_driver_sql("SELECT count(*) FROM origins WHERE admitted").scalar() == 2
    assert good.uri in held
    assert bad.uri not in held
    assert gone.uri not in held
    assert held[older.uri] == 2, "the head follows from the log"
    node.close()


def test_restore_refuses_a_folder_with_a_node_and_moves_it_aside_when_told(town: Town) -> None:
    town.publish(text="bonjour")
    file = written(town)
    home = town.node.config.home
    with pytest.raises(ConfigProblem) as refusal:
        restoring.restore(file, home, {}, actor="test")
    assert refusal.value.code == "node_exists"
    with pytest.raises(NotAllowed) as running:
        restoring.restore(file, home, {}, actor="test", replace=True)
    assert running.value.code == "node_running", "two would publish as one"
    key = (home / "keys" / keys.SIGNING).read_bytes()
    town.node.close()
    done = restoring.restore(file, home, {}, actor="test", replace=True, now=town.clock)
    assert done.aside is not None
    assert done.aside.parent == home
    assert (done.aside / "keys" / keys.SEED).exists(), "nothing is thrown away"
    assert (home / "keys" / keys.SIGNING).read_bytes() == key
    node = open_node(home, {}, town.clock)
    assert node.did == town.did
    node.close()
    assert not [path for path in home.iterdir() if path.name.startswith(".restoring")]


def test_backup_of_another_node_replaces_nothing(network: Network) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    file = written(fes)
    rabat.node.close()
    with pytest.raises(NotAllowed) as refusal:
        restoring.restore(file, rabat.node.config.home, {}, actor="test", replace=True)
    assert refusal.value.code == "other_node"
    open_node(rabat.node.config.home, {}).close()


def test_restore_killed_at_any_step_is_done_by_the_next_call(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder holds the old node, no node, or the new one; never a mixture that opens."""
    town.publish(text="bonjour")
    file = written(town)
    home = town.node.config.home
    town.node.close()

    class Killed(BaseException):
        pass

    rename = Path.rename
    for step in range(12):
        count = 0

        def dying(path: Path, target: Path, step: int = step) -> Path:
            nonlocal count
            count += 1
            if count > step:
                raise Killed
            return rename(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", dying)
            try:
                restoring.restore(file, home, {}, actor="test", replace=True, now=town.clock)
            except Killed:
                pass
            else:
                break
        with contextlib.suppress(ConfigProblem, KeysUnsafe):  # no node, which is said
            open_node(home, {}, town.clock).close()
    else:
        pytest.fail("there are not so many steps")
    node = open_node(home, {}, town.clock)
    assert recovering.status(node) is not None
    node.close()


def test_attachments_travel_by_their_hash(town: Town) -> None:
    data = b"%PDF-1.7 a plan"
    name = hashlib.sha256(data).hexdigest()
    folder = town.node.config.home / "attachments" / name[:2]
    folder.mkdir(parents=True)
    (folder / name).write_bytes(data)
    (folder / f"{name}.part").write_bytes(b"half")
    (folder / "evil").symlink_to("/etc/passwd")
    file = written(town)
    assert f"attachments/{name[:2]}/{name}" in members(file)
    assert not any("part" in one or "evil" in one for one in members(file))
    home = restored(town, file)
    assert (home / "attachments" / name[:2] / name).read_bytes() == data


def test_damaged_attachment_is_left_out_and_spoils_no_backup(town: Town) -> None:
    name = hashlib.sha256(b"a plan").hexdigest()
    folder = town.node.config.home / "attachments" / name[:2]
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"a plot")
    file = written(town)
    assert not any(name in one for one in members(file))
    assert restored(town, file).exists()
