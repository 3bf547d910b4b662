"""No two of a requester's qualification types have one name: of twins made before, the later are renamed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LONGEST = 200
TYPES = sa.table(
    "qualification_types",
    sa.column("id", sa.Integer),
    sa.column("qualification_type_id", sa.String),
    sa.column("requester_id", sa.String),
    sa.column("name", sa.String),
    sa.column("deleted_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Forward."""
    _tell_twins_apart(op.get_bind())
    live = sa.text("deleted_at IS NULL")
    with op.batch_alter_table("qualification_types", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_qualification_types_requester_id_name"))
        batch_op.create_index(
            "uq_qualification_types_live_name",
            ["requester_id", "name"],
            unique=True,
            sqlite_where=live,
            postgresql_where=live,
        )


def _tell_twins_apart(connection: sa.Connection) -> None:
    first = TYPES.alias()
    older = sa.exists().where(
        first.c.requester_id == TYPES.c.requester_id,
        first.c.name == TYPES.c.name,
        first.c.id < TYPES.c.id,
        first.c.deleted_at.is_(None),
    )
    twins = sa.select(TYPES).where(TYPES.c.deleted_at.is_(None), older)
    for row in connection.execute(twins).all():
        suffix = f" ({row.qualification_type_id})"
        name = row.name[: LONGEST - len(suffix)] + suffix
        connection.execute(sa.update(TYPES).where(TYPES.c.id == row.id).values(name=name))


def downgrade() -> None:
    """Back; names stay."""
    with op.batch_alter_table("qualification_types", schema=None) as batch_op:
        batch_op.drop_index("uq_qualification_types_live_name")
        batch_op.create_index(
            batch_op.f("ix_qualification_types_requester_id_name"), ["requester_id", "name"], unique=False
        )
