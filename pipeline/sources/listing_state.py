"""How to tell that a list of candidates has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.errors import UserError


def file_state(path: Path) -> str:
    """Name a file and digest its bytes. Raises UserError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return f"{path.absolute()} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.") from error
