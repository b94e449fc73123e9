"""`treadle sim`: what it prints, what it refuses and how, and the replay of a trace file."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(os.environ.get("TREADLE_BUILD", ROOT / "build")) / "treadle"

TRACES = ROOT / "examples" / "traces"
INVOCATIONS = "invocations_per_function_md.anon.d01.csv"

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
        clients = "a:mean=1ms/b:mean=5ms,service=det"
        done = sim("--json", "--tasks", "2000", "--workers", "2", "--clients", clients)
        report = json.loads(done.stdout)
        self.assertEqual(report["config"]["system"], "M/G/2")
        self.assertNotIn("exact", report["total"]["wait_ns"])
        self.assertEqual([client["name"] for client in report["clients"]], ["a", "b"])
        self.assertTrue(report["run"]["little_tasks"] and report["run"]["little_queue"])

    def test_the_summary_names_the_system(self) -> None:
        closed = ("--arrivals", "closed", "--customers", "5", "--workers", "2", "--tasks", "2000")
        self.assertTrue(sim(*closed).stdout.startswith("M/M/2//5, fifo, fixed"))

    def test_laws_are_written_as_the_help_says(self) -> None:
        laws = {
            "exp:mean=2ms": ("M/M/1", 2e6),
            "3ms": ("M/D/1", 3e6),
            "erlang:mean=2ms,stages=4": ("M/E/1", 2e6),
            "hyper:mean=1ms,scv=4": ("M/H2/1", 1e6),
            "lognormal:mean=1ms,sigma=0.5": ("M/G/1", 1e6),
            "pareto:alpha=2,low=1ms,high=2ms": ("M/G/1", 4e6 / 3),
            "bimodal:p=0.25,low=1ms,high=5ms": ("M/G/1", 2e6),
        }
        for law, (system, mean) in laws.items():
            with self.subTest(law):
                done = sim("--json", "--tasks", "20000", "--service", law)
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual(report["config"]["system"], system)
                service = report["total"]["service_ns"]
                slack = max(5 * service["error"], 1)
                self.assertLess(abs(service["mean"] - mean), slack)

    def test_every_arrival_process_runs(self) -> None:
        kinds = {
            "periodic": "D/M/1",
            "closed:customers=3": "M/M/1//3",
            "mmpp:ratio=5,calm=10ms,burst=10ms": "MMPP/M/1",
            "batch:mean=3,fixed=yes": "M[X]/M/1",
            "onoff:sources=9,alpha=1.4,on=5ms,off=5ms": "G/M/1",
            "diurnal:amplitude=0.9,period=1s": "M(t)/M/1",
        }
        for kind, system in kinds.items():
            with self.subTest(kind):
                load = [] if kind.startswith("closed") else ["--load", "0.5"]
                done = sim("--json", "--tasks", "4000", *load, "--arrivals", kind)
                self.assertEqual(done.returncode, 0, done.stderr)
                config = json.loads(done.stdout)["config"]
                self.assertEqual(config["system"], system)
                self.assertEqual(config["arrivals"].split(",")[0], kind.split(",")[0])

    def test_clients_have_laws_deadlines_and_patience_of_their_own(self) -> None:
        done = sim(
            *("--json", "--tasks", "20000", "--policy", "edf", "--overload", "--load", "1.4"),
            "--task",
            "timeout=20ms,cancels=yes",
            "--clients",
            "web:share=3,service=bimodal:p=0.1,low=1ms,high=9ms,deadline=5ms,expires=yes/batch",
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        web, batch = json.loads(done.stdout)["clients"]
        self.assertAlmostEqual(web["service_ns"]["mean"], 1.8e6, delta=1e5)
        self.assertGreater(web["expired"], 0)
        self.assertEqual(batch["expired"], 0)
        self.assertGreater(batch["given_up"], 0)
        self.assertGreater(web["finished"], batch["finished"])

    def test_a_machine_divides_the_time_of_tasks(self) -> None:
        words = ("--machine", "cores=2,gils=1", "--task", "held=1ms,cpu=1ms,wait=8ms")
        done = sim("--json", "--tasks", "5000", "--workers", "12", "--load", "0.6", *words)
        report = json.loads(done.stdout)
        machine, finished = report["machine"], report["total"]["finished"]
        self.assertAlmostEqual(machine["held_ns"] / finished / 1e6, 1.0, places=1)
        self.assertAlmostEqual(machine["wait_ns"] / finished / 1e6, 8.0, places=0)
        self.assertGreater(machine["lock_wait_ns"], 0)

    def test_formulas_about_sizes_stand_beside_what_was_simulated(self) -> None:
        for words, key in (
            (("--policy", "sjf"), "wait_ns"),
            (("--policy", "sjf", "--task", "cost=0.5"), "wait_ns"),
            (("--policy", "srpt", "--preemptive"), "response_ns"),
            (("--policy", "sjf", "--preemptive"), "response_ns"),
        ):
            with self.subTest(words):
                report = json.loads(sim("--json", "--tasks", "200000", *words).stdout)
                seen = report["total"][key]
                self.assertLess(abs(seen["mean"] - seen["exact"]), 4 * seen["error"])

    def test_replications_are_one_report_whatever_the_threads_do(self) -> None:
        words = ("--json", "--tasks", "5000", "--replications", "5")
        first, second = sim(*words), sim(*words)
        self.assertEqual(first.stdout, second.stdout)
        report = json.loads(first.stdout)
        self.assertEqual(report["run"]["replications"], 5)
        self.assertEqual(report["total"]["finished"], 25000)
        single = json.loads(sim("--json", "--tasks", "25000").stdout)
        error, whole = (r["total"]["wait_ns"]["error"] for r in (report, single))
        self.assertTrue(0.3 * whole < error < 3 * whole)

    def test_traces_are_simulated_to_their_end(self) -> None:
        for name, tasks in (("azure_2021.csv", 408), (INVOCATIONS, 38653)):
            with self.subTest(name):
                done = sim("--json", "--workers", "6", "--trace", str(TRACES / name))
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual(report["total"]["finished"], tasks)
                self.assertEqual(report["config"]["arrivals"], "trace")

    def test_what_is_wrong_is_said_with_what_is_allowed(self) -> None:
        cases = {
            ("--load", "1"): "steady state",
            ("--rate", "2000"): "steady state",
            ("--load", "much"): "--load must be a number",
            ("--policy", "fifoo"): "known: fifo",
            ("--sizer", "big"): "known: fixed",
            ("--workers", "0"): "1 to 1048576",
            ("--workers", "5-2"): "MIN-MAX",
            ("--service", "3"): "such as 1.5ms",
            ("--service", "cauchy"): "known: exp, det",
            ("--service", "pareto:alpha=1.5,low=1ms"): "needs 'high'",
            ("--service", "pareto:mean=1ms"): "known: low, high, alpha",
            ("--service", "pareto:alpha=1.5,low=2ms,high=1ms"): "the range must be",
            ("--service", "exp:mean"): "KEY=VALUE",
            ("--service", "bimodal:p=2,low=1ms,high=2ms"): "from 0 to 1",
            ("--service", "exp:mean=-1ms"): "from 0ns to",
            ("--think", "exp:mean=9"): "such as 1.5ms",
            ("--arrivals", "sometimes"): "must be one of poisson, periodic, closed",
            ("--arrivals", "mmpp:ratio=0"): "ratio must be a number from 1",
            ("--arrivals", "mmpp:speed=2"): "known: ratio, calm, burst",
            ("--arrivals", "poisson:rate=2"): "there are none",
            ("--tasks", "3"): "from 40",
            ("--clients", "a:shape=1"): "known are share",
            ("--clients", "a:share=0"): "share must be a number from",
            ("--clients", "a:share"): "KEY=VALUE",
            ("--clients", "/a"): "needs a name",
            ("--clients", "a/b/a"): "two clients 'a'",
            ("--clients", "a:cost=maybe"): "exact, none, or the sigma",
            ("--clients", "a:expires=perhaps"): "yes or no",
            ("--clients", "a:held=exp"): "needs 'mean'",
            ("--machine", "gils=1"): "needs cores",
            ("--machine", "cores=2"): "held, cpu or wait",
            ("--step", "when=3s"): "known: at, rate, cores",
            ("--hosts", "0"): "from 1 to",
            ("--quantum", "1"): "such as 1.5ms",
            ("--replications", "0"): "from 1 to 1000",
            ("--trace", "/nowhere/at/all"): "cannot open",
            ("--trace", str(TRACES / "make_traces.py")): "not a trace",
            ("--trace", str(TRACES / "azure_2021.csv"), "--clients", "a"): "clients of its own",
            ("--trace", str(TRACES / "azure_2021.csv"), "--load", "0.5"): "arrivals of its own",
            ("--trace", str(TRACES / "azure_2021.csv"), "--arrivals", "batch"): "of its own",
            ("--load", "0.5", "--rate", "3"): "leave out one",
            ("--arrivals", "closed", "--load", "0.5"): "leave out --load",
            ("--customers", "3"): "belong to --arrivals closed",
            ("--think", "exp:mean=1ms"): "belong to --arrivals closed",
            ("--hosts", "4", "--choices", "5"): "cannot look at 5 hosts of 4",
            ("--task", "held=1ms"): "need a machine",
            ("--step", "at=3s"): "needs what it changes",
            ("--durations", "x"): "belongs to --trace",
            ("--speed", "2"): "belongs to --trace",
            ("--replay", "/nowhere/at/all"): "No such file",
            ("--polcy", "fifo"): "--policy",
        }
        for words, says in cases.items():
            with self.subTest(words):
                done = sim(*words)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(says, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_a_negative_duration_names_file_line_and_field(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("app,func,end_timestamp,duration\na,f,1,0.5\na,f,2,-0.5\n")
            file.flush()
            done = sim("--trace", file.name)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{file.name}:3: field 'duration'", done.stderr)


class PageTest(unittest.TestCase):
    def page(self, *words: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.html"
            done = sim(*words, "--html", str(path))
            self.assertEqual(done.returncode, 0, done.stderr)
            return path.read_text(encoding="utf-8")

    def test_the_page_stands_alone_and_shows_what_was_simulated(self) -> None:
        page = self.page("--tasks", "20000", "--clients", "a<b>:share=2,priority=1/c")
        outside = re.findall(r"https?://[^'\"\s]+", page)
        self.assertEqual(set(outside), {"http://www.w3.org/2000/svg"})
        self.assertFalse("a<b>" in page)
        self.assertTrue("a&lt;b&gt;" in page)
        self.assertEqual(page.count("<svg"), page.count("</svg>"))
        for section in ("time", "distributions", "clients", "numbers", "settings"):
            self.assertTrue(f'id="{section}"' in page, section)
        wrong = re.search(r"[\">,L ]-?(nan|inf)\b|>-0<", page)
        self.assertIsNone(wrong, wrong and page[wrong.start() - 60 : wrong.end() + 60])

    def test_the_same_command_writes_the_same_page(self) -> None:
        words = ("--tasks", "5000", "--arrivals", "batch:mean=3")
        command = re.compile(r"<pre>.*?</pre>", re.DOTALL)  # holds the file's name
        first, second = (command.sub("", self.page(*words)) for _ in range(2))
        self.assertTrue(first == second)

    def test_a_page_that_cannot_be_written_is_an_error(self) -> None:
        done = sim("--tasks", "100", "--html", "/nowhere/at/all.html")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot write /nowhere/at/all.html", done.stderr)


class TheatreTest(unittest.TestCase):
    def play(self, *words: str) -> list[dict[str, Any]]:
        done = sim("--json", "--theatre", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        acts = json.loads(done.stdout)["acts"]
        self.assertIsInstance(acts, list)
        return list(acts)

    def test_every_policy_is_given_the_same_tasks(self) -> None:
        def tasks(act: dict[str, Any]) -> list[tuple[int, int, int, int]]:
            found: dict[int, tuple[int, int, int]] = {}
            for piece in act["slices"]:
                length = piece["end_ns"] - piece["start_ns"]
                before = found.get(piece["task"], (0, 0, 0))
                arrived = (piece["client"], piece["submit_ns"], before[2] + length)
                found[piece["task"]] = arrived
            return sorted((task, *rest) for task, rest in found.items())

        fifo, lifo, sjf, turns = self.play("fifo,lifo,sjf,round_robin")
        self.assertEqual(len(tasks(fifo)), 60)
        for act in (lifo, sjf, turns):
            self.assertEqual(tasks(act), tasks(fifo))
        self.assertEqual(fifo["total"]["finished"], 60)
        self.assertLess(sjf["total"]["mean_ns"], fifo["total"]["mean_ns"])

    def test_no_worker_runs_two_tasks_at_a_time(self) -> None:
        for act in self.play("fifo,priority,edf", "--workers", "2", "--tasks", "200"):
            free = {0: 0, 1: 0}
            for piece in sorted(act["slices"], key=lambda piece: int(piece["start_ns"])):
                self.assertGreaterEqual(piece["start_ns"], free[piece["worker"]])
                self.assertGreaterEqual(piece["start_ns"], piece["submit_ns"])
                free[piece["worker"]] = piece["end_ns"]

    def test_tasks_that_are_not_run_are_counted(self) -> None:
        clients = "hasty:timeout=1ms,cancels=yes,mean=1ms/calm:mean=5ms"
        (act,) = self.play("fifo", "--clients", clients, "--load", "3", "--tasks", "100")
        hasty, calm = act["clients"]
        self.assertGreater(hasty["lost"], 0)
        self.assertEqual(calm["lost"], 0)
        self.assertEqual(act["total"]["finished"] + act["total"]["lost"], 100)

    def test_a_trace_can_be_played(self) -> None:
        words = ("--trace", str(TRACES / "azure_2021.csv"), "--tasks", "50", "--speed", "30")
        acts = self.play("fifo,sjf", *words)
        self.assertEqual([act["total"]["finished"] for act in acts], [50, 50])

    def test_parameters_of_policies_may_hold_commas(self) -> None:
        acts = self.play("fifo,mlfq:levels=3,quantum=0.001,lifo")
        self.assertEqual(
            [act["policy"] for act in acts], ["fifo", "mlfq:levels=3,quantum=0.001", "lifo"]
        )

    def test_a_terminal_sees_a_lane_for_each_worker(self) -> None:
        done = sim("--theatre", "fifo,sjf", "--workers", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        lanes = re.findall(r"^ +(\d) \|[A-Ca-c ]{72}\|$", done.stdout, re.MULTILINE)
        self.assertEqual(lanes, ["1", "2", "3", "4"] * 2)

    def test_what_cannot_be_played_is_said(self) -> None:
        cases = {
            ("fifo,fifoo",): "known: fifo",
            ("",): "name policies",
            (",".join(["fifo"] * 13),): "at most 12 policies",
            ("fifo", "--tasks", "3000"): "at most 2000 tasks",
            ("fifo", "--workers", "40"): "32 workers",
            ("fifo", "--arrivals", "closed"): "closed arrivals",
            ("fifo", "--machine", "cores=1", "--task", "cpu=1ms"): "--machine",
            ("fifo", "--replications", "2"): "leave out --replications",
        }
        for words, says in cases.items():
            with self.subTest(words):
                done = sim("--theatre", *words)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(says, done.stderr)


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
