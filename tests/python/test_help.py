"""Waiting for calls: callers that help, workers that wait for their own pool, and idle ones."""

import concurrent.futures
import itertools
import threading
import unittest

from gate import LIMIT, Gate

from treadle import ThreadPoolExecutor


def me(*values):
    return threading.get_ident()


class Callers(unittest.TestCase):
    def setUp(self):
        self.gate = Gate()
        self.pool = ThreadPoolExecutor(1, caller_helps=True)
        self.addCleanup(self.pool.shutdown)
        self.addCleanup(self.gate.open)
        self.running = self.pool.submit(self.gate)
        self.gate.wait_for(1)

    def test_whoever_waits_for_a_call_makes_it(self):
        self.assertEqual(self.pool.submit(me).result(), me())
        self.assertEqual(self.pool.options(priority=1).submit(me).result(), me())
        self.assertIsInstance(self.pool.submit(int, "x").exception(), ValueError)
        with self.assertRaises(ZeroDivisionError):
            self.pool.submit(lambda: 1 / 0).result()
        stats = self.pool.stats()
        self.assertEqual((stats.queued, stats.finished, stats.cancelled), (0, 4, 0))

    def test_callbacks_hear_of_it(self):
        heard = []
        future = self.pool.submit(me)
        future.add_done_callback(heard.append)
        self.assertEqual(future.result(), me())
        self.assertEqual(heard, [future])

    def test_whoever_may_not_wait_for_ever_does_not_help(self):
        future = self.pool.submit(me)
        with self.assertRaises(concurrent.futures.TimeoutError):
            future.result(timeout=0)
        with self.assertRaises(concurrent.futures.TimeoutError):
            next(self.pool.map(me, [1], timeout=0))
        self.gate.open()
        self.assertNotEqual(future.result(LIMIT), me())

    def test_a_late_call_is_not_made(self):
        future = self.pool.options(deadline=0, drop_late=True).submit(me)
        with self.assertRaises(TimeoutError):
            future.result()
        self.assertEqual(self.pool.stats().expired, 1)

    def test_a_map_s_reader_makes_the_next_task(self):
        for chunk in (1, 2):
            self.assertEqual(list(self.pool.map(me, range(4), chunksize=chunk)), [me()] * 4)

    def test_a_call_that_runs_is_waited_for(self):
        self.gate.open()
        self.running.result()
        self.assertIsNotNone(self.pool.submit(me).result())

    def test_a_call_may_wait_for_calls_it_submits(self):
        def fibonacci(number):
            if number < 2:
                return number
            parts = [self.pool.submit(fibonacci, number - n) for n in (1, 2)]
            return sum(part.result() for part in parts)

        self.assertEqual(self.pool.submit(fibonacci, 12).result(), 144)
        self.gate.open()
        outer = self.pool.submit(fibonacci, 12)
        while not outer.done():
            self.assertEqual(outer.result(), 144)

    def test_many_threads_race_for_the_same_calls(self):
        self.gate.open()
        made = []
        futures = [self.pool.submit(made.append, number) for number in range(2000)]

        def wait():
            for future in futures:
                future.result()

        threads = [threading.Thread(target=wait) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        self.assertEqual(sorted(made), list(range(2000)))


class Nested(unittest.TestCase):
    """Nobody helps: the pool makes room."""

    def deep(self, pool, wait, depth):
        def call(depth):
            return 0 if depth == 0 else 1 + wait(pool.submit(call, depth - 1))

        return pool.submit(call, depth).result(LIMIT)

    def waits(self):
        def by_wait(future):
            done, _ = concurrent.futures.wait([future])
            return done.pop().result()

        def by_as_completed(future):
            return next(concurrent.futures.as_completed([future])).result()

        return {
            "result": lambda future: future.result(),
            "exception": lambda future: future.exception() or future.result(),
            "timeout": lambda future: future.result(LIMIT),
            "wait": by_wait,
            "as_completed": by_as_completed,
        }

    def test_nested_calls_do_not_deadlock(self):
        for name, wait in self.waits().items():
            for workers, sizer in ((1, "on_demand"), (2, "on_demand"), (1, "fixed")):
                with self.subTest(name, workers=workers, sizer=sizer):
                    with ThreadPoolExecutor(workers, sizer=sizer) as pool:
                        self.assertEqual(self.deep(pool, wait, 8), 8)

    def test_a_nested_map_does_not_deadlock(self):
        with ThreadPoolExecutor(2) as pool:
            rows = pool.map(lambda n: sum(pool.map(int, range(n), chunksize=2)), range(20))
            self.assertEqual(list(rows), [sum(range(n)) for n in range(20)])

    def test_the_pool_is_as_small_as_before_afterwards(self):
        with ThreadPoolExecutor(2) as pool:
            self.assertEqual(self.deep(pool, lambda future: future.result(), 10), 10)
            self.assertEqual(pool._max_workers, 2)
            while pool.stats().workers > 2:
                pool.submit(int).result(LIMIT)
            self.assertLessEqual(pool.stats().workers_wanted, 2)

    def test_a_pool_that_waits_for_nothing_of_its_own_does_not_grow(self):
        with ThreadPoolExecutor(2) as pool, ThreadPoolExecutor(2) as other:
            gate = Gate()
            futures = [pool.submit(lambda: other.submit(gate).result()) for _ in range(4)]
            gate.wait_for(2)
            gate.open()
            concurrent.futures.wait(futures, LIMIT)
            self.assertEqual(pool.stats().workers_peak, 2)


class Idle(unittest.TestCase):
    def test_idle_workers_go_and_come_back(self):
        for sizer, fewest in itertools.product(("on_demand", "fixed"), (0, 1)):
            with self.subTest(sizer, fewest=fewest):
                pool = ThreadPoolExecutor(4, sizer=sizer, min_workers=fewest, idle_timeout=0.001)
                with pool:
                    for _ in range(3):
                        gate = Gate()
                        futures = [pool.submit(gate) for _ in range(4)]
                        gate.wait_for(4)
                        gate.open()
                        concurrent.futures.wait(futures, LIMIT)
                        while pool.stats().workers > fewest:
                            threading.Event().wait(0.001)
                    while len(pool._threads) > fewest:
                        threading.Event().wait(0.001)
                    self.assertEqual(pool.stats().workers, fewest)

    def test_workers_that_come_and_go_lose_nothing(self):
        with ThreadPoolExecutor(4, idle_timeout=0) as pool:
            for number in range(500):
                self.assertEqual(pool.submit(int, number).result(LIMIT), number)
            self.assertEqual(list(pool.map(str, range(500))), [str(n) for n in range(500)])

    def test_a_wrong_time_is_told(self):
        for wrong in (-1, 1e10):
            with self.assertRaisesRegex(ValueError, "idle_timeout must be seconds"):
                ThreadPoolExecutor(1, idle_timeout=wrong)


if __name__ == "__main__":
    unittest.main()
