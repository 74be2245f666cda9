"""Real nodes in a temporary folder, and `wasl` called as a person calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from simulator import prepared

from node.assembly import Node, open_node
from node.cli import main
from node.founding import Organisation, found
from node.store import chains, peers

Wasl = Callable[..., Result]
Founded = Callable[..., Path]
DATA = Path(__file__).parents[3] / "node" / "data" / "demo"


@pytest.fixture(scope="session")
def wasl() -> Wasl:
    """`wasl(home, *words, input=…, **environment)`: one call of the command. An unforeseen exception fails the test."""

    def call(home: Path | None, *words: str, input: Any = None, **environment: str) -> Result:
        env = {"LC_ALL": "en_GB.UTF-8", "NO_COLOR": "1", "WASL_HOME": None, **environment}
        arguments = [*(["--home", str(home)] if home else []), *words]
        result = CliRunner(env=env).invoke(main, arguments, input=input, prog_name="wasl")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def _found(home: Path, url: str | None, **settings: Any) -> Path:
    name = home.name.title()
    who = Organisation({"fr": name, "en": name}, "MA", ("fr", "ar"), url)
    found(prepared(home), who, {"node_language": "fr", **settings}, {}).close()
    return home


@pytest.fixture
def founded(tmp_path: Path) -> Founded:
    """`founded("rabat", url=…)`: the folder of a new node of that name."""

    def make(name: str, url: str | None = None, **settings: Any) -> Path:
        return _found(tmp_path / name, url, **settings)

    return make


@pytest.fixture(scope="session")
def rabat_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied, never used: founding takes longer than most commands."""
    return _found(tmp_path_factory.mktemp("once") / "rabat", "https://wasl.rabat.example")


@pytest.fixture
def rabat(rabat_once: Path, tmp_path: Path) -> Path:
    """A node with nothing in it but its card."""
    return Path(shutil.copytree(rabat_once, tmp_path / "rabat"))


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Node]]:
    """`opened(home)`: an open node, closed at the end of the test."""
    nodes: list[Node] = []

    def open_it(home: Path) -> Node:
        nodes.append(open_node(home, {}))
        return nodes[-1]

    yield open_it
    for node in nodes:
        node.close()


@pytest.fixture
def asks(opened: Callable[[Path], Node]) -> Callable[[Path, Path], str]:
    """`asks(a, b)`: the node in `a` has asked the one in `b` to become peers. Returns a's DID."""

    def ask(asking: Path, asked: Path) -> str:
        node, other = opened(asking), opened(asked)
        with node.database.reading() as connection:
            cards = chains.cards_of(connection, node.did)
        with other.database.writing() as connection:
            peers.add(connection, node.did, other.now(), asked_by="them", url=None, chain=b"\n".join(cards), note="")
        return node.did

    return ask


def _practice(**changes: Any) -> dict[str, Any]:
    line = json.loads((DATA / "practices.jsonl").read_text(encoding="utf-8").split("\n")[0])
    line |= {"id": "practice-001", **changes}
    return {name: value for name, value in line.items() if value is not None}


@pytest.fixture(scope="session")
def practice() -> Callable[..., dict[str, Any]]:
    """`practice(title=…)`: a line of the demonstration data, with changes; a change to None takes the field away."""
    return _practice


@pytest.fixture
def published(wasl: Wasl, rabat: Path, tmp_path: Path, practice: Callable[..., dict[str, Any]]) -> str:
    """The URI of one practice of `rabat`."""
    file = tmp_path / "practice.json"
    file.write_text(json.dumps(practice()), encoding="utf-8")
    result = wasl(rabat, "publish", str(file))
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip()
