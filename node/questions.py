"""Public questions as a list, and the answers to one: which are open, which are answered, what the asker accepts.

A question is open while its asker has neither said that it is answered or closed, nor accepted an answer. Accepting is
a record of the asker's own node (`node/lineage.py`, `acknowledged`); nobody else's counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from node import labels, lineage
from node.store import records
from node.store.records import PUBLIC, Stored
from node.store.replies import replies

MOST = 1000
"""Questions that are looked at, the last received first."""

_CLOSED = ("answered", "closed")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `answers`: how many are held here; `accepted`: whether its asker accepts one."""

    question: Stored
    answers: int
    accepted: bool

    @property
    def open(self) -> bool:
        """Whether its asker still waits."""
        return not self.accepted and self.question.content.get("status") not in _CLOSED


@dataclass(frozen=True, slots=True)
class Listing:
    """`topics`: how many questions each topic has, before any was chosen; `whole`: whether all were looked at."""

    shown: list[Asked]
    topics: Mapping[str, int]
    whole: bool


def listing(connection: Connection, topic: str = "", unanswered: bool = False, origin: str | None = None) -> Listing:
    """Questions, open ones first, then the last received first. `topic`: with those below it; `origin`: of one node."""
    held = records.latest(connection, PUBLIC, ["Question"], origin=origin, limit=MOST + 1)
    everything = _asked(connection, held[:MOST])
    topics = Counter(name for one in everything for name in topics_of(one.question))
    shown = [
        one
        for one in everything
        if not (unanswered and one.answers) and (not topic or topic in topics_of(one.question))
    ]
    return Listing(sorted(shown, key=lambda one: not one.open), topics, len(held) <= MOST)


def answers_of(connection: Connection, question: Stored) -> list[tuple[Stored, bool]]:
    """The answers that are held here, each with whether the asker accepts it; accepted ones first."""
    held = records.about(connection, question.uri, PUBLIC, ["Answer"])
    found = [(one, lineage.acknowledged(connection, one, PUBLIC) is not None) for one in held]
    return sorted(found, key=lambda pair: not pair[1])


def topics_of(question: Stored) -> set[str]:
    """The topics of a question, and those above them."""
    return set(labels.with_broader(str(name) for name in question.content.get("topics") or []))


def _asked(connection: Connection, questions: Iterable[Stored]) -> list[Asked]:
    """Each with what came to it, by two questions to the store for each few hundred."""
    held = list(questions)
    answers = replies(connection, [one.uri for one in held], "Answer")
    said = replies(connection, [one.uri for all_ in answers.values() for one in all_], "Acknowledgement")
    return [
        Asked(
            one,
            len(answers.get(one.uri, ())),
            any(word.origin == one.origin for answer in answers.get(one.uri, ()) for word in said.get(answer.uri, ())),
        )
        for one in held
    ]
