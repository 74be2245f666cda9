"""The network as this node sees it: who is in, whom we meet, how far behind we are, and what was refused from whom.

Public: counts, states and stable codes. Only for somebody who sits at this machine (`at_this_machine`), or an
administrator who is signed in: peers that have not consented or that are blocked, the sentences of failures, and a look
at the bytes of what was refused. Those bytes are a stranger's: shown bounded, as text, with every control and direction
character spelled out.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from sqlalchemy import Connection

from node import speech, standing
from node.errors import NotFound
from node.federation.headsets import HeadSets
from node.store import chains, origins, peers, quarantine, records
from node.store.peers import ACTIVE, PAUSED, Peer
from node.store.quarantine import Aside
from node.store.records import MEMBERS, PUBLIC
from node.web import picture, session
from node.web.language import language
from node.web.listing import Who, the_node

LOCAL_KINDS = (ACTIVE, PAUSED)
"""States of peers that everybody may see: both sides have agreed to be seen together."""
PREVIEW_BYTES = 800
ROUNDS = 10
CLOCK_FINE_S = 5

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via")
_PROOFS = frozenset({"bad_proof", "bad_signature", "not_canonical", "key_revoked", "bad_key", "bad_chain"})


@dataclass(frozen=True, slots=True)
class Place:
    """One admitted node. `state`: of the peer, or empty when we know it through others; `held`: its public records."""

    did: str
    name: str
    country: str
    distance: int
    state: str
    practices: int
    held: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """One peer as the table shows it. `behind`: records it says it has more than we, None when it never said."""

    peer: Peer
    name: str
    known: bool
    ours: int
    behind: int | None
    failure: str
    refused: int


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    pages.add_url_rule("/network", "network", network)
    pages.add_url_rule("/network/peers/<did>", "peer", peer_page)


def network() -> Response:
    """Nodes and peers."""
    node = the_node()
    local, ours = at_this_machine() or session.administrator(), _ours()
    with node.database.reading() as connection:
        who = Who(connection)
        met = peers.everyone(connection) if local else peers.everyone(connection, *LOCAL_KINDS)
        places = _places(connection, who, met)
        refused = _refused(connection)
        drawings = picture.both(picture.public(standing.network(connection, node, language())))
        meetings = [_meeting(peer, who, ours, refused.get(peer.did, 0)) for peer in met]
    page = render_template(
        "network.html",
        places=places,
        meetings=meetings,
        drawings=drawings,
        picture_link=lambda place: url_for("pages.commune", did=place.did),
        local=local,
        now=node.now(),
        clock_fine=CLOCK_FINE_S,
    )
    return _kept_back(page, local)


def peer_page(did: str) -> Response:
    """One peer: its meetings, and what it brought that this node refused."""
    node = the_node()
    local, ours = at_this_machine() or session.administrator(), _ours()
    with node.database.reading() as connection:
        found = peers.find(connection, did)
        if found is None or (found.state not in LOCAL_KINDS and not local):
            raise NotFound("no peer with this identity", "unknown_peer")
        who = Who(connection)
        counts = quarantine.refusal_counts(connection, did)
        aside = quarantine.listing(connection, did, limit=50)
        rounds = peers.rounds_with(connection, did, ROUNDS)
    meeting = _meeting(found, who, ours, sum(count.times for count in counts))
    page = render_template(
        "peer.html",
        meeting=meeting,
        peer=found,
        counts=[(count, speech.sentence_for(count.code, language())) for count in counts],
        forged=sum(count.times for count in counts if count.code in _PROOFS),
        aside=[(one, speech.sentence_for(one.code, language()), preview(one) if local else "") for one in aside],
        rounds=[(one, speech.sentence_for(one.error_code or "", language())) for one in rounds],
        local=local,
        now=node.now(),
        clock_fine=CLOCK_FINE_S,
    )
    return _kept_back(page, local)


def at_this_machine() -> bool:
    """Whether whoever asks sits at this machine; every doubt counts as no.

    The connection comes from a loopback address, asks for a loopback name (no page of a stranger in the
    administrator's browser can do that), carries no header that a proxy adds, and this node is not published through
    a proxy that it was not told of: then every reader would seem to come from here.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    if not _loopback(request.remote_addr or "") or not _loopback_name(request.host):
        return False
    node = the_node()
    with node.database.reading() as connection:
        card = chains.head_cards(connection).get(node.did)
    url = card.url if card else None
    return url is None or _loopback_name(urlsplit(url).netloc) or bool(node.config.web_trusted_proxy)


def preview(aside: Aside) -> str:
    """The beginning of what was refused, as plain text that cannot disguise itself. At most `PREVIEW_BYTES`."""
    if aside.data is None:
        return ""
    text = aside.data[:PREVIEW_BYTES].decode("utf-8", "replace")
    shown = "".join(
        letter if letter == "\n" or unicodedata.category(letter)[0] != "C" else f"\\u{ord(letter):04x}"
        for letter in text
    )
    return shown + ("…" if len(aside.data) > PREVIEW_BYTES else "")


def _ours() -> int:
    """How many records this node offers to its peers: what a peer's own figure is compared with."""
    sets: HeadSets = current_app.extensions["wasl-head-sets"]
    with sets.lock:
        return len(sets.of(MEMBERS))


def _places(connection: Connection, who: Who, met: list[Peer]) -> list[Place]:
    counted = records.counts(connection, PUBLIC)
    held: dict[str, int] = {}
    for (did, _), count in counted.items():
        held[did] = held.get(did, 0) + count
    states = {peer.did: peer.state for peer in met if peer.state in LOCAL_KINDS}
    found = [
        Place(
            did=origin.did,
            name=who.name(origin.did),
            country=str(who.cards[origin.did].content.get("country", "")) if who.known(origin.did) else "",
            distance=origin.distance or 0,
            state=states.get(origin.did, ""),
            practices=counted.get((origin.did, "Practice"), 0),
            held=held.get(origin.did, 0),
        )
        for origin in origins.everyone(connection).values()
        if origin.admitted
    ]
    return sorted(found, key=lambda place: (place.distance, place.name.casefold()))


def _meeting(peer: Peer, who: Who, ours: int, refused: int) -> Meeting:
    failure = (speech.sentence_for(peer.error_code, language()) or peer.error_code) if peer.error_code else ""
    behind = None if peer.their_heads is None else max(0, peer.their_heads - ours)
    return Meeting(peer, who.name(peer.did), who.known(peer.did), ours, behind, failure, refused)


def _refused(connection: Connection) -> dict[str, int]:
    counts: dict[str, int] = {}
    for count in quarantine.refusal_counts(connection):
        counts[count.via] = counts.get(count.via, 0) + count.times
    return counts


def _kept_back(page: str, local: bool) -> Response:
    response = make_response(page)
    if local:
        response.headers["Cache-Control"] = "no-store"
    return response


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _loopback_name(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or _loopback(name)
