"""Look at a node before asking it to become a peer, and become peers by file where the two cannot talk yet.

Looking writes nothing: it shows who answers, the eight words to compare by telephone, the address in both its forms,
and what is odd about it. A file of cards does what a request does, by any other way: once both sides have added each
other's, their first contact makes them peers. Goes to `peering`. Source: docs/protocol.md section 5; attacks D12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from node import addresses, inviting, peering, speech, vouching
from node.addresses import Host
from node.assembly import Node
from node.errors import NotAllowed
from node.federation import outbound
from node.federation.client import PeerClient
from node.intake import admit_many
from node.standing_sentences import WARNINGS
from node.store import chains, origins, peers
from node.store.peers import ACTIVE, BLOCKED, PAUSED, REQUESTED, Peer
from protocol import fingerprint
from protocol.card import Chain
from protocol.errors import ProtocolError
from protocol.http_signature import SKEW_S
from protocol.limits import VERSION
from protocol.wire import NodeInfo, split_lines

FILE_BYTES = 4_000_000
"""A file of cards is no larger, bytes."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a node that is not a peer yet. Names, country and address are its own claims.

    `url`: as on its card; `asked_url`: where it was asked, None for a file; `words`: its fingerprint, `our_words` ours;
    `state`: of the peer here, or ""; `distance`: steps from us where it is admitted already; `warnings`: sentences.
    """

    did: str
    name: str
    names: Mapping[str, str]
    country: str
    languages: tuple[str, ...]
    url: str | None
    asked_url: str | None
    host: Host | None
    words: tuple[str, ...]
    our_words: tuple[str, ...]
    invited: bool
    software: str | None
    skew_s: int | None
    state: str
    distance: int | None
    vouched_by: tuple[str, ...]
    cards: int
    warnings: tuple[str, ...]


def look(node: Node, target: str, language: str | None = None) -> Looked:
    """Ask the node at `target` (its address, or an invitation) who it is; nothing is written here or there.

    Raises `Unreachable`, `PeerRefused`, `PeerNonsense`, `AddressRefused`, or `NotAllowed`: `own_address`,
    `wrong_identity` (another node answers than the one that invited), `bad_invitation`.
    """
    url, expected, token = inviting.target_of(target)
    url = outbound.checked_url(url, node.config.sync_private_addresses)
    with outbound.open_session(node.config.sync_private_addresses) as session:
        client = PeerClient(node, url, "", session)
        info = client.info()
        if info.did == node.did:
            raise NotAllowed("this is our own address", "own_address")
        if expected and info.did != expected:
            raise NotAllowed("another node answers there than the one that invited: do not go on", "wrong_identity")
        chain = chains.brought(client.chain(info.did))
    if chain.origin != info.did:
        raise NotAllowed("the node's cards are not those of its identity", "wrong_identity")
    with node.database.reading() as connection:
        return _looked(connection, node, chain, language, url=url, info=info, invited=bool(token))


def cards_file(node: Node) -> bytes:
    """Our cards as a file for the other administrator: exact bytes, a line each. Nothing in it is secret."""
    with node.database.reading() as connection:
        return b"\n".join(chains.cards_of(connection, node.did)) + b"\n"


def read_file(node: Node, data: bytes, language: str | None = None) -> Looked:
    """Whose cards a file holds; nothing is written. Raises `NotAllowed`: `not_cards`, `own_address`."""
    chain = _chain_in(node, data)
    with node.database.reading() as connection:
        return _looked(connection, node, chain, language, url=None, info=None, invited=False)


def add_from_file(node: Node, data: bytes, *, checked: str, actor: str, vouch: bool = True) -> Peer:
    """Become peers of the node whose cards these are, as soon as it has added ours and the two meet.

    `checked`: how the fingerprint words were compared. A node that has asked us already is accepted by this. Raises
    `NotAllowed`: `not_cards`, `own_address`, `words_not_checked`, `blocked`, `address_taken`, `nobody_reachable`.
    """
    chain = _chain_in(node, data)
    did = chain.origin
    if not checked.strip():
        raise NotAllowed("the words must have been compared: say how and with whom", "words_not_checked")
    with node.database.reading() as connection:
        known = peers.find(connection, did)
        ours = chains.chain_of(connection, node.did)
    url = chain.head.url
    if url is not None:
        url = outbound.checked_url(url, node.config.sync_private_addresses)
    elif ours is None or ours.head.url is None:
        raise NotAllowed("neither of the two nodes has a public address, so they cannot meet", "nobody_reachable")
    if known is not None and known.state == REQUESTED and known.asked_by == "them":
        return peering.accept(node, did, actor=actor, checked=checked, vouch=vouch)
    if known is not None and known.state in (ACTIVE, PAUSED):
        admit_many(node, [card.envelope.data for card in chain.cards], did)
        return peering.check(node, did, checked, actor=actor)
    return peering.note_request_of_ours(node, chain, url, "", actor, checked=checked, vouch=vouch)


def _chain_in(node: Node, data: bytes) -> Chain:
    try:
        if len(data) > FILE_BYTES:
            raise NotAllowed("the file is too large to be the cards of one node", "not_cards")
        chain = chains.brought(split_lines(data, 1000))
    except ProtocolError as error:
        raise NotAllowed("the file does not hold the cards of one node", "not_cards") from error
    if chain.origin == node.did:
        raise NotAllowed("these are this node's own cards: give them to the other side", "own_address")
    return chain


def _looked(
    connection: Connection,
    node: Node,
    chain: Chain,
    language: str | None,
    *,
    url: str | None,
    info: NodeInfo | None,
    invited: bool,
) -> Looked:
    tongue = language or node.config.node_language
    card, did = chain.head, chain.origin
    known, origin = peers.find(connection, did), origins.find(connection, did)
    host = addresses.host_of(url or card.url or "") if url or card.url else None
    skew = info.time - node.now() if info else None
    odd = _odd(card.url, url, host, skew, info, known)
    say = speech.translations(tongue).gettext
    return Looked(
        did=did,
        name=card.name(tongue),
        names=dict(card.content["names"]),
        country=str(card.content.get("country", "")),
        languages=tuple(card.content.get("languages", ())),
        url=card.url,
        asked_url=url,
        host=host,
        words=fingerprint.words(did, tongue),
        our_words=fingerprint.words(node.did, tongue),
        invited=invited,
        software=info.software if info else None,
        skew_s=skew,
        state=known.state if known else "",
        distance=origin.distance if origin else None,
        vouched_by=vouching.by_others(connection, node, did),
        cards=len(chain.cards),
        warnings=tuple(say(WARNINGS[word]) for word in odd),
    )


def _odd(
    on_card: str | None,
    asked: str | None,
    host: Host | None,
    skew: int | None,
    info: NodeInfo | None,
    known: Peer | None,
) -> list[str]:
    """Words of `WARNINGS`, the gravest first."""
    found = []
    if known is not None and known.state == BLOCKED:
        found.append("blocked")
    if host is not None and host.warning:
        found.append(host.warning)
    if info is not None and VERSION not in info.versions:
        found.append("version")
    if asked is not None and on_card is not None and on_card.rstrip("/") != asked:
        found.append("other_address")
    if asked is not None and on_card is None:
        found.append("no_address")
    if skew is not None and abs(skew) > SKEW_S:
        found.append("clock")
    return found
