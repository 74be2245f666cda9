"""Files of records and of statements: the rooms of node/transfer by themselves."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from simulator import prepared

from node import publish
from node.founding import Organisation, found
from node.transfer import demo_lines, drafts, lines, outgoing, verifying
from node.transfer.lines import Line
from node.transfer.outgoing import Wanted
from protocol import schemas
from protocol.errors import FieldProblem
from protocol.limits import MAX_RECORD_BYTES

DATA = Path(__file__).parents[2] / "node" / "data" / "demo"
FILES = sorted(DATA.glob("*.jsonl"))
URI = "did:key:z6Mk" + "1" * 44 + "/records/00000000-0000-0000-0000-00000000000"
NOW = 1_790_000_000


def _demo(file: Path):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def exported(tmp_path):
    """The lines that a node with one question exports: its card, the question."""
    node = found(prepared(tmp_path / "n"), Organisation({"fr": "Tanger"}, "MA", ("fr",)), {}, {})
    content = {"title": {"fr": "Combien de temps ?"}, "text": {"fr": "Combien d'entretiens par personne ?"}}
    publish.publish(node, publish.Statement("Question", content, "fr"))
    out = io.BytesIO()
    written = outgoing.write(node, out, Wanted())
    node.close()
    assert (written.cards, written.records, written.size) == (1, 1, len(out.getvalue()))
    return list(lines.read(io.BytesIO(out.getvalue())))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_of_the_demonstration_data_is_a_statement_that_the_door_takes(file):
    for line in _demo(file):
        said = demo_lines.statement(line, lambda name: URI + "1", lambda uri: "0" * 64)
        assert drafts.problems(said, NOW) == [], line["id"]
        assert said.illustrative == line["illustrative"]
        assert not set(said.content) & demo_lines.ENVELOPE


def test_statement_names_what_it_is_about_by_uri_and_revision():
    line = next(line for line in _demo(DATA / "adaptations.jsonl") if line["result"])
    uris = {line["source"]: URI + "1", line["result"]: URI + "2"}
    said = demo_lines.statement(line, uris.get, {URI + "1": "a" * 64}.get)
    assert said.content["source"] == URI + "1"
    assert said.content["result"] == URI + "2"
    assert said.content["sourceDigest"] == "a" * 64
    assert schemas.about("Adaptation", said.content) == URI + "1"


def test_reference_that_is_null_is_left_out():
    line = next(line for line in _demo(DATA / "adaptations.jsonl") if line["result"] is None)
    assert "result" not in demo_lines.statement(line, lambda name: URI + "1", lambda uri: "a" * 64).content


@pytest.mark.parametrize("uri", [None, URI + "1"])
def test_reference_to_what_is_not_held_is_named(uri):
    line = _demo(DATA / "translations.jsonl")[0]
    with pytest.raises(FieldProblem, match="is not held here") as caught:
        demo_lines.statement(line, lambda name: uri, lambda uri: None)
    assert (caught.value.code, caught.value.path) == ("unknown_reference", "content.target")


def test_nothing_in_the_demonstration_data_looks_like_personal_data():
    for file in FILES:
        for line in _demo(file):
            said = demo_lines.statement(line, lambda name: URI + "1", lambda uri: "0" * 64)
            assert drafts.personal_data(said) == []


def test_file_is_one_statement_a_list_or_one_a_line():
    one = {"type": "Question", "language": "fr", "content": {}}
    text = json.dumps(one).encode()
    pretty = json.dumps(one, indent=2).encode()
    assert [len(drafts.read(data)) for data in (text, pretty, b"[%s,%s]" % (text, text))] == [1, 1, 2]
    assert [draft.line for draft in drafts.read(b"\xef\xbb\xbf" + text + b"\r\n\r\n" + text + b"\n")] == [1, 3]


def test_lines_longer_than_a_record_are_cut_and_counted_whole():
    data = b"a\n" + b"x" * (3 * MAX_RECORD_BYTES) + b"\nb\r\n\nlast"
    found_lines = list(lines.read(io.BytesIO(data)))
    assert [line.number for line in found_lines] == [1, 2, 3, 5]
    assert [line.data for line in found_lines if line.number != 2] == [b"a", b"b", b"last"]
    assert MAX_RECORD_BYTES < len(found_lines[1].data) <= MAX_RECORD_BYTES + 2
    assert sum(line.taken for line in found_lines) == len(data) - 1


@pytest.mark.parametrize("length", [MAX_RECORD_BYTES - 1, MAX_RECORD_BYTES, MAX_RECORD_BYTES + 1, MAX_RECORD_BYTES + 2])
def test_lines_about_as_long_as_a_record_stay_whole(length):
    found_lines = list(lines.read(io.BytesIO(b"y" * length + b"\nz\n")))
    assert [line.data for line in found_lines] == [b"y" * length, b"z"]


def test_exported_lines_are_valid(exported):
    chains = verifying.chains_in(exported)
    assert [verifying.judge(line, chains).status for line in exported] == [verifying.VALID] * 2


@pytest.mark.parametrize("which", [0, 1], ids=["card", "question"])
def test_one_byte_changed_anywhere_is_never_valid(exported, which):
    """Each byte of the line in turn; the other line stays as it is."""
    data = exported[which].data
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        tampered = Line(which + 1, bytes(changed), len(data))
        both = [tampered, exported[1 - which]]
        finding = verifying.judge(tampered, verifying.chains_in(both))
        assert finding.status == verifying.REFUSED, (place, finding)
        assert finding.code


def test_card_that_does_not_connect_is_not_valid(exported):
    finding = verifying.judge(exported[0], {})
    assert (finding.status, finding.code) == (verifying.UNKNOWN, "bad_chain")


def test_record_without_a_card_is_never_called_valid(exported):
    finding = verifying.judge(exported[1], {})
    assert (finding.status, finding.code) == (verifying.UNKNOWN, "card_missing")
