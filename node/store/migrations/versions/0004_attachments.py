"""Attachments: which bytes are held or wanted, and which records refer to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("sha256", sa.LargeBinary(32), primary_key=True),
        sa.Column("media", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("held_at", sa.BigInteger()),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.Column("wished", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("via", sa.String(120)),
    )
    op.create_index("ix_files_state_next_at", "files", ["state", "next_at"])
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "file_refs",
        sa.Column("origin_id", serial, sa.ForeignKey("origins.id", name="fk_file_refs_origin_id"), primary_key=True),
        sa.Column("record", sa.String(36), primary_key=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("ix_file_refs_sha256", "file_refs", ["sha256"])
