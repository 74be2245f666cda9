"""The doctor: what is wrong is found, and every such finding says what to do."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from simulator import prepared

from node import backup, doctor, doctor_outside, indexing, keyring, keys, publish
from node.assembly import open_node
from node.doctor import ATTENTION, BROKEN, FINE
from node.founding import Organisation, found
from node.store import chains, copies, files, notes, peers, quarantine, sightings
from node.store.peers import ACTIVE
from node.store.quarantine import Aside


@pytest.fixture
def node(tmp_path):
    """A new node, open."""
    who = Organisation({"fr": "Oujda"}, "MA", ("fr", "ar"))
    made = found(prepared(tmp_path / "oujda"), who, {"node_language": "fr"}, {})
    yield made
    made.close()


@pytest.fixture
def peer(node, tmp_path):
    """The DID of another node that `node` has on its list, active."""
    other = found(prepared(tmp_path / "other"), Organisation({"fr": "Fès"}, "MA", ("fr",)), {}, {})
    with other.database.reading() as connection:
        cards = b"\n".join(chains.cards_of(connection, other.did))
    other.close()
    with node.database.writing() as connection:
        peers.add(connection, other.did, node.now(), asked_by="them", url=None, chain=cards, note="")
        peers.move(connection, other.did, ACTIVE, node.now())
    return other.did


def _examine(home: Path, now: int | None = None):
    """Findings by check, the worst of each."""
    order = [FINE, ATTENTION, BROKEN]
    worst = {}
    for finding in doctor.examine(home, {}, now or int(time.time())):
        assert finding.state == FINE or finding.remedy, finding
        before = worst.get(finding.check)
        if before is None or order.index(finding.state) > order.index(before.state):
            worst[finding.check] = finding
    return worst


def _states(home: Path, now: int | None = None):
    return {check: finding.state for check, finding in _examine(home, now).items() if finding.state != FINE}


def test_new_node_is_well(node):
    assert _states(node.config.home) == {}


def test_folder_without_a_node_is_told(tmp_path):
    assert _states(tmp_path) == {"config": BROKEN}
    assert list(tmp_path.iterdir()) == []


def test_wrong_setting_is_told_with_its_name(node):
    node.config.file.write_text("[web]\nporrt = 1\n", encoding="utf-8")
    assert "did you mean `port`" in _examine(node.config.home)["config"].sentence


@pytest.mark.parametrize("name", ["signing.pem", "recovery.seed"])
def test_readable_key_is_told_with_its_command(node, name):
    key = node.config.keys / name
    key.chmod(0o604)
    assert _examine(node.config.home)[f"keys/{name}"].remedy == f"chmod 600 {key}"


def test_open_folder_of_keys_is_told(node):
    node.config.keys.chmod(0o755)
    assert _states(node.config.home) == {"keys": BROKEN}


def test_damaged_sheet_is_told(node):
    (node.config.keys / "recovery.seed").write_text("WASL-RECOVERY-1:00")
    assert _states(node.config.home) == {"keys/recovery.seed": BROKEN}


def test_missing_signing_key_is_broken_and_a_detached_root_is_fine(node):
    (node.config.keys / "recovery.seed").unlink()
    assert _states(node.config.home) == {}
    (node.config.keys / "signing.pem").unlink()
    assert _states(node.config.home) == {"keys/signing.pem": BROKEN}


def test_file_that_is_no_database_is_told(node):
    node.close()
    node.config.database.write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    assert _states(node.config.home)["database"] == BROKEN


def test_damaged_database_is_told(node):
    node.close()
    data = bytearray(node.config.database.read_bytes())
    for place in range(4096 * 3, len(data), 4096):
        data[place : place + 64] = b"\xff" * 64
    node.config.database.write_bytes(data)
    assert _states(node.config.home)["database"] == BROKEN


def test_missing_database_is_told_and_not_made(node):
    node.close()
    node.config.database.unlink()
    assert _states(node.config.home) == {"database": BROKEN}
    assert not node.config.database.exists()


def test_schema_of_a_newer_version_is_told(node):
    with node.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert _states(node.config.home) == {"schema": BROKEN}


def test_interrupted_founding_is_told(node):
    with node.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'founded'")
    assert _states(node.config.home) == {"identity": BROKEN}


def test_g11_size_of_the_index_is_told(node):
    indexing.rebuild(node)
    said = {finding.check: finding.sentence for finding in doctor.examine(node.config.home, {}, node.now())}
    size = sum(path.stat().st_size for path in node.config.index.rglob("*.seg")) / 1e6
    assert said["index"] == f"has read the whole log; {size:.1f} MB"


def test_clock_before_the_last_signature_is_broken(node):
    assert _states(node.config.home, int(time.time()) - 3600) == {"clock": BROKEN}


def test_clocks_of_most_peers_far_from_ours_is_told(node, peer):
    with node.database.writing() as connection:
        peers.note(connection, peer, skew_s=-2800)
    assert _states(node.config.home) == {"clock": ATTENTION}


def test_little_room_is_told_and_none_is_broken(node):
    assert _states(node.config.home) == {}
    free = 2**31 - 1
    node.config.file.write_text(f"[limits]\nfree_mb = {free}\n", encoding="utf-8")
    assert _states(node.config.home) == {"disk": BROKEN}


def test_silent_worker_is_told(node):
    with node.database.writing() as connection:
        notes.set_value(connection, "worker_beat", str(node.now() - 3 * 3600))
    indexing.rebuild(node)
    assert _states(node.config.home) == {"worker": ATTENTION}
    assert "3 h" in _examine(node.config.home)["worker"].sentence


def test_index_that_is_behind_is_told_and_whole_again_after_a_rebuild(node):
    indexing.rebuild(node)
    assert _states(node.config.home) == {}
    content = {"title": {"fr": "Combien de temps ?"}, "text": {"fr": "Combien d'entretiens ?"}}
    publish.publish(node, publish.Statement("Question", content, "fr"))
    assert _states(node.config.home) == {"index": ATTENTION}
    indexing.rebuild(node)
    assert _states(node.config.home) == {}


def test_lost_index_is_told_once_the_node_has_worked(node):
    with node.database.writing() as connection:
        notes.set_value(connection, "worker_beat", str(node.now()))
    assert _states(node.config.home) == {"index": ATTENTION}


def test_peer_that_keeps_failing_is_told(node, peer):
    with node.database.writing() as connection:
        peers.note(connection, peer, failures=5, error_code="unreachable", error="no answer")
    told = _examine(node.config.home)["peer"]
    assert (told.state, peer[-8:] in told.remedy, "unreachable" in told.sentence) == (ATTENTION, True, True)


def test_request_that_waits_for_us_is_told(node, tmp_path):
    with node.database.writing() as connection:
        did = node.did[:-4] + "1111"
        peers.add(connection, did, node.now(), asked_by="them", url=None, chain=b"", note="")
    assert "wasl peer accept" in _examine(node.config.home)["peer"].remedy


def test_held_and_refused_records_are_told(node, peer):
    now = node.now()
    with node.database.writing() as connection:
        quarantine.put(connection, [Aside(0, b"1" * 32, "held", "future", "", peer, peer, now, now, 1, 3, b"abc")])
        quarantine.count_refusal(connection, peer, "bad_proof", now)
    assert _states(node.config.home) == {"quarantine": ATTENTION, "refusals": ATTENTION}
    assert _states(node.config.home, now + 2 * 86400)["quarantine"] == ATTENTION
    assert "refusals" not in _states(node.config.home, now + 2 * 86400)


def test_node_that_is_recovering_is_told(node):
    with node.database.writing() as connection:
        copies.begin_recovering(connection, node.now(), copies.BACKUP)
    found = _examine(node.config.home)["state"]
    assert found.state == ATTENTION
    assert "wasl peer request" in found.remedy, "it has no peers: what to do is said"


def test_records_signed_elsewhere_are_told_until_they_are_decided_about(node):
    with node.database.writing() as connection:
        sightings.add(connection, sightings.Sighting(bytes(32), "1", 1, "Note", "did:key:x", 1, ""))
        notes.set_value(connection, "state", "doubled")
    assert _examine(node.config.home)["state"].remedy == "run `wasl recover`, and decide"
    with node.database.writing() as connection:
        sightings.settle(connection, sightings.FORGED)
    assert _examine(node.config.home)["state"].remedy == "run `wasl key revoke`"


def test_interrupted_restore_from_the_network_is_told(node):
    with node.database.writing() as connection:
        copies.begin_recovering(connection, node.now(), copies.NETWORK)
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'founded'")
    assert "--from-network" in _examine(node.config.home)["identity"].remedy


def test_old_backup_and_root_key_on_the_machine_are_told_after_two_weeks(node, tmp_path):
    """A fresh node is well; two weeks later it should have a backup and its root key in a safe."""
    later = node.now() + 15 * 86400
    assert _states(node.config.home, later) == {"backup": ATTENTION, "root key": ATTENTION}
    backup.write(node, tmp_path / "wasl.backup", actor="test")
    assert "old" in _examine(node.config.home)["backup"].sentence
    assert "backup" not in _states(node.config.home)
    assert "backup" in _states(node.config.home, later)
    (node.config.keys / "recovery.seed").unlink()
    assert _states(node.config.home, later) == {"backup": ATTENTION}


def test_follower_far_behind_is_told(node):
    with node.database.writing() as connection:
        notes.set_cursor(connection, "receipts", -5000, node.now())
    assert _states(node.config.home) == {"follower/receipts": ATTENTION}


def test_examining_changes_nothing(node):
    node.close()
    before = node.config.database.read_bytes()
    doctor.examine(node.config.home, {}, int(time.time()))
    assert node.config.database.read_bytes() == before
    again = open_node(node.config.home, {})
    again.close()


def test_interrupted_act_with_the_keys_is_told_with_its_command(node, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(publish, "publish_card", _power_goes)
        with pytest.raises(KeyboardInterrupt):
            keyring.revoke_signing(node, None, "test")
    found = _examine(node.config.home)["keys/act"]
    assert (found.state, found.remedy) == (ATTENTION, "wasl key revoke")
    keyring.revoke_signing(node, None, "test")
    assert _states(node.config.home) == {}


def test_signing_key_that_the_card_does_not_list_is_told_and_replaced(node):
    """A folder of keys from another copy: no peer would listen."""
    (node.config.keys / "signing.pem").unlink()
    keys.write(node.config.keys / "signing.pem", Ed25519PrivateKey.generate())
    found = _examine(node.config.home)["keys/in use"]
    assert (found.state, found.remedy) == (BROKEN, "wasl key rotate")
    keyring.rotate_signing(node, None, "test")
    assert _states(node.config.home) == {}


def test_revoked_key_that_is_still_in_the_folder_is_replaced_and_stays_revoked(node):
    """An old backup of the folder of keys was put back after a revocation."""
    before = (node.config.keys / "signing.pem").read_bytes()
    old = node.signing.multikey
    keyring.revoke_signing(node, None, "test")
    (node.config.keys / "signing.pem").write_bytes(before)
    assert _examine(node.config.home)["keys/in use"].state == BROKEN
    keyring.rotate_signing(node, None, "test")
    assert keyring.state_of(node).keys[old] == "revoked"
    assert _states(node.config.home) == {}


def _power_goes(*_arguments, **_named):
    raise KeyboardInterrupt


def test_room_for_attachments_that_is_nearly_used_up_is_told(node):
    with node.database.writing() as connection:
        files.hold(connection, bytes(32), "application/pdf", 3_400_000_000, node.now())
    assert _states(node.config.home) == {"attachments": ATTENTION}


def test_file_that_is_not_what_its_record_says_is_told(node):
    with node.database.writing() as connection:
        files.refer(connection, node.did, "0190aaaa-0000-7000-8000-000000000001", bytes(32), "image/png", 7)
        files.tried(connection, bytes(32), "attachment_disguised", node.now(), 2**40, refused=True)
    assert _states(node.config.home) == {"attachments": ATTENTION}


@pytest.fixture
def tls(tmp_path):
    """`tls(days)`: address of a server whose certificate is good for so many days, and the file that trusts it."""
    with ExitStack() as open_things:

        def serve(days: int):
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
            begin = datetime.now(UTC) - timedelta(days=30)
            made = (
                x509.CertificateBuilder()
                .subject_name(name)
                .issuer_name(name)
                .public_key(key.public_key())
                .serial_number(1)
                .not_valid_before(begin)
                .not_valid_after(datetime.now(UTC) + timedelta(days=days, hours=1))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
                .sign(key, hashes.SHA256())
            )
            pem = tmp_path / f"tls-{days}.pem"
            secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            pem.write_bytes(made.public_bytes(Encoding.PEM) + secret)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            listening = open_things.enter_context(socket.create_server(("127.0.0.1", 0)))

            def answer():
                with suppress(OSError):
                    plain, _ = listening.accept()
                    with plain, context.wrap_socket(plain, server_side=True) as wire:
                        wire.recv(1)

            thread = threading.Thread(target=answer)
            thread.start()
            open_things.callback(thread.join)
            return f"https://localhost:{listening.getsockname()[1]}", str(pem)

        yield serve


@pytest.mark.parametrize(("days", "state"), [(60, FINE), (3, ATTENTION)])
def test_certificate_that_ends_soon_is_told(tls, days, state):
    address, trusted = tls(days)
    (finding,) = doctor_outside.certificate(address, int(time.time()), trusted)
    assert (finding.state, f"{days} more days" in finding.sentence) == (state, True)


def test_certificate_that_nobody_trusts_is_broken(tls):
    address, _ = tls(60)
    (finding,) = doctor_outside.certificate(address, int(time.time()))
    assert (finding.state, bool(finding.remedy)) == (BROKEN, True)


def test_address_at_which_nothing_answers_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (finding,) = doctor_outside.certificate(f"https://localhost:{port}", int(time.time()))
    assert (finding.state, bool(finding.remedy)) == (ATTENTION, True)
    assert doctor_outside.certificate("http://localhost:1", int(time.time())) == []
