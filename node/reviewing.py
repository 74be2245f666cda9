"""From a finished draft to a signed revision: submitted, changes asked or approved, published. Who may do what.

Law: four eyes. Nobody approves a draft in which they have written; except for questions and answers, and where only one
person can approve, and an administrator has said that this person may, which stands in the audit log with each such
approval. Only publishers decide; what is approved is published as it was approved, because a draft that is changed must
be submitted again.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node import accounts, consenting, drafting, drafting_files
from node.accounts import PUBLISHER
from node.assembly import Node
from node.drafting import moved, name_of, statement_of
from node.drafting_checks import faults, findings
from node.drafting_shapes import ANSWER, PRACTICE, QUESTION
from node.drafting_text import clean
from node.errors import NotAllowed
from node.publish import Statement, no_wider, publish, publish_once
from node.store import accounts as people
from node.store import consents, draft_files, drafts, notes, records, reviews
from node.store.accounts import User
from node.store.drafts import Draft
from node.store.records import OURSELVES, Stored

ALONE = "review_alone"
"""Meta value: `yes` where the only person who can approve may approve what they wrote."""


def submit(node: Node, user: User, number: int, *, confirmed: bool) -> None:
    """Give a draft to a colleague. `confirmed`: the author has looked at what seems to be personal data.

    Raises `NotAllowed` (`draft_incomplete`, `personal_data`, `consent_…`, and those of `drafting.save`).
    """
    with node.database.writing() as connection:
        draft = drafting.writable(connection, user, number)
        if faults(draft):
            raise NotAllowed(
                "the draft is not complete yet: what is missing stands beside each field", "draft_incomplete"
            )
        if drafts.asides(connection, number):
            raise NotAllowed("texts from another page lie aside: choose between them first", "draft_unsettled")
        held = draft_files.of(connection, number)
        if (findings(draft.fields, draft.kind) or drafting_files.personal(held)) and not confirmed:
            raise NotAllowed(
                "the text seems to hold personal data: take it out, or say that it may stay", "personal_data"
            )
        _consented(connection, node, draft)
        drafts.confirm(connection, number, draft.version)
        drafts.move(connection, number, drafts.SUBMITTED, node.now(), approved_by=None)
        reviews.read(connection, user.id, node.now(), number)
        reviews.tell(connection, _reviewers(connection, draft), number, "draft_submitted", user.name, node.now())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_submitted", name_of(number))


def take_back(node: Node, user: User, number: int) -> None:
    """Take a draft back to write on; an approval is void with it. Raises `NotAllowed` (`not_your_draft`)."""
    with node.database.writing() as connection:
        draft = _in(connection, user, number, drafts.SUBMITTED, drafts.APPROVED)
        if not drafting.mine(draft, user):
            raise NotAllowed("only its author takes a draft back", "not_your_draft")
        drafts.move(connection, number, drafts.DRAFT, node.now(), approved_by=None)
        notes.act(connection, node.now(), f"web:{user.name}", "draft_taken_back", name_of(number))


def remark(node: Node, user: User, number: int, path: str, text: str) -> None:
    """Say something about a field of a draft that is under review, or that is one's own. Empty text says nothing."""
    said = clean(text)
    if not said:
        return
    with node.database.writing() as connection:
        draft = drafting.readable(connection, user, number)
        reviews.remark(connection, number, user.id, path if path in draft.fields else "", said, node.now())
        if draft.author_id != user.id:
            reviews.tell(connection, [draft.author_id], number, "draft_remark", user.name, node.now())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_remark", name_of(number))


def settle(node: Node, user: User, number: int, remark_number: int) -> None:
    """Mark a remark as done."""
    with node.database.writing() as connection:
        drafting.readable(connection, user, number)
        reviews.settle(connection, number, remark_number, node.now())
        notes.act(connection, node.now(), f"web:{user.name}", "draft_remark_done", name_of(number))


def ask(node: Node, user: User, number: int, text: str) -> None:
    """Ask the author for changes. Raises `NotAllowed` (`remark_missing`: no open remark says what)."""
    with node.database.writing() as connection:
        draft = _in(connection, user, number, drafts.SUBMITTED)
        if clean(text):
            reviews.remark(connection, number, user.id, "", clean(text), node.now())
        if not any(one.done_at is None for one in reviews.remarks(connection, number)):
            raise NotAllowed("say in a remark what should change", "remark_missing")
        drafts.move(connection, number, drafts.CHANGES, node.now())
        _answered(connection, node, user, draft, "draft_changes")
        notes.act(connection, node.now(), f"web:{user.name}", "draft_changes", name_of(number))


def approve(node: Node, user: User, number: int, version: int) -> None:
    """Approve a draft that others wrote. `version`: the one that was looked at; another may have been submitted since.

    Raises `NotAllowed` (`own_draft`, `draft_closed`, `draft_changed`).
    """
    with node.database.writing() as connection:
        draft = _in(connection, user, number, drafts.SUBMITTED)
        own = user.id in drafts.writers(connection, number)
        if own and not may_own(connection, user, draft):
            raise NotAllowed("you have written this draft: another person must approve it", "own_draft")
        if draft.version != version:
            raise NotAllowed("the draft was changed after you opened it: look at it again", "draft_changed")
        drafts.move(connection, number, drafts.APPROVED, node.now(), approved_by=user.id)
        _answered(connection, node, user, draft, "draft_approved")
        notes.act(connection, node.now(), f"web:{user.name}", "draft_approved", name_of(number), "alone" * own)


