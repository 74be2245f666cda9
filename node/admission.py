"""What follows inside the door's own transaction: whose chain holds, who is admitted, what an erasure buries.

Called by `intake` and by the acts on peers (`node/peering.py`); pure decisions stand in `policy` and `protocol`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from node import policy
from node.assembly import Node
from node.store import chains, log, origins, peers, quarantine, records
from node.store.tables import heads
from node.store.tables import origins as origins_table
from protocol.card import Card, follows
from protocol.envelope import Envelope
from protocol.limits import MAX_CHAIN


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


def closure(connection: Connection, node: Node, without: str | None = None) -> dict[str, int]:
    """Who is admitted by the peers, vouches and blocks as they stand: DID -> steps from us.

    `without`: as if this DID were blocked too, for a preview.
    """
    listed = [peer.did for peer in peers.everyone(connection, peers.ACTIVE, peers.PAUSED)]
    cut = blocked(connection) | ({without} if without else set())
    return policy.admitted(node.did, listed, vouches(connection), cut, node.config.rules)


def recompute(connection: Connection, node: Node) -> set[str]:
    """Bring the admitted set up to date. Returns the newly admitted DIDs.

    Followers hear of each change through the log; what was skipped of a newly admitted origin is forgotten, and a
    reconcile with every peer is due, so that exactly the missing records come.
    """
    came, left = origins.set_admission(connection, closure(connection, node))
    for did in sorted(came | left):
        log.note(connection, "admission", origins.ensure(connection, did), None, node.now())
    if came - {node.did} and quarantine.forget_skipped(connection, came):
        peers.reconcile_all(connection)
    return came


def after(connection: Connection, node: Node, accepted: Iterable[Envelope]) -> set[str]:
    """What accepted records change about admission. Returns the newly admitted DIDs.

    A tombstone may end a vouch, and is of type Tombstone: it is looked up by what the record was.
    """
    touched = False
    for envelope in accepted:
        if envelope.type == "Vouch":
            touched = True
        elif envelope.type == "Tombstone":
            touched |= any(stored.type == "Vouch" for stored in records.history(connection, envelope.uri))
    return recompute(connection, node) if touched else set()


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
    if same_root >= MAX_CHAIN:
        return "bad_chain", f"one root key signs at most {MAX_CHAIN} cards"
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
    if chain.head.url is not None and peers.find(connection, did) is not None:
        peers.note(connection, did, url=chain.head.url)  # a signed move: the card is the authority on the address
    good = [key for key, state in chain.head.keys.items() if state != "revoked"]
    touched = log.revalidate(connection, origin_id, good, now)
    for stored in records.many(
        connection, [f"{did}/records/{record}" for record in touched], records.OURSELVES
    ).values():
        if stored.state == "erased":
            log.erase(connection, origin_id, stored.record, stored.uri)
    if touched:
        peers.reconcile_all(connection)
    return True


def ready(connection: Connection, waiting: Iterable[Envelope]) -> set[str]:
    """Origins of these envelopes, said to wait a moment ago, that are admitted and whose cards list the key by now."""
    found: set[str] = set()
    for did, key in {(envelope.origin, envelope.key) for envelope in waiting}:
        origin = origins.find(connection, did)
        chain = chains.held_chain(connection, did) if origin is not None and origin.admitted else None
        if chain is not None and chain.state_of(key) is not None:
            found.add(did)
    return found


def buried(connection: Connection, envelopes: Sequence[Envelope]) -> set[bytes]:
    """Digests of the translations among `envelopes` whose target was erased: they would bring its words back."""
    wanted = {
        envelope.digest: str(envelope.content["target"]) for envelope in envelopes if envelope.type == "Translation"
    }
    if not wanted:
        return set()
    gone = records.erased(connection, wanted.values())  # also when the target's origin is not admitted any more
    return {digest for digest, target in wanted.items() if target in gone}
