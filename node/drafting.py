"""Writing: drafts begun, saved and given up. Nothing is signed here (that is `reviewing`).

Law: no sentence is lost. A save says from which version its page was made; a field that another page has changed in the
meantime keeps that text, and what this page sent lies aside beside it until a person chooses. Of everything else the
save is taken. Whoever is not the author sees a draft only once it was submitted; administrators may help out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from node.accounts import ADMINISTRATOR, PUBLISHER, may
from node.assembly import Node
from node.config import LANGUAGES
from node.drafting_fields import compact, content_of, fields_of, worded_paths, written
from node.drafting_shapes import (
    ADAPTATION,
    ANSWER,
    ENVELOPE,
    EVENT,
    ORGANISATION,
    PRACTICE,
    QUESTION,
    TRANSLATION,
    shape_at,
)
from node.drafting_text import clean
from node.errors import NotAllowed, NotFound
from node.publish import DEFAULT_AUTHOR, DEFAULT_LICENCE, Statement
from node.store import drafts, notes, records
from node.store.accounts import User
from node.store.drafts import Draft
from node.store.records import MEMBERS, OURSELVES, Stored
from protocol.schemas.syntax import FIELD_PATH

BYTES_MOST = 256 * 1024
"""UTF-8 bytes that the texts of a draft may have together: what a record holds."""
REVISED = (PRACTICE, ADAPTATION, QUESTION, ANSWER, EVENT, ORGANISATION)
"""Kinds that go on from what this node has published."""
METHODS = ("human", "machine-assisted", "machine")

_is_path = FIELD_PATH.matcher()


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a save. `conflicts`: paths whose text lies aside now; `at`: seconds since 1970."""

    version: int
    conflicts: tuple[str, ...]
    at: int


def begin(node: Node, user: User, language: str) -> int:
    """A new, empty practice in one language. Returns the draft's number. Raises `NotAllowed` (`language_unknown`)."""
    if language not in LANGUAGES:
        raise NotAllowed(f"a language is one of {', '.join(LANGUAGES)}", "language_unknown")
    with node.database.writing() as connection:
        number = drafts.add(connection, user.id, PRACTICE, language, node.now(), fields=_usual())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_begun", name_of(number))
    return number


def revise(node: Node, user: User, record: str) -> int:
    """A draft that goes on from the published revision of a record of ours; the one there is, if it is one's own.

    Raises `NotFound` (`unknown_record`), `NotAllowed` (`being_revised`).
    """
    with node.database.writing() as connection:
        head = own_head(connection, node, record, REVISED)
        for draft in drafts.of_record(connection, record):
            if draft.author_id == user.id:
                return draft.id
            raise NotAllowed(f"{draft.author} is revising this practice already", "being_revised")
        fields = fields_of(head.content, head.type) | envelope_of(head)
        base = head.content.get("sourceDigest") if head.type == ADAPTATION else head.digest.hex()
        number = drafts.add(
            connection, user.id, head.type, str(head.body["language"]), node.now(), fields=fields, kept=head.content,
            record=record, base=base, target=head.about,
        )  # fmt: skip
        notes.act(connection, node.now(), f"web:{user.name}", "draft_begun", name_of(number), head.uri)
    return number


def begin_from(node: Node, user: User, statement: Statement, record: str | None) -> int:
    """A draft that says what a statement of a table says; `record`: UUID of the practice of ours that it corrects.

    Raises `NotFound` (`unknown_record`), `NotAllowed` (`being_revised`: by somebody else).
    """
    fields = fields_of(statement.content) | {
        "_visibility": statement.visibility, "_author": statement.author, "_licence": statement.licence,
        "_illustrative": "yes" if statement.illustrative else "",
    }  # fmt: skip
    more: dict[str, Any] = {"fields": {path: text for path, text in fields.items() if text}}
    with node.database.writing() as connection:
        if record is not None:
            head = own_head(connection, node, record)
            for draft in drafts.of_record(connection, record):
                raise NotAllowed(f"{draft.author} is revising this practice already", "being_revised")
            more |= {"record": record, "base": head.digest.hex()}
        kept = dict(statement.content)
        number = drafts.add(connection, user.id, PRACTICE, statement.language, node.now(), kept=kept, **more)
        notes.act(connection, node.now(), f"web:{user.name}", "draft_begun", name_of(number), "table")
    return number


