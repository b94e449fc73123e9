"""The study as a user meets it: real processes, real signals, real disks that are full."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TREADLE_BUILD", ROOT / "build")).resolve()
TREADLE = BUILD / "treadle"
MARK = "TREADLE_TEST_MARK"
STANDARD = "serial,stdlib-threads,stdlib-processes"

pytestmark = pytest.mark.skipif(
    not TREADLE.exists(), reason=f"{TREADLE} is not built: run make first"
)

USERS_MODULE = """
import os, signal, time

def rest():
    time.sleep(0.002)
    return 1

def fail():
    raise ValueError("the paper tray is empty")

def crash():
    os.kill(os.getpid(), signal.SIGSEGV)

def hang():
    time.sleep(1000)

def wrong(n):
    return n

def wrong_verify(result, n):
    return result != n
"""


class Bench:
    """A folder with the user's module, and studies started in it, each process of them marked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.started: List["subprocess.Popen[str]"] = []
        (folder / "users_module.py").write_text(USERS_MODULE, encoding="utf-8")

    def command(self, *arguments: str) -> List[str]:
        return [str(TREADLE), *arguments]

    def environment(self) -> Dict[str, str]:
        return {**os.environ, MARK: self.mark, "NO_COLOR": "1"}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, seconds: float = 120.0) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments)
        out, err = process.communicate(timeout=seconds)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def study(self, *arguments: str) -> List[str]:
        """The arguments of a study of some seconds."""
        return [
            *("study", "--quick", "--seed", "5", "--out", "s"),
            *("--blocks", "2", "--cell-seconds", "0.05", *arguments),
        ]

    def alive(self) -> List[int]:
        """The processes of the studies started here that are alive."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                environment = Path("/proc", entry, "environ").read_bytes()
                state = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[0]
            except (OSError, IndexError):
                continue
            if f"{MARK}={self.mark}".encode() in environment and state not in "ZX":
                found.append(int(entry))
        return found

    def rows(self, sql: str) -> List[Any]:
        # mode=rw: a database that is not there yet must not be made here.
        path = f"file:{self.folder}/s/study.db?mode=rw"
        with closing(sqlite3.connect(path, timeout=30, uri=True)) as db:
            return db.execute(sql).fetchall()

    def wait_for_runs(self, count: int, process: "subprocess.Popen[str]") -> None:
        """Until so many runs are committed; fails when the study ends before."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert process.poll() is None, process.communicate()
            try:
                if self.rows("SELECT COUNT(*) FROM runs")[0][0] >= count:
                    return
            except sqlite3.OperationalError:
                pass  # not created yet
            time.sleep(0.005)
        pytest.fail(f"{count} runs did not come")

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def gone_within(bench: Bench, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while bench.alive():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def one_line(text: str) -> bool:
    return text.endswith("\n") and text.count("\n") == 1


USERS = ("--workloads", "users_module:rest", "--executors", STANDARD, "--parts", "executors,sizes")


def test_a_study_runs_every_planned_cell_once_in_every_block(bench: Bench) -> None:
    done = bench.run(*bench.study(*USERS, "--sizes", "1,3"))
    assert done.returncode == 0, done.stderr
    assert f"Report: {bench.folder}/s/report.html" in done.stdout
    counted = bench.rows(
        "SELECT cell_id, block FROM runs r JOIN blocks b ON b.id = r.block_id WHERE attempt = 0"
    )
    cells = bench.rows("SELECT COUNT(*) FROM cells WHERE NOT is_skipped")[0][0]
    assert cells == 3 + 4  # executors; two sizes of threads, two of processes
    assert len(counted) == len(set(counted)) == 2 * cells
    assert bench.rows("SELECT COUNT(*) FROM runs WHERE outcome <> 'ok'") == [(0,)]
    study = json.loads((bench.folder / "s" / "study.json").read_text(encoding="utf-8"))
    assert {cell["executor"] for cell in study["cells"]} == set(STANDARD.split(","))
    assert not (bench.folder / "s" / "scratch").exists()
    assert bench.alive() == []


def test_cpu_and_memory_are_of_the_whole_tree(bench: Bench) -> None:
    only = ("--workloads", "users_module:rest", "--parts", "executors")
    done = bench.run(*bench.study(*only, "--executors", "serial,stdlib-processes"))
    assert done.returncode == 0, done.stderr
    peaks = dict(
        bench.rows(
            "SELECT executor, MAX(rss_peak_bytes) FROM runs r JOIN cells c ON c.id = r.cell_id "
            "GROUP BY executor"
        )
    )
    assert peaks["stdlib-processes"] > 2 * peaks["serial"] > 0  # four workers besides the parent
    assert bench.rows("SELECT COUNT(*) FROM runs WHERE NOT cpu_s > 0") == [(0,)]


@pytest.mark.parametrize("round_number", range(4))
def test_sigkill_loses_at_most_a_cell_and_leaves_no_process(
    bench: Bench, round_number: int
) -> None:
    chance = random.Random(round_number)
    plan = bench.study(*USERS, "--sizes", "1,3")
    process = bench.start(*plan)
    bench.wait_for_runs(1 + chance.randrange(6), process)
    until = time.monotonic() + chance.random() * 0.4
    while time.monotonic() < until and process.poll() is None:
        pass  # any moment of a run is as good as another
    kept = bench.rows("SELECT id, block_id, cell_id, wall_s FROM runs ORDER BY id")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert gone_within(bench, 2.0), f"seed {round_number}: alive: {bench.alive()}"
    after = bench.rows("SELECT id, block_id, cell_id, wall_s FROM runs ORDER BY id")
    assert after[: len(kept)] == kept

    partial = bench.run("report", "s")
    assert partial.returncode == 4, partial.stderr
    assert "--resume s" in partial.stderr

    done = bench.run("study", "--resume", "s")
    assert done.returncode == 0, done.stderr
    now = bench.rows("SELECT id, block_id, cell_id, wall_s FROM runs ORDER BY id")
    assert now[: len(after)] == after
    assert bench.rows("SELECT COUNT(*) FROM blocks WHERE state = 0") == [(0,)]
    assert bench.alive() == []

    again = bench.run("study", "--resume", "s")
    assert again.returncode == 0
    assert "is finished" in again.stderr


def test_ctrl_c_ends_the_cell_keeps_the_rest_and_says_how_to_resume(bench: Bench) -> None:
    process = bench.start(*bench.study(*USERS))
    bench.wait_for_runs(2, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"treadle study --resume {bench.folder}/s" in err
    assert "Traceback" not in err
    assert bench.alive() == []
    assert bench.rows("SELECT COUNT(*) FROM runs")[0][0] >= 2
    assert bench.run("study", "--resume", "s").returncode == 0


def test_a_folder_in_use_or_with_a_study_is_refused(bench: Bench) -> None:
    process = bench.start(*bench.study(*USERS))
    bench.wait_for_runs(1, process)
    resumed = bench.run("study", "--resume", "s")
    assert resumed.returncode == 2
    assert "in use by another study" in resumed.stderr and one_line(resumed.stderr)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    second = bench.run(*bench.study(*USERS))
    assert second.returncode == 2
    assert "already holds a study" in second.stderr
    assert "--resume" in second.stderr


@pytest.mark.parametrize("out", ["/proc/treadle-study", "users_module.py/s", "/dev/null"])
def test_a_folder_that_cannot_be_written_is_one_clear_line(bench: Bench, out: str) -> None:
    done = bench.run("study", "--quick", *USERS, "--out", out)
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("NOISY")]
    assert len(said) == 1 and "cannot write to" in said[0] and "--out" in said[0]
    assert done.stdout == ""


def test_a_disk_that_fills_up_loses_nothing(bench: Bench) -> None:
    process = bench.start(*bench.study(*USERS))
    bench.wait_for_runs(2, process)
    files = (bench.folder / "s").glob("study.db*")
    limit = max(file.stat().st_size for file in files) + 4096
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert "study.db" in err and "--resume" in err
    assert bench.alive() == []
    kept = bench.rows("SELECT COUNT(*) FROM runs")[0][0]
    assert kept >= 2
    assert bench.run("study", "--resume", "s").returncode == 0
    assert bench.rows("SELECT COUNT(*) FROM runs")[0][0] > kept


def test_a_full_file_system_is_named(bench: Bench) -> None:
    disk = bench.folder / "s"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=280k", "treadle-test", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small tmpfs needs the rights of root")
    try:
        done = bench.run(*bench.study(*USERS, "--blocks", "40"))
        assert done.returncode == 2, done.stderr
        assert "disk is full" in done.stderr and "--resume" in done.stderr
        more = ["mount", "-o", "remount,size=64m", str(disk)]
        subprocess.run(more, check=True)
        assert bench.rows("PRAGMA integrity_check") == [("ok",)]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--workloads", "htp"], ["'htp'", "did you mean http?", "fibonacci"]),
        (["--executors", "threads"], ["'threads'", "stdlib-threads", "serial"]),
        (["--policies", "fifi"], ["'fifi'", "did you mean fifo?", "round_robin"]),
        (["--policies", "codel/edf/drr"], ["unknown fairness 'edf'", "known: round_robin"]),
        (["--policies", "drr:quantum=0"], ["quantum of drr must be a number from"]),
        (["--parts", "size"], ["'size'", "did you mean sizes?", "selftest"]),
        (["--python", "python9"], ["'python9'", "known here:", "python3"]),
        (["--sizes", "many"], ["'many'", "adaptive"]),
        (["--budget", "soon"], ["'soon'", "10m"]),
        (["--quik"], ["--quik", "did you mean --quick?"]),
        (["--inputs", "nowhere.jsonl"], ["nowhere.jsonl", "No such file"]),
        (["--resume", "nowhere"], ["nowhere", "no study"]),
        (["--quick", "--budget", "5m"], ["--quick", "--budget"]),
    ],
)
def test_what_is_unknown_is_named_with_what_is_known(
    bench: Bench, arguments: Sequence[str], named: Sequence[str]
) -> None:
    done = bench.run("study", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert one_line(done.stderr), done.stderr
    for word in named:
        assert word in done.stderr
    assert not list(bench.folder.glob("treadle-study-*"))


@pytest.mark.parametrize(
    ("function", "outcome", "reason"),
    [
        ("fail", "failed", "ValueError: the paper tray is empty"),
        ("crash", "crashed", "killed by signal 11"),
        ("hang", "hung", "no result within 1 s"),
        ("absent", "failed", "users_module has no absent"),
    ],
)
def test_work_that_cannot_be_measured_is_a_result_with_its_cause(
    bench: Bench, function: str, outcome: str, reason: str
) -> None:
    only = ("--executors", "serial", "--parts", "executors", "--limit", "1s", "--blocks", "1")
    done = bench.run(*bench.study("--workloads", f"users_module:{function}", *only))
    assert done.returncode == 0, done.stderr
    found = bench.rows("SELECT outcome, reason, wall_s FROM runs")
    assert len(found) == 1
    assert found[0][0] == outcome
    assert reason in found[0][1]
    assert found[0][2] is None  # never a time
    assert bench.alive() == []


def test_a_hung_pool_dies_with_its_workers_and_is_not_waited_for_a_third_time(
    bench: Bench,
) -> None:
    only = ("--executors", "stdlib-processes", "--parts", "executors", "--limit", "1s")
    work = ("--workloads", "users_module:hang")
    began = time.monotonic()
    done = bench.run(*bench.study(*work, *only, "--blocks", "8"))
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 8
    reasons = bench.rows("SELECT outcome, reason FROM runs ORDER BY id")
    assert [outcome for outcome, _ in reasons] == ["hung"] * 8
    assert reasons[-1][1] == "not run again: it has hung twice"
    assert bench.alive() == []


def test_inputs_are_the_users_and_results_are_verified(bench: Bench) -> None:
    (bench.folder / "inputs.jsonl").write_text("[1]\n[2]\n", encoding="utf-8")
    only = ("--executors", "serial", "--parts", "executors", "--blocks", "1")
    work = ("--workloads", "users_module:wrong", "--inputs", "inputs.jsonl")
    done = bench.run(*bench.study(*work, *only))
    assert done.returncode == 0, done.stderr
    assert bench.rows("SELECT outcome FROM runs") == [("failed",)]


def interpreter_without_extension(folder: Path) -> Optional[Path]:
    """A python3 that finds the package without its compiled modules."""
    package = BUILD / "python" / "treadle"
    if not package.is_dir():
        return None
    bare = folder / "bare"
    shutil.copytree(package, bare / "treadle", ignore=shutil.ignore_patterns("*.so"))
    wrapper = folder / "python-without-extension"
    wrapper.write_text(
        f'#!/bin/sh\nPYTHONPATH={bare} exec {sys.executable} "$@"\n', encoding="utf-8"
    )
    wrapper.chmod(0o755)
    return wrapper


def test_without_the_extension_the_standard_rows_are_run(bench: Bench) -> None:
    wrapper = interpreter_without_extension(bench.folder)
    if wrapper is None:
        pytest.skip(f"there is no package in {BUILD}/python")
    only = ("--workloads", "noop", "--parts", "executors", "--blocks", "1")
    done = bench.run(*bench.study("--python", str(wrapper), *only))
    assert done.returncode == 0, done.stderr
    assert "extension" in done.stderr and "to get it: make" in done.stderr
    outcomes = dict(
        bench.rows("SELECT executor, outcome FROM runs r JOIN cells c ON c.id = cell_id")
    )
    assert outcomes == {name: "ok" for name in STANDARD.split(",")}
    skipped = bench.rows("SELECT executor, reason <> '', install <> '' FROM cells WHERE is_skipped")
    assert ("treadle-threads", 1, 1) in skipped


def test_the_http_server_lives_as_long_as_the_study(bench: Bench) -> None:
    listed = bench.run("list")
    if "treadle-pool" not in listed.stdout:
        pytest.skip("this build has no HTTP server")
    only = ("--workloads", "http", "--parts", "executors", "--executors", "serial,stdlib-threads")
    process = bench.start(*bench.study(*only, "--blocks", "20"))
    bench.wait_for_runs(2, process)
    assert bench.rows("SELECT COUNT(*) FROM runs WHERE outcome <> 'ok'") == [(0,)]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert gone_within(bench, 2.0), bench.alive()


def test_a_notebooks_kernel_dies_with_the_study(bench: Bench) -> None:
    if "notebook-function" in bench.run("list").stdout.partition("Missing")[2]:
        pytest.skip("ipykernel and jupyter_client are not installed")
    only = ("--parts", "outcomes", "--executors", "stdlib-processes")
    process = bench.start(*bench.study(*only))
    until = time.monotonic() + 90
    while not any(is_kernel(pid) for pid in bench.alive()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "no kernel was started"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert gone_within(bench, 2.0), bench.alive()


def is_kernel(pid: int) -> bool:
    try:
        return b"ipykernel" in Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        return False


def test_progress_is_one_live_line_on_a_terminal(bench: Bench) -> None:
    ours, theirs = os.openpty()
    only = ("--executors", "serial", "--parts", "executors", "--workloads", "users_module:rest")
    with subprocess.Popen(
        bench.command(*bench.study(*only)),
        cwd=bench.folder,
        env={**bench.environment(), "TERM": "xterm"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            said += piece
        assert process.wait(60) == 0
    os.close(ours)
    assert b"\r\033[K" in said and b"left" in said
    assert said.count(b"users_module:rest: serial\n") == 0


def test_list_names_what_there_is_and_doctor_looks_at_the_machine(bench: Bench) -> None:
    listed = bench.run("list")
    assert listed.returncode == 0, listed.stderr
    for word in ("round_robin", "on_demand", "fibonacci", "stdlib-processes", "Missing"):
        assert word in listed.stdout
    looked = bench.run("doctor")
    assert looked.returncode == 0, looked.stderr
    for line in ("cores", "other processes", "stolen time", "clock", "jitter (A/A)"):
        assert line in looked.stdout
    assert "\033[" not in looked.stdout + listed.stdout
