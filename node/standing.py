"""How this node stands with each peer: one word, a sentence, what to do next, and the figures beside it. Reads only.

What pages and `wasl peer list` tell is made here, so that both tell the same; the picture of the network too.
`standing_words` decides the word. Everything a peer says of itself (its name, its figures) is a claim.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from node import addresses, remedies, speech, standing_words
from node.addresses import Host
from node.assembly import Node
from node.standing_facts import Facts
from node.standing_sentences import STANDINGS, WAITS
from node.standing_words import FORGED, contact_of
from node.store import peers
from node.store.peers import ACTIVE, PAUSED, REQUESTED, Peer
from protocol import fingerprint


@dataclass(frozen=True, slots=True)
class Refused:
    """How often a peer brought what was refused for one reason. `forged`: no honest node does."""

    code: str
    sentence: str
    times: int
    last_at: int
    forged: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """What the last meeting met with. `detail`: the error's own sentence, English; `times`: failures in a row."""

    code: str
    sentence: str
    remedy: str
    detail: str
    times: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How we stand with one peer. Sentences are in the language asked for; moments are seconds since 1970 or None.

    `ours`: records that we offer; `theirs`: that it says it offers; `network_knows`: the most that anybody says.
    `contact_at`: last contact in either direction, `lag_s` ago; `bytes`: what its records take of our disk.
    """

    peer: Peer
    name: str | None
    words: tuple[str, ...]
    address: Host | None
    word: str
    sentence: str
    todo: str
    tone: str
    ours: int
    theirs: int | None
    network_knows: int
    behind: int
    contact_at: int | None
    lag_s: int | None
    skew_s: int | None
    version: str | None
    admitted: bool
    distance: int | None
    records: int
    bytes: int
    aside_bytes: int
    practices: int
    refusals: tuple[Refused, ...]
    refused: int
    forged: int
    failure: Failure | None
    next_at: int | None
    why_next: str
    vouched_by_us: bool
    vouches_for_us: bool
    vouched_by: tuple[str, ...]
    remarks: tuple[str, ...]
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PictureNode:
    """One node in the picture. `distance`: steps from us; `word`: its standing, "ourselves", or "" for no peer of ours.

    `practices`, `records`: live ones that we show to members; `ours`: whether it is this node.
    """

    did: str
    name: str
    country: str
    distance: int | None
    word: str
    tone: str
    practices: int
    records: int
    ours: bool


@dataclass(frozen=True, slots=True)
class PictureEdge:
    """A line between two nodes. `kind`: peering (ours) | vouch (`one` for `other`; `both`: and `other` for `one`)."""

    one: str
    other: str
    kind: str
    both: bool
    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The network as this node sees it: for a drawing and for the table beside it. Ourselves first."""

    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]


def of(
    connection: Connection, node: Node, peer: Peer, language: str | None = None, ours: int | None = None
) -> Standing:
    """How we stand with one peer. `ours`: how many records we offer, where the caller knows it already."""
    return _standing(Facts(connection, node, language, ours), peer)


def everyone(
    connection: Connection, node: Node, language: str | None = None, ours: int | None = None
) -> list[Standing]:
    """How we stand with each peer: first who needs a person, then who waits, then who is well; ended ones last."""
    facts = Facts(connection, node, language, ours)
    found = [_standing(facts, peer) for peer in peers.everyone(connection)]
    return sorted(found, key=lambda one: (standing_words.WORDS.index(one.word), (one.name or "").casefold()))


