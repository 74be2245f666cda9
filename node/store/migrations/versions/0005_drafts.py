"""Drafts with their saves, texts put aside and remarks; what waits for a person; consents."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

    def user(table: str, name: str = "user_id", *, nullable: bool = False) -> sa.Column[int]:
        return sa.Column(name, serial, sa.ForeignKey("users.id", name=f"fk_{table}_{name}"), nullable=nullable)

    def draft(table: str, *, primary_key: bool = False) -> sa.Column[int]:
        key = sa.ForeignKey("drafts.id", name=f"fk_{table}_draft_id")
        return sa.Column("draft_id", serial, key, nullable=False, primary_key=primary_key)

    def number() -> sa.Column[int]:
        return sa.Column("id", serial, primary_key=True, autoincrement=True)

    def moment(name: str = "at", *, nullable: bool = False) -> sa.Column[int]:
        return sa.Column(name, sa.BigInteger(), nullable=nullable)

    op.create_table(
        "drafts",
        number(),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        user("drafts", "author_id"),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("record", sa.String(36)),
        sa.Column("base", sa.String(64)),
        sa.Column("target", sa.String(200)),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        user("drafts", "approved_by", nullable=True),
        moment("created_at"),
        moment("updated_at"),
    )
    op.create_index("ix_drafts_author_id", "drafts", ["author_id"])
    op.create_index("ix_drafts_record", "drafts", ["record"])
    op.create_table(
        "draft_saves",
        draft("draft_saves", primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        user("draft_saves"),
        moment(),
        sa.Column("fields", sa.Text()),
    )
    op.create_table(
        "draft_asides",
        number(),
        draft("draft_asides"),
        sa.Column("tab", sa.String(40), nullable=False),
        sa.Column("path", sa.String(100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        user("draft_asides"),
        moment(),
    )
    op.create_index("ix_draft_asides_draft_id", "draft_asides", ["draft_id"])
    op.create_table(
        "draft_remarks",
        number(),
        draft("draft_remarks"),
        user("draft_remarks"),
        sa.Column("path", sa.String(100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        moment(),
        moment("done_at", nullable=True),
    )
    op.create_index("ix_draft_remarks_draft_id", "draft_remarks", ["draft_id"])
    op.create_table(
        "inbox",
        number(),
        user("inbox"),
        draft("inbox"),
        sa.Column("word", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        moment(),
        moment("read_at", nullable=True),
    )
    op.create_index("ix_inbox_user_id", "inbox", ["user_id"])
    op.create_table(
        "consents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(8), nullable=False),
        sa.Column("languages", sa.String(120), nullable=False),
        sa.Column("given_on", sa.String(10), nullable=False),
        sa.Column("expires_on", sa.String(10), nullable=False),
        sa.Column("guardian", sa.Boolean(), nullable=False),
        sa.Column("form_hash", sa.String(64), nullable=False),
        sa.Column("withdrawn_on", sa.String(10)),
        moment("created_at"),
    )
