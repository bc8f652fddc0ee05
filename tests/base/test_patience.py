"""After each failure in a row the wait is longer; once something worked it begins anew."""

import threading

from cityloom.base.patience import Patience


class Recorded(threading.Event):
    """A stop that nobody asks for, remembering how long it was waited on."""

    def __init__(self):
        super().__init__()
        self.waits_s = []

    def wait(self, timeout=None):
        self.waits_s.append(timeout)
        return False


def test_waits_grow_to_the_last_step_and_begin_anew_once_it_worked():
    patience, stop = Patience((1.0, 2.0, 5.0)), Recorded()
    for _ in range(4):
        patience.wait_after_failure(stop)
    assert stop.waits_s == [1.0, 2.0, 5.0, 5.0]
    assert patience.it_worked() == 4
    assert patience.it_worked() == 0
    patience.wait_after_failure(stop)
    assert stop.waits_s[-1] == 1.0