def network(connection: Connection, node: Node, language: str | None = None) -> Picture:
    """All nodes that we admit or have as a peer, our peerings, and the vouches among them."""
    facts = Facts(connection, node, language)
    met = {peer.did: peer for peer in peers.everyone(connection)}
    shown = {did for did, origin in facts.origins.items() if origin.admitted} | set(met) | {node.did}
    nodes = [_place(facts, did, met.get(did)) for did in shown]
    nodes.sort(key=lambda place: (not place.ours, place.distance or 99, place.name.casefold(), place.did))
    edges = [
        PictureEdge(node.did, did, "peering", peer.state == ACTIVE, word, standing_words.tone_of(word))
        for did, peer in met.items()
        if peer.state in (ACTIVE, PAUSED)
        for word in [facts.word(peer)]
    ]
    given = {(one, other) for one, subjects in facts.vouches.items() for other in subjects if {one, other} <= shown}
    for one, other in sorted(given):
        mutual = (other, one) in given
        if not mutual or one < other:
            edges.append(PictureEdge(one, other, "vouch", mutual, "", "good"))
    return Picture(tuple(nodes), tuple(edges))


def _place(facts: Facts, did: str, peer: Peer | None) -> PictureNode:
    origin = facts.origins.get(did)
    word = "ourselves" if did == facts.node.did else facts.word(peer) if peer else ""
    card = facts.cards.get(did)
    return PictureNode(
        did=did,
        name=facts.name_of(did) or did[-8:],
        country=str(card.content.get("country", "")) if card else "",
        distance=origin.distance if origin else None,
        word=word,
        tone=standing_words.tone_of(word) if peer else "good",
        practices=facts.counts.get((did, "Practice"), 0),
        records=facts.totals.get(did, 0),
        ours=did == facts.node.did,
    )


def _standing(facts: Facts, peer: Peer) -> Standing:
    word = facts.word(peer)
    sentence, todo = STANDINGS[word]
    contact = contact_of(peer)
    origin = facts.origins.get(peer.did)
    refusals = _refused(facts, peer.did)
    vouchers = {voucher for voucher, subjects in facts.vouches.items() if peer.did in subjects}
    next_at, why = facts.next_of(peer)
    return Standing(
        peer=peer,
        name=facts.name_of(peer.did),
        words=fingerprint.words(peer.did, facts.language),
        address=addresses.host_of(peer.url) if peer.url else None,
        word=word,
        sentence=facts.gettext(sentence),
        todo=facts.gettext(todo),
        tone=standing_words.tone_of(word),
        ours=facts.ours,
        theirs=peer.their_heads,
        network_knows=facts.network_knows,
        behind=max(0, facts.network_knows - facts.ours),
        contact_at=contact,
        lag_s=None if contact is None else max(0, facts.now - contact),
        skew_s=peer.skew_s,
        version=peer.version,
        admitted=origin is not None and origin.admitted,
        distance=origin.distance if origin else None,
        records=origin.records if origin else 0,
        bytes=origin.bytes if origin else 0,
        aside_bytes=facts.aside.get(peer.did, 0),
        practices=facts.counts.get((peer.did, "Practice"), 0),
        refusals=refusals,
        refused=sum(one.times for one in refusals),
        forged=sum(one.times for one in refusals if one.forged),
        failure=_failure(facts, peer),
        next_at=next_at,
        why_next=facts.gettext(WAITS[why]),
        vouched_by_us=facts.node.did in vouchers,
        vouches_for_us=facts.node.did in facts.vouches.get(peer.did, set()),
        vouched_by=tuple(sorted(vouchers - {facts.node.did})),
        remarks=tuple(facts.remarks_of(peer, word)),
        acts=tuple(facts.acts_of(peer, vouched=facts.node.did in vouchers)),
    )


def _refused(facts: Facts, did: str) -> tuple[Refused, ...]:
    return tuple(
        Refused(one.code, speech.sentence_for(one.code, facts.language), one.times, one.last_at, one.code in FORGED)
        for one in facts.refusals.get(did, [])
    )


def _failure(facts: Facts, peer: Peer) -> Failure | None:
    if peer.error_code is None or peer.error_code == "waiting" or peer.state not in (ACTIVE, PAUSED, REQUESTED):
        return None
    code, language = peer.error_code, facts.language
    sentence = speech.sentence_for(code, language) or speech.sentence_for("peer_refused", language)
    remedy = remedies.remedy_for(code, language, ("PeerRefused",))
    return Failure(code, sentence, remedy, peer.error or "", peer.failures)
