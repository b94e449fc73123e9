"""A future completes while others look: at every step, in every order.

Each round lets one thread complete or cancel a future while another one does one step of what
wait(), as_completed(), result() or a look at `_condition` do. The switch interval is made so short
that the threads meet everywhere. Nothing may be lost, and nobody may be told twice.
"""

import concurrent.futures
import concurrent.futures._base as base
import itertools
import sys
import threading
import unittest

from gate import LIMIT

from treadle import Future, ThreadPoolExecutor

ROUNDS = 60


def complete(future):
    future.set_result("done")


def fail(future):
    future.set_exception(KeyError("done"))


def run(future):
    if future.set_running_or_notify_cancel():
        future.set_result("done")


def cancel(future):
    future.cancel()
    future.set_running_or_notify_cancel()


def look_at_condition(future):
    with future._condition:
        future._state


def install_a_waiter(future):
    class Waiter:
        told = 0

        def add_result(self, _):
            self.told += 1

        add_exception = add_cancelled = add_result

    waiter = Waiter()
    with future._condition:
        over = future._state in (base.CANCELLED_AND_NOTIFIED, base.FINISHED)
        future._waiters.append(waiter)
    if not over:
        concurrent.futures.wait([future], LIMIT)
    with future._condition:
        future._waiters.remove(waiter)
    assert waiter.told == (not over), (waiter.told, over)


def wait(future):
    assert concurrent.futures.wait([future], LIMIT).done == {future}


def as_completed(future):
    assert list(concurrent.futures.as_completed([future], LIMIT)) == [future]


def result(future):
    try:
        assert future.result(LIMIT) == "done"
    except (KeyError, concurrent.futures.CancelledError):
        pass


def exception(future):
    try:
        future.exception(LIMIT)
    except concurrent.futures.CancelledError:
        pass


def callback(future):
    told = threading.Event()
    count = []
    future.add_done_callback(lambda _: (count.append(1), told.set()))
    assert told.wait(LIMIT)
    assert count == [1]


def poll(future):
    while not future.done():
        pass
    exception(future)


COMPLETERS = (complete, fail, run, cancel)
LOOKERS = (
    look_at_condition,
    install_a_waiter,
    wait,
    as_completed,
    result,
    exception,
    callback,
    poll,
)


class Races(unittest.TestCase):
    def setUp(self):
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        self.addCleanup(sys.setswitchinterval, interval)

    def meet(self, future, *steps):
        """Run the steps at the same time; raise what one of them raised."""
        start = threading.Barrier(len(steps))
        errors = []

        def go(step):
            start.wait(LIMIT)
            try:
                step(future)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=go, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT * 2)
            self.assertFalse(thread.is_alive(), f"{steps} hang")
        if errors:
            raise errors[0]

    def test_every_completer_meets_every_looker(self):
        for completer, looker in itertools.product(COMPLETERS, LOOKERS):
            with self.subTest(f"{completer.__name__} meets {looker.__name__}"):
                for _ in range(ROUNDS // 4):
                    self.meet(Future(), completer, looker)

    def test_two_lookers_meet_a_completer(self):
        for first, second in itertools.combinations(LOOKERS, 2):
            with self.subTest(f"{first.__name__} and {second.__name__}"):
                for _ in range(3):
                    self.meet(Future(), complete, first, second)

    def test_a_looker_at_each_step_of_a_completion_in_slow_motion(self):
        """One step at a time: the looker comes before, within and after each of them."""
        for looker in (wait, as_completed, result, exception, callback):
            for step in range(4):
                with self.subTest(f"{looker.__name__} after step {step}"):
                    future = Future()
                    thread = threading.Thread(target=looker, args=(future,))
                    actions = [
                        lambda: future._condition,
                        future.set_running_or_notify_cancel,
                        lambda: future.set_result("done"),
                    ]
                    for number, action in enumerate(actions):
                        if number == step:
                            thread.start()
                        action()
                    if step == 3:
                        thread.start()
                    thread.join(LIMIT)
                    self.assertFalse(thread.is_alive())

    def test_only_one_of_cancel_and_run_wins(self):
        for _ in range(ROUNDS * 3):
            future = Future()
            outcomes = []

            def start(f):
                outcomes.append(f.set_running_or_notify_cancel())
                if outcomes[-1]:
                    f.set_result("ran")

            cancelled = []
            self.meet(future, start, lambda f: cancelled.append(f.cancel()))
            if cancelled == [True] and outcomes == [True]:
                self.fail("it was cancelled and run")
            self.assertTrue(future.done() or outcomes == [])

    def test_a_pool_meets_every_looker(self):
        lookers = (
            wait,
            as_completed,
            exception,
            callback,
            look_at_condition,
            poll,
            lambda f: f.cancel(),
        )
        with ThreadPoolExecutor(2) as pool:
            for looker in lookers:
                for _ in range(ROUNDS):
                    looker(pool.submit(int))

    def test_a_pool_meets_waiters_over_many_futures(self):
        with ThreadPoolExecutor(2) as ours, concurrent.futures.ThreadPoolExecutor(2) as theirs:
            for _ in range(20):
                futures = [(ours, theirs)[n % 2].submit(pow, n, 2) for n in range(40)]
                for future in futures[::7]:
                    future.cancel()
                done = set(concurrent.futures.as_completed(futures, LIMIT))
                self.assertEqual(done, set(futures))
                for number, future in enumerate(futures):
                    if not future.cancelled():
                        self.assertEqual(future.result(), number * number)

    def test_cancelling_meets_a_pool(self):
        with ThreadPoolExecutor(2) as pool:
            made = []
            futures = [pool.submit(made.append, n) for n in range(2000)]
            cancelled = sum(future.cancel() for future in reversed(futures))
        self.assertEqual(len(made) + cancelled, 2000)
        stats = pool.stats()
        self.assertEqual(stats.finished + stats.cancelled, 2000)


if __name__ == "__main__":
    unittest.main()
