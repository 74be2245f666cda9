"""Random peerings: the graphs over which `spreading` lets a record travel. Nodes are numbers from 0."""

from __future__ import annotations

import random
from collections.abc import Sequence

DEGREE = 4
"""Peers of each node."""

Edge = tuple[int, int]


def random_graph(count: int, chance: random.Random) -> list[Edge]:
    """A connected graph in which each node has `DEGREE` others, drawn evenly from all such graphs (pairing model)."""
    ends = [number for number in range(count) for _ in range(DEGREE)]
    while True:
        chance.shuffle(ends)
        pairs = list(zip(ends[::2], ends[1::2], strict=True))
        drawn = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
        if len(drawn) == len(pairs) and len(reachable(neighbours(count, pairs))) == count:
            return pairs


def reachable(near: Sequence[Sequence[int]]) -> set[int]:
    """Everybody to whom a way leads from number 0. `near`: whom each one leads to."""
    seen, front = {0}, [0]
    while front:
        front = [other for other in {peer for one in front for peer in near[one]} if other not in seen]
        seen.update(front)
    return seen


def neighbours(count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """Whom each node is a peer of, in the order of `edges`."""
    near: list[list[int]] = [[] for _ in range(count)]
    for one, other in edges:
        near[one].append(other)
        near[other].append(one)
    return near
