"""What `make audit` makes of an answer, and of none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DAY = 86_400


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", Path(__file__).parents[1] / "deploy" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


def package(name: str, *flaws: str, skipped: bool = False) -> dict[str, Any]:
    if skipped:
        return {"name": name, "skip_reason": "not found"}
    return {"name": name, "version": "1.0", "vulns": [{"id": flaw, "fix_versions": ["1.1"]} for flaw in flaws]}


def test_known_flaw_is_told_with_the_version_that_mends_it(audit: ModuleType) -> None:
    whole, flaws = audit.judged({"dependencies": [package("flask"), package("pillow", "PYSEC-1")]})
    assert whole
    assert flaws == ["pillow 1.0: PYSEC-1, mended in 1.1"]


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"dependencies": []},
        {"dependencies": [package("flask", skipped=True), package("pillow", skipped=True)]},
        {"dependencies": [package("flask"), package("pillow", skipped=True)]},
    ],
)
def test_answer_about_too_few_packages_is_no_audit(audit: ModuleType, report: dict[str, Any]) -> None:
    whole, flaws = audit.judged(report)
    assert not whole
    assert flaws == []


def test_flaw_counts_even_where_little_was_answered(audit: ModuleType) -> None:
    report = {"dependencies": [package("flask", skipped=True), package("pillow", "PYSEC-1")]}
    assert audit.judged(report)[1]


@pytest.mark.parametrize(("days", "code"), [(0, 0), (180, 0), (181, 1), (400, 1)])
def test_lock_that_could_not_be_audited_may_be_half_a_year_old(audit: ModuleType, days: int, code: int) -> None:
    found, said = audit.by_age(1_790_000_000, 1_790_000_000 + days * DAY)
    assert found == code
    assert f"{days} days ago" in said
