"""What a pool of Treadle has and the standard library has not."""

import asyncio
import concurrent.futures
import os
import sys
import tempfile
import threading
import unittest

from gate import LIMIT, Gate

from treadle import Future, QueueFull, Stats, TaskExpired, ThreadPoolExecutor, _treadle


class Behind(unittest.TestCase):
    """One worker, kept busy, and calls that queue up behind it."""

    def pool(self, **arguments):
        pool = ThreadPoolExecutor(1, **arguments)
        gate = Gate()
        pool.submit(gate)
        gate.wait_for(1)
        self.addCleanup(pool.shutdown)
        self.addCleanup(gate.open)
        return pool, gate


class Options(Behind):
    def test_policies_decide_the_order(self):
        for policy, expected in (
            ("fifo", [0, 1, 2, 3, 4]),
            ("lifo", [4, 3, 2, 1, 0]),
            ("priority", [2, 4, 0, 3, 1]),
        ):
            with self.subTest(policy):
                pool, gate = self.pool(policy=policy)
                ran = []
                for number, priority in enumerate((0, -5, 7, -1, 2)):
                    pool.options(priority=priority).submit(ran.append, number)
                gate.open()
                pool.shutdown()
                self.assertEqual(ran, expected)

    def test_round_robin_takes_turns_between_clients(self):
        pool, gate = self.pool(policy="round_robin")
        ran = []
        for client, count in (("a", 4), ("b", 2), (("c", 1), 1)):
            for _ in range(count):
                pool.options(client=client).submit(ran.append, client)
        gate.open()
        pool.shutdown()
        self.assertEqual(set(ran[:3]), {"a", "b", ("c", 1)})
        self.assertEqual(set(ran[3:5]), {"a", "b"})
        self.assertEqual(ran[5:], ["a", "a"])

    def test_the_task_s_own_keywords_do_not_collide(self):
        pool, gate = self.pool()
        gate.open()
        future = pool.options(priority=3).submit(dict, priority=1, client=2, deadline=3)
        self.assertEqual(future.result(LIMIT), {"priority": 1, "client": 2, "deadline": 3})
        self.assertIsInstance(future, Future)

    def test_options_map(self):
        pool, gate = self.pool(policy="priority")
        gate.open()
        self.assertEqual(list(pool.options(priority=1).map(pow, [2, 3], [4, 5])), [16, 243])

    def test_a_call_that_misses_its_deadline_is_dropped(self):
        pool, gate = self.pool()
        made = []
        late = pool.options(deadline=0, drop_late=True).submit(made.append, "late")
        anyway = pool.options(deadline=0).submit(made.append, "anyway")
        in_time = pool.options(deadline=LIMIT, drop_late=True).submit(made.append, "in time")
        gate.open()
        with self.assertRaises(TaskExpired):
            late.result(LIMIT)
        for kind in (TimeoutError, concurrent.futures.TimeoutError):
            self.assertIsInstance(late.exception(), kind)
        anyway.result(LIMIT)
        in_time.result(LIMIT)
        pool.shutdown()
        self.assertEqual(made, ["anyway", "in time"])
        self.assertEqual(pool.stats().expired, 1)

    def test_whoever_waits_for_a_late_call_hears_of_it_though_no_worker_looks(self):
        pool, gate = self.pool()
        late = pool.options(deadline=0.001, drop_late=True)
        for wait in (
            lambda: late.submit(int).result(),
            lambda: late.submit(int).result(LIMIT),
            lambda: list(late.map(int, [1])),
            lambda: list(late.map(int, [1, 2, 3], chunksize=2, timeout=LIMIT)),
        ):
            with self.assertRaises(TaskExpired):
                wait()
        self.assertIsInstance(late.submit(int).exception(), TaskExpired)
        self.assertGreaterEqual(pool.stats().expired, 5)
        patient = pool.options(deadline=LIMIT, drop_late=True).submit(int)
        with self.assertRaises(concurrent.futures.TimeoutError) as caught:
            patient.result(timeout=0)
        self.assertNotIsInstance(caught.exception, TaskExpired)
        gate.open()
        self.assertEqual(patient.result(LIMIT), 0)

    def test_everybody_hears_of_a_late_call_though_no_worker_looks(self):
        pool, gate = self.pool(policy="edf")
        late = pool.options(deadline=0.001, drop_late=True)
        patient = pool.options(deadline=LIMIT, drop_late=True).submit(int)
        told = threading.Event()
        late.submit(int).add_done_callback(lambda future: told.set())
        self.assertTrue(told.wait(LIMIT))
        futures = [late.submit(int) for _ in range(3)]
        done, _ = concurrent.futures.wait(futures, LIMIT)
        self.assertEqual(len(done), 3)
        futures = [late.submit(int) for _ in range(3)]
        self.assertEqual(len(list(concurrent.futures.as_completed(futures, LIMIT))), 3)

        async def hear():
            with self.assertRaises(TaskExpired):
                await asyncio.wrap_future(late.submit(int))
            return await asyncio.gather(
                *(asyncio.wrap_future(late.submit(int)) for _ in range(3)), return_exceptions=True
            )

        self.assertEqual([type(answer) for answer in asyncio.run(hear())], [TaskExpired] * 3)
        self.assertEqual((pool.stats().expired, pool.stats().queued), (11, 1))
        self.assertFalse(patient.done())

    def test_a_late_call_makes_room(self):
        pool, gate = self.pool(max_pending=1)
        pool.options(deadline=0.001, drop_late=True).submit(int)
        inner = pool.submit(int)  # waits for the room
        gate.open()
        self.assertEqual(inner.result(LIMIT), 0)
        self.assertEqual(pool.stats().expired, 1)

    def test_who_hears_of_a_late_call_may_use_the_pool(self):
        pool, gate = self.pool()
        heard = []
        told = threading.Semaphore(0)

        def hear(future):
            heard.append(type(future.exception()))
            if len(heard) < 3:
                late.submit(int).add_done_callback(hear)
            elif len(heard) == 3:
                pool.shutdown(wait=False)
            told.release()

        late = pool.options(deadline=0, drop_late=True)
        late.submit(int).add_done_callback(hear)
        for _ in range(3):
            self.assertTrue(told.acquire(timeout=LIMIT))
        self.assertEqual(heard, [TaskExpired] * 3)

    def test_wrong_options_say_what_is_wrong(self):
        pool, gate = self.pool()
        gate.open()
        for options, error, text in (
            ({"priority": 1.5}, TypeError, "priority"),
            ({"priority": 2**63}, ValueError, "priority"),
            ({"client": []}, TypeError, "hash"),
            ({"weight": 0}, ValueError, "weight"),
            ({"deadline": -1}, ValueError, "deadline"),
            ({"cost": float("nan")}, ValueError, "cost"),
            ({"nope": 1}, TypeError, "nope"),
        ):
            with self.subTest(options), self.assertRaisesRegex(error, text):
                pool.options(**options)

    def test_clients_are_counted_apart(self):
        pool, gate = self.pool(policy="round_robin")
        clients = [
            "a",
            b"a",
            1,
            -1,
            -2,
            2**61,
            2**100,
            ("a",),
            frozenset(),
            1.5,
            "\udc80",
            None,
        ]
        for client in clients:
            pool.options(client=client).submit(int)
        self.assertEqual(pool.stats().clients, len(clients))
        for client in clients:
            pool.options(client=client).submit(int)
        self.assertEqual(pool.stats().clients, len(clients))
        gate.open()


