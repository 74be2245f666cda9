"""Who we talk to: one list, one state for each (requested, active, paused, blocked, ended).

The state machine is `move`; only `lift`, the undoing of a block, goes beside it. So the order of acts never matters
twice: whoever is blocked is blocked, whatever came before. Sync's own
bookkeeping (cursors, next try, failures) stands in the same row: the worker is a loop over rows, not a queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from node.errors import NotAllowed, NotFound
from node.store.tables import peers, rounds

REQUESTED, ACTIVE, PAUSED, BLOCKED, ENDED = "requested", "active", "paused", "blocked", "ended"

_MOVES: dict[str, frozenset[str]] = {
    REQUESTED: frozenset({ACTIVE, BLOCKED, ENDED}),
    ACTIVE: frozenset({PAUSED, BLOCKED, ENDED}),
    PAUSED: frozenset({ACTIVE, BLOCKED, ENDED}),
    BLOCKED: frozenset({ENDED}),
    ENDED: frozenset({REQUESTED, BLOCKED}),
}

FAR_S = 2 * 86_400
"""No wait is as long, seconds: what is due later was written while the clock stood in the future, and is due now."""
LEASE_S = 120
"""How long one worker may hold a peer without a sign of life before another takes over, seconds."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One row. Moments: seconds since 1970 or None; `asked_by`: us | them; `skew_s`: its clock less ours."""

    id: int
    did: str
    state: str
    asked_by: str
    ended_by: str | None
    url: str | None
    chain: bytes | None
    note: str
    checked: str | None
    created_at: int
    changed_at: int
    pull_cursor: str | None
    push_seq: int
    reconcile_at: int
    next_at: int
    failures: int
    tried_at: int | None
    met_at: int | None
    error_code: str | None
    error: str | None
    skew_s: int | None
    version: str | None
    their_heads: int | None
    lease_owner: str | None
    lease_until: int
    heard_at: int | None
    told_card: bytes | None


@dataclass(frozen=True, slots=True)
class Round:
    """One meeting with a peer, as it went. `ms`: how long it took."""

    id: int
    did: str
    at: int
    ms: int
    received: int
    sent: int
    refused: int
    reconciled: bool
    error_code: str | None


def find(connection: Connection, did: str) -> Peer | None:
    """The peer named `did`, or None."""
    row = connection.execute(select(peers).where(peers.c.did == did)).one_or_none()
    return Peer(**row._mapping) if row else None


def get(connection: Connection, did: str) -> Peer:
    """The peer named `did`. Raises `NotFound`."""
    peer = find(connection, did)
    if peer is None:
        raise NotFound("no peer with this identity; `wasl peer list` shows them", "unknown_peer")
    return peer


def everyone(connection: Connection, *states: str) -> list[Peer]:
    """All peers, or those in one of `states`, in the order in which we met them."""
    question = select(peers).order_by(peers.c.id)
    if states:
        question = question.where(peers.c.state.in_(states))
    return [Peer(**row._mapping) for row in connection.execute(question)]


def add(connection: Connection, did: str, now: int, *, asked_by: str, url: str | None, chain: bytes, note: str) -> Peer:
    """Write a new peer in state `requested`, or refresh what we know of one that ended or already asked."""
    known = find(connection, did)
    if known is None:
        connection.execute(
            insert(peers).values(
                did=did,
                state=REQUESTED,
                asked_by=asked_by,
                url=url,
                chain=chain,
                note=note[:500],
                created_at=now,
                changed_at=now,
            )
        )
    elif known.state in (REQUESTED, ENDED):
        values: dict[str, Any] = {"url": url, "chain": chain, "note": note[:500]}
        if known.state == REQUESTED and not note:
            values["note"] = known.note  # a request that is sent again by itself says nothing new
        if known.state == ENDED:
            values |= {
                "state": REQUESTED,
                "asked_by": asked_by,
                "changed_at": now,
                "next_at": 0,
                "failures": 0,
            }
        connection.execute(update(peers).where(peers.c.id == known.id).values(**values))
    return get(connection, did)


def at_address(connection: Connection, url: str, but: str) -> bool:
    """Whether a peer other than `but` stands at this address. A request of a stranger takes no address from anybody."""
    ours = (peers.c.state == REQUESTED) & (peers.c.asked_by == "us")
    standing = or_(peers.c.state.in_((ACTIVE, PAUSED)), ours)
    question = select(peers.c.id).where(standing & (peers.c.url == url) & (peers.c.did != but)).limit(1)
    return connection.execute(question).one_or_none() is not None


def forget_request(connection: Connection, did: str) -> None:
    """Forget a request that its sender took back before anybody answered: strangers leave nothing behind."""
    theirs = (peers.c.state == REQUESTED) & (peers.c.asked_by == "them")
    connection.execute(delete(peers).where((peers.c.did == did) & theirs))


def move(connection: Connection, did: str, state: str, now: int, ended_by: str = "us") -> Peer:
    """Change a peer's state. Raises `NotFound`, or `NotAllowed` (`bad_move`) for a move that makes no sense.

    `ended_by` counts only for the move to `ended`: a refusal or end of ours is remembered against new requests.
    """
    peer = get(connection, did)
    if peer.state == state:
        return peer
    if state not in _MOVES[peer.state]:
        raise NotAllowed(f"a peer that is {peer.state} cannot become {state}", "bad_move")
    values: dict[str, Any] = {"state": state, "changed_at": now}
    if state == ENDED:
        values["ended_by"] = ended_by
    if state == ACTIVE:
        values |= {"next_at": 0, "reconcile_at": 0, "failures": 0, "error_code": None, "error": None}
    connection.execute(update(peers).where(peers.c.id == peer.id).values(**values))
    return get(connection, did)


