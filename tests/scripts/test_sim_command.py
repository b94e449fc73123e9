"""`treadle sim`: what it prints, what it refuses and how, and the replay of a trace file."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(os.environ.get("TREADLE_BUILD", ROOT / "build")) / "treadle"

JOIN, SUBMIT, NEXT, FINISH = 1, 3, 4, 5
NOBODY = 0xFFFFFFFF
ORDER = 0x0123456789ABCDEF


def sim(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, "sim", *words], text=True, capture_output=True, timeout=60)


def event(kind: int, now: int, sequence: int = 0, worker: int = NOBODY, answer: int = 0) -> bytes:
    """One event of a pool of one worker, as it lies in memory."""
    return struct.pack("=QQIIHBBiII48x", now, sequence, worker, 0, 0, kind, 0, answer, 1, 0)


def trace(events: list[bytes], policy: str = "fifo") -> bytes:
    header = (
        f"treadle-trace 1\npolicy {policy}\nsizer fixed\nworkers_min 1\nworkers_max 1\n"
        f"pending_max 0\nseed 0\nstart_ns 1\ntruncated 0\nevent_bytes 88\nevents {len(events)}\n\n"
    )
    return header.encode() + struct.pack("=Q", ORDER) + b"".join(events)


def three_tasks(first: int, second: int) -> list[bytes]:
    events = [event(JOIN, 2, worker=0)]
    events += [event(SUBMIT, 3, sequence=i) for i in (1, 2, 3)]
    for now, sequence in ((4, first), (6, second)):
        events.append(event(NEXT, now, sequence, worker=0, answer=1))
        events.append(event(FINISH, now + 1, sequence, worker=0))
    return events


class SimulateTest(unittest.TestCase):
    def test_a_seed_repeats_the_output_and_another_one_changes_it(self) -> None:
        words = ("--json", "--tasks", "20000", "--seed")
        first, second, other = sim(*words, "7"), sim(*words, "7"), sim(*words, "8")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(first.stdout, second.stdout)
        self.assertNotEqual(first.stdout, other.stdout)

    def test_the_exact_wait_stands_beside_the_simulated_one(self) -> None:
        total = json.loads(sim("--json", "--load", "0.5", "--tasks", "200000").stdout)["total"]
        self.assertAlmostEqual(total["wait_ns"]["exact"], 1e6, places=3)
        self.assertLess(abs(total["wait_ns"]["mean"] - 1e6), 4 * total["wait_ns"]["error"])

    def test_no_formula_is_printed_where_there_is_none(self) -> None:
        clients = "a:mean=1ms/b:mean=5ms,service=deterministic"
        done = sim("--json", "--tasks", "2000", "--workers", "2", "--clients", clients)
        report = json.loads(done.stdout)
        self.assertEqual(report["config"]["system"], "M/G/2")
        self.assertNotIn("exact", report["total"]["wait_ns"])
        self.assertEqual([client["name"] for client in report["clients"]], ["a", "b"])
        self.assertTrue(report["run"]["little_tasks"] and report["run"]["little_queue"])

    def test_the_summary_names_the_system(self) -> None:
        closed = ("--arrivals", "closed", "--customers", "5", "--workers", "2", "--tasks", "2000")
        self.assertTrue(sim(*closed).stdout.startswith("M/M/2//5, fifo, fixed"))

    def test_what_is_wrong_is_said_with_what_is_allowed(self) -> None:
        cases = {
            ("--load", "1"): "steady state",
            ("--rate", "2000"): "steady state",
            ("--load", "much"): "must be a number",
            ("--policy", "fifoo"): "known: fifo",
            ("--sizer", "big"): "known: fixed",
            ("--workers", "0"): "1 to 1048576",
            ("--workers", "5-2"): "MIN-MAX",
            ("--mean", "3"): "such as 1.5ms",
            ("--service", "pareto"): "exponential or deterministic",
            ("--tasks", "3"): "from 40",
            ("--clients", "a:shape=1"): "known are share",
            ("--clients", "a:share=0"): "> 0",
            ("--clients", "/a"): "needs a name",
            ("--replay", "/nowhere/at/all"): "No such file",
            ("--polcy", "fifo"): "--policy",
        }
        for words, says in cases.items():
            with self.subTest(words):
                done = sim(*words)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(says, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


class ReplayTest(unittest.TestCase):
    def replay(self, data: bytes) -> subprocess.CompletedProcess[str]:
        with tempfile.NamedTemporaryFile(suffix=".trace") as file:
            file.write(data)
            file.flush()
            return sim("--replay", file.name)

    def test_the_same_decisions_are_identical(self) -> None:
        done = self.replay(trace(three_tasks(1, 2)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("identical", done.stdout)

    def test_the_first_difference_is_named_by_its_event(self) -> None:
        done = self.replay(trace(three_tasks(1, 2), policy="lifo"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("event 5", done.stdout)

    def test_what_no_pool_records_is_refused(self) -> None:
        good = trace(three_tasks(1, 2))
        broken = {
            "cut off": good[:-40],
            "not a trace": b"SQLite format 3\0",
            "follows": good + b"x",
            "does not run there": trace([event(JOIN, 2, worker=0), event(FINISH, 3, 9, worker=0)]),
            "unknown policy": trace(three_tasks(1, 2), policy="chaos"),
            "unknown kind": trace([event(99, 2)]),
            "another machine or version": good.replace(b"event_bytes 88", b"event_bytes 80"),
        }
        for says, data in broken.items():
            with self.subTest(says):
                done = self.replay(data)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
