"""Files that wait with a draft."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "draft_files",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("draft_id", serial, sa.ForeignKey("drafts.id", name="fk_draft_files_draft_id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("draft_id", "sha256", name="uq_draft_files_draft_id"),
    )