def lift(connection: Connection, did: str, now: int, back: str | None) -> Peer:
    """Lift a block: `back` to the state before it, or, with None, to `ended` by nobody. Raises `NotAllowed`."""
    peer = get(connection, did)
    if peer.state != BLOCKED:
        raise NotAllowed(f"this peer is not blocked: it is {peer.state}", "not_blocked")
    values: dict[str, Any] = {"state": back or ENDED, "changed_at": now}
    if back is None:
        values["ended_by"] = None
    values |= {"next_at": 0, "reconcile_at": 0, "failures": 0, "error_code": None, "error": None}
    connection.execute(update(peers).where(peers.c.id == peer.id).values(**values))
    return get(connection, did)


def note(connection: Connection, did: str, **values: Any) -> None:
    """Write down what a meeting taught us: any column but `did`, `state` and the lease."""
    connection.execute(update(peers).where(peers.c.did == did).values(**values))


def due(connection: Connection, now: int) -> list[Peer]:
    """Peers to meet now: active ones, and requests of ours that wait for an answer; the longest due first."""
    ours = (peers.c.state == REQUESTED) & (peers.c.asked_by == "us")
    wanted = or_(peers.c.state == ACTIVE, ours) & peers.c.url.is_not(None)
    time = or_(peers.c.next_at <= now, peers.c.next_at > now + FAR_S)
    question = select(peers).where(wanted & time & _free(now))
    return [Peer(**row._mapping) for row in connection.execute(question.order_by(peers.c.next_at, peers.c.id))]


def hurry(connection: Connection, did: str, now: int) -> None:
    """Meet this peer as soon as a worker is free (a hint, or the administrator's *Sync now*)."""
    connection.execute(update(peers).where((peers.c.did == did) & (peers.c.next_at > now)).values(next_at=now))


def hear(connection: Connection, did: str, now: int, skew_s: int | None, *, hurry: bool) -> None:
    """The peer has called us. `skew_s`: its clock less ours, where its calls are all we have; `hurry`: meet it soon."""
    values: dict[str, Any] = {"heard_at": now}
    if skew_s is not None:
        values["skew_s"] = skew_s
    if hurry:
        values["next_at"] = now
    connection.execute(update(peers).where(peers.c.did == did).values(**values))


def must_be_met(peer: Peer) -> None:
    """Raise `NotAllowed` for a peer whom we cannot or do not meet: `peer_not_reachable`, `peer_not_active`."""
    if peer.state != ACTIVE and not (peer.state == REQUESTED and peer.asked_by == "us"):
        raise NotAllowed(f"this peer is {peer.state}: it is not met", "peer_not_active")
    if peer.url is None:
        raise NotAllowed("nobody can reach this peer: it calls us", "peer_not_reachable")


def reconcile_all(connection: Connection) -> None:
    """Reconcile with every active peer at the next meeting, which is now: we admit more than before."""
    connection.execute(update(peers).where(peers.c.state == ACTIVE).values(reconcile_at=0, next_at=0))


def take_lease(connection: Connection, did: str, owner: str, now: int) -> bool:
    """Hold a peer for one worker, or prolong it; False when another worker holds it and shows signs of life.

    In PostgreSQL the row's own lock decides between workers that ask at one moment: whoever finds it taken passes on.
    """
    free = or_(peers.c.lease_owner == owner, _free(now))
    question = select(peers.c.id).where((peers.c.did == did) & free).with_for_update(skip_locked=True)
    found = connection.execute(question).scalar_one_or_none()
    if found is None:
        return False
    held = {"lease_owner": owner, "lease_until": now + LEASE_S}
    connection.execute(update(peers).where(peers.c.id == found).values(held))
    return True


def _free(now: int) -> ColumnElement[bool]:
    """No worker holds this peer, or the one that does gives no sign of life. A lease from the future is none."""
    over = or_(peers.c.lease_until <= now, peers.c.lease_until > now + LEASE_S)
    return or_(peers.c.lease_owner.is_(None), over)


def give_back(connection: Connection, did: str, owner: str) -> None:
    """Let others meet this peer again."""
    mine = (peers.c.did == did) & (peers.c.lease_owner == owner)
    connection.execute(update(peers).where(mine).values(lease_owner=None, lease_until=0))


def add_round(connection: Connection, entry: Round) -> None:
    """Remember how one meeting went (`id` is ignored). No-op meetings are not written."""
    values = {name: getattr(entry, name) for name in Round.__dataclass_fields__ if name != "id"}
    connection.execute(insert(rounds).values(**values))
    old = select(rounds.c.id).where(rounds.c.did == entry.did).order_by(rounds.c.id.desc()).offset(500)
    connection.execute(rounds.delete().where(rounds.c.id.in_(old.limit(100))))


def rounds_with(connection: Connection, did: str, limit: int = 50) -> list[Round]:
    """The newest meetings with one peer."""
    question = select(rounds).where(rounds.c.did == did).order_by(rounds.c.id.desc()).limit(limit)
    return [Round(**row._mapping) for row in connection.execute(question)]