def reply(node: Node, user: User, kind: str, uri: str, language: str) -> int:
    """A draft of an Adaptation of a practice, a Question about one (or none), an Answer to a question, an Event, or an
    Organisation.

    The one that this person has begun already, if there is one. Raises `NotFound` (`unknown_record`), `NotAllowed`
    (`language_unknown`, `own_practice`).
    """
    if language not in LANGUAGES:
        raise NotAllowed(f"a language is one of {', '.join(LANGUAGES)}", "language_unknown")
    with node.database.writing() as connection:
        target = _replied_to(connection, node, kind, uri)
        if target is not None:
            for draft in drafts.of(connection, user.id):
                if (draft.kind, draft.target) == (kind, uri) and draft.state in drafts.OPEN and draft.record is None:
                    return draft.id
        kept: dict[str, Any] = {} if target is None else {_REPLIES[kind][1]: uri}
        base = target.digest.hex() if target is not None and kind == ADAPTATION else None
        fields = _usual() | ({} if target is None else {"_visibility": target.visibility})
        number = drafts.add(
            connection, user.id, kind, language, node.now(), fields=fields, kept=kept, target=uri or None, base=base
        )
        notes.act(connection, node.now(), f"web:{user.name}", "draft_begun", name_of(number), uri)
    return number


def translate(node: Node, user: User, uri: str, language: str) -> int:
    """A draft of a translation of any record that members may see; it goes on from ours, where there is one.

    Raises `NotFound` (`unknown_record`), `NotAllowed` (`language_unknown`).
    """
    with node.database.writing() as connection:
        target = records.get(connection, uri, MEMBERS)
        if target is None or target.state != "live" or target.type not in REVISED:
            raise NotFound("no such record is held here", "unknown_record")
        if language not in LANGUAGES or language == target.body["language"]:
            raise NotAllowed("a translation is into another of the five languages", "language_unknown")
        mine = [one for one in drafts.of(connection, user.id) if one.target == uri and one.language == language]
        for draft in mine:
            if draft.state != drafts.PUBLISHED:
                return draft.id
        ours = _our_translation(connection, node, uri, language)
        fields = {"_method": "human", "_translator": DEFAULT_AUTHOR, "_from": str(target.body["language"])}
        if ours is not None:
            fields |= {str(path): str(text) for path, text in ours.content["fields"].items()}
            fields |= {"_method": str(ours.content["method"]), "_translator": str(ours.content["translator"])}
        number = drafts.add(
            connection, user.id, TRANSLATION, language, node.now(), fields=fields, target=uri,
            kept=ours.content if ours else {}, record=ours.record if ours else None,
            base=str(ours.content["targetDigest"]) if ours else target.digest.hex(),
        )  # fmt: skip
        notes.act(connection, node.now(), f"web:{user.name}", "draft_begun", name_of(number), uri)
    return number


def save(
    node: Node, user: User, number: int, version: int, sent: Mapping[str, str], tab: str, *, without: str = "",
    tidy: bool = False, apart: frozenset[str] = frozenset(),
) -> Saved:  # fmt: skip
    """Take what a page sent that was made from `version`.

    `tab`: which page; `without`: a row to leave out; `tidy`: move rows together; `apart`: fields in which this page was
    told of another text. Raises `NotAllowed` (`draft_closed`, `draft_too_large`, `not_your_draft`), `NotFound`.
    """
    now = node.now()
    with node.database.writing() as connection:
        draft = writable(connection, user, number)
        before = drafts.saved(connection, number, version) or {}
        fields, conflicts = dict(draft.fields), []
        for path, text in _cleaned(draft, sent).items():
            held, base = fields.get(path, ""), before.get(path, "")
            if text == held or (text == base and path not in apart):
                continue
            if held != base or path in apart:
                drafts.put_aside(connection, number, tab[:40], path, text, user.id, now)
                conflicts.append(path)
            else:
                fields[path] = text
        if (tidy or without) and draft.kind != TRANSLATION and not conflicts:
            fields = compact(fields, without, draft.kind)
        fields = {path: text for path, text in fields.items() if text}
        if sum(len(text.encode()) for text in fields.values()) > BYTES_MOST:
            raise NotAllowed("a draft holds 256 KiB of text at most", "draft_too_large")
        if fields == draft.fields:
            return Saved(draft.version, tuple(conflicts), draft.updated_at)
        return Saved(drafts.save(connection, draft, user.id, fields, now), tuple(conflicts), now)


