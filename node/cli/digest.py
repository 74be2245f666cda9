"""`wasl digest`: the weekly mail of what people follow, printed without a mail server, or sent now."""

from __future__ import annotations

from typing import Any

import click

from node import accounts
from node.assembly import Node
from node.cli import printing
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import opened
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.following import keeping, words
from node.mailing import composing, post, sending, writing
from node.mailing.composing import Digest
from node.store import follows, mailings
from node.store.accounts import User


@click.command(
    "digest",
    epilog=examples(
        "wasl digest --print",
        "wasl digest --print --user amina --json",
        "wasl digest --send",
        "wasl digest --send --early --user amina",
    ),
)
@click.option(
    "--print", "prints", is_flag=True, help="Show what would be sent now, to everybody who follows something."
)
@click.option("--send", "sends", is_flag=True, help="Send what is due now, without waiting for the worker.")
@click.option("--user", "user", metavar="NAME", help="Only this person.")
@click.option("--early", is_flag=True, help="With --send and --user: although the week is not over.")
@json_option
@pass_terminal
def digest_command(terminal: Terminal, prints: bool, sends: bool, user: str | None, early: bool, as_json: bool) -> None:
    """Print or send the weekly mail of what people follow.

    Printing needs no mail server and changes nothing: the same news are in the next mail. Sending needs [mail] in
    wasl.toml (docs/following.md); it also sends the mails that ask to confirm an address.
    """
    if prints == sends:
        raise click.UsageError("Say --print or --send.")
    if early != bool(sends and user):
        raise click.UsageError("--early goes with --send and --user; --send to one person needs it.")
    with opened(terminal) as node:
        while keeping.follow_once(node):
            pass
        if prints:
            _print(node, user, as_json)
        else:
            _send(node, user, as_json)


def _print(node: Node, name: str | None, as_json: bool) -> None:
    people = [accounts.get(node, name)] if name else [one for one in accounts.everyone(node) if not one.disabled]
    found = []
    with node.database.reading() as connection:
        for person in people:
            if name or follows.of(connection, person.id):
                mailing = mailings.find(connection, person.id)
                wanted = mailing is not None and mailing.confirmed_at is not None
                found.append((person, composing.compose(connection, node, person), wanted))
    if as_json:
        printing.as_json({"digests": [_told(*one) for one in found]})
        return
    for person, digest, wanted in found:
        how = "gets the weekly mail" if wanted else "gets no mail: reads the page Following"
        printing.say(printing.strong(f"{printing.plain(person.name)} ({how})"))
        if digest.total:
            printing.say(printing.plain(writing.subject(digest)))
            printing.say(printing.plain_lines(writing.digest_text(digest, "")))
        else:
            printing.say("Nothing new: no mail.")
    if not found:
        printing.say("Nobody follows anything yet.")


def _send(node: Node, name: str | None, as_json: bool) -> None:
    """Send, and exit 3 when something that is due could not be sent."""
    if name:
        sent = sending.send_early(node, [accounts.get(node, name).name])
    else:
        with post.opened(node.config):
            pass  # whoever asks at the terminal is told what is wrong with the server
        sent = sum(iter(lambda: sending.turn(node), 0))
    with node.database.reading() as connection:
        failing = [one for one in mailings.confirmed(connection) if one.error_code]
    if as_json:
        printing.as_json({"sent": sent, "failing": len(failing)})
    else:
        printing.say(f"{sent} sent" + (f", {len(failing)} could not be sent: see the log" if failing else ""))
    if failing:
        click.get_current_context().exit(ATTENTION)


def _told(person: User, digest: Digest, wanted: bool) -> dict[str, Any]:
    return {
        "user": person.name,
        "language": digest.language,
        "by_mail": wanted,
        "subject": writing.subject(digest) if digest.total else None,
        "more": digest.more,
        "members_only": digest.members,
        "news": [
            {
                "uri": piece.stored.uri,
                "what": piece.word,
                "illustrative": piece.stored.body.get("illustrative") is True,
                "title": words.line(piece.title_text),
                "address": digest.root + piece.path,
                "because": [{"kind": one.follow.kind, "target": one.follow.target} for one in piece.why],
            }
            for piece in digest.pieces
        ],
    }
