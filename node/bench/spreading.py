"""How one record spreads over many nodes: a thousand of them simulated on one machine, round by round.

Real here: the record's bytes and their verification at every node, the cursors, pages, digests and hints as
`protocol.wire` writes them, the header fields of a signed request, gzip as the server packs, and `policy.admitted`.
Modelled: a log is a list in memory, a wire is a call, time is counted in rounds. Law: what decides rounds or bytes of
the real nodes stands here too, and nothing else; tests/network/test_spreading.py lets twelve real nodes spread a record
over the same graph and compares. docs/benchmarks.md tells what a round is and how bytes are counted.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from node import policy
from node.bench import Figure
from node.bench.graphs import DEGREE, Edge, neighbours, random_graph, reachable
from node.bench.weighing import ANSWER, NOW, answered, asked, did_of, origin
from node.federation.client import JSON
from protocol.card import Chain
from protocol.cursor import Cursor
from protocol.envelope import Envelope
from protocol.limits import MAX_CHANGES
from protocol.record import Record, verify
from protocol.wire import Change, ChangesPage, Digests, Hint

WHOLE = policy.Rules(distance=20)
"""Rules under which each node of a connected graph admits every other: the default distance, 4, ends before."""
DEAD = 0.1
"""Part of the nodes that answer nobody, where some are dead."""
SIZES = (125, 250, 500, 1_000, 4_000)
SEEDS = (1, 2, 3)
BYTES = 20_000
"""What a record of `making.RECORD_BYTES` may cost one node, whatever the number of nodes, bytes."""
GROWTH = 1.05
"""How much more it may cost in the largest network than in the smallest: a cursor's few more digits."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How one record spread. `rounds`: until the last node had it; bytes: of each living node, sent and received.

    `reached`: living nodes that hold it; `cut_off`: those that admit its origin, but no way led there except over dead
    nodes; `missed`: those that it could have reached and did not.
    """

    nodes: int
    reached: int
    cut_off: int
    missed: int
    rounds: int
    mean_bytes: float
    worst_bytes: int

    @property
    def bound(self) -> float:
        """2·log2(N), the rounds that are promised."""
        return 2 * math.log2(self.nodes)


def measure() -> list[Figure]:
    """Rounds and bytes by the number of nodes, with hints; then 1,000 nodes without hints, and with some dead."""
    figures = []
    spent: dict[int, float] = {}
    for count in SIZES:
        found = [_sound(spread(count, seed)) for seed in SEEDS]
        worst = max(found, key=lambda each: each.rounds)
        spent[count] = max(each.mean_bytes for each in found)
        name = f"a record to {count:,} nodes of degree {DEGREE}: rounds"
        figures.append(Figure(name, worst.rounds, "", worst.bound))
        figures.append(Figure("  bytes of a node for it, both ways, mean", spent[count], "B", BYTES))
    figures.append(Figure("  the busiest node of the last", max(each.worst_bytes for each in found), "B", BYTES))
    figures.append(Figure("  most nodes against fewest: bytes", spent[SIZES[-1]] / spent[SIZES[0]], "", GROWTH))
    for name, hints, dead in (
        ("  1,000 nodes, a tenth dead: rounds", True, DEAD),
        ("  1,000 nodes, no hints: rounds (intervals)", False, 0.0),
        ("  1,000 nodes, no hints, a tenth dead: rounds", False, DEAD),
    ):
        found = [_sound(spread(1_000, seed, hints=hints, dead=dead)) for seed in SEEDS]
        figures.append(Figure(name, max(each.rounds for each in found), "", found[0].bound))
    return figures


def _sound(found: Spread) -> Spread:
    if found.missed:
        raise AssertionError(f"{found.missed} nodes could have been reached and were not: {found}")
    return found


@dataclass(slots=True)
class _Place:
    """One simulated node. `log`: (digest, bytes, who brought it), behind the `before` entries that all begin with."""

    did: str
    admits: bool
    alive: bool
    before: int
    peers: list[int]
    log: list[tuple[Record, int | None]] = field(default_factory=list)
    known: set[bytes] = field(default_factory=set)
    cursors: dict[int, str] = field(default_factory=dict)
    told: int = 0
    hinted_by: set[int] = field(default_factory=set)
    carried: int = 0

    @property
    def epoch(self) -> str:
        return self.did[-8:].encode("ascii").hex()[:8]

    def page(self, since: str) -> ChangesPage:
        """As `federation.server.changes`: the entries behind the cursor."""
        behind = Cursor.from_text(since).seq - self.before
        entries = tuple(
            Change(self.before + behind + place, *_named(record))
            for place, (record, _) in enumerate(self.log[behind:], 1)
        )
        return ChangesPage(entries, self.cursor(), False, self.before + len(self.log), NOW)

    def cursor(self) -> str:
        """The end of this node's log."""
        last = self.log[-1][0].digest if self.log else hashlib.sha256(self.did.encode("ascii")).digest()
        return Cursor(self.epoch, self.before + len(self.log), last.hex()[:16]).to_text()


