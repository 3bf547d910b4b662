"""Why a release was not written."""

from pipeline.errors import UserError


class ReleaseRefused(UserError):
    """The data cannot be released as it is; nothing was written."""


class VersionTaken(ReleaseRefused):
    """This version exists with other content. A released version never changes: choose a new one."""
