"""`wasl exchange`: what other towns say to this one, and the acknowledgement, which is one command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import Connection

from node import exchanging, labels, learning, organisations
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, name_of, opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.config import LANGUAGES
from node.exchanging import Heard
from node.matching import Reason
from node.organisations import Matched
from node.store import chains
from node.store.records import OURSELVES, Stored
from node.wording import Reading
from protocol import moment

KINDS: Mapping[str, tuple[Callable[[Connection, Node], list[Heard]], str, str]] = {
    "adaptations": (exchanging.adaptations, "They took up a practice of yours", "changes"),
    "questions": (exchanging.questions, "They ask you", "title"),
    "answers": (exchanging.answers, "They answered you", "text"),
}
"""Kind -> who finds it, what stands above it, the field that is shown of it."""

_SHOWN = 160


@click.group("exchange")
def exchange_command() -> None:
    """Look at what other towns say to this one, and acknowledge it.

    Acknowledging tells the network that this node knows of an adaptation of its practice, or that an answer to its
    question is accepted. Writing adaptations, questions and answers: on the pages, or with `wasl publish`.
    """


@exchange_command.command(
    "list", epilog=examples("wasl exchange list", "wasl exchange list --all", "wasl exchange list --json")
)
@click.option("--all", "everything", is_flag=True, help="Also what is acknowledged or answered.")
@json_option
@pass_terminal
def list_command(terminal: Terminal, everything: bool, as_json: bool) -> None:
    """List adaptations of our practices, open questions to us, and answers to ours, that wait for this node."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            found = {kind: finds(connection, node) for kind, (finds, _, _) in KINDS.items()}
        shown = {kind: [one for one in heard if everything or not one.answered] for kind, heard in found.items()}
        if as_json:
            printing.as_json({kind: [_told(node, terminal, kind, one) for one in some] for kind, some in shown.items()})
            return
        for kind, some in shown.items():
            if some:
                printing.say(printing.strong(KINDS[kind][1]))
            for one in some:
                _say(_told(node, terminal, kind, one))
        if not any(shown.values()):
            printing.say("Nothing waits for this node." + ("" if everything else " --all shows what is done."))


@exchange_command.command(
    "acknowledge",
    epilog=examples(
        "wasl exchange acknowledge did:key:z6Mk…/records/…",
        'wasl exchange acknowledge did:key:z6Mk…/records/… --text "Merci de l\'avoir dit." --language fr',
    ),
)
@click.argument("uri")
@click.option("--text", default="", help="A word with it, 500 characters at most.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the word. [default: the node's]")
@json_option
@pass_terminal
def acknowledge_command(terminal: Terminal, uri: str, text: str, language: str | None, as_json: bool) -> None:
    """Say that we know of an adaptation of our practice, or accept an answer to our question. Said once only."""
    with opened(terminal) as node:
        made = exchanging.acknowledge(node, actor(), uri, text, language or node.config.node_language)
    if as_json:
        printing.as_json({"acknowledged": uri, "acknowledgement": made})
    else:
        printing.say(made)


@exchange_command.command(
    "take-back",
    epilog=examples(
        "wasl exchange take-back did:key:z6Mk…/records/…", "wasl exchange take-back did:key:z6Mk…/records/… --json"
    ),
)
@click.argument("uri")
@json_option
@pass_terminal
def take_back_command(terminal: Terminal, uri: str, as_json: bool) -> None:
    """Withdraw what was acknowledged. URI is that of the adaptation or answer, not of the acknowledgement."""
    with opened(terminal) as node:
        exchanging.take_back(node, actor(), uri)
    if as_json:
        printing.as_json({"taken_back": uri})
    else:
        printing.say(f"taken back: {printing.plain(uri)}")


