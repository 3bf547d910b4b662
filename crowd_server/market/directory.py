"""The directory of qualifications, as workers look through it."""

from collections.abc import Sequence

from sqlalchemy import Row, Select, exists, or_, select
from sqlalchemy.orm import Session

from crowd_server.store.models.accounts import Requester
from crowd_server.store.models.qualifications import Qualification, QualificationRequest, QualificationType

MOST = 100


def _types() -> Select[QualificationType, str]:
    return (
        select(QualificationType, Requester.name)
        .join(Requester, Requester.requester_id == QualificationType.requester_id)
        .where(QualificationType.deleted_at.is_(None))
    )


def qualification(session: Session, type_id: str) -> tuple[QualificationType, str] | None:
    """A qualification type and its requester's name."""
    row = session.execute(_types().where(QualificationType.qualification_type_id == type_id)).first()
    return (row[0], row[1]) if row else None


def held(session: Session, worker_id: str) -> Sequence[Row[QualificationType, str, Qualification]]:
    """What a worker has, the latest first."""
    query = (
        _types().add_columns(Qualification)
        .join(Qualification, Qualification.qualification_type_id == QualificationType.qualification_type_id)
        .where(Qualification.worker_id == worker_id, Qualification.granted)
        .order_by(Qualification.granted_at.desc())
    )  # fmt: skip
    return session.execute(query).all()


def asked(session: Session, worker_id: str) -> Sequence[Row[QualificationType, str, QualificationRequest]]:
    """What a worker asked for and has no word of yet, and what was refused, the latest first."""
    same_type = QualificationRequest.qualification_type_id == QualificationType.qualification_type_id
    query = (
        _types().add_columns(QualificationRequest)
        .join(QualificationRequest, same_type)
        .where(QualificationRequest.worker_id == worker_id, QualificationRequest.state != "granted")
        .order_by(QualificationRequest.id.desc())
    )  # fmt: skip
    return session.execute(query.limit(MOST)).all()


def on_offer(session: Session, worker_id: str, words: Sequence[str]) -> Sequence[Row[QualificationType, str]]:
    """What a worker neither has nor waits for, as far as every word occurs in it."""
    mine = exists().where(
        Qualification.qualification_type_id == QualificationType.qualification_type_id,
        Qualification.worker_id == worker_id,
        Qualification.granted,
    )
    waiting = exists().where(
        QualificationRequest.qualification_type_id == QualificationType.qualification_type_id,
        QualificationRequest.worker_id == worker_id,
        QualificationRequest.state.in_(("started", "pending")),
    )
    query = _types().where(QualificationType.active, ~mine, ~waiting)
    for word in words:
        columns = (
            QualificationType.name,
            QualificationType.description,
            QualificationType.keywords,
            Requester.name,
        )
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return session.execute(query.order_by(QualificationType.id.desc()).limit(MOST)).all()