def release(node: Node, user: User, number: int) -> str:
    """Sign an approved draft. Returns the URI of the record. Asked twice, it is said once.

    Raises `NotAllowed` (`draft_closed`, `draft_outdated`, `consent_…`), and as `publish.publish`.
    """
    with node.database.reading() as connection:
        draft = _in(connection, user, number, drafts.APPROVED)
        _consented(connection, node, draft)
        if draft.kind == PRACTICE and moved(connection, draft):
            raise NotAllowed("the practice was changed after this draft was begun", "draft_outdated")
        statement = no_wider(connection, _with_consents(connection, statement_of(draft)))
    uri = _said(node, draft, statement)
    with node.database.writing() as connection:
        drafts.move(connection, number, drafts.PUBLISHED, node.now(), record=uri.rpartition("/")[2])
        _answered(connection, node, user, draft, "draft_published")
        notes.act(connection, node.now(), f"web:{user.name}", "draft_published", uri, name_of(number))
    drafting_files.release(node, f"web:{user.name}", number, uri)
    return uri


def catch_up(node: Node, user: User, number: int) -> None:
    """The author has seen what changed in the source since: the draft goes on from its head."""
    with node.database.writing() as connection:
        draft = drafting.writable(connection, user, number)
        head, _ = drafting.source_of(connection, draft)
        if head is not None and head.data is not None:
            drafts.move(connection, number, draft.state, node.now(), base=head.digest.hex())
            notes.act(connection, node.now(), f"web:{user.name}", "draft_caught_up", name_of(number), head.uri)


def set_alone(node: Node, actor: str, *, allowed: bool) -> None:
    """Say whether the only person who can approve may approve what they wrote themselves."""
    with node.database.writing() as connection:
        notes.set_value(connection, ALONE, "yes" if allowed else "")
        notes.act(connection, node.now(), actor, "review_alone", "", "allowed" if allowed else "not allowed")


def alone_allowed(connection: Connection) -> bool:
    """Whether an administrator has said so."""
    return notes.value(connection, ALONE) == "yes"


def may_alone(connection: Connection, user: User) -> bool:
    """Whether this person may approve what they wrote: nobody else can approve, and an administrator has said so."""
    return alone_allowed(connection) and _able(connection) == [user.id]


def may_own(connection: Connection, user: User, draft: Draft) -> bool:
    """Whether this person may approve this draft of theirs: a question and an answer are talk, not a practice."""
    return draft.kind in (QUESTION, ANSWER) or may_alone(connection, user)


def _able(connection: Connection) -> list[int]:
    return [one.id for one in people.everyone(connection) if not one.disabled and accounts.may(one.role, PUBLISHER)]


def _reviewers(connection: Connection, draft: Draft) -> list[int]:
    return [number for number in _able(connection) if number not in drafts.writers(connection, draft.id)]


def _in(connection: Connection, user: User, number: int, *states: str) -> Draft:
    draft = drafting.readable(connection, user, number)
    if draft.state not in states:
        raise NotAllowed("the draft is in another state by now: open it again", "draft_closed")
    return draft


def _answered(connection: Connection, node: Node, user: User, draft: Draft, word: str) -> None:
    reviews.read(connection, user.id, node.now(), draft.id)
    if draft.author_id != user.id:
        reviews.tell(connection, [draft.author_id], draft.id, word, user.name, node.now())


def _consented(connection: Connection, node: Node, draft: Draft) -> None:
    codes = {code for _path, code in consenting.lacking(connection, node, draft)}
    if "voice_consent_missing" in codes:
        raise NotAllowed("a testimonial has no consent on paper", "voice_consent_missing")
    if "consent_ended" in codes:
        raise NotAllowed("the consent of a testimonial has ended", "consent_ended")
    if "consent_narrow" in codes:
        raise NotAllowed("the consent of a testimonial is for fewer people", "consent_narrow")
    for _file, code in drafting_files.lacking(connection, node, draft):
        raise NotAllowed("a picture shows persons whose consent is missing, has ended or is for fewer people", code)


def _with_consents(connection: Connection, statement: Statement) -> Statement:
    known = {one.id: one for one in consents.everyone(connection)}
    content = consenting.with_audience(statement.content, known)
    return Statement(
        statement.type, content, statement.language, statement.visibility, statement.author, statement.licence,
        statement.illustrative,
    )  # fmt: skip


def _said(node: Node, draft: Draft, statement: Statement) -> str:
    """Sign it, unless a process that was killed, or a second press, has signed it already."""
    if draft.record is not None:
        uri = f"{node.did}/records/{draft.record}"
        with node.database.reading() as connection:
            head = records.get(connection, uri, OURSELVES)
        if head is None or not _says(head, statement):
            publish(node, statement, draft.record)
        return uri

    def said(connection: Connection) -> bool:
        return _held(connection, node, draft, statement) is not None

    publish_once(node, statement, said)
    with node.database.reading() as connection:
        uri_found = _held(connection, node, draft, statement)
    assert uri_found is not None
    return uri_found


def _held(connection: Connection, node: Node, draft: Draft, statement: Statement) -> str | None:
    ours = records.latest(connection, OURSELVES, [statement.type], origin=node.did, limit=50)
    same = (one for one in ours if _says(one, statement) and one.received >= draft.created_at)
    return next((one.uri for one in same), None)


def _says(stored: Stored, statement: Statement) -> bool:
    """Whether a revision says this already, for the same readers, and under the same name and licence."""
    body = stored.body
    around = (stored.visibility, body.get("author"), body.get("licence"), body.get("illustrative") is True)
    wanted = (statement.visibility, statement.author, statement.licence, statement.illustrative)
    return stored.content == statement.content and around == wanted
