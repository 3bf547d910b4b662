"""What can go wrong, and whose turn it is then. The class docstring is the default message."""

from __future__ import annotations


class SynsetterError(Exception):
    """Synsetter could not go on."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class UserError(SynsetterError):
    """What you asked for cannot be done as it stands."""

    exit_code = 2


class SettingsError(UserError):
    """A setting is unknown or has a value that it cannot have."""


class WorldError(SynsetterError):
    """Something outside failed: a server, a disk, a database. Nothing is lost; try again."""

    exit_code = 3


class AlreadyRunning(SynsetterError):
    """Another pipeline is at work on this database. Wait for it, or stop it first."""

    exit_code = 4


class StaleState(SynsetterError):
    """A row was no longer in the state that a move started from."""
