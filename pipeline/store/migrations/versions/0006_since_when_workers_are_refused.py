"""Work is given up by how long workers have come in vain. What was known before does not tell, and goes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.drop_table("turned_away")
    op.create_table(
        "turned_away",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("silence", sa.Double(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "wnid", name=op.f("pk_turned_away")),
    )
