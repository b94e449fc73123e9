"""One story, told with the standard library's executor and with ours: the same must come of it.

A story that ends an interpreter is a script; its output, errors and exit code are compared. What
differs on purpose is in test_differences.py.
"""

import asyncio
import concurrent.futures
import gc
import inspect
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import traceback
import unittest
import weakref

from gate import LIMIT, Gate

import treadle

CLASSES = (concurrent.futures.ThreadPoolExecutor, treadle.ThreadPoolExecutor)
FUTURES = (concurrent.futures.Future, treadle.Future)


def outcome(call, *args, **kwargs):
    """What a call returned or raised, comparable."""
    try:
        return ("returned", call(*args, **kwargs))
    except BaseException as error:
        return ("raised", type(error), str(error))


class Same(unittest.TestCase):
    maxDiff = None

    def same(self, story, classes=CLASSES):
        theirs, ours = map(story, classes)
        self.assertEqual(ours, theirs)
        return ours


def frames(error):
    """The functions of this file that an exception came through, and what it came from."""
    names = [f.name for f in traceback.extract_tb(error.__traceback__) if f.filename == __file__]
    origin = error.__cause__ or error.__context__
    return (repr(error), names, frames(origin) if origin else None)


class Errors(Same):
    def test_a_traceback_tells_of_the_call_and_of_who_asked(self):
        def inner(value):
            try:
                {}[value]
            except KeyError as error:
                raise ValueError("worse") from error

        def ask(future):
            future.result(LIMIT)

        def story(executor):
            told = []
            with executor(1) as pool:
                future = pool.submit(inner, 1)
                for _ in range(2):
                    try:
                        ask(future)
                    except ValueError as error:
                        told.append((frames(error), error is future.exception()))
            return told

        (told, is_same), _ = self.same(story)
        self.assertIn("inner", told[1])
        self.assertTrue(is_same)

    def test_wrong_calls_raise_the_same(self):
        def story(executor):
            with executor(1) as pool:
                told = [outcome(call)[:2] for call in (
                    lambda: pool.submit(fn=int), lambda: pool.map(), lambda: executor(1, x=2),
                    lambda: executor(1, "", None, (), 5), lambda: executor(0),
                    lambda: executor(-1), lambda: executor("1"), lambda: executor(1, "", 3),
                    lambda: pool.shutdown(True, True), lambda: pool.submit(),
                )]  # fmt: skip
            return told + [outcome(pool.submit, int), outcome(pool.map, int, [1])]

        self.same(story)

    def test_the_body_of_with_may_raise(self):
        def story(executor):
            made = []
            try:
                with executor(1) as pool:
                    pool.submit(made.append, 1)
                    raise KeyError("body")
            except KeyError as error:
                return made, pool._shutdown, frames(error)

        self.same(story)

    def test_a_failing_initializer_tells_the_same(self):
        gate = [None]

        def begin(value):
            gate[0]()
            raise ValueError(value)

        def story(executor):
            gate[0] = Gate()
            with self.assertLogs("concurrent.futures", "CRITICAL") as logs:
                pool = executor(1, initializer=begin, initargs=("no",))
                futures = [pool.submit(int) for _ in range(3)]
                gate[0].open()
                told = [outcome(future.result, LIMIT) for future in futures]
                told.append(outcome(pool.submit, int))
                pool.shutdown()
            records = [(r.levelname, r.getMessage(), str(r.exc_info[1])) for r in logs.records]
            return told, records, pool._broken

        self.same(story)

    def test_map_tells_the_same(self):
        def story(executor):
            def divide(a, b=1):
                return a // b

            drawn = []
            with executor(2) as pool:
                pool.map(abs, map(drawn.append, range(3)))
                answers = pool.map(divide, [6, 7, 8], [2, 0, 4, 5])
                return (
                    drawn, next(answers), outcome(next, answers), outcome(next, answers),
                    list(pool.map(divide, [])), list(pool.map(abs, [-1], chunksize=7)),
                    outcome(lambda: list(pool.map(divide, 3)))[:2],
                )  # fmt: skip

        self.same(story)


