"""Runs contestants in turns, and says how quiet the machine was meanwhile."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from figures import Row, Side

NOISY = 0.15  # share of the machine that other processes may take of a round
PATIENCE_S = 120.0
MISSING = 3  # exit status of a contestant that is not installed, or lacks what is asked of it

# What brings a contestant's program, which the build leaves out without its package.
PACKAGES = {
    "glib": "libglib2.0-dev",
    "libuv": "libuv1-dev",
    "onetbb": "libtbb-dev",
    "moodycamel": "libconcurrentqueue-dev",
    "gnu_openmp": "gcc",
    "llvm_openmp": "clang libomp-dev",
    "dispatch": "libdispatch-dev",
    "java_forkjoin": "openjdk-17-jdk-headless",
    "java_threads": "openjdk-17-jdk-headless",
    "go": "golang-go",
}
OURS = ("treadle", "heap_floor", "python/treadle")


class Measured(NamedTuple):
    """A row's outcome: medians over the rounds, or the reason why there is none."""

    ours: float = 0.0
    theirs: float = 0.0
    ratio: float = 0.0
    low: float = 0.0
    high: float = 0.0
    reason: str = ""
    ratios: Tuple[float, ...] = ()


class Skipped(Exception):
    """A contestant cannot run; the message says why and what would help. `is_expected`: because
    something is not installed, or this build does not have it."""

    def __init__(self, reason: str, is_expected: bool = False) -> None:
        super().__init__(reason)
        self.is_expected = is_expected


