"""`wasl import` of tables, `wasl publish practice.md`, `wasl record export`: nothing half done."""

from __future__ import annotations

import csv
import io
import json

import pytest

from node.store import records
from node.store.records import OURSELVES
from node.transfer import headings, table


def _count(node):
    with node.database.reading() as connection:
        return sum(count for (_, kind), count in records.counts(connection, OURSELVES).items() if kind == "Practice")


@pytest.fixture
def filled(tmp_path, practice):
    """`filled(changes, …)`: a CSV file with a row for each, in Arabic headings."""

    def fill(*rows):
        content = practice()
        usual = {name: content[name]["fr"] for name in headings.TEXTS if name in content}
        usual |= {"topics": ";".join(content["topics"]), "targetGroups": ";".join(content["targetGroups"])}
        usual |= {"status": content["status"], "startDate": content["startDate"], "language": "fr"}
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([headings.said(name, "ar") for name in table.COLUMNS])
        writer.writerows([{**usual, **row}.get(name, "") for name in table.COLUMNS] for row in rows)
        file = tmp_path / "rows.csv"
        file.write_text(out.getvalue(), encoding="utf-8-sig")
        return str(file)

    return fill


def test_table_is_published_whole(wasl, rabat, opened, filled):
    result = wasl(rabat, "import", filled({}, {}))
    assert (result.exit_code, len(result.stdout.split())) == (0, 2), result.stderr
    assert _count(opened(rabat)) == 2


@pytest.mark.parametrize("by", ["a row", "a statement"])
def test_correction_that_does_not_say_for_whom_it_is_stays_for_those(wasl, rabat, opened, practice, filled, by):
    around = {"visibility": "network", "author": "Service social", "licence": "CC-BY-SA-4.0", "illustrative": True}
    said = {"type": "Practice", "language": "fr", "content": practice()}
    uri = wasl(rabat, "publish", "-", input=json.dumps(said | around)).stdout.strip()
    if by == "a row":
        result = wasl(rabat, "import", filled({"title": "Un titre corrigé", "record": uri}))
    else:
        said["content"]["title"] = {"fr": "Un titre corrigé"}
        result = wasl(rabat, "publish", "-", input=json.dumps(said | {"record": uri}))
    assert result.exit_code == 0, result.stderr
    with opened(rabat).database.reading() as connection:
        head = records.get(connection, uri, OURSELVES)
    assert (head.revision, head.content["title"]) == (2, {"fr": "Un titre corrigé"})
    assert {name: head.body[name] for name in around} == around


def test_one_bad_row_stops_the_table_and_is_told_in_the_readers_language(wasl, rabat, opened, filled):
    result = wasl(rabat, "import", filled({}, {"title": "x"}), "--language", "de")
    assert result.exit_code == 1
    assert "row 3, Titel: " in result.stderr
    assert "(field_limit)" in result.stderr
    assert _count(opened(rabat)) == 0


def test_skip_bad_publishes_the_rest(wasl, rabat, opened, filled):
    result = wasl(rabat, "import", filled({"title": "x"}, {}), "--skip-bad", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["rows"], len(told["published"])) == (3, 2, 1)
    assert told["faults"][0] | {"detail": ""} == {"row": 2, "column": "title", "code": "field_limit", "detail": ""}
    assert _count(opened(rabat)) == 1


def test_dry_run_of_a_table_publishes_nothing(wasl, rabat, opened, filled):
    assert wasl(rabat, "import", filled({}), "--dry-run").exit_code == 0
    assert _count(opened(rabat)) == 0


def test_template_needs_no_node(wasl, tmp_path):
    result = wasl(tmp_path / "none", "import", "--template", "csv", "--language", "ar")
    assert result.exit_code == 0
    assert headings.said("title", "ar") in result.stdout


def test_practice_exported_changed_and_published_is_the_next_revision(wasl, rabat, published, tmp_path):
    text = wasl(rabat, "record", "export", published, "--format", "markdown").stdout
    file = tmp_path / "practice.md"
    file.write_text(text.replace("# Réaliser", "# Refaire"), encoding="utf-8")
    result = wasl(rabat, "publish", str(file))
    assert result.stdout.strip() == published, result.stderr
    shown = json.loads(wasl(rabat, "record", "show", published, "--json").stdout)
    assert (shown["revision"], shown["body"]["content"]["title"]["fr"][:7]) == (2, "Refaire")


def test_record_exported_as_json_is_a_statement(wasl, rabat, published):
    text = wasl(rabat, "record", "export", published).stdout
    again = wasl(rabat, "publish", "-", input=text)
    assert again.stdout.strip() == published, again.stderr


def test_practice_as_markdown_is_judged_like_any_other(wasl, rabat, opened):
    result = wasl(rabat, "publish", "-", input='+++\nlanguage = "fr"\n+++\n# Court\n\n## Résultats\n\nx')
    assert result.exit_code == 1
    assert "content.title" in result.stderr
    assert "content.topics" in result.stderr
    assert _count(opened(rabat)) == 0
