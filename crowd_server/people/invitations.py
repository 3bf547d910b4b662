"""Invitations: which are out, and which still hold."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server import house
from crowd_server.store.models.accounts import Invitation


def why_closed(session: Session, code: str | None, now: datetime) -> str | None:
    """Why the bearer of `code` (or of none) may not sign up, or None."""
    if code is None:
        is_open = house.setting(session, "open_sign_up") == "yes"
        return None if is_open else "Sign-up is by invitation. Ask whoever runs this server for a link."
    invitation = session.scalars(select(Invitation).where(Invitation.code == code)).first()
    if invitation is None:
        return "This invitation does not exist. Check that the whole link was copied."
    if invitation.uses_left < 1 or invitation.expires_at <= now:
        return "This invitation has been used up or is too old. Ask for another."
    return None


def all_invitations(session: Session) -> Sequence[Invitation]:
    """Every invitation, the latest first."""
    return session.scalars(select(Invitation).order_by(Invitation.id.desc())).all()
