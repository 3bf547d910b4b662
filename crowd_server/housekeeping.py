"""What a running server does by itself: time's effects when nobody asks, and notifications."""

import logging
import threading

from crowd_server.market.deliveries import deliver
from crowd_server.server import Server

PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


def keep_house(server: Server) -> threading.Thread:
    """Start the thread. It dies with its process; several processes do no harm to each other."""
    thread = threading.Thread(target=_run, args=(server,), name="housekeeping", daemon=True)
    thread.start()
    return thread


def _run(server: Server) -> None:
    pause = threading.Event()
    while not pause.wait(PAUSE_SECONDS):
        try:
            now = server.clock()
            server.sweeper.sweep(now)
            deliver(server.database, now, loopback=server.public_url is None)
        except Exception:
            log.exception("housekeeping failed and will be tried again")
