"""A practice as a Markdown file: read in any of the five languages, written so that it reads back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from node.config import LANGUAGES
from node.errors import FileProblem
from node.transfer import demo_lines, drafts, headings, markdown_file

DATA = Path(__file__).parents[2] / "node" / "data" / "demo" / "practices.jsonl"
LINES = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
NOW = 1_790_000_000


def stated(line):
    said = demo_lines.statement(line, lambda name: None, lambda uri: None)
    return {
        "type": said.type, "language": said.language, "visibility": said.visibility, "author": said.author,
        "licence": said.licence, "illustrative": said.illustrative, "content": dict(said.content),
    }  # fmt: skip


def back(statement):
    return dict(markdown_file.read(markdown_file.write(statement).encode()).body)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_every_practice_reads_back_as_it_was_written(line):
    line = {name: value for name, value in line.items() if name != "relatedPractices"}
    assert back(stated(line)) == stated(line)


@pytest.mark.parametrize(
    "text",
    [
        "# a\n\n## Results\n\n\\## b\n\\\\# c\n### d",
        "\n leading line break",
        "trailing\n",
        "```\n## in code\n```",
        "+++\nx = 1\n+++",
        'quotes " and \\ and \x7f and \u2028',
        "a\n\n\n\nb",
        " ",
    ],
)
def test_text_that_looks_like_the_file_reads_back_as_it_was(text):
    statement = stated(LINES[0])
    statement["content"] |= {"failures": {"fr": text}, "unknownField": {"deep": [1, True, {"a b": text}]}}
    assert back(statement) == statement


@pytest.mark.parametrize("title", ["# C #", "C #", "Un titre ##  ", "## Results", "+++"])
def test_title_that_looks_like_a_heading_reads_back_as_it_was(title):
    statement = stated(LINES[0])
    statement["content"]["title"] = {"fr": title}
    assert back(statement) == statement


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_are_understood_in_every_language(language):
    text = f'+++\nlanguage = "fr"\n+++\n# Titre\n## {headings.said("challenge", language).upper()}:\n\nLe problème.\n'
    content = markdown_file.read(text.encode()).body["content"]
    assert content == {"title": {"fr": "Titre"}, "challenge": {"fr": "Le problème."}}


def test_no_two_fields_share_a_heading():
    for language in LANGUAGES:
        for field in (*headings.TEXTS, *headings.OTHERS):
            assert headings.meant(headings.said(field, language)) == field, (language, field)


def test_file_that_went_through_windows_is_read():
    text = markdown_file.write(stated(LINES[0])).replace("\n", "\r\n").encode("utf-8-sig")
    assert markdown_file.is_one(text)
    assert drafts.problems(drafts.statement(markdown_file.read(text), str, str), NOW) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("# no facts", "bad_front_matter"),
        ("+++\nlanguage = fr\n+++\n", "bad_front_matter"),
        ("+++\nnever ended", "bad_front_matter"),
        ("+++\na = " + "[" * 100_000 + "\n+++\n", "bad_front_matter"),
        ("+++\n+++\nText before any heading", "unknown_heading"),
        ("+++\n+++\n## Nonsense\n", "unknown_heading"),
        ("+++\n+++\n## Results\na\n## Résultats\nb", "unknown_heading"),
        ('+++\nresults = "x"\n+++\n## Results\na', "bad_front_matter"),
        ("+++\n+++\n" + "x" * 1_000_001, "too_large"),
    ],
)
def test_file_that_is_none_is_refused_with_a_code(text, code):
    with pytest.raises(FileProblem) as caught:
        markdown_file.read(text.encode())
    assert caught.value.code == code


def test_time_of_day_is_a_text_as_a_date_is():
    text = markdown_file.write(stated(LINES[0])).replace("+++\n", "+++\nopens = 07:32:00\nsince = 1979-05-27\n", 1)
    assert (
        markdown_file.read(text.encode()).body["content"].items()
        >= {"opens": "07:32:00", "since": "1979-05-27"}.items()
    )
