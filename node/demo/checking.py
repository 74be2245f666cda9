"""What a visitor would try, tried by machine: pages answer, words of one language find records of another, news spread.

Each check gives a `Check`, never an exception, so that one failure does not hide the next.
"""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import requests

from node import publish
from node.demo.members import Member, wait_until, web
from node.demo.story import Told
from search import Query

ROUNDS = 10
"""Fresh records that are published for the measurement."""
PATIENCE_S = 20.0
"""How long one of them may take to be found everywhere, seconds."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `detail`: what was seen, in a sentence."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A search worth trying: `words` in `language` on the node `reader` find the demonstration's line `finds`."""

    reader: str
    language: str
    words: str
    finds: str

    def address(self, members: Sequence[Member]) -> str:
        """The page with the results."""
        url = next(member.url for member in members if member.word == self.reader)
        return f"{url}/search?q={quote(self.words)}&lang={self.language}"


TRIALS = (
    Trial("isg-de", "de", "psychosoziale Beratung für Geflüchtete", "practice-007"),  # in French, of Rabat
    Trial("isg-tr", "tr", "mikrokredi", "practice-036"),  # in French, of Tiznit, whom nobody can call
    Trial("rabat", "ar", "القروض الصغرى للنساء", "practice-036"),  # in French, of Tiznit
    Trial("isg-de", "tr", "mikrokredi", "practice-036"),
    Trial("isg-de", "de", "Dolmetscher Aufenthaltstitel", "practice-005"),  # in French, of Rabat
    Trial("rabat", "ar", "الصحة النفسية", "practice-007"),  # in French, of Rabat
)
"""The first is the demonstration's promise; of the others the first two whose record and reader are there are shown."""


def trials(members: Sequence[Member], told: Told) -> list[Trial]:
    """Three searches for these nodes: each record is held, each reader has pages."""
    words = {member.word for member in members}
    return [trial for trial in TRIALS if trial.reader in words and trial.finds in told.envelopes][:3]


def pages(member: Member) -> Check:
    """The node's home page answers."""
    with web() as session:
        status, _ = _get(session, f"{member.url}/")
    return Check(f"home page of {member.word}", status == 200, f"GET / gave {status}")


def search(trial: Trial, members: Sequence[Member], told: Told) -> Check:
    """The page of results names the record."""
    record = told.envelopes[trial.finds].record
    with web() as session:
        status, body = _get(session, trial.address(members))
    found = status == 200 and record in body
    detail = f"“{trial.words}” on {trial.reader}: HTTP {status}, {trial.finds} {'found' if found else 'not found'}"
    return Check(f"{trial.language} search on {trial.reader}", found, detail)


def spread(
    members: Sequence[Member], rounds: int = ROUNDS, progress: Callable[[int], object] = lambda done: None
) -> list[float]:
    """Publish fresh records, one after another by different nodes; seconds until each was found on every node.

    Found means: the node's own index gives it for a word that stands nowhere else. Infinite where patience ended.
    """
    took = []
    for number in range(rounds):
        author = members[(number * 5 + 2) % len(members)]
        word = "".join(random.choices(string.ascii_lowercase, k=14))  # noqa: S311
        began = time.perf_counter()
        publish.publish(author.node, _news(word))
        missing = list(members)

        def everywhere(word: str = word, missing: list[Member] = missing) -> bool:
            missing[:] = [member for member in missing if not _finds(member, word)]
            return not missing

        done = wait_until(everywhere, PATIENCE_S, 0.02)
        took.append(time.perf_counter() - began if done else float("inf"))
        progress(number + 1)
    return took


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: the least value that `percent` of 100 do not pass. `values` is not empty."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def _finds(member: Member, word: str) -> bool:
    return member.searcher.find(Query(word, "fr")).results.total > 0


def _get(session: requests.Session, url: str) -> tuple[int, str]:
    try:
        answer = session.get(url, timeout=20)
    except requests.RequestException as error:
        return 0, type(error).__name__
    return answer.status_code, answer.text


def _news(word: str) -> publish.Statement:
    content = {
        "title": {"fr": f"Mesure de la propagation {word}"},
        "summary": {"fr": "Cette fiche sert à mesurer en combien de temps une pratique publiée ici se trouve partout."},
        "challenge": {"fr": "Savoir si le réseau transmet vite ce qu'une commune vient de publier."},
        "approach": {
            "fr": "Publier une fiche avec un mot qui ne se trouve nulle part ailleurs, et le chercher partout."
        },
        "results": {"fr": "Le temps mesuré se lit à la fin de la démonstration."},
        "lessonsLearned": {"fr": "Une mesure vaut mieux qu'une promesse, même quand elle déçoit."},
        "topics": ["capacity-building"],
        "targetGroups": ["local-csos"],
        "status": "completed",
        "startDate": "2026-01",
    }
    return publish.Statement("Practice", content, "fr", illustrative=True)
