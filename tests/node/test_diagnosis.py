"""Why a peer does not answer: one test for each step that can fail, over real sockets on loopback."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask, Response
from simulator import prepared, small_app
from werkzeug.serving import make_server

from node import diagnosis, founding, introducing, inviting, keyring, peering
from node.assembly import Node
from node.diagnosis import STEPS, Step
from node.errors import NotAllowed
from node.federation.headsets import HeadSets
from node.founding import Organisation
from node.store import peers

LATER = datetime.timedelta(days=30)


class Place:
    """A town with a real port: a node, its app, and a clock that can be set."""

    def __init__(self, folder: Path, name: str, port: int) -> None:
        self.skew = 0
        self.url = f"http://127.0.0.1:{port}"
        organisation = Organisation({"fr": name}, "MA", ("fr",), self.url)
        settings = {"sync_private_addresses": True, "limits_free_mb": 0, "sync_timeout_s": 5}
        self.node = founding.found(prepared(folder / name), organisation, settings, {}, self.now)
        self.app = small_app(self.node, HeadSets(self.node.database))

    def now(self) -> int:
        return 1_770_000_000 + self.skew


@contextmanager
def serving(app: Any, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    made: list[Place] = []

    def make(name: str) -> Place:
        made.append(Place(tmp_path, name, free_port()))
        return made[-1]

    yield make
    for place in made:
        place.node.close()


@pytest.fixture
def pair(towns: Callable[[str], Place]) -> Iterator[tuple[Place, Place]]:
    """rabat and fes, peers; fes serves."""
    rabat, fes = towns("rabat"), towns("fes")
    with serving(fes.app, _port(fes)):
        peering.request(rabat.node, inviting.create(fes.node))
        yield rabat, fes


def _port(place: Place) -> int:
    return int(place.url.rpartition(":")[2])


def broken(steps: list[Step]) -> tuple[str, str]:
    """(name, code) of the first step that failed; every step that failed says what to do."""
    assert [step.name for step in steps] == list(STEPS)
    failed = [step for step in steps if step.status == "failed"]
    for step in failed:
        assert step.sentence
        assert step.remedy or step.code in ("peer_outdated", "node_outdated")
        assert step.title
    return (failed[0].name, failed[0].code) if failed else ("", "")


def test_peer_that_is_well_passes_every_step(pair: tuple[Place, Place]) -> None:
    rabat, fes = pair
    steps = diagnosis.diagnose(rabat.node, fes.node.did, "fr")
    assert broken(steps) == ("", "")
    assert [step.status for step in steps] == ["ok", "ok", "skipped", "ok", "ok", "ok", "ok"]
    assert "127.0.0.1" in steps[0].detail
    report = diagnosis.as_text(steps)
    assert len(report.splitlines()) == 7
    assert fes.node.did in report


def test_diagnosis_writes_nothing_but_that_the_peer_heard_us(pair: tuple[Place, Place]) -> None:
    rabat, fes = pair
    with rabat.node.database.reading() as connection:
        before = peers.get(connection, fes.node.did)
    diagnosis.diagnose(rabat.node, fes.node.did)
    with rabat.node.database.reading() as connection:
        assert peers.get(connection, fes.node.did) == before


def test_address_that_is_no_peer_yet_can_be_diagnosed(towns: Callable[[str], Place]) -> None:
    rabat, fes = towns("rabat"), towns("fes")
    with serving(fes.app, _port(fes)):
        steps = diagnosis.diagnose(rabat.node, fes.url)
    assert [step.status for step in steps] == ["ok", "ok", "skipped", "ok", "ok", "skipped", "ok"]


def test_name_that_nobody_knows(towns: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch) -> None:
    rabat = towns("rabat")

    def unknown(*_arguments: Any, **_named: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    steps = diagnosis.diagnose(rabat.node, "https://no-such-town.invalid")
    assert broken(steps) == ("name", "unknown_name")
    assert [step.status for step in steps[1:]] == ["skipped"] * 6


@pytest.mark.parametrize(
    ("address", "code"), [("https://127.0.0.1", "address_refused"), ("ftp://x.example", "bad_url")]
)
def test_address_that_no_peer_may_have(tmp_path: Path, address: str, code: str) -> None:
    node = founding.found(tmp_path / "node", Organisation({"fr": "x"}, "MA", ("fr",)), {}, {})
    assert broken(diagnosis.diagnose(node, address)) == ("name", code)
    node.close()


def test_port_at_which_nothing_listens(pair: tuple[Place, Place]) -> None:
    rabat, _ = pair
    assert broken(diagnosis.diagnose(rabat.node, f"http://127.0.0.1:{free_port()}")) == ("connection", "port_closed")


def test_machine_that_drops_every_packet(pair: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    rabat, fes = pair

    def silent(*_arguments: Any, **_named: Any) -> Any:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", silent)
    assert broken(diagnosis.diagnose(rabat.node, fes.node.did)) == ("connection", "host_silent")


def test_port_that_speaks_no_tls(pair: tuple[Place, Place]) -> None:
    rabat, fes = pair
    steps = diagnosis.diagnose(rabat.node, fes.url.replace("http://", "https://"))
    assert broken(steps) == ("certificate", "not_tls")


@pytest.mark.parametrize(
    ("names", "days", "trusted", "code"),
    [
        (("127.0.0.1",), 30, False, "certificate_untrusted"),
        (("127.0.0.1",), -1, True, "certificate_expired"),
        (("192.0.2.7",), 30, True, "certificate_wrong_name"),
        (("127.0.0.1",), 30, True, ""),
    ],
)
def test_certificate_that_does_not_hold(
    pair: tuple[Place, Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    days: int,
    trusted: bool,
    code: str,
) -> None:
    rabat, fes = pair
    certificate, context = _certificate(tmp_path, names, days)
    if trusted:
        monkeypatch.setattr(diagnosis, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    with serving(fes.app, tls=context) as port:
        steps = diagnosis.diagnose(rabat.node, f"https://127.0.0.1:{port}")
    if code:
        assert broken(steps) == ("certificate", code)
    else:
        assert steps[2].status == "ok"
        assert "days" in steps[2].detail


def _certificate(folder: Path, names: tuple[str, ...], days: int) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for these addresses, valid for so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a town")])
    entries = [x509.IPAddress(ipaddress.ip_address(one)) for one in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LATER)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(entries), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return file, context


@pytest.mark.parametrize(("status", "code"), [(200, "wrong_type"), (404, "not_wasl"), (502, "peer_down")])
def test_web_page_where_a_node_should_be(pair: tuple[Place, Place], status: int, code: str) -> None:
    rabat, _ = pair
    pages = Flask("pages")
    pages.add_url_rule("/", "all", lambda **_: Response("<html>It works!", status=status), defaults={"path": ""})
    pages.register_error_handler(404, lambda _error: Response("<html>It works!", status=status))
    with serving(pages) as port:
        assert broken(diagnosis.diagnose(rabat.node, f"http://127.0.0.1:{port}")) == ("node", code)


@pytest.mark.parametrize(("versions", "code"), [([0], "peer_outdated"), ([2], "node_outdated")])
def test_node_of_another_protocol_version(pair: tuple[Place, Place], versions: list[int], code: str) -> None:
    """C24."""
    rabat, fes = pair
    said = fes.app.test_client().get("/.well-known/wasl").get_json() | {"versions": versions}
    other = Flask("other")
    other.add_url_rule(
        "/.well-known/wasl", "who", lambda: Response(orjson.dumps(said), content_type="application/json")
    )
    with serving(other) as port:
        assert broken(diagnosis.diagnose(rabat.node, f"http://127.0.0.1:{port}")) == ("node", code)


def test_other_node_at_the_peers_address(pair: tuple[Place, Place], towns: Callable[[str], Place]) -> None:
    rabat, fes = pair
    oujda = towns("oujda")
    with serving(oujda.app) as port:
        with rabat.node.database.writing() as connection:
            peers.note(connection, fes.node.did, url=f"http://127.0.0.1:{port}")
        assert broken(diagnosis.diagnose(rabat.node, fes.node.did)) == ("identity", "wrong_identity")


def test_own_address_is_said_to_be_that(towns: Callable[[str], Place]) -> None:
    rabat = towns("rabat")
    with serving(rabat.app, _port(rabat)):
        assert broken(diagnosis.diagnose(rabat.node, rabat.url)) == ("identity", "own_address")


def test_peer_that_blocks_us_refuses_the_signed_request(pair: tuple[Place, Place]) -> None:
    rabat, fes = pair
    peering.block(fes.node, rabat.node.did, actor="test")
    assert broken(diagnosis.diagnose(rabat.node, fes.node.did)) == ("signature", "peer_blocked")


def test_key_that_the_peer_does_not_know_yet(pair: tuple[Place, Place]) -> None:
    rabat, fes = pair
    keyring.rotate_signing(rabat.node, None, "test")
    assert broken(diagnosis.diagnose(rabat.node, fes.node.did)) == ("signature", "unknown_key")


@pytest.mark.parametrize("skew", [3600, -3600])
def test_clock_that_is_wrong_by_an_hour(pair: tuple[Place, Place], skew: int) -> None:
    rabat, fes = pair
    fes.skew = skew
    steps = diagnosis.diagnose(rabat.node, fes.node.did)
    assert {(step.name, step.code) for step in steps if step.status == "failed"} == {
        ("signature", "expired" if skew > 0 else "clock_skew"),
        ("clock", "clock_skew"),
    }
    assert "3600 s" in steps[-1].detail


def test_peer_that_only_calls_cannot_be_diagnosed_from_here(pair: tuple[Place, Place], tmp_path: Path) -> None:
    rabat, _ = pair
    tiznit = _unreachable(tmp_path)
    introducing.add_from_file(rabat.node, introducing.cards_file(tiznit), checked="on site", actor="test")
    with pytest.raises(NotAllowed) as refusal:
        diagnosis.diagnose(rabat.node, tiznit.did)
    assert refusal.value.code == "peer_not_reachable"
    tiznit.close()


def _unreachable(folder: Path) -> Node:
    return founding.found(folder / "tiznit", Organisation({"fr": "Tiznit"}, "MA", ("fr",)), {}, {})


def test_invitation_whose_node_was_replaced(pair: tuple[Place, Place], towns: Callable[[str], Place]) -> None:
    """The link names a node; another answers at its address."""
    rabat, fes = pair
    oujda = towns("oujda")
    link = inviting.create(fes.node).replace(fes.node.did, oujda.node.did)
    assert broken(diagnosis.diagnose(rabat.node, link)) == ("identity", "wrong_identity")
