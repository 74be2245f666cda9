"""Files of a draft: given while it is written, seen by whoever reviews it, signed with it. docs/editing.md, Files.

Law: what was approved is what is published: a file comes and goes only while the draft can be written, and each is a
save of it. Between the signatures of a practice and of its files a process may be killed: `catch_up` does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from node import attaching, consenting, drafting
from node.assembly import Node
from node.attaching import MOST_OF_ONE, Prepared
from node.drafting_shapes import PRACTICE
from node.errors import AttachmentRefused, NodeError, NotAllowed
from node.store import draft_files, drafts, files, notes
from node.store.accounts import User
from node.store.draft_files import DraftFile
from node.store.drafts import Draft
from node.store.records import OURSELVES, Stored


def add(node: Node, user: User, number: int, prepared: Prepared) -> None:
    """Keep a file with a draft. What it holds of personal data must then be confirmed when it is submitted.

    Raises `NotAllowed` (`too_many_attachments`, `already_attached`, and those of `drafting.save`),
    `AttachmentRefused` (`attachment_quota`).
    """
    with node.database.writing() as connection:
        draft = drafting.writable(connection, user, number)
        if draft.kind != PRACTICE:
            raise NotAllowed("files belong to a practice, not to its translations", "not_a_practice")
        waiting, there = draft_files.of(connection, number), published(connection, node, draft)
        if len(waiting) + len(there) >= MOST_OF_ONE:
            raise NotAllowed(f"a record has at most {MOST_OF_ONE} attachments", "too_many_attachments")
        if prepared.sha256 in {one.sha256 for one in waiting} | {str(one.content["sha256"]) for one in there}:
            raise NotAllowed("this very file is attached already", "already_attached")
        if not room_for(connection, node, len(prepared.data)):
            raise AttachmentRefused("the room that this node gives to attachments is used up", "attachment_quota")
        draft_files.add(
            connection, number, prepared.data, prepared.language, node.now(), content=prepared.content,
            removed=prepared.removed, personal=prepared.personal,
        )  # fmt: skip
        drafts.save(connection, draft, user.id, draft.fields, node.now())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_file", drafting.name_of(number), prepared.sha256)


def drop(node: Node, user: User, number: int, file: int) -> None:
    """Take a file away from a draft. Raises `NotFound` (`unknown_attachment`), and as `drafting.save`."""
    with node.database.writing() as connection:
        draft = drafting.writable(connection, user, number)
        gone, _ = draft_files.get(connection, number, file)
        draft_files.drop(connection, file)
        drafts.save(connection, draft, user.id, draft.fields, node.now())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_file_gone", drafting.name_of(number), gone.sha256)


def published(connection: Connection, node: Node, draft: Draft) -> list[Stored]:
    """The files that the practice which a draft revises has already."""
    if draft.record is None or draft.kind != PRACTICE:
        return []
    return files.of_record(connection, f"{node.did}/records/{draft.record}", OURSELVES)


def room_for(connection: Connection, node: Node, size: int) -> bool:
    """Whether the room for attachments takes `size` more bytes, beside what is held and what waits with drafts."""
    taken = files.taken(connection) + draft_files.taken(connection)
    return taken + size <= node.config.attachments_total_mb * 1_000_000


def personal(waiting: Iterable[DraftFile]) -> bool:
    """Whether one of these seems to hold personal data in its words."""
    return any(one.personal for one in waiting)


def lacking(connection: Connection, node: Node, draft: Draft) -> list[tuple[DraftFile, str]]:
    """(file, code) of each picture of persons without a consent that holds for those who will see it."""
    found = []
    for one in draft_files.of(connection, draft.id):
        if one.content.get("showsPersons") is True:
            code = consenting.gap(connection, node, str(one.content.get("consentId", "")), draft, "photo")
            if code:
                found.append((one, code))
    return found


def release(node: Node, actor: str, number: int, uri: str) -> None:
    """Sign the files of a draft whose record `uri` has just been published: what is left, one by one, so that a page
    and the worker may do it at once. Raises as `attaching.publish_to`."""
    while True:
        with node.database.reading() as connection:
            left = draft_files.first(connection, number)
        if left is None:
            return
        one, data = left
        attaching.publish_to(
            node, Prepared(data, dict(one.content), one.language, one.removed, one.personal), uri, actor=actor
        )
        with node.database.writing() as connection:
            draft_files.drop(connection, one.id)


def catch_up(node: Node) -> bool:
    """Sign the files of drafts that were published without them: a process was killed, or the disk was full.

    Returns whether it did anything. What one draft's files are refused for keeps no other draft's back; it is raised at
    the end, so that the worker says it once and lets this rest.
    """
    with node.database.reading() as connection:
        owed = draft_files.waiting(connection, drafts.PUBLISHED)
    refused: NodeError | None = None
    for number, record in owed:
        try:
            release(node, "worker", number, f"{node.did}/records/{record}")
        except NodeError as error:
            refused = error
    if refused is not None:
        raise refused
    return bool(owed)
