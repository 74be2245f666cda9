"""Write docs/cli.md, the help of every command as it is printed: `python docs/generate_cli.py [--check]`.

With --check nothing is written; the exit code is 1 when the page is not what the commands say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from node.cli import main as wasl

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 100

INTRO = """\
# The command `wasl`

Generated from the commands' own `--help` by `docs/generate_cli.py`; do not edit by hand.

Commands work on the node in one folder: `--home`, or the environment's `WASL_HOME`, or `./wasl-node` if there is one,
or the user's data folder (`~/.local/share/wasl`). Errors are one sentence, what to do and a stable code
([errors.md](errors.md)), in the language of the terminal's locale or else of the node. `NO_COLOR` is respected.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | error |
| 2 | wrong usage |
| 3 | done, but something needs attention |
| 4 | refused by policy, this node's or a peer's |

"""


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, with the words that call each."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from commands(inner, (*path, name))


def help_of(command: click.Command, path: tuple[str, ...]) -> str:
    """What `--help` prints, at a fixed width and without colour."""
    context: click.Context | None = None
    for word in path[:-1]:
        context = click.Context(wasl if context is None else click.Group(word), info_name=word, parent=context)
    here = click.Context(command, info_name=path[-1], parent=context, terminal_width=WIDTH, max_content_width=WIDTH)
    return click.unstyle(command.get_help(here))


def render() -> str:
    """The page."""
    parts = [INTRO]
    for path, command in commands(wasl, ("wasl",)):
        parts.append(f"{'#' * min(len(path) + 1, 4)} {' '.join(path)}\n\n```text\n{help_of(command, path)}\n```\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write or check the page. Returns the exit code."""
    page = render()
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        if not fresh:
            sys.stderr.write("docs/cli.md is not what the commands say: run python docs/generate_cli.py\n")
        return 0 if fresh else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
