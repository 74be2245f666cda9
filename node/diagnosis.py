"""Why does a peer not answer? Seven steps, from the name to the clock, each timed, each with what to do if it fails.

Each step is made in the way in which a meeting makes it, through the same guard (`federation/outbound`), but alone, so
that the one that fails is known. Nothing is written here or there. A step that cannot be made because one before it
failed is skipped. Called by the peers page and `wasl peer diagnose`, also for an address that is no peer yet.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from node import inviting, remedies, speech
from node.assembly import Node
from node.errors import NodeError, NotAllowed, PeerNonsense, PeerProblem, PeerRefused
from node.federation import outbound
from node.federation.client import PeerClient
from node.standing_sentences import STEPS as TITLES
from node.store import chains, peers
from node.store.peers import ACTIVE, PAUSED, Peer
from protocol import moment
from protocol.errors import ProtocolError
from protocol.http_signature import SKEW_S
from protocol.limits import VERSION
from protocol.wire import NodeInfo

STEPS = ("name", "connection", "certificate", "node", "identity", "signature", "clock")
TIMEOUT_S = 10
"""The longest that connecting may take, seconds."""

OK, FAILED, SKIPPED = "ok", "failed", "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `title`, `sentence` and `remedy` are for people, in the language asked for; `detail` is English."""

    name: str
    title: str
    status: str
    code: str
    sentence: str
    remedy: str
    detail: str
    ms: int


@dataclass(slots=True)
class _Case:
    """What the steps have found so far."""

    node: Node
    url: str
    did: str
    peer: Peer | None
    session: requests.Session
    addresses: list[tuple[str, int]] = field(default_factory=list)
    info: NodeInfo | None = None
    info_at: int = 0


class _Skip(Exception):
    """This step need not or cannot be made: the reason."""


def diagnose(node: Node, target: str, language: str | None = None) -> list[Step]:
    """Try to reach a peer (its DID), or the node at an address or invitation, step by step. Raises `NotFound`.

    An address that cannot be one fails at the first step. A step takes `TIMEOUT_S` at most, [sync] timeout_s if it asks
    the node itself.
    """
    tongue = language or node.config.node_language
    url, did, peer = _what(node, target)
    steps: list[Step] = []
    with outbound.open_session(node.config.sync_private_addresses) as session:
        case = _Case(node, url, did, peer, session)
        broken = ""
        for name in STEPS:
            if broken and not (name == "clock" and broken == "signature"):
                steps.append(_told(name, SKIPPED, "", "a step before it failed", 0, tongue))
                continue
            step = _made(name, _MAKERS[name], case, tongue)
            broken = broken or (name if step.status == FAILED else "")
            steps.append(step)
    return steps


def as_text(steps: list[Step]) -> str:
    """The steps as plain text: a report that can be sent to the other administrator."""
    lines = []
    for step in steps:
        line = f"{step.status.ljust(7)}  {step.name.ljust(11)}  {f'{step.ms} ms'.rjust(8)}  {step.detail}"
        lines.append(line.rstrip() + (f" [{step.code}]" if step.code else ""))
    return "\n".join(lines) + "\n"


def _what(node: Node, target: str) -> tuple[str, str, Peer | None]:
    """(address, DID expected or "", peer or None) of what is to be diagnosed."""
    with node.database.reading() as connection:
        if target.startswith("did:key:"):
            peer = peers.get(connection, target)
            if peer.url is None:
                raise NotAllowed("nobody can reach this peer: it calls us", "peer_not_reachable")
            return peer.url, peer.did, peer
        url, did, _ = inviting.target_of(target)
        same = [peer for peer in peers.everyone(connection) if peer.url == url.rstrip("/")]
        known = peers.find(connection, did) if did else same[0] if same else None
    return url, did, known


def _made(name: str, make: Callable[[_Case], str], case: _Case, language: str) -> Step:
    started = time.monotonic()
    status, code, kinds = OK, "", list[str]()
    try:
        detail = make(case)
    except _Skip as reason:
        status, detail = SKIPPED, str(reason)
    except (NodeError, ProtocolError) as error:
        status, code, detail = FAILED, error.code, error.message
        kinds = [kind.__name__ for kind in type(error).__mro__]
    return _told(name, status, code, detail, int((time.monotonic() - started) * 1000), language, kinds)


