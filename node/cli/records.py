"""`wasl record`: single records, shown, verified and taken back."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict
from typing import Any, BinaryIO

import click
import orjson

from node.assembly import Node
from node.cli import printing, proofs
from node.cli.exits import ATTENTION, DONE, ERROR
from node.cli.lazy import examples
from node.cli.opening import name_of, opened, uri_of, words_of
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from node.cli.writing import withdraw_command
from node.errors import NodeError, NotFound
from node.store import records
from node.store.records import OURSELVES, Stored
from node.transfer import lines, markdown_file, verifying
from node.transfer.verifying import REFUSED, UNKNOWN, VALID, Finding
from protocol import moment
from protocol.equivocation import Contradiction

_SPOOL_BYTES = 8 * 1024 * 1024


@click.group("record")
def record_command() -> None:
    """Look at, verify, compare and withdraw single records."""


_withdraw = copy(withdraw_command)
_withdraw.epilog = examples("wasl record withdraw 4d2f3d6e-…", "wasl record withdraw 4d2f3d6e-… --erase --dry-run")
record_command.add_command(_withdraw)
record_command.add_command(proofs.proof_command)


@record_command.command(
    "show",
    epilog=examples(
        "wasl record show did:key:z6Mk…/records/…", "wasl record show 4d2f3d6e-… --bytes | wasl record verify -"
    ),
)
@click.argument("uri")
@click.option("--bytes", "raw", is_flag=True, help="The exact bytes, as they were signed.")
@json_option
@pass_terminal
def show_command(terminal: Terminal, uri: str, raw: bool, as_json: bool) -> None:
    """Show the current revision of a record. URI may be the id alone for a record of ours."""
    with opened(terminal) as node:
        uri = uri_of(node, uri)
        with node.database.reading() as connection:
            head = records.get(connection, uri, OURSELVES)
        if head is None:
            raise NotFound("no record with this URI is held here", "unknown_record")
        if raw:
            sys.stdout.buffer.write((head.data or b"") + b"\n")
        elif as_json:
            printing.as_json(_known(head) | {"body": head.body, "receipts": _receipts(node, uri)})
        else:
            _show(node, terminal, head)


@record_command.command(
    "export",
    epilog=examples(
        "wasl record export 4d2f3d6e-… --format markdown > practice.md", "wasl record export did:key:z6Mk…/records/…"
    ),
)
@click.argument("uri")
@click.option(
    "--format",
    "form",
    type=click.Choice(("json", "markdown")),
    default="json",
    show_default=True,
    help="How to write it.",
)
@pass_terminal
def export_command(terminal: Terminal, uri: str, form: str) -> None:
    """Write what a record says as a file that a person can change and `wasl publish` takes. URI may be the id alone.

    A record of ours is written with its id, so that publishing the file corrects it. Markdown is for practices.
    """
    with opened(terminal) as node:
        uri = uri_of(node, uri)
        with node.database.reading() as connection:
            head = records.get(connection, uri, OURSELVES)
        if head is None or head.data is None or head.state != "live":
            raise NotFound("no live record with this URI is held here", "unknown_record")
        own = {"record": head.record} if head.origin == node.did else {}
    names = ("type", "language", "visibility", "author", "licence", "illustrative", "content")
    said = {name: head.body[name] for name in names} | own
    if form == "markdown" and head.type != "Practice":
        raise click.UsageError("only a practice is written as Markdown")
    text = (
        markdown_file.write(said)
        if form == "markdown"
        else orjson.dumps(said, option=orjson.OPT_INDENT_2).decode() + "\n"
    )
    sys.stdout.buffer.write(text.encode())


@record_command.command(
    "history", epilog=examples("wasl record history 4d2f3d6e-…", "wasl record history did:key:z6Mk…/records/… --json")
)
@click.argument("uri")
@json_option
@pass_terminal
def history_command(terminal: Terminal, uri: str, as_json: bool) -> None:
    """List every revision of a record that this node holds, oldest first."""
    with opened(terminal) as node, node.database.reading() as connection:
        revisions = records.history(connection, uri_of(node, uri))
    if not revisions:
        raise NotFound("no record with this URI is held here", "unknown_record")
    if as_json:
        printing.as_json({"revisions": [_known(revision) for revision in revisions]})
        return
    rows = [
        (
            revision.revision,
            moment.to_text(revision.modified),
            revision.type,
            "void: its key was revoked" if revision.void else revision.state,
            revision.digest.hex()[:16],
            revision.key[-8:],
            (revision.via or "here")[-8:],
        )
        for revision in revisions
    ]
    printing.table(("revision", "modified", "type", "state", "digest", "key", "came by"), rows)


@record_command.command(
    "verify",
    epilog=examples(
        "wasl record verify export.jsonl",
        "wasl record verify one.json --cards rabat.jsonl",
        "wasl record verify - --json",
    ),
)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--cards", type=click.File("rb"), multiple=True, help="A file with node cards; may be given several times."
)
@json_option
@pass_terminal
def verify_command(terminal: Terminal, file: BinaryIO, cards: tuple[BinaryIO, ...], as_json: bool) -> None:
    """Verify FILE, one record or one a line, from anybody: offline, without a node, with nothing but the file.

    The origin's cards say which keys may sign for it; they stand in the same file (`wasl export` puts them there) or
    come by --cards. Compare the fingerprint words with the origin's own people: a name on a card is only a claim.
    FILE may also be a proof of `wasl record proof`: it holds all that it needs.
    Exit code: 0 all valid, 1 one is refused, 3 a signature fits the key named, but no card says whose key it is.
    """
    with _rewindable(file) as kept:
        if proofs.is_proof(kept):
            _tell_proof(proofs.read(kept), terminal.language, as_json)
        else:
            _verify_lines(kept, cards, terminal.language, as_json)


def _tell_proof(shown: Contradiction, language: str, as_json: bool) -> None:
    if as_json:
        printing.as_json(proofs.told(shown, language))
    else:
        proofs.tell(shown, language)


def _verify_lines(kept: BinaryIO, cards: tuple[BinaryIO, ...], language: str, as_json: bool) -> None:
    """Judge and tell every line; end with the exit code of the worst."""
    counted: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    chains = verifying.chains_in(line for source in (kept, *cards) for line in lines.read(source))
    kept.seek(0)
    for line in lines.read(kept):
        finding = verifying.judge(line, chains)
        counted[finding.status] += 1
        if as_json:
            told.append(_finding(finding, language))
        else:
            _tell(finding, language)
    if not counted:
        raise NodeError("there is no record in this file", "nothing_to_verify")
    if as_json:
        printing.as_json({"records": told, "counts": counted})
    else:
        printing.say(f"{counted[VALID]} valid, {counted[REFUSED]} refused, {counted[UNKNOWN]} without a known chain")
    click.get_current_context().exit(ERROR if counted[REFUSED] else ATTENTION if counted[UNKNOWN] else DONE)


@contextmanager
def _rewindable(file: BinaryIO) -> Iterator[BinaryIO]:
    """`file`, or a copy of it where it cannot be read twice."""
    if file.seekable():
        yield file
        return
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as copy:
        while piece := file.read(1 << 20):
            copy.write(piece)
        copy.seek(0)
        yield copy  # type: ignore[misc]  # typeshed: not a BinaryIO by name, but it reads and seeks as one


def _finding(finding: Finding, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {"line": finding.line, "verdict": finding.status}
    if finding.code:
        told |= {"code": finding.code, "detail": finding.detail}
    envelope, chain = finding.envelope, finding.chain
    if envelope is not None and finding.status != REFUSED:
        told |= {"uri": envelope.uri, "type": envelope.type, "revision": envelope.revision}
        told |= {"digest": envelope.digest.hex(), "modified": moment.to_text(envelope.modified), "key": envelope.key}
        told |= {"origin": envelope.origin, "words": words_of(envelope.origin, language)}
        told["name"] = chain.head.name(language) if chain and finding.status == VALID else None
    return told


def _tell(finding: Finding, language: str) -> None:
    envelope = finding.envelope
    if finding.status == REFUSED or envelope is None:
        sentence = f"line {finding.line}: refused: {printing.plain(finding.detail)} ({finding.code})"
        printing.say(printing.strong(sentence, "red"))
        return
    head = f"line {finding.line}: {envelope.type}, revision {envelope.revision}, {moment.to_text(envelope.modified)}"
    if finding.status == VALID and finding.chain is not None:
        printing.say(f"{head}: {printing.strong('valid', 'green')}")
        printing.say(f"  signed by  {printing.plain(finding.chain.head.name(language))}")
    else:
        printing.say(f"{head}: {printing.strong('identity unknown', 'yellow')} ({finding.code})")
        printing.say(f"  the signature fits the key that the record names, but: {printing.plain(finding.detail)}")
    printing.say(f"  words      {words_of(envelope.origin, language)}")
    printing.say(f"  record     {envelope.uri}")


def _receipts(node: Node, uri: str) -> list[str]:
    """The nodes that have said that they carried out the erasure of this record."""
    with node.database.reading() as connection:
        return sorted({receipt.origin for receipt in records.about(connection, uri, OURSELVES, ["Receipt"])})


def _known(stored: Stored) -> dict[str, Any]:
    """A revision's facts, without its bytes."""
    told = asdict(stored)
    del told["data"]
    return told | {"uri": stored.uri, "digest": stored.digest.hex()}


def _show(node: Node, terminal: Terminal, head: Stored) -> None:
    body, receipts = head.body, _receipts(node, head.uri) if head.state == "erased" else []
    printing.facts(
        (
            ("record", head.uri),
            ("type", head.type),
            ("state", head.state + (" (two versions are known)" if head.forked else "")),
            ("signed by", name_of(node, head.origin, terminal.language)),
            ("words", words_of(head.origin, terminal.language)),
            ("revision", head.revision),
            ("erased at", ", ".join(name_of(node, did, terminal.language) or did for did in receipts) or None),
            ("modified", moment.to_text(head.modified)),
            ("language", body.get("language")),
            ("author", body.get("author")),
            ("licence", body.get("licence")),
            ("visibility", head.visibility),
            ("illustrative", "yes: made up, for demonstration" if body.get("illustrative") else None),
            ("digest", head.digest.hex()),
            ("came by", head.via or "written here"),
        )
    )
    printing.say()
    printing.say(printing.plain_lines(orjson.dumps(head.content, option=orjson.OPT_INDENT_2).decode("utf-8")))
