"""The catalogue of attacks and the tests that meet it: read from the table of docs/security.md, the one place of it.

A row's first cell names cases (`A1, C5` or `–`), its last one tests: `test_x.py::test_name`, `…::test_name` (the file
before it in the cell), or a whole file, for more of the kind. `make attacks` runs those with a name, and says how many.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "security.md"

CASES = tuple(
    f"{section}{number}"
    for section, numbers in {
        "A": (1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19),
        "B": (1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22),
        "C": (1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 20, 21, 23, 24, 25, 27, 28),
        "D": (1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16),
        "E": (1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 20, 21, 23, 24, 25),
        "F": (2, 3, 4, 6, 7, 8),
        "G": (1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15),
        "H": (1, 2, 3, 5, 6, 7, 9, 10),
    }.items()
    for number in numbers
)
"""Every case of the catalogue, by its number there."""

_SIGN = re.compile(r"`([^`]+)`")
_MEANT = re.compile(r"test|…")
_PLACE = re.compile(r"(?P<file>…|[\w/]+\.py)(?:::(?P<name>\w+))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the cases that it meets, and its tests as pytest names them. `wrong`: references that lead nowhere."""

    cases: tuple[str, ...]
    tests: tuple[str, ...]
    wrong: tuple[str, ...]


def rows(text: str) -> Iterator[Row]:
    """The rows of every table in `text` whose first cell names cases; other tables are passed over."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| ") or len(cells) < 3 or not re.fullmatch(r"–|[A-H]\d+(, [A-H]\d+)*", cells[0]):
            continue
        found, wrong, file = [], [], None
        for said in _SIGN.findall(cells[-1]):
            place = _PLACE.fullmatch(said)
            if place is None:  # a command, a folder's settings; but whoever writes a test wrongly means one
                wrong += [said] if _MEANT.match(said) else []
                continue
            named, name = place["file"], place["name"]
            file = _file(named, name) if named != "…" else file
            if file is None or (name and name not in _functions(file)):
                wrong.append(said)
            else:
                found.append(str(file.relative_to(TESTS.parent)) + (f"::{name}" if name else ""))
        yield Row(tuple(cells[0].split(", ")) if cells[0] != "–" else (), tuple(found), tuple(wrong))


@cache
def _file(named: str, name: str | None) -> Path | None:
    """The one test file of this name or path that has the test `name`, or None."""
    found = [path for path in TESTS.rglob(Path(named).name) if str(path).endswith("/" + named)]
    fitting = [path for path in found if name is None or name in _functions(path)]
    return fitting[0] if len(fitting) == 1 else None


@cache
def _functions(file: Path) -> frozenset[str]:
    """The names of the tests in a file, without importing it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    every = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in every if name.startswith("test_"))


def named_tests(text: str) -> dict[str, set[str]]:
    """Case -> the tests that meet it by name, without whole files."""
    found: dict[str, set[str]] = {case: set() for case in CASES}
    for row in rows(text):
        for case in row.cases:
            found.setdefault(case, set()).update(test for test in row.tests if "::" in test)
    return found


@dataclass(eq=False)
class Tally:
    """A pytest plug-in that counts what went well, by file and name."""

    green: set[str] = field(default_factory=set)
    passed: int = 0
    left_out: int = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.left_out += report.skipped
        if report.when == "call" and report.passed:
            self.passed += 1
            self.green.add(report.nodeid.partition("[")[0])


def main(options: list[str]) -> int:
    """Run the tests of every case; 0 when each case was met by a test that ran, and none failed."""
    text = TABLE.read_text(encoding="utf-8")
    met = named_tests(text)
    chosen = sorted(set().union(*met.values()))
    tally = Tally()
    status = pytest.main([*chosen, *options], [tally])
    missed = [case for case, tests in met.items() if not tests & tally.green]
    verdict = "all green" if status == 0 and not missed else f"NOT green: {', '.join(missed) or 'see above'}"
    print(f"{len(met)} cases, {tally.passed} tests, {verdict}" + f" ({tally.left_out} skipped)" * bool(tally.left_out))
    return int(status) or len(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["-q", "-p", "no:cacheprovider"]))