class Bounds(Behind):
    def test_a_full_pool_refuses(self):
        pool, gate = self.pool(max_pending=2, on_full="refuse")
        futures = [pool.submit(int) for _ in range(2)]
        with self.assertRaisesRegex(QueueFull, "max_pending=2"):
            pool.submit(int)
        self.assertEqual(pool.stats().refused, 1)
        self.assertTrue(futures[0].cancel())
        futures.append(pool.submit(int))
        gate.open()
        self.assertEqual([f.result(LIMIT) for f in futures[1:]], [0, 0])

    def test_a_policy_that_admits_no_more_is_named_as_the_one_who_refuses(self):
        pool, gate = self.pool(policy="bounded:max=2/fifo")
        futures = [pool.submit(int) for _ in range(2)]
        with self.assertRaisesRegex(QueueFull, "the policy .* refused"):
            pool.submit(int)
        self.assertEqual(pool.stats().refused, 1)
        gate.open()
        self.assertEqual([future.result(LIMIT) for future in futures], [0, 0])

    def test_a_full_pool_lets_the_caller_run(self):
        pool, gate = self.pool(max_pending=1, on_full="caller_runs")
        queued = pool.submit(threading.get_ident)
        own = pool.submit(threading.get_ident)
        self.assertTrue(own.done())
        self.assertEqual(own.result(), threading.get_ident())
        gate.open()
        self.assertNotEqual(queued.result(LIMIT), threading.get_ident())

    def test_a_full_pool_blocks_no_longer_than_it_may(self):
        pool, gate = self.pool(max_pending=1, full_timeout=0)
        queued = pool.submit(int)
        with self.assertRaisesRegex(QueueFull, "full for too long.*max_pending=1"):
            pool.submit(int)
        with self.assertRaises(QueueFull):
            pool.map(int, [1])
        self.assertTrue(queued.cancel())
        queued = pool.submit(int)
        gate.open()
        self.assertEqual(queued.result(LIMIT), 0)

    def test_a_full_pool_gets_room_in_time(self):
        pool, gate = self.pool(max_pending=1, full_timeout=LIMIT)
        futures = [pool.submit(int)]
        thread = threading.Thread(target=lambda: futures.append(pool.submit(int)))
        thread.start()
        gate.open()
        thread.join(LIMIT)
        self.assertEqual([future.result(LIMIT) for future in futures], [0, 0])

    def test_what_the_caller_runs_raises_in_its_future(self):
        pool, gate = self.pool(max_pending=1, on_full="caller_runs")
        pool.submit(int)
        self.assertIsInstance(pool.submit(lambda: 1 / 0).exception(), ZeroDivisionError)
        self.assertIsInstance(pool.submit(sys.exit).exception(), SystemExit)
        self.assertEqual(list(pool.map(str, range(3), chunksize=2)), ["0", "1", "2"])
        self.assertEqual(pool.stats().caller_ran, 4)
        gate.open()

    def test_a_full_pool_blocks_until_there_is_room(self):
        pool, gate = self.pool(max_pending=1)
        pool.submit(int)
        order = []

        def submit():
            future = pool.submit(int)
            order.append("accepted")
            return future

        thread = threading.Thread(target=submit)
        thread.start()
        order.append("opened")
        gate.open()
        thread.join(LIMIT)
        self.assertEqual(sorted(order), ["accepted", "opened"])
        pool.shutdown()
        self.assertEqual(pool.stats().finished, 3)

    def test_many_submitters_through_a_narrow_queue_lose_nothing(self):
        with ThreadPoolExecutor(2, max_pending=1) as pool:

            def submit():
                for _ in range(300):
                    pool.submit(int)

            threads = [threading.Thread(target=submit) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT)
            self.assertFalse(any(thread.is_alive() for thread in threads))
        self.assertEqual(pool.stats().finished, 1200)
        self.assertLessEqual(pool.stats().queued_peak, 1)

    def test_shutting_down_ends_the_wait_for_room(self):
        pool, gate = self.pool(max_pending=1)
        pool.submit(int)
        errors = []

        def submit():
            try:
                pool.submit(int)
            except RuntimeError as error:
                errors.append(str(error))

        threads = [threading.Thread(target=submit) for _ in range(3)]
        for thread in threads:
            thread.start()
        pool.shutdown(wait=False)
        for thread in threads:
            thread.join(LIMIT)
            self.assertFalse(thread.is_alive())
        gate.open()
        self.assertEqual(errors, ["cannot schedule new futures after shutdown"] * 3)

    def test_blocking_inside_a_worker_is_an_error(self):
        pool, gate = self.pool(max_pending=1)
        answer = pool.submit(lambda: [pool.submit(int), outcome()])

        def outcome():
            try:
                pool.submit(int)
            except RuntimeError as error:
                return str(error)

        gate.open()
        self.assertIn("worker", answer.result(LIMIT)[1])


