"""What an administrator decides about the door: the policy in force, and what lies aside. Each is in the audit log.

The rules stand in the database once somebody has set them, so that pages can; those of wasl.toml are what a new node
begins with. What was set aside can be tried again (a card has come, a clock was set, Wasl was updated) or forgotten;
nothing is ever let in that the door refuses. Goes to `intake` and `admission`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import orjson

from node import admission, intake, policy
from node.assembly import Node
from node.errors import NotAllowed
from node.store import notes, quarantine

MOST_VOUCHES, MOST_STEPS = 100, 20
"""Bounds of the rules, as in the settings."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How trying again went. `still`: waits or is held as before; `refused`: the door says no again."""

    accepted: int
    still: int
    refused: int


def set_policy(node: Node, rules: policy.Rules, *, actor: str) -> tuple[set[str], set[str]]:
    """Put other rules in force. Returns the DIDs that came and that left. Raises `NotAllowed` (`bad_rules`)."""
    fits = rules.admit in (policy.LISTED, policy.VOUCHED)
    if not fits or not 1 <= rules.vouches <= MOST_VOUCHES or not 1 <= rules.distance <= MOST_STEPS:
        raise NotAllowed(
            f"a policy is `listed`, or `vouched` by 1 to {MOST_VOUCHES} nodes, 1 to {MOST_STEPS} steps away",
            "bad_rules",
        )
    with node.database.writing() as connection:
        before = set(admission.closure(connection, node))
        old = admission.rules_in_force(connection, node)
        notes.set_value(connection, admission.POLICY, orjson.dumps(asdict(rules)).decode("ascii"))
        notes.act(connection, node.now(), actor, "policy", rules.admit, f"{_told(old)} -> {_told(rules)}")
        came = admission.recompute(connection, node)
        left = before - set(admission.closure(connection, node))
    intake.reconsider(node, came)
    return came, left


def retry(node: Node, ids: Iterable[int] | None, *, actor: str) -> Tried:
    """Bring what lies aside to the door again: these things, or all whose bytes are kept."""
    chosen = None if ids is None else list(ids)
    with node.database.reading() as connection:
        found = [aside for aside in quarantine.many(connection, chosen) if aside.data is not None]
    verdicts = intake.try_again(node, found)
    accepted = sum(verdict.stored or verdict.status == intake.STALE for verdict in verdicts)
    refused = sum(verdict.status == intake.REFUSED for verdict in verdicts)
    with node.database.writing() as connection:
        told = "all" if chosen is None else " ".join(map(str, chosen))
        notes.act(connection, node.now(), actor, "retry", told[:200], f"{accepted} of {len(found)} accepted")
    return Tried(accepted, len(verdicts) - accepted - refused, refused)


def drop(node: Node, ids: Iterable[int], *, actor: str) -> int:
    """Forget things that lie aside. A peer that still has them may bring them again. Returns how many there were."""
    with node.database.writing() as connection:
        found = quarantine.many(connection, ids)
        quarantine.drop(connection, [aside.digest for aside in found])
        for aside in found[:100]:
            notes.act(connection, node.now(), actor, "drop", aside.digest.hex(), f"{aside.code} via {aside.via or '-'}")
    return len(found)


def _told(rules: policy.Rules) -> str:
    return rules.admit if rules.admit == policy.LISTED else f"vouched({rules.vouches}), {rules.distance} steps"
