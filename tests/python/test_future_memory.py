"""Futures by the hundred thousand: their memory is clean when it is used again, and goes back."""

import gc
import os
import random
import subprocess
import sys
import unittest
import weakref

from gate import HAS_GIL, LIMIT, Gate

from treadle import Future, ThreadPoolExecutor, _treadle

MANY = 40_000  # several chunks
BEFORE = _treadle.future_count()
ONE = Future()
HAS_MEMORY = _treadle.future_count() > BEFORE  # not without a lock, and not under a sanitizer
del ONE


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Memory(unittest.TestCase):
    def setUp(self):
        gc.collect()
        self.before = _treadle.future_count()

    def check_nothing_left(self):
        gc.collect()
        self.assertEqual(_treadle.future_count(), self.before)

    def test_futures_that_go_in_any_order(self):
        order = random.Random(1)
        with ThreadPoolExecutor(2) as pool:
            placed = pool.options(priority=1)
            kept = []
            for _ in range(3):
                kept += [(n, (placed if n % 3 == 0 else pool).submit(int, n)) for n in range(MANY)]
                order.shuffle(kept)
                for n, future in kept:
                    self.assertEqual(future.result(LIMIT), n)
                del kept[order.randrange(MANY) :]
            del future
            if HAS_MEMORY:
                self.assertEqual(_treadle.future_count(), self.before + len(kept))
            kept.clear()
        self.check_nothing_left()

    def test_memory_that_was_used_is_clean(self):
        for _ in range(3):
            futures = [Future() for _ in range(MANY)]
            for n, future in enumerate(futures):
                self.assertFalse(future.done() or future.running() or future.cancelled())
                self.assertFalse(gc.is_tracked(future) and HAS_GIL)
                if n % 100 == 0:
                    self.assertEqual(future.__dict__, {})
                    self.assertEqual(weakref.getweakrefcount(future), 0)
                    self.assertEqual(future._done_callbacks, [])
                    future.mine = n
                    future.add_done_callback(lambda future: self.assertEqual(future.result(), 7))
                future.set_result(7)
            del future
            futures.clear()
        self.check_nothing_left()

    def test_the_collector_finds_them(self):
        gone = []
        for n in range(1000):
            future = Future()
            future.itself = future
            gone.append(weakref.ref(future))
        del future
        gc.collect()
        self.assertEqual([one() for one in gone], [None] * 1000)
        self.check_nothing_left()

    def test_types_that_derive_have_memory_of_their_own(self):
        class Mine(Future):
            pass

        futures = [Mine() for _ in range(100)]
        self.assertEqual(_treadle.future_count(), self.before)
        for future in futures:
            future.set_result(future)
        gone = weakref.ref(future)
        del future, futures
        gc.collect()
        self.assertIsNone(gone())

    @unittest.skipUnless(HAS_MEMORY, "futures have the memory of all objects in this build")
    def test_memory_goes_back(self):
        gate = Gate()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(gate)
            gate.wait_for(1)
            before = resident()
            futures = [pool.submit(id, None) for _ in range(4 * MANY)]
            grown = resident() - before
            self.assertLess(grown, 4 * MANY * 300)  # with the list of them
            for future in futures:
                future.cancel()
            del future
            futures.clear()
            gc.collect()
            self.assertLess(resident() - before, grown / 2)
            gate.open()

    @unittest.skipUnless(sys.platform == "linux", "reads what Linux says of a process's memory")
    def test_only_many_futures_want_huge_pages(self):
        """Of a process of its own: what is wished for once stays so."""
        code = (
            "import sys, treadle\n"
            "futures = [treadle.Future() for _ in range(int(sys.argv[1]))]\n"
            "places = [id(future) for future in futures]\n"
            "inside = 0\n"
            "for line in open('/proc/self/smaps', encoding='ascii'):\n"
            "    first, _, rest = line.partition(' ')\n"
            "    if not first.endswith(':'):\n"
            "        low, high = (int(end, 16) for end in first.split('-'))\n"
            "    elif first == 'VmFlags:' and 'hg' in rest.split():\n"
            "        inside += sum(low <= place < high for place in places)\n"
            "print(inside)\n"
        )

        def count_inside(count):
            done = subprocess.run(
                [sys.executable, "-c", code, str(count)],
                capture_output=True,
                text=True,
                check=True,
                timeout=4 * LIMIT,
            )
            return int(done.stdout)

        self.assertEqual(count_inside(1000), 0)
        if os.path.exists("/sys/kernel/mm/transparent_hugepage") and (HAS_MEMORY or not HAS_GIL):
            self.assertGreater(count_inside(4 * MANY), 2 * MANY)

    def test_the_module_goes_before_its_futures(self):
        """And one that is garbage together with its futures."""
        code = (
            "import gc, sys\n"
            "for _ in range(3):\n"
            "    import treadle\n"
            "    futures = [treadle.Future() for _ in range(30000)]\n"
            "    for future in futures[::2]:\n"
            "        future.module, future.itself = treadle, future\n"
            "    for name in [name for name in sys.modules if name.startswith('treadle')]:\n"
            "        del sys.modules[name]\n"
            "    del treadle, future\n"
            "    gc.collect()\n"
            "    futures[7].set_result(1)\n"
            "    assert futures[7].result() == 1\n"
            "    del futures\n"
            "    gc.collect()\n"
            "print('over')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=4 * LIMIT
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "over\n", ""))


if __name__ == "__main__":
    unittest.main()
