"""Qualifications, payments and post."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "bonuses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", sa.String(length=64), nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_bonuses_requester_id")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name=op.f("fk_bonuses_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonuses")),
    )
    with op.batch_alter_table("bonuses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bonuses_assignment_id"), ["assignment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bonuses_hit_id"), ["hit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bonuses_worker_id_at"), ["worker_id", "at"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=True),
        sa.Column("from_worker", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_messages_requester_id")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name=op.f("fk_messages_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_worker_id_id"), ["worker_id", "id"], unique=False)

    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=2000), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_notifications_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("document_id", name=op.f("uq_notifications_document_id")),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notifications_next_at"), ["next_at"], unique=False)

    op.create_table(
        "payouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name=op.f("fk_payouts_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
    )
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payouts_batch"), ["batch"], unique=False)
        batch_op.create_index(batch_op.f("ix_payouts_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "qualification_types",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("qualification_type_id", sa.String(length=64), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("keywords", sa.String(length=1000), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("test", sa.Text(), nullable=True),
        sa.Column("test_seconds", sa.Integer(), nullable=True),
        sa.Column("answer_key", sa.Text(), nullable=True),
        sa.Column("retry_seconds", sa.Integer(), nullable=True),
        sa.Column("auto_granted", sa.Boolean(), nullable=False),
        sa.Column("auto_granted_value", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_qualification_types_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_types")),
        sa.UniqueConstraint(
            "qualification_type_id", name=op.f("uq_qualification_types_qualification_type_id")
        ),
    )
    with op.batch_alter_table("qualification_types", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_qualification_types_requester_id_name"), ["requester_id", "name"], unique=False
        )

    op.create_table(
        "worker_blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_worker_blocks_requester_id")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.worker_id"], name=op.f("fk_worker_blocks_worker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_blocks")),
        sa.UniqueConstraint(
            "requester_id", "worker_id", name=op.f("uq_worker_blocks_requester_id_worker_id")
        ),
    )
    with op.batch_alter_table("worker_blocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_worker_blocks_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "notification_settings",
        sa.Column("hit_type_id", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=2000), nullable=False),
        sa.Column("transport", sa.String(length=10), nullable=False),
        sa.Column("event_types", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hit_type_id"], ["hit_types.hit_type_id"], name=op.f("fk_notification_settings_hit_type_id")
        ),
        sa.PrimaryKeyConstraint("hit_type_id", name=op.f("pk_notification_settings")),
    )
    op.create_table(
        "qualification_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("qualification_type_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["qualification_type_id"],
            ["qualification_types.qualification_type_id"],
            name=op.f("fk_qualification_requests_qualification_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.worker_id"], name=op.f("fk_qualification_requests_worker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_requests")),
        sa.UniqueConstraint("request_id", name=op.f("uq_qualification_requests_request_id")),
    )
    with op.batch_alter_table("qualification_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_qualification_requests_qualification_type_id_state_id"),
            ["qualification_type_id", "state", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_qualification_requests_worker_id_id"), ["worker_id", "id"], unique=False
        )

    op.create_table(
        "qualifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("qualification_type_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["qualification_type_id"],
            ["qualification_types.qualification_type_id"],
            name=op.f("fk_qualifications_qualification_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.worker_id"], name=op.f("fk_qualifications_worker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
        sa.UniqueConstraint(
            "worker_id",
            "qualification_type_id",
            name=op.f("uq_qualifications_worker_id_qualification_type_id"),
        ),
    )
    with op.batch_alter_table("qualifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_qualifications_qualification_type_id_id"),
            ["qualification_type_id", "id"],
            unique=False,
        )

    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.hit_id"], name=op.f("fk_reports_hit_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name=op.f("fk_reports_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_hit_id"), ["hit_id"], unique=False)

    op.create_table(
        "appeals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["assignment"], ["assignments.id"], name=op.f("fk_appeals_assignment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("assignment", name=op.f("uq_appeals_assignment")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("appeals")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_hit_id"))

    op.drop_table("reports")
    with op.batch_alter_table("qualifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_qualifications_qualification_type_id_id"))

    op.drop_table("qualifications")
    with op.batch_alter_table("qualification_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_qualification_requests_worker_id_id"))
        batch_op.drop_index(batch_op.f("ix_qualification_requests_qualification_type_id_state_id"))

    op.drop_table("qualification_requests")
    op.drop_table("notification_settings")
    with op.batch_alter_table("worker_blocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_worker_blocks_worker_id"))

    op.drop_table("worker_blocks")
    with op.batch_alter_table("qualification_types", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_qualification_types_requester_id_name"))

    op.drop_table("qualification_types")
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payouts_worker_id"))
        batch_op.drop_index(batch_op.f("ix_payouts_batch"))

    op.drop_table("payouts")
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notifications_next_at"))

    op.drop_table("notifications")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_worker_id_id"))

    op.drop_table("messages")
    with op.batch_alter_table("bonuses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bonuses_worker_id_at"))
        batch_op.drop_index(batch_op.f("ix_bonuses_hit_id"))
        batch_op.drop_index(batch_op.f("ix_bonuses_assignment_id"))

    op.drop_table("bonuses")
