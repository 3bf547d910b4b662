"""How worn a picture is becomes known when it has copies, and not for every picture at collection."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.drop_column("pictures", "fidelity")
    op.add_column("pictures", sa.Column("lost", sa.Double(), nullable=True))
