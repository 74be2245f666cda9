"""Files that wait with a draft: cleaned already, not signed yet. Rows in, dataclasses out.

Law: as a draft, they never leave this node: their bytes lie in the database with it, not on the shelf of attachments,
and no page for readers, feed, backup of records or peer ever sees them before they are published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, delete, func, insert, select

from node.errors import NotFound
from node.store.tables import draft_files, drafts


@dataclass(frozen=True, slots=True)
class DraftFile:
    """One file of a draft. `content`: its record but `about`; `size`: bytes; `personal`: pieces of its words that look
    like personal data; `removed`: what was taken out of it."""

    id: int
    draft_id: int
    sha256: str
    size: int
    language: str
    content: Mapping[str, Any]
    removed: tuple[str, ...]
    personal: tuple[str, ...]

    @property
    def media(self) -> str:
        """The media type, by the bytes."""
        return str(self.content["mediaType"])

    @property
    def title(self) -> str:
        """What it is, in the language of the draft."""
        return str(next(iter(self.content["title"].values())))

    @property
    def alt(self) -> str:
        """What a picture shows; empty for anything else."""
        return str(next(iter(self.content.get("alt", {}).values()), ""))


def add(connection: Connection, number: int, data: bytes, language: str, now: int, **more: Any) -> int:
    """Keep a file with draft `number`; `more`: content, removed, personal. Returns the file's number."""
    content, sha256 = more["content"], more["content"]["sha256"]
    values = {"draft_id": number, "sha256": sha256, "size": len(data), "language": language, "data": data, "at": now}
    values |= {"content": orjson.dumps(content).decode()}
    values |= {name: orjson.dumps(list(more[name])).decode() for name in ("removed", "personal")}
    key = connection.execute(insert(draft_files).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def of(connection: Connection, number: int) -> list[DraftFile]:
    """The files of a draft, the first given first, without their bytes."""
    question = select(*_FACTS).where(draft_files.c.draft_id == number).order_by(draft_files.c.id)
    return [_file(row) for row in connection.execute(question)]


def get(connection: Connection, number: int, file: int) -> tuple[DraftFile, bytes]:
    """One file of a draft, and its bytes. Raises `NotFound` (`unknown_attachment`)."""
    mine = (draft_files.c.draft_id == number) & (draft_files.c.id == file)
    row = connection.execute(select(*_FACTS, draft_files.c.data).where(mine)).one_or_none()
    if row is None:
        raise NotFound("this draft has no such file", "unknown_attachment")
    return _file(row), bytes(row.data)


def first(connection: Connection, number: int) -> tuple[DraftFile, bytes] | None:
    """The file of a draft that was given first, and its bytes; None when there is none left."""
    question = select(*_FACTS, draft_files.c.data).where(draft_files.c.draft_id == number)
    row = connection.execute(question.order_by(draft_files.c.id).limit(1)).one_or_none()
    return (_file(row), bytes(row.data)) if row is not None else None


def drop(connection: Connection, file: int) -> None:
    """Forget a file."""
    connection.execute(delete(draft_files).where(draft_files.c.id == file))


def forget(connection: Connection, number: int) -> None:
    """Forget every file of a draft."""
    connection.execute(delete(draft_files).where(draft_files.c.draft_id == number))


def taken(connection: Connection) -> int:
    """Bytes of all files that wait with drafts."""
    return int(connection.execute(select(func.coalesce(func.sum(draft_files.c.size), 0))).scalar_one())


def waiting(connection: Connection, state: str) -> list[tuple[int, str | None]]:
    """(number, UUID of the record) of the drafts in `state` that still have files."""
    question = (
        select(drafts.c.id, drafts.c.record)
        .join(draft_files, draft_files.c.draft_id == drafts.c.id)
        .where(drafts.c.state == state)
        .distinct()
        .order_by(drafts.c.id)
    )
    return [(int(number), record) for number, record in connection.execute(question)]


_FACTS = [column for column in draft_files.c if column.name not in ("data", "at")]


def _file(row: Any) -> DraftFile:
    values = {name: value for name, value in row._mapping.items() if name != "data"}
    values |= {"content": orjson.loads(values["content"])}
    return DraftFile(**values | {name: tuple(orjson.loads(values[name])) for name in ("removed", "personal")})