def choose(node: Node, user: User, number: int, aside: int, *, take: bool) -> None:
    """Settle a text that lies aside: `take` it into its field (the other then lies aside), or let it go."""
    with node.database.writing() as connection:
        draft = writable(connection, user, number)
        found = drafts.drop_aside(connection, number, aside)
        if take:
            held = draft.fields.get(found.path, "")
            if held and held != found.text:
                drafts.put_aside(connection, number, f"chosen-{aside}", found.path, held, user.id, node.now())
            drafts.save(connection, draft, user.id, dict(draft.fields) | {found.path: found.text}, node.now())


def discard(node: Node, user: User, number: int) -> None:
    """Give a draft up; its words are forgotten. Raises as `save`."""
    with node.database.writing() as connection:
        draft = readable(connection, user, number)
        if draft.state == drafts.PUBLISHED or not mine(draft, user):
            raise NotAllowed("only its author gives a draft up, before it is published", "draft_closed")
        drafts.forget(connection, number)
        drafts.move(connection, number, drafts.DISCARDED, node.now())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_discarded", name_of(number))


def mine(draft: Draft, user: User) -> bool:
    """Whether a person may write in a draft: its author, and an administrator who helps out."""
    return draft.author_id == user.id or user.role == ADMINISTRATOR


def readable(connection: Connection, user: User, number: int) -> Draft:
    """A draft that this person may read. Raises `NotFound` (`unknown_draft`): it does not say that there is one."""
    draft = drafts.get(connection, number)
    asked = draft.state == drafts.CHANGES and may(user.role, PUBLISHER)  # who asked for changes follows what comes
    hidden = draft.state in drafts.OPEN and not (asked or mine(draft, user))
    if hidden or draft.state == drafts.DISCARDED:
        raise NotFound("there is no such draft", "unknown_draft")
    return draft


def writable(connection: Connection, user: User, number: int) -> Draft:
    """A draft that this person may change now. Raises `NotFound`, `NotAllowed` (`not_your_draft`, `draft_closed`)."""
    draft = readable(connection, user, number)
    if not mine(draft, user):
        raise NotAllowed("only its author changes a draft", "not_your_draft")
    if draft.state not in drafts.OPEN:
        raise NotAllowed("this draft is being reviewed, or is published: take it back first", "draft_closed")
    return draft


def statement_of(draft: Draft) -> Statement:
    """What a draft would say once it is signed."""
    fields = draft.fields
    if draft.kind == TRANSLATION:
        return Statement(TRANSLATION, _translation(draft), draft.language, author=fields["_translator"])
    content = content_of(fields, draft.language, draft.kept, draft.kind, draft.base)
    return Statement(
        draft.kind,
        content,
        draft.language,
        fields.get("_visibility") or "public",
        fields.get("_author") or DEFAULT_AUTHOR,
        fields.get("_licence") or DEFAULT_LICENCE,
        fields.get("_illustrative") == "yes",
    )


def source_of(connection: Connection, draft: Draft) -> tuple[Stored | None, Stored | None]:
    """(the head, the revision that the draft goes on from, adapts or translates) of what a draft is about."""
    base = records.by_digest(connection, bytes.fromhex(draft.base)) if draft.base else None
    uri = draft.target or (base.uri if base is not None else "")
    return (records.get(connection, uri, OURSELVES) if uri else None), base


def revised(connection: Connection, node: Node, draft: Draft) -> Stored | None:
    """The live record of ours that a draft goes on from; None for a new one, and for a translation."""
    if draft.record is None or draft.kind == TRANSLATION:
        return None
    head = records.get(connection, f"{node.did}/records/{draft.record}", OURSELVES)
    return head if head is not None and head.state == "live" and head.data is not None else None


