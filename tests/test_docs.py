"""Whatever is public is documented, and what is generated is fresh. There is no list of exceptions."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from node.cli import main as wasl
from node.config import settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
GENERATORS = ("generate_cli", "generate_configuration", "generate_decisions", "generate_errors")


@cache
def _generator(name: str):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, f"{path} {name}")


COMMANDS = dict(_commands(wasl, "wasl"))


@pytest.mark.parametrize("name", GENERATORS)
def test_generated_page_is_what_the_source_says(name):
    module = _generator(name)
    assert module.PAGE.read_text(encoding="utf-8") == module.render(), f"run python docs/{name}.py"
    assert module.main(["--check"]) == 0


@pytest.mark.parametrize("name", GENERATORS)
def test_check_notices_a_page_that_is_stale(name, tmp_path, monkeypatch):
    module = _generator(name)
    monkeypatch.setattr(module, "PAGE", tmp_path / "page.md")
    assert module.main(["--check"]) == 1
    (tmp_path / "page.md").write_text("stale", encoding="utf-8")
    assert module.main(["--check"]) == 1
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0


@pytest.mark.parametrize("path", COMMANDS)
def test_command_and_its_options_are_documented(path):
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    _, found, rest = page.partition(f"# {path}\n")
    assert found, path
    section = rest.partition("\n#")[0]
    assert f"Usage: {path}" in section
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert all(option in section for option in parameter.opts), parameter.opts


@pytest.mark.parametrize("name", settings())
def test_setting_is_documented(name):
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    row = next((line for line in page.splitlines() if f"| `WASL_{name.upper()}` |" in line), "")
    assert settings()[name].metadata["meaning"] in row


def test_every_code_is_documented_with_a_sentence():
    module = _generator("generate_errors")
    rows = {}
    for line in (DOCS / "errors.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows[cells[0].strip("`")] = cells
    assert set(rows) == set(module.collect())
    for code, (_, said, todo, http, exit_code) in rows.items():
        assert said, code
        assert todo, code
        assert http == "–" or 400 <= int(http) < 600
        assert exit_code in ("–", "1", "4")


@pytest.mark.parametrize(
    "code", ["no_node", "bad_proof", "field_limit", "not_admitted", "index_damaged", "waiting", "usage"]
)
def test_codes_are_found_wherever_they_are_given(code):
    """One of each way in which the source gives a code: raised, by class, by a schema, a verdict, search, a meeting."""
    assert code in _generator("generate_errors").collect()


def test_there_are_decisions():
    assert DECISIONS


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_is_in_the_list_of_decisions(path):
    listed = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert path.name in listed


def test_numbers_of_decisions_are_used_once():
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers)


def _mentions() -> dict[str, set[str]]:
    """Every docs/… page that the code names: the page, and the files that name it."""
    found: dict[str, set[str]] = {}
    for package in ("node", "protocol", "search", "docs"):
        for source in sorted((ROOT / package).rglob("*.py")):
            for page in re.findall(r"\bdocs/[A-Za-z0-9/_-]+\.(?:md|py)\b", source.read_text(encoding="utf-8")):
                found.setdefault(page, set()).add(source.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize("page", sorted(_mentions()))
def test_page_that_the_code_names_exists(page):
    assert (ROOT / page).exists(), _mentions()[page]


def test_what_the_glossary_points_to_exists():
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    places = re.findall(r"\| `([a-z_]+/[^`]+)` \|", page)
    assert len(places) > 30
    assert [place for place in places if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+\.md)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
