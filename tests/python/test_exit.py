"""at_exit: what the end of the interpreter does with the calls of a pool."""

import subprocess
import sys
import textwrap
import unittest

from gate import LIMIT

from treadle import ThreadPoolExecutor

PROGRAM = """
    import os
    import sys
    import threading

    import treadle

    read, write = os.pipe()  # nobody writes: whoever reads waits for ever
    started = threading.Semaphore(0)

    def hang():
        started.release()
        os.read(read, 1)

    def spin():
        started.release()
        while True:
            pass

    def wait_for(count):
        for _ in range(count):
            started.acquire()
"""


class Exit(unittest.TestCase):
    def run_program(self, text):
        program = textwrap.dedent(PROGRAM) + textwrap.dedent(text)
        answer = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT
        )
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        return answer.stdout.split()

    def test_leaving_waits_for_nobody(self):
        for call in ("hang", "spin"):
            said = self.run_program(
                f"""
                pool = treadle.ThreadPoolExecutor(3, at_exit="leave")
                pool.submit({call})
                pool.submit({call})
                pool.submit(int).result()  # the third worker is idle when the end comes
                queued = [pool.submit({call}) for _ in range(5)]
                queued[-1].add_done_callback(lambda future: print(future.cancelled()))
                wait_for(3)
                """
            )
            self.assertEqual(said, ["True"])

    def test_leaving_a_pool_that_is_shut_down_or_gone_waits_for_nobody(self):
        self.run_program(
            """
            pool = treadle.ThreadPoolExecutor(1, at_exit="leave")
            pool.submit(hang)
            wait_for(1)
            pool.shutdown(wait=False)
            treadle.ThreadPoolExecutor(1, at_exit="leave").submit(spin)
            wait_for(1)
            """
        )

    def test_a_left_pool_that_measures_does_no_harm(self):
        self.run_program(
            """
            pool = treadle.ThreadPoolExecutor(8, sizer="adaptive", at_exit="leave")
            futures = [pool.submit(spin) for _ in range(20)]
            wait_for(1)
            """
        )

    def test_a_left_map_is_left(self):
        self.run_program(
            """
            pool = treadle.ThreadPoolExecutor(2, at_exit="leave")
            results = pool.map(lambda item: hang(), range(10), chunksize=2)
            wait_for(2)
            """
        )

    def test_cancelling_waits_for_what_runs_and_for_nothing_else(self):
        said = self.run_program(
            """
            def call():
                hang()
                print("made")

            def end(future):
                print("cancelled", future.cancelled())
                os.write(write, b"x")

            pool = treadle.ThreadPoolExecutor(1, at_exit="cancel")
            pool.submit(call)
            wait_for(1)
            pool.submit(print, "queued").add_done_callback(end)
            """
        )
        self.assertEqual(sorted(said), ["True", "cancelled", "made"])

    def test_the_end_tells_of_late_calls_as_ever(self):
        """While the interpreter waits for what runs, which waits for that."""
        said = self.run_program(
            """
            def hear(future):  # in two threads, once the worker is free: a line is one write
                sys.stdout.write(f"{type(future.exception()).__name__}\\n")
                os.write(write, b"x")

            pool = treadle.ThreadPoolExecutor(1)
            pool.submit(hang)
            wait_for(1)
            for number in range(3):
                late = pool.options(deadline=0.05, drop_late=True)
                late.submit(print, "made").add_done_callback(hear)
            """
        )
        self.assertEqual(said, ["TaskExpired"] * 3)

    def test_the_end_may_come_before_deadlines(self):
        for at_exit in ("wait", "cancel"):
            self.run_program(
                f"""
                pool = treadle.ThreadPoolExecutor(2, at_exit="{at_exit}")
                for number in range(2000):
                    pool.options(deadline={LIMIT} * 2 + number, drop_late=True).submit(int)
                """
            )

    def test_the_end_may_come_while_late_calls_are_told(self):
        for delay in range(5):
            for then in ("pass", "time.sleep(0.001)", "hang()"):
                self.run_program(
                    f"""
                    import time

                    def tell(future):
                        if threading.current_thread() is not threading.main_thread():
                            {then}

                    pool = treadle.ThreadPoolExecutor(1, at_exit="leave")
                    pool.submit(hang)
                    wait_for(1)
                    for number in range(300):
                        late = pool.options(deadline=number * 1e-4, drop_late=True)
                        late.submit(int).add_done_callback(tell)
                    time.sleep({delay} * 0.004)  # wherever the end meets the thread that tells
                    """
                )

    def test_waiting_makes_all_calls(self):
        said = self.run_program(
            """
            pool = treadle.ThreadPoolExecutor(1)
            for number in range(3):
                pool.submit(print, number)
            """
        )
        self.assertEqual(said, ["0", "1", "2"])

    def test_a_with_block_waits_all_the_same(self):
        done = []
        with ThreadPoolExecutor(1, at_exit="leave") as pool:
            pool.submit(done.append, 1)
            self.assertTrue(all(thread.daemon for thread in pool._threads))
        self.assertEqual(done, [1])

    def test_only_known_ways_are_taken(self):
        with self.assertRaisesRegex(ValueError, "at_exit must be"):
            ThreadPoolExecutor(1, at_exit="run")


if __name__ == "__main__":
    unittest.main()
