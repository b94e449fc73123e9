"""In which context (contextvars) calls are made."""

import contextvars
import gc
import threading
import unittest
import weakref

from gate import LIMIT, Gate

from treadle import ThreadPoolExecutor

variable = contextvars.ContextVar("variable", default="unset")


class Thing:
    pass


def swap(value):
    """What was set before, and sets it."""
    before = variable.get()
    variable.set(value)
    return before


class Contexts(unittest.TestCase):
    def setUp(self):
        self.token = variable.set("submitter's")
        self.addCleanup(variable.reset, self.token)

    def test_calls_are_made_in_the_worker_s_context_unless_said(self):
        with ThreadPoolExecutor(1, initializer=variable.set, initargs=("worker's",)) as pool:
            self.assertEqual(pool.submit(swap, "call's").result(LIMIT), "worker's")
            self.assertEqual(pool.submit(variable.get).result(LIMIT), "call's")
            copying = pool.options(context="copy")
            self.assertEqual(copying.submit(swap, 1).result(LIMIT), "submitter's")
            self.assertEqual(pool.submit(variable.get).result(LIMIT), "call's")

    def test_a_pool_copies_the_context_of_each_submit(self):
        gate = Gate()
        with ThreadPoolExecutor(1, context="copy") as pool:
            pool.submit(gate)
            futures = []
            for value in range(3):
                variable.set(value)
                futures.append(pool.submit(swap, "elsewhere"))
                futures.append(pool.options(priority=1).submit(swap, "elsewhere"))
            variable.set("later")
            gate.open()
            self.assertEqual([f.result(LIMIT) for f in futures], [0, 0, 1, 1, 2, 2])
            own = pool.options(context="worker").submit(swap, "worker's")
            self.assertEqual(own.result(LIMIT), "unset")
        self.assertEqual(variable.get(), "later")

    def test_a_map_s_tasks_have_copies_of_their_own(self):
        with ThreadPoolExecutor(2, context="copy") as pool:
            for ahead in (None, 1):
                results = pool.map(swap, range(4), buffersize=ahead)
                variable.set("later")
                self.assertEqual(list(results), ["submitter's"] * 4)
                variable.set("submitter's")
            results = pool.map(swap, range(4), chunksize=2)
            self.assertEqual(list(results), ["submitter's", 0, "submitter's", 2])
            options = pool.options(context="worker")
            self.assertIn(next(options.map(swap, ["worker's"])), ("unset", "worker's"))

    def test_a_resumable_call_keeps_its_copy(self):
        def call():
            before = swap("mine")
            yield
            return before, variable.get()

        with ThreadPoolExecutor(1, context="copy") as pool:
            future = pool.options(resumable=True).submit(call)
            self.assertEqual(future.result(LIMIT), ("submitter's", "mine"))

    def test_what_the_caller_runs_changes_nothing_of_the_caller(self):
        gate = Gate()
        with ThreadPoolExecutor(1, max_pending=1, on_full="caller_runs") as pool:
            pool.submit(gate)
            gate.wait_for(1)
            pool.submit(int)
            self.assertEqual(pool.submit(swap, "call's").result(), "submitter's")
            self.assertEqual(list(pool.map(swap, [1, 2])), ["submitter's"] * 2)
            self.assertEqual(variable.get(), "submitter's")
            gate.open()

    def test_a_call_that_raises_leaves_its_context(self):
        with ThreadPoolExecutor(1, context="copy") as pool:
            self.assertIsInstance(pool.submit(int, "x").exception(LIMIT), ValueError)
            self.assertEqual(pool.submit(variable.get).result(LIMIT), "submitter's")

    def test_a_context_goes_with_its_call(self):
        for end in ("made", "cancelled"):
            gate, thing = Gate(), Thing()
            gone = weakref.ref(thing)
            variable.set(thing)
            with ThreadPoolExecutor(1, context="copy") as pool:
                pool.options(context="worker").submit(gate)
                future = pool.submit(int)
                if end == "cancelled":
                    self.assertTrue(future.cancel())
                variable.set(None)
                gate.open()
                pool.shutdown()
                del thing
                gc.collect()
                self.assertIsNone(gone())

    def test_only_known_contexts_are_taken(self):
        with self.assertRaisesRegex(ValueError, "context must be"):
            ThreadPoolExecutor(1, context="mine")
        with ThreadPoolExecutor(1) as pool, self.assertRaisesRegex(ValueError, "context must be"):
            pool.options(context=contextvars.copy_context())

    def test_submitters_on_many_threads_keep_their_own(self):
        seen = []

        def submit(pool, number):
            variable.set(number)
            futures = [pool.submit(variable.get) for _ in range(200)]
            seen.append({future.result(LIMIT) for future in futures} == {number})

        with ThreadPoolExecutor(2, context="copy") as pool:
            threads = [threading.Thread(target=submit, args=(pool, n)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT)
        self.assertEqual(seen, [True] * 4)


if __name__ == "__main__":
    unittest.main()
