"""The demonstration from beginning to end: found, start, befriend, tell, wait, check, stay.

Law: whatever happens (Ctrl-C, SIGTERM, an error), the children end and a temporary folder goes.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from node import accounts
from node.demo import checking, members, places, story, watching
from node.demo.checking import Check
from node.demo.members import Member
from node.demo.processes import Children
from node.demo.saying import Voice

DEADLINE_S = 300.0
"""How long the network may take to converge, seconds."""
START_S = 60.0
"""How long all servers together may take to answer, seconds."""

_LOOK_S = 0.25


@dataclass(slots=True)
class Network:
    """A network that was started. `password`: of its administrators; `seconds`: how long each step took;
    `trouble`: sentences, empty when all is well."""

    members: list[Member]
    links: int
    password: str
    told: story.Told = field(default_factory=story.Told)
    seconds: dict[str, float] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)

    def step(self, name: str, began: float) -> float:
        """Write down how long a step took; gives the moment now."""
        now = time.monotonic()
        self.seconds[name] = round(now - began, 2)
        return now


def run(nodes: int, check: bool, as_json: bool, folder: Path | None, base_port: int) -> int:
    """See `node.demo.run_demo`."""
    voice = Voice(sys.stderr if as_json else sys.stdout)
    try:
        with _folder(folder) as home, Children() as children:
            network = build(voice, children, home, nodes, base_port)
            report = _report(network, children)
            if not network.trouble:
                report |= _try_out(voice, network, measured=check)
            return _finish(voice, network, report, children, as_json, stay=not check)
    except KeyboardInterrupt:
        voice.say("interrupted: every node was ended")
        return 130


def build(voice: Voice, children: Children, home: Path, nodes: int, base_port: int) -> Network:
    """Start a network and wait until it has converged; what went wrong stands in its `trouble`."""
    chosen = places.places(nodes)
    began = at = time.monotonic()
    voice.step(f"founding {nodes} nodes in {home}")
    password = accounts.generated()
    made = members.found_all(home, chosen, base_port, password)
    network = Network(made, len(places.links(chosen)), password)
    at = network.step("found", at)
    voice.step("starting their processes")
    for member in network.members:
        members.start(children, member)
    if not _all_answer(network, children):
        return network
    at = network.step("start", at)
    voice.step(f"making {network.links} peerings by invitation")
    by_word = {member.word: member for member in network.members}
    for host, guest in places.links(chosen):
        members.befriend(by_word[host], by_word[guest])
    at = network.step("peer", at)
    voice.step("publishing the demonstration data, each record by its own node")
    for told, _ in story.tell(network.members):
        network.told = told
    at = network.step("publish", at)
    _converge(voice, network, children, DEADLINE_S - (at - began))
    network.step("converge", at)
    network.step("total", began)
    return network


def _all_answer(network: Network, children: Children) -> bool:
    silent = list(network.members)
    with members.web() as session:

        def answered() -> bool:
            silent[:] = [member for member in silent if not members.answers(member, session)]
            return not silent or bool(children.died())

        members.wait_until(answered, START_S)
    for word, code in children.died().items():
        network.trouble.append(f"{word} ended by itself with exit code {code}")
    for member in silent:
        network.trouble.append(f"{member.word} does not answer at {member.url}")
        network.trouble += [f"{member.word} logged: {line}" for line in watching.errors_of(member)]
    return not network.trouble


def _converge(voice: Voice, network: Network, children: Children, timeout_s: float) -> None:
    expected = network.told.expected

    def done() -> bool:
        states = [watching.state_of(member) for member in network.members]
        voice.show(states, expected)
        return watching.converged(states, expected) or bool(children.died())

    reached = members.wait_until(done, timeout_s, _LOOK_S)
    network.trouble += [f"{word} ended by itself with exit code {code}" for word, code in children.died().items()]
    if not reached:
        network.trouble.append(f"not converged after {DEADLINE_S:.0f} seconds")
    if network.trouble:
        network.trouble += watching.diagnosis(network.members, expected)


def _try_out(voice: Voice, network: Network, measured: bool) -> dict[str, Any]:
    """Ask Berlin for its pages and every search over HTTP; with `measured`, publish and wait for the news to spread."""
    berlin = next(member for member in network.members if member.word == "isg-de")
    trials = checking.trials(network.members, network.told)
    checks = [checking.pages(berlin)]
    checks += [checking.search(trial, network.members, network.told) for trial in trials]
    found: dict[str, Any] = {"searches": [trial.address(network.members) for trial in trials]}
    if measured:
        voice.step(f"publishing {checking.ROUNDS} fresh records, waiting for each to be found on every node")
        took = checking.spread(network.members)
        lost = sum(value == float("inf") for value in took)
        p50, p95 = (checking.percentile(took, percent) for percent in (50, 95))
        found["searchable_everywhere_s"] = {"p50": _round(p50), "p95": _round(p95), "records": len(took), "lost": lost}
        checks.append(
            Check("news spread", not lost, f"found on every node after p50 {p50:.2f} s, p95 {p95:.2f} s, {lost} lost")
        )
    for check in checks:
        voice.step(f"{'ok    ' if check.ok else 'FAILED'}  {check.name}: {check.detail}")
    network.trouble += [f"{check.name}: {check.detail}" for check in checks if not check.ok]
    if network.trouble:
        network.trouble += watching.diagnosis(network.members, network.told.expected)
    return found | {"checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]}


def _report(network: Network, children: Children) -> dict[str, Any]:
    return {
        "nodes": len(network.members),
        "peerings": network.links,
        "records": len(network.told.expected),
        "seconds": network.seconds,
        "memory_mb": children.memory_mb(),
        "administrator": {"name": members.ADMINISTRATOR, "password": network.password},
        "addresses": {member.word: member.url for member in network.members},
    }


def _finish(
    voice: Voice, network: Network, report: dict[str, Any], children: Children, as_json: bool, stay: bool
) -> int:
    ok = not network.trouble
    for sentence in network.trouble:
        voice.say(f"  ! {sentence}")
    if as_json:
        print(orjson.dumps({"ok": ok, **report, "trouble": network.trouble}).decode("utf-8"), flush=True)
    elif ok:
        _tell_where(voice, network, report)
    if ok and stay:
        voice.say("Ctrl-C ends the network.")
        _stay(children, network.members, voice)
    return 0 if ok else 1


def _tell_where(voice: Voice, network: Network, report: dict[str, Any]) -> None:
    voice.say()
    for member in network.members:
        voice.say(f"  {member.place.names['en']:16} {member.url or 'no address: it calls Marrakech'}")
    voice.say(f"\nTo administer any of them: /admin on its address, as {members.ADMINISTRATOR}, {network.password}")
    voice.say("\nThree searches to try; each finds a practice that another town wrote in French:")
    for trial, address in zip(checking.trials(network.members, network.told), report["searches"], strict=True):
        voice.say(f"  {trial.language}  {trial.words}\n      {address}")
    voice.say()


def _stay(children: Children, those: Sequence[Member], voice: Voice) -> None:
    """Until Ctrl-C or SIGTERM. A node that ends by itself is told of once."""
    known: set[str] = set()
    while len(known) < len(those):
        threading.Event().wait(1.0)
        for word, code in children.died().items():
            if word not in known:
                known.add(word)
                voice.say(f"  ! {word} ended by itself with exit code {code}")


@contextlib.contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="wasl-demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def _round(value: float) -> float | None:
    return round(value, 3) if value != float("inf") else None
