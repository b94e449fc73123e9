"""Writes the synthetic traces of this folder: made-up functions in the formats of the Azure
Functions traces of 2019 and 2021. The same seed gives the same files.

make_traces.py [FOLDER]
"""

from __future__ import annotations

import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List

SEED = 20210131
MINUTES = 1440
PERCENTILES = (0, 1, 25, 50, 75, 99, 100)
TRIGGERS = ("http", "timer", "queue", "event", "storage")


@dataclass
class Function:
    """A made-up function: so many invocations a minute, lognormal durations."""

    owner: str
    app: str
    name: str
    trigger: str
    per_minute: float
    median_ms: float
    sigma: float


def hexadecimal(rng: random.Random) -> str:
    return "".join(rng.choice("0123456789abcdef") for _ in range(64))


def functions(rng: random.Random, apps: int, count: int) -> List[Function]:
    """A few busy functions and many rare ones, as in the real traces."""
    owners = [(hexadecimal(rng), hexadecimal(rng)) for _ in range(apps)]
    found = []
    for rank in range(count):
        owner, app = owners[min(rank % (apps + 1), apps - 1)]
        trigger = TRIGGERS[rank % len(TRIGGERS)]
        found.append(
            Function(
                owner,
                app,
                hexadecimal(rng),
                trigger,
                per_minute=12.0 / (rank + 1) ** 1.3,
                median_ms=round(math.exp(rng.gauss(5.0, 1.4)), 1),
                sigma=rng.uniform(0.4, 1.2),
            )
        )
    return found


def poisson(rng: random.Random, mean: float) -> int:
    """Counts exponential gaps within one unit of time."""
    count, at = 0, rng.expovariate(1.0)
    while at < mean:
        count += 1
        at += rng.expovariate(1.0)
    return count


def counts_of(rng: random.Random, function: Function) -> List[int]:
    """Timers tick; everything else follows the day, with a burst now and then."""
    if function.trigger == "timer":
        period = max(1, round(1.0 / function.per_minute))
        return [1 if minute % period == 0 else 0 for minute in range(MINUTES)]
    burst = rng.randrange(MINUTES)
    counts = []
    for minute in range(MINUTES):
        day = 1.0 + 0.7 * math.sin(2.0 * math.pi * (minute - 480) / MINUTES)
        is_burst = burst <= minute < burst + 15
        counts.append(poisson(rng, function.per_minute * day * (6.0 if is_burst else 1.0)))
    return counts


def write_2019(folder: Path, rng: random.Random) -> None:
    header = ["HashOwner", "HashApp", "HashFunction"]
    minutes = [",".join(header + ["Trigger"] + [str(i + 1) for i in range(MINUTES)])]
    names = ["Average", "Count", "Minimum", "Maximum"]
    names += [f"percentile_Average_{percent}" for percent in PERCENTILES]
    durations = [",".join(header + names)]
    for function in functions(rng, apps=5, count=14):
        who = [function.owner, function.app, function.name]
        counts = counts_of(rng, function)
        minutes.append(",".join(who + [function.trigger] + [str(count) for count in counts]))
        sample = sorted(
            round(function.median_ms * math.exp(rng.gauss(0.0, function.sigma)), 1)
            for _ in range(400)
        )
        values = [sample[min(len(sample) * percent // 100, 399)] for percent in PERCENTILES]
        average = round(sum(sample) / len(sample), 1)
        numbers = [average, sum(counts), sample[0], sample[-1], *values]
        durations.append(",".join(who + [f"{number:g}" for number in numbers]))
    name = "invocations_per_function_md.anon.d01.csv"
    (folder / name).write_text("\n".join(minutes) + "\n", encoding="ascii")
    name = "function_durations_percentiles.anon.d01.csv"
    (folder / name).write_text("\n".join(durations) + "\n", encoding="ascii")


def write_2021(folder: Path, rng: random.Random) -> None:
    """One row a task, in order of their ends; a quarter of an hour."""
    rows = []
    for function in functions(rng, apps=4, count=9):
        at = rng.expovariate(function.per_minute / 60.0)
        while at < 900.0:
            seconds = function.median_ms / 1000.0 * math.exp(rng.gauss(0.0, function.sigma))
            seconds = max(round(seconds, 3), 0.001)
            rows.append((at + seconds, seconds, function))
            at += rng.expovariate(function.per_minute / 60.0)
    rows.sort(key=lambda row: row[0])
    lines = ["app,func,end_timestamp,duration"]
    for end, seconds, function in rows:
        lines.append(f"{function.app},{function.name},{end:.3f},{seconds:.3f}")
    (folder / "azure_2021.csv").write_text("\n".join(lines) + "\n", encoding="ascii")


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    rng = random.Random(SEED)
    write_2019(folder, rng)
    write_2021(folder, rng)
    return 0


if __name__ == "__main__":
    sys.exit(main())