def _told(
    name: str, status: str, code: str, detail: str, ms: int, language: str, kinds: list[str] | None = None
) -> Step:
    title = speech.translations(language).gettext(TITLES[name])
    sentence = (speech.sentence_for(code, language) or speech.sentence_for("peer_refused", language)) if code else ""
    remedy = remedies.remedy_for(code, language, kinds or []) if code else ""
    return Step(name, title, status, code, sentence, remedy, detail, ms)


def _name(case: _Case) -> str:
    case.url = outbound.checked_url(case.url, case.node.config.sync_private_addresses)
    parts = urlsplit(case.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        case.addresses = outbound.addresses_of(str(parts.hostname), port, case.node.config.sync_private_addresses)
    except OSError as error:
        raise PeerProblem(f"{parts.hostname} is not known: {error}", "unknown_name") from error
    return ", ".join(sorted({address for address, _ in case.addresses}))


def _connection(case: _Case) -> str:
    last = PeerProblem("no address", "unknown_name")
    for address, port in case.addresses:
        try:
            socket.create_connection((address, port), timeout=TIMEOUT_S).close()
        except ConnectionRefusedError:
            last = PeerProblem(f"{address} port {port}: connection refused", "port_closed")
        except OSError as error:
            last = PeerProblem(f"{address} port {port}: {error}", "host_silent")
        else:
            case.addresses = [(address, port)]
            return f"{address} port {port}"
    raise last


def _certificate(case: _Case) -> str:
    parts = urlsplit(case.url)
    if parts.scheme != "https":
        raise _Skip("the address begins with http://: a trial without certificates")
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    try:
        with (
            socket.create_connection(case.addresses[0], timeout=TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            until = ssl.cert_time_to_seconds(str((secure.getpeercert() or {}).get("notAfter", "")))
            days = (int(until) - case.node.now()) // 86_400
            return f"{secure.version()}, valid until {moment.to_text(int(until))[:10]}: {days} days"
    except ssl.SSLCertVerificationError as error:
        raise PeerProblem(error.verify_message, _certificate_code(error)) from error
    except ssl.SSLError as error:
        raise PeerProblem(f"no TLS is spoken here: {error.reason or error}", "not_tls") from error
    except OSError as error:
        raise PeerProblem(f"the connection broke: {error}", "not_tls") from error


def _certificate_code(error: ssl.SSLCertVerificationError) -> str:
    """X509_V_ERR_… of OpenSSL: 9 and 10 are about its time, 62 and 64 about its name."""
    if error.verify_code in (9, 10):
        return "certificate_expired"
    return "certificate_wrong_name" if error.verify_code in (62, 64) else "certificate_untrusted"


def _node(case: _Case) -> str:
    info = PeerClient(case.node, case.url, "", case.session).info()
    if VERSION not in info.versions:
        newest = max(info.versions, default=0)
        code = "peer_outdated" if newest < VERSION else "node_outdated"
        raise PeerNonsense(f"it speaks version {newest} of the protocol, this node version {VERSION}", code)
    case.info, case.info_at = info, case.node.now()
    return f"{info.software}, {info.heads} records"


def _identity(case: _Case) -> str:
    assert case.info is not None
    did = case.info.did
    if did == case.node.did:
        raise NotAllowed("this is our own address", "own_address")
    expected = case.did or (case.peer.did if case.peer else "")
    if expected and did != expected:
        raise PeerNonsense(f"{did} answers where {expected} was expected", "wrong_identity")
    chain = chains.brought(PeerClient(case.node, case.url, did, case.session).chain(did))
    if chain.origin != did:
        raise PeerNonsense("its cards are those of another node", "wrong_identity")
    return f"{chain.head.name('')}, card {chain.head.number}, {did}"


def _signature(case: _Case) -> str:
    if case.peer is None or case.peer.state not in (ACTIVE, PAUSED):
        raise _Skip("tried once the two nodes are peers")
    PeerClient(case.node, case.url, case.peer.did, case.session).missing([])
    return "our request was understood and accepted"


def _clock(case: _Case) -> str:
    if case.info is None:
        raise _Skip("a step before it failed")
    skew = case.info.time - case.info_at
    if abs(skew) > SKEW_S:
        raise PeerRefused(f"its clock stands {abs(skew)} s {'after' if skew > 0 else 'before'} ours", "clock_skew")
    return f"{skew:+d} s"


_MAKERS: dict[str, Callable[[_Case], str]] = {
    "name": _name,
    "connection": _connection,
    "certificate": _certificate,
    "node": _node,
    "identity": _identity,
    "signature": _signature,
    "clock": _clock,
}