def moved(connection: Connection, draft: Draft) -> bool:
    """Whether what the draft goes on from, or translates, has changed since."""
    head, _ = source_of(connection, draft)
    return draft.base is not None and (head is None or head.digest.hex() != draft.base)


def changed_paths(connection: Connection, draft: Draft) -> set[str]:
    """Paths of a translation's source whose words are others than in the revision that was translated."""
    head, base = source_of(connection, draft)
    if head is None or (base is not None and head.digest == base.digest):
        return set()
    language = str(head.body["language"])
    before = dict(worded_paths(base.content, language)) if base is not None else {}
    after = dict(worded_paths(head.content, language))
    return {path for path, words in after.items() if before.get(path) != words}


def own_head(connection: Connection, node: Node, record: str, kinds: tuple[str, ...] = (PRACTICE,)) -> Stored:
    """A live record of ours, of one of these kinds. Raises `NotFound` (`unknown_record`)."""
    head = records.get(connection, f"{node.did}/records/{record}", OURSELVES)
    if head is None or head.type not in kinds or head.state != "live" or head.data is None:
        raise NotFound("this node has published no such practice", "unknown_record")
    return head


def envelope_of(head: Stored) -> dict[str, str]:
    """What stands around a content, as fields."""
    body = head.body
    return {
        "_visibility": str(body["visibility"]),
        "_author": str(body["author"]),
        "_licence": str(body["licence"]),
        "_illustrative": "yes" if body.get("illustrative") is True else "",
    }


def name_of(number: int) -> str:
    """How the audit log names a draft."""
    return f"draft:{number}"


def _usual() -> dict[str, str]:
    return {"_visibility": "public", "_author": DEFAULT_AUTHOR, "_licence": DEFAULT_LICENCE}


def _cleaned(draft: Draft, sent: Mapping[str, str]) -> dict[str, str]:
    """What was sent, as it would be kept; only fields that this kind of draft has."""
    if draft.kind != TRANSLATION:
        kind = draft.kind
        return {
            path: written(path, text, kind)
            for path, text in sent.items()
            if shape_at(path, kind) and path not in _FIXED
        }
    found = {path: clean(text) for path, text in sent.items() if len(path) <= 100 and _is_path(path)}
    found |= {path: clean(sent[path], lines=False)[:120] for path in ("_translator",) if path in sent}
    return found | {path: sent[path] for path in ("_method",) if sent.get(path) in METHODS}


_FIXED = frozenset(ENVELOPE) - {"_visibility", "_author"}


_REPLIES = {ADAPTATION: (PRACTICE, "source"), QUESTION: (PRACTICE, "about"), ANSWER: (QUESTION, "inReplyTo")}
"""What each kind replies to, and the field that names it."""


def _replied_to(connection: Connection, node: Node, kind: str, uri: str) -> Stored | None:
    """What a draft of this kind is about; None where it is about nothing. Raises as `reply`."""
    if kind in (EVENT, ORGANISATION) or (kind == QUESTION and not uri):
        return None
    target = records.get(connection, uri, MEMBERS)
    if kind not in _REPLIES or target is None or target.state != "live" or target.type != _REPLIES[kind][0]:
        raise NotFound("no such record is held here", "unknown_record")
    if kind == ADAPTATION and target.origin == node.did:
        raise NotAllowed("your own practice is corrected by a new revision, not adapted", "own_practice")
    return target


def _translation(draft: Draft) -> dict[str, Any]:
    fields = {path: text for path, text in draft.fields.items() if not path.startswith("_")}
    content: dict[str, Any] = {"target": draft.target, "targetDigest": draft.base, "to": draft.language}
    content |= {"from": draft.fields.get("_from", ""), "fields": fields, "method": draft.fields["_method"]}
    return content | {"translator": draft.fields["_translator"]}


def _our_translation(connection: Connection, node: Node, uri: str, language: str) -> Stored | None:
    held = records.about(connection, uri, OURSELVES, [TRANSLATION])
    ours = [one for one in held if one.origin == node.did and one.content.get("to") == language]
    return ours[-1] if ours else None
