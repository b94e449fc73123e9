"""How a pool ends: shut down, forgotten, with the interpreter, in a forked child."""

import os
import subprocess
import sys
import textwrap
import threading
import unittest
import unittest.mock
import warnings
import weakref

from gate import LIMIT, Gate

from treadle import Future, ThreadPoolExecutor


class Shutdown(unittest.TestCase):
    def test_what_is_queued_is_still_run(self):
        gate = Gate()
        pool = ThreadPoolExecutor(1)
        futures = [pool.submit(gate, n) for n in range(20)]
        pool.shutdown(wait=False)
        with self.assertRaisesRegex(RuntimeError, "cannot schedule new futures after shutdown"):
            pool.submit(int)
        gate.open()
        self.assertEqual([future.result(LIMIT) for future in futures], list(range(20)))
        pool.shutdown()
        pool.shutdown()

    def test_waiting_calls_can_be_cancelled(self):
        gate = Gate()
        pool = ThreadPoolExecutor(1)
        running = pool.submit(gate, "ran")
        gate.wait_for(1)
        waiting = [pool.submit(int) for _ in range(20)]
        pool.shutdown(wait=False, cancel_futures=True)
        self.assertTrue(all(future.cancelled() for future in waiting))
        gate.open()
        pool.shutdown()
        self.assertEqual(running.result(LIMIT), "ran")

    def test_with_waits(self):
        done = []
        with ThreadPoolExecutor(2) as pool:
            for n in range(10):
                pool.submit(done.append, n)
        self.assertEqual(sorted(done), list(range(10)))
        self.assertFalse(any(thread.is_alive() for thread in pool._threads))

    def test_a_worker_cannot_wait_for_itself(self):
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(pool.shutdown).exception(LIMIT)
        self.assertRegex(str(error), "cannot join current thread")

    def test_a_shut_down_pool_still_answers(self):
        with ThreadPoolExecutor(2) as pool:
            pool.submit(int)
        self.assertEqual(pool.stats().finished, 1)
        self.assertTrue(pool._shutdown)
        self.assertEqual(len(pool._threads), 1)

    def test_threads_end_when_the_executor_is_forgotten(self):
        gate = Gate()
        pool = ThreadPoolExecutor(3)
        futures = [pool.submit(gate, n) for n in range(6)]
        gate.wait_for(3)
        threads = list(pool._threads)
        gone = weakref.ref(pool)
        del pool
        self.assertIsNone(gone())
        gate.open()
        for thread in threads:
            thread.join(LIMIT)
            self.assertFalse(thread.is_alive())
        self.assertEqual([future.result(LIMIT) for future in futures], list(range(6)))

    def test_the_last_reference_may_be_dropped_by_a_call(self):
        for _ in range(50):
            holder = [ThreadPoolExecutor(2)]
            pool = holder[0]
            threads = pool._threads
            future = pool.submit(holder.clear)
            del pool
            future.result(LIMIT)
            for thread in list(threads):
                thread.join(LIMIT)
                self.assertFalse(thread.is_alive())

    def test_many_pools_leave_no_thread(self):
        before = threading.active_count()
        for _ in range(50):
            ThreadPoolExecutor(2).submit(int).result(LIMIT)
        deadline = threading.Event()
        for _ in range(LIMIT * 100):
            if threading.active_count() <= before:
                break
            deadline.wait(0.01)
        self.assertLessEqual(threading.active_count(), before)


def run_script(text, *arguments):
    """The output of a script in an interpreter of its own."""
    folder = os.path.dirname(os.path.abspath(__file__))
    paths = [path for path in [os.environ.get("PYTHONPATH"), folder] if path]
    return subprocess.run(
        [sys.executable, *arguments, "-c", textwrap.dedent(text)],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)),
        capture_output=True,
        text=True,
        timeout=LIMIT * 2,
    )


