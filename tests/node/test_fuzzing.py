"""A short run of every target of `make fuzz`, and that it would notice what breaks the law."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest

from node.bench import fuzzing, fuzzing_changes, fuzzing_targets
from node.bench.fuzzing import Target
from node.errors import NotAllowed

SECONDS = float(os.environ.get("FUZZ_S", "20"))
"""For all targets together; the nightly run takes ten minutes (`make fuzz`)."""

NAMES = (
    "record", "door", "proof", "canonical", "message changes", "message digests", "message told", "message hint",
    "message node", "message peering", "message problem", "reconcile", "reconciled", "cursor", "lines", "contradiction",
    "cards", "request", "fediverse", "query", "address", "invitation", "prose", "table", "spreadsheet", "markdown",
    "attachment",
)  # fmt: skip


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Target]]:
    with fuzzing_targets.opened() as opened:
        yield {target.name: target for target in opened}


def test_every_target_is_tried(targets: dict[str, Target]) -> None:
    assert tuple(targets) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_whatever_strangers_write_gives_only_our_errors_and_soon(targets: dict[str, Target], name: str) -> None:
    run = fuzzing.fuzz(targets[name], SECONDS / len(NAMES), seed=int(time.time()) // 86_400)
    assert run.findings == []
    assert run.inputs >= len(targets[name].seeds)
    assert run.places


def test_error_that_is_not_ours_is_a_finding_with_its_input() -> None:
    def act(data: bytes) -> None:
        if b"\xff" in data:
            raise RuntimeError("not one of ours")

    run = fuzzing.fuzz(Target("broken", act, [b"abc"]), 20, seed=1, most=1)
    assert [(found.kind, b"\xff" in found.data) for found in run.findings] == [("crash", True)]
    assert "RuntimeError" in run.findings[0].told


def test_input_that_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "WITHIN_S", 0.005)  # and twenty times that while lines are looked at

    def act(_data: bytes) -> int:
        return sum(range(1_000_000))

    run = fuzzing.fuzz(Target("slow", act, [b"abc"]), 20, seed=1, most=1)
    assert [found.kind for found in run.findings] == ["slow"]


def test_our_own_errors_are_no_findings_and_lead_on() -> None:
    def act(data: bytes) -> None:
        if data[:1] == b"b":
            raise NotAllowed("no", "not_allowed")
        raise NotAllowed("no", "bad_request")

    run = fuzzing.fuzz(Target("refusing", act, [b"abc", b"bc"]), 0.2, seed=1)
    assert run.findings == []
    assert {place[0] for place in run.places if isinstance(place, tuple)} >= {"not_allowed", "bad_request"}


def test_same_seed_changes_the_same_way() -> None:
    def some() -> list[bytes]:
        chance = random.Random(7)
        return [fuzzing_changes.changed(b'{"a":1,"b":[2,3]}', [b"other"], None, chance) for _ in range(200)]

    assert some() == some()
    assert len(set(some())) > 100
