"""`wasl brief`: chosen practices as one file to print."""

from __future__ import annotations

from pathlib import Path

import click

from node.cli import printing
from node.cli.lazy import examples
from node.cli.opening import opened, uri_of
from node.cli.terminal import Terminal, pass_terminal
from node.cli.written import written
from node.config import LANGUAGES
from node.errors import NotFound
from node.store import chains


@click.command(
    "brief",
    epilog=examples(
        "wasl brief did:key:z6Mk…/records/… --language fr --language ar --output brief.html",
        "wasl brief 4d2f3d6e-… -o brief.html",
    ),
)
@click.argument("uris", nargs=-1, required=True, metavar="URI…")
@click.option(
    "--language", "languages", type=click.Choice(LANGUAGES), multiple=True, help="One language, or two side by side."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write. [default: standard output]"
)
@pass_terminal
def brief_command(terminal: Terminal, uris: tuple[str, ...], languages: tuple[str, ...], output: Path | None) -> None:
    """Write 1 to 20 public practices as A4 sheets in one HTML file, for an action plan.

    Each has its summary, cost, results, conditions, sources and permanent id, and a code that leads to this revision.
    The file needs nothing else; a browser prints it, also to PDF. URI may be the id alone for a record of ours, or the
    address of its page.
    """
    if len(languages) > 2 or len(uris) > 20:
        raise click.UsageError("a brief has one or two languages, and 20 practices at most")
    if output is not None and output.suffix.lower() == ".pdf":
        raise click.UsageError("a brief is written as HTML: open it in a browser and print it to PDF")
    from node.app import create_app
    from node.web import briefing

    first = languages[0] if languages else terminal.language
    with opened(terminal) as node:
        with node.database.reading() as connection:
            card = chains.head_cards(connection).get(node.did)
        names = [uri_of(node, uri) for uri in uris]
        app = create_app(node)
        with app.test_request_context(f"/brief?lang={first}", base_url=(card.url if card else None) or None):
            page, missing = briefing.document(names, languages[1] if len(languages) > 1 else "")
    for name in missing:
        printing.note(f"left out, no public practice here: {printing.plain(name)}")
    if len(missing) >= len(set(names)):
        raise NotFound("none of these is a public practice held here", "unknown_record")
    with written(output, private=False) as out:
        out.write(page.encode())