class Starting(unittest.TestCase):
    def broken(self, error):
        def start(thread):
            raise error

        # Not a mock: it would keep the error, where the interpreter keeps classes for ever.
        return unittest.mock.patch.object(threading.Thread, "start", start)

    def test_a_first_thread_that_cannot_start_fails_the_submit(self):
        with ThreadPoolExecutor(2) as pool:
            with self.broken(RuntimeError("can't start new thread")):
                with self.assertRaisesRegex(RuntimeError, "can't start new thread"):
                    pool.submit(int)
            self.assertEqual((len(pool._threads), pool._work_queue.qsize()), (0, 0))
            self.assertEqual(pool.submit(int).result(LIMIT), 0)
        self.assertEqual(pool.stats().finished, 1)

    def test_a_further_thread_that_cannot_start_is_done_without(self):
        gate = Gate()
        with ThreadPoolExecutor(2) as pool:
            pool.submit(gate)
            with self.broken(RuntimeError("can't start new thread")):
                future = pool.submit(int)
            self.assertEqual(len(pool._threads), 1)
            gate.open()
            self.assertEqual(future.result(LIMIT), 0)

    def test_an_interrupt_while_a_thread_starts_is_not_lost(self):
        start = threading.Thread.start

        def interrupted(thread):
            start(thread)
            raise KeyboardInterrupt

        made = []
        with ThreadPoolExecutor(2) as pool:
            with unittest.mock.patch.object(threading.Thread, "start", interrupted):
                with self.assertRaises(KeyboardInterrupt):
                    pool.submit(made.append, 1)
            pool.submit(made.append, 2)
        self.assertEqual(sorted(made), [1, 2])

    def test_shutting_down_waits_for_a_thread_that_is_just_being_started(self):
        gate, start = Gate(), threading.Thread.start
        errors = []

        def start_late(thread):
            if thread.name == "late_0":
                gate()
            start(thread)

        def shut_down():
            try:
                pool.shutdown()
            except RuntimeError as error:
                errors.append(error)

        pool = ThreadPoolExecutor(1, "late")
        threads = [threading.Thread(target=pool.submit, args=(int,))]
        with unittest.mock.patch.object(threading.Thread, "start", start_late):
            threads[0].start()
            gate.wait_for(1)
            threads.append(threading.Thread(target=shut_down))
            threads[1].start()
            gate.open()
            for thread in threads:
                thread.join(LIMIT)
        self.assertEqual(errors, [])
        self.assertEqual(pool.stats().finished, 1)

    def test_threads_are_no_daemons_whoever_starts_them(self):
        pool = ThreadPoolExecutor(2, sizer="adaptive", min_workers=1)
        starter = threading.Thread(target=pool.resize, args=(2, 2), daemon=True)
        starter.start()
        starter.join(LIMIT)
        self.assertEqual([thread.daemon for thread in pool._threads], [False, False])
        pool.shutdown()


class Exit(unittest.TestCase):
    def told(self, text, *arguments):
        done = run_script(text, *arguments)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout.split("\n")[:-1]

    def test_the_interpreter_waits_for_what_is_queued(self):
        self.assertEqual(
            self.told(
                """
            import time
            from treadle import ThreadPoolExecutor
            pool = ThreadPoolExecutor(1)
            pool.submit(time.sleep, 0.1)
            pool.submit(print, "ran")
        """
            ),
            ["ran"],
        )

    def test_it_waits_for_the_pool_of_a_forgotten_executor(self):
        self.assertEqual(
            self.told(
                """
            import time
            from treadle import ThreadPoolExecutor
            def go():
                pool = ThreadPoolExecutor(2)
                pool.submit(time.sleep, 0.1)
                pool.submit(lambda: (time.sleep(0.1), print("ran")))
            go()
        """
            ),
            ["ran"],
        )

    def test_submitting_after_the_end_began_says_so(self):
        for context in ("atexit.register(late)", "pool.submit(late_later)"):
            self.assertEqual(
                self.told(
                    f"""
                import atexit, time
                from treadle import ThreadPoolExecutor
                pool = ThreadPoolExecutor(2)
                def late():
                    try:
                        pool.submit(int)
                    except RuntimeError as error:
                        print(error)
                def late_later():
                    while True:
                        try:
                            pool.submit(int)
                        except RuntimeError as error:
                            print(error)
                            return
                        time.sleep(0.001)
                pool.submit(int).result()
                {context}
            """
                ),
                ["cannot schedule new futures after interpreter shutdown"],
            )

    def test_an_idle_pool_does_not_keep_the_interpreter(self):
        self.assertEqual(
            self.told(
                """
            from treadle import ThreadPoolExecutor
            pools = [ThreadPoolExecutor(4, sizer=sizer) for sizer in ("fixed", "on_demand")]
            print([pool.submit(int).result() for pool in pools])
        """
            ),
            ["[0, 0]"],
        )

    def test_development_mode_finds_nothing(self):
        self.assertEqual(
            self.told(
                """
            import concurrent.futures, gc
            from treadle import ThreadPoolExecutor
            with ThreadPoolExecutor(2, policy="priority") as pool:
                futures = [pool.options(priority=n).submit(divmod, n, n % 3) for n in range(300)]
                concurrent.futures.wait(futures)
                for future in futures:
                    future.exception()
            del futures, future
            gc.collect()
            print("fine")
        """,
                "-X",
                "dev",
            ),
            ["fine"],
        )

    def test_an_interrupt_ends_a_wait(self):
        done = run_script(
            """
            import signal, threading
            from treadle import ThreadPoolExecutor
            gate = threading.Event()
            pool = ThreadPoolExecutor(1)
            future = pool.submit(gate.wait)
            main = threading.main_thread().ident
            try:
                threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
                future.result()
            except KeyboardInterrupt:
                print("interrupted", future.running())
            gate.set()
        """
        )
        self.assertEqual((done.stdout, done.stderr), ("interrupted True\n", ""))

    def test_an_interrupt_ends_the_wait_for_room(self):
        done = run_script(
            """
            import signal, threading
            from treadle import ThreadPoolExecutor
            gate = threading.Event()
            pool = ThreadPoolExecutor(1, max_pending=1)
            running = pool.submit(gate.wait)
            while not running.running():
                pass
            pool.submit(int)
            main = threading.main_thread().ident
            try:
                threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
                pool.submit(int)
            except KeyboardInterrupt:
                print("interrupted")
            gate.set()
            print(pool.submit(pow, 2, 3).result())
        """
        )
        self.assertEqual((done.stdout, done.stderr), ("interrupted\n8\n", ""))


