"""Calls that give their worker back at each yield."""

import asyncio
import concurrent.futures
import contextvars
import functools
import gc
import logging
import threading
import unittest
import weakref

from gate import LIMIT, Gate

from treadle import ThreadPoolExecutor, _treadle


def count(log, name, slices):
    """`slices` slices, the last of which returns."""
    for index in range(slices - 1):
        log.append(name)
        yield index
    log.append(name)
    return name * slices


class Slices(unittest.TestCase):
    def pool(self, workers=1, **arguments):
        """A pool and a gate; with one worker, the worker is at the gate."""
        pool = ThreadPoolExecutor(workers, **arguments)
        gate = Gate()
        if workers == 1:
            pool.submit(gate)
            gate.wait_for(1)
        self.addCleanup(pool.shutdown)
        self.addCleanup(gate.open)
        return pool, gate

    def between_slices(self, generator_function, **arguments):
        """A pool whose worker is at the gate, and a call that has made its first slice."""
        pool = ThreadPoolExecutor(1, **arguments)
        begin, gate = Gate(), Gate()
        pool.submit(begin)
        begin.wait_for(1)
        future = pool.options(resumable=True).submit(generator_function)
        pool.submit(gate)
        begin.open()
        gate.wait_for(1)
        self.addCleanup(pool.shutdown)
        self.addCleanup(gate.open)
        return pool, gate, future


class Orders(Slices):
    def order(self, policy, calls):
        pool, gate = self.pool(policy=policy)
        log = []
        futures = [
            pool.options(resumable=True, **options).submit(count, log, name, slices)
            for name, slices, options in calls
        ]
        gate.open()
        results = [future.result(LIMIT) for future in futures]
        self.assertEqual(results, [name * slices for name, slices, _ in calls])
        return "".join(log)

    def test_under_fifo_calls_take_turns(self):
        self.assertEqual(self.order("fifo", [("a", 3, {}), ("b", 1, {}), ("c", 2, {})]), "abcaca")

    def test_round_robin_gives_each_client_a_slice_in_turn(self):
        calls = [("a", 4, "x"), ("A", 2, "x"), ("b", 3, "y"), ("c", 1, "z")]
        calls = [(name, slices, {"client": client}) for name, slices, client in calls]
        self.assertEqual(self.order("round_robin", calls), "abcAbabAaa")

    def test_srpt_makes_the_shortest_call_first(self):
        # The hints are so far apart that what the slices really take makes no difference.
        calls = [("l", 2, {"cost": 9000}), ("s", 3, {"cost": 1000}), ("m", 2, {"cost": 5000})]
        self.assertEqual(self.order("srpt", calls), "sssmmll")

    def test_every_policy_makes_all_slices(self):
        for policy in _treadle.policies():
            with self.subTest(policy), ThreadPoolExecutor(3, policy=policy) as pool:
                log = []
                futures = [
                    pool.options(resumable=True, client=n % 3, priority=n % 5, cost=0.001).submit(
                        count, log, "x", n % 7 + 1
                    )
                    for n in range(60)
                ]
                for n, future in enumerate(futures):
                    self.assertEqual(future.result(LIMIT), "x" * (n % 7 + 1))
                self.assertEqual(len(log), sum(n % 7 + 1 for n in range(60)))