def busy_seconds() -> float:
    """Processor time of the whole machine so far, and what a hypervisor took from it."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


class Machine:
    """Runs programs, and keeps what was seen."""

    def __init__(self, build: Path, scale: float, limit_s: float) -> None:
        self.build = build
        self.scale = scale
        self.end_s = time.monotonic() + limit_s  # from then on no round is run again
        self.broken: Dict[str, str] = {}  # of our own contestants
        self.shares: List[float] = []  # of others, a round
        self.repeated = 0

    def noise(self) -> str:
        """A sentence about the other processes."""
        if not self.shares:
            return "nothing was measured"
        usual, worst = statistics.median(self.shares), max(self.shares)
        return (
            f"other processes took {usual:.0%} of the machine in a usual round and {worst:.0%} in "
            f"the worst that counts; {self.repeated} rounds were run again"
        )

    def command(self, side: Side) -> List[str]:
        """How to run it. Raises Skipped."""
        count = max(int(side.count * self.scale), 20) if side.count else 0
        if side.count == 0 and self.scale < 0.1:
            count = 20
        words = [side.figure, str(count)] + ([side.option] if side.option else [])
        programs = self.build / "bench" / "peers"
        if side.contestant.startswith("python/"):
            script = Path(__file__).resolve().parent / "peers" / "python_peer.py"
            found = [side.python, str(script), side.contestant.partition("/")[2], *words]
        elif side.contestant.startswith("java_"):
            self._need(programs / "PeerJava.class", side.contestant)
            executor = side.contestant.partition("_")[2]
            found = ["java", "-cp", str(programs), "PeerJava", executor, *words]
        elif side.contestant == "heap_floor":
            self._need(programs / "heap_floor", side.contestant)
            found = [str(programs / "heap_floor"), str(count)]
        else:
            name = {"gnu_openmp": "openmp"}.get(side.contestant, side.contestant)
            self._need(programs / f"peer_{name}", side.contestant)
            found = [str(programs / f"peer_{name}"), *words]
        if side.is_pinned:
            found = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *found]
        return found

    def _need(self, path: Path, contestant: str) -> None:
        if path.exists():
            return
        if contestant in OURS:
            raise Skipped(f"{path} is not built: scripts/build, then ninja -C build peers")
        raise Skipped(
            f"{contestant} is not installed: apt install {PACKAGES[contestant]}, then make bench",
            is_expected=True,
        )

    def run(self, side: Side) -> Dict[str, float]:
        """Its values. Raises Skipped."""
        command = self.command(side)
        if not shutil.which(command[0]):
            raise Skipped(f"{command[0]} is not there")
        path = os.pathsep.join(
            part for part in (str(self.build / "python"), os.environ.get("PYTHONPATH")) if part
        )
        try:
            done = subprocess.run(
                command,
                text=True,
                capture_output=True,
                timeout=PATIENCE_S,
                env={**os.environ, "PYTHONPATH": path},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Skipped(f"not done after {PATIENCE_S:.0f} s") from None
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            raise Skipped(said[-1], done.returncode == MISSING)
        words = (line.split() for line in done.stdout.splitlines())
        return {name: float(value) for name, value in words}


Round = Tuple[float, Dict[Side, Dict[str, float]]]  # others' share; the values


class Group:
    """Rows whose contestants take turns."""

    def __init__(self, machine: Machine, rows: Sequence[Row], rounds: int, repeats: int) -> None:
        self.machine = machine
        self.rows = rows
        self.rounds = rounds
        self.repeats = repeats
        self.sides = list(dict.fromkeys(side for row in rows for side in row.sides))
        self.skipped: Dict[Side, str] = {}

    def measure(self) -> Dict[Row, Measured]:
        """Every row's outcome."""
        self._try_missing()
        done: List[Round] = []
        spare = self.repeats
        while len(done) < self.rounds or (
            spare > 0 and self._quiet(done) < self.rounds and time.monotonic() < self.machine.end_s
        ):
            if len(done) >= self.rounds:
                spare -= 1
                self.machine.repeated += 1
            done.append(self._round(len(done)))
        done.sort(key=lambda one: one[0])
        kept = done[: self.rounds]
        self.machine.shares += [share for share, _ in kept]
        return {row: self._outcome(row, [values for _, values in kept]) for row in self.rows}

    def _quiet(self, done: Sequence[Round]) -> int:
        return sum(share <= NOISY for share, _ in done)

    def _try_missing(self) -> None:
        """What is not there is found out before anything is measured."""
        for side in self.sides:
            try:
                self.machine.command(side)
            except Skipped as reason:
                self._skip(side, reason)

    def _skip(self, side: Side, reason: Skipped) -> None:
        self.skipped[side] = str(reason)
        if side.contestant in OURS and not reason.is_expected:
            name = f"{side.contestant} {side.figure} {side.option}".strip()
            self.machine.broken[name] = str(reason)

    def _round(self, index: int) -> Round:
        """Every side once; who is first changes from round to round."""
        turned = index % len(self.sides)
        values: Dict[Side, Dict[str, float]] = {}
        begin_s, busy_s, own_s = time.monotonic(), busy_seconds(), own_seconds()
        for side in self.sides[turned:] + self.sides[:turned]:
            if side in self.skipped:
                continue
            try:
                values[side] = self.machine.run(side)
            except Skipped as reason:
                self._skip(side, reason)
        elapsed_s = max(time.monotonic() - begin_s, 0.001)
        others_s = (busy_seconds() - busy_s) - (own_seconds() - own_s)
        return max(others_s, 0.0) / elapsed_s / (os.cpu_count() or 1), values

    def _outcome(self, row: Row, rounds: Sequence[Dict[Side, Dict[str, float]]]) -> Measured:
        for side in row.sides:
            if side in self.skipped:
                return Measured(reason=self.skipped[side])
        ours: List[float] = []
        theirs: List[float] = []
        for values in rounds:
            mine = values[row.ours].get(row.value)
            sums = [values[side].get(row.value) for side in row.peers]
            bound = _sum(sums) if row.peers else row.bound
            if mine is None or not bound:
                return Measured(reason=f"{row.value} is not told by both")
            ours.append(mine)
            theirs.append(bound)
        ratios = [a / b for a, b in zip(ours, theirs)]
        return Measured(
            statistics.median(ours),
            statistics.median(theirs),
            statistics.median(ratios),
            min(ratios),
            max(ratios),
            ratios=tuple(ratios),
        )


def _sum(values: Sequence[Optional[float]]) -> float:
    return 0.0 if None in values else sum(value for value in values if value is not None)