class World:
    """Nodes, their peerings, and one origin (node 0) whose chain of cards everybody holds."""

    def __init__(
        self, count: int, edges: Sequence[Edge], chain: Chain, rules: policy.Rules, dead: Iterable[int] = ()
    ) -> None:
        names = [chain.origin, *(did_of(number) for number in range(1, count))]
        near = self.admitting(0, names, edges, rules)
        gone = set(dead)
        self._chain = chain
        self.nodes = [
            _Place(name, name in near, number not in gone, count * (2 + DEGREE), peers)
            for number, (name, peers) in enumerate(zip(names, neighbours(count, edges), strict=True))
        ]
        for node in self.nodes:
            node.cursors = {peer: self.nodes[peer].cursor() for peer in node.peers}
        self.idle = self._exchange(self.nodes[1], 1, self.nodes[self.nodes[1].peers[0]], self.nodes[1].peers[0])

    @staticmethod
    def admitting(number: int, names: Sequence[str], edges: Sequence[Edge], rules: policy.Rules) -> dict[str, int]:
        """Who admits node `number`: whom it admits, because each end of a peering vouches for the other."""
        vouches: dict[str, set[str]] = {}
        for one, other in edges:
            vouches.setdefault(names[one], set()).add(names[other])
            vouches.setdefault(names[other], set()).add(names[one])
        return policy.admitted(names[number], sorted(vouches[names[number]]), vouches, frozenset(), rules)

    def publish(self, data: bytes) -> None:
        """The origin has something to say."""
        record = verify(Envelope.from_bytes(data), self._chain)
        self.nodes[0].log.append((record, None))
        self.nodes[0].known.add(record.digest)

    def hint_round(self) -> bool:
        """Everybody who has news says so, then whoever was told comes and fetches. False when nobody had any."""
        telling = [number for number, node in enumerate(self.nodes) if node.alive and node.told < len(node.log)]
        for number in telling:
            self._tell(number)
        for number, node in enumerate(self.nodes):
            for other in [peer for peer in node.peers if peer in node.hinted_by]:
                self.meet(number, other)
            node.hinted_by.clear()
        return bool(telling)

    def meet(self, number: int, other: int, spared: int = 0) -> None:
        """One node pulls from another, as `node.sync.meet` does. `spared`: bytes that would have passed anyway."""
        node, peer = self.nodes[number], self.nodes[other]
        if not node.alive or not peer.alive:
            return
        if spared and node.cursors[other] == peer.cursor():
            return
        size = self._exchange(node, number, peer, other) - spared
        node.carried += size
        peer.carried += size

    def _tell(self, number: int) -> None:
        """As `Worker._send_hints`: all peers but the one that brought it."""
        node = self.nodes[number]
        brought = {via for _, via in node.log[node.told :]}
        node.told = len(node.log)
        size = asked("POST", "/hint", JSON, body=Hint(node.before + len(node.log)).to_bytes()) + ANSWER
        for other in node.peers:
            if brought != {other} and self.nodes[other].alive:
                self.nodes[other].hinted_by.add(number)
                self.nodes[other].carried += size
                node.carried += size

    def _exchange(self, node: _Place, number: int, peer: _Place, other: int) -> int:
        """The requests of one meeting and their answers; what came is verified and admitted. Returns the bytes."""
        since = node.cursors[other]
        told = peer.page(since).to_bytes()
        size = asked("GET", "/changes", "", query=f"limit={MAX_CHANGES}&since={since}") + answered(told)
        page = ChangesPage.from_bytes(told)
        lacking = [digest for change in page.changes if (digest := bytes.fromhex(change.digest)) not in node.known]
        if lacking:
            wish = Digests(tuple(lacking)).to_bytes()
            wanted = set(Digests.from_bytes(wish).digests)
            given = b"\n".join(record.envelope.data for record, _ in peer.log if record.digest in wanted)
            size += asked("POST", "/fetch", JSON, body=wish) + answered(given)
            for line in given.split(b"\n"):
                self._admit(node, line, other)
        node.cursors[other] = page.next
        return size

    def _admit(self, node: _Place, line: bytes, via: int) -> None:
        """As the door: what its policy does not admit a node sets aside, and relays to nobody."""
        envelope = Envelope.from_bytes(line)
        node.known.add(envelope.digest)
        if node.admits:
            node.log.append((verify(envelope, self._chain), via))


