"""Tables of practices: templates in five languages, faults by row and column, hostile spreadsheets refused by name."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from node.config import LANGUAGES
from node.errors import FileProblem
from node.outputs import csv_file, ods_file
from node.transfer import grid, headings, table, templates

DATA = Path(__file__).parents[2] / "node" / "data" / "demo" / "practices.jsonl"
LINE = json.loads(DATA.read_text(encoding="utf-8").splitlines()[0])
NOW = 1_790_000_000
ROW = {
    "title": "Bilans de compétences", "summary": "s" * 100, "challenge": "c" * 60, "approach": "a" * 100,
    "results": "r" * 60, "lessonsLearned": "l" * 60, "topics": "emploi; التشغيل",
    "targetGroups": "migrants régularisés",
    "status": "achevé", "startDate": "12/2015", "endDate": "04/2016", "budget.amount": "320 000,50",
    "budget.currency": "mad", "indicators": "Bilans | 350 | bilans\nAssociations | ٢", "steps": "Un\nDeux",
    "references": "Étude | https://rabat.example/e", "place": "Rabat", "language": "français",
}  # fmt: skip


def csv_of(*rows, language="fr", columns=table.COLUMNS):
    lines = [[headings.said(name, language) for name in columns]]
    lines += [[row.get(name, "") for name in columns] for row in rows]
    return csv_file.table(lines)


def ods_of(*rows, language="fr"):
    heads = [headings.said(name, language) for name in table.COLUMNS]
    with ods_file.table(heads, ([row.get(name, "") for name in table.COLUMNS] for row in rows), language) as file:
        return file.read()


def package(content: bytes, mimetype: bytes = ods_file.MIME.encode(), more=()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", mimetype)
        file.writestr("content.xml", content)
        for name, data in more:
            file.writestr(name, data)
    return out.getvalue()


def sheet(cells: str, before: str = "") -> bytes:
    names = ods_file._NAMES
    end = "</table:table></office:spreadsheet></office:body></office:document-content>"
    start = f'<?xml version="1.0"?>{before}<office:document-content {names}><office:body><office:spreadsheet>'
    return f'{start}<table:table table:name="a">{cells}{end}'.encode()


@pytest.mark.parametrize("make", [csv_of, ods_of])
@pytest.mark.parametrize("language", LANGUAGES)
def test_row_under_headings_of_any_language_becomes_a_practice(make, language):
    taken = table.read(make(ROW, language=language), "fr", NOW)
    assert [one.faults for one in taken] == [[]]
    content = taken[0].draft.body["content"]
    assert content["topics"] == ["employment"]
    assert (content["startDate"], content["endDate"]) == ("2015-12", "2016-04")
    assert content["budget"] == {"amount": "320000.50", "currency": "MAD"}
    assert [one["value"] for one in content["indicators"]] == ["350", "2"]
    assert content["references"] == [{"title": "Étude", "url": "https://rabat.example/e"}]
    assert taken[0].draft.body["language"] == "fr"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", templates.FORMS)
def test_template_can_be_read_back_and_has_nothing_in_it(form, language):
    rows = grid.read(templates.write(form, language))
    assert [headings.meant(head) for head in rows[0][1]] == list(table.COLUMNS)
    assert len(rows) == 1


def test_template_opens_as_a_spreadsheet():
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(templates.write("ods", "ar")))
    assert len(workbook.get_sheet_by_index(0).to_python()[0]) == len(table.COLUMNS)


def test_faults_name_row_column_and_code():
    bad = ROW | {"title": "x", "topics": "astrologie", "startDate": "hier", "budget.currency": "dirhams", "summary": ""}
    taken = table.read(csv_of(ROW, bad), "fr", NOW)
    assert taken[0].faults == []
    found = {(fault.row, fault.column, fault.code) for fault in taken[1].faults}
    assert found == {
        (3, "title", "field_limit"),
        (3, "topics", "unknown_value"),
        (3, "startDate", "bad_date"),
        (3, "budget.currency", "field_limit"),
        (3, "summary", "missing_field"),
    }


def test_personal_data_in_a_cell_is_a_fault_until_consent_is_said():
    row = ROW | {"failures": "Appeler le 0661-234567"}
    assert [fault.code for fault in table.read(csv_of(row), "fr", NOW)[0].faults] == ["personal_data"]
    assert table.read(csv_of(row), "fr", NOW, consent_checked=True)[0].faults == []


@pytest.mark.parametrize("lead", csv_file.FORMULA)
def test_cell_like_a_formula_goes_out_guarded_and_comes_back_as_it_was(lead):
    cell = f"{lead}HYPERLINK(1) et la suite"
    data = csv_file.table([["a"], [cell]])
    written = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1][0]
    assert written == "'" + cell
    assert grid.read(data)[1][1] == [cell]
    assert grid.read(csv_file.table([["a"], ["'quoted'"]]))[1][1] == ["'quoted'"]


def test_semicolons_tabs_and_utf16_as_spreadsheets_save_them_are_read():
    for text in ("a;b\n1;2", "a\tb\n1\t2", "a,b\n1,2"):
        assert grid.read(text.encode("utf-16"))[1] == (2, ["1", "2"])


def test_dates_and_numbers_of_a_spreadsheet_are_taken_as_they_are_kept_not_as_they_look():
    cells = (
        '<table:table-row><table:table-cell office:value-type="date" office:date-value="2015-12-31">'
        "<text:p>31.12.15</text:p></table:table-cell>"
        '<table:table-cell office:value-type="float" office:value="320000.5" table:formula="of:=1+1">'
        "<text:p>320.000,50</text:p></table:table-cell><table:table-cell><office:annotation><text:p>remark</text:p>"
        "</office:annotation><text:p>a<text:s text:c='2'/>b</text:p><text:p>c</text:p></table:table-cell>"
        "</table:table-row>"
    )
    assert grid.read(package(sheet(cells))) == [(1, ["2015-12-31", "320000.5", "a  b\nc"])]


def test_repeated_empty_rows_and_cells_are_not_unrolled():
    empty = '<table:table-row table:number-rows-repeated="1048000">'
    empty += '<table:table-cell table:number-columns-repeated="16384"/>'
    cells = f"{empty}</table:table-row><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
    cells += '<table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
    assert grid.read(package(sheet(cells))) == [(1_048_001, ["a"])]


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
FULL = (
    "<table:table-row table:number-rows-repeated='{rows}'><table:table-cell table:number-columns-repeated='{columns}'>"
    "<text:p>a</text:p></table:table-cell></table:table-row>"
)
HOSTILE = {
    "entities": (package(sheet("", BOMB)), "bad_table"),
    "outside entity": (package(sheet("", '<!DOCTYPE a SYSTEM "file:///etc/passwd">')), "bad_table"),
    "zip bomb": (package(b" " * (grid.MOST_BYTES * 10 + 1)), "too_large"),
    "mimetype bomb": (package(b"", b" " * 1_000_000), "too_large"),
    "many members": (package(sheet(""), more=[(f"../../{n}", b"") for n in range(300)]), "bad_table"),
    "word document": (package(b"", b"application/vnd.oasis.opendocument.text"), "bad_table"),
    "no content": (b"PK\x05\x06" + bytes(18), "bad_table"),
    "cut": (ods_of(ROW)[:-30], "bad_table"),
    "a part that begins behind the end": (ods_of(ROW)[:29] + b"\x5f" + ods_of(ROW)[30:], "bad_table"),  # by make fuzz
    "an encoding that nobody knows": (package(b"<?xml version='1.0' encoding='UTG-8'?><a/>"), "bad_table"),  # the same
    "not a zip": (b"PK\x03\x04 nothing", "bad_table"),
    "unclosed": (package(sheet("")[:-10]), "bad_table"),
    "rows repeated": (
        package(sheet(FULL.format(rows=9_999_999, columns=1))),
        "table_too_large",
    ),
    "cells repeated": (
        package(sheet(FULL.format(rows=1, columns=9_999_999))),
        "table_too_large",
    ),
    "large": (b"a," * grid.MOST_BYTES, "too_large"),
    "rows": (b"a\n" * 600, "table_too_large"),
    "columns": (b"a," * 200 + b"b\n", "table_too_large"),
    "no text": (b"\xff\xfa\x00", "bad_text"),
    "quote": (b'"a\nb', "bad_table"),
    "cell": (b"a\n" + b"x" * 200_000, "bad_table"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_table_is_refused_with_a_code(name):
    data, code = HOSTILE[name]
    with pytest.raises(FileProblem) as caught:
        grid.read(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_table"),
        (csv_of(), "bad_table"),
        (b"Title,Nonsense\na,b", "unknown_column"),
        (b"Title,Titre\na,b", "unknown_column"),
    ],
)
def test_table_without_rows_or_with_other_columns_is_refused(data, code):
    with pytest.raises(FileProblem) as caught:
        table.read(data, "fr", NOW)
    assert caught.value.code == code
