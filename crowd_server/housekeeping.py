"""What a running server does by itself: time's effects when nobody asks, and notifications.

Each errand has a thread of its own, so that no requester's server can hold up what is due to workers. The
threads die with their process; those of several processes do no harm to each other.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from crowd_server.market.deliveries import PostOffice
from crowd_server.server import Server

PAUSE_SECONDS = 1.0
HOUR = 3600.0

log = logging.getLogger(__name__)


def keep_house(server: Server) -> None:
    """Start the threads."""
    office = PostOffice(server.database, server.clock, is_local=server.is_local)
    _start("sweeping", lambda: server.sweeper.sweep(server.clock()), partial(time.sleep, PAUSE_SECONDS))
    _start("post", office.send_out_all, partial(office.back.wait, PAUSE_SECONDS))
    _start("clearing out", office.clear_out, partial(time.sleep, HOUR))


def _start(name: str, errand: Callable[[], object], pause: Callable[[], object]) -> None:
    threading.Thread(target=_run, args=(name, errand, pause), name=name, daemon=True).start()


def _run(name: str, errand: Callable[[], object], pause: Callable[[], object]) -> None:
    while True:
        try:
            errand()
        except Exception:
            log.exception("%s failed and will be tried again", name)
        pause()
