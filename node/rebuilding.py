"""A node again, from what its peers hold: for one that kept its folder of keys, or nothing but its recovery sheet.

The peers have everything it ever published, and its cards. It reads its own cards there (a call open to everybody),
brings a new signing key in by the next card, becomes a peer again of those that its own vouches name, and takes its
records back; until they are back it recovers (`recovering`). Whoever answers may lie: it can keep back cards, but make
none; so its fingerprint words are shown first, and several peers may be asked. May be interrupted and called again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node import intake, keyring, keys, publish, recovering, recovery, returning, sync
from node.assembly import Clock, Node, open_node, system_clock
from node.carrying import Outcome
from node.config import LANGUAGES, Config, sample
from node.errors import ConfigProblem, NodeError, NotAllowed, NotFound, PeerProblem, PeerRefused
from node.federation import outbound
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.store import chains, copies, notes, origins, peers, records
from node.store.database import open_store
from node.store.peers import ACTIVE, REQUESTED
from protocol import didkey
from protocol.card import Card, Chain, resolve
from protocol.limits import MAX_KEYS

_BROUGHT_IN = "brought_in_key"
_ROUNDS_MOST = 4
"""Peers of peers: a vouch that comes back may name the next one."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A node that was asked. `cards`: how many of ours it holds; the name is a claim."""

    url: str
    did: str
    name: str
    cards: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the peers say of us, before anything is written. `key_kept`: our signing key is here and still speaks."""

    did: str
    names: Mapping[str, str]
    url: str | None
    card: int
    language: str
    answering: tuple[Answering, ...]
    key_kept: bool


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it. `met`, `waiting`: DIDs of peers that we met, or that must accept us again; `back`: records of
    ours that came back; `over`: nothing is missing, the node publishes; `revoked`: stolen keys that are void now."""

    node: Node
    found: Found
    met: tuple[str, ...]
    waiting: tuple[str, ...]
    back: int
    over: bool
    to_revoke: tuple[str, ...]
    revoked: tuple[str, ...]


