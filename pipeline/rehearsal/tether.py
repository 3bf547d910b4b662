"""Runs a command that shall not outlive its parent: `python -m pipeline.rehearsal.tether PARENT COMMAND...`.

Only Linux can tell a child of its parent's death; elsewhere a killed rehearsal leaves its servers behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


def main(parent: int, command: list[str]) -> None:
    """Become the command, tied to the process `parent`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("The parent is gone already.")
    os.execvp(command[0], command)  # noqa: S606 - becoming the command is the point


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
