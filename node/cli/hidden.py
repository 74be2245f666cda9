"""`wasl hidden`: what the people of this node do not show here, of what other towns say."""

from __future__ import annotations

import click

from node import hiding
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, name_of, opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.store import hiding as hidden_store
from protocol import moment


@click.group("hidden")
def hidden_command() -> None:
    """Hide records of other towns here, look at what is hidden, and show it again.

    Nothing is deleted and nobody is told: the record travels on, and other nodes show it. To say something to its town,
    write a question about it on the pages.
    """


@hidden_command.command("list", epilog=examples("wasl hidden list", "wasl hidden list --json"))
@json_option
@pass_terminal
def list_command(terminal: Terminal, as_json: bool) -> None:
    """List what is hidden, the last first, with who hid it and why."""
    with opened(terminal) as node, node.database.reading() as connection:
        found, floods = hidden_store.listing(connection), hidden_store.flooded(connection)
        names = {did: name_of(node, did, terminal.language) for did in {*(one.origin for one in found), *floods}}
    told = [
        {
            "uri": one.uri,
            "type": one.type,
            "name": names[one.origin],
            "hidden_at": moment.to_text(one.at),
            "by": one.by,
            "reason": one.reason,
            "ended": not one.live,
        }
        for one in found
    ]
    if as_json:
        too_many = [{"origin": did, "name": names[did], "records": count} for did, count in floods.items()]
        printing.as_json({"hidden": told, "too_many": too_many})
        return
    for did, count in floods.items():
        printing.say(f"{count} records of {printing.plain(str(names[did] or ''))}: too many came in a day")
        printing.say(f"  {did}")
    for each in told:
        ended = " · ended by its town" if each["ended"] else ""
        printing.say(f"{each['type']} · {printing.plain(str(each['name'] or ''))} · {each['hidden_at']}{ended}")
        printing.say(f"  {printing.plain(str(each['by']))}: {printing.plain(str(each['reason']))}")
        printing.say(f"  {printing.plain(str(each['uri']))}")
    if not told and not floods:
        printing.say("Nothing is hidden.")


@hidden_command.command(
    "add",
    epilog=examples(
        'wasl hidden add did:key:z6Mk…/records/… --reason "insults people of our town"',
        'wasl hidden add did:key:z6Mk…/records/… --reason "names somebody" --json',
    ),
)
@click.argument("uri")
@click.option("--reason", required=True, help="Why, for whoever looks at it later; 500 characters at most.")
@json_option
@pass_terminal
def add_command(terminal: Terminal, uri: str, reason: str, as_json: bool) -> None:
    """Hide a record of another town on this node: pages, search, feeds and files. Undone by `wasl hidden remove`."""
    with opened(terminal) as node:
        hiding.hide(node, actor(), uri, reason)
    if as_json:
        printing.as_json({"hidden": uri})
    else:
        printing.say(f"hidden here: {printing.plain(uri)}")


@hidden_command.command(
    "release",
    epilog=examples("wasl hidden release did:key:z6Mk…", "wasl hidden release did:key:z6Mk… --json"),
)
@click.argument("did")
@json_option
@pass_terminal
def release_command(terminal: Terminal, did: str, as_json: bool) -> None:
    """Show what came in too great number from one town in a day, and let it bring anything for a day."""
    with opened(terminal) as node:
        count = hiding.show_all(node, actor(), did)
    if as_json:
        printing.as_json({"shown": count})
    else:
        printing.say(f"shown again: {count} records of {printing.plain(did)}")


@hidden_command.command(
    "remove",
    epilog=examples("wasl hidden remove did:key:z6Mk…/records/…", "wasl hidden remove did:key:z6Mk…/records/… --json"),
)
@click.argument("uri")
@json_option
@pass_terminal
def remove_command(terminal: Terminal, uri: str, as_json: bool) -> None:
    """Show a hidden record again."""
    with opened(terminal) as node:
        hiding.show(node, actor(), uri)
    if as_json:
        printing.as_json({"shown": uri})
    else:
        printing.say(f"shown again: {printing.plain(uri)}")
