"""The group `wasl`: help, lazy loading, errors and exit codes."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from node.cli import ROOMS, exits, main, printing, terminal
from node.errors import ConfigProblem, KeysUnsafe, NotAllowed, PeerRefused, StoreFull
from node.remedies import remedy_of
from protocol.errors import FieldProblem

HEAVY = ("sqlalchemy", "alembic", "flask", "cryptography", "marshmallow", "whoosh", "requests", "waitress", "orjson")


def _leaves(command: click.Command, path: tuple[str, ...] = ("wasl",)) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _leaves(inner, (*path, name))
    else:
        yield " ".join(path), command


LEAVES = dict(_leaves(main))


def test_help_loads_nothing_heavy():
    """`wasl --help` answers in well under 0.4 s because it imports neither database, nor index, nor cryptography."""
    program = (
        "import sys; from click.testing import CliRunner; from node.cli import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_node_serves_without_what_only_a_migration_needs():
    program = (
        "import sys, node.cli.serving; print([name for name in ('alembic', 'mako', 'pygments') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_a_command_loads_is_never_searched_for_garbage():
    program = (
        "import gc; from node.cli import main; main.get_command(None, 'serve')\n"
        "print(gc.isenabled(), gc.get_freeze_count())"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    enabled, frozen = told.stdout.split()
    assert enabled == "True"
    assert int(frozen) > 100_000


def test_help_lists_every_command_with_its_line(wasl):
    told = wasl(None, "--help").stdout
    for name, room in ROOMS.items():
        assert f"  {name} " in told
        assert room.line in told


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_explains_itself_with_examples_that_parse(name):
    command = LEAVES[name]
    assert command.help
    shown = [line.strip() for line in (command.epilog or "").split("\n") if line.startswith("  wasl ")]
    shown += [
        line.strip().split("|")[0] for line in (command.epilog or "").split("\n") if "| wasl" in line or "zcat" in line
    ]
    assert len(shown) >= 2
    for example in shown:
        words = shlex.split(example)
        if words[0] != "wasl":
            continue
        words = words[3:] if words[1] == "--home" else words[1:]
        rest = words[len(name.split()) - 1 :]
        assert ["wasl", *words[: len(words) - len(rest)]] == name.split()
        context = click.Context(command)
        command.make_parser(context).parse_args(list(rest))


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_has_a_meaning(name):
    for parameter in LEAVES[name].params:
        if isinstance(parameter, click.Option) and parameter.name not in ("limit",):
            assert parameter.help or isinstance(parameter.type, click.Choice), parameter.name


def test_wrong_command_is_answered_with_a_near_one(wasl):
    result = wasl(None, "serch")
    assert result.exit_code == 2
    assert "search" in result.stderr


def test_where_no_node_is_the_error_says_to_run_init(wasl, tmp_path):
    result = wasl(tmp_path / "nothing", "node", "show")
    assert result.exit_code == 1
    assert "wasl init" in result.stderr
    assert "no_node" in result.stderr
    assert result.stdout == ""


def test_error_in_json_has_code_and_message(wasl, tmp_path):
    result = wasl(tmp_path / "nothing", "node", "show", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stderr)["error"]["code"] == "no_node"


def test_wrong_usage_in_json_is_json_too(wasl, rabat):
    result = wasl(rabat, "search", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stderr)["error"]["code"] == "usage"


def test_unknown_setting_is_told_with_the_nearest_one(wasl, rabat):
    with (rabat / "wasl.toml").open("a", encoding="utf-8") as file:
        file.write("\n[syncc]\ninterval_s = 5\n")
    result = wasl(rabat, "node", "show")
    assert result.exit_code == 1
    assert "did you mean `interval_s` in [sync]" in result.stderr
    assert "unknown_setting" in result.stderr


def test_key_that_others_can_read_stops_the_node_and_tells_the_command(wasl, rabat):
    key = rabat / "keys" / "signing.pem"
    key.chmod(0o644)
    result = wasl(rabat, "node", "show")
    assert result.exit_code == 1
    assert f"chmod 600 {key}" in result.stderr
    key.chmod(0o600)
    assert wasl(rabat, "node", "show").exit_code == 0


def test_file_that_cannot_be_written_is_an_error_with_a_code(wasl, rabat, tmp_path):
    result = wasl(rabat, "export", "-o", str(tmp_path / "no" / "such" / "folder.jsonl"))
    assert result.exit_code == 1
    assert "file_problem" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigProblem("x"), exits.ERROR),
        (KeysUnsafe("x"), exits.ERROR),
        (StoreFull("x"), exits.ERROR),
        (FieldProblem("x"), exits.ERROR),
        (NotAllowed("x", "not_ours"), exits.REFUSED),
        (NotAllowed("x", "already_ended"), exits.ERROR),
        (PeerRefused("x", "peer_blocked"), exits.REFUSED),
    ],
)
def test_exit_code_of_an_error(error, code):
    assert exits.exit_of(error) == code


def test_every_error_class_has_a_remedy_or_says_it_itself():
    assert remedy_of(NotAllowed("x", "something_new"), "en")
    assert remedy_of(ConfigProblem("x", "no_node"), "en") == ""


def test_error_is_told_in_the_language_of_the_locale_else_of_the_node(rabat):
    spoken = {"LC_ALL": "de_DE.UTF-8"}
    assert terminal.Terminal(rabat, True, spoken).language == "de"
    assert terminal.Terminal(rabat, True, {"LANG": "C.UTF-8"}).language == "fr"
    assert terminal.Terminal(rabat / "nothing", True, {}).language == "en"


def test_default_home_is_the_local_folder_and_else_the_users(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert terminal.default_home({"XDG_DATA_HOME": "/data"}) == Path("/data/wasl")
    (tmp_path / "wasl-node").mkdir()
    assert terminal.default_home({"XDG_DATA_HOME": "/data"}) == Path("wasl-node")


def test_home_may_come_from_the_environment(wasl, rabat):
    assert wasl(None, "node", "show", WASL_HOME=str(rabat)).exit_code == 0


def test_text_of_a_stranger_cannot_move_the_cursor_or_turn_the_line():
    assert printing.plain("a\x1b[2Jb\u202egnp.exe\x07\nc") == "a [2Jbgnp.exe  c"
    assert printing.plain("بني ملال") == "بني ملال"


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert printing.strong("x", "red") == "x"
    monkeypatch.delenv("NO_COLOR")
    assert printing.strong("x", "red") != "x"
