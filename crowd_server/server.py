"""What every page and operation of one running server shares."""

from dataclasses import dataclass, field
from functools import partial

from flask import current_app

from crowd_server.clock import Clock
from crowd_server.faults import Faults
from crowd_server.house import setting
from crowd_server.market.pay_record import PayRecord, pay_record
from crowd_server.market.sweep import Sweeper
from crowd_server.store.engine import Database
from crowd_server.store.glance import Glance


@dataclass(frozen=True)
class Server:
    """The parts that the start of the server chose.

    `is_local`: nobody but this machine reaches the server, so nothing on this machine is hidden from
    those who do.
    """

    database: Database
    clock: Clock
    faults: Faults
    sweeper: Sweeper
    public_url: str | None
    secret: str
    is_local: bool
    sign: Glance[str] = field(default_factory=lambda: Glance(partial(setting, name="name")))
    pay: Glance[PayRecord] = field(default_factory=lambda: Glance(pay_record))


def the_server() -> Server:
    """The server of the request that is being answered."""
    server: Server = current_app.extensions["crowd_server"]
    return server
