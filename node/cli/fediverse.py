"""`wasl fediverse`: the account of this node that people on Mastodon and elsewhere can follow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import json_option, yes_option
from node.cli.terminal import Terminal, pass_terminal
from node.fediverse import place as places
from node.fediverse.standing import Standing, standing
from protocol import moment


@click.group("fediverse")
def fediverse_command() -> None:
    """Let people on Mastodon and elsewhere follow this node.

    The fediverse is a network of thousands of servers that speak ActivityPub. Whoever follows this node there reads
    its public practices among their news. Who follows is shown to nobody, only how many, and on which servers.
    """


@fediverse_command.command("status", epilog=examples("wasl fediverse status", "wasl fediverse status --json"))
@json_option
@pass_terminal
def status_command(terminal: Terminal, as_json: bool) -> None:
    """Show whether the node can be followed, how many do, and which servers take nothing."""
    with opened(terminal) as node, node.database.reading() as connection:
        found = standing(connection, node)
    if as_json:
        printing.as_json(_told(found))
        return
    printing.facts(
        [
            ("state", "on" if found.place else "off"),
            ("account", f"@{found.place.account}" if found.place else None),
            ("name", None if found.place else found.name),
            ("followers", found.followers),
            ("to examine", found.unexamined),
        ]
    )
    if found.hosts:
        printing.say()
        rows = [(one.host, one.followers, _at(one.told_at), _at(one.failing_since), one.error_code or "")
                for one in found.hosts]  # fmt: skip
        printing.table(("SERVER", "FOLLOWERS", "LAST TOLD", "FAILS SINCE", "WHY"), rows)
    if found.blocked:
        printing.say()
        printing.table(("BLOCKED", "SINCE"), [(host, _at(at)) for host, at in found.blocked.items()])


@fediverse_command.command("on", epilog=examples("wasl fediverse on rabat", "wasl fediverse on rabat --json"))
@click.argument("name")
@json_option
@pass_terminal
def on_command(terminal: Terminal, name: str, as_json: bool) -> None:
    """Let the node be followed as @NAME@host. The name is chosen once: another would lose whoever follows."""
    with opened(terminal) as node:
        place = places.switch_on(node, name, actor=actor())
    if as_json:
        printing.as_json({"account": place.account, "actor": place.actor})
    else:
        printing.say(f"The node can be followed as @{place.account}.")


@fediverse_command.command("off", epilog=examples("wasl fediverse off", "wasl fediverse off --json"))
@json_option
@pass_terminal
def off_command(terminal: Terminal, as_json: bool) -> None:
    """Let nobody follow any more. Who follows is remembered, for when it is on again."""
    with opened(terminal) as node:
        places.switch_off(node, actor=actor())
    if as_json:
        printing.as_json({"state": "off"})
    else:
        printing.say("The node cannot be followed any more.")


@fediverse_command.command(
    "block", epilog=examples("wasl fediverse block mastodon.example", "wasl fediverse block mastodon.example --json")
)
@click.argument("host")
@yes_option()
@json_option
@pass_terminal
def block_command(terminal: Terminal, host: str, yes: bool, as_json: bool) -> None:
    """Take nothing from a server and tell it nothing: whoever follows from there is forgotten."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            there = {one.host: one.followers for one in standing(connection, node).hosts}.get(host.lower(), 0)
        if there and not (yes or as_json):
            lost = f"{there} followers are forgotten, and must follow anew after an unblock."
            click.confirm(f"{lost} Go on?", abort=True, err=True)
        gone = places.block(node, host, actor=actor())
    if as_json:
        printing.as_json({"blocked": host.lower(), "followers_forgotten": gone})
    else:
        printing.say(f"{printing.plain(host)} is blocked; {gone} followers were forgotten.")


@fediverse_command.command(
    "unblock",
    epilog=examples("wasl fediverse unblock mastodon.example", "wasl fediverse unblock mastodon.example --json"),
)
@click.argument("host")
@json_option
@pass_terminal
def unblock_command(terminal: Terminal, host: str, as_json: bool) -> None:
    """Let people of a server follow again."""
    with opened(terminal) as node:
        places.unblock(node, host, actor=actor())
    if as_json:
        printing.as_json({"unblocked": host.lower()})
    else:
        printing.say(f"People of {printing.plain(host)} can follow again.")


def _told(found: Standing) -> dict[str, Any]:
    told = asdict(found)
    told["account"], told["on"] = (found.place.account if found.place else None), found.place is not None
    del told["place"]
    return told


def _at(seconds: int | None) -> str:
    return moment.to_text(seconds) if seconds is not None else ""
