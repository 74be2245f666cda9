"""What people follow, what came of it, and who wants it by e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "follows",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("user_id", serial, sa.ForeignKey("users.id", name="fk_follows_user_id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.UniqueConstraint("user_id", "kind", "target", name="uq_follows_user_id"),
    )
    op.create_table(
        "news",
        sa.Column("follow_id", serial, sa.ForeignKey("follows.id", name="fk_news_follow_id"), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_news_seq", "news", ["seq"])
    op.create_table(
        "news_seen",
        sa.Column("user_id", serial, sa.ForeignKey("users.id", name="fk_news_seen_user_id"), primary_key=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "mailings",
        sa.Column("user_id", serial, sa.ForeignKey("users.id", name="fk_mailings_user_id"), primary_key=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ask_at", sa.BigInteger()),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("mailed_seq", sa.BigInteger(), nullable=False),
        sa.Column("pending_seq", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(40)),
    )
    op.create_index("ix_mailings_due_at", "mailings", ["due_at"])
