"""Programs that end while pools are at work, or fork: they end, in time, and nothing crashes.

Each is a script in an interpreter of its own. What it prints is compared, and what the interpreter
complains of: nothing, but where the script itself makes something fail.
"""

import os
import subprocess
import sys
import textwrap
import unittest

from gate import LIMIT

HEAD = """
import concurrent.futures, gc, os, sys, threading, time, warnings, weakref
import treadle
from treadle import Future, ThreadPoolExecutor
warnings.simplefilter("ignore", DeprecationWarning)
"""


class Script(unittest.TestCase):
    def run_script(self, text, status=0, complaint=None):
        """What the script printed, line by line. `complaint` is a part of what stderr says."""
        folder = os.path.dirname(os.path.abspath(__file__))
        paths = [path for path in [os.environ.get("PYTHONPATH"), folder] if path]
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", HEAD + textwrap.dedent(text)],
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)),
            capture_output=True,
            text=True,
            timeout=2 * LIMIT,
        )
        self.assertEqual(done.returncode, status, done.stderr)
        if complaint is None:
            self.assertEqual(done.stderr, "")
        else:
            self.assertIn(complaint, done.stderr)
            self.assertNotIn("Fatal", done.stderr)
        return done.stdout.split("\n")[:-1]


class Ending(Script):
    def test_calls_run_and_wait_in_pools_of_all_kinds(self):
        told = self.run_script(
            """
            def call(n):
                time.sleep(0.001)
                return n

            pools = [
                ThreadPoolExecutor(2),
                ThreadPoolExecutor(2, policy="priority"),
                ThreadPoolExecutor(2, sizer="adaptive", min_workers=1),
                ThreadPoolExecutor(2, max_pending=10**6),
            ]
            futures = [pool.submit(call, n) for n in range(20) for pool in pools]
            for future in futures:
                future.add_done_callback(lambda f: sys.stdout.write(f"{f.result()}\\n"))
            """
        )
        self.assertEqual(sorted(told, key=int), [str(n) for n in range(20) for _ in range(4)])

    def test_a_pool_in_a_cycle(self):
        self.assertEqual(
            self.run_script(
                """
                class Owner:
                    pass

                owner = Owner()
                owner.me = owner
                owner.pool = ThreadPoolExecutor(2)
                owner.future = owner.pool.submit(lambda: owner and print("done"))
                gc.disable()
                """
            ),
            ["done"],
        )

    def test_the_interpreter_goes_on_after_the_exit_of_a_call(self):
        self.assertEqual(
            self.run_script(
                """
                pool = ThreadPoolExecutor(1)
                error = pool.submit(sys.exit, 3).exception()
                print(type(error).__name__, error)
                """
            ),
            ["SystemExit 3"],
        )

    def test_a_call_ends_the_process(self):
        self.run_script(
            """
            pool = ThreadPoolExecutor(2)
            pool.submit(os._exit, 5)
            time.sleep(60)
            """,
            status=5,
        )

    def test_an_exception_ends_the_program(self):
        self.run_script(
            """
            pool = ThreadPoolExecutor(2)
            for _ in range(50):
                pool.submit(time.sleep, 0.001)
            raise KeyError("the end")
            """,
            status=1,
            complaint="the end",
        )

    def test_exit_functions_find_the_pools_closed(self):
        self.assertEqual(
            self.run_script(
                """
                import atexit

                pool = ThreadPoolExecutor(1)
                future = pool.submit(int)

                @atexit.register
                def late():
                    print(future.result(), pool.stats().finished)
                    try:
                        pool.submit(int)
                    except RuntimeError as error:
                        print(error)
                    try:
                        ThreadPoolExecutor(1).submit(int)
                    except RuntimeError as error:
                        print(error)
                """
            ),
            ["0 1"] + ["cannot schedule new futures after interpreter shutdown"] * 2,
        )

    def test_daemon_threads_submit_wait_and_look_to_the_end(self):
        self.run_script(
            """
            pool = ThreadPoolExecutor(2, max_pending=5)
            gate = threading.Event()
            never = Future()

            def submit():
                try:
                    while True:
                        pool.submit(int)
                except RuntimeError:
                    gate.wait()  # the interpreter ends, and so does this thread

            def wait():
                while True:
                    pool.submit(int).result()

            def quiet(function):
                def run():
                    try:
                        function()
                    except RuntimeError:
                        pass
                return run

            for target in (submit, quiet(wait), never.result, quiet(wait), submit):
                threading.Thread(target=target, daemon=True).start()
            pool.submit(int).result()
            """
        )

    def test_daemon_threads_wait_for_room_at_the_end(self):
        self.run_script(
            """
            pool = ThreadPoolExecutor(1, max_pending=1)
            started = threading.Event()

            def slow():
                started.set()
                time.sleep(0.05)

            def submit():
                try:
                    pool.submit(int)
                except RuntimeError:
                    pass

            pool.submit(slow)
            started.wait()
            pool.submit(int)
            for _ in range(3):
                threading.Thread(target=submit, daemon=True).start()
            """
        )

    def test_whatever_dies_late_may_use_the_pool(self):
        self.run_script(
            """
            class Late:
                def __del__(self):
                    try:
                        pool.submit(int)
                    except (RuntimeError, NameError, TypeError, AttributeError):
                        pass

            pool = ThreadPoolExecutor(1)
            future = pool.submit(Late)
            kept = Late()
            sys.modules["__main__"].cycle = [kept]
            sys.modules["__main__"].cycle.append(sys.modules["__main__"].cycle)
            """
        )

    def test_weak_references_whose_callbacks_raise(self):
        self.run_script(
            """
            class Thing:
                pass

            def fail(reference):
                raise KeyError("callback of a weak reference")

            pool = ThreadPoolExecutor(2)
            future = pool.submit(Thing)
            result = weakref.ref(future.result(), fail)
            seen = [weakref.ref(one, fail) for one in (future, pool)]
            del future
            with ThreadPoolExecutor(1) as other:
                other.submit(int).result()
                seen.append(weakref.ref(other, fail))
            del other
            print(seen[0]() is None)
            """,
            complaint="callback of a weak reference",
        )

    def test_maps_and_calls_in_slices_are_left_in_the_middle(self):
        self.run_script(
            """
            def slices():
                while not ended.is_set():
                    yield

            ended = threading.Event()
            pool = ThreadPoolExecutor(2)
            results = pool.map(abs, range(10**4), chunksize=3, buffersize=4)
            print(next(results))
            future = pool.options(resumable=True).submit(slices)
            while not future.running():
                time.sleep(0)
            threading._register_atexit(ended.set)
            """
        )

    def test_an_abandoned_shutdown(self):
        self.assertEqual(
            self.run_script(
                """
                pool = ThreadPoolExecutor(1)
                for n in range(5):
                    pool.submit(print, n)
                pool.shutdown(wait=False)
                del pool
                """
            ),
            list("01234"),
        )