@unittest.skipUnless(hasattr(os, "fork"), "no fork on this system")
class Fork(unittest.TestCase):
    def child(self, call):
        """What `call` returns in a forked child, as text."""
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is the point
            pid = os.fork()
        if pid == 0:
            try:
                os.write(writer, str(call()).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        return text

    def setUp(self):
        self.gate = Gate()
        self.pool = ThreadPoolExecutor(1)
        self.waiting = self.pool.submit(self.gate)
        self.gate.wait_for(1)
        self.addCleanup(self.pool.shutdown)
        self.addCleanup(self.gate.open)

    def refused(self, call):
        def attempt():
            try:
                return call()
            except RuntimeError as error:
                return error

        return self.child(attempt)

    def test_a_pool_of_the_parent_refuses_in_the_child(self):
        self.assertIn("fork", self.refused(lambda: self.pool.submit(int)))
        self.assertIn("fork", self.refused(self.pool.stats))
        self.assertIn("fork", self.refused(lambda: self.pool.resize(1, 2)))

    def test_a_future_of_the_parent_does_not_hang_the_child(self):
        self.assertIn("fork", self.refused(self.waiting.result))

    def test_cleaning_up_in_the_child_is_quiet(self):
        def clean_up():
            with self.pool:
                pass
            del self.pool
            return "clean"

        self.assertEqual(self.child(clean_up), "clean")

    def test_a_new_pool_works_in_the_child(self):
        def work():
            with ThreadPoolExecutor(2) as pool:
                return pool.submit(pow, 2, 5).result(LIMIT)

        self.assertEqual(self.child(work), "32")

    def test_a_child_that_a_call_has_forked_ends_as_it_should(self):
        self.gate.open()
        done = run_script(
            """
            import multiprocessing
            from treadle import ThreadPoolExecutor
            def fork(pool):
                child = multiprocessing.get_context("fork").Process(target=pool.shutdown)
                child.start()
                child.join()
                return child.exitcode
            with ThreadPoolExecutor(2) as pool:
                print(pool.submit(fork, pool).result())
        """,
            "-Wignore",
        )
        self.assertEqual((done.stdout, done.stderr), ("0\n", ""))

    def test_the_parent_goes_on(self):
        self.child(lambda: None)
        self.gate.open()
        self.assertEqual(self.pool.submit(int).result(LIMIT), 0)


class Interpreters(unittest.TestCase):
    def test_another_interpreter_has_its_own(self):
        try:
            import _interpreters as interpreters
        except ImportError:
            try:
                import _xxsubinterpreters as interpreters
            except ImportError:
                self.skipTest("this Python has no module for subinterpreters")
        done = run_script(
            f"""
            import {interpreters.__name__} as interpreters
            import treadle
            try:
                id = interpreters.create(isolated=False)
            except TypeError:
                id = interpreters.create()
            failed = interpreters.run_string(id, '''if True:
                from treadle import ThreadPoolExecutor
                with ThreadPoolExecutor(2) as pool:
                    futures = [pool.submit(pow, n, 2) for n in range(100)]
                    print(sum(future.result() for future in futures), flush=True)
            ''')
            assert not failed, failed
            interpreters.destroy(id)
            with treadle.ThreadPoolExecutor(1) as pool:
                print(pool.submit(pow, 2, 3).result())
        """
        )
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("328350\n8\n", "", 0))


if __name__ == "__main__":
    unittest.main()
