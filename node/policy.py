"""Whom we admit: a deterministic closure over our peers, the vouches we hold and our blocks. Pure.

Policy never makes a record invalid: it decides what this node stores and shows. `listed` admits our active peers;
`vouched` admits also whoever at least `vouches` admitted nodes vouch for, at most `distance` steps from us. A block is
local, always wins, and cuts what hangs on it. Source: docs/protocol.md section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

LISTED = "listed"
VOUCHED = "vouched"


@dataclass(frozen=True, slots=True)
class Rules:
    """`admit`: listed | vouched; `vouches`: how many are needed, ≥ 1; `distance`: steps from us, ≥ 1."""

    admit: str = VOUCHED
    vouches: int = 1
    distance: int = 4


def admitted(
    ourselves: str, peers: Iterable[str], vouches: Mapping[str, Set[str]], blocked: Set[str], rules: Rules
) -> dict[str, int]:
    """Who is admitted, with the steps from us (0: ourselves; 1: active peers).

    `vouches`: voucher's DID -> DIDs it vouches for; a voucher counts only when it is itself admitted, nearer than whom
    it vouches for.
    """
    distances = {ourselves: 0}
    for peer in peers:
        if peer not in blocked:
            distances.setdefault(peer, 1)
    if rules.admit == LISTED:
        return distances
    for step in range(2, rules.distance + 1):
        support: dict[str, int] = {}
        for voucher, steps in distances.items():
            if 1 <= steps < step:
                for subject in vouches.get(voucher, frozenset()):
                    support[subject] = support.get(subject, 0) + 1
        came = {
            subject
            for subject, count in support.items()
            if count >= rules.vouches and subject not in distances and subject not in blocked
        }
        if not came:
            break
        distances |= dict.fromkeys(came, step)
    return distances
