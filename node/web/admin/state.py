"""State: recovering, doubled, contradictions, and the backup. Each says what happened, what it means, and what to do.

Law: while somebody must decide, the page explains before it offers; each explanation has its own act. A backup holds
keys, so whoever takes one types their password, however lately they signed in.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from node import backup, contradictions, peering, recovering, sightings
from node.accounts import ADMINISTRATOR
from node.errors import NodeError, NotFound
from node.store import peers, records
from node.store.records import OURSELVES
from node.web.admin import showing
from node.web.admin.guard import actor, needs
from node.web.admin.showing import Names, Trouble, seen, tried
from node.web.language import language
from node.web.listing import the_node

SHORTEST = 12
"""Characters of a backup's passphrase, at least."""
OLD_BACKUP_S = 14 * 86_400
"""Age from which a backup is called old, seconds."""
_CHUNK = 1 << 16
_ROOM = ".download-"


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    both = ["GET", "POST"]
    admin.add_url_rule("/state", "state", page)
    admin.add_url_rule("/state/go-on", "state_go_on", go_on, methods=both)
    admin.add_url_rule("/state/sync", "state_sync", sync, methods=["POST"])
    admin.add_url_rule("/state/decide/<word>", "state_decide", decide, methods=both)
    admin.add_url_rule("/state/proof", "state_proof", proof)
    admin.add_url_rule("/state/backup", "state_backup", take_backup, methods=both)


@needs(ADMINISTRATOR)
def page() -> Response:
    """How this node is, whatever needs a decision first."""
    return _page()


@needs(ADMINISTRATOR)
def go_on() -> Response:
    """Publish again although not all is back: the risk, then the button."""
    if request.method == "POST":
        tried(
            lambda: recovering.go_on(the_node(), actor=actor()),
            gettext("This node publishes again."),
        )
        return seen("state")
    found = recovering.status(the_node(), language())
    if found is None:
        return seen("state")
    shown = render_template("admin/go_on.html", found=found, risk=recovering.risk(language()))
    return make_response(shown)


@needs(ADMINISTRATOR)
def sync() -> Response:
    """Meet every peer that can be met, now: what a recovering node waits for."""
    node = the_node()
    with node.database.reading() as connection:
        met = [peer.did for peer in peers.everyone(connection, peers.ACTIVE) if peer.url is not None]

    def meet() -> None:
        for did in met:
            peering.sync_now(node, did, actor=actor())

    tried(meet, gettext("The meetings begin now. Look again in a moment."))
    showing.wake()
    return seen("state")


@needs(ADMINISTRATOR)
def decide(word: str) -> Response:
    """One of the three explanations: what follows from it, then the button."""
    found = sightings.status(the_node(), language())
    if found is None:
        return seen("state")
    chosen = next((one for one in found.explanations if one.word == word), None)
    if chosen is None:
        raise NotFound("there is no such explanation", "not_found")
    if request.method == "GET":
        return make_response(render_template("admin/decide.html", found=found, chosen=chosen))
    worked = tried(lambda: sightings.decide(the_node(), word, actor=actor()), chosen.then)
    showing.wake()
    return seen("key_revoke" if worked and word == "forged" else "state")


@needs(ADMINISTRATOR)
def proof() -> Response:
    """The proof of one contradiction, to be kept or given to anybody: it is verified without this node."""
    uri = request.args.get("uri", "")[:300]
    with the_node().database.reading() as connection:
        data = contradictions.proof_of(connection, uri).to_bytes()
    answer = make_response(data)
    answer.headers["Content-Type"] = "application/octet-stream"
    answer.headers["Content-Disposition"] = f'attachment; filename="contradiction-{uri[-8:]}.proof"'
    return answer


@needs(ADMINISTRATOR)
def take_backup() -> Response:
    """A backup of this moment as a download. It is written to a folder of its own, sent, and deleted here."""
    if request.method == "GET":
        return seen("state")
    passphrase, again = request.form.get("passphrase", ""), request.form.get("again", "")
    trouble = _unfit(passphrase, again) or showing.asked_again(always=True)
    if trouble:
        return _page(trouble)
    node = the_node()
    folder = _room(node.config.home, node.now())
    name = f"wasl-{node.did[-8:]}-{node.now()}.backup"
    try:
        written = backup.write(node, folder / name, actor=actor(), passphrase=passphrase or None)
        file = written.path.open("rb")
    except (NodeError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        known = error if isinstance(error, NodeError) else NodeError(str(error), "file_problem")
        return _page(showing.trouble_of(known, "backup"))
    shutil.rmtree(folder, ignore_errors=True)  # what is open can still be read; nothing stays if this process ends
    answer = Response(_sent(file), mimetype="application/octet-stream")
    answer.headers["Content-Length"] = str(os.fstat(file.fileno()).st_size)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.call_on_close(file.close)
    return answer


def _page(trouble: Trouble | None = None) -> Response:
    node = the_node()
    doubled = sightings.status(node, language())
    with node.database.reading() as connection:
        names = Names(connection)
        found = contradictions.listing(connection)
        forks = [(one, names.of(one.did), _title(records.get(connection, one.uri, OURSELVES))) for one in found]
        seen_from = {one.via: names.of(one.via) for one in doubled.records} if doubled else {}
    shown = render_template(
        "admin/state.html",
        recovering=recovering.status(node, language()),
        doubled=doubled,
        seen_from=seen_from,
        forks=forks,
        me=node.did,
        last=backup.last(node),
        old_s=OLD_BACKUP_S,
        shortest=SHORTEST,
        trouble=trouble,
        now=node.now(),
    )
    return make_response(shown, 400 if trouble else 200)


def _title(stored: records.Stored | None) -> str:
    """The title of a record in its own language, where it has one."""
    title = stored.content.get("title") if stored is not None and stored.state == "live" else None
    return str(next(iter(title.values()), "")) if isinstance(title, dict) else ""


def _unfit(passphrase: str, again: str) -> Trouble | None:
    if not passphrase and request.form.get("plain") == "1":
        return None
    if len(passphrase) < SHORTEST:
        why = gettext("The passphrase has fewer than %(most)s characters.", most=SHORTEST)
        what = gettext("Take four or five words that only you would put together, or tick the box below.")
        return showing.missing("passphrase", why, what)
    if passphrase != again:
        return showing.missing("again", gettext("The two are not the same."), gettext("Type the passphrase twice."))
    return None


def _room(home: Path, now: int) -> Path:
    """A folder for one backup on its way out; those that a killed process left a day ago go."""
    for left in home.glob(f"{_ROOM}*"):
        if left.stat().st_mtime < now - 86_400:
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=_ROOM, dir=home))


def _sent(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
