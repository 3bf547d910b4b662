"""The servers of a rehearsal, forked instead of started anew."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from typing import Any

from pipeline.rehearsal.servers import Servers
from tests import forked


class ForkedServers(Servers):
    """As a rehearsal's own, but for how their processes begin."""

    _forked: tuple[ForkServerProcess, ...] = ()

    def _start(self, command: Sequence[str], log_name: str) -> None:
        said, log = self.folder / f"{log_name}.out", self.folder / log_name
        _, _, program, *options = command
        server = forked.start(forked.command, program, tuple(options), self.folder, out=said, err=log)
        self._forked += (server,)
        forked.heard(server, said)
        assert server.is_alive(), log.read_text()

    def _crowd(self, *arguments: str) -> Any:
        folder = self.folder / arguments[0]  # two at once
        folder.mkdir(exist_ok=True)
        done = forked.run("crowd_server", *arguments, "--database", self._database, "--json", folder=folder)
        assert done.exit_code == 0, done.err
        return json.loads(done.out)

    def _stop(self) -> None:
        for server in self._forked:
            assert server.pid is not None
            os.kill(server.pid, signal.SIGINT)
        for server in self._forked:
            server.join(40)
