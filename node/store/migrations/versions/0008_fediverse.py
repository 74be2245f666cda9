"""Who follows this node in the fediverse, which inboxes are told, and what was said and is not examined yet."""


import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "fediverse_inboxes",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("told_at", sa.BigInteger()),
        sa.Column("error_code", sa.String(40)),
        sa.UniqueConstraint("url", name="uq_fediverse_inboxes_url"),
    )
    op.create_index("ix_fediverse_inboxes_seq", "fediverse_inboxes", ["seq"])
    inbox = sa.ForeignKey("fediverse_inboxes.id", name="fk_fediverse_subscribers_inbox_id")
    op.create_table(
        "fediverse_subscribers",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("actor", sa.String(500), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("own_inbox", sa.String(500), nullable=False),
        sa.Column("inbox_id", serial, inbox, nullable=False),
        sa.Column("follow", sa.String(500), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger()),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.UniqueConstraint("actor", name="uq_fediverse_subscribers_actor"),
    )
    op.create_index("ix_fediverse_subscribers_host", "fediverse_subscribers", ["host"])
    op.create_index("ix_fediverse_subscribers_inbox_id", "fediverse_subscribers", ["inbox_id"])
    op.create_table(
        "fediverse_heard",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("actor", sa.String(500), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("activity", sa.String(500), nullable=False),
        sa.Column("key_id", sa.String(500), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_index("ix_fediverse_heard_host", "fediverse_heard", ["host"])
    op.create_table(
        "fediverse_actors",
        sa.Column("actor", sa.String(500), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("key_id", sa.String(500)),
        sa.Column("key", sa.Text()),
        sa.Column("inbox", sa.String(500)),
        sa.Column("shared_inbox", sa.String(500)),
    )
