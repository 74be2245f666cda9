"""From the beginning to the table: found, befriend, write, kill and damage, mend, settle, judge."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.bench.pulling import wait_for
from node.bench.torture import oracle
from node.bench.torture.faults import Faults, small_disk
from node.bench.torture.ledger import Ledger
from node.bench.torture.oracle import Verdict
from node.bench.torture.town import PEOPLE, SERVER, Town
from node.demo.processes import Children
from node.store import log, peers

NAMES = ("fes", "oujda", "tiznit")
"""The last one stands on the small disk."""
START_S = 120.0
SETTLE_S = 300.0
MEETING_S = 8.0
"""How long a server that is to be killed may take to begin a meeting, seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`kills`: how many; `seed`: of everything that is drawn; `pause_s`: between two kills, mean, seconds;
    `write_pause_s`: of each town's people between two acts, at most; `settings`: more of them, by field of Config."""

    kills: int = 200
    seed: int = 1
    pause_s: float = 1.0
    write_pause_s: float = 0.04
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What was done and what was found. `settled_s`: None when the nodes did not come to agree."""

    kills: int
    ledger: Ledger
    faults: Faults
    verdict: Verdict
    settled_s: float | None
    records: int
    ended_by_themselves: list[str]

    @property
    def well(self) -> bool:
        """What is promised is kept."""
        return self.verdict.well and self.settled_s is not None


def run(plan: Plan, say: Callable[[str], None] = lambda line: None) -> Outcome:
    """Torture three nodes. `say`: hears what is going on."""
    chance = random.Random(plan.seed)  # noqa: S311
    ledger = Ledger()
    with (
        tempfile.TemporaryDirectory(prefix="wasl-torture-", ignore_cleanup_errors=True) as made,
        small_disk(Path(made, "disk")) as disk,
        Children() as children,
    ):
        folder = Path(made)
        homes = [folder / name for name in NAMES[:-1]] + [(disk or folder) / NAMES[-1]]
        towns = [
            Town(name, home, folder, children, ledger, chance, plan.write_pause_s, plan.settings)
            for name, home in zip(NAMES, homes, strict=True)
        ]
        try:
            return _through(plan, towns, ledger, Faults(towns, chance, folder, disk), chance, say)
        finally:
            for town in towns:
                town.close()


def _through(
    plan: Plan, towns: list[Town], ledger: Ledger, faults: Faults, chance: random.Random, say: Callable[[str], None]
) -> Outcome:
    _begin(towns)
    for sentence in faults.left_out:
        say(f"left out: {sentence}")
    kills = 0
    for number in range(plan.kills):
        _wait(towns, min(3.0, chance.expovariate(1 / plan.pause_s)))
        faults.step()
        kills += _kill_one(towns, ledger, faults, chance, last=number > 0.9 * plan.kills)
        if (number + 1) % 20 == 0:
            say(f"{number + 1} kills, {sum(ledger.acts.values())} acts acknowledged, {dict(faults.done)}")
    faults.mend()
    for town in towns:
        town.revive()
        town.end(PEOPLE)
        town.end(SERVER)
        town.start(SERVER)
    say("links whole, clocks right, room on the disk: waiting until they agree")
    settled = oracle.settle(towns, ledger, SETTLE_S, lambda: _revive(towns), say)
    verdict = oracle.judge(towns, ledger)
    with towns[0].node.database.reading() as connection:
        held = log.last_seq(connection)
    ended = [one for town in towns for one in town.ended_by_itself]
    if settled is None:
        _say_why(towns, say)
    return Outcome(kills, ledger, faults, verdict, settled, held, ended)


def _begin(towns: list[Town]) -> None:
    for town in towns:
        town.start(SERVER)
    for town in towns:
        wait_for(town.port, START_S)
    for host, guest in ((0, 1), (1, 2), (2, 0)):
        towns[host].invite(towns[guest])
    for town in towns:
        town.start(PEOPLE)


def _kill_one(towns: list[Town], ledger: Ledger, faults: Faults, chance: random.Random, *, last: bool) -> bool:
    """Kill a server, more often than not in the middle of a meeting, or somebody who writes, in the middle of an act if
    that can be had; start it again at once."""
    town = chance.choice(towns)
    role = SERVER if chance.random() < 0.4 else PEOPLE
    if role == PEOPLE:
        ledger.next_try(2.0)
        time.sleep(chance.uniform(0.0, 0.02))
    elif chance.random() < 0.7:
        _until_it_meets(towns, town)
        time.sleep(chance.uniform(0.0, 0.1))
    killed = town.kill(role)
    town.start(role, faults.clock(role, last=last))
    return killed


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
        f"kills {outcome.kills}, {ledger.cut_short} of them in the middle of an act; {dict(outcome.faults.done)}",
        f"acknowledged: {dict(ledger.acts)}; answered with a refusal: {dict(ledger.refused)}",
        f"entries in a log: {outcome.records}; the nodes agree {settled}",
        f"ended by themselves: {len(outcome.ended_by_themselves)} {sorted(set(outcome.ended_by_themselves))}",
    ]
    kinds = ("lost", "doubled", "resurrected", "different", "broken")
    lines += [f"  ! {kind}: {one}" for kind in kinds for one in getattr(verdict, kind)[:20]]
    counts = ", ".join(f"{len(getattr(verdict, kind))} {kind}" for kind in kinds)
    return "\n".join([*lines, f"torture: {outcome.kills} kills, {counts}"])


def main(kills: int, seed: int) -> int:
    """Run and print. Returns the exit code: 0 when everything is there, each thing once, and nothing came back."""
    print(f"seed {seed}", file=sys.stderr, flush=True)
    outcome = run(Plan(kills, seed), lambda line: print(line, file=sys.stderr, flush=True))
    print(table(outcome))
    return 0 if outcome.well else 1
