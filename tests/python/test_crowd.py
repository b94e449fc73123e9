"""Many threads use one pool and its futures at the same time.

Each test is a crowd of threads, let go at the same moment, of which each does some of everything;
what came of it is counted afterwards, exactly. On an interpreter without a lock they are in the
extension at the same time; on others the switch interval is so short that they meet anywhere.
TREADLE_CROWD=n makes everybody do n times as much.
"""

import collections
import concurrent.futures
import gc
import itertools
import os
import random
import sys
import sysconfig
import threading
import unittest
import weakref

from gate import LIMIT, Gate

import treadle
from treadle import Future, QueueFull, ThreadPoolExecutor

SCALE = int(os.environ.get("TREADLE_CROWD", "1"))
CALLS = 200 * SCALE
CROWD = 8


class Boom(Exception):
    """What calls raise."""


def pick(number):
    if number % 7 == 3:
        raise Boom(number)
    return number


def slices(number):
    for _ in range(number % 4):
        yield
    return number


class Crowd(unittest.TestCase):
    def setUp(self):
        before = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, before)
        sys.setswitchinterval(1e-5)

    def crowd(self, *members, count=CROWD):
        """Runs members(index), in turn, on `count` threads at once; what they raise is raised."""
        start = threading.Barrier(count)
        errors = []

        def run(member, index):
            try:
                start.wait(LIMIT)
                member(index)
            except BaseException as error:
                errors.append(error)

        threads = [
            threading.Thread(target=run, args=(member, index))
            for index, member in zip(range(count), itertools.cycle(members))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(4 * LIMIT)
            self.assertFalse(thread.is_alive(), "a member of the crowd hangs")
        if errors:
            raise errors[0]

    def check(self, future, number):
        """`future` is over, and what pick(number) says."""
        if number % 7 == 3:
            self.assertEqual(future.exception(LIMIT).args, (number,))
        else:
            self.assertEqual(future.result(LIMIT), number)


class Submitting(Crowd):
    def test_every_call_is_made_once(self):
        made = collections.Counter()
        count = itertools.count()

        def member(index):
            numbers = range(index * CALLS, (index + 1) * CALLS)
            for number, future in [(n, pool.submit(pick, n)) for n in numbers]:
                self.check(future, number)
                next(count)

        with ThreadPoolExecutor(4) as pool:
            self.crowd(member)
        made = pool.stats()
        self.assertEqual(next(count), CROWD * CALLS)
        self.assertEqual((made.submitted, made.finished), (CROWD * CALLS, CROWD * CALLS))
        self.assertEqual(pool._work_queue.qsize(), 0)

    def test_every_call_of_a_full_pool_is_made_refused_or_waits(self):
        for on_full in ("block", "refuse", "caller_runs"):
            refused = itertools.count()

            def member(index):
                for number in range(CALLS):
                    try:
                        future = pool.submit(pick, number)
                    except QueueFull:
                        next(refused)
                    else:
                        if number % 3 == 0:
                            self.check(future, number)

            with ThreadPoolExecutor(2, max_pending=3, on_full=on_full) as pool:
                self.crowd(member)
            stats = pool.stats()
            made = stats.finished + stats.caller_ran + next(refused)
            self.assertEqual((on_full, made), (on_full, CROWD * CALLS))
            self.assertEqual(pool._work_queue.qsize(), 0)

    def test_a_policy_with_attributes_loses_nothing(self):
        def member(index):
            view = pool.options(priority=index, client=f"member {index}")
            futures = [(n, view.submit(pick, n)) for n in range(CALLS)]
            for number, future in futures:
                self.check(future, number)

        with ThreadPoolExecutor(4, policy="priority") as pool:
            self.crowd(member)
        self.assertEqual(pool.stats().finished, CROWD * CALLS)

    def test_shutting_down_meets_submitting(self):
        for _ in range(10 * SCALE):
            futures, pool, begun = [], ThreadPoolExecutor(3), threading.Event()

            def submitter(index):
                try:
                    for number in itertools.count():
                        futures.append((number, pool.submit(pick, number)))
                        begun.set()
                except RuntimeError:
                    pass

            def ender(index):
                begun.wait(LIMIT)
                pool.shutdown(wait=True, cancel_futures=index > 3)

            self.crowd(submitter, ender)
            for number, future in futures:
                self.assertTrue(future.done())
                if not future.cancelled():
                    self.check(future, number)

    def test_the_size_changes_meanwhile(self):
        def member(index):
            for number, future in [(n, pool.submit(pick, n)) for n in range(CALLS)]:
                self.check(future, number)

        def resizer(index):
            for number in range(30 * SCALE):
                pool.resize(number % 3, 3 + number % 5)

        with ThreadPoolExecutor(4) as pool:
            self.crowd(member, resizer)
        self.assertEqual(pool.stats().finished, CROWD // 2 * CALLS)

    def test_maps_run_side_by_side(self):
        def member(index):
            chunk = (None, 1, 5)[index % 3]
            more = {} if chunk is None else {"chunksize": chunk}
            self.assertEqual(
                list(pool.map(abs, range(-CALLS, 0), **more)), list(range(CALLS, 0, -1))
            )

        with ThreadPoolExecutor(3) as pool:
            self.crowd(member)

    def test_pools_come_and_go(self):
        def member(index):
            for number in range(10 * SCALE):
                pool = ThreadPoolExecutor(2, max_pending=number % 2 or None)
                futures = [(n, pool.submit(pick, n)) for n in range(10)]
                if number % 3 == 0:
                    pool.shutdown()
                del pool
                for number, future in futures:
                    self.check(future, number)

        self.crowd(member)


class Looking(Crowd):
    def test_everybody_sees_the_same_end(self):
        def look(index):
            order = list(range(CALLS))
            random.Random(index).shuffle(order)
            for number in order:
                future = futures[number]
                if index % 4 == 0:
                    concurrent.futures.wait([future], LIMIT)
                elif index % 4 == 1:
                    list(concurrent.futures.as_completed([future], LIMIT))
                elif index % 4 == 2:
                    repr(future), future.running(), future._state
                self.check(future, number)

        gate = Gate()
        with ThreadPoolExecutor(3) as pool:
            pool.submit(gate)
            futures = [pool.submit(pick, number) for number in range(CALLS)]
            gate.open()
            self.crowd(look)

    def test_every_callback_is_called_once(self):
        told = [collections.deque() for _ in range(CALLS)]

        def listen(index):
            for number, future in enumerate(futures):
                future.add_done_callback(lambda _, n=number: told[n].append(index))

        def look(index):
            for future in futures:
                future._condition if index % 3 == 0 else future._waiters

        gate = Gate()
        with ThreadPoolExecutor(3) as pool:
            for _ in range(3):
                pool.submit(gate)
            futures = [pool.submit(pick, number) for number in range(CALLS)]
            gate.open()
            self.crowd(listen, listen, listen, look)
        members = [index for index in range(CROWD) if index % 4 != 3]
        for told_of_one in told:
            self.assertEqual(sorted(told_of_one), members)

    def test_a_future_is_settled_once(self):
        for _ in range(CALLS // 4):
            future, won, told = Future(), [], []
            future.add_done_callback(told.append)

            def settle(index):
                try:
                    if index % 3 == 0:
                        future.set_result(index)
                    elif index % 3 == 1:
                        future.set_exception(Boom(index))
                    elif future.cancel():
                        won.append("cancelled")
                        return
                    else:
                        return
                    won.append(index)
                except concurrent.futures.InvalidStateError:
                    pass

            self.crowd(settle, count=3)
            self.assertEqual((len(won), len(told)), (1, 1))
            if won == ["cancelled"]:
                self.assertTrue(future.cancelled())
            elif won[0] % 3 == 0:
                self.assertEqual(future.result(0), won[0])
            else:
                self.assertEqual(future.exception(0).args, (won[0],))

    def test_attributes_can_be_written_by_everybody(self):
        def write(index):
            for number in range(CALLS):
                future.name = number
                future._result = [index]
                future._done_callbacks = []
                future._exception = None
                future._state = "PENDING"
                future.__dict__.clear()

        def read(index):
            for _ in range(CALLS):
                self.assertIn(type(future._result), (list, type(None)))
                future._state, future._exception, future.__dict__, repr(future)
                future.add_done_callback(print)

        future = Future()
        self.crowd(write, read)


class Cancelling(Crowd):
    def test_a_call_is_cancelled_or_made(self):
        made = collections.deque()

        def cancel(index):
            for number in range(index, CALLS, 2):
                futures[number].cancel()

        def wait(index):
            concurrent.futures.wait(futures, LIMIT)

        gate = Gate()
        with ThreadPoolExecutor(2) as pool:
            pool.submit(gate)
            futures = [pool.submit(made.append, number) for number in range(CALLS)]
            gate.open()
            self.crowd(cancel, cancel, wait, count=4)
        cancelled = [number for number in range(CALLS) if futures[number].cancelled()]
        self.assertEqual(sorted(list(made) + cancelled), list(range(CALLS)))
        stats = pool.stats()
        self.assertEqual(stats.finished + stats.cancelled, 1 + CALLS)

    def test_calls_in_slices_are_cancelled_or_finished(self):
        def cancel(index):
            for number in range(CALLS):
                if number % 3 == index % 3:
                    futures[number].cancel()

        def look(index):
            for number, future in enumerate(futures):
                try:
                    self.assertEqual(future.result(LIMIT), number)
                except concurrent.futures.CancelledError:
                    self.assertTrue(future.cancelled())

        with self.assertNoLogs("concurrent.futures") if hasattr(
            self, "assertNoLogs"
        ) else self.subTest():
            with ThreadPoolExecutor(3) as pool:
                view = pool.options(resumable=True)
                futures = [view.submit(slices, number) for number in range(CALLS)]
                self.crowd(cancel, look, count=4)
        self.assertTrue(all(future.done() for future in futures))

    def test_what_is_forgotten_goes(self):
        class Thing:
            pass

        seen = collections.deque()

        def call(thing):
            result = Thing()
            seen.append(weakref.ref(result))
            return result

        def member(index):
            for number in range(CALLS):
                thing = Thing()
                seen.append(weakref.ref(thing))
                future = pool.submit(call, thing)
                del thing
                if number % 3 == 0:
                    future.result(LIMIT)
                elif number % 3 == 1:
                    future.cancel()

        with ThreadPoolExecutor(3) as pool:
            self.crowd(member)
        gc.collect()
        self.assertEqual([ref() for ref in seen if ref() is not None], [])


class WithoutLock(unittest.TestCase):
    @unittest.skipUnless(
        sysconfig.get_config_var("Py_GIL_DISABLED"), "this interpreter is no free-threaded one"
    )
    @unittest.skipIf(os.environ.get("PYTHON_GIL") == "1", "PYTHON_GIL=1 asks for the lock")
    def test_the_interpreter_goes_on_without_its_lock(self):
        self.assertIsNotNone(treadle.ThreadPoolExecutor)
        self.assertFalse(sys._is_gil_enabled())


if __name__ == "__main__":
    unittest.main()
