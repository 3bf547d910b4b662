"""What a lease asked to see whether its worker knows the synset, and what they missed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.add_column("leases", sa.Column("quiz", sa.JSON(), nullable=True))
    op.add_column("leases", sa.Column("missed", sa.String(length=16), nullable=True))
