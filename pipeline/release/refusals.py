"""Why a release was not written."""


class ReleaseRefused(ValueError):
    """The data given cannot be released as it is; nothing was written."""


class VersionTaken(ReleaseRefused):
    """This version exists with other content; a released version never changes, so choose a new one."""
