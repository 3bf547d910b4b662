"""Turns to write: one at a time over processes, and free again when who had it is gone."""

import subprocess
import sys
import threading
import time

from crowd_server.store.turns import Turns

HOLD = """
import sys, time
from pathlib import Path
from crowd_server.store.turns import Turns
with Turns(Path(sys.argv[1])).mine():
    print("mine", flush=True)
    time.sleep(60)
"""


def test_another_process_is_waited_for_and_its_death_frees_the_turn(tmp_path):
    database = tmp_path / "crowd.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "mine\n"
        turns, got = Turns(database), threading.Event()

        def wait() -> None:
            with turns.mine():
                got.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.wait(0.2)
        other.kill()
        assert got.wait(10)
        waiting.join()
    turns.close()


def test_threads_write_one_at_a_time(tmp_path):
    turns, inside, most = Turns(tmp_path / "crowd.sqlite"), [], []

    def write() -> None:
        with turns.mine():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.005)
            inside.pop()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns.close()
    assert max(most) == 1
