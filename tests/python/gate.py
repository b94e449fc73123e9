"""What the tests wait with: nothing sleeps to be in time."""

import sys
import threading

LIMIT = 30  # seconds; only a hang takes that long

#: Does this interpreter have a lock? Without one, what another thread has made and this one gives
#: back goes when that thread comes round to it, or ends.
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()


class Gate:
    """Calls that wait until they are let through."""

    def __init__(self):
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def __call__(self, value=None):
        self.entered.release()
        if not self.opened.wait(LIMIT):
            raise TimeoutError("nobody opened the gate")
        return value

    def wait_for(self, count):
        for _ in range(count):
            if not self.entered.acquire(timeout=LIMIT):
                raise TimeoutError("nobody came to the gate")

    def open(self):
        self.opened.set()
