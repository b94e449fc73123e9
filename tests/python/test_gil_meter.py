"""The meter of the interpreter's lock: what it looks at, whose time it books, and how it ends."""

import glob
import os
import subprocess
import sys
import threading
import time
import unittest

from gate import LIMIT, Gate

from treadle import ThreadPoolExecutor, _treadle

SIZER = "goetz"  # one that looks at the interpreter's lock
WHY_NOT = _treadle.check_gil()


def meter_threads():
    """How many threads of meters this process has."""
    count = 0
    for path in glob.glob("/proc/self/task/*/comm"):
        try:
            with open(path) as file:
                count += file.read() == "treadle-meter\n"
        except OSError:
            pass  # a thread that has ended meanwhile
    return count


def until(condition):
    """Waits for what another thread does in its own time."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came true")
        time.sleep(0.001)


class Looking(unittest.TestCase):
    def test_the_lock_of_this_interpreter_is_found_or_a_reason_is_given(self):
        with ThreadPoolExecutor(1, sizer=SIZER) as pool:
            self.assertEqual(pool.stats().gil_meter, WHY_NOT or "measured")
        if WHY_NOT:
            self.skipTest(WHY_NOT)

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_a_wrong_place_is_found_out(self):
        for locked, holder, waits in ((8, 0, 0), (-8, 0, 0), (0, 8, 0), (0, -8, 0), (0, 0, 4096)):
            why = _treadle.check_gil(locked, holder, waits)
            self.assertRegex(why, "does not show", (locked, holder, waits))

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_the_place_is_right_while_other_threads_want_the_lock(self):
        stop = threading.Event()

        def compute():
            while not stop.is_set():
                sum(range(1000))

        threads = [threading.Thread(target=compute) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            self.assertEqual([_treadle.check_gil() for _ in range(5)], [None] * 5)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def test_other_sizers_start_no_meter(self):
        before = meter_threads()
        with ThreadPoolExecutor(1, sizer="fixed") as pool:
            self.assertEqual(
                pool.stats().gil_meter,
                "the sizer does not look at it, and insight=True was not said",
            )
            self.assertEqual((pool.stats().gil_held, pool.stats().gil_wait), (0.0, 0.0))
            self.assertEqual(meter_threads(), before)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Booking(unittest.TestCase):
    def setUp(self):
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        self.pool = ThreadPoolExecutor(1, sizer=SIZER, min_workers=1)
        self.addCleanup(self.pool.shutdown)

    def test_a_worker_that_computes_holds_the_lock(self):
        stop = threading.Event()

        def compute():
            while not stop.is_set():
                sum(range(1000))

        self.pool.submit(compute)
        until(lambda: self.pool.stats().gil_held > 0.02)
        stop.set()
        self.pool.shutdown()
        stats = self.pool.stats()
        self.assertLess(stats.gil_held, stats.age)

    def test_a_worker_that_sleeps_holds_nothing_and_waits_for_nothing(self):
        gate = Gate()
        self.pool.submit(gate)
        gate.wait_for(1)
        other = ThreadPoolExecutor(1, sizer=SIZER, min_workers=1)
        stop = threading.Event()

        def compute():
            while not stop.is_set():
                sum(range(1000))

        other.submit(compute)

        def mine_stands_still():
            """While the other one's grows: the same thread looks at both."""
            before, others = self.pool.stats(), other.stats().gil_held
            until(lambda: other.stats().gil_held > others + 0.05)
            after = self.pool.stats()
            return (before.gil_held, before.gil_wait) == (after.gil_held, after.gil_wait)

        try:
            until(mine_stands_still)  # once it is asleep
        finally:
            stop.set()
            gate.open()
            other.shutdown()

    def test_a_worker_kept_out_by_another_thread_waits_and_does_not_hold(self):
        sys.setswitchinterval(1000.0)  # whoever has the lock keeps it
        gate = Gate()
        self.pool.submit(gate)
        gate.wait_for(1)
        gate.open()  # it wants the lock from now on, and this thread does not let it
        deadline = time.monotonic() + LIMIT

        def spin_until_waited(seconds):
            waited = self.pool.stats().gil_wait
            while self.pool.stats().gil_wait < waited + seconds:
                self.assertLess(time.monotonic(), deadline)

        spin_until_waited(0.01)
        held = self.pool.stats().gil_held
        spin_until_waited(0.05)
        self.assertEqual(self.pool.stats().gil_held, held)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Ending(unittest.TestCase):
    def run_script(self, script):
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-W", "ignore", "-c", script],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_one_thread_serves_all_pools_and_ends_with_the_last(self):
        pools = [ThreadPoolExecutor(1, sizer=SIZER) for _ in range(3)]
        self.assertEqual(meter_threads(), 1)
        for pool in pools:
            pool.shutdown()
        del pools[1:], pool
        self.assertEqual(meter_threads(), 1)
        del pools[0]
        until(lambda: meter_threads() == 0)  # /proc shows a joined thread for a moment more

    def test_a_pool_that_is_left_to_the_interpreter_s_end_is_measured_until_then(self):
        self.run_script(
            "from treadle import ThreadPoolExecutor\n"
            f"pool = ThreadPoolExecutor(2, sizer={SIZER!r})\n"
            "for _ in range(200): pool.submit(sum, range(20000))\n"
        )

    def test_a_forked_child_has_a_meter_of_its_own(self):
        out = self.run_script(
            "import os, time\n"
            "from treadle import ThreadPoolExecutor\n"
            f"pool = ThreadPoolExecutor(1, sizer={SIZER!r}, min_workers=1)\n"
            "def spin(seconds, pool):\n"
            "    while pool.stats().gil_held < seconds: pass\n"
            "def in_child():\n"
            "    global first\n"
            "    first = None\n"  # while the parent's meter is still here
            f"    with ThreadPoolExecutor(1, sizer={SIZER!r}) as mine:\n"
            "        mine.submit(spin, 0.01, mine).result()\n"
            "        global ended\n"
            "        ended = None\n"  # its account is at the parent's meter
            "        mine.submit(spin, mine.stats().gil_held + 0.01, mine).result()\n"
            "    print('measured', flush=True)\n"
            "    os._exit(0)\n"
            f"with ThreadPoolExecutor(1, sizer={SIZER!r}) as ended: ended.submit(int)\n"
            f"with ThreadPoolExecutor(1, sizer={SIZER!r}) as first: first.submit(int)\n"
            "pool.submit(spin, 0.01, pool).result()\n"
            "child = os.fork()\n"
            "if child == 0: in_child()\n"
            "assert os.waitpid(child, 0)[1] == 0\n"
            "pool.submit(spin, pool.stats().gil_held + 0.01, pool).result()\n"
            "print('measured')\n"
        )
        self.assertEqual(out.split(), ["measured", "measured"])

    def test_every_interpreter_of_a_process_has_a_meter_of_its_own(self):
        try:
            import _xxsubinterpreters as interpreters
        except ImportError:
            try:
                import _interpreters as interpreters
            except ImportError:
                self.skipTest("this interpreter cannot make others")
        out = self.run_script(
            f"import {interpreters.__name__} as interpreters\n"
            "inner = '''\n"
            "from treadle import ThreadPoolExecutor\n"
            "def spin(pool):\n"
            "    while pool.stats().gil_held < 0.01: pass\n"
            f"with ThreadPoolExecutor(1, sizer={SIZER!r}) as pool:\n"
            "    pool.submit(spin, pool).result()\n"
            "    print(pool.stats().gil_meter, flush=True)\n"
            "'''\n"
            "exec(inner)\n"
            "try:\n"
            "    other = interpreters.create(isolated=False)\n"  # with threads, before 3.12
            "except TypeError:\n"
            "    other = interpreters.create()\n"
            "failure = interpreters.run_string(other, inner)\n"
            "assert failure is None, failure\n"
            "interpreters.destroy(other)\n"
            "exec(inner)\n"
        )
        self.assertEqual(out.split(), ["measured"] * 3)


if __name__ == "__main__":
    unittest.main()
