"""What is valid, changed at random, thousands of times a second: only our own errors may come out, and soon.

    python -m node.bench.fuzzing --seconds 600        # make fuzz: every target in turn, whole time for all together
    python -m node.bench.fuzzing --only reconcile --seed 7

What leads to a place in the code where nothing led before is kept and changed further: the place is where an error
was raised, or which lines of the packages ran (one input in `LOOKED_AT`, because looking is slow). What breaks the law
is written down with its target and seed, and ends the run with 1. Targets: `fuzzing_targets`. Source: issue "Run it for
years"; a short run of each target is part of the tests (tests/node/test_fuzzing.py).
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from node.bench.fuzzing_changes import Change, changed
from node.errors import NodeError
from node.examining.kinds import Unfit
from protocol.errors import ProtocolError
from search.errors import SearchError

WITHIN_S = 2.0
"""Computing time of one input, seconds: a hundred times what the slowest valid one takes."""
MEMORY = 3 * 2**30
"""Address space of the whole run, bytes: what wants more is a finding."""
KEPT_MOST = 400
"""Inputs that are kept of one target."""
LOOKED_AT = 16

OURS = (ProtocolError, NodeError, SearchError, Unfit)
_ROOT = str(Path(__file__).parents[2])
_PACKAGES = tuple(f"{_ROOT}/{name}/" for name in ("node", "protocol", "search"))

Act = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads what strangers write. `seeds`: valid inputs; `change`: its own, besides that of bytes."""

    name: str
    act: Act
    seeds: Sequence[bytes]
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that broke the law. `kind`: crash | slow; `told`: the traceback, or the seconds."""

    target: str
    kind: str
    data: bytes
    told: str


@dataclass(slots=True)
class Run:
    """How one target went."""

    target: str
    inputs: int = 0
    places: set[object] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def fuzz(target: Target, seconds: float, seed: int = 0, most: int = 5) -> Run:
    """Change and try inputs for so long, or until `most` findings. The same seed tries the same inputs, in order."""
    chance = random.Random(f"{target.name} {seed}")  # noqa: S311
    run, kept = Run(target.name), list(target.seeds)
    end = time.monotonic() + seconds
    for looking in (False, True):  # first what is read once and kept
        for data in target.seeds:
            _try(target, data, run, looking=looking)
    while time.monotonic() < end and len(run.findings) < most:
        data = changed(chance.choice(kept), kept, target.change, chance)
        if _try(target, data, run, looking=run.inputs % LOOKED_AT == 0):
            if len(kept) >= KEPT_MOST:
                kept.pop(chance.randrange(len(target.seeds), len(kept)))
            kept.append(data)
    return run


def _try(target: Target, data: bytes, run: Run, *, looking: bool) -> bool:
    """Try one input; True when it led to a new place."""
    run.inputs += 1
    before = len(run.places)
    began = time.thread_time()
    try:
        if looking:
            with _lines(run.places):
                target.act(data)
        else:
            target.act(data)
    except OURS as error:
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        run.places.add((error.code, at.tb_lineno if at else 0))
    except Exception:  # noqa: BLE001
        run.findings.append(Finding(target.name, "crash", data, traceback.format_exc()))
    spent = time.thread_time() - began
    if spent > WITHIN_S * (20 if looking else 1):
        run.findings.append(Finding(target.name, "slow", data, f"{spent:.1f} s for {len(data)} bytes"))
    return len(run.places) > before


@contextmanager
def _lines(places: set[object]) -> Iterator[None]:
    """Note which lines of our packages run meanwhile."""

    def enter(frame: FrameType, _event: str, _arg: Any) -> Any:
        return note if frame.f_code.co_filename.startswith(_PACKAGES) else None

    def note(frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            places.add((frame.f_code.co_filename, frame.f_lineno))
        return note

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


def main(arguments: Sequence[str]) -> int:
    """Fuzz every target, or the one that is named. Returns 1 when the law was broken."""
    from node.bench import fuzzing_targets

    reader = argparse.ArgumentParser(prog="python -m node.bench.fuzzing")
    reader.add_argument("--seconds", type=float, default=600, help="for all targets together")
    reader.add_argument("--only", default="", help="the name of one target")
    reader.add_argument("--seed", type=int, default=int(time.time()), help="for the same inputs again")
    asked = reader.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    failed = False
    with fuzzing_targets.opened() as targets:
        chosen = [target for target in targets if asked.only in ("", target.name)]
        if not chosen:
            print(f"there is no target {asked.only!r}: {', '.join(target.name for target in targets)}", file=sys.stderr)
            return 2
        for target in chosen:
            run = fuzz(target, asked.seconds / len(chosen), asked.seed)
            print(
                f"{run.target:16} {run.inputs:9} inputs {len(run.places):6} places {len(run.findings)} findings",
                flush=True,
            )
            for found in run.findings:
                failed = True
                print(f"{found.kind} (seed {asked.seed}): {found.data[:2000]!r}\n{found.told}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
