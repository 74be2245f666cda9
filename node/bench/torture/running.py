"""From the beginning to the table: found, befriend, write, kill and damage, mend, settle, judge.

On PostgreSQL each town has a server of its own, which is killed too, and one of them runs as several processes. The
index stays in a folder: it is a cache with tests of its own, and PostgreSQL writes all of it anew at each erasure.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.bench.pulling import wait_for
from node.bench.torture import oracle
from node.bench.torture.cluster import KINDS, Cluster
from node.bench.torture.faults import CLUSTER_DISK_MB, DISK_MB, Faults, small_disk
from node.bench.torture.ledger import Ledger
from node.bench.torture.oracle import Verdict
from node.bench.torture.town import PEOPLE, Town
from node.demo.processes import Children
from node.store import log, peers

NAMES = ("fes", "oujda", "tiznit")
"""The second runs as several processes where it has PostgreSQL; the last one stands on the small disk."""
FILE, POSTGRES = "file", "postgres"
NOTHING = ""
_TRIES = 3
"""For each kill, at most: whoever was to be killed may have ended before."""
DATABASE_EVERY = 4
"""Every fourth kill, beginning with the first, is of a database, where there are servers of it."""
START_S = 120.0
SETTLE_S = 300.0
MEETING_S = 8.0
"""How long a server that is to be killed may take to begin a meeting, seconds."""
WRITING_S = 8.0
"""How long to wait for somebody to begin an act, seconds: after a few kills everybody may be just starting."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`kills`: how many; `seed`: of everything that is drawn; `store`: file | postgres; `pause_s`: between two kills,
    mean, seconds; `write_pause_s`: of each town's people between two acts, at most; `settings`: more of them, by field
    of Config."""

    kills: int = 200
    seed: int = 1
    store: str = FILE
    pause_s: float = 1.0
    write_pause_s: float = 0.04
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What was done and what was found. `kills`: by what was killed; `settled_s`: None when the nodes did not come to
    agree; `could_not_begin`: processes that ended because their database was away when they began; `left_behind`: files
    of a table that a killed PostgreSQL left, by town, and in how many of them erased words stand."""

    store: str
    kills: Counter[str]
    ledger: Ledger
    faults: Faults
    verdict: Verdict
    settled_s: float | None
    records: int
    ended_by_themselves: list[str]
    could_not_begin: int
    left_behind: dict[str, tuple[int, int]]

    @property
    def well(self) -> bool:
        """What is promised is kept."""
        return self.verdict.well and self.settled_s is not None


def run(plan: Plan, say: Callable[[str], None] = lambda line: None) -> Outcome:
    """Torture three nodes. `say`: hears what is going on. Raises `NoPostgres`."""
    chance = random.Random(plan.seed)  # noqa: S311
    ledger = Ledger()
    on_postgres = plan.store == POSTGRES
    with (
        tempfile.TemporaryDirectory(prefix="wasl-torture-", ignore_cleanup_errors=True) as made,
        small_disk(Path(made, "disk"), CLUSTER_DISK_MB if on_postgres else DISK_MB) as disk,
        Children() as children,
        ExitStack() as ending,
    ):
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL runs as somebody else, and has to come through
        towns: list[Town] = []
        for name in NAMES:
            place = (disk or folder) if name == NAMES[-1] else folder
            cluster = Cluster(place / f"{name}-pg", chance) if on_postgres else None
            if cluster is not None:
                ending.callback(cluster.close)
            apart = on_postgres and name == NAMES[1]
            town = Town(
                name, place / name, folder, children, ledger, chance, plan.write_pause_s, plan.settings, cluster,
                apart=apart,
            )  # fmt: skip
            ending.callback(town.close)
            towns.append(town)
        return _through(plan, towns, ledger, Faults(towns, chance, folder, disk), chance, say)


def _through(
    plan: Plan, towns: list[Town], ledger: Ledger, faults: Faults, chance: random.Random, say: Callable[[str], None]
) -> Outcome:
    _begin(towns)
    for sentence in faults.left_out:
        say(f"left out: {sentence}")
    kills: Counter[str] = Counter()
    for number in range(_TRIES * plan.kills):
        if kills.total() >= plan.kills:
            break
        _wait(towns, min(3.0, chance.expovariate(1 / plan.pause_s)))
        faults.step()
        killed = _kill_one(number, towns, ledger, faults, chance, last=kills.total() > 0.9 * plan.kills)
        if killed != NOTHING:
            kills[killed] += 1
        if (number + 1) % 20 == 0:
            say(f"{number + 1} kills, {sum(ledger.acts.values())} acts acknowledged, {dict(faults.done)}")
    faults.mend()
    for town in towns:
        town.revive()
        town.end(PEOPLE)
        for role in town.serving:
            town.end(role)
            town.start(role)
    say("links whole, clocks right, room on the disk: waiting until they agree")
    settled = oracle.settle(towns, ledger, SETTLE_S, lambda: _revive(towns), say)
    verdict = oracle.judge(towns, ledger)
    with towns[0].node.database.reading() as connection:
        held = log.last_seq(connection)
    ended = [one for town in towns for one in town.ended_by_itself]
    if settled is None:
        _say_why(towns, say)
    for town in towns:
        ended += [f"{town.name} {one}" for one in town.cluster.ended_by_itself] if town.cluster else []
    return Outcome(
        plan.store, kills, ledger, faults, verdict, settled, held, ended,
        sum(town.could_not_begin for town in towns), oracle.left_behind(towns, ledger),
    )  # fmt: skip


