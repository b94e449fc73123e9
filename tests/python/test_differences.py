"""What differs from the standard library on purpose: each heading of docs/reference/differences.md
is the first line of a test's docstring here."""

import concurrent.futures
import concurrent.futures.thread
import inspect
import os
import re
import subprocess
import sys
import sysconfig
import threading
import unittest
import unittest.mock
import warnings
import weakref

from gate import LIMIT, Gate

from treadle import Future, ThreadPoolExecutor, _treadle

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "reference", "differences.md")


class Thing:
    pass


class Differences(unittest.TestCase):
    def test_cancelled(self):
        """A cancelled call leaves the queue at once"""
        gate, thing = Gate(), Thing()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(gate)
            gate.wait_for(1)
            future = pool.submit(id, thing)
            gone = weakref.ref(thing)
            del thing
            self.assertTrue(future.cancel())
            self.assertIsNone(gone())
            self.assertEqual(pool._work_queue.qsize(), 0)
            self.assertEqual(concurrent.futures.wait([future], LIMIT).done, {future})
            gate.open()

    @unittest.skipIf(
        sysconfig.get_config_var("Py_GIL_DISABLED"),
        "a free-threaded interpreter frees an object later, on the thread that made it",
    )
    def test_released(self):
        """A call's arguments are released before its future is finished"""
        with ThreadPoolExecutor(1) as pool:
            for _ in range(100):
                thing, gone = Thing(), []
                reference = weakref.ref(thing)
                gate = Gate()
                future = pool.submit(lambda _, gate=gate: gate(), thing)
                future.add_done_callback(lambda _: gone.append(reference()))
                del thing
                gate.open()
                future.result(LIMIT)
                pool.submit(int).result(LIMIT)  # the callback has run before
                self.assertEqual(gone, [None])

    def test_no_thread(self):
        """A call that no thread can be started for is not kept"""
        made = []
        with ThreadPoolExecutor(1) as pool:
            no = RuntimeError("can't start new thread")
            with unittest.mock.patch.object(threading.Thread, "start", side_effect=no):
                with self.assertRaisesRegex(RuntimeError, "can't start new thread"):
                    pool.submit(made.append, 1)
            pool.submit(made.append, 2)
        self.assertEqual(made, [2])

    def test_callback(self):
        """A callback that raises SystemExit does not end the worker"""
        gate = Gate()
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(gate)
            future.add_done_callback(lambda _: sys.exit(3))
            with self.assertLogs("concurrent.futures", "CRITICAL") as logs:
                gate.open()
                self.assertEqual(pool.submit(int).result(LIMIT), 0)
            self.assertEqual(len(pool._threads), 1)
        self.assertIn("Exception in worker", logs.output[0])

    def test_nested(self):
        """A call that waits for its own pool lets it grow"""
        with ThreadPoolExecutor(1) as pool:
            outer = pool.submit(lambda: pool.submit(threading.get_ident).result())
            inner = outer.result(LIMIT)
            self.assertNotEqual(inner, threading.get_ident())
            self.assertEqual((pool.stats().workers_peak, pool._max_workers), (2, 1))

    def test_map(self):
        """map returns an iterator in C, not a generator"""
        with ThreadPoolExecutor(1) as pool:
            answers = pool.map(abs, range(-10, 0), chunksize=5)
            self.assertFalse(inspect.isgenerator(answers))
            self.assertEqual(list(answers), list(range(10, 0, -1)))
            self.assertEqual(pool.stats().finished, 2)

    def test_class_of_a_future(self):
        """A future's class is not assigned to"""
        before = _treadle.future_count()
        one = Future()
        if _treadle.future_count() == before:
            self.skipTest("futures have the memory of all objects in this build")
        del one

        class Mine(Future):
            pass

        for future, other in ((Future(), Mine), (Mine(), Future)):
            with self.assertRaises(TypeError):
                future.__class__ = other

    def test_max_workers(self):
        """max_workers is a whole number of at most 2**32 - 1"""
        with self.assertRaisesRegex(TypeError, "integer"):
            ThreadPoolExecutor(2.5)
        with self.assertRaisesRegex(ValueError, "at most"):
            ThreadPoolExecutor(2**32)

    def test_initargs(self):
        """initargs must be iterable when the pool is made"""
        with self.assertRaisesRegex(TypeError, "not iterable"):
            ThreadPoolExecutor(initializer=print, initargs=3)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork on this system")
    def test_fork(self):
        """A pool of the parent refuses in a forked child"""
        gate = Gate()
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(gate)
            gate.wait_for(1)
            reader, writer = os.pipe()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                told = []
                for call in (lambda: pool.submit(int), future.result):
                    try:
                        told.append(call())
                    except RuntimeError as error:
                        told.append("fork" in str(error))
                pool.shutdown()
                os.write(writer, repr((told, len(pool._threads))).encode())
                os._exit(0)
            os.close(writer)
            with os.fdopen(reader) as pipe:
                self.assertEqual(pipe.read(), "([True, True], 0)")
            os.waitpid(child, 0)
            gate.open()

    def test_late(self):
        """After the interpreter has begun to end, submit says so"""
        script = (
            "import atexit, treadle\n"
            "pool = treadle.ThreadPoolExecutor(1)\n"
            "pool.submit(int).result()\n"
            "atexit.register(lambda: pool.submit(int))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=LIMIT * 2
        )
        self.assertIn("cannot schedule new futures after interpreter shutdown", done.stderr)

    def test_threads_queues(self):
        """concurrent.futures.thread._threads_queues does not know our threads"""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(int).result(LIMIT)
            self.assertFalse(pool._threads & set(concurrent.futures.thread._threads_queues))

    def test_work_queue(self):
        """_work_queue can be looked at, not written to"""
        with ThreadPoolExecutor(1) as pool:
            self.assertEqual((pool._work_queue.qsize(), pool._work_queue.empty()), (0, True))
            for write in (lambda: pool._work_queue.put(1), lambda: setattr(pool, "_work_queue", 1)):
                with self.assertRaisesRegex(AttributeError, "max_pending="):
                    write()

    def test_assigned(self):
        """What the pool keeps cannot be assigned"""
        with ThreadPoolExecutor(1) as pool:
            for name in ("_threads", "_broken", "_shutdown", "_initializer", "_initargs"):
                with self.assertRaises(AttributeError):
                    setattr(pool, name, getattr(pool, name))
            pool._max_workers = 2
            self.assertEqual(pool._max_workers, 2)

    def test_absent(self):
        """What the pool does not have says what to use"""
        with ThreadPoolExecutor(1) as pool:
            for name in ("_shutdown_lock", "_idle_semaphore"):
                with self.assertRaisesRegex(AttributeError, name + ": .+"):
                    getattr(pool, name)
            for name in ("_adjust_thread_count", "_initializer_failed"):
                with self.assertRaisesRegex(AttributeError, "use|breaks"):
                    getattr(pool, name)()

    def test_fields(self):
        """A future's private fields are views"""
        future = Future()
        future._result, future._state = 1, concurrent.futures._base.FINISHED
        self.assertEqual((future.result(), vars(future)), (1, {}))
        with self.assertRaises(ValueError):
            future._state = "FORGOTTEN"
        with self.assertRaises(TypeError):
            future._waiters = None


class Page(unittest.TestCase):
    def test_every_heading_is_a_test_and_every_test_a_heading(self):
        if not os.path.exists(PAGE):
            self.skipTest("the documentation is not beside the tests")
        with open(PAGE, encoding="utf-8") as page:
            headings = re.findall(r"^### (.+)$", page.read(), re.MULTILINE)
        tests = [test for name, test in vars(Differences).items() if name.startswith("test_")]
        self.assertEqual(sorted(headings), sorted(test.__doc__ for test in tests))


if __name__ == "__main__":
    unittest.main()
