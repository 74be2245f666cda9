"""Every record in a database verified again, as if a peer had brought it: for a database that comes from outside.

Nothing that the log says is believed: what a row says of a revision must follow from its bytes, its card from the
chain, its signature from its card. Reads only; `restoring` throws out what does not hold. Attacks E8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from sqlalchemy import Connection

from node import scrutiny
from node.assembly import Node
from node.scrutiny import HELD, Line
from node.store import copies
from node.store.copies import Row
from protocol import didkey, proof, schemas
from protocol.card import Card, Chain, resolve, verify_card
from protocol.envelope import NODE
from protocol.errors import ProtocolError

_AT_ONCE = 2_000

Progress = Callable[[str, int, int], None]
"""Called with what is being done (unpack | verify), how much of it is done, and how much there is."""


def verify(node: Node, tell: Progress) -> tuple[int, list[Row]]:
    """Verify every record in the database as if a peer had brought it. Returns (how many hold, those that do not)."""
    with node.database.reading() as connection:
        total = copies.size(connection)
        trusted, wrong = _chains(connection)
        bad = {row.seq for row in wrong}
        done = 0
        rows = copies.rows(connection)
        while some := list(islice(rows, _AT_ONCE)):
            wrong += _wrong([row for row in some if row.type != NODE and row.seq not in bad], trusted, node.now())
            done += len(some)
            tell("verify", done, total)
    return total - len(wrong), wrong


def _chains(connection: Connection) -> tuple[dict[str, Chain | None], list[Row]]:
    """The chain of each origin, from cards that were verified again; and the cards that do not hold."""
    found: dict[str, list[Card]] = {}
    wrong = []
    for row in copies.rows(connection, cards=True):
        line = scrutiny.read(row.data)
        try:
            if line.envelope is None or not _as_said(row, line):
                raise ValueError("the log says another thing than the card")
            found.setdefault(row.did, []).append(verify_card(line.envelope))
        except (ValueError, ProtocolError):
            wrong.append(row)
    return {did: resolve(cards) for did, cards in found.items()}, wrong


def _wrong(rows: list[Row], trusted: Mapping[str, Chain | None], now: int) -> list[Row]:
    """Those of these rows whose record does not hold, or is not what the log says."""
    lines = [(row, scrutiny.read(row.data)) for row in rows]
    fit = [(row, line) for row, line in lines if line.envelope is not None and _as_said(row, line)]
    known = {row.did: trusted.get(row.did) for row, _ in fit}
    scrutiny.verify_all([line for _, line in fit], known, None, now)
    held = {row.seq for row, line in fit if line.record is not None or _only_void_or_early(row, line)}
    return [row for row in rows if row.seq not in held]


def _only_void_or_early(row: Row, line: Line) -> bool:
    """True for what the log itself holds to be void, rightly signed, and for what our clock finds to be early."""
    if line.verdict is None or line.envelope is None:
        return False
    if line.verdict.status == HELD:
        return True
    if not row.void or line.verdict.code != "key_revoked":
        return False
    try:
        proof.verify_parsed(line.envelope.body, didkey.public_key(line.envelope.key))
    except ProtocolError:
        return False
    return True


def _as_said(row: Row, line: Line) -> bool:
    """Whether the log says of a revision what its bytes say."""
    claim = line.claim
    said = (row.digest, row.did, row.record, row.revision, row.type, row.visibility, row.key, row.stamp, row.erased)
    true = (
        claim.digest, claim.origin, claim.record, claim.revision, claim.type, claim.visibility, claim.key,
        claim.modified, claim.erased,
    )  # fmt: skip
    return said == true and row.about in (None, schemas.about(claim.type, claim.content))
