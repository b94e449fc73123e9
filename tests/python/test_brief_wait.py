"""Waits that look for a moment before they sleep: on one processor, on several, and in vain."""

import signal
import subprocess
import sys
import threading
import time
import unittest

from gate import LIMIT, Gate

from treadle import Future, ThreadPoolExecutor

ROUND_TRIPS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from treadle import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    print(sum(pool.submit(abs, -n).result() for n in range(1000)))
"""


class Waits(unittest.TestCase):
    def test_on_one_processor(self):
        done = subprocess.run(
            [sys.executable, "-c", ROUND_TRIPS], capture_output=True, text=True, timeout=LIMIT
        )
        self.assertEqual((done.stdout, done.stderr), ("499500\n", ""))

    def test_after_many_in_vain(self):
        with ThreadPoolExecutor(2) as pool:
            for number in range(50):  # calls that are not over before a waiter sleeps
                gate = Gate()
                waits = pool.submit(gate)
                opened = threading.Timer(0.001, gate.open)
                opened.start()
                waits.result(LIMIT)
                opened.join()
                self.assertEqual(pool.submit(abs, -number).result(LIMIT), number)

    def test_by_many_threads(self):
        with ThreadPoolExecutor(2) as pool:

            def work(number):
                sums[number] = sum(pool.submit(abs, -n).result() for n in range(200))

            sums = {}
            threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT)
        self.assertEqual(sums, dict.fromkeys(range(8), sum(range(200))))

    def test_a_signal_gets_through(self):
        def handle(number, frame):
            raise InterruptedError

        old = signal.signal(signal.SIGUSR1, handle)
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        main = threading.get_ident()
        is_waiting = threading.Event()

        def disturb():
            is_waiting.wait(LIMIT)
            time.sleep(0.01)  # for the wait to begin, which matters only to what is tested
            signal.pthread_kill(main, signal.SIGUSR1)

        disturber = threading.Thread(target=disturb)
        disturber.start()
        self.addCleanup(disturber.join)
        with self.assertRaises(InterruptedError):
            is_waiting.set()
            Future().result()


if __name__ == "__main__":
    unittest.main()
