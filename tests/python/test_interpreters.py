"""Several interpreters in one process, each with pools of its own, at the same time.

From Python 3.12 on they have a lock each, so that the extension runs in all of them at once. They
are made in a process of their own: what goes wrong there ends the process.
"""

import sys
import textwrap
import unittest

from test_ending import Script

HELPERS = """
try:
    import _interpreters
except ImportError:
    import _xxsubinterpreters as _interpreters


def make():
    # An interpreter that has a lock of its own, and shares nothing.
    if sys.version_info >= (3, 13):
        return _interpreters.create("isolated")
    return _interpreters.create(isolated=True)


def run(interpreter, text):
    execute = getattr(_interpreters, "exec", None) or _interpreters.run_string
    failed = execute(interpreter, text)
    if failed is not None:
        raise RuntimeError(failed.errdisplay)


def all_at_once(function, count):
    errors = []

    def member(index):
        try:
            function(index)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=member, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error
"""

WORK = '''
WORK = """
import concurrent.futures, threading, time
import treadle
from treadle import ThreadPoolExecutor

# Complains, with the standard library's executor, too, when the thread ends after its interpreter.
if hasattr(threading, "_DeleteDummyThreadOnDel"):
    threading._DeleteDummyThreadOnDel.__del__ = lambda self: None

def pick(n):
    if n % 10 == 3:
        raise KeyError(n)
    return n

def slices(n):
    yield
    return n

with ThreadPoolExecutor(3) as pool:
    futures = [pool.submit(pick, n) for n in range(300)]
    concurrent.futures.wait(futures)
    assert sum(f.result() for f in futures if not f.exception()) == 44850 - 30 * 148
    assert list(pool.map(abs, range(-50, 0), chunksize=7)) == list(range(50, 0, -1))
    view = pool.options(resumable=True)
    assert [f.result() for f in [view.submit(slices, n) for n in range(20)]] == list(range(20))
with ThreadPoolExecutor(2, policy="priority", sizer="adaptive", min_workers=1) as pool:
    assert pool.options(priority=2).submit(pick, 1).result() == 1
    METER = pool.stats().gil_meter
with ThreadPoolExecutor(1) as pool:
    gate = threading.Event()
    pool.submit(gate.wait)
    late = [pool.options(deadline=0.001, drop_late=True).submit(int) for _ in range(5)]
    late[0].add_done_callback(lambda future: gate.set())
    assert len(concurrent.futures.wait(late).done) == 5
left = ThreadPoolExecutor(2)  # at work when its interpreter ends
late = [left.submit(time.sleep, 0.001) for _ in range(10)]
late += [left.options(deadline=n / 2000, drop_late=True).submit(int) for n in range(10)]
"""
'''


@unittest.skipIf(sys.version_info < (3, 12), "before 3.12 interpreters share one lock")
class Interpreters(Script):
    def run_interpreters(self, text):
        return self.run_script(HELPERS + WORK + textwrap.dedent(text))

    def test_they_work_at_once_and_go(self):
        told = self.run_interpreters(
            """
            def live(index):
                for _ in range(2):
                    interpreter = make()
                    run(interpreter, WORK)
                    _interpreters.destroy(interpreter)

            all_at_once(live, 4)
            exec(WORK)
            print("done")
            """
        )
        self.assertEqual(told, ["done"])

    def test_they_are_used_in_turns(self):
        told = self.run_interpreters(
            """
            interpreters = [make() for _ in range(3)]
            for interpreter in interpreters * 2:
                run(interpreter, WORK)
            for interpreter in interpreters:
                _interpreters.destroy(interpreter)
            print("done")
            """
        )
        self.assertEqual(told, ["done"])

    def test_the_process_ends_with_some_of_them_at_work(self):
        told = self.run_interpreters(
            """
            interpreter = make()
            run(interpreter, WORK)
            _interpreters.destroy(interpreter)
            pool = ThreadPoolExecutor(2)
            futures = [pool.submit(sys.stdout.write, "main\\n") for _ in range(3)]
            """
        )
        self.assertEqual(told, ["main"] * 3)

    def test_each_measures_its_own_lock(self):
        told = self.run_interpreters(
            """
            with ThreadPoolExecutor(2, sizer="adaptive") as pool:
                pool.submit(int).result()
                mine = pool.stats().gil_meter
                interpreter = make()
                run(interpreter, WORK + f"assert METER == {mine!r}, METER")
                _interpreters.destroy(interpreter)
                print(pool.stats().gil_meter == mine)
            """
        )
        self.assertEqual(told, ["True"])


if __name__ == "__main__":
    unittest.main()
