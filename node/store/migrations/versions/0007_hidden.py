"""Records of others that are not shown here."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "hidden",
        sa.Column(
            "origin_id", serial, sa.ForeignKey("origins.id", name="fk_hidden_origin_id"), primary_key=True, nullable=False
        ),
        sa.Column("record", sa.String(36), primary_key=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
