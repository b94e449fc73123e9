"""treadle.ThreadPoolExecutor as a drop-in for the standard library's."""

import concurrent.futures
import gc
import itertools
import logging
import sys
import threading
import time
import traceback
import unittest
import weakref

from gate import HAS_GIL, LIMIT, Gate

from treadle import Future, ThreadPoolExecutor


class Calls(unittest.TestCase):
    def setUp(self):
        self.pool = ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)

    def test_it_is_a_standard_executor(self):
        self.assertIsInstance(self.pool, concurrent.futures.ThreadPoolExecutor)
        self.assertIs(type(self.pool.submit(int)), Future)

    def test_every_kind_of_argument_reaches_the_call(self):
        def call(*args, **kwargs):
            return args, kwargs

        for args in ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), tuple(range(20))):
            for kwargs in ({}, {"a": 1}, {"a": 1, "fn": 2, "self": 3, "priority": 4}):
                future = self.pool.submit(call, *args, **kwargs)
                self.assertEqual(future.result(LIMIT), (args, kwargs))

    def test_every_kind_of_callable_is_called(self):
        class Callable:
            def method(self, value):
                return self, value

            @staticmethod
            def static(value):
                return value

            def __call__(self, value):
                return value

        thing = Callable()
        self.assertEqual(self.pool.submit(thing.method, 1).result(LIMIT), (thing, 1))
        self.assertEqual(self.pool.submit(Callable.method, thing, 1).result(LIMIT), (thing, 1))
        self.assertEqual(self.pool.submit(Callable.static, 1).result(LIMIT), 1)
        self.assertEqual(self.pool.submit(thing, 1).result(LIMIT), 1)
        self.assertEqual(self.pool.submit(pow, 2, 10).result(LIMIT), 1024)
        self.assertEqual(self.pool.submit([3].append, 4).result(LIMIT), None)
        self.assertEqual(self.pool.submit(int, "7", base=8).result(LIMIT), 7)

    def test_submit_without_a_callable_says_so(self):
        with self.assertRaisesRegex(TypeError, "missing 1 required positional argument: 'fn'"):
            self.pool.submit()
        with self.assertRaises(TypeError):
            self.pool.submit(fn=int)
        self.assertIsInstance(self.pool.submit(3).exception(LIMIT), TypeError)

    def test_an_exception_carries_the_traceback_of_the_call(self):
        def inner():
            raise KeyError("deep")

        error = self.pool.submit(inner).exception(LIMIT)
        self.assertEqual(
            [frame.name for frame in traceback.extract_tb(error.__traceback__)], ["inner"]
        )
        with self.assertRaises(KeyError):
            self.pool.submit(inner).result(LIMIT)

    def test_exits_and_interrupts_become_the_future_s_exception(self):
        for error in (SystemExit(3), KeyboardInterrupt(), GeneratorExit()):

            def call(error=error):
                raise error

            self.assertIs(self.pool.submit(call).exception(LIMIT), error)
        self.assertEqual(self.pool.submit(int).result(LIMIT), 0)

    def test_the_pool_refers_to_nothing_of_a_finished_call(self):
        class Thing:
            pass

        def call(thing, other, *rest, key=None):
            return None

        for count in (2, 5):
            things = [Thing() for _ in range(count)]
            gone = [weakref.ref(thing) for thing in things]
            future = self.pool.submit(call, *things, key=Thing())
            del things
            future.result(LIMIT)
            self.assertEqual([ref() for ref in gone], [None] * count)

    def test_a_failed_call_makes_no_cycle(self):
        class Thing:
            pass

        def call(thing):
            raise ValueError

        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        thing = Thing()
        gone = weakref.ref(thing)
        future = self.pool.submit(call, thing)
        del thing
        self.assertIsInstance(future.exception(LIMIT), ValueError)
        del future
        if not HAS_GIL:
            self.pool.shutdown()
        self.assertIsNone(gone())

    def test_a_method_called_later_keeps_its_object_no_longer_than_needed(self):
        class Thing:
            def method(self):
                return 5

        thing = Thing()
        gone = weakref.ref(thing)
        future = self.pool.submit(thing.method)
        del thing
        self.assertEqual(future.result(LIMIT), 5)
        self.assertIsNone(gone())

    def test_callbacks_run_on_the_worker(self):
        gate, seen = Gate(), []
        future = self.pool.submit(gate)
        future.add_done_callback(lambda f: seen.append((f, threading.current_thread())))
        gate.open()
        self.pool.shutdown()
        self.assertIs(seen[0][0], future)
        self.assertIn(seen[0][1], self.pool._threads)

    def test_a_callback_may_wait_for_another_call(self):
        pool = ThreadPoolExecutor(1)
        seen = []
        gate = Gate()

        def callback(future):
            seen.append(other.cancel() or other.done())

        first = pool.submit(gate)
        other = pool.submit(int)
        first.add_done_callback(callback)
        gate.open()
        pool.shutdown()
        self.assertEqual(seen, [True])

    def test_an_exit_in_a_callback_is_logged_and_the_worker_lives(self):
        gate = Gate()

        def leave(_):
            raise SystemExit

        pool = ThreadPoolExecutor(1)
        with self.assertLogs("concurrent.futures", logging.CRITICAL):
            future = pool.submit(gate)
            future.add_done_callback(leave)
            gate.open()
            self.assertEqual(pool.submit(int).result(LIMIT), 0)
        pool.shutdown()

    def test_calls_may_submit_calls(self):
        def nested(depth):
            return depth if depth == 0 else self.pool.submit(nested, depth - 1)

        future = self.pool.submit(nested, 5)
        for _ in range(5):
            future = future.result(LIMIT)
        self.assertEqual(future.result(LIMIT), 0)

    def test_many_threads_submit_at_once(self):
        total = []

        def submitter(base):
            futures = [self.pool.submit(pow, base, 2) for _ in range(500)]
            total.extend(future.result(LIMIT) for future in futures)

        threads = [threading.Thread(target=submitter, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        self.assertEqual(sorted(total), [0] * 500 + [1] * 500 + [4] * 500 + [9] * 500)


class TakingTurns(unittest.TestCase):
    """While a worker has calls without end, the interpreter's lock goes round at its interval."""

    CALLS_MAX = 3_000_000  # what ends a test in which nobody else is let in

    def setUp(self):
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        self.pool = ThreadPoolExecutor(1)
        self.addCleanup(self.pool.shutdown)

    def submit_python_calls(self, count):
        def again(left):
            if left > 0:
                self.pool.submit(again, left - 1)  # until the pool is shut down

        self.pool.submit(again, count - 1)

    def submit_calls_of_c_alone(self, count):
        """The iterator's next value is a submitted call for its next value."""
        itself = []
        calls = map(self.pool.submit, itertools.repeat(next, count), itertools.cycle(iter(itself)))
        itself.append(calls)
        next(calls)

    def take_turns(self):
        sys.setswitchinterval(0.02)  # long: nobody gets in by luck
        for _ in range(10):
            time.sleep(0)  # gives the lock away, and waits for it
        self.pool.shutdown()
        self.assertLess(self.pool.stats().finished, self.CALLS_MAX)

    def test_python_calls_that_submit_themselves_let_other_threads_run(self):
        self.submit_python_calls(self.CALLS_MAX)
        self.take_turns()

    def test_calls_that_never_reach_the_interpreter_let_other_threads_run(self):
        self.submit_calls_of_c_alone(self.CALLS_MAX)
        self.take_turns()

    @unittest.skipUnless(HAS_GIL, "this interpreter has no lock")
    def test_a_worker_keeps_the_lock_for_as_long_as_the_interpreter_is_told(self):
        for submit in (self.submit_python_calls, self.submit_calls_of_c_alone):
            finished = self.pool.stats().finished
            sys.setswitchinterval(1000.0)
            submit(200_000)
            while self.pool.stats().finished == finished:
                time.sleep(0)  # until the worker has had the lock
            self.assertEqual(self.pool.stats().finished, finished + 200_000)


class Maps(unittest.TestCase):
    def setUp(self):
        self.pool = ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)

    def test_map_keeps_the_order(self):
        self.assertEqual(
            list(self.pool.map(pow, range(10), range(10))), list(map(pow, range(10), range(10)))
        )
        self.assertEqual(list(self.pool.map(abs, [-1, -2], timeout=LIMIT, chunksize=7)), [1, 2])

    def test_map_raises_at_the_place_of_the_error(self):
        results = self.pool.map(divmod, [1, 1, 1], [2, 0, 5])
        self.assertEqual(next(results), (0, 1))
        with self.assertRaises(ZeroDivisionError):
            next(results)

    def test_map_gives_up_at_its_timeout_and_cancels_the_rest(self):
        pool = ThreadPoolExecutor(1)
        gate = Gate()
        seen = []

        def call(value):
            seen.append(value)
            gate()

        results = pool.map(call, range(5), timeout=0.01)
        gate.wait_for(1)
        with self.assertRaises(concurrent.futures.TimeoutError):
            next(results)
        gate.open()
        pool.shutdown()
        self.assertEqual(seen, [0])

    def test_a_dropped_map_cancels_the_rest(self):
        pool = ThreadPoolExecutor(1)
        gate = Gate()
        results = pool.map(gate, range(100))
        gate.wait_for(1)
        gate.open()
        next(results)
        results.close()
        pool.shutdown()
        self.assertGreater(pool.stats().cancelled, -1)
        self.assertEqual(pool.stats().finished + pool.stats().cancelled, 100)


class Cancelling(unittest.TestCase):
    def setUp(self):
        self.pool = ThreadPoolExecutor(1)
        self.gate = Gate()
        self.running = self.pool.submit(self.gate, "ran")
        self.gate.wait_for(1)
        self.addCleanup(self.pool.shutdown)
        self.addCleanup(self.gate.open)

    def test_a_waiting_call_is_cancelled_and_forgotten_at_once(self):
        class Thing:
            pass

        thing = Thing()
        gone = weakref.ref(thing)
        future = self.pool.submit(repr, thing)
        del thing
        self.assertTrue(future.cancel())
        self.assertTrue(future.cancelled())
        self.assertIsNone(gone())
        self.assertEqual(self.pool._work_queue.qsize(), 0)
        self.assertEqual(self.pool.stats().cancelled, 1)
        with self.assertRaises(concurrent.futures.CancelledError):
            future.result()

    def test_a_running_call_is_not_cancelled(self):
        self.assertTrue(self.running.running())
        self.assertFalse(self.running.cancel())
        self.gate.open()
        self.assertEqual(self.running.result(LIMIT), "ran")
        self.assertFalse(self.running.cancel())

    def test_waiters_are_told_at_once(self):
        futures = [self.pool.submit(int) for _ in range(3)]
        for future in futures:
            future._condition
        completed = concurrent.futures.as_completed(futures, LIMIT)
        for future in reversed(futures):
            self.assertTrue(future.cancel())
            self.assertIs(next(completed), future)
        self.assertEqual(concurrent.futures.wait(futures, LIMIT).done, set(futures))

    def test_a_callback_of_a_cancelled_call_runs_on_the_canceller(self):
        seen = []
        future = self.pool.submit(int)
        future.add_done_callback(lambda f: seen.append((f.cancelled(), threading.get_ident())))
        future.cancel()
        self.assertEqual(seen, [(True, threading.get_ident())])

    def test_a_call_whose_future_was_settled_by_hand_is_not_made(self):
        made = []
        future = self.pool.submit(made.append, 1)
        future.set_result("by hand")
        with self.assertLogs("concurrent.futures", logging.CRITICAL):
            self.gate.open()
            self.pool.shutdown()
        self.assertEqual((made, future.result()), ([], "by hand"))

    def test_a_running_call_settled_by_hand_keeps_the_first_result(self):
        self.running.set_result("by hand")
        with self.assertLogs("concurrent.futures", logging.CRITICAL):
            self.gate.open()
            self.pool.shutdown()
        self.assertEqual(self.running.result(), "by hand")


if __name__ == "__main__":
    unittest.main()
