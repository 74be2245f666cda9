"""Searches that people have saved."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "searches",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("user_id", serial, sa.ForeignKey("users.id", name="fk_searches_user_id"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
    )
    op.create_index("ix_searches_user_id", "searches", ["user_id"])
