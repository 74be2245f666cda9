"""`wasl publish`, `wasl withdraw`: what this node says, and what it takes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

import click

from node import filing, publish
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened, uri_of
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.terminal import Terminal, pass_terminal
from node.errors import NotAllowed, NotFound
from node.publish import Statement
from node.store import records
from node.store.records import OURSELVES
from node.transfer import drafts, markdown_file
from node.transfer.drafts import Draft
from protocol.errors import FieldProblem, ProtocolError

REASONS = ("erasure-request", "withdrawn", "superseded", "unlawful", "mistake")
_NOT_YET = f"did:key:z6Mk{'1' * 44}/records/00000000-0000-0000-0000-000000000000"
"""Stands for a record of the same file while the file is judged."""


@dataclass(slots=True)
class _References:
    """How a file's own ids become URIs: judged first, then real. `published`: id -> URI; `coming`: ids further up."""

    node: Node
    published: dict[str, str] = field(default_factory=dict)
    coming: set[str] = field(default_factory=set)

    def uri(self, name: str) -> str | None:
        """The URI of a record that a line names by id or by URI; None where it is not held."""
        if name in self.coming:
            return _NOT_YET
        uri = self.published.get(name, name)
        return uri if self.digest(uri) else None

    def digest(self, uri: str) -> str | None:
        """The digest of the head of a live record, as 64 hex digits; None for any other."""
        if uri == _NOT_YET:
            return "0" * 64
        with self.node.database.reading() as connection:
            head = records.get(connection, uri, OURSELVES)
        return head.digest.hex() if head and head.state == "live" else None


@click.command(
    "publish",
    epilog=examples(
        "wasl publish practice.json",
        "wasl publish practice.md --dry-run",
        "wasl publish practices.jsonl --dry-run",
        "wasl publish - --json",
    ),
)
@click.argument("file", type=click.File("rb"))
@click.option("--consent-checked", is_flag=True, help="The persons whose data stand in the texts have agreed.")
@dry_run_option
@json_option
@pass_terminal
def publish_command(terminal: Terminal, file: BinaryIO, consent_checked: bool, dry_run: bool, as_json: bool) -> None:
    """Sign the statements in FILE (- is standard input) and publish them; prints the URI of each.

    FILE holds one statement, a list, or one a line: {"type", "language", "content", "visibility", "author",
    "licence", "illustrative"}, docs/records.md; or one practice as Markdown, docs/exchange-of-files.md. With "record"
    it corrects that record of ours. Everything is judged before the first is signed. Texts that look like an e-mail
    address, a telephone number or an identity paper are shown, and nothing is published until they are taken out or
    --consent-checked says that the persons agreed.
    """
    data = file.read()
    found = [markdown_file.read(data)] if markdown_file.is_one(data) else drafts.read(data)
    with opened(terminal) as node:
        _judge(node, found, consent_checked)
        done = [] if dry_run else _publish(node, found)
    if as_json:
        printing.as_json({"judged": len(found), "published": done})
    elif dry_run:
        printing.say(f"{len(found)} in order; nothing was published (--dry-run)")
    for entry in [] if as_json else done:
        printing.say(entry["uri"])


def _judge(node: Node, found: list[Draft], consent_checked: bool) -> None:
    """Tell everything that is wrong with the file, on standard error, and end; return when nothing is."""
    references = _References(node)
    wrong: list[tuple[int, ProtocolError]] = []
    personal: list[tuple[int, str, str]] = []
    for draft in found:
        try:
            said = drafts.statement(draft, references.uri, references.digest)
        except FieldProblem as error:
            wrong.append((draft.line, error))
        else:
            wrong += [(draft.line, problem) for problem in drafts.problems(said, node.now())]
            personal += [(draft.line, path, piece) for path, piece in drafts.personal_data(said)]
        if draft.name is not None:
            references.coming.add(draft.name)
    for line, path, piece in personal:
        printing.note(f"statement {line}: {printing.plain(path)} holds {printing.plain(piece)!r}: personal data?")
    for line, problem in wrong[:-1]:
        printing.note(f"statement {line}: {printing.plain(problem.message)} ({problem.code})")
    if wrong:
        line, problem = wrong[-1]
        raise FieldProblem(f"statement {line}: {problem.message}; nothing was published", problem.code)
    if personal and not consent_checked:
        raise NotAllowed("the texts seem to hold personal data; nothing was published", "personal_data")


def _publish(node: Node, found: list[Draft]) -> list[dict[str, Any]]:
    references = _References(node)
    done = []
    for draft in found:
        before = publish.standing(node, draft.record)
        said: Statement = drafts.statement(draft, references.uri, references.digest, before)
        envelope = publish.publish(node, said, draft.record)
        if draft.name is not None:
            references.published[draft.name] = envelope.uri
        done.append(
            {
                "uri": envelope.uri,
                "type": envelope.type,
                "revision": envelope.revision,
                "digest": envelope.digest.hex(),
            }
        )
    return done


@click.command(
    "withdraw",
    epilog=examples(
        "wasl withdraw did:key:z6Mk…/records/… --reason superseded",
        "wasl withdraw 4d2f3d6e-… --erase --reason erasure-request --dry-run",
    ),
)
@click.argument("uri")
@click.option("--erase", is_flag=True, help="Not only withdraw: every node forgets the content, for good.")
@click.option("--reason", type=click.Choice(REASONS), help="Why. [default: withdrawn; with --erase erasure-request]")
@click.option("--note", default="", help="A remark of 200 characters at most, without personal data.")
@yes_option()
@dry_run_option
@json_option
@pass_terminal
def withdraw_command(
    terminal: Terminal,
    uri: str,
    erase: bool,
    reason: str | None,
    note: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Withdraw a record of ours, or erase it everywhere. URI may be its id alone.

    Withdrawn: it is no longer shown or found, its history stays. Erased: every node also forgets the text of all
    its revisions and of its translations; that cannot be undone.
    """
    state = "erased" if erase else "withdrawn"
    with opened(terminal) as node:
        uri = uri_of(node, uri)
        with node.database.reading() as connection:
            head = records.get(connection, uri, OURSELVES)
        if head is None:
            raise NotFound("no record with this URI is held here", "unknown_record")
        what = f"{head.type} {uri}, revision {head.revision}, {head.state}"
        if dry_run:
            _tell(as_json, f"would be {state}: {what}", {"uri": uri, "would_be": state})
            return
        if not yes:
            click.confirm(
                f"{what}\nThis record becomes {state}{', for good' if erase else ''}. Go on?", abort=True, err=True
            )
        ending = publish.end(node, uri, state, reason or ("erasure-request" if erase else "withdrawn"), note)
        filing.carry_out(node)  # files that were attached to it go now, also where no worker runs
        _tell(as_json, f"{state}: {uri}", {"uri": uri, "state": state, "revision": ending.revision})


def _tell(as_json: bool, sentence: str, facts: dict[str, Any]) -> None:
    if as_json:
        printing.as_json(facts)
    else:
        printing.say(sentence)
