"""People, work and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance_cents >= 0 OR name = 'world'", name=op.f("ck_accounts_no_debt")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accounts")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=254), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_log_action"), ["action"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code", name=op.f("uq_invitations_code")),
    )
    op.create_table(
        "operators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("email", name=op.f("uq_operators_email")),
    )
    op.create_table(
        "requesters",
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("requester_id", name=op.f("pk_requesters")),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_attempts_subject_at"), ["subject", "at"], unique=False)

    op.create_table(
        "workers",
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("display_name", sa.String(length=128), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("subdivision", sa.String(length=2), nullable=True),
        sa.Column("adult_content", sa.Boolean(), nullable=False),
        sa.Column("auto_accept", sa.Boolean(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_workers")),
        sa.UniqueConstraint("email", name=op.f("uq_workers_email")),
    )
    op.create_table(
        "access_keys",
        sa.Column("access_key", sa.String(length=32), nullable=False),
        sa.Column("secret_key", sa.String(length=64), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_access_keys_requester_id")
        ),
        sa.PrimaryKeyConstraint("access_key", name=op.f("pk_access_keys")),
    )
    with op.batch_alter_table("access_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_keys_requester_id"), ["requester_id"], unique=False)

    op.create_table(
        "hit_types",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hit_type_id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("keywords", sa.String(length=1000), nullable=False),
        sa.Column("reward_cents", sa.Integer(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("auto_approval_seconds", sa.Integer(), nullable=False),
        sa.Column("requirements", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_hit_types_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hit_types")),
        sa.UniqueConstraint("group_id", name=op.f("uq_hit_types_group_id")),
        sa.UniqueConstraint("hit_type_id", name=op.f("uq_hit_types_hit_type_id")),
        sa.UniqueConstraint(
            "requester_id", "fingerprint", name=op.f("uq_hit_types_requester_id_fingerprint")
        ),
    )
    with op.batch_alter_table("hit_types", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hit_types_duration_seconds_id"), ["duration_seconds", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_hit_types_reward_cents_id"), ["reward_cents", "id"], unique=False
        )

    op.create_table(
        "request_tokens",
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("made", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_request_tokens_requester_id")
        ),
        sa.PrimaryKeyConstraint("requester_id", "operation", "token", name=op.f("pk_request_tokens")),
    )
    with op.batch_alter_table("request_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_tokens_used_at"), ["used_at"], unique=False)

    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=128), nullable=False),
        sa.CheckConstraint("cents > 0", name=op.f("ck_transfers_forward")),
        sa.ForeignKeyConstraint(["source"], ["accounts.name"], name=op.f("fk_transfers_source")),
        sa.ForeignKeyConstraint(["target"], ["accounts.name"], name=op.f("fk_transfers_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transfers_source_id"), ["source", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_transfers_target_id"), ["target", "id"], unique=False)

    op.create_table(
        "hits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=False),
        sa.Column("hit_type_id", sa.String(length=64), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("annotation", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("review_status", sa.String(length=24), nullable=False),
        sa.Column("max_assignments", sa.Integer(), nullable=False),
        sa.Column("created_with", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("submitted", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("held_assignments", sa.Integer(), nullable=False),
        sa.Column("policies", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewable_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "available + pending + submitted + completed = max_assignments",
            name=op.f("ck_hits_nothing_oversold"),
        ),
        sa.CheckConstraint(
            "available >= 0 AND pending >= 0 AND submitted >= 0 AND completed >= 0",
            name=op.f("ck_hits_counters"),
        ),
        sa.ForeignKeyConstraint(["hit_type_id"], ["hit_types.hit_type_id"], name=op.f("fk_hits_hit_type_id")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.requester_id"], name=op.f("fk_hits_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hits")),
        sa.UniqueConstraint("hit_id", name=op.f("uq_hits_hit_id")),
    )
    with op.batch_alter_table("hits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hits_hit_type_id_status_id_expires_at"),
            ["hit_type_id", "status", "id", "expires_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_hits_requester_id_status_id"), ["requester_id", "status", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_hits_status_expires_at"), ["status", "expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_hits_status_reviewable_at"), ["status", "reviewable_at"], unique=False
        )

    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.String(length=64), nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("auto_approval_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.hit_id"], name=op.f("fk_assignments_hit_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name=op.f("fk_assignments_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignments_state_auto_approval_at"), ["state", "auto_approval_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_assignments_state_deadline"), ["state", "deadline"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_assignments_worker_id_state_id"), ["worker_id", "state", "id"], unique=False
        )
        batch_op.create_index(
            "uq_assignments_live_id",
            ["assignment_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('returned', 'abandoned')"),
            postgresql_where=sa.text("state NOT IN ('returned', 'abandoned')"),
        )
        batch_op.create_index(
            "uq_assignments_one_a_worker",
            ["hit_id", "worker_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('returned', 'abandoned')"),
            postgresql_where=sa.text("state NOT IN ('returned', 'abandoned')"),
        )

    op.create_table(
        "review_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.hit_id"], name=op.f("fk_review_entries_hit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_entries")),
    )
    with op.batch_alter_table("review_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_entries_hit_id"), ["hit_id"], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("review_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_entries_hit_id"))

    op.drop_table("review_entries")
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assignments_one_a_worker",
            sqlite_where=sa.text("state NOT IN ('returned', 'abandoned')"),
            postgresql_where=sa.text("state NOT IN ('returned', 'abandoned')"),
        )
        batch_op.drop_index(
            "uq_assignments_live_id",
            sqlite_where=sa.text("state NOT IN ('returned', 'abandoned')"),
            postgresql_where=sa.text("state NOT IN ('returned', 'abandoned')"),
        )
        batch_op.drop_index(batch_op.f("ix_assignments_worker_id_state_id"))
        batch_op.drop_index(batch_op.f("ix_assignments_state_deadline"))
        batch_op.drop_index(batch_op.f("ix_assignments_state_auto_approval_at"))

    op.drop_table("assignments")
    with op.batch_alter_table("hits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hits_status_reviewable_at"))
        batch_op.drop_index(batch_op.f("ix_hits_status_expires_at"))
        batch_op.drop_index(batch_op.f("ix_hits_requester_id_status_id"))
        batch_op.drop_index(batch_op.f("ix_hits_hit_type_id_status_id_expires_at"))

    op.drop_table("hits")
    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transfers_target_id"))
        batch_op.drop_index(batch_op.f("ix_transfers_source_id"))

    op.drop_table("transfers")
    with op.batch_alter_table("request_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_tokens_used_at"))

    op.drop_table("request_tokens")
    with op.batch_alter_table("hit_types", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hit_types_reward_cents_id"))
        batch_op.drop_index(batch_op.f("ix_hit_types_duration_seconds_id"))

    op.drop_table("hit_types")
    with op.batch_alter_table("access_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_keys_requester_id"))

    op.drop_table("access_keys")
    op.drop_table("workers")
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_attempts_subject_at"))

    op.drop_table("sign_in_attempts")
    op.drop_table("settings")
    op.drop_table("requesters")
    op.drop_table("operators")
    op.drop_table("invitations")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_log_action"))

    op.drop_table("audit_log")
    op.drop_table("accounts")
