"""`wasl record proof`: what an origin has said twice under one number, as a file that anybody can verify offline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

import click

from node import contradictions
from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import name_of, opened, uri_of, words_of
from node.cli.options import json_option
from node.cli.terminal import Terminal, pass_terminal
from protocol import equivocation, moment
from protocol.equivocation import Contradiction, Proof
from protocol.limits import MAX_PAGE_BYTES


@click.command(
    "proof",
    epilog=examples("wasl record proof", "wasl record proof did:key:z6Mk…/records/… -o proof.json"),
)
@click.argument("uri", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write the proof to.")
@json_option
@pass_terminal
def proof_command(terminal: Terminal, uri: str | None, output: Path | None, as_json: bool) -> None:
    """Prove that a node has signed two different contents under one number; without URI, list where that is so.

    The proof holds both texts and the node's cards; `wasl record verify FILE` checks it on any machine, without a node.
    It says that both were signed, not why: a restored backup or a copied machine does it too. Telephone first.
    """
    with opened(terminal) as node, node.database.reading() as connection:
        if uri is None:
            _list(
                terminal,
                [(one, name_of(node, one.did, terminal.language)) for one in contradictions.listing(connection)],
                as_json,
            )
            return
        proof = contradictions.proof_of(connection, uri_of(node, uri))
    shown = equivocation.verify(proof)
    if output is not None:
        _write(output, proof.to_bytes())
    if as_json:
        printing.as_json(told(shown, terminal.language) | {"file": str(output) if output else None})
    elif output is None:
        click.echo(proof.to_bytes() + b"\n", nl=False)
    else:
        tell(shown, terminal.language)
        printing.say(f"  written    {output}")


def is_proof(file: BinaryIO) -> bool:
    """Whether a file that can be read twice holds a proof, by how it begins."""
    beginning = file.read(len(equivocation.BEGINNING))
    file.seek(0)
    return beginning == equivocation.BEGINNING


def read(file: BinaryIO) -> Contradiction:
    """What the proof in `file` shows. Raises what `equivocation.verify` raises."""
    return equivocation.verify(Proof.from_bytes(file.read(MAX_PAGE_BYTES + 3)))


def told(shown: Contradiction, language: str) -> dict[str, Any]:
    """A contradiction's facts, for JSON."""
    return {
        "verdict": "contradiction",
        "kind": shown.kind,
        "uri": shown.uri,
        "number": shown.number,
        "origin": shown.origin,
        "name": shown.chain.head.name(language) if shown.chain else None,
        "words": words_of(shown.origin, language),
        "digests": [shown.one.digest.hex(), shown.other.digest.hex()],
        "modified": [moment.to_text(shown.one.modified), moment.to_text(shown.other.modified)],
        "keys": list(shown.keys),
        "same_key": shown.same_key,
    }


def tell(shown: Contradiction, language: str) -> None:
    """A contradiction's facts, for a person."""
    what = "card" if shown.kind == "card" else "revision"
    printing.say(printing.strong(f"proven: {what} {shown.number} was signed twice, with different contents", "yellow"))
    if shown.chain is not None:
        printing.say(f"  signed by  {printing.plain(shown.chain.head.name(language))}")
    printing.say(f"  words      {words_of(shown.origin, language)}")
    printing.say(f"  record     {shown.uri}")
    for envelope, key in zip((shown.one, shown.other), shown.keys, strict=True):
        printing.say(f"  {moment.to_text(envelope.modified)}  digest {envelope.digest.hex()[:16]}  key …{key[-8:]}")
    printing.say("  It does not say why: a restored backup, a copied machine, a stolen key or bad faith. Telephone.")


def _list(terminal: Terminal, found: list[tuple[contradictions.Contradicted, str | None]], as_json: bool) -> None:
    if as_json:
        names = ("uri", "did", "number", "kind")
        printing.as_json({"contradictions": [{name: getattr(one, name) for name in names} for one, _ in found]})
    elif not found:
        printing.say("nothing was signed twice under one number")
    else:
        rows = [(one.kind, one.number, name or "?", one.uri) for one, name in found]
        printing.table(("kind", "number", "signed by", "record"), rows)


def _write(path: Path, data: bytes) -> None:
    """The proof as a file of its own; one that is there already is not overwritten."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data + b"\n")
