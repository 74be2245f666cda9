"""Tables and nothing else. `docs/decisions/0002-one-door-one-log.md` says why there is one log.

`log` holds every accepted revision, and beside them the two local events that followers must hear of (an origin's
admission changed; a key was revoked): one order for everything. `heads` is the current revision of each record, kept
in the same transaction. Moments are whole seconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Number = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of any size; SQLite numbers rows by themselves only where the type is called so."""

meta = Table("meta", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))

origins = Table(
    "origins",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("did", String(120), nullable=False, unique=True),
    Column("admitted", Boolean, nullable=False, default=False),
    Column("distance", _Number, comment="steps from us over vouches; 0 is ourselves; null when not admitted"),
    Column("records", _Number, nullable=False, default=0, comment="revisions held"),
    Column("bytes", BigInteger, nullable=False, default=0, comment="bytes held"),
)

log = Table(
    "log",
    metadata,
    Column("seq", _Number, primary_key=True, autoincrement=True),
    Column("kind", String(12), nullable=False, comment="revision | admission | void | hiding"),
    Column("origin_id", ForeignKey("origins.id"), nullable=False),
    Column("digest", LargeBinary(32), unique=True, comment="of the revision; null for an event"),
    Column("record", String(36)),
    Column("revision", _Number),
    Column("type", String(40)),
    Column("visibility", String(8)),
    Column("key", String(64), comment="multikey that signed it"),
    Column("stamp", BigInteger, comment="modifiedAt, as claimed: never used to decide"),
    Column("about", String(200), comment="URI or DID of what it is about"),
    Column("received_at", BigInteger, nullable=False),
    Column("via", String(120), comment="DID of the peer that brought it; null for our own editors"),
    Column("size", _Number, nullable=False, default=0, comment="bytes of the revision"),
    Column("erased", Boolean, nullable=False, default=False, comment="true for an erasing tombstone"),
    Column("void", Boolean, nullable=False, default=False, comment="its key was revoked"),
    Column("replaced", LargeBinary(32), comment="digest of the head that this one took the place of"),
    Column("replaced_stamp", BigInteger),
    Column("data", LargeBinary, comment="the exact bytes; null once erased"),
    Index("ix_log_record", "origin_id", "record"),
    Index("ix_log_about", "about"),
)