class Sizes(unittest.TestCase):
    def test_a_fixed_pool_starts_all_its_threads(self):
        with ThreadPoolExecutor(3, sizer="fixed") as pool:
            self.assertEqual(len(pool._threads), 3)

    def test_resizing_grows_and_shrinks(self):
        gate = Gate()
        with ThreadPoolExecutor(1, sizer="fixed") as pool:
            for _ in range(4):
                pool.submit(gate)
            gate.wait_for(1)
            pool.resize(max_workers=4)
            gate.wait_for(3)
            self.assertEqual(pool.stats().workers, 4)
            self.assertEqual(pool._max_workers, 4)
            threads = set(pool._threads)
            pool.resize(0, 1)
            gate.open()
            for thread in threads:
                if pool.stats().workers == 1:
                    break
                pool.submit(int).result(LIMIT)
        self.assertEqual(pool.stats().finished >= 4, True)

    def test_threads_that_left_are_forgotten(self):
        gate = Gate()
        with ThreadPoolExecutor(3, sizer="fixed") as pool:
            for _ in range(3):
                pool.submit(gate)
            gate.wait_for(3)
            threads = set(pool._threads)
            pool.resize(0, 1)
            gate.open()
            while len(pool._threads) > 1:
                for thread in threads - pool._threads:
                    thread.join(LIMIT)
            self.assertEqual(pool.submit(int).result(LIMIT), 0)

    def test_wrong_sizes_say_what_is_wrong(self):
        with ThreadPoolExecutor(2) as pool:
            for sizes in ((3, 2), (-1, 2), (0, 0)):
                with self.assertRaisesRegex(ValueError, "min_workers"):
                    pool.resize(*sizes)

    def test_every_sizer_runs_calls(self):
        for sizer in _treadle.sizers():
            with self.subTest(sizer), ThreadPoolExecutor(3, sizer=sizer) as pool:
                futures = [pool.submit(pow, n, 2) for n in range(100)]
                self.assertEqual([f.result(LIMIT) for f in futures], [n * n for n in range(100)])

    def test_every_policy_runs_calls(self):
        for policy in _treadle.policies():
            with self.subTest(policy), ThreadPoolExecutor(3, policy=policy) as pool:
                futures = [
                    pool.options(client=n % 3, priority=n % 5, cost=0.001).submit(pow, n, 2)
                    for n in range(100)
                ]
                self.assertEqual([f.result(LIMIT) for f in futures], [n * n for n in range(100)])


