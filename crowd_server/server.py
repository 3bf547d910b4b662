"""What every page and operation of one running server shares."""

from dataclasses import dataclass, field

from flask import current_app

from crowd_server.clock import Clock
from crowd_server.faults import Faults
from crowd_server.house import NameOverDoor
from crowd_server.market.sweep import Sweeper
from crowd_server.store.engine import Database


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
    sign: NameOverDoor = field(default_factory=NameOverDoor)


def the_server() -> Server:
    """The server of the request that is being answered."""
    server: Server = current_app.extensions["crowd_server"]
    return server
