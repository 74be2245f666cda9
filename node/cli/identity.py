"""`wasl node`, `wasl key`: who this node is, whom it knows, and which keys speak for it. Never a private key."""

from __future__ import annotations

import stat
from collections import Counter

import click

from node import keys
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened, words_of
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotFound
from node.store import chains, origins, peers, records
from node.store.records import OURSELVES


@click.group("node")
def node_command() -> None:
    """Show who this node is, and the nodes that it knows."""


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


@click.group("key")
def key_command() -> None:
    """Show this node's keys: public halves and files, never a private key."""


@key_command.command("show", epilog=examples("wasl key show", "wasl key show --json"))
@json_option
@pass_terminal
def show_keys_command(terminal: Terminal, as_json: bool) -> None:
    """Show which keys speak for this node, and where their files are."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            chain = chains.chain_of(connection, node.did)
        card = chain.head if chain else None
        files = []
        for name in (keys.ROOT, keys.NEXT_ROOT, keys.SIGNING):
            path = node.config.keys / name
            there = path.exists()
            files.append(
                {
                    "file": str(path),
                    "there": there,
                    "mode": f"{stat.S_IMODE(path.stat().st_mode):04o}" if there else None,
                    "public": keys.multikey_of(keys.read(path)) if there else None,
                }
            )
    told = {
        "did": node.did,
        "root": card.root if card else None,
        "next_root_digest": card.next_root_digest if card else None,
        "signing_keys": dict(card.keys) if card else {},
        "files": files,
    }
    if as_json:
        printing.as_json(told)
        return
    printing.facts(
        (("identity", node.did), ("root key", told["root"]), ("next root, digest", told["next_root_digest"]))
    )
    printing.say()
    printing.table(("signing key", "state"), list(card.keys.items()) if card else [])
    printing.say()
    rows = [(file["file"], file["mode"] or "not here", file["public"] or "") for file in files]
    printing.table(("file", "mode", "public half"), rows)