class Reports(unittest.TestCase):
    def test_a_seen_result_is_a_counted_one(self):
        with ThreadPoolExecutor(2) as pool:
            for count in range(1, 200):
                pool.submit(int).result(LIMIT)
                self.assertEqual(pool.stats().finished, count)

    def test_stats_add_up(self):
        gate = Gate()
        with ThreadPoolExecutor(1) as pool:
            futures = [pool.submit(gate)] + [pool.submit(int) for _ in range(4)]
            gate.wait_for(1)
            futures[-1].cancel()
            stats = pool.stats()
            self.assertIsInstance(stats, Stats)
            self.assertEqual(
                (stats.submitted, stats.queued, stats.busy, stats.cancelled), (5, 3, 1, 1)
            )
            self.assertEqual(
                (stats.workers, stats.workers_peak, stats.queued_peak >= 4), (1, 1, True)
            )
            gate.open()
        stats = pool.stats()
        self.assertEqual((stats.finished, stats.queued, stats.busy), (4, 0, 0))
        self.assertEqual((stats.wait.calls, stats.run.calls), (4, 4))
        self.assertLessEqual(stats.run.p50, stats.run.p99)
        self.assertLessEqual(stats.run.p99, stats.run.max * (1 + 1 / 32))
        self.assertTrue(0 <= stats.utilization <= 1)
        with self.assertRaises(AttributeError):
            stats.finished = 3

    def test_a_pool_that_does_not_record_says_how_to(self):
        with ThreadPoolExecutor(1) as pool, self.assertRaisesRegex(ValueError, "record=True"):
            pool.trace("nowhere")

    def test_a_trace_is_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace")
            with ThreadPoolExecutor(2, policy="priority", record=True) as pool:
                for number in range(50):
                    pool.options(priority=number % 7, client=number % 3).submit(int)
            pool.trace(path)
            self.assertGreater(os.path.getsize(path), 50 * 32)
            with self.assertRaises(OSError):
                pool.trace(os.path.join(folder, "no", "such", "folder"))


if __name__ == "__main__":
    unittest.main()
