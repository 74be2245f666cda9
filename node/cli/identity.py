"""`wasl node`: who this node is, whom it knows, and where it is reached. Its keys: `node/cli/keys.py`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from node import keyring
from node.cli import printing, sheets
from node.cli.lazy import examples
from node.cli.opening import actor, opened, words_of
from node.cli.options import json_option, yes_option
from node.cli.sheets import sheet_file_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotFound
from node.federation.outbound import checked_url
from node.store import chains, origins, peers, records
from node.store.records import OURSELVES


@click.group("node")
def node_command() -> None:
    """Show who this node is and the nodes that it knows; move it to another address."""


@node_command.command("show", epilog=examples("wasl node show", "wasl node show --json"))
@json_option
@pass_terminal
def show_command(terminal: Terminal, as_json: bool) -> None:
    """Show this node: identity, fingerprint words, card, and what it holds."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            chain = chains.chain_of(connection, node.did)
            counted = records.counts(connection, OURSELVES)
            states = Counter(peer.state for peer in peers.everyone(connection))
        if chain is None:
            raise NotFound("this node's card is missing: `wasl doctor` says more", "card_missing")
        held: Counter[str] = Counter()
        for (_, kind), count in counted.items():
            held[kind] += count
        told = {
            "did": node.did,
            "words": words_of(node.did, terminal.language),
            "name": chain.head.name(terminal.language),
            "url": chain.head.url,
            "country": chain.head.content["country"],
            "languages": list(chain.head.content["languages"]),
            "card": chain.head.number,
            "home": str(node.config.home),
            "records": dict(sorted(held.items())),
            "own_records": sum(count for (did, _), count in counted.items() if did == node.did),
            "peers": dict(sorted(states.items())),
        }
    if as_json:
        printing.as_json(told)
        return
    told["languages"] = ", ".join(chain.head.content["languages"])
    told["url"] = chain.head.url or "not reachable from outside: it calls the others"
    for name in ("records", "peers"):
        told[name] = ", ".join(f"{count} {word}" for word, count in told[name].items()) or "none"
    printing.facts((name.replace("_", " "), value) for name, value in told.items())


@node_command.command("list", epilog=examples("wasl node list", "wasl node list --json"))
@json_option
@pass_terminal
def list_command(terminal: Terminal, as_json: bool) -> None:
    """List the nodes whose records this one admits: names as they give them themselves, steps from us, records."""
    with opened(terminal) as node, node.database.reading() as connection:
        cards = chains.head_cards(connection)
        told = [
            {
                "did": did,
                "name": cards[did].name(terminal.language) if did in cards else None,
                "steps": origin.distance,
                "records": origin.records,
                "bytes": origin.bytes,
            }
            for did, origin in origins.everyone(connection).items()
            if origin.admitted
        ]
    if as_json:
        printing.as_json({"nodes": told})
    else:
        rows = [(node["name"] or "?", node["steps"], node["records"], node["did"]) for node in told]
        printing.table(("name", "steps", "revisions", "identity"), rows)


@node_command.command(
    "move",
    epilog=examples(
        "wasl node move https://wasl.rabat.example", "wasl node move --not-reachable --sheet-file words.txt"
    ),
)
@click.argument("url", required=False)
@click.option("--not-reachable", is_flag=True, help="Nobody can connect to this machine any more: it calls the others.")
@sheet_file_option
@yes_option()
@json_option
@pass_terminal
def move_command(
    terminal: Terminal, url: str | None, not_reachable: bool, sheet_file: Any, yes: bool, as_json: bool
) -> None:
    """Say on this node's card that it is reached at URL from now on. Peers follow by themselves, at the next meeting.

    Let the new address answer before the old one is given up: whoever meets us next learns of it from us.
    """
    if (url is None) is not not_reachable:
        raise click.UsageError("Give the new address, or --not-reachable.")
    with opened(terminal) as node:
        if url is not None:
            url = checked_url(url, node.config.sync_private_addresses)
        if not yes:
            where = f"is reached at {url}" if url else "can be reached by nobody"
            click.confirm(f"The card will say that this node {where}. Go on?", abort=True, err=True)
        card = keyring.move(node, url, sheets.given(node, sheet_file, ask=not (yes or as_json)), actor())
    if as_json:
        printing.as_json({"url": url, "card": card.revision})
    else:
        printing.say(f"Card {card.revision} says so; the peers read it when they meet this node.")
