"""map(): chunks, buffers, timeouts, progress, and what is left when nobody reads on."""

import concurrent.futures
import contextlib
import gc
import importlib.util
import io
import itertools
import operator
import sys
import threading
import unittest
import unittest.mock
import weakref

from gate import HAS_GIL, LIMIT, Gate

import treadle
from treadle import ThreadPoolExecutor

CHUNKS = (1, 2, 7, 1000, "auto")


def square(number):
    return number * number


class Thing:
    pass


class Results(unittest.TestCase):
    def setUp(self):
        self.pool = ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)

    def test_results_come_in_the_order_of_the_items(self):
        for chunk, ahead in itertools.product(CHUNKS, (None, 1, 2, 100)):
            with self.subTest(chunk=chunk, ahead=ahead):
                results = self.pool.map(square, range(50), chunksize=chunk, buffersize=ahead)
                self.assertEqual(list(results), [n * n for n in range(50)])
                self.assertEqual(list(results), [])

    def test_iterables_are_read_as_zip_reads_them(self):
        for chunk in CHUNKS:
            long = iter(range(10))
            results = self.pool.map(pow, long, iter([2, 3, 4]), chunksize=chunk)
            self.assertEqual(list(results), [0, 1, 16])
            self.assertEqual(next(long), 4)
            many = [itertools.count(n) for n in range(9)]
            results = self.pool.map(lambda *values: sum(values), *many, range(3), chunksize=chunk)
            self.assertEqual(list(results), [36, 46, 56])
        self.assertEqual(list(self.pool.map(str)), [])
        self.assertEqual(list(self.pool.map(str, [])), [])

    def test_a_chunk_is_one_task(self):
        list(self.pool.map(square, range(10), chunksize=4))
        list(self.pool.map(square, range(10)))
        self.assertEqual(self.pool.stats().submitted, 3 + 10)
        list(self.pool.map(square, range(1000), chunksize="auto"))
        self.assertEqual(self.pool.stats().submitted, 3 + 10 + 8)

    def test_an_exception_comes_in_the_place_of_its_item(self):
        def invert(number):
            return 1 / number

        for chunk in CHUNKS:
            results = self.pool.map(invert, [4, 2, 0, 1, 0], chunksize=chunk)
            self.assertEqual([next(results), next(results)], [0.25, 0.5])
            with self.assertRaises(ZeroDivisionError):
                next(results)
            self.assertEqual(list(results), [])

    def test_the_rest_of_a_chunk_that_raises_is_not_made(self):
        made = []

        def call(number):
            made.append(number)
            if number == 3:
                raise KeyError(number)

        with self.assertRaises(KeyError):
            list(self.pool.map(call, range(10), chunksize=5, buffersize=1))
        self.assertNotIn(4, made)

    def test_nothing_is_kept_of_what_was_read(self):
        for chunk in (1, 4):
            items = [Thing() for _ in range(4)]
            gone = [weakref.ref(item) for item in items]
            pool = ThreadPoolExecutor(2)
            results = pool.map(lambda item: Thing(), items, chunksize=chunk)
            del items
            seen = []
            for result in results:
                seen.append(weakref.ref(result))
                del result
                self.assertTrue(not HAS_GIL or seen[-1]() is None)
            pool.shutdown()
            self.assertEqual([item() for item in seen + gone], [None] * 8)

    def test_a_cycle_through_the_iterator_is_collected(self):
        def call(box):
            return box

        for chunk in (1, 2):
            box = Thing()
            box.call = lambda item: item
            box.results = self.pool.map(box.call, [box, box], chunksize=chunk)
            self.pool.submit(int).result(LIMIT)
            while self.pool.stats().busy or self.pool.stats().queued:
                threading.Event().wait(0.001)
            gone = weakref.ref(box)
            del box
            gc.collect()
            self.assertIsNone(gone())

    def test_options_and_keys_reach_the_tasks(self):
        gate, order = Gate(), []
        keys = {"priority": lambda fn, item: -item}
        with ThreadPoolExecutor(1, policy="priority", key=keys) as pool:
            pool.options(priority=9).submit(gate)
            gate.wait_for(1)
            results = [
                pool.map(order.append, [3, 1, 2]),
                pool.map(order.append, [7, 8, 4, 5], chunksize=2),
                pool.options(priority=-6).map(order.append, [60]),
            ]
            gate.open()
            for result in results:
                list(result)
        self.assertEqual(order, [1, 2, 3, 4, 5, 60, 7, 8])

    def test_a_submit_of_one_s_own_is_used(self):
        class Mine(ThreadPoolExecutor):
            def submit(self, fn, *args):
                return super().submit(lambda: ("mine", fn(*args)))

        with Mine(2) as pool:
            self.assertEqual(list(pool.map(square, [1, 2])), [("mine", 1), ("mine", 4)])
            ahead = pool.map(square, itertools.count(), buffersize=2)
            self.assertEqual(next(ahead), ("mine", 0))
            with self.assertRaisesRegex(ValueError, "chunksize=1 only"):
                pool.map(square, [1], chunksize=2)

    def test_resumable_calls_are_mapped(self):
        def call(number):
            yield
            return number

        options = self.pool.options(resumable=True)
        self.assertEqual(list(options.map(call, range(5))), list(range(5)))

    def test_wrong_arguments_are_told(self):
        for ahead in ("foo", 2.0):
            with self.assertRaisesRegex(TypeError, "buffersize must be an integer or None"):
                self.pool.map(str, range(4), buffersize=ahead)
        for ahead in (0, -1):
            with self.assertRaisesRegex(ValueError, "buffersize must be None or > 0"):
                self.pool.map(str, range(4), buffersize=ahead)
        for chunk, error in ((0, ValueError), ("many", TypeError), (1.5, TypeError)):
            with self.assertRaisesRegex(error, "chunksize"):
                self.pool.map(str, range(4), chunksize=chunk)
        with self.assertRaises(TypeError):
            self.pool.map(str, 3)

    def test_an_iterable_that_raises_ends_the_map(self):
        def items():
            yield 1
            raise KeyError("no more")

        for chunk in CHUNKS:
            with self.assertRaises(KeyError):
                self.pool.map(square, items(), chunksize=chunk)
        results = self.pool.map(square, items(), buffersize=1)
        with self.assertRaises(KeyError):
            next(results)
        self.assertEqual(list(results), [])


