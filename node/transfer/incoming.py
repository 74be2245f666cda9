"""Take in a file of signed records: every line through the door, as if a peer had brought it (attacks E8).

A forged, altered or foreign line is refused with its reason and the next one is read; nothing about a file is trusted,
not even one that this node wrote. What may become admissible later (no card yet, nobody vouches) waits in the
quarantine as with a peer's. On the line: a file -> here -> `intake.admit_many`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from node import intake
from node.assembly import Node
from node.transfer import lines
from node.transfer.lines import Line

VIA = "file"
"""What stands in the place of a peer's DID for records that came by file."""

BATCH_LINES = 200
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Reason:
    """Why lines were not admitted. `first`: the number of the first such line; `detail`: what was said of it."""

    status: str
    code: str
    detail: str
    first: int
    count: int = 0


@dataclass(slots=True)
class Report:
    """What came of a file. `verdicts`: lines by the door's word; `lines`: all that were read."""

    lines: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: dict[tuple[str, str], Reason] = field(default_factory=dict)

    @property
    def worst(self) -> str:
        """The word that decides how it went: refused, then held, pending, skipped, then accepted."""
        for status in (intake.REFUSED, intake.HELD, intake.PENDING, intake.SKIPPED):
            if self.verdicts[status]:
                return status
        return intake.ACCEPTED


def take_in(node: Node, stream: BinaryIO, report: Report, progress: Callable[[int], None] = lambda size: None) -> None:
    """Admit every line of `stream`, adding to `report` as it goes: it holds what was done if this raises.

    `progress` hears of each batch's bytes. Raises `StoreFull` and other `StoreProblem`s, never for what a line says.
    """
    for batch in _batches(stream):
        verdicts = intake.admit_many(node, [line.data for line in batch], via=VIA)
        for line, verdict in zip(batch, verdicts, strict=True):
            report.lines += 1
            report.verdicts[verdict.status] += 1
            if verdict.code:
                fresh = Reason(verdict.status, verdict.code, verdict.detail, line.number)
                report.reasons.setdefault((verdict.status, verdict.code), fresh).count += 1
        progress(sum(line.taken for line in batch))


def _batches(stream: BinaryIO) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines.read(stream):
        batch.append(line)
        size += len(line.data)
        if len(batch) >= BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
