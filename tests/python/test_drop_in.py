"""treadle.ThreadPoolExecutor where the standard one is expected: construction, asyncio, package."""

import asyncio
import concurrent.futures
import contextlib
import importlib.util
import inspect
import io
import logging
import os
import subprocess
import sys
import tempfile
import threading
import unittest

from gate import LIMIT, Gate

import treadle
from treadle import Future, ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Construction(unittest.TestCase):
    def test_the_signature_begins_as_the_standard_one(self):
        ours = list(inspect.signature(ThreadPoolExecutor.__init__).parameters.values())
        theirs = inspect.signature(concurrent.futures.ThreadPoolExecutor.__init__).parameters
        positional = [p for p in theirs.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.assertEqual(
            [(p.name, p.default) for p in ours[: len(positional)]],
            [(p.name, p.default) for p in positional],
        )

    def test_wrong_arguments_say_what_is_wrong(self):
        for arguments, error, text in (
            ({"max_workers": 0}, ValueError, "max_workers must be greater than 0"),
            ({"max_workers": -1}, ValueError, "max_workers must be greater than 0"),
            ({"initializer": 3}, TypeError, "initializer must be a callable"),
            ({"policy": "nope"}, ValueError, "fifo"),
            ({"sizer": "nope"}, ValueError, "on_demand"),
            ({"on_full": "nope"}, ValueError, "caller_runs"),
            ({"max_pending": 0}, ValueError, "max_pending"),
            ({"full_timeout": -1}, ValueError, "full_timeout"),
            ({"full_timeout": 1, "on_full": "refuse"}, ValueError, "full_timeout"),
            ({"max_workers": 2, "min_workers": 3}, ValueError, "min_workers"),
            ({"max_workers": "2"}, TypeError, ""),
        ):
            with self.subTest(arguments), self.assertRaisesRegex(error, text):
                ThreadPoolExecutor(**arguments)

    def test_defaults_are_the_standard_library_s(self):
        with ThreadPoolExecutor() as ours, concurrent.futures.ThreadPoolExecutor() as theirs:
            self.assertEqual(ours._max_workers, theirs._max_workers)
            self.assertEqual(len(ours._threads), len(theirs._threads))
            self.assertEqual((ours._broken, ours._shutdown), (False, False))

    def test_threads_are_named_as_the_standard_library_does(self):
        def name():
            return threading.current_thread().name

        with ThreadPoolExecutor(1, thread_name_prefix="spam") as pool:
            self.assertEqual(pool.submit(name).result(LIMIT), "spam_0")
        with ThreadPoolExecutor(1) as pool:
            self.assertRegex(pool.submit(name).result(LIMIT), r"\AThreadPoolExecutor-\d+_0\Z")

    def test_threads_start_when_they_are_needed_and_idle_ones_are_used_again(self):
        gate = Gate()
        with ThreadPoolExecutor(4) as pool:
            self.assertEqual(len(pool._threads), 0)
            for count in range(1, 7):
                pool.submit(gate)
                self.assertEqual(len(pool._threads), min(count, 4))
            gate.open()

    def test_an_initializer_runs_once_in_each_thread(self):
        local = threading.local()

        def begin(value):
            self.assertFalse(hasattr(local, "value"))
            local.value = value

        with ThreadPoolExecutor(2, initializer=begin, initargs=("set",)) as pool:
            futures = [pool.submit(lambda: local.value) for _ in range(50)]
            self.assertEqual({future.result(LIMIT) for future in futures}, {"set"})

    def test_a_failing_initializer_breaks_the_pool(self):
        gate = Gate()

        def begin():
            gate()
            raise ValueError("no")

        with self.assertLogs("concurrent.futures", logging.CRITICAL) as logs:
            pool = ThreadPoolExecutor(1, initializer=begin)
            futures = [pool.submit(int) for _ in range(3)]
            gate.open()
            for future in futures:
                with self.assertRaises(concurrent.futures.thread.BrokenThreadPool):
                    future.result(LIMIT)
            with self.assertRaisesRegex(concurrent.futures.BrokenExecutor, "initializer failed"):
                pool.submit(int)
            pool.shutdown()
        self.assertIn("Exception in initializer:", logs.output[0])
        self.assertTrue(pool._broken)

    def test_a_subclass_that_forgets_to_call_init_says_so(self):
        class Forgetful(ThreadPoolExecutor):
            def __init__(self):
                pass

        with self.assertRaisesRegex(RuntimeError, "super"):
            Forgetful().submit(int)

    def test_a_subclass_may_override_submit(self):
        class Counting(ThreadPoolExecutor):
            count = 0

            def submit(self, fn, /, *args, **kwargs):
                self.count += 1
                return super().submit(fn, *args, **kwargs)

        with Counting(1) as pool:
            self.assertEqual(list(pool.map(abs, [-1, -2])), [1, 2])
            self.assertEqual(pool.count, 2)

    def test_the_work_queue_can_be_looked_at_and_explains_itself(self):
        with ThreadPoolExecutor(1) as pool:
            self.assertEqual(pool._work_queue.qsize(), 0)
            self.assertTrue(pool._work_queue.empty())
            with self.assertRaisesRegex(AttributeError, "max_pending"):
                pool._work_queue.put(1)
            with self.assertRaises(AttributeError):
                pool._work_queue = None


class Asyncio(unittest.TestCase):
    def test_it_serves_as_the_default_executor(self):
        async def main():
            loop = asyncio.get_running_loop()
            pool = ThreadPoolExecutor(2)
            loop.set_default_executor(pool)
            results = await asyncio.gather(
                *(loop.run_in_executor(None, pow, n, 2) for n in range(200))
            )
            self.assertGreater(pool.stats().finished, 0)
            return results

        self.assertEqual(asyncio.run(main()), [n * n for n in range(200)])

    def test_errors_and_cancelling_cross_over(self):
        gate = Gate()

        async def main():
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(1) as pool:
                with self.assertRaises(ZeroDivisionError):
                    await loop.run_in_executor(pool, divmod, 1, 0)
                running = loop.run_in_executor(pool, gate, 1)
                waiting = pool.submit(int)
                wrapped = asyncio.wrap_future(waiting)
                wrapped.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await wrapped
                await asyncio.sleep(0)  # cancelling crosses over in the next turn of the loop
                self.assertTrue(waiting.cancelled())
                gate.open()
                self.assertEqual(await running, 1)

        asyncio.run(main())

    def test_many_wrapped_futures_are_awaited(self):
        async def main():
            with ThreadPoolExecutor(2) as pool:
                futures = [asyncio.wrap_future(pool.submit(pow, n, 2)) for n in range(100)]
                done, _ = await asyncio.wait(futures, timeout=LIMIT)
                return sorted(future.result() for future in done)

        self.assertEqual(asyncio.run(main()), [n * n for n in range(100)])


class Package(unittest.TestCase):
    def test_names_are_loaded_lazily_and_listed(self):
        self.assertLessEqual({"Future", "ThreadPoolExecutor", "__version__"}, set(dir(treadle)))
        for name in treadle.__all__:
            self.assertIsNotNone(getattr(treadle, name))
        with self.assertRaises(AttributeError):
            treadle.nope
        self.assertRegex(treadle.__version__, r"\A\d+\.\d+\.\d+\Z")

    def test_the_number_of_a_future_s_bytes_stays_small(self):
        self.assertLessEqual(sys.getsizeof(Future()), 250)

    def test_files_lie_beside_each_other(self):
        folder = os.path.dirname(treadle.__file__)
        self.assertIn("py.typed", os.listdir(folder))
        self.assertIn("_treadle.pyi", os.listdir(folder))

    def test_the_documented_program_runs(self):
        page = os.path.join(ROOT, "docs", "reference", "python.md")
        if not os.path.exists(page):
            self.skipTest("the documentation is not beside the tests")
        with open(page, encoding="utf-8") as file:
            program = file.read().split("```python\n")[1].split("```")[0]
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(program, {})
        self.assertEqual(output.getvalue(), "1024\n")

    def test_types_are_what_mypy_expects(self):
        """Two of these lines are wrong, and only those are complained of."""
        if importlib.util.find_spec("mypy") is None:
            self.skipTest("mypy is not installed for this interpreter")
        program = (
            "from treadle import Future, ThreadPoolExecutor\n"
            "def double(value: int) -> str: return str(value * 2)\n"
            "pool = ThreadPoolExecutor(2, policy='lifo')\n"
            "a: Future[str] = pool.submit(double, 1)\n"
            "b: str = pool.options(priority=1).submit(double, value=1).result()\n"
            "c: float = pool.stats().wait.p99\n"
            "d: int = pool.submit(double, 1).result()\n"
            "pool.submit(double, 'one')\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "user.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(program)
            done = subprocess.run(
                [sys.executable, "-m", "mypy", "--strict", "--cache-dir", folder, path],
                env=dict(os.environ, MYPYPATH=os.path.join(ROOT, "python")),
                capture_output=True,
                text=True,
                timeout=LIMIT * 4,
            )
        complaints = [
            line.split(" error: ")[0] for line in done.stdout.splitlines() if " error: " in line
        ]
        self.assertEqual(
            sorted(set(complaints)), [path + ":7:", path + ":8:"], done.stdout + done.stderr
        )


if __name__ == "__main__":
    unittest.main()