class Shape(Same):
    def test_signatures_begin_alike(self):
        def story(executor):
            told = []
            for name in ("__init__", "submit", "shutdown"):
                parameters = list(inspect.signature(getattr(executor, name)).parameters.values())
                told.append(
                    [
                        (p.name, p.kind, p.default)
                        for p in parameters[:5]
                        if name != "__init__" or p.kind is p.POSITIONAL_OR_KEYWORD
                    ]
                )
            return told  # fmt: skip

        self.same(story)

    def test_methods_of_the_future_take_the_same(self):
        def story(future):
            names = [name for name in dir(concurrent.futures.Future) if name[0] != "_"]
            return [
                (name, [p.default for p in inspect.signature(getattr(future, name)).parameters.values()])
                for name in names
            ]  # fmt: skip

        self.same(story, FUTURES)

    def test_arguments_of_other_types_are_taken_alike(self):
        def story(executor):
            told = []
            for options in (
                {"thread_name_prefix": 3}, {"initargs": None}, {"max_workers": True},
                {"initializer": print, "initargs": []}, {"thread_name_prefix": "a%d"},
            ):  # fmt: skip
                if "initializer" in options:
                    options["initializer"] = int
                with executor(**options) as pool:
                    told.append((pool.submit(int).result(LIMIT), pool._max_workers))
                    prefix = options.get("thread_name_prefix")
                    told.append(prefix and [thread.name for thread in pool._threads])
            return told

        self.same(story)

    def test_threads_are_named_and_kept_alike(self):
        def story(executor):
            gate = Gate()
            with executor(3, "name") as pool:
                futures = [pool.submit(gate) for _ in range(5)]
                gate.wait_for(3)
                told = sorted((t.name, t.daemon, t.is_alive()) for t in pool._threads)
                gate.open()
                concurrent.futures.wait(futures, LIMIT)
            return told, sorted((t.name, t.is_alive()) for t in pool._threads)

        self.same(story)

    def test_hooks_of_threads_see_the_call(self):
        def story(executor):
            seen = []

            def traced():
                return threading.current_thread().name

            def trace(frame, event, argument):
                if frame.f_code is traced.__code__:
                    seen.append(event)
                return trace

            threading.settrace(trace)
            try:
                with executor(1, "traced") as pool:
                    name = pool.submit(traced).result(LIMIT)
            finally:
                threading.settrace(None)
            return name, seen

        self.assertIn("return", self.same(story)[1])

    def test_more_workers_may_be_written(self):
        def story(executor):
            gate = Gate()
            with executor(1) as pool:
                futures = [pool.submit(gate)]
                pool._max_workers = 3
                futures += [pool.submit(gate), pool.submit(gate)]
                gate.wait_for(3)  # all at once
                gate.open()
                return pool._max_workers, len(pool._threads), [f.result(LIMIT) for f in futures]

        self.same(story)

    def test_any_attribute_may_be_written(self):
        def story(executor):
            with executor(1) as pool:
                pool.anything = 1
                return (
                    pool.anything,
                    weakref.ref(pool)() is pool,
                    outcome(pickle.dumps, pool)[1],
                )

        self.same(story)


class References(Same):
    def test_nothing_of_a_call_is_kept(self):
        class Thing:
            def method(self, other):
                return Thing()

        def story(executor):
            with executor(1) as pool:
                thing, other = Thing(), Thing()
                future = pool.submit(thing.method, other)
                gone = [weakref.ref(thing), weakref.ref(other), weakref.ref(future.result(LIMIT))]
                gone.append(weakref.ref(future))
                del thing, other, future
                pool.submit(int).result(LIMIT)  # the worker has let go of the call before
                gc.collect()
                return [reference() for reference in gone]

        self.assertEqual(self.same(story), [None] * 4)

    def test_a_forgotten_executor_lets_its_threads_go(self):
        def story(executor):
            pool = executor(2)
            future = pool.submit(int)
            future.result(LIMIT)
            threads, gone = list(pool._threads), weakref.ref(pool)
            del pool
            gc.collect()
            for thread in threads:
                thread.join(LIMIT)
            return gone(), [thread.is_alive() for thread in threads], future.result()

        self.same(story)


