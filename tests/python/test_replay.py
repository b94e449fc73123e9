"""What a pool of Python calls has decided, the simulator decides again."""

import json
import os
import subprocess
import tempfile
import unittest

from gate import LIMIT

import treadle
from treadle import QueueFull, ThreadPoolExecutor, _treadle

BUILD = os.environ.get("TREADLE_BUILD") or os.path.join(
    os.path.dirname(treadle.__file__), "..", ".."
)
COMMAND = os.path.join(BUILD, "treadle")
COIN = os.path.join(BUILD, "examples", "coin.so")

COMPOSITIONS = (
    "codel",
    "bounded:max=200/round_robin/lifo",
    "none/drr/sjf",
    "codel:target=0.001,interval=0.01/sfq/edf",
    "none/stride/priority",
)


def slices(count):
    """A call of so many slices, with a blocking region now and then."""
    for index in range(count - 1):
        with treadle.blocking():
            pow(index, 2)
        yield
    return count


def work_on(pool):
    """Submit calls of every kind; cancel, resize and miss deadlines."""
    futures = []
    with pool:
        for number in range(240):
            options = pool.options(
                client=number % 4,
                priority=number % 7,
                weight=1 + number % 2,
                deadline=0 if number % 50 == 0 else number % 9,
                cost=number % 11,
                drop_late=number % 3 == 0,
                resumable=number % 5 == 0,
            )
            function, argument = (slices, number % 4) if number % 5 == 0 else (pow, 2)
            arguments = (argument,) if number % 5 == 0 else (number, argument)
            try:
                futures.append(options.submit(function, *arguments))
            except QueueFull:
                continue
            if number % 9 == 0:
                futures[len(futures) // 2].cancel()
            if number == 120:
                pool.resize(1, 4)


class Replay(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(COMMAND):
            self.skipTest(f"{COMMAND} is not built")

    def replay(self, **arguments):
        """Record a pool at work, and let the command repeat it."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace")
            pool = ThreadPoolExecutor(3, record=True, seed=5, **arguments)
            work_on(pool)
            pool.trace(path)
            done = subprocess.run(
                [COMMAND, "sim", "--replay", path, "--json"],
                capture_output=True,
                text=True,
                timeout=LIMIT,
            )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = json.loads(done.stdout)
        self.assertTrue(said["identical"], done.stdout)
        self.assertEqual(said["submitted"], pool.stats().submitted)
        return pool

    def test_every_policy_decides_the_same_again(self):
        for policy in _treadle.policies():
            if policy == "work_stealing":
                continue  # its workers decide concurrently: parity is not promised
            with self.subTest(policy):
                pool = self.replay(policy=policy)
                self.assertEqual(pool.stats().submitted, 240)

    def test_every_sizer_decides_the_same_again(self):
        for sizer in _treadle.sizers() + ["compensate:running=1"]:
            with self.subTest(sizer):
                self.replay(sizer=sizer, policy="priority")

    def test_compositions_decide_the_same_again(self):
        for policy in COMPOSITIONS:
            with self.subTest(policy):
                self.replay(policy=policy)

    def test_a_policy_of_one_s_own_decides_the_same_again(self):
        if not os.path.exists(COIN):
            self.skipTest(f"{COIN} is not built")
        self.replay(policy=COIN + ":newest=0.25")
        before = os.getcwd()
        os.chdir(os.path.dirname(COIN))
        try:
            pool = ThreadPoolExecutor(1, policy="coin.so", record=True)
        finally:
            os.chdir(before)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace")
            work_on(pool)
            pool.trace(path)
            done = subprocess.run(
                [COMMAND, "sim", "--replay", path], stdout=subprocess.DEVNULL, timeout=LIMIT
            )
            self.assertEqual(done.returncode, 0)


class Names(unittest.TestCase):
    def test_adaptive_is_the_model_of_the_interpreter_s_lock(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace")
            with ThreadPoolExecutor(2, sizer="adaptive", record=True) as pool:
                pool.submit(int).result(LIMIT)
            pool.trace(path)
            with open(path, "rb") as file:
                self.assertIn(b"gil_model", file.read(1024))
        with self.assertRaisesRegex(ValueError, "no_such"):
            ThreadPoolExecutor(2, sizer="adaptive:no_such=1")


class OwnPolicy(unittest.TestCase):
    def test_it_orders_calls(self):
        if not os.path.exists(COIN):
            self.skipTest(f"{COIN} is not built")
        for newest, expected in (("0", [1, 2, 3]), ("1", [3, 2, 1])):
            ran = []
            with ThreadPoolExecutor(1, policy=f"{COIN}:newest={newest}") as pool:
                pool.submit(lambda: [pool.submit(ran.append, n) for n in (1, 2, 3)]).result(LIMIT)
            self.assertEqual(ran, expected)

    def test_the_simulator_takes_it(self):
        if not (os.path.exists(COIN) and os.path.exists(COMMAND)):
            self.skipTest(f"{COIN} or {COMMAND} is not built")

        def simulate(policy):
            return subprocess.run(
                [COMMAND, "sim", "--policy", policy, "--tasks", "2000"],
                capture_output=True,
                text=True,
                timeout=LIMIT,
            )

        self.assertEqual(simulate(COIN + ":newest=0.1").returncode, 0)
        for policy, text in (("./no_such.so", "No such file"), (COIN + ":newest=2", "0 to 1")):
            done = simulate(policy)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(text, done.stderr)

    def test_what_is_wrong_with_a_file_is_said(self):
        for policy, text in (
            ("./no_such.so", "no_such.so.* cannot be loaded: .*No such file"),
            (_treadle.__file__, "exports no treadle_policy"),
        ):
            with self.subTest(policy), self.assertRaisesRegex(ValueError, text):
                ThreadPoolExecutor(1, policy=policy)


if __name__ == "__main__":
    unittest.main()
