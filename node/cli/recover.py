"""`wasl recover`: a node that lost some of its records, or whose key is used elsewhere: what is so, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from node import keyring, rebuilding, recovering, sightings
from node.assembly import Node
from node.cli import printing, sheets
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import json_option, yes_option
from node.cli.sheets import sheet_file_option
from node.cli.terminal import Terminal, pass_terminal
from node.recovering import Recovering
from node.sightings import Doubled
from protocol import moment

_DECISIONS = {
    "rolled-back": "rolled_back",
    "other-machine-stopped": "other_machine",
    "forged": "forged",
}
"""Option -> the explanation that it says is true."""


@click.command(
    "recover",
    epilog=examples(
        "wasl recover",
        "wasl recover --json",
        "wasl recover --rolled-back",
        "wasl recover --new-key --sheet-file words.txt",
    ),
)
@click.option("--go-on", "act", flag_value="go-on", help="Publish again at once, whatever is missing. Risk: a fork.")
@click.option("--rolled-back", "act", flag_value="rolled-back", help="This machine was put back to an older copy.")
@click.option(
    "--other-machine-stopped",
    "act",
    flag_value="other-machine-stopped",
    help="A second machine ran as this node, and is stopped for good.",
)
@click.option("--forged", "act", flag_value="forged", help="The records are forged: somebody has stolen the key.")
@click.option("--new-key", "act", flag_value="new-key", help="The key of this copy was replaced: bring in a new one.")
@sheet_file_option
@yes_option()
@json_option
@pass_terminal
def recover_command(terminal: Terminal, act: str | None, sheet_file: Any, yes: bool, as_json: bool) -> None:
    """Show what a recovering node still waits for; or decide about records signed as ours that we did not write.

    Without an option nothing is changed. Exit code: 0 when there is nothing to recover from, 3 while there is.
    """
    with opened(terminal) as node:
        if act == "go-on":
            _go_on(node, terminal.language, yes)
        elif act == "new-key":
            rebuilding.new_key(node, _seed(node, sheet_file, ask=not yes), actor=actor())
        elif act is not None:
            _decide(node, _DECISIONS[act], terminal.language, yes)
        found = recovering.status(node, terminal.language)
        doubled = sightings.status(node, terminal.language)
    if as_json:
        printing.as_json({"recovering": asdict(found) if found else None, "doubled": _plain(doubled)})
    elif found is not None:
        _tell_recovering(found)
    elif doubled is not None:
        _tell_doubled(doubled)
    else:
        printing.say("Nothing to recover from: this node publishes.")
    if found is not None or doubled is not None:
        click.get_current_context().exit(ATTENTION)


def _go_on(node: Node, language: str, yes: bool) -> None:
    if not yes:
        printing.note(recovering.risk(language))
        click.confirm("Publish again all the same?", abort=True, err=True)
    recovering.go_on(node, actor=actor())


def _decide(node: Node, word: str, language: str, yes: bool) -> None:
    found = sightings.status(node, language)
    if found is not None and not yes:
        for one in found.explanations:
            if one.word == word:
                printing.note(f"{one.title}. {one.sentence}")
                printing.note(one.then)
        click.confirm("Is this so?", abort=True, err=True)
    sightings.decide(node, word, actor=actor())


def _seed(node: Node, file: Any, *, ask: bool) -> bytes | None:
    """The seed of the sheet: of a file, else of this machine, else as typed."""
    if file is not None:
        return keyring.confirm_sheet(node, file.read())
    if keyring.root_here(node) or not ask:
        return None
    printing.note("The root key is not on this machine. Take the recovery sheet out of the safe.")
    return keyring.confirm_sheet(node, sheets.typed())


def _tell_recovering(found: Recovering) -> None:
    printing.say(printing.strong(found.sentence))
    printing.facts(
        (
            ("since", moment.to_text(found.since)),
            ("copy of", moment.to_text(found.backup_at) if found.backup_at else None),
            ("came back", f"{found.back} records of ours"),
            ("set aside", f"{found.held} records of ours" if found.held else None),
        )
    )
    if found.peers:
        printing.say()
        rows = [
            (one.name or "?", one.did[-8:], one.sentence, moment.to_text(one.at) if one.at else "", one.code or "")
            for one in found.peers
        ]
        printing.table(("peer", "ends in", "how it stands", "when", "code"), rows)
    printing.say()
    printing.say(found.waiting)
    printing.say(f"  do: {found.todo}")


def _tell_doubled(found: Doubled) -> None:
    printing.say(printing.strong(found.sentence))
    printing.say()
    rows = [
        (one.type, one.uri.rpartition("/")[2], one.revision, one.via_name or one.via[-8:], moment.to_text(one.at))
        for one in found.records
    ]
    printing.table(("type", "record", "revision", "brought by", "when"), rows)
    options = {word: name for name, word in _DECISIONS.items()}
    for one in found.explanations:
        printing.say()
        printing.say(f"{printing.strong(one.title)}: {one.sentence}")
        printing.say(f"  wasl recover --{options[one.word]}")
        printing.say(f"  {one.then}")
    if found.word == "revoke":
        printing.say()
        printing.say("  do: wasl key revoke")


def _plain(found: Doubled | None) -> dict[str, Any] | None:
    if found is None:
        return None
    told = asdict(found)
    for one in told["records"]:
        one["digest"] = one["digest"].hex()
    return told