class Fields(Same):
    """A future driven by hand, by its private names as well, and by others."""

    def test_fields_written_under_the_condition_wake_a_waiter(self):
        def story(future_class):
            future, told = future_class(), []
            waiter = threading.Thread(target=lambda: told.append(future.result(LIMIT)))
            waiter.start()
            with future._condition:
                future._result = "by hand"
                future._state = concurrent.futures._base.FINISHED
                future._condition.notify_all()
            waiter.join(LIMIT)
            return told, future.done(), repr(future).rpartition(" ")[2]

        self.same(story, FUTURES)

    def test_both_kinds_mix(self):
        def story(classes):
            futures = [classes[n % 2]() for n in range(4)]
            for n, future in enumerate(futures[:3]):
                if n == 1:
                    future.set_exception(KeyError(n))
                elif n == 2:
                    future.cancel(), future.set_running_or_notify_cancel()
                else:
                    future.set_result(n)
            told = [list(map(futures.index, done)) == [] for done in
                    concurrent.futures.wait(futures, 0)]  # fmt: skip
            for when in ("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"):
                done, rest = concurrent.futures.wait(futures, 0, when)
                told.append((sorted(map(futures.index, done)), list(map(futures.index, rest))))
            late, order = threading.Timer(0.01, futures[3].set_result, (3,)), []
            for future in concurrent.futures.as_completed(futures, LIMIT):
                order.append(futures.index(future))
                if len(order) == 3:
                    late.start()
            return told, sorted(order), order[-1]

        for mixed in (FUTURES, FUTURES[::-1], FUTURES[1:] * 2):
            self.assertEqual(story(mixed), story(FUTURES[:1] * 2))

    def test_asyncio_wraps_both(self):
        def story(future_class):
            async def main():
                told = []
                for settle in (
                    lambda f: f.set_result(1), lambda f: f.set_exception(KeyError(1)),
                    lambda f: (f.cancel(), f.set_running_or_notify_cancel()),
                ):  # fmt: skip
                    future = future_class()
                    wrapped = asyncio.wrap_future(future)
                    threading.Timer(0.01, settle, (future,)).start()
                    await asyncio.wait([wrapped], timeout=LIMIT)
                    told.append((wrapped.cancelled(), outcome(wrapped.result)))
                future = future_class()
                asyncio.wrap_future(future).cancel()
                await asyncio.sleep(0)
                return told, future.cancelled()

            return asyncio.run(main())

        self.same(story, FUTURES)

    def test_a_coroutine_may_be_waited_for_from_a_call(self):
        def story(executor):
            async def answer():
                return 42

            async def main():
                loop = asyncio.get_running_loop()
                ask = lambda: asyncio.run_coroutine_threadsafe(answer(), loop).result(LIMIT)
                with executor(1) as pool:
                    return await loop.run_in_executor(pool, ask)

            return asyncio.run(main())

        self.same(story)


class Endings(Same):
    """Scripts, whose interpreters end."""

    def told(self, script):
        def story(module):
            text = f"from {module} import ThreadPoolExecutor\n" + textwrap.dedent(script)
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", text],
                capture_output=True, text=True, timeout=LIMIT * 2, env=dict(os.environ),
            )  # fmt: skip
            return done.returncode, done.stdout, done.stderr.strip().rpartition("\n")[2]

        return self.same(story, ("concurrent.futures", "treadle"))

    def test_everything_queued_is_run_before_exit_handlers(self):
        code, out, _ = self.told(
            """
            import atexit
            pool = ThreadPoolExecutor(1)
            atexit.register(print, "at exit")
            for n in range(5):
                pool.submit(print, n)
            """
        )
        self.assertEqual((code, out), (0, "0\n1\n2\n3\n4\nat exit\n"))

    def test_an_error_of_the_program_is_its_exit_code(self):
        code, _, error = self.told(
            """
            def fail():
                raise KeyError("call")
            pool = ThreadPoolExecutor(1)
            pool.submit(print, "ran")
            pool.submit(fail).result()
            """
        )
        self.assertEqual((code, error), (1, "KeyError: 'call'"))

    def test_sys_exit_in_a_call_is_the_future_s(self):
        self.told(
            """
            import sys
            with ThreadPoolExecutor(1) as pool:
                future = pool.submit(sys.exit, 3)
                print(repr(future.exception()), pool.submit(int).result())
            pool.submit
            future.result()
            """
        )

    def test_calls_after_the_end_are_refused(self):
        self.told(
            """
            import atexit
            pool = ThreadPoolExecutor(1)
            pool.submit(int).result()
            def late():
                try:
                    pool.submit(int)
                except RuntimeError as error:
                    print(str(error)[:27])
            atexit.register(late)
            """
        )

    def test_a_forgotten_pool_and_one_shut_down_without_waiting_are_waited_for(self):
        self.told(
            """
            import threading, time
            told = threading.Event()
            ThreadPoolExecutor(1).submit(
                lambda: (time.sleep(0.05), print("forgotten"), told.set()))
            pool = ThreadPoolExecutor(1)
            pool.submit(lambda: (told.wait(), print("shut down")))
            pool.shutdown(wait=False)
            """
        )

    def test_cancelled_futures_do_not_run_at_the_end(self):
        self.told(
            """
            import threading
            gate = threading.Event()
            pool = ThreadPoolExecutor(1)
            pool.submit(gate.wait)
            future = pool.submit(print, "never")
            pool.shutdown(wait=False, cancel_futures=True)
            print(future.cancelled())
            gate.set()
            """
        )

    @unittest.skipUnless(hasattr(os, "fork"), "no fork on this system")
    def test_a_forked_child_ends_beside_a_pool_at_work(self):
        self.told(
            """
            import multiprocessing, threading
            gate = threading.Event()
            def work(pool):
                if not gate.is_set():
                    pool.submit(work, pool)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(work, pool)
                for _ in range(5):
                    child = multiprocessing.get_context("fork").Process(target=int)
                    child.start()
                    child.join()
                    print(child.exitcode)
                gate.set()
            """
        )


if __name__ == "__main__":
    unittest.main()
