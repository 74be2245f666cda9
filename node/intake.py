"""The one door: `admit_many` is how every record comes in, our own editors' as much as a peer's.

bytes -> parse -> policy -> verify (chain, schema, proof) -> the log, with a verdict and a reason for each line.
Nothing behind the door checks a signature again; nothing in front of it can write. Order inside one batch does not
matter: node cards go first, then records; what a new card or vouch makes possible is tried again at once.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from node import admission, flooding, sightings
from node.assembly import Node
from node.errors import StoreFull
from node.scrutiny import (
    ACCEPTED,
    DUPLICATE,
    FORK,
    HELD,
    PENDING,
    REFUSED,
    SKIPPED,
    STALE,
    Line,
    Verdict,
    read,
    verify_all,
)
from node.setting_aside import set_aside
from node.store import chains, drafts, erasing, log, origins, peers, quarantine, records
from node.store.quarantine import Aside
from protocol.card import Card, Chain, verify_card
from protocol.envelope import NODE, TOMBSTONE, Envelope
from protocol.errors import ProtocolError
from protocol.limits import MAX_CHAIN
from protocol.record import Record

__all__ = [
    "ACCEPTED",
    "DUPLICATE",
    "FORK",
    "HELD",
    "PENDING",
    "REFUSED",
    "SKIPPED",
    "STALE",
    "Verdict",
    "admit",
    "admit_many",
    "reconsider",
    "refuse",
]

_ROUNDS_MOST = 8


def admit(node: Node, data: bytes, via: str | None = None) -> Verdict:
    """`admit_many` for one line."""
    return admit_many(node, [data], via)[0]


def admit_many(node: Node, lines: Sequence[bytes], via: str | None = None) -> list[Verdict]:
    """Admit records, one canonical JSON object each; a verdict per line, in their order.

    `via`: DID of the peer that brought them, None for this node's own people. Everything accepted is durable when this
    returns. Raises `StoreFull` (nothing was written) and other `StoreProblem`s; never because of what a line says.
    """
    _leave_room(node)
    batch = [read(data) for data in lines]
    _admit(node, batch, via)
    return [line.verdict for line in batch if line.verdict is not None]


def refuse(node: Node, lines: Sequence[bytes], via: str, code: str, detail: str) -> None:
    """Set bytes aside as evidence against the peer that brought them, unread."""
    batch = [Line(data, hashlib.sha256(data).digest()) for data in lines]
    for line in batch:
        line.say(REFUSED, code, detail)
    set_aside(node, batch, via)


def reconsider(node: Node, dids: Iterable[str]) -> None:
    """Try again what waits for these origins: a peer was accepted, a block was lifted."""
    again = set(dids)
    for _ in range(_ROUNDS_MOST):
        if not again:
            break
        again = _retry(node, again)


def _admit(node: Node, batch: list[Line], via: str | None) -> None:
    """Cards first, then records; what one line makes possible for another is tried again while both are at hand.

    Only then is anything set aside: a first meeting brings vouches and thousands of records of the vouched together.
    """
    came = again = _pass(node, batch, via)
    for _ in range(_ROUNDS_MOST):
        late = [line for line in batch if line.waits and line.claim.origin in came]
        if not late:
            break
        for line in late:
            line.record = line.verdict = None
        came = _pass(node, late, via)
        again |= came
    reconsider(node, again | set_aside(node, batch, via))


def _pass(node: Node, batch: list[Line], via: str | None) -> set[str]:
    """One pass through the door. Returns the origins for which more may now be possible."""
    fit = [line for line in batch if line.envelope]
    cards = [line for line in fit if line.claim.type == NODE]
    came = _admit_cards(node, [line for line in cards if not _revokes(line.claim)], via)
    came |= _admit_records(node, [line for line in fit if line.claim.type != NODE], via)
    came |= _admit_cards(node, [line for line in cards if _revokes(line.claim)], via)
    if any(line.claim.erased and line.new for line in fit):
        erasing.forget(node.database)
    return came


def _revokes(envelope: Envelope) -> bool:
    """True for a card that revokes a key: it comes after the records that its origin has signed anew, so that readers
    find them at every moment. A card that is malformed revokes nothing."""
    listed = envelope.content.get("keys") if envelope.type == NODE else None
    return isinstance(listed, list) and any(
        isinstance(entry, dict) and entry.get("state") == "revoked" for entry in listed
    )


def _retry(node: Node, dids: set[str]) -> set[str]:
    """Try again what waited for these origins. Returns origins for which more may now be possible."""
    with node.database.reading() as connection:
        waiting = quarantine.pending(connection, dids)
    return _bring_again(node, waiting)[1]


def try_again(node: Node, asides: Sequence[Aside]) -> list[Verdict]:
    """Bring these things to the door again because a person wishes it: nothing is counted against a peer twice."""
    verdicts, again = _bring_again(node, asides, counting=False)
    reconsider(node, again)
    return verdicts


def _bring_again(node: Node, asides: Sequence[Aside], *, counting: bool = True) -> tuple[list[Verdict], set[str]]:
    by_peer: dict[str | None, list[Line]] = {}
    for aside in asides:
        if aside.data is not None:
            by_peer.setdefault(aside.via, []).append(read(aside.data))
    again, said = set[str](), list[Verdict]()
    for via, batch in by_peer.items():
        again |= _pass(node, batch, via)
        verdicts = [line.verdict for line in batch if line.verdict]
        with node.database.writing() as connection:
            kept = (PENDING, HELD, REFUSED)
            quarantine.drop(connection, [one.digest for one in verdicts if one.status not in kept])
        set_aside(node, [line for line in batch if line.verdict and line.verdict.status != PENDING], via, counting)
        said += verdicts
    return said, again


def _admit_cards(node: Node, batch: list[Line], via: str | None) -> set[str]:
    """Admit node cards and set the chains right. Returns the origins whose chain changed, or that are admitted now."""
    cards: dict[bytes, Card] = {}
    for line in batch:
        try:
            cards[line.digest] = verify_card(line.claim)
            line.record = Record(line.claim)
        except ProtocolError as error:
            line.say(REFUSED, error.code, error.message)
    valid = [line for line in batch if line.record]
    if not valid:
        return set()
    changed: set[str] = set()
    with node.database.writing() as connection:
        _apply_policy(node, valid, connection)
        wrong = admission.misplaced(connection, [cards[line.digest] for line in valid if line.verdict is None])
        for line in valid:
            if line.verdict is None and line.digest in wrong:
                code, detail = wrong[line.digest]
                line.say(PENDING if code == "card_missing" else REFUSED, code, detail)
        _append(node, connection, valid, via)
        for did in {line.claim.origin for line in valid if line.new}:
            if admission.settle_chain(connection, did, node.now()):
                changed.add(did)
        came = admission.recompute(connection, node) if changed else set()  # a revoked key may have signed a vouch
        if changed and quarantine.forget_skipped(connection, changed):
            peers.reconcile_all(connection)
    return changed | came


def _admit_records(node: Node, batch: list[Line], via: str | None, tries: int = _ROUNDS_MOST) -> set[str]:
    """Admit records that are no cards. Returns the origins that our policy now admits and did not before.

    `tries`: how often more to verify anew what was verified while its origin's cards changed.
    """
    if not batch:
        return set()
    with node.database.reading() as connection:
        _apply_policy(node, batch, connection)
        wanted = [line for line in batch if line.verdict is None]
        trusted = {did: chains.held_chain(connection, did) for did in {line.claim.origin for line in wanted}}
    verify_all(wanted, trusted, via, node.now())
    valid = [line for line in wanted if line.record]
    if not valid:
        return set()
    with node.database.writing() as connection:
        steady = {did for did in {line.claim.origin for line in valid} if _still_trusted(connection, did, trusted)}
        fresh = [line for line in valid if line.claim.origin in steady]
        _append(node, connection, fresh, via)
        came = admission.after(connection, node, [line.claim for line in fresh if line.new])
    late = [line for line in valid if line.verdict is None]
    if late and not tries:
        for line in late:
            line.say(PENDING, "card_missing", "the cards of its origin changed again and again while it was looked at")
        return came
    return came | (_admit_records(node, late, via, tries - 1) if late else set())


def _apply_policy(node: Node, batch: list[Line], connection: Connection) -> None:
    """Say of the lines that policy stops why; leave the others without a verdict."""
    known = origins.those(connection, {line.claim.origin for line in batch})
    blocked = admission.blocked(connection)
    limit_bytes = node.config.limits_origin_mb * 1_000_000
    for line in batch:
        envelope = line.claim
        origin = known.get(envelope.origin)
        if envelope.origin in blocked:
            line.say(SKIPPED, "blocked", "its origin is blocked here")
        elif origin is None or not origin.admitted:
            line.say(PENDING, "not_admitted", "nobody whom we admit vouches for its origin")
        elif envelope.type == NODE and envelope.revision > MAX_CHAIN:
            line.say(REFUSED, "bad_chain", f"a chain has at most {MAX_CHAIN} cards")
        elif (
            origin.distance != 0
            and (origin.bytes > limit_bytes or origin.records >= node.config.limits_origin_records)
            and not _passes_quota(connection, envelope)
        ):
            line.say(SKIPPED, "origin_quota", "its origin has used up the room that this node gives to one")


def _passes_quota(connection: Connection, envelope: Envelope) -> bool:
    """True for what no quota may stop: cards (a key may be revoked by one), and the end of a record that lives here.

    An end passes once: withdrawing the same record again and again would be a way around.
    """
    if envelope.type == NODE:
        return True
    head = records.get(connection, envelope.uri, records.HELD) if envelope.type == TOMBSTONE else None
    return head is not None and (head.state == "live" or (envelope.erased and head.state != "erased"))


def _still_trusted(connection: Connection, did: str, used: dict[str, Chain | None]) -> bool:
    """False when a card came between verifying and writing: those lines are verified once more."""
    chain = used[did]
    held = records.get(connection, chain.head.envelope.uri, records.OURSELVES) if chain else None
    return chain is not None and held is not None and held.digest == chain.head.envelope.digest


def _append(node: Node, connection: Connection, batch: list[Line], via: str | None) -> None:
    wanted = [line for line in batch if line.record and line.verdict is None]
    ids = {did: origins.ensure(connection, did) for did in {line.claim.origin for line in wanted}}
    buried = erasing.buried(connection, [line.claim for line in wanted])
    pairs = [(ids[line.claim.origin], line.record) for line in wanted if line.record]
    appending = log.begin(connection, pairs)
    known = set(appending.known)
    now = node.now()
    for line, (origin_id, record) in zip(wanted, pairs, strict=True):
        if record.digest in buried:
            line.say(SKIPPED, quarantine.TARGET_ERASED, "what it translates was erased")
        else:
            line.say(log.offer(appending, origin_id, record, via, now))
    if via is not None:
        ours = [line for line in wanted if line.claim.origin == node.did and line.record and line.digest not in buried]
        said = [(line.record.envelope, line.verdict.status) for line in ours if line.record and line.verdict]
        sightings.seen(connection, node, said, via)
    log.flush(connection, appending)
    if via is not None:
        new = [pair for line, pair in zip(wanted, pairs, strict=True) if line.new]
        flooding.watch(connection, node, new, known)
    quarantine.drop(connection, [line.digest for line in wanted if line.new])
    doubted = sightings.doubted(connection, [line.digest for line in wanted if line.claim.erased])
    for line, (origin_id, record) in zip(wanted, pairs, strict=True):
        if record.digest in buried:
            erasing.empty_copies(connection, record.uri, now)
        elif record.envelope.erased and line.new and record.digest not in doubted:
            erasing.erase(connection, origin_id, record.uri, now)
            if record.envelope.origin == node.did:
                drafts.forget_record(connection, record.envelope.record, record.uri)


def _leave_room(node: Node) -> None:
    """Raise `StoreFull` before the disk is, so that the database can still be tidied."""
    free = shutil.disk_usage(node.config.home).free
    if free < node.config.limits_free_mb * 1_000_000:
        raise StoreFull(
            f"only {free // 1_000_000} MB of disk are free: this node takes in nothing until there are "
            f"{node.config.limits_free_mb} MB; reading goes on"
        )
