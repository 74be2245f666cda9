"""What follows inside the door's own transaction: whose chain holds, who is admitted, what an erasure buries.

Called by `intake` and by the acts on peers (`node/peering.py`); pure decisions stand in `policy` and `protocol`.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

import orjson
from sqlalchemy import Connection, select

from node import flooding, policy, sightings
from node.assembly import Node
from node.store import chains, erasing, log, notes, origins, peers, quarantine, records, voiding
from node.store.tables import heads
from node.store.tables import origins as origins_table
from protocol.card import Card, Chain, follows, resolve
from protocol.envelope import NODE, Envelope
from protocol.limits import MAX_CHAIN

CARDS_MOST = 4 * MAX_CHAIN
"""Cards kept of one node, on its chain or beside it. One that brings in its next root key is always kept: no quota
stops cards, and a thief of the old root shall not be able to use this up before the owner has spoken."""
POLICY = "policy"
"""Name of the meta value that holds the rules in force, JSON; absent while those of the settings are."""


def blocked(connection: Connection) -> set[str]:
    """DIDs that this node blocks."""
    return {peer.did for peer in peers.everyone(connection, peers.BLOCKED)}


def vouches(connection: Connection) -> dict[str, set[str]]:
    """Who vouches for whom now: voucher's DID -> DIDs, from the live vouches we hold."""
    question = (
        select(origins_table.c.did, heads.c.about)
        .join(origins_table, origins_table.c.id == heads.c.origin_id)
        .where((heads.c.type == "Vouch") & (heads.c.state == "live"))
    )
    found: dict[str, set[str]] = {}
    for did, subject in connection.execute(question):
        if subject:
            found.setdefault(did, set()).add(subject)
    return found


def rules_in_force(connection: Connection, node: Node) -> policy.Rules:
    """The admission policy: as an administrator has set it (`governing.set_policy`), else as the settings begin."""
    text = notes.value(connection, POLICY)
    return policy.Rules(**orjson.loads(text)) if text else node.config.rules


def closure(
    connection: Connection,
    node: Node,
    *,
    cut: Set[str] = frozenset(),
    lifted: Set[str] = frozenset(),
    listed: Set[str] = frozenset(),
    unlisted: Set[str] = frozenset(),
    rules: policy.Rules | None = None,
) -> dict[str, int]:
    """Who is admitted by the peers, vouches, blocks and rules as they stand: DID -> steps from us.

    The rest is for previews, as if: these DIDs were blocked (`cut`), their blocks `lifted`, they were active peers
    (`listed`) or no peers (`unlisted`), other `rules` were in force.
    """
    active = {peer.did for peer in peers.everyone(connection, peers.ACTIVE, peers.PAUSED)}
    return policy.admitted(
        node.did,
        sorted((active | listed) - unlisted),
        vouches(connection),
        (blocked(connection) - lifted) | cut,
        rules or rules_in_force(connection, node),
    )


def recompute(connection: Connection, node: Node) -> set[str]:
    """Bring the admitted set up to date. Returns the newly admitted DIDs.

    Followers hear of each change through the log; what was skipped of a newly admitted origin is forgotten, and a
    reconcile with every peer is due, so that exactly the missing records come.
    """
    came, left = origins.set_admission(connection, closure(connection, node))
    for did in sorted(came | left):
        log.note(connection, "admission", origins.ensure(connection, did), None, node.now())
    for did in came:
        flooding.let_in(connection, origins.ensure(connection, did), node.now())
    if came - {node.did} and quarantine.forget_skipped(connection, came):
        peers.reconcile_all(connection)
    return came


def after(connection: Connection, node: Node, accepted: Iterable[Envelope]) -> set[str]:
    """What accepted records change about admission. Returns the newly admitted DIDs.

    Whatever follows a vouch ends it, be it a tombstone or a revision of another type.
    """
    said = list(accepted)
    touched = any(envelope.type == "Vouch" for envelope in said)
    later = [envelope.uri for envelope in said if envelope.revision > 1]
    return recompute(connection, node) if touched or log.ever(connection, later, "Vouch") else set()