heads = Table(
    "heads",
    metadata,
    Column("origin_id", ForeignKey("origins.id"), primary_key=True),
    Column("record", String(36), primary_key=True),
    Column("seq", ForeignKey("log.seq"), nullable=False, unique=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("revision", _Number, nullable=False),
    Column("stamp", BigInteger, nullable=False),
    Column("type", String(40), nullable=False),
    Column("visibility", String(8), nullable=False),
    Column("state", String(10), nullable=False, comment="live | withdrawn | erased"),
    Column("about", String(200)),
    Column(
        "forked",
        Boolean,
        nullable=False,
        default=False,
        comment="two valid revisions with one number are known",
    ),
    Index("ix_heads_type_seq", "type", "seq"),
    Index("ix_heads_about", "about"),
    Index("ix_heads_record", "record"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("state", String(10), nullable=False, comment="pending | held | refused | skipped"),
    Column("code", String(40), nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("origin", String(120), comment="as the bytes claim; not verified"),
    Column("via", String(120), comment="DID of the peer that brought it"),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("times", _Number, nullable=False, default=1),
    Column("size", _Number, nullable=False, default=0),
    Column("data", LargeBinary, comment="null where only the fact is kept"),
    Index("ix_quarantine_origin_state", "origin", "state"),
    Index("ix_quarantine_via_state", "via", "state"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("via", String(120), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("times", _Number, nullable=False, default=0),
    Column("last_at", BigInteger, nullable=False),
)

followers = Table(
    "followers",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False, default=0),
    Column("updated_at", BigInteger, nullable=False),
    Column("error", Text),
)

peers = Table(
    "peers",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("did", String(120), nullable=False, unique=True),
    Column("state", String(10), nullable=False, comment="requested | active | paused | blocked | ended"),
    Column("asked_by", String(4), nullable=False, comment="us | them"),
    Column("ended_by", String(4), comment="us | them, once ended"),
    Column("url", String(500), comment="where we reach it; null when nobody can"),
    Column("chain", LargeBinary, comment="its cards as NDJSON, until they are in the log"),
    Column("note", Text, nullable=False, default=""),
    Column("checked", Text, comment="who compared the fingerprint words, how and when"),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("pull_cursor", String(64), comment="the peer's cursor, as it gave it"),
    Column("push_seq", BigInteger, nullable=False, default=0, comment="our log up to here was offered to it"),
    Column("reconcile_at", BigInteger, nullable=False, default=0, comment="when to reconcile next; 0 is now"),
    Column("next_at", BigInteger, nullable=False, default=0, comment="when to meet next; 0 is now"),
    Column("failures", _Number, nullable=False, default=0),
    Column("tried_at", BigInteger),
    Column("met_at", BigInteger, comment="last round that worked"),
    Column("error_code", String(40)),
    Column("error", Text),
    Column("skew_s", _Number, comment="its clock less ours"),
    Column("version", String(40)),
    Column("their_heads", _Number, comment="records that it says it holds"),
    Column("lease_owner", String(80)),
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("heard_at", BigInteger, comment="last signed request of the peer to us, to the minute"),
    Column("told_card", LargeBinary(32), comment="digest of the newest card of ours that the peer has answered to"),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("did", String(120), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ms", _Number, nullable=False),
    Column("received", _Number, nullable=False, default=0),
    Column("sent", _Number, nullable=False, default=0),
    Column("refused", _Number, nullable=False, default=0),
    Column("reconciled", Boolean, nullable=False, default=False),
    Column("error_code", String(40)),
    Index("ix_rounds_did_at", "did", "at"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("label", String(120), nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("used_by", String(120)),
    Column("revoked_at", BigInteger),
)

nonces = Table(
    "nonces",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("nonce", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_nonces_expires_at", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("act", String(40), nullable=False),
    Column("object", String(200), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
)

sightings = Table(
    "sightings",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True, comment="of a revision signed as ours that we did not write"),
    Column("record", String(36), nullable=False),
    Column("revision", _Number, nullable=False),
    Column("type", String(40), nullable=False),
    Column("via", String(120), nullable=False, comment="DID of the peer that brought it"),
    Column("at", BigInteger, nullable=False),
    Column("verdict", String(8), nullable=False, default="", comment="empty: nobody has decided | ours | forged"),
)

files = Table(
    "files",
    metadata,
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("media", String(80), nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes, as the record says"),
    Column("state", String(8), nullable=False, comment="wanted | held | refused"),
    Column("held_at", BigInteger),
    Column("keep_until", BigInteger, nullable=False, default=0, comment="kept until then though nothing refers to it"),
    Column("wished", Boolean, nullable=False, default=False, comment="somebody asked for it: whatever its size"),
    Column("tries", _Number, nullable=False, default=0),
    Column("tried_at", BigInteger),
    Column("next_at", BigInteger, nullable=False, default=0, comment="when to try next"),
    Column("code", String(40), comment="why it is not here"),
    Column("via", String(120), comment="DID of the peer that gave it; null for our own editors"),
    Index("ix_files_state_next_at", "state", "next_at"),
)

file_refs = Table(
    "file_refs",
    metadata,
    Column("origin_id", ForeignKey("origins.id"), primary_key=True),
    Column("record", String(36), primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False),
    Index("ix_file_refs_sha256", "sha256"),
)

users = Table(
    "users",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True, comment="ASCII, lower case"),
    Column("role", String(16), nullable=False, comment="reader | editor | publisher | administrator"),
    Column("password", String(200), nullable=False, comment="Argon2id, encoded"),
    Column("language", String(8), comment="null: as the browser wishes"),
    Column("totp", String(64), comment="secret of the second factor, base32; null without one"),
    Column("totp_step", BigInteger, nullable=False, default=0, comment="last time step used: a code counts once"),
    Column("spare_codes", Text, nullable=False, default="", comment="hashes of unused recovery codes, one a line"),
    Column("disabled_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, comment="last sign-in"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("form_token", String(64), nullable=False, comment="must stand in every form of the session (CSRF)"),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("notices", Text, nullable=False, default="", comment="JSON list of what to say on the next page"),
    Index("ix_sessions_user_id", "user_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("name", String(120), primary_key=True, comment="hash of a user's name or of a caller's address"),
    Column("failures", _Number, nullable=False, default=0),
    Column("last_at", BigInteger, nullable=False),
)

searches = Table(
    "searches",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("address", Text, nullable=False, comment="the parameters of the search, as node/asking.py writes them"),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger, comment="until it is forgotten, a deletion can be undone"),
    Index("ix_searches_user_id", "user_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("kind", String(12), nullable=False, comment="Practice | Translation"),
    Column("language", String(35), nullable=False, comment="of what is written"),
    Column("author_id", ForeignKey("users.id"), nullable=False),
    Column(
        "state", String(10), nullable=False, comment="draft | submitted | changes | approved | published | discarded"
    ),
    Column("version", _Number, nullable=False, default=1, comment="grows by one with each save that changes something"),
    Column("fields", Text, nullable=False, comment="JSON object: field path -> text"),
    Column("kept", Text, nullable=False, default="{}", comment="JSON: content of the revision that it goes on from"),
    Column("record", String(36), comment="UUID of the record of ours that it is to revise"),
    Column("base", String(64), comment="digest of the revision revised, or translated"),
    Column("target", String(200), comment="URI of the record translated"),
    Column("confirmed", _Number, nullable=False, default=0, comment="version whose personal data the author confirmed"),
    Column("approved_by", ForeignKey("users.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_drafts_author_id", "author_id"),
    Index("ix_drafts_record", "record"),
)

draft_saves = Table(
    "draft_saves",
    metadata,
    Column("draft_id", ForeignKey("drafts.id"), primary_key=True),
    Column("version", _Number, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fields", Text, comment="null once newer saves are enough"),
)

draft_asides = Table(
    "draft_asides",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("draft_id", ForeignKey("drafts.id"), nullable=False),
    Column("tab", String(40), nullable=False, comment="which open page sent it"),
    Column("path", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_draft_asides_draft_id", "draft_id"),
)

draft_remarks = Table(
    "draft_remarks",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("draft_id", ForeignKey("drafts.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("path", String(100), nullable=False, comment="the field; empty for the whole"),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Index("ix_draft_remarks_draft_id", "draft_id"),
)

draft_files = Table(
    "draft_files",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("draft_id", ForeignKey("drafts.id"), nullable=False),
    Column("sha256", String(64), nullable=False, comment="of `data`, hexadecimal"),
    Column("size", BigInteger, nullable=False),
    Column("language", String(35), nullable=False),
    Column("content", Text, nullable=False, comment="JSON: the record but `about`"),
    Column("removed", Text, nullable=False, comment="JSON list: what was taken out"),
    Column("personal", Text, nullable=False, comment="JSON list: pieces that look like personal data"),
    Column("data", LargeBinary, nullable=False, comment="the cleaned bytes, until they are published"),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("draft_id", "sha256", name="uq_draft_files_draft_id"),
)

hidden = Table(
    "hidden",
    metadata,
    Column("origin_id", ForeignKey("origins.id"), primary_key=True),
    Column("record", String(36), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(120), nullable=False, comment="who hid it, as in the audit log"),
    Column("reason", Text, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("draft_id", ForeignKey("drafts.id"), nullable=False),
    Column("word", String(20), nullable=False, comment="what happened to the draft"),
    Column("actor", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    Index("ix_inbox_user_id", "user_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", String(36), primary_key=True, comment="UUID: the consentId that travels"),
    Column("what", String(20), nullable=False, comment="text | photo | voice"),
    Column("subject", String(120), nullable=False, comment="a label such as `P-12`, never a name"),
    Column("purposes", Text, nullable=False),
    Column("audience", String(8), nullable=False, comment="node | network | public"),
    Column("languages", String(120), nullable=False, comment="in which it was explained"),
    Column("given_on", String(10), nullable=False),
    Column("expires_on", String(10), nullable=False, comment="five years later at the latest"),
    Column("guardian", Boolean, nullable=False, default=False, comment="a guardian signed for a minor"),
    Column("form_hash", String(64), nullable=False, default="", comment="SHA-256 of the scanned paper form"),
    Column("withdrawn_on", String(10)),
    Column("created_at", BigInteger, nullable=False),
)

fediverse_inboxes = Table(
    "fediverse_inboxes",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("url", String(500), nullable=False, unique=True, comment="of one account, or shared by all of a host"),
    Column("host", String(255), nullable=False),
    Column("seq", BigInteger, nullable=False, comment="our log up to here was told to it"),
    Column("next_at", BigInteger, nullable=False, default=0, comment="when to try next; while it is told: a lease"),
    Column("failures", _Number, nullable=False, default=0),
    Column("failing_since", BigInteger),
    Column("told_at", BigInteger, comment="last time that it took something"),
    Column("error_code", String(40)),
    Index("ix_fediverse_inboxes_seq", "seq"),
)

fediverse_subscribers = Table(
    "fediverse_subscribers",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("actor", String(500), nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("own_inbox", String(500), nullable=False, comment="where the answer to its Follow goes"),
    Column("inbox_id", ForeignKey("fediverse_inboxes.id"), nullable=False),
    Column("follow", String(500), nullable=False, comment="id of its Follow"),
    Column("created_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger, comment="when it took our answer; null while it waits"),
    Column("next_at", BigInteger, nullable=False, default=0),
    Column("failures", _Number, nullable=False, default=0),
    Index("ix_fediverse_subscribers_host", "host"),
    Index("ix_fediverse_subscribers_inbox_id", "inbox_id"),
)

fediverse_heard = Table(
    "fediverse_heard",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("kind", String(8), nullable=False, comment="follow | undo | delete"),
    Column("actor", String(500), nullable=False, comment="as it claims; not verified"),
    Column("host", String(255), nullable=False),
    Column("activity", String(500), nullable=False, comment="id of the activity"),
    Column("key_id", String(500), nullable=False),
    Column("base", Text, nullable=False, comment="the text that was signed"),
    Column("signature", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False, default=0),
    Column("tries", _Number, nullable=False, default=0),
    Index("ix_fediverse_heard_host", "host"),
)

fediverse_actors = Table(
    "fediverse_actors",
    metadata,
    Column("actor", String(500), primary_key=True),
    Column("at", BigInteger, nullable=False, comment="when it was asked for"),
    Column("code", String(40), comment="why nothing is known of it; null where it is"),
    Column("key_id", String(500)),
    Column("key", Text, comment="its public key, PEM"),
    Column("inbox", String(500)),
    Column("shared_inbox", String(500)),
)

follows = Table(
    "follows",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("kind", String(10), nullable=False, comment="topic | commune | practice | search"),
    Column("target", String(200), nullable=False, comment="concept, DID, URI, or number of a saved search"),
    Column("since", BigInteger, nullable=False, comment="only entries of the log after this one are news"),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    UniqueConstraint("user_id", "kind", "target", name="uq_follows_user_id"),
)

news = Table(
    "news",
    metadata,
    Column("follow_id", ForeignKey("follows.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, comment="entry of the log; shown while it is the head of its record"),
    Column("at", BigInteger, nullable=False, comment="entry by which it became news: itself, or what it waited for"),
    Index("ix_news_seq", "seq"),
)

news_seen = Table(
    "news_seen",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="what came after it is unread"),
)

mailings = Table(
    "mailings",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("address", String(254), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("ask_at", BigInteger, comment="when to send the mail that asks to confirm; null once sent"),
    Column("confirmed_at", BigInteger),
    Column("mailed_seq", BigInteger, nullable=False, default=0, comment="news up to here were mailed"),
    Column("pending_seq", BigInteger, comment="news up to here are being mailed"),
    Column("due_at", BigInteger, nullable=False, comment="when the next digest is due"),
    Column("sent_at", BigInteger),
    Column("failures", _Number, nullable=False, default=0),
    Column("error_code", String(40)),
    Index("ix_mailings_due_at", "due_at"),
)
