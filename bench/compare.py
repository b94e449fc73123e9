"""What the pools cost, beside the executors they are to surpass: one table.

Every contestant of a figure runs once in each round, in a process of its own, one after the other,
in an order that turns; a ratio is of two runs of one round, and the table has the medians and
the range of the ratios. A round in which other processes took much of the machine is run again, a
bounded number of times, and the quietest rounds count. A goal that is not reached is no error: the
exit status is 0 unless Treadle's own programs could not run.

    bench/compare.py --quick                   three minutes
    bench/compare.py --only noop1,rtt          some figures, in seconds
    bench/compare.py --list                    their names
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

from figures import Row, c_rows, python_rows
from turns import Group, Machine, Measured

ROOT = Path(__file__).resolve().parents[1]
SCALES = {"k/s": 1e3, "M/s": 1e6}


def parse(words: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="keys of figures, split by commas; see --list")
    parser.add_argument("--rounds", type=int, help="of each figure: 7, or 3 with --quick")
    parser.add_argument(
        "--repeats", type=int, help="noisy rounds to run again, of each figure; default: --rounds"
    )
    parser.add_argument(
        "--limit", type=float, help="seconds after which none is: 600, or 120 with --quick"
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds, a fifth of the counts")
    parser.add_argument("--scale", type=float, help="share of the usual counts")
    parser.add_argument("--goals-only", action="store_true", help="only rows that have a goal")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument(
        "--python",
        default=os.environ.get("PYTHON") or sys.executable,
        help="interpreters, split by blanks or commas; default: PYTHON, or this one",
    )
    parser.add_argument("--list", action="store_true", help="print the keys, and measure nothing")
    options = parser.parse_args(words)
    options.rounds = options.rounds or (3 if options.quick else 7)
    options.repeats = options.rounds if options.repeats is None else options.repeats
    options.limit = options.limit or (120.0 if options.quick else 600.0)
    options.scale = options.scale or (0.2 if options.quick else 1.0)
    if options.rounds < 1 or not 0 < options.scale <= 100:
        parser.error("--rounds must be at least 1, --scale above 0 and at most 100")
    return options


def chosen_rows(options: argparse.Namespace) -> List[Row]:
    """The rows asked for. Raises ValueError for a key that no row has."""
    rows = list(c_rows())
    for python in options.python.replace(",", " ").split():
        rows += python_rows(python)
    if options.goals_only or options.quick:
        rows = [row for row in rows if row.goal]
    if options.only:
        keys = options.only.split(",")
        unknown = set(keys) - {row.key for row in rows}
        if unknown:
            known = ", ".join(dict.fromkeys(row.key for row in rows))
            raise ValueError(f"no figure {', '.join(sorted(unknown))}; known: {known}")
        rows = [row for row in rows if row.key in keys]
    return rows


def groups_of(rows: List[Row]) -> List[List[Row]]:
    """Rows that share a contestant's run are measured together."""
    groups: Dict[Any, List[Row]] = {}
    for row in rows:
        kind = row.ours.figure if row.key in ("spin", "py_map", "py_rtt", "py_work") else ""
        size = row.ours.option if row.key == "py_work" else ""
        groups.setdefault((row.key, row.ours.python, kind, size), []).append(row)
    return list(groups.values())


def number(value: float, unit: str) -> str:
    value /= SCALES.get(unit, 1.0)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def verdict(row: Row, ratio: float) -> str:
    if not row.goal:
        return ""
    return "reached" if (ratio >= row.goal) == row.is_more_better or ratio == row.goal else "NOT"


def line_of(row: Row, measured: Measured) -> str:
    head = f"{row.title:38} {row.peer_name:16}"
    if measured.reason:
        return f"{head} skipped: {measured.reason}"
    sign = "" if not row.goal else (">= " if row.is_more_better else "<= ")
    goal = f"{sign}{row.goal:.2f}" if row.goal else ""
    spread = f"[{measured.low:.2f} to {measured.high:.2f}]"
    theirs = number(measured.theirs, row.unit) if row.peers else f"{row.bound:g} {row.unit}"
    return (
        f"{head} {number(measured.ours, row.unit):>12} {theirs:>12} {measured.ratio:>7.2f} "
        f"{spread:18} {goal:>8}  {verdict(row, measured.ratio)}"
    ).rstrip()


def as_json(row: Row, measured: Measured) -> Dict[str, Any]:
    said = "skipped" if measured.reason else verdict(row, measured.ratio)
    return {
        "key": row.key,
        "python": row.ours.python,
        "title": row.title,
        "peer": row.peer_name,
        "unit": row.unit,
        "goal": row.goal,
        "is_more_better": row.is_more_better,
        "verdict": said,
        **measured._asdict(),
    }


def heading(rounds: int, count: int) -> str:
    return (
        f"{count} rows, {rounds} rounds; ratio: ours / peer, the median and the range of the "
        f"rounds' own\n\n{'figure':38} {'peer':16} {'ours':>12} {'theirs':>12} {'ratio':>7} "
        f"{'range':18} {'goal':>8}"
    )


def main(words: Optional[List[str]] = None) -> int:
    options = parse(words)
    try:
        rows = chosen_rows(options)
    except ValueError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(dict.fromkeys(row.key for row in rows)))
        return 0
    begin = time.monotonic()
    machine = Machine(options.build, options.scale, options.limit)
    print(heading(options.rounds, len(rows)), flush=True)
    told: List[Dict[str, Any]] = []
    python = ""
    for group in groups_of(rows):
        if group[0].ours.python != python:
            python = group[0].ours.python
            print(f"-- {python}", flush=True)
        measured = Group(machine, group, options.rounds, options.repeats).measure()
        for row in group:
            print(line_of(row, measured[row]), flush=True)
            told.append(as_json(row, measured[row]))
    print(f"\n{time.monotonic() - begin:.0f} s; {machine.noise()}")
    for side, reason in machine.broken.items():
        print(f"could not run: {side}: {reason}", file=sys.stderr)
    if options.json:
        options.json.write_text(
            json.dumps({"rows": told, "noise": machine.shares}, indent=1) + "\n"
        )
    return 2 if machine.broken else 0


if __name__ == "__main__":
    sys.exit(main())