def spread(count: int, seed: int, *, rules: policy.Rules = WHOLE, hints: bool = True, dead: float = 0.0) -> Spread:
    """One record over `count` nodes of degree `DEGREE`, a random graph for each seed.

    `hints`: told by events, else only by the meetings that are due in each interval; `dead`: the part that is dead.
    """
    chance = random.Random(f"{seed} {count}")  # noqa: S311
    edges = random_graph(count, chance)
    chain, data = origin(seed)
    gone = chance.sample(range(1, count), round(dead * count))
    world = World(count, edges, chain, rules, gone)
    world.publish(data)
    rounds = by_hints(world) if hints else by_intervals(world, chance)
    return outcome(world, rounds)


def by_hints(world: World) -> int:
    """Hints and the meetings that follow until all is quiet, then each peering's next meeting that is due anyway.

    Returns the round in which the last node was reached.
    """
    passed = last = 0
    reached = 1
    while world.hint_round():
        passed += 1
        now = sum(bool(node.log) for node in world.nodes)
        if now > reached:
            reached, last = now, passed
    for number, node in enumerate(world.nodes):
        for other in node.peers:
            world.meet(number, other, spared=world.idle)
    return last


def by_intervals(world: World, chance: random.Random) -> int:
    """No hints: each node meets each peer once in an interval, at a moment of its own. A round is one interval."""
    due = [(chance.random(), number, other) for number, node in enumerate(world.nodes) for other in node.peers]
    heapq.heapify(due)
    last, now = 0.0, 0.0
    while now < last + 3:  # three intervals without news: nobody is left who could be reached
        now, number, other = due[0]
        held = len(world.nodes[number].log)
        world.meet(number, other, spared=world.idle)
        if len(world.nodes[number].log) > held:
            last = now
        heapq.heapreplace(due, (now + chance.uniform(0.9, 1.1), number, other))
    return math.ceil(last)


def outcome(world: World, rounds: int) -> Spread:
    """What is to be told of a world that has come to rest."""
    living = [node for node in world.nodes if node.alive]
    carried = [node.carried for node in living]
    way = reachable(
        [[peer for peer in node.peers if world.nodes[peer].alive] if node.admits else [] for node in world.nodes]
    )
    able = {number for number in way if world.nodes[number].admits}
    return Spread(
        nodes=len(world.nodes),
        reached=sum(bool(node.log) for node in living),
        cut_off=sum(node.admits for node in living) - len(able),
        missed=sum(not world.nodes[number].log for number in able),
        rounds=rounds,
        mean_bytes=statistics.mean(carried),
        worst_bytes=max(carried),
    )


def _named(record: Record) -> tuple[str, str, str, int, str]:
    said = record.envelope
    return record.digest.hex(), said.origin, said.record, said.revision, said.type