class Ahead(unittest.TestCase):
    def test_only_so_many_tasks_are_submitted_ahead(self):
        for chunk, ahead in ((1, 4), (3, 2)):
            numbers = itertools.count()
            pool = ThreadPoolExecutor(2)
            results = pool.map(str, numbers, chunksize=chunk, buffersize=ahead)
            pool.shutdown(wait=True)
            self.assertEqual(next(numbers), chunk * ahead)
            del results

    def test_reading_on_submits_on(self):
        with ThreadPoolExecutor(2) as pool:
            for chunk in CHUNKS:
                results = pool.map(str, itertools.count(), chunksize=chunk, buffersize=2)
                first = [next(results) for _ in range(3000)]
                self.assertEqual(first, [str(n) for n in range(3000)])
                results.close()

    def test_an_executor_that_is_gone_submits_no_more(self):
        pool = ThreadPoolExecutor(2)
        results = pool.map(str, itertools.count(), buffersize=3)
        del pool
        gc.collect()
        self.assertEqual(list(results), ["0", "1", "2"])

    def test_after_shutdown_reading_on_says_so(self):
        pool = ThreadPoolExecutor(2)
        results = pool.map(str, itertools.count(), buffersize=3)
        pool.shutdown()
        with self.assertRaisesRegex(RuntimeError, "after shutdown"):
            next(results)
        self.assertEqual(list(results), [])


class Ending(unittest.TestCase):
    def setUp(self):
        self.gate = Gate()
        self.pool = ThreadPoolExecutor(1)
        self.addCleanup(self.pool.shutdown)
        self.addCleanup(self.gate.open)
        self.first = self.pool.submit(self.gate)
        self.gate.wait_for(1)

    def test_a_late_result_is_a_timeout_and_cancels_the_rest(self):
        done = []
        results = self.pool.map(done.append, range(5), timeout=0)
        with self.assertRaises(concurrent.futures.TimeoutError):
            next(results)
        self.assertEqual(list(results), [])
        self.assertEqual(self.pool.stats().cancelled, 5)
        self.gate.open()
        self.pool.shutdown()
        self.assertEqual(done, [])

    def test_close_cancels_what_has_not_started(self):
        for chunk, tasks in ((1, 6), (2, 3)):
            before = self.pool.stats().cancelled
            self.pool.map(str, range(6), chunksize=chunk).close()
            self.assertEqual(self.pool.stats().cancelled - before, tasks)

    def test_what_nobody_has_begun_to_read_is_still_run(self):
        done = []
        self.pool.map(done.append, range(5))
        self.gate.open()
        self.pool.shutdown()
        self.assertEqual(done, list(range(5)))

    def test_what_was_left_in_the_middle_is_cancelled(self):
        with ThreadPoolExecutor(2) as pool:
            inner, done = Gate(), []
            results = pool.map(lambda n: done.append(n) if n < 1 else inner(), range(9))
            next(results)
            inner.wait_for(2)
            del results
            self.assertEqual(pool.stats().cancelled, 6)
            inner.open()

    def test_a_closed_chunk_ends_at_its_next_item(self):
        inner, made = Gate(), []

        def call(number):
            made.append(number)
            inner()

        with ThreadPoolExecutor(1) as pool:
            results = pool.map(call, range(10), chunksize=10)
            inner.wait_for(1)
            results.close()
            inner.open()
        self.assertEqual(made, [0])

    def test_cancelled_tasks_say_so(self):
        results = self.pool.map(str, range(3))
        self.pool.shutdown(wait=False, cancel_futures=True)
        with self.assertRaises(concurrent.futures.CancelledError):
            next(results)

    def test_expired_tasks_say_so(self):
        results = self.pool.options(deadline=0, drop_late=True).map(str, range(3))
        self.gate.open()
        with self.assertRaises(treadle.TaskExpired):
            next(results)

    def test_a_broken_pool_says_so(self):
        with ThreadPoolExecutor(1, initializer=lambda: 1 / 0) as pool:
            with self.assertLogs("concurrent.futures", "CRITICAL"):
                with self.assertRaises(concurrent.futures.thread.BrokenThreadPool):
                    list(pool.map(str, range(3)))

    def test_two_readers_at_once_are_refused(self):
        results = self.pool.map(str, range(2))
        errors = []
        begun = threading.Event()

        def read():
            begun.set()
            try:
                next(results)
            except ValueError as error:
                errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(2)]
        readers[0].start()
        begun.wait(LIMIT)
        readers[1].start()
        while not errors:  # one of them is inside until the gate opens; the other cannot be
            readers[0].join(0.001)
            readers[1].join(0.001)
        self.gate.open()
        for reader in readers:
            reader.join(LIMIT)
        self.assertRegex(str(errors[0]), "being read already")


