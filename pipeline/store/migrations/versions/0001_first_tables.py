"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = ("events", "votes")
"""Tables whose rows are written once and never again."""


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "events",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_kind_subject", ["kind", "subject"], unique=False)

    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "hits",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("items", NUMBER, nullable=False),
        sa.Column("reward_cents", NUMBER, nullable=False),
        sa.Column("fee_cents", NUMBER, nullable=False),
        sa.Column("tested", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hits")),
        sa.UniqueConstraint("hit_id", name=op.f("uq_hits_hit_id")),
    )
    with op.batch_alter_table("hits", schema=None) as batch_op:
        batch_op.create_index("ix_hits_state_kind_wnid", ["state", "kind", "wnid"], unique=False)

    op.create_table(
        "leases",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("hit_id", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_answers", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
    )
    with op.batch_alter_table("leases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leases_hit_id"), ["hit_id"], unique=False)
        batch_op.create_index("ix_leases_kind_wnid_opened_at", ["kind", "wnid", "opened_at"], unique=False)
        batch_op.create_index("ix_leases_state_expires_at", ["state", "expires_at"], unique=False)
        batch_op.create_index(
            "uq_leases_open",
            ["hit_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("reply", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("action", "subject", name=op.f("uq_outbox_action_subject")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_state", ["state"], unique=False)

    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", NUMBER, nullable=False),
        sa.Column("height", NUMBER, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("hash_name", sa.String(length=64), nullable=False),
        sa.Column("phash", sa.BigInteger(), nullable=False),
        sa.Column("signature_name", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("fidelity", sa.Double(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pictures")),
    )
    op.create_table(
        "releases",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("images", NUMBER, nullable=False),
        sa.Column("boxes", NUMBER, nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_releases")),
    )
    op.create_table(
        "split_members",
        sa.Column("content_group", sa.String(length=64), nullable=False),
        sa.Column("split", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("content_group", name=op.f("pk_split_members")),
    )
    op.create_table(
        "qualifications",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("value", NUMBER, nullable=True),
        sa.Column("changes", NUMBER, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
        sa.UniqueConstraint("name", "worker_id", name=op.f("uq_qualifications_name_worker_id")),
    )
    op.create_table(
        "synsets",
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("gloss", sa.Text(), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("searched", sa.Boolean(), nullable=False),
        sa.Column("seeded", sa.Boolean(), nullable=False),
        sa.Column("votes", NUMBER, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("wnid", name=op.f("pk_synsets")),
    )
    op.create_table(
        "searches",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("most", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["wnid"], ["synsets.wnid"], name=op.f("fk_searches_wnid_synsets")),
        sa.PrimaryKeyConstraint("source", "wnid", "language", "query", "most", name=op.f("pk_searches")),
    )
    op.create_table(
        "turned_away",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "wnid", name=op.f("pk_turned_away")),
    )
    op.create_table(
        "vote_models",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("votes", NUMBER, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_models")),
    )
    op.create_table(
        "votes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", NUMBER, nullable=False),
        sa.Column("box_id", NUMBER, nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
        sa.UniqueConstraint(
            "kind", "subject", "box_id", "worker_id", name=op.f("uq_votes_kind_subject_box_id_worker_id")
        ),
    )
    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.String(length=64), nullable=False),
        sa.Column("hit", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_seconds", sa.Double(), nullable=True),
        sa.Column("items", NUMBER, nullable=False),
        sa.Column("paid_cents", NUMBER, nullable=False),
        sa.Column("bonus_cents", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["hit"], ["hits.id"], name=op.f("fk_assignments_hit_hits")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignments_hit"), ["hit"], unique=False)
        batch_op.create_index(
            "ix_assignments_kind_submitted_at_assignment_id",
            ["kind", "submitted_at", "assignment_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_assignments_paid_cents_bonus_cents", ["paid_cents", "bonus_cents"], unique=False
        )
        batch_op.create_index("ix_assignments_state_kind", ["state", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignments_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "candidates",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("wnid", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("fetch_url", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("license", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("source_page", sa.Text(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("prior", sa.Double(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("http_status", NUMBER, nullable=True),
        sa.Column("fetch_tries", NUMBER, nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=True),
        sa.Column("picture", sa.String(length=64), nullable=True),
        sa.Column("duplicate_of", NUMBER, nullable=True),
        sa.Column("duplicate_group", sa.String(length=64), nullable=True),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("shuffle", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.Boolean(), nullable=False),
        sa.Column("gold", NUMBER, nullable=True),
        sa.Column("borrowed_from", NUMBER, nullable=True),
        sa.Column("yes", NUMBER, nullable=False),
        sa.Column("no", NUMBER, nullable=False),
        sa.Column("unsure", NUMBER, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("votes_floor", NUMBER, nullable=False),
        sa.Column("settled_as", sa.String(length=16), nullable=True),
        sa.Column("box_id", NUMBER, nullable=True),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("wanted", NUMBER, nullable=False),
        sa.Column("pending", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["borrowed_from"], ["candidates.id"], name=op.f("fk_candidates_borrowed_from_candidates")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["candidates.id"], name=op.f("fk_candidates_duplicate_of_candidates")
        ),
        sa.ForeignKeyConstraint(
            ["picture"], ["pictures.sha256"], name=op.f("fk_candidates_picture_pictures")
        ),
        sa.ForeignKeyConstraint(["wnid"], ["synsets.wnid"], name=op.f("fk_candidates_wnid_synsets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("wnid", "url", name=op.f("uq_candidates_wnid_url")),
    )
    with op.batch_alter_table("candidates", schema=None) as batch_op:
        batch_op.create_index(
            "ix_candidates_due",
            ["state", "wnid", "shuffle", "wanted", "pending"],
            unique=False,
            sqlite_where=sa.text("wanted > pending"),
            postgresql_where=sa.text("wanted > pending"),
        )
        batch_op.create_index(
            "ix_candidates_found",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'found'"),
            postgresql_where=sa.text("state = 'found'"),
        )
        batch_op.create_index(
            "ix_candidates_undecided",
            ["state", "wnid", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'collected' AND confidence IS NULL"),
            postgresql_where=sa.text("state = 'collected' AND confidence IS NULL"),
        )
        batch_op.create_index(
            "ix_candidates_gold",
            ["wnid", "gold"],
            unique=False,
            sqlite_where=sa.text("gold IS NOT NULL"),
            postgresql_where=sa.text("gold IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_candidates_new",
            ["state"],
            unique=False,
            sqlite_where=sa.text("compared = 0 AND picture IS NOT NULL"),
            postgresql_where=sa.text("NOT compared AND picture IS NOT NULL"),
        )
        batch_op.create_index("ix_candidates_picture", ["picture"], unique=False)
        batch_op.create_index("ix_candidates_release", ["wnid", "picture"], unique=False)
        batch_op.create_index("ix_candidates_state_wnid", ["state", "wnid"], unique=False)

    op.create_table(
        "lease_items",
        sa.Column("lease_id", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", NUMBER, nullable=False),
        sa.Column("box_id", NUMBER, nullable=False),
        sa.Column("gold", sa.Boolean(), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["lease_id"], ["leases.id"], name=op.f("fk_lease_items_lease_id_leases")),
        sa.PrimaryKeyConstraint("lease_id", "position", name=op.f("pk_lease_items")),
    )
    with op.batch_alter_table("lease_items", schema=None) as batch_op:
        batch_op.create_index("ix_lease_items_kind_subject", ["kind", "subject", "worker_id"], unique=False)

    op.create_table(
        "boxes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("candidate_id", NUMBER, nullable=False),
        sa.Column("left_edge", NUMBER, nullable=False),
        sa.Column("top_edge", NUMBER, nullable=False),
        sa.Column("right_edge", NUMBER, nullable=False),
        sa.Column("bottom_edge", NUMBER, nullable=False),
        sa.Column("drawer", sa.String(length=64), nullable=False),
        sa.Column("checker", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_boxes_candidate_id_candidates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boxes")),
    )
    with op.batch_alter_table("boxes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_boxes_candidate_id"), ["candidate_id"], unique=False)

    op.create_table(
        "pairs",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("left", NUMBER, nullable=False),
        sa.Column("right", NUMBER, nullable=False),
        sa.Column("distance", NUMBER, nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("shuffle", sa.BigInteger(), nullable=False),
        sa.Column("wanted", NUMBER, nullable=False),
        sa.Column("pending", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["left"], ["candidates.id"], name=op.f("fk_pairs_left_candidates")),
        sa.ForeignKeyConstraint(["right"], ["candidates.id"], name=op.f("fk_pairs_right_candidates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
        sa.UniqueConstraint("left", "right", name=op.f("uq_pairs_left_right")),
    )
    with op.batch_alter_table("pairs", schema=None) as batch_op:
        batch_op.create_index("ix_pairs_verdict", ["verdict", "wanted"], unique=False)
    for table in KEPT:
        _forbid_changes(table)


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are kept for ever'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} are kept for ever'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )
