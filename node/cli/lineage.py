"""`wasl lineage`: who took up a practice from whom, as a tree of lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from node import lineage
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import name_of, opened, uri_of
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotFound
from node.lineage import Branch, Lineage
from node.store import records
from node.store.records import OURSELVES
from node.wording import Reading


@click.command(
    "lineage",
    epilog=examples(
        "wasl lineage did:key:z6Mk…/records/…", "wasl lineage 4d2f3d6e-…", "wasl lineage 4d2f3d6e-… --json"
    ),
)
@click.argument("uri")
@json_option
@pass_terminal
def lineage_command(terminal: Terminal, uri: str, as_json: bool) -> None:
    """Show the family of a practice: from whom it came, who took it up, what came of it.

    Counted from signed adaptations; ★ says that the source knows of it. URI may be the id alone for a record of ours.
    """
    with opened(terminal) as node:
        uri = uri_of(node, uri)
        with node.database.reading() as connection:
            shown = records.get(connection, uri, OURSELVES)
            if shown is None or (shown.state == "live" and shown.type != "Practice"):
                raise NotFound("no practice with this URI is held here", "unknown_record")
            found = lineage.lineage(connection, uri, OURSELVES)
            said = lineage.evidence(records.about(connection, uri, OURSELVES, ["Adaptation"]), shown.origin)
        if as_json:
            evidence = {"worked": said.worked, "towns": said.towns, "failed": said.failed}
            children = [_branch(node, terminal, one) for one in found.branches]
            printing.as_json({"root": found.root, "whole": found.whole, "evidence": evidence, "adaptations": children})
            return
        for line in tree(node, terminal, found):
            printing.say(line)
        printing.say(
            f"This practice: tried in {said.towns} other towns, worked in {said.worked}, not in {said.failed}."
        )
        if not found.whole:
            printing.note("there are more: only a part is shown")


def tree(node: Node, terminal: Terminal, found: Lineage) -> Iterator[str]:
    """The source, and below each practice those that took it up."""
    source = found.source
    title = None
    if source is not None and source.state == "live":
        title = Reading(source.content, str(source.body["language"]), wish=terminal.language).at("title")
    name = _name(node, terminal, found.root.partition("/records/")[0])
    yield f"{name}  {printing.plain(title.text) if title else 'no longer shown'}  {printing.plain(found.root)}"
    yield from _lines(node, terminal, found.branches, "")


def _lines(node: Node, terminal: Terminal, branches: tuple[Branch, ...], before: str) -> Iterator[str]:
    for one in branches:
        last = one is branches[-1]
        said = one.adaptation.content
        known = "  ★" if one.acknowledged else ""
        words = f"{printing.plain(said.get('outcome', 'unknown'))}, {printing.plain(said.get('fidelity', '?'))}"
        name = _name(node, terminal, one.adaptation.origin)
        yield f"{before}{'└─' if last else '├─'} {name}  {words}{known}  {printing.plain(one.adaptation.uri)}"
        yield from _lines(node, terminal, one.children, before + ("   " if last else "│  "))


def _branch(node: Node, terminal: Terminal, one: Branch) -> dict[str, Any]:
    said = one.adaptation.content
    return {
        "uri": one.adaptation.uri,
        "source": one.adaptation.about,
        "origin": one.adaptation.origin,
        "name": name_of(node, one.adaptation.origin, terminal.language),
        "outcome": said.get("outcome"),
        "fidelity": said.get("fidelity"),
        "acknowledged": one.acknowledged,
        "result": one.result,
        "adaptations": [_branch(node, terminal, child) for child in one.children],
    }


def _name(node: Node, terminal: Terminal, did: str) -> str:
    return printing.plain(name_of(node, did, terminal.language) or f"…{did[-8:]}")
