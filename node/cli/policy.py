"""`wasl policy`: whose records this node admits. Set in the database; the settings are what a new node begins with."""

from __future__ import annotations

from dataclasses import asdict, replace

import click

from node import admission, governing, previews
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.telling import previewed, told_preview
from node.cli.terminal import Terminal, pass_terminal
from node.policy import LISTED, VOUCHED, Rules
from node.store import notes, origins


@click.group("policy")
def policy_command() -> None:
    """Decide whose records this node admits.

    `listed`: those of our peers. `vouched`: also of whoever enough admitted nodes vouch for, not too many steps away.
    A block wins over both.
    """


@policy_command.command("show", epilog=examples("wasl policy show", "wasl policy show --json"))
@json_option
@pass_terminal
def show_command(terminal: Terminal, as_json: bool) -> None:
    """Show the rules in force, where they come from, and how many nodes they admit."""
    with opened(terminal) as node, node.database.reading() as connection:
        rules = admission.rules_in_force(connection, node)
        given = "set by an administrator" if notes.value(connection, admission.POLICY) else "from the settings"
        admitted = sum(origin.admitted for origin in origins.everyone(connection).values())
    told = {**asdict(rules), "from": given, "admitted_nodes": admitted}
    if as_json:
        printing.as_json(told)
    else:
        printing.facts((name.replace("_", " "), value) for name, value in told.items())


@policy_command.command(
    "set",
    epilog=examples(
        "wasl policy set vouched --vouches 2 --dry-run",
        "wasl policy set listed --yes",
        "wasl policy set vouched --json",
    ),
)
@click.argument("admit", type=click.Choice([LISTED, VOUCHED]))
@click.option("--vouches", type=click.IntRange(1, governing.MOST_VOUCHES), help="How many nodes must vouch.")
@click.option("--distance", type=click.IntRange(1, governing.MOST_STEPS), help="Steps from us, at most.")
@yes_option()
@dry_run_option
@json_option
@pass_terminal
def set_command(
    terminal: Terminal, admit: str, vouches: int | None, distance: int | None, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Put other rules in force, after showing what they would change: "3 origins and 41 practices would disappear"."""
    with opened(terminal) as node:
        with node.database.reading() as connection:
            rules = replace(admission.rules_in_force(connection, node), admit=admit)
        rules = Rules(admit, vouches or rules.vouches, distance or rules.distance)
        seen = previews.policy(node, rules)
        if dry_run:
            if as_json:
                printing.as_json({**asdict(rules), **told_preview(seen)})
            else:
                previewed(seen, terminal.language)
            return
        if not as_json:
            previewed(seen, terminal.language)
            if not (yes or seen.empty):
                click.confirm("Go on?", abort=True, err=True)
        came, left = governing.set_policy(node, rules, actor=actor())
    if as_json:
        printing.as_json({**asdict(rules), "came": sorted(came), "left": sorted(left)})
    else:
        printing.say("The rules are in force.")