class Hints(unittest.TestCase):
    def test_how_many_results_are_to_come(self):
        with ThreadPoolExecutor(2) as pool:
            for chunk in (1, 3, "auto"):
                results = pool.map(str, range(7), chunksize=chunk)
                self.assertEqual(operator.length_hint(results), 7)
                next(results)
                next(results)
                self.assertEqual(operator.length_hint(results), 5)
                self.assertEqual(list(results), ["2", "3", "4", "5", "6"])
                self.assertEqual(operator.length_hint(results), 0)
            results = pool.map(int, ["1", "no", "2"])
            self.assertEqual(next(results), 1)
            self.assertRaises(ValueError, next, results)
            self.assertEqual(operator.length_hint(results), 0)
            results = pool.map(str, itertools.count(), buffersize=3)
            self.assertEqual(operator.length_hint(results), 3)
            next(results)
            self.assertEqual(operator.length_hint(results), 3)
            results.close()
            self.assertEqual(operator.length_hint(results), 0)


class Progress(unittest.TestCase):
    def setUp(self):
        self.pool = ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)
        self.shown = []

    def show(self, results, **options):
        self.shown.append(options)
        yield from results

    @unittest.skipUnless(importlib.util.find_spec("tqdm"), "tqdm is not installed")
    def test_tqdm_shows_the_number_of_items(self):
        tqdm = importlib.import_module("tqdm.auto").tqdm
        monitor = unittest.mock.patch.object(tqdm, "monitor_interval", 0)  # a thread that stays
        monitor.start()
        self.addCleanup(monitor.stop)
        for chunk in (1, 3, "auto"):
            said = io.StringIO()
            options = {"file": said, "desc": "reading", "mininterval": 0.0}
            results = self.pool.map(str, range(4), chunksize=chunk, progress=options)
            self.assertEqual(list(results), ["0", "1", "2", "3"])
            self.assertRegex(said.getvalue(), "reading: 100%[^\r]*4/4")
        with contextlib.redirect_stderr(io.StringIO()) as error:
            self.assertEqual(list(self.pool.map(str, range(7), progress=True)), list("0123456"))
        self.assertIn("7/7", error.getvalue())
        with contextlib.redirect_stderr(io.StringIO()) as error:
            self.assertEqual(list(self.pool.map(str, [1], progress=False)), ["1"])
        self.assertEqual(error.getvalue(), "")

    def test_a_callable_is_called_as_tqdm_is(self):
        results = self.pool.map(str, itertools.count(), buffersize=1, progress=self.show)
        self.assertEqual(next(results), "0")
        results.close()
        self.assertEqual(self.shown, [{"total": None}])

    def test_without_tqdm_a_warning_says_what_to_do(self):
        with unittest.mock.patch.dict(sys.modules, {"tqdm": None, "tqdm.auto": None}):
            with self.assertWarnsRegex(RuntimeWarning, "python3-tqdm") as warned:
                self.assertEqual(list(self.pool.map(str, [1], progress=True)), ["1"])
        self.assertEqual(warned.filename, __file__)

    def test_what_is_no_progress_is_refused(self):
        with self.assertRaisesRegex(TypeError, "progress must be"):
            self.pool.map(str, [1], progress=3)


if __name__ == "__main__":
    unittest.main()