class Outcomes(Slices):
    def test_the_result_is_what_the_generator_returns(self):
        def nothing():
            got = yield "dropped"
            return got

        with ThreadPoolExecutor(1) as pool:
            resumable = pool.options(resumable=True)
            self.assertIsNone(resumable.submit(nothing).result(LIMIT))
            self.assertEqual(list(resumable.map(count, [[], []], "ab", [2, 3])), ["aa", "bbb"])
        self.assertEqual(pool.stats().finished, 3)

    def test_an_exception_ends_it(self):
        def fail(slices):
            for _ in range(slices):
                yield
            raise KeyError(slices)

        with ThreadPoolExecutor(2) as pool:
            for slices in (0, 1, 5):
                future = pool.options(resumable=True).submit(fail, slices)
                with self.assertRaisesRegex(KeyError, str(slices)):
                    future.result(LIMIT)
            future = pool.options(resumable=True).submit(count, [])
            with self.assertRaisesRegex(TypeError, "slices"):
                future.result(LIMIT)

    def test_between_slices_it_is_running_and_counted_as_queued(self):
        pool, gate, future = self.between_slices(lambda: (yield))
        self.assertTrue(future.running())
        self.assertFalse(future.done())
        self.assertEqual(pool.stats().queued, 1)
        self.assertEqual(pool._work_queue.qsize(), 1)
        with self.assertRaises(concurrent.futures.TimeoutError):
            future.result(0)
        gate.open()
        self.assertIsNone(future.result(LIMIT))
        self.assertEqual(pool.stats().wait.calls, 3)

    def test_others_can_wait_for_it(self):
        pool, gate, future = self.between_slices(lambda: (yield))
        told = []
        future.add_done_callback(told.append)
        self.assertEqual(concurrent.futures.wait([future], 0).not_done, {future})
        gate.open()
        self.assertEqual(list(concurrent.futures.as_completed([future], LIMIT)), [future])
        pool.shutdown()
        self.assertEqual(told, [future])

    def test_asyncio_awaits_it(self):
        async def main(pool):
            future = pool.options(resumable=True).submit(count, [], "a", 3)
            return await asyncio.wait_for(asyncio.wrap_future(future), LIMIT)

        with ThreadPoolExecutor(2) as pool:
            self.assertEqual(asyncio.run(main(pool)), "aaa")

    def test_each_call_has_a_context_of_its_own(self):
        variable = contextvars.ContextVar("variable", default="unset")

        def remember(value, slices):
            seen = {variable.get()}
            variable.set(value)
            for _ in range(slices):
                yield
                seen.add(variable.get())
            return seen

        with ThreadPoolExecutor(3) as pool:
            resumable = pool.options(resumable=True)
            futures = [resumable.submit(remember, n, 20) for n in range(9)]
            self.assertEqual(
                [future.result(LIMIT) for future in futures], [{"unset", n} for n in range(9)]
            )
            self.assertEqual({pool.submit(variable.get).result(LIMIT) for _ in range(9)}, {"unset"})

    def test_the_submitter_runs_every_slice_of_a_call_that_has_no_room(self):
        pool, gate = self.pool(max_pending=1, on_full="caller_runs")
        pool.submit(int)
        log = []
        future = pool.options(resumable=True).submit(count, log, "a", 3)
        self.assertEqual((future.result(0), log), ("aaa", ["a"] * 3))

    def test_a_narrow_queue_and_calls_that_yield_do_not_hang(self):
        log = []
        with ThreadPoolExecutor(2, max_pending=2) as pool:
            futures = [
                pool.options(resumable=True).submit(count, log, "a", n % 5 + 1) for n in range(200)
            ]
            for future in futures:
                future.result(LIMIT)
        self.assertEqual(len(log), 40 * (1 + 2 + 3 + 4 + 5))


