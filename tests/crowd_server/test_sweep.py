"""What time does is done before anybody looks, whoever began to do it."""

import threading
import time

from crowd_server.clock import real_time
from crowd_server.market import sweep


def test_who_comes_while_it_is_swept_waits_for_the_end(database, monkeypatch):
    due, begun, done = [True], threading.Event(), []

    def slowly(_session, _now):
        begun.set()
        time.sleep(0.3)
        due.clear()
        done.append(time.monotonic())

    monkeypatch.setattr(sweep, "anything_due", lambda *_: bool(due))
    monkeypatch.setattr(sweep, "sweep_batch", slowly)
    sweeper, now = sweep.Sweeper(database), real_time()
    first = threading.Thread(target=sweeper.sweep, args=(now,))
    first.start()
    assert begun.wait(10)
    sweeper.sweep(now)
    assert len(done) == 1, "swept once, and before the second went on"
    assert time.monotonic() >= done[0]
    first.join()
