"""The crowd takes a fee on bonuses too. What it took of earlier ones is told from the fees on rewards.

Those were rounded up: the least share of a reward is nearest to the rate, and never below it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LEAST_SHARE = """
    SELECT fee_cents, reward_cents FROM hits WHERE reward_cents > 0
    ORDER BY 1.0 * fee_cents / reward_cents LIMIT 1
"""
ROUNDED_UP = """
    UPDATE assignments SET bonus_fee_cents = (bonus_cents * :fee + :reward - 1) / :reward
    WHERE bonus_cents > 0
"""


def upgrade() -> None:
    """Change the tables."""
    op.add_column("assignments", sa.Column("bonus_fee_cents", NUMBER, nullable=False, server_default="0"))
    op.drop_index("ix_assignments_paid_cents_bonus_cents", "assignments")
    op.create_index("ix_assignments_cents", "assignments", ["paid_cents", "bonus_cents", "bonus_fee_cents"])
    least = op.get_bind().execute(sa.text(LEAST_SHARE)).first()
    if least:
        op.get_bind().execute(sa.text(ROUNDED_UP), {"fee": least.fee_cents, "reward": least.reward_cents})