def _begin(towns: list[Town]) -> None:
    for town in towns:
        for role in town.serving:
            town.start(role)
    for town in towns:
        wait_for(town.port, START_S)
    for host, guest in ((0, 1), (1, 2), (2, 0)):
        towns[host].invite(towns[guest])
    for town in towns:
        town.start(PEOPLE)


def _kill_one(
    number: int, towns: list[Town], ledger: Ledger, faults: Faults, chance: random.Random, *, last: bool
) -> str:
    """Kill a server, more often than not in the middle of a meeting, or somebody who writes, in the middle of an act if
    that can be had; start it again at once. Or a database, in the middle of an act. Gives what was killed."""
    town = chance.choice(towns)
    if town.cluster is not None and number % DATABASE_EVERY == 0:
        return _kill_database(town.cluster, ledger, chance)
    role = _one_of(town.serving, chance) if chance.random() < 0.4 else PEOPLE
    if role == PEOPLE:
        ledger.next_try(WRITING_S)
        time.sleep(chance.uniform(0.0, 0.02))
    elif chance.random() < 0.7:
        _until_it_meets(towns, town)
        time.sleep(chance.uniform(0.0, 0.1))
    killed = town.kill(role)
    town.start(role, faults.clock(role, last=last))
    return role if killed else NOTHING


def _one_of(serving: Sequence[str], chance: random.Random) -> str:
    return chance.choice(serving) if len(serving) > 1 else serving[0]  # nothing is drawn where there is no choice


def _kill_database(cluster: Cluster, ledger: Ledger, chance: random.Random) -> str:
    kind = chance.choice(KINDS)
    ledger.next_try(WRITING_S)
    time.sleep(chance.uniform(0.0, 0.03))
    return kind if cluster.kill(kind) else NOTHING


def _until_it_meets(towns: list[Town], town: Town) -> None:
    deadline = time.monotonic() + MEETING_S
    while time.monotonic() < deadline and not town.meets_somebody():
        _revive(towns)
        time.sleep(0.01)


def _wait(towns: list[Town], seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        _revive(towns)
        time.sleep(min(0.1, left))


def _revive(towns: list[Town]) -> None:
    for town in towns:
        town.revive()


def _say_why(towns: list[Town], say: Callable[[str], None]) -> None:
    for town in towns:
        with town.node.database.reading() as connection:
            for peer in peers.everyone(connection):
                wait = peer.next_at - town.node.now()
                say(f"{town.name} -> {peer.url}: {peer.state}, next in {wait} s, {peer.error_code} {peer.error}")


def table(outcome: Outcome) -> str:
    """The outcome for people to read; each thing that is wrong in a line of its own, 20 of a kind at most."""
    ledger, verdict = outcome.ledger, outcome.verdict
    settled = "never" if outcome.settled_s is None else f"after {outcome.settled_s:.0f} s"
    lines = [
        f"store {outcome.store}; kills {outcome.kills.total()} {dict(outcome.kills)}, "
        f"{ledger.cut_short} of them in the middle of an act; {dict(outcome.faults.done)}",
        f"acknowledged: {dict(ledger.acts)}; answered with a refusal: {dict(ledger.refused)}",
        f"entries in a log: {outcome.records}; the nodes agree {settled}",
        f"ended by themselves: {len(outcome.ended_by_themselves)} {sorted(set(outcome.ended_by_themselves))}; "
        f"could not begin, their database being away: {outcome.could_not_begin}",
    ]
    if outcome.left_behind:
        lines.append(f"files that a killed database left behind, and how many hold erased words: {outcome.left_behind}")
    kinds = ("lost", "doubled", "resurrected", "different", "broken")
    lines += [f"  ! {kind}: {one}" for kind in kinds for one in getattr(verdict, kind)[:20]]
    counts = ", ".join(f"{len(getattr(verdict, kind))} {kind}" for kind in kinds)
    return "\n".join([*lines, f"torture: {outcome.store}: {outcome.kills.total()} kills, {counts}"])


def main(kills: int, seed: int, stores: Sequence[str]) -> int:
    """Run on each store and print. Returns the exit code: 0 when everything is there, each thing once, and nothing came
    back."""
    well = True
    for store in stores:
        print(f"store {store}, seed {seed}", file=sys.stderr, flush=True)
        outcome = run(Plan(kills, seed, store), lambda line: print(line, file=sys.stderr, flush=True))
        print(table(outcome), flush=True)
        well = well and outcome.well
    return 0 if well else 1