def misplaced(connection: Connection, brought: Iterable[Card]) -> dict[bytes, tuple[str, str]]:
    """Which of these cards may not stand in their origin's tree of cards: digest -> (code, sentence).

    `card_missing`: the card before it has not come yet; anybody can sign what claims to be card 9 of another's chain,
    so only what follows a card that we hold is kept. `bad_chain`: it follows nothing, or brings a root key in a second
    time: whoever has an old root could otherwise tell the whole story anew, so the first one seen stands.
    """
    trees: dict[str, dict[bytes, Card]] = {}
    wrong: dict[bytes, tuple[str, str]] = {}
    for card in sorted(brought, key=lambda card: (card.number, card.envelope.digest)):
        did = card.envelope.origin
        if did not in trees:
            trees[did] = {held.envelope.digest: held for held in chains.held_cards(connection, did)}
        fault = _fault_of(card, trees[did])
        if fault is None:
            trees[did][card.envelope.digest] = card
        else:
            wrong[card.envelope.digest] = fault
    return wrong


def _fault_of(card: Card, tree: dict[bytes, Card]) -> tuple[str, str] | None:
    if card.envelope.digest in tree:
        return None
    before = tree.get(card.envelope.previous) if card.envelope.previous is not None else None
    if card.number > 1 and before is None:
        return "card_missing", "the card before this one has not arrived yet"
    if before is not None and not follows(card, before):
        return "bad_chain", "this card does not follow the one that it names"
    same_root = sum(held.root == card.root for held in tree.values())
    if same_root and (before is None or card.root != before.root):
        return "bad_chain", "another card has brought this root key in already: the first one seen stands"
    if same_root >= MAX_CHAIN or (same_root and len(tree) >= CARDS_MOST):
        return "bad_chain", f"one root key signs at most {MAX_CHAIN} cards, and one node {CARDS_MOST}"
    return None


def settle_chain(connection: Connection, did: str, now: int) -> bool:
    """Make the head of an origin's chain its card, and void or un-void what its keys signed. True on a change.

    What is voided here may still stand at a peer in an older, valid revision: a reconcile brings it.
    """
    origin_id = origins.ensure(connection, did)
    chain = chains.held_chain(connection, did)
    if chain is None:
        return False
    log.set_head(connection, chain.head.envelope.digest)
    _follow_move(connection, chain)
    good = [key for key, state in chain.head.keys.items() if state != "revoked"]
    touched = voiding.revalidate(connection, origin_id, good, now)
    for uri in sorted(records.erased(connection, [f"{did}/records/{record}" for record in touched])):
        ended = records.get(connection, uri, records.OURSELVES)
        if ended is None or not sightings.doubted(connection, [ended.digest]):
            erasing.erase(connection, origin_id, uri, now)
    if touched:
        quarantine.forget_buried(connection)  # what an erasure that is void now has kept out
        peers.reconcile_all(connection)
    return True


def joined(connection: Connection, brought: Chain) -> Chain:
    """The chain that the cards held here and those `brought` make together, by the door's own rules.

    So a caller speaks with the key that it will have once its cards are admitted: a new key is known at its first call,
    and a rival chain of somebody with an old root key says nothing.
    """
    did = brought.origin
    held = chains.held_cards(connection, did)
    if not held:
        asked = chains.chain_of(connection, did)  # the cards of its request
        known = [card.envelope.digest for card in asked.cards] if asked else []
        theirs = [card.envelope.digest for card in brought.cards]
        return asked if asked is not None and theirs[: len(known)] != known else brought
    wrong = misplaced(connection, brought.cards)
    fitting = [card for card in brought.cards if card.envelope.digest not in wrong]
    return resolve([*held, *fitting]) or brought


def _follow_move(connection: Connection, chain: Chain) -> None:
    """Call a peer where its newest card says; not any more, where an address that it had is on that card no longer.

    The card is the authority on the address, unless another peer stands there; who a node is, its key says. An address
    that an administrator typed for a node without one stays.
    """
    did, url = chain.origin, chain.head.url
    peer = peers.find(connection, did)
    if peer is None or peer.url == url:
        return
    if url is None and peer.url not in {card.url for card in chain.cards}:
        return
    if url is not None and peers.at_address(connection, url, did):
        return
    peers.note(connection, did, url=url, failures=0, next_at=0)


def ready(connection: Connection, waiting: Iterable[Envelope]) -> set[str]:
    """Origins of these envelopes, said to wait a moment ago, that are admitted and whose cards list the key by now."""
    found: set[str] = set()
    for did, key in {(said.origin, said.key) for said in waiting if said.type != NODE}:  # a card has no such key
        origin = origins.find(connection, did)
        chain = chains.held_chain(connection, did) if origin is not None and origin.admitted else None
        if chain is not None and chain.state_of(key) is not None:
            found.add(did)
    return found
