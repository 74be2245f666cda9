"""`wasl quarantine`: what came and was not admitted, why, and trying it again. Strangers' bytes are shown as text."""

from __future__ import annotations

from typing import Any

import click

from node import governing, remedies, speech
from node.cli import printing
from node.cli.exits import ATTENTION
from node.cli.lazy import examples
from node.cli.opening import actor, name_of, opened, peer_of
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.terminal import Terminal, pass_terminal
from node.store import quarantine
from node.store.quarantine import Aside
from protocol import moment

SHOWN = 2_000
"""Characters of what was refused that are shown."""


@click.group("quarantine")
def quarantine_command() -> None:
    """Look at what was not admitted, and try it again.

    waiting (`pending`): a card or a vouch is missing, tried again by itself; `held`: dated in the future; `refused`:
    kept as evidence about the peer that brought it; `skipped`: left out by the rules of this node, only counted.
    """


@quarantine_command.command(
    "list",
    epilog=examples(
        "wasl quarantine list", "wasl quarantine list --state refused --via Bcujsq", "wasl quarantine list --json"
    ),
)
@click.option("--state", type=click.Choice(["pending", "held", "refused", "skipped"]), help="Only these.")
@click.option("--code", help="Only for this reason.")
@click.option("--via", help="Only what this peer brought: a DID, or the end of one.")
@click.option("--origin", help="Only what claims to be of this node: a DID.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--before", type=int, help="Only numbers below this one, to page on.")
@json_option
@pass_terminal
def list_command(
    terminal: Terminal,
    state: str | None,
    code: str | None,
    via: str | None,
    origin: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """List what lies aside, newest first, with the reasons counted."""
    with opened(terminal) as node:
        brought_by = peer_of(node, via) if via else None
        with node.database.reading() as connection:
            found = quarantine.listing(
                connection, brought_by, limit, state=state, code=code, origin=origin, before=before
            )
            reasons = quarantine.reasons(connection)
        names = {did: name_of(node, did, terminal.language) for did in {one.via for one in found} if did}
    if as_json:
        counted = [{"state": one.state, "code": one.code, "count": one.count, "bytes": one.size} for one in reasons]
        printing.as_json({"reasons": counted, "aside": [_told(one) for one in found]})
        return
    if not reasons:
        printing.say("Nothing lies aside.")
        return
    rows = [(one.state, one.code, one.count, speech.sentence_for(one.code, terminal.language)) for one in reasons]
    printing.table(("state", "reason", "count", "meaning"), rows)
    printing.say()
    listed = [
        (
            one.id,
            one.state,
            one.code,
            (names.get(one.via or "") or "?"),
            moment.to_text(one.last_at),
            one.size,
            one.times,
        )
        for one in found
    ]
    printing.table(("no.", "state", "reason", "brought by", "last", "bytes", "times"), listed)


@quarantine_command.command("show", epilog=examples("wasl quarantine show 17", "wasl quarantine show 17 --json"))
@click.argument("number", type=int)
@json_option
@pass_terminal
def show_command(terminal: Terminal, number: int, as_json: bool) -> None:
    """Show one thing that lies aside: reason, what to do, who brought it, and the bytes as text."""
    with opened(terminal) as node, node.database.reading() as connection:
        found = quarantine.find(connection, number)
    text = found.data.decode("utf-8", "replace")[:SHOWN] if found.data else None
    if as_json:
        printing.as_json({**_told(found), "detail": found.detail, "text": text})
        return
    printing.say(printing.strong(speech.sentence_for(found.code, terminal.language) or found.code))
    printing.say(f"  do: {remedies.remedy_for(found.code, terminal.language, ('InvalidRecord',))}")
    printing.facts((name.replace("_", " "), value) for name, value in _told(found).items())
    printing.say(f"  detail: {printing.plain(found.detail)}")
    if text:
        printing.say(printing.plain_lines(text))


@quarantine_command.command(
    "retry",
    epilog=examples("wasl quarantine retry 17", "wasl quarantine retry --all", "wasl quarantine retry --all --json"),
)
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything whose bytes are kept.")
@json_option
@pass_terminal
def retry_command(terminal: Terminal, numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Bring things to the door again: after a clock was set, a card has come, or Wasl was updated.

    Nothing is let in that the door refuses. Exit code 3 when something still lies aside.
    """
    if bool(numbers) == everything:
        raise click.UsageError("Give numbers (`wasl quarantine list`), or --all.")
    with opened(terminal) as node:
        tried = governing.retry(node, None if everything else numbers, actor=actor())
    if as_json:
        printing.as_json({"accepted": tried.accepted, "still": tried.still, "refused": tried.refused})
    else:
        printing.say(f"{tried.accepted} admitted, {tried.still} still aside, {tried.refused} refused again")
    if tried.still or tried.refused:
        click.get_current_context().exit(ATTENTION)


@quarantine_command.command(
    "drop", epilog=examples("wasl quarantine drop 17 18 --dry-run", "wasl quarantine drop 17 --yes")
)
@click.argument("numbers", type=int, nargs=-1, required=True)
@yes_option()
@dry_run_option
@json_option
@pass_terminal
def drop_command(terminal: Terminal, numbers: tuple[int, ...], yes: bool, dry_run: bool, as_json: bool) -> None:
    """Forget things that lie aside. A peer that still has them may bring them again."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            found = quarantine.many(connection, numbers)
        if dry_run:
            if as_json:
                printing.as_json({"aside": [_told(one) for one in found]})
            else:
                printing.say(f"would forget {len(found)}")
            return
        if not (yes or as_json):
            click.confirm(f"Forget {len(found)}?", abort=True, err=True)
        gone = governing.drop(node, numbers, actor=actor())
    if as_json:
        printing.as_json({"dropped": gone})
    else:
        printing.say(f"{gone} forgotten")


def _told(one: Aside) -> dict[str, Any]:
    return {
        "number": one.id,
        "digest": one.digest.hex(),
        "state": one.state,
        "code": one.code,
        "origin": one.origin,
        "via": one.via,
        "first_at": moment.to_text(one.first_at),
        "last_at": moment.to_text(one.last_at),
        "times": one.times,
        "bytes": one.size,
        "kept": one.data is not None,
    }
