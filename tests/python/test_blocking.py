"""Calls that say that they wait."""

import threading
import unittest

from gate import LIMIT, Gate

import treadle
from treadle import ThreadPoolExecutor


class Blocking(unittest.TestCase):
    def test_each_blocked_call_gets_a_thread_in_its_place_at_once(self):
        """All of them meet inside: none could leave if the last one had no thread."""
        count = 20
        meeting = threading.Barrier(count)

        def call(region):
            with region():
                return meeting.wait(LIMIT)

        with ThreadPoolExecutor(count + 1, sizer="compensate:running=1") as pool:
            for region in (pool.blocking, treadle.blocking):
                futures = [pool.submit(call, region) for _ in range(count)]
                places = [future.result(LIMIT) for future in futures]
                self.assertEqual(sorted(places), list(range(count)))
                self.assertEqual(pool.stats().blocked, 0)
            self.assertEqual(pool.stats().workers_peak, count + 1)
            self.assertEqual(pool.stats().workers_wanted, 1)

    def test_regions_nest_and_are_counted_once(self):
        gate = Gate()

        def call():
            with pool.blocking(), treadle.blocking():
                with pool.blocking():
                    pass
                gate()

        with ThreadPoolExecutor(2) as pool:
            future = pool.submit(call)
            gate.wait_for(1)
            self.assertEqual((pool.stats().blocked, pool.stats().busy), (1, 1))
            gate.open()
            future.result(LIMIT)
            self.assertEqual(pool.stats().blocked, 0)

    def test_an_exception_ends_the_region(self):
        def call():
            with treadle.blocking():
                raise KeyError("inside")

        with ThreadPoolExecutor(1) as pool:
            with self.assertRaisesRegex(KeyError, "inside"):
                pool.submit(call).result(LIMIT)
            self.assertEqual(pool.stats().blocked, 0)

    def test_a_region_that_was_left_open_ends_with_its_call(self):
        with ThreadPoolExecutor(1) as pool:
            for _ in range(3):
                pool.submit(pool.blocking().__enter__).result(LIMIT)
                self.assertEqual(pool.stats().blocked, 0)

    def test_a_yield_ends_the_region(self):
        def call():
            with treadle.blocking():
                yield
                seen.append(pool.stats().blocked)
            with treadle.blocking():
                seen.append(pool.stats().blocked)

        seen = []
        with ThreadPoolExecutor(1) as pool:
            pool.options(resumable=True).submit(call).result(LIMIT)
        self.assertEqual(seen, [0, 1])

    def test_elsewhere_nothing_happens(self):
        with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as other:

            def call():
                with other.blocking():
                    return pool.stats().blocked, other.stats().blocked

            with treadle.blocking(), pool.blocking():
                self.assertEqual(pool.stats().blocked, 0)
            self.assertEqual(pool.submit(call).result(LIMIT), (0, 0))
        with pool.blocking():
            pass

    def test_an_initializer_may_wait_in_a_region(self):
        def prepare():
            treadle.blocking().__enter__()

        with ThreadPoolExecutor(1, initializer=prepare) as pool:
            self.assertEqual(pool.submit(lambda: pool.stats().blocked).result(LIMIT), 0)
        with self.assertLogs("concurrent.futures", "CRITICAL"):
            pool = ThreadPoolExecutor(1, initializer=lambda: (prepare(), 1 / 0))
            with self.assertRaises(RuntimeError):
                pool.submit(int).result(LIMIT)
            pool.shutdown()

    def test_only_an_engine_has_regions(self):
        with self.assertRaisesRegex(TypeError, "Engine"):
            treadle._treadle.Blocking(3)


if __name__ == "__main__":
    unittest.main()
