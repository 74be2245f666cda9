"""`wasl user`: who may sign in to this node's pages. The first administrator is made here, or on the first-run page.

What only the machine itself may do stands here and on no page: taking away somebody's second factor.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from node import accounts
from node.accounts import User
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, opened
from node.cli.options import json_option
from node.cli.terminal import LANGUAGES, Terminal, pass_terminal
from node.errors import AccountProblem
from protocol import moment

_ROLES = click.Choice(accounts.ROLES)
_stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
_generate_option = click.option(
    "--generate", is_flag=True, help="Make a password and print it once; it must be changed at the first sign-in."
)


@click.group("user")
def user_command() -> None:
    """Who may sign in to the pages of this node, and in which role.

    reader: sees what is meant for the people of this node; editor: writes drafts; publisher: publishes; administrator:
    decides about peers, rules, keys and people. Each may do what the ones before it may.
    """


@user_command.command(
    "add",
    epilog=examples(
        "wasl user add amina --role administrator",
        "wasl user add k.idrissi --role editor --generate",
        "wasl user add amina --role administrator --password-stdin < password.txt",
    ),
)
@click.argument("name")
@click.option("--role", type=_ROLES, required=True, help="What the person may do.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the pages; else as the browser wishes.")
@_stdin_option
@_generate_option
@json_option
@pass_terminal
def add_command(
    terminal: Terminal,
    name: str,
    role: str,
    language: str | None,
    password_stdin: bool,
    generate: bool,
    as_json: bool,
) -> None:
    """Add somebody. NAME: a to z, digits, dot, hyphen, underscore. The password is asked for, unless told otherwise."""
    with opened(terminal) as node:
        accounts.check_name(name)  # before anybody has typed a password twice
        password = _password(password_stdin, generate, as_json)
        user = accounts.create_user(node, name, role, password, actor=actor(), language=language, once=generate)
        _show(user, as_json, password if generate else None)


@user_command.command("list", epilog=examples("wasl user list", "wasl user list --json"))
@json_option
@pass_terminal
def list_command(terminal: Terminal, as_json: bool) -> None:
    """List the people who have an account."""
    with opened(terminal) as node:
        told = [_told(user) for user in accounts.everyone(node)]
    if as_json:
        printing.as_json({"users": told})
        return
    if not told:
        printing.say("Nobody yet: `wasl user add NAME --role administrator` makes the first administrator.")
        return
    rows = [
        (
            user["name"],
            user["role"],
            "disabled" if user["disabled"] else "password to change" if user["must_change"] else "active",
            "yes" if user["second_factor"] else "no",
            user["seen_at"] or "never",
        )
        for user in told
    ]
    printing.table(("name", "role", "state", "second factor", "last signed in"), rows)


@user_command.command(
    "password",
    epilog=examples("wasl user password amina", "wasl user password k.idrissi --generate --json"),
)
@click.argument("name")
@_stdin_option
@_generate_option
@json_option
@pass_terminal
def password_command(terminal: Terminal, name: str, password_stdin: bool, generate: bool, as_json: bool) -> None:
    """Give somebody another password. Ends all their sessions; a second factor stays as it is."""
    with opened(terminal) as node:
        accounts.get(node, name)
        password = _password(password_stdin, generate, as_json)
        accounts.set_password(node, name, password, actor=actor(), once=generate)
        _show(accounts.get(node, name), as_json, password if generate else None)


@user_command.command(
    "role", epilog=examples("wasl user role k.idrissi publisher", "wasl user role amina reader --json")
)
@click.argument("name")
@click.argument("role", type=_ROLES)
@json_option
@pass_terminal
def role_command(terminal: Terminal, name: str, role: str, as_json: bool) -> None:
    """Give somebody another role, and end their sessions. There is always one administrator."""
    with opened(terminal) as node:
        accounts.set_role(node, name, role, actor=actor())
        _show(accounts.get(node, name), as_json)


@user_command.command("disable", epilog=examples("wasl user disable k.idrissi", "wasl user disable k.idrissi --json"))
@click.argument("name")
@json_option
@pass_terminal
def disable_command(terminal: Terminal, name: str, as_json: bool) -> None:
    """Let somebody sign in no more, and end their sessions. Nobody is deleted: the audit log names them."""
    with opened(terminal) as node:
        accounts.disable(node, name, actor=actor())
        _show(accounts.get(node, name), as_json)


@user_command.command("enable", epilog=examples("wasl user enable k.idrissi", "wasl user enable k.idrissi --json"))
@click.argument("name")
@json_option
@pass_terminal
def enable_command(terminal: Terminal, name: str, as_json: bool) -> None:
    """Let somebody sign in again, with the password and second factor of before."""
    with opened(terminal) as node:
        accounts.enable(node, name, actor=actor())
        _show(accounts.get(node, name), as_json)


@user_command.command(
    "second-factor-off",
    epilog=examples("wasl user second-factor-off amina", "wasl user second-factor-off amina --json"),
)
@click.argument("name")
@json_option
@pass_terminal
def second_factor_off_command(terminal: Terminal, name: str, as_json: bool) -> None:
    """Take away somebody's second factor, when telephone and spare codes are lost. Ends all their sessions.

    Make sure that it is they who ask: whoever then has the password can sign in.
    """
    with opened(terminal) as node:
        if not accounts.remove_totp(node, name, actor=actor()):
            raise AccountProblem(f"{name} has no second factor", "no_second_factor")
        _show(accounts.get(node, name), as_json)


@user_command.command("sign-out", epilog=examples("wasl user sign-out amina", "wasl user sign-out amina --json"))
@click.argument("name")
@json_option
@pass_terminal
def sign_out_command(terminal: Terminal, name: str, as_json: bool) -> None:
    """End all sessions of somebody."""
    with opened(terminal) as node:
        ended = accounts.sign_out_everywhere(node, name, actor=actor())
    if as_json:
        printing.as_json({"name": name, "sessions_ended": ended})
    else:
        printing.say(f"{ended} sessions ended")


def _password(from_stdin: bool, generate: bool, as_json: bool) -> str:
    """The new password: made, read, or asked for twice without showing it."""
    if from_stdin and generate:
        raise click.UsageError("--generate and --password-stdin exclude each other.")
    if generate:
        return accounts.generated()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if as_json:
        raise click.UsageError("--json asks nothing: use --password-stdin or --generate.")
    return str(click.prompt("Password (12 characters or more)", hide_input=True, confirmation_prompt=True, err=True))


def _told(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "language": user.language,
        "second_factor": user.has_totp,
        "spare_codes": user.spare_codes,
        "must_change": user.must_change,
        "disabled": user.disabled,
        "created_at": moment.to_text(user.created_at),
        "seen_at": moment.to_text(user.seen_at) if user.seen_at else None,
    }


def _show(user: User, as_json: bool, password: str | None = None) -> None:
    told = _told(user)
    if as_json:
        printing.as_json(told | ({"password": password} if password else {}))
        return
    printing.facts((name.replace("_", " "), value) for name, value in told.items() if value not in (None, "", 0))
    if password:
        printing.say(f"password    {printing.strong(password)}")
        printing.note(
            "It is shown this once. Give it by telephone or on paper; it must be changed at the first sign-in."
        )
