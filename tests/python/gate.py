"""What the tests wait with: nothing sleeps to be in time."""

import threading

LIMIT = 30  # seconds; only a hang takes that long


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