class Cancels(Slices):
    def check_cancelled(self, future):
        self.assertTrue(future.cancel())
        self.assertTrue(future.cancelled())
        self.assertTrue(future.cancel())
        with self.assertRaises(concurrent.futures.CancelledError):
            future.result(0)

    def closing(self, log, slices=1):
        def call():
            try:
                for _ in range(slices):
                    log.append("slice")
                    yield
                return "not returned"
            finally:
                log.append(threading.current_thread() is threading.main_thread())

        return call

    def test_between_slices_the_generator_is_closed_at_once(self):
        log = []
        pool, gate, future = self.between_slices(self.closing(log))
        self.check_cancelled(future)
        self.assertEqual(log, ["slice", True])
        self.assertEqual((pool.stats().queued, pool.stats().cancelled), (0, 1))

    def test_the_same_when_somebody_waits_on_its_condition(self):
        log, told = [], []
        pool, gate, future = self.between_slices(self.closing(log))
        self.assertEqual(concurrent.futures.wait([future], 0).not_done, {future})
        future.add_done_callback(told.append)
        self.check_cancelled(future)
        self.assertEqual((log, told), (["slice", True], [future]))
        self.assertEqual(concurrent.futures.wait([future], LIMIT).done, {future})

    def test_before_its_first_slice_nothing_runs(self):
        log = []
        pool, gate = self.pool()
        future = pool.options(resumable=True).submit(self.closing(log))
        self.check_cancelled(future)
        gate.open()
        pool.shutdown()
        self.assertEqual(log, [])

    def test_during_a_slice_it_is_closed_at_its_next_yield(self):
        for is_watched in (False, True):
            log, gate = [], Gate()

            def call():
                try:
                    gate()
                    log.append("to its yield")
                    yield
                    log.append("no further")
                finally:
                    log.append("closed")

            with self.subTest(is_watched), ThreadPoolExecutor(1) as pool:
                future = pool.options(resumable=True).submit(call)
                gate.wait_for(1)
                if is_watched:
                    concurrent.futures.wait([future], 0)
                self.check_cancelled(future)
                gate.open()
                self.assertEqual(concurrent.futures.wait([future], LIMIT).done, {future})
                pool.submit(int).result(LIMIT)
                self.assertEqual(log, ["to its yield", "closed"])
                self.assertEqual(pool.stats().cancelled, 1)

    def test_what_a_cancelled_slice_returns_or_raises_is_dropped(self):
        def call(gate, error):
            gate()
            if error:
                raise error
            return "unseen"
            yield

        for error in (None, ValueError("unseen")):
            gate = Gate()
            with self.subTest(error), ThreadPoolExecutor(1) as pool:
                future = pool.options(resumable=True).submit(call, gate, error)
                gate.wait_for(1)
                self.check_cancelled(future)
                with self.assertNoLogs():
                    gate.open()
                    pool.submit(int).result(LIMIT)
                self.assertEqual(pool.stats().cancelled, 1)

    if not hasattr(unittest.TestCase, "assertNoLogs"):  # before 3.10

        def assertNoLogs(self):
            return self.subTest()

    def test_what_closing_raises_is_logged(self):
        def call():
            try:
                yield
            finally:
                raise KeyError("in finally")

        pool, gate, future = self.between_slices(call)
        with self.assertLogs("concurrent.futures", logging.ERROR) as logs:
            self.check_cancelled(future)
        self.assertIn("in finally", logs.output[0])

    def test_shutdown_makes_every_slice(self):
        log = []
        pool, gate = self.pool()
        future = pool.options(resumable=True).submit(count, log, "a", 4)
        pool.shutdown(wait=False)
        gate.open()
        pool.shutdown()
        self.assertEqual((future.result(0), log), ("aaaa", ["a"] * 4))

    def test_shutdown_that_cancels_closes_what_has_begun(self):
        log = []
        pool, gate, future = self.between_slices(self.closing(log))
        pool.shutdown(wait=False, cancel_futures=True)
        gate.open()
        pool.shutdown()
        self.assertTrue(future.cancelled())
        self.assertEqual(log[0], "slice")
        self.assertEqual(len(log), 2)

    def test_a_call_that_yields_for_ever_ends_with_its_pool(self):
        log = []
        pool = ThreadPoolExecutor(2)
        future = pool.options(resumable=True).submit(self.closing(log, slices=1 << 60))
        while not log:
            pool.submit(int).result(LIMIT)
        pool.shutdown(cancel_futures=True)
        self.assertTrue(future.cancelled())
        self.assertIs(log[-1], False)

    def test_nothing_of_a_cancelled_call_is_kept(self):
        class Held:
            pass

        held = Held()
        seen = weakref.ref(held)

        def call(held):
            yield
            del held

        pool, gate, future = self.between_slices(functools.partial(call, held))
        del held, call
        future.cancel()
        gate.open()
        pool.shutdown()
        gc.collect()
        self.assertIsNone(seen())


class Functions(Slices):
    def check_result(self, fn, *args):
        with ThreadPoolExecutor(1) as pool:
            return pool.options(resumable=True).submit(fn, *args).result(LIMIT)

    def test_generator_functions_in_every_cover(self):
        class Counter:
            def method(self, name):
                return (yield from count([], name, 2))

            @classmethod
            def of_class(cls, name):
                return (yield from count([], name, 2))

            __call__ = method

        def decorated(fn):
            @functools.wraps(fn)
            def call(*args):
                return fn(*args)

            return call

        for fn in (
            functools.partial(count, [], slices=2),
            functools.partial(functools.partial(count, []), slices=2),
            Counter().method,
            Counter.of_class,
            Counter(),
            decorated(Counter().method),
        ):
            with self.subTest(fn):
                self.assertEqual(self.check_result(fn, "a"), "aa")

    def test_anything_else_is_refused(self):
        class Silent:
            def __call__(self):
                return None

        async def asynchronous():
            yield

        async def coroutine():
            return None

        ring = lambda: None  # noqa: E731
        ring.__wrapped__ = ring
        with ThreadPoolExecutor(1) as pool:
            for fn in (print, int, lambda: None, Silent(), asynchronous, coroutine, 3, None, ring):
                with self.subTest(fn), self.assertRaisesRegex(TypeError, "generator function"):
                    pool.options(resumable=True).submit(fn)
            self.assertEqual(pool.stats().submitted, 0)
            with self.assertRaisesRegex(TypeError, "missing 1 required"):
                pool.options(resumable=True).submit()

    def test_a_decorator_that_hides_the_generator_is_found_out(self):
        @functools.wraps(count)
        def call():
            return 5

        with self.assertRaisesRegex(TypeError, "returned int"):
            self.check_result(call)


if __name__ == "__main__":
    unittest.main()