class Forking(Script):
    def test_children_make_pools_of_their_own_and_end_in_every_way(self):
        self.assertEqual(
            self.run_script(
                """
                pools = [
                    ThreadPoolExecutor(2),
                    ThreadPoolExecutor(2, sizer="adaptive", min_workers=1),
                ]
                stop = threading.Event()

                def busy(pool):
                    while not stop.is_set():
                        pool.submit(int).result()

                threads = [threading.Thread(target=busy, args=(pool,)) for pool in pools]
                for thread in threads:
                    thread.start()
                for number in range(12):
                    pid = os.fork()
                    if pid == 0:
                        own = ThreadPoolExecutor(2, sizer=("on_demand", "adaptive")[number % 2])
                        if own.submit(pow, 2, 5).result() != 32:
                            os._exit(1)
                        if number % 3 == 0:
                            os._exit(0)
                        if number % 3 == 1:
                            own.shutdown()
                            del pools[:], own
                            gc.collect()
                        sys.exit(0)
                    _, status = os.waitpid(pid, 0)
                    print(status)
                stop.set()
                for thread in threads:
                    thread.join()
                print([pool.submit(pow, 2, n).result() for n, pool in enumerate(pools)])
                """
            ),
            ["0"] * 12 + ["[1, 2]"],
        )

    def test_processes_of_multiprocessing_by_fork(self):
        self.assertEqual(
            self.run_script(
                """
                import multiprocessing

                def child(queue, number):
                    with ThreadPoolExecutor(2) as pool:
                        queue.put(sum(pool.map(abs, range(number))))

                context = multiprocessing.get_context("fork")
                pool = ThreadPoolExecutor(2)
                busy = [pool.submit(time.sleep, 0.001) for _ in range(100)]
                queue = context.SimpleQueue()
                children = [context.Process(target=child, args=(queue, 10)) for _ in range(4)]
                for one in children:
                    one.start()
                for one in children:
                    one.join()
                    print(one.exitcode, queue.get())
                """
            ),
            ["0 45"] * 4,
        )

    def test_a_child_of_a_child_and_a_call_that_forks(self):
        self.assertEqual(
            self.run_script(
                """
                def fork(depth):
                    pid = os.fork()
                    if pid != 0:
                        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    if depth == 0:
                        os._exit(7)
                    with ThreadPoolExecutor(1) as pool:
                        status = pool.submit(fork, depth - 1).result()
                    os._exit(status)

                with ThreadPoolExecutor(1) as pool:
                    print(pool.submit(fork, 2).result())
                """
            ),
            ["7"],
        )


if __name__ == "__main__":
    unittest.main()
