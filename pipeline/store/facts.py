"""What a database remembers about the run itself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pipeline.store.insertion import insert_new
from pipeline.store.models import Fact

SIMULATED = "simulated"


def remember_simulation(session: Session) -> None:
    """Note for ever that the workers are programs: whatever is released of this database says so."""
    insert_new(session, Fact, [{"name": SIMULATED, "value": "yes"}], ("name",))


def is_simulated(session: Session) -> bool:
    """Tell whether the workers of this database are programs."""
    return session.get(Fact, SIMULATED) is not None
