"""The `synsetter` command. Errors become one line that says what to do, and a code that says whose."""

from __future__ import annotations

import errno
import sys

import click

from pipeline.cli.program import synsetter
from pipeline.errors import SynsetterError

OURS, YOURS, THE_WORLD, STOPPED = 1, 2, 3, 130


def main() -> None:
    """Run and exit: 0 done, 1 our fault, 2 yours, 3 the world's, 4 busy, 130 stopped by Ctrl-C."""
    sys.exit(_code())


def _code() -> int:
    try:
        return int(synsetter.main(standalone_mode=False) or 0)
    except SynsetterError as error:
        return _say(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        return YOURS
    except (click.Abort, KeyboardInterrupt):
        return _say("Stopped. Nothing is lost: the same command goes on from here.", STOPPED)
    except UnicodeEncodeError as error:
        if error.encoding != "utf-8":
            raise
        return _say(f"{error.object[:80]!a} is no text in UTF-8. Write it in UTF-8, then run again.", YOURS)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Make room and run again; nothing is lost." if full else "Check the path, then run again."
        return _say(f"{error.strerror or error}: {error.filename or 'the disk'}. {advice}", THE_WORLD)


def _say(message: str, code: int) -> int:
    click.echo(f"synsetter: {message}", err=True)
    return code


if __name__ == "__main__":
    main()