@exchange_command.command("learning", epilog=examples("wasl exchange learning", "wasl exchange learning --json"))
@json_option
@pass_terminal
def learning_command(terminal: Terminal, as_json: bool) -> None:
    """Show who learns from whom: how many practices each town took up from each other, and what came of them."""
    with opened(terminal) as node, node.database.reading() as connection:
        cards = chains.head_cards(connection)
        flows, whole = learning.flows(connection, OURSELVES, cards)
    if as_json:
        printing.as_json({"whole": whole, "flows": [asdict(flow) for flow in flows]})
        return
    for flow in flows:
        names = [printing.plain(cards[did].name(terminal.language)) for did in (flow.source, flow.adopter)]
        counts = f"worked {flow.worked}, did not work {flow.failed}, not known yet {flow.open}"
        printing.say(f"{names[0]} → {names[1]}  {flow.total}  ({counts})")
    if not flows:
        printing.say("No town has told yet that it took up a practice of another one.")
    if not whole:
        printing.note("only the last ones are counted")


@exchange_command.command("matches", epilog=examples("wasl exchange matches", "wasl exchange matches --json"))
@json_option
@pass_terminal
def matches_command(terminal: Terminal, as_json: bool) -> None:
    """List organisations of other nodes that offer what this node's seek, or seek what they offer; the newest first."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            found = organisations.new_matches(connection, node)
        told = [_fitting(node, terminal, one) for one in found]
    if as_json:
        printing.as_json({"matches": told})
        return
    for one in told:
        printing.say(f"{printing.strong(printing.plain(one['other']['name']))}  {one['since']}")
        printing.say(f"  {printing.plain(one['other']['node'] or one['other']['origin'])} · {one['other']['uri']}")
        for reason in one["reasons"]:
            printing.say(f"  {printing.plain(_why(reason, one))}")
    if not told:
        printing.say("No organisation of another node fits one of this node's yet.")


def _fitting(node: Node, terminal: Terminal, one: Matched) -> dict[str, Any]:
    def party(stored: Stored) -> dict[str, Any]:
        name = name_of(node, stored.origin, terminal.language)
        return {"uri": stored.uri, "origin": stored.origin, "node": name, "name": _words(stored, "legalName")}

    def reason(why: Reason, offerer: str) -> dict[str, Any]:
        return {"offerer": offerer, "offered": why.offered, "sought": why.sought, "steps": why.steps} | {
            name: labels.concept(topic, terminal.language)
            for name, topic in (("offered_name", why.offered), ("sought_name", why.sought))
        }

    reasons = [reason(why, "other") for why in one.match.takes] + [reason(why, "ours") for why in one.match.gives]
    return {"ours": party(one.one), "other": party(one.other), "since": moment.to_text(one.since), "reasons": reasons}


def _why(reason: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    offerer, seeker = ("other", "ours") if reason["offerer"] == "other" else ("ours", "other")
    said = f"{one[offerer]['name']} offers {reason['offered_name']}"
    if not reason["steps"]:
        return f"{said}, which {one[seeker]['name']} seeks"
    return f"{said}; {one[seeker]['name']} seeks {reason['sought_name']}, which is close to it"


def _told(node: Node, terminal: Terminal, kind: str, one: Heard) -> dict[str, Any]:
    about = one.about
    return {
        "uri": one.said.uri,
        "origin": one.said.origin,
        "name": name_of(node, one.said.origin, terminal.language),
        "received": moment.to_text(one.said.received),
        "language": one.said.body["language"],
        "text": _words(one.said, KINDS[kind][2]),
        "outcome": one.said.content.get("outcome"),
        "about": one.said.about,
        "about_title": _words(about, "title") if about is not None and about.state == "live" else None,
        "answered": one.answered,
    }


def _words(stored: Stored, field: str) -> str:
    found = Reading(stored.content, str(stored.body.get("language", ""))).at(field)
    return found.text if found else ""


def _say(told: Mapping[str, Any]) -> None:
    text = " ".join(printing.plain(told["text"]).split())
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
    outcome = f" · {told['outcome']}" if told["outcome"] else ""
    done = " · done" if told["answered"] else ""
    printing.say(f"  {printing.plain(told['name'] or told['origin'])} · {told['received']}{outcome}{done}")
    printing.say(f"    {text}")
    if told["about_title"]:
        printing.say(f"    about: {printing.plain(told['about_title'])}")
    printing.say(f"    {printing.plain(told['uri'])}")
