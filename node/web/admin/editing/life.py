"""Published practices of this node: revised, withdrawn, erased, two versions made one, and who has carried it out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from node import accounts, afterwards, differences, drafting
from node.drafting_fields import fields_of, uri_in
from node.errors import NodeError, NotFound
from node.examining.kinds import KINDS
from node.store import drafts, records
from node.store.records import OURSELVES, Stored
from node.web.admin.editing import guide
from node.web.admin.guard import needs, notice, person
from node.web.admin.showing import Trouble, missing, seen, tried, trouble_of, wake
from node.web.listing import Who, the_node
from node.wording import Reading, translations_of

WORDS = ("withdrawn", "erased", "voice", "file")


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    one = "/published/<uuid>"
    admin.add_url_rule("/published", "published", listing)
    admin.add_url_rule("/published/find", "published_find", find, methods=["POST"])
    admin.add_url_rule(one, "published_one", show)
    admin.add_url_rule(f"{one}/revise", "published_revise", revise, methods=["POST"])
    admin.add_url_rule(f"{one}/sure/<word>", "published_sure", sure, methods=["GET", "POST"])
    admin.add_url_rule(f"{one}/fork", "published_fork", fork, methods=["GET", "POST"])


@needs(accounts.EDITOR)
def listing() -> str:
    """Every practice of this node, ended ones too."""
    with the_node().database.reading() as connection:
        held = afterwards.own(connection, the_node())
        titles = {one.uri: Reading(one.content, str(one.body.get("language", ""))).at("title") for one in held}
    return render_template("admin/published.html", held=held, titles=titles)


@needs(accounts.EDITOR)
def find() -> Response:
    """To the page on which any practice, of any node, is translated: by its address."""
    uri = uri_in(request.form.get("address", ""))
    if not uri:
        notice("trouble", _("This is not the address of a practice: open the practice and copy its address."))
        return seen("published")
    return seen("translate", uri=uri)


@needs(accounts.EDITOR)
def show(uuid: str) -> str:
    """One practice of ours: what can be done, what is on the way, who has answered to its erasure."""
    with the_node().database.reading() as connection:
        uri = f"{the_node().did}/records/{uuid}"
        head = records.get(connection, uri, OURSELVES)
        if head is None or head.type not in ("Practice", "Tombstone"):
            raise NotFound("this node has published no such practice", "unknown_record")
        language = str(head.body.get("language", ""))
        return render_template(
            "admin/published_one.html", head=head, title=Reading(head.content, language).at("title"), language=language,
            answers=afterwards.answers(connection, the_node(), uri) if head.state == "erased" else [],
            on_the_way=drafts.of_record(connection, uuid), who=Who(connection), now=the_node().now(),
            translations=translations_of(connection, head, OURSELVES) if head.state == "live" else {},
            voices=Reading(head.content, language).items("testimonials"),
            decides=accounts.may(person().user.role, accounts.PUBLISHER),
            attached=_titled(afterwards.attached(connection, the_node(), uuid) if head.state == "live" else []),
            erased_files=afterwards.erased_files(connection, the_node(), uuid),
            endings={kind.media: kind.extensions[0].upper() for kind in KINDS},
        )  # fmt: skip


@needs(accounts.EDITOR)
def revise(uuid: str) -> Response:
    """A draft that goes on from what is published."""
    try:
        return seen("draft", number=drafting.revise(the_node(), person().user, uuid))
    except NodeError as error:
        notice("trouble", f"{trouble_of(error).sentence} ({error.code})")
        return seen("published_one", uuid=uuid)


@needs(accounts.PUBLISHER)
def sure(uuid: str, word: str) -> Any:
    """What would happen, and the button, after a word is typed: `withdrawn`, `erased`, `voice` (`place`: which), `file`
    (`file`: the UUID of its record)."""
    if word not in WORDS:
        raise NotFound("no such act", "not_found")
    place = request.values.get("place", 0, int)
    with the_node().database.reading() as connection:
        head = drafting.own_head(connection, the_node(), uuid)
        what = afterwards.consequences(connection, the_node(), head.uri)
        title = Reading(head.content, str(head.body["language"])).at("title")
        file = _file(connection, uuid) if word == "file" else None
    trouble: Trouble | None = None
    if request.method == "POST":
        if request.form.get("typed", "").strip().casefold() == _to_type(word).casefold():
            return _do(uuid, word, place)
        trouble = missing("typed", _("Type the word as it stands above."))
    return render_template(
        "admin/published_sure.html", head=head, title=title, word=word, what=what, place=place, trouble=trouble,
        file=file,
        typed=_to_type(word), reasons=afterwards.REASONS.get(word, ()), language=str(head.body["language"]),
        voice=Reading(head.content, str(head.body["language"])).at(f"testimonials.{place}.text"),
    )  # fmt: skip


@needs(accounts.PUBLISHER)
def fork(uuid: str) -> Any:
    """Two versions with one number: both, with their difference; the chosen one becomes the next revision."""
    if request.method == "POST":
        digest = request.form.get("digest", "")
        if tried(
            lambda: afterwards.settle_fork(the_node(), person().user, uuid, digest),
            _("Published as the next revision."),
        ):
            wake()
            return seen("published_one", uuid=uuid)
        return seen("published_fork", uuid=uuid)
    with the_node().database.reading() as connection:
        both = afterwards.versions(connection, the_node(), uuid)
        if len(both) < 2:
            return seen("published_one", uuid=uuid)
        first, second = both[0], both[1]
        changed = differences.between(fields_of(first.content), fields_of(second.content))
        head = drafting.own_head(connection, the_node(), uuid)
    return render_template(
        "admin/published_fork.html",
        both=both,
        head=head,
        changed=changed,
        guide=guide,
        language=str(head.body["language"]),
    )


def _titled(attached: list[Stored]) -> list[tuple[Stored, Reading]]:
    return [(one, Reading(one.content, str(one.body["language"]))) for one in attached]


def _file(connection: Connection, uuid: str) -> tuple[Stored, Reading]:
    """The file that is asked about. Raises `NotFound` (`unknown_attachment`)."""
    wanted = request.values.get("file", "")
    held = _titled(afterwards.attached(connection, the_node(), uuid))
    found = next((one for one in held if one[0].record == wanted), None)
    if found is None:
        raise NotFound("this practice has no such file", "unknown_attachment")
    return found


def _do(uuid: str, word: str, place: int) -> Response:
    user, node = person().user, the_node()
    if word == "file":
        file = request.form.get("file", "")
        said = _("Erased: every node is told to forget the file.")
        if tried(lambda: afterwards.erase_file(node, user, uuid, file), said):
            wake()
        return seen("published_one", uuid=uuid, _anchor="files")
    if word == "voice":
        made: list[str] = []
        if tried(
            lambda: made.append(afterwards.erase_voice(node, user, uuid, place)),
            _("Erased. The rest is published anew."),
        ):
            wake()
            return redirect(url_for("admin.published_one", uuid=made[0].rpartition("/")[2]), 303)
        return seen("published_one", uuid=uuid)
    said = (
        _("Withdrawn: the network hears of it.")
        if word == "withdrawn"
        else _("Erased: every node is told to forget it.")
    )
    if tried(lambda: afterwards.finish(node, user, uuid, word, request.form.get("reason", "")), said):
        wake()
    return seen("published_one", uuid=uuid)


def _to_type(word: str) -> str:
    """What must be typed, in the language of the page."""
    return str(_("withdraw") if word == "withdrawn" else _("erase"))
