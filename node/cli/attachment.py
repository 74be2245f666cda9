"""`wasl attachment`: files attached to records: given, listed, fetched, taken back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from node import attaching, fetching, filing
from node.assembly import Node
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import actor, opened, uri_of
from node.cli.options import dry_run_option, json_option, yes_option
from node.cli.terminal import Terminal, pass_terminal
from node.cli.writing import REASONS
from node.errors import NotAllowed, NotFound
from node.store import files, records
from node.store.files import ATTACHMENT, File
from node.store.records import OURSELVES, Stored
from protocol import moment


@click.group("attachment")
def attachment_command() -> None:
    """Attach documents, tables and pictures to records; list, fetch and erase them."""


@attachment_command.command(
    "add",
    epilog=examples(
        'wasl attachment add guide.pdf --to 4d2f3d6e-… --title "Guide du médiateur"',
        'wasl attachment add photo.jpg --to 4d2f3d6e-… --title "Le guichet" --alt "Deux tables sous une tente" '
        "--no-persons",
        'wasl attachment add photo.jpg --to 4d2f3d6e-… --title "…" --alt "…" --persons --consent 2026-031',
        "wasl attachment add table.csv --to 4d2f3d6e-… --title Chiffres --dry-run --json",
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "uri", required=True, help="The record that it belongs to: its URI, or the id of one of ours.")
@click.option("--title", required=True, help="What it is, in a line.")
@click.option("--alt", default="", help="What a picture shows, for who cannot see it. Required for pictures.")
@click.option("--persons/--no-persons", default=None, help="Whether a picture shows persons. Required for pictures.")
@click.option("--consent", default="", help="Number of the consent on paper. Required where persons are shown.")
@click.option("--language", help="Language of the file and of these words. [default: the record's]")
@click.option("--creator", default="", help="Role or organisation that made it; no person's name.")
@click.option("--licence", default="", help="Licence, if another than the record's.")
@click.option("--consent-checked", is_flag=True, help="What looks like personal data in the file may be published.")
@dry_run_option
@json_option
@pass_terminal
def add_command(terminal: Terminal, /, file: Path, uri: str, dry_run: bool, as_json: bool, **said: Any) -> None:
    """Attach FILE (pdf, odt, docx, xlsx, csv, jpg, png, webp; 10 MiB at most) to a record of ours.

    The file is looked through and cleaned first: places, cameras and authors are taken out, and what acts is refused.
    """
    checked = said.pop("consent_checked")
    shows = said.pop("persons")
    with opened(terminal) as node:
        uri = uri_of(node, uri)
        said["language"] = said["language"] or _language_of(node, uri)
        with file.open("rb") as source:
            prepared = attaching.prepare(source, file.name, shows_persons=shows, **said)
        for piece in prepared.personal:
            printing.note(f"the file holds {printing.plain(piece)!r}: personal data?")
        if prepared.personal and not checked:
            raise NotAllowed("the file seems to hold personal data; nothing was published", "personal_data")
        told: dict[str, Any] = {
            "sha256": prepared.sha256,
            "mediaType": prepared.media,
            "byteSize": len(prepared.data),
            "removed": list(prepared.removed),
            "words": sum(len(part.split()) for part in prepared.content.get("text", [])),
        }
        if not dry_run:
            told = {"uri": attaching.publish_to(node, prepared, uri, actor=actor())} | told
    if as_json:
        printing.as_json(told)
        return
    printing.say(f"would be attached: {file.name}" if dry_run else f"attached: {told['uri']}")
    printing.facts(
        [
            ("kind", told["mediaType"]),
            ("bytes", told["byteSize"]),
            ("taken out", ", ".join(told["removed"]) or None),
            ("words found by a search", told["words"] or None),
            ("sha256", told["sha256"]),
        ]
    )


@attachment_command.command(
    "list", epilog=examples("wasl attachment list", "wasl attachment list --of 4d2f3d6e-… --json")
)
@click.option("--of", "uri", help="Only those of this record.")
@json_option
@pass_terminal
def list_command(terminal: Terminal, uri: str | None, as_json: bool) -> None:
    """List the files that records name: which are here, which are fetched, and why one is not."""
    with opened(terminal) as node:
        rows = _listed(node, uri_of(node, uri) if uri else None)
    if as_json:
        printing.as_json({"attachments": rows})
        return
    heads = ("state", "why", "bytes", "kind", "attached to", "title", "uri")
    printing.table(
        heads,
        [
            (
                row["state"],
                row["code"] or "",
                f"{row['have']}/{row['byteSize']}" if 0 < row["have"] < row["byteSize"] else row["byteSize"],
                row["mediaType"].rpartition("/")[2].rpartition(".")[2],
                str(row["about"])[-12:],
                row["title"],
                row["uri"],
            )
            for row in rows
        ],
    )


@attachment_command.command(
    "get",
    epilog=examples(
        "wasl attachment get did:key:z6Mk…/records/… -o guide.pdf",
        "wasl attachment get 9f86d081884c7d65… -o photo.jpg",
        "wasl attachment get 4d2f3d6e-… -o - | sha256sum",
    ),
)
@click.argument("name")
@click.option("-o", "--output", required=True, type=click.Path(allow_dash=True), help="File to write; - for output.")
@json_option
@pass_terminal
def get_command(terminal: Terminal, name: str, output: str, as_json: bool) -> None:
    """Write the bytes of NAME (the record's URI or the file's SHA-256), fetched from a peer if they are not here."""
    with opened(terminal) as node:
        sha256 = _hash_of(node, name)
        data = fetching.bring_now(node, sha256, lambda did, code: printing.note(f"{did[-8:]}: {code}"))
    if output == "-":
        sys.stdout.buffer.write(data)
        return
    with open(output, "xb") as file:
        file.write(data)
    if as_json:
        printing.as_json({"file": output, "byteSize": len(data), "sha256": sha256.hex()})
    else:
        printing.say(f"written: {printing.plain(output)}, {len(data)} bytes")


@attachment_command.command(
    "erase",
    epilog=examples(
        "wasl attachment erase 4d2f3d6e-… --reason erasure-request", "wasl attachment erase 4d2f3d6e-… --withdraw"
    ),
)
@click.argument("uri")
@click.option("--withdraw", is_flag=True, help="Only withdraw it: not shown any more; the bytes go after a week.")
@click.option("--reason", type=click.Choice(REASONS), help="Why. [default: erasure-request, or withdrawn]")
@click.option("--note", default="", help="A remark of 200 characters at most, without personal data.")
@yes_option()
@json_option
@pass_terminal
def erase_command(
    terminal: Terminal, uri: str, withdraw: bool, reason: str | None, note: str, yes: bool, as_json: bool
) -> None:
    """Erase an attachment of ours: every node forgets its bytes and its words, and answers with a receipt.

    The hash stays in the record's history. Copies in backups stay until those expire.
    """
    with opened(terminal) as node:
        uri = uri_of(node, uri)
        state = "withdrawn" if withdraw else "erased"
        if not yes:
            asked = f"{uri}\nThis file becomes {state}{'' if withdraw else ', for good'}. Go on?"
            click.confirm(asked, abort=True, err=True)
        act = attaching.withdraw if withdraw else attaching.erase
        ended = act(node, uri, reason or ("withdrawn" if withdraw else "erasure-request"), note, actor=actor())
    if as_json:
        printing.as_json({"uri": uri, "state": state, "revision": ended.revision})
    else:
        printing.say(f"{state}: {uri}")


def _language_of(node: Node, uri: str) -> str:
    with node.database.reading() as connection:
        owner = records.get(connection, uri, OURSELVES)
    return str(owner.body.get("language", node.config.node_language)) if owner else node.config.node_language


def _hash_of(node: Node, name: str) -> bytes:
    if len(name) == 64 and all(sign in "0123456789abcdef" for sign in name):
        return bytes.fromhex(name)
    with node.database.reading() as connection:
        stored = records.get(connection, uri_of(node, name), OURSELVES)
    if stored is None or stored.type != ATTACHMENT or stored.state != "live":
        raise NotFound("no live attachment of this name is held here", "unknown_attachment")
    return bytes.fromhex(stored.content["sha256"])


def _listed(node: Node, owner: str | None) -> list[dict[str, Any]]:
    """One row for each record that names a file, with how it stands with the bytes."""
    shelf = filing.shelf_of(node)
    rows = []
    with node.database.reading() as connection:
        for file, uris in files.everything(connection):
            for stored in records.many(connection, uris, OURSELVES).values():
                if stored.type == ATTACHMENT and owner in (None, stored.about):
                    have = file.size if file.state == files.HELD else shelf.most_of(file.sha256)
                    rows.append(_row(file, stored, have))
    return rows


def _row(file: File, stored: Stored, have: int) -> dict[str, Any]:
    titles = stored.content.get("title") or {"": ""}
    return {
        "uri": stored.uri,
        "about": stored.about,
        "title": next(iter(titles.values())),
        "mediaType": file.media,
        "byteSize": file.size,
        "have": have,
        "sha256": file.sha256.hex(),
        "state": file.state,
        "wished": file.wished,
        "code": file.code,
        "tries": file.tries,
        "triedAt": moment.to_text(file.tried_at) if file.tried_at else None,
        "nextAt": moment.to_text(file.next_at) if file.state == files.WANTED and file.next_at else None,
        "via": file.via,
        "recordState": stored.state,
    }