def from_network(
    home: Path,
    environ: Mapping[str, str],
    urls: Sequence[str],
    *,
    actor: str,
    confirm: Callable[[Found], bool],
    sheet: bytes | None = None,
    did: str | None = None,
    stolen: bool = False,
    settings: Mapping[str, Any] | None = None,
    now: Clock = system_clock,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> Rebuilt | None:
    """Make the node again in `home`, asking the peers at `urls`. None when `confirm` says no: nothing was written then.

    `sheet`: the seed of the recovery sheet, unless the folder of keys is there; `did`: where the sheet is younger than
    the node; `stolen`: whoever has the old key is an enemy, it is revoked once all is back; `settings`: by field name
    of `Config`. Raises `ConfigProblem` (`node_exists`), `NotAllowed` (`did_needed`, `root_key_away`, `other_node`,
    `too_many_keys`), `NotFound` (`unknown_origin`), `SheetWrong`, `PeerProblem`.
    """
    config = _config(home, environ, settings or {})
    node = Node(config, open_store(config), did or _did(config.keys, sheet), now)
    try:
        found, chain, nearest = _look(node, urls, sheet, stolen)
        if not confirm(found):
            return None
        _begin(node, found, settings or {})
    finally:
        node.database.close()
    node = open_node(home, environ, now)
    intake.admit_many(node, [card.envelope.data for card in chain.cards], nearest)
    lost = _bring_in(node, sheet, anew=stolen)
    for one in found.answering:
        with suppress(NodeError):  # told below: it is not among those that were met
            returning.befriend(node, one.url, one.did, actor)
    _meet_everybody(node, progress)
    _founded(node, actor)
    return _end(node, found, sheet, actor, lost if stolen else ())


def new_key(node: Node, sheet: bytes | None, *, actor: str) -> str:
    """For a node that recovers with a key that was replaced: bring another one in, and let the peers be met again.

    Returns the new key. Raises `NotAllowed` (`not_recovering`, `root_key_away`, `too_many_keys`), `SheetWrong`.
    """
    with node.database.reading() as connection:
        if not recovering.is_on(connection):
            raise NotAllowed("this node does not recover: `wasl key rotate` brings a new key in", "not_recovering")
    _bring_in(node, sheet)
    with node.database.writing() as connection:
        for peer in peers.everyone(connection, ACTIVE):
            peers.note(connection, peer.did, next_at=0, failures=0, error_code=None, error=None)
        notes.act(connection, node.now(), actor, "new_key", node.did, node.signing.multikey)
    return node.signing.multikey


def _config(home: Path, environ: Mapping[str, str], settings: Mapping[str, Any]) -> Config:
    """The settings that were kept, or new ones. Raises `ConfigProblem` (`node_exists`) where a whole node stands."""
    config = Config.from_text(home, sample(settings), environ)
    if config.file.exists():
        config = Config.load(home, environ)
    database = open_store(config)
    founded = None
    try:
        if database.exists():
            database.migrate()
            with database.reading() as connection:
                founded = notes.value(connection, "founded")
    finally:
        database.close()
    if founded is not None:
        raise ConfigProblem(f"there is a node in {home} already: give another folder with --home", "node_exists")
    return config


def _did(folder: Path, sheet: bytes | None) -> str:
    """The identity that a sheet, or the keys that were kept, began with."""
    seed = sheet or keys.seed(folder)
    if seed is not None:
        return recovery.first_did(seed)
    if (folder / keys.ROOT).exists():
        return didkey.PREFIX + keys.multikey_of(keys.read(folder / keys.ROOT))
    raise NotAllowed("neither sheet nor root key is here: give the node's identity with --did", "did_needed")


def _look(node: Node, urls: Sequence[str], sheet: bytes | None, stolen: bool) -> tuple[Found, Chain, str]:
    """Ask each peer who it is and what it holds of our chain; the longest chain that all cards make counts.

    Returns (what to show, our chain, who gave its newest card).
    """
    cards: dict[bytes, Card] = {}
    answering: list[Answering] = []
    trouble: PeerProblem | None = None
    for url in urls:
        try:
            one, ours = _ask(node, url)
        except PeerProblem as error:
            trouble = error
            continue
        answering.append(one)
        cards |= {card.envelope.digest: card for card in ours}
    if not answering and trouble is not None:
        raise trouble
    chain = resolve(cards.values())
    if chain is None:
        raise NotFound(
            "none of these peers holds a card of this node: give its identity with --did, or ask other peers",
            "unknown_origin",
        )
    head, kept = chain.head, False
    if (node.config.keys / keys.SIGNING).exists() and not stolen:
        kept = chain.state_of(node.signing.multikey) == "active"
    if not kept:
        keys.root(node.config.keys, head.root, sheet)
    names: Mapping[str, str] = head.content["names"]
    spoken = next((name for name in head.content["languages"] if name in LANGUAGES), LANGUAGES[0])
    found = Found(node.did, names, head.url, head.number, str(spoken), tuple(answering), kept)
    return found, chain, max(answering, key=lambda one: one.cards).did


def _ask(node: Node, url: str) -> tuple[Answering, list[Card]]:
    with outbound.open_session(node.config.sync_private_addresses) as session:
        url = outbound.checked_url(url, node.config.sync_private_addresses)
        did = PeerClient(node, url, "", session).info().did
        if did == node.did:
            raise NotAllowed("this is our own address: give the address of a peer", "own_address")
        client = PeerClient(node, url, did, session)
        theirs = chains.brought(client.chain(did))
        if theirs.origin != did:
            raise NotAllowed("the node's cards are not those of its identity", "wrong_identity")
        ours: list[Card] = []
        with suppress(PeerRefused):  # it holds none
            ours = [card for card in chains.verified(client.chain(node.did)) if card.envelope.origin == node.did]
    return Answering(url, did, theirs.head.name(node.config.node_language), len(ours)), ours


def _begin(node: Node, found: Found, settings: Mapping[str, Any]) -> None:
    """Folder, settings, key, database: what is not there yet. A node that recovers from here on."""
    config = node.config
    for folder in (config.home, config.keys):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.file.exists():
        config.file.write_text(sample({"node_language": found.language, **settings}), encoding="utf-8")
    if not (config.keys / keys.SIGNING).exists():
        keys.write(config.keys / keys.SIGNING, Ed25519PrivateKey.generate())
    node.database.migrate()
    with node.database.writing() as connection:
        before = notes.value(connection, "did")
        if before not in (None, node.did):
            raise NotAllowed("another node was begun in this folder: give another one with --home", "other_node")
        if before is None:
            notes.set_value(connection, "did", node.did)
            origins.set_admission(connection, {node.did: 0})
            copies.begin_recovering(connection, node.now(), copies.NETWORK)


def _bring_in(node: Node, sheet: bytes | None, *, anew: bool = False) -> tuple[str, ...]:
    """Let a card list the key that this machine signs with, unless one does. Returns the other keys, retired now.

    `anew`: another key even where the one here still speaks, because somebody else has it too. Asked again after an
    interruption, it goes on from there.
    """
    with node.database.reading() as connection:
        chain = chains.held_chain(connection, node.did)
        anew = anew and notes.value(connection, _BROUGHT_IN) != node.signing.multikey
    if chain is None:
        raise NotFound("no card of this node came: ask another peer", "unknown_origin")
    folder, fresh = node.config.keys, node.signing.multikey
    if anew or chain.state_of(fresh) not in (None, "active"):
        if not (folder / keys.NEXT_SIGNING).exists():
            keys.write(folder / keys.NEXT_SIGNING, Ed25519PrivateKey.generate())
        fresh = keys.multikey_of(keys.read(folder / keys.NEXT_SIGNING))
    if chain.state_of(fresh) is None:
        if len(chain.head.keys) >= MAX_KEYS:
            raise NotAllowed(f"a card lists at most {MAX_KEYS} keys: found a new node", "too_many_keys")
        states = {key: "retired" if state == "active" else state for key, state in chain.head.keys.items()}
        listed = [{"key": key, "state": state} for key, state in {**states, fresh: "active"}.items()]
        publish.publish_card(node, {**chain.head.content, "keys": listed}, sheet, recovers=True)
    with node.database.writing() as connection:
        notes.set_value(connection, _BROUGHT_IN, fresh)
    if fresh != node.signing.multikey:
        keys.take_place(folder, keys.NEXT_SIGNING, keys.SIGNING)
    return tuple(key for key, state in chain.head.keys.items() if state != "revoked" and key != fresh)


def _founded(node: Node, actor: str) -> None:
    with node.database.writing() as connection:
        if notes.value(connection, "founded") is None:
            notes.set_value(connection, "founded", str(node.now()))
            notes.act(connection, node.now(), actor, "rebuild", node.did)


def _meet_everybody(node: Node, progress: Callable[[Outcome], None]) -> None:
    """Meet every peer once; what comes back names the next ones (`returning`). The worker goes on from there."""
    sets = HeadSets(node.database)
    seen: set[str] = set()
    for _ in range(_ROUNDS_MOST):
        with node.database.reading() as connection:
            due = [peer for peer in peers.everyone(connection, ACTIVE) if peer.url and peer.did not in seen]
        if not due:
            return
        for peer in due:
            seen.add(peer.did)
            with outbound.open_session(node.config.sync_private_addresses) as session:
                progress(sync.meet(node, peer, session, sets))


def _end(node: Node, found: Found, sheet: bytes | None, actor: str, stolen: Sequence[str]) -> Rebuilt:
    """Revoke what was stolen if all is back, and say how it stands."""
    recovering.settle(node)
    status = recovering.status(node)
    revoked: list[str] = []
    if status is None:
        for key in stolen:
            revoked += keyring.revoke_signing(node, sheet, actor, key=key).keys
    with node.database.reading() as connection:
        everyone = peers.everyone(connection, ACTIVE, REQUESTED)
        back = len(records.own(connection, node.did))
    return Rebuilt(
        node=node,
        found=found,
        met=tuple(peer.did for peer in everyone if peer.met_at is not None),
        waiting=tuple(peer.did for peer in everyone if peer.state == REQUESTED),
        back=back,
        over=status is None,
        to_revoke=tuple(key for key in stolen if key not in revoked),
        revoked=tuple(revoked),
    )
