"""Every case of the catalogue of attacks has a test, and docs/security.md names it."""

from __future__ import annotations

import attacked
import pytest

TEXT = attacked.TABLE.read_text(encoding="utf-8")
MET = attacked.named_tests(TEXT)


def test_catalogue_has_a_hundred_and_ten_cases() -> None:
    assert len(attacked.CASES) == len(set(attacked.CASES)) == 110


@pytest.mark.parametrize("case", attacked.CASES)
def test_case_is_met_by_a_test_with_a_name(case: str) -> None:
    assert MET[case], f"no row of docs/security.md names a test for {case}"


def test_table_names_no_case_that_the_catalogue_has_not() -> None:
    assert set(MET) == set(attacked.CASES)


def test_every_test_that_the_table_names_exists() -> None:
    assert [row for row in attacked.rows(TEXT) if row.wrong or not row.tests] == []


HERE = "`test_attacks.py::test_table_names_no_case_that_the_catalogue_has_not`"


def test_row_that_names_a_test_of_nowhere_is_noticed() -> None:
    strange = "`…::test_of_nobody`, `test_nothing.py`, `…::test_cut_short_…`, `tests/test_*.py`, `attacked.py::rows`"
    (row,) = attacked.rows(f"| A1, C5 | what holds | {HERE}, {strange}, `make torture` |")
    assert row.cases == ("A1", "C5")
    assert row.wrong == (
        "…::test_of_nobody", "test_nothing.py", "…::test_cut_short_…", "tests/test_*.py", "attacked.py::rows",
    )  # fmt: skip


def test_reference_means_the_one_file_that_has_the_test() -> None:
    (row,) = attacked.rows(f"| – | what holds | {HERE}, `…::test_every_test_that_the_table_names_exists` |")
    names = ("test_table_names_no_case_that_the_catalogue_has_not", "test_every_test_that_the_table_names_exists")
    assert row.tests == tuple(f"tests/test_attacks.py::{name}" for name in names)
    assert (row.cases, row.wrong) == ((), ())
