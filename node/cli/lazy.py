"""A command group that loads the room of a command when the command is called, and turns our errors into sentences.

The one place where an error becomes an exit code and a message: commands raise, they never print an error themselves.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import click

from node.cli import printing
from node.cli.exits import USAGE, exit_of, our_errors
from node.cli.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Room:
    """Where a command stands (`module` has it under the command's name plus `_command`) and its one line of help."""

    module: str
    line: str


def examples(*lines: str) -> str:
    """An epilog that shows command lines as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class LazyGroup(click.Group):
    """The top group. `rooms`: every command by name, in the order of the help."""

    def __init__(self, *args: Any, rooms: Mapping[str, Room] | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.rooms: Mapping[str, Room] = rooms or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.rooms)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in self.rooms:
            module = _loaded(self.rooms[cmd_name].module)
            self.add_command(getattr(module, f"{cmd_name.replace('-', '_')}_command"), cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.rooms and not args[0].startswith("-"):  # click suggests among the loaded ones only
            raise click.NoSuchCommand(args[0], possibilities=list(self.rooms), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, room.line) for name, room in self.rooms.items()])

    def invoke(self, ctx: click.Context) -> Any:
        words = [*ctx._protected_args, *ctx.args]
        as_json = "--json" in (words[: words.index("--")] if "--" in words else words)
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if not as_json:
                raise
            printing.error_json("usage", error.format_message())
            ctx.exit(USAGE)
        except our_errors() as error:
            if isinstance(error, BrokenPipeError):  # the reader of our output has gone: click ends quietly
                raise
            terminal = ctx.obj if isinstance(ctx.obj, Terminal) else None
            printing.error(error, terminal.language if terminal else "en", as_json)
            ctx.exit(exit_of(error))


def _loaded(name: str) -> ModuleType:
    """A module and all that it loads, which stays: garbage is neither looked for meanwhile, nor in it ever after."""
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()
