"""What a pool says of itself."""

import dataclasses
from typing import Any, Dict, List, Sequence, Tuple

from treadle import _treadle


@dataclasses.dataclass(frozen=True)
class Distribution:
    """Times in seconds. A quantile is known to 1/32 of its value.

    The histogram behind it has 32 steps an octave (after HdrHistogram, Tene).
    """

    calls: int
    mean: float
    min: float
    p50: float
    p90: float
    p99: float
    p999: float
    max: float


@dataclasses.dataclass(frozen=True)
class Group:
    """The calls of one callable, or for one client.

    "(others)" are those that came after 1023 callables or 255 clients, together; "(anonymous)" is
    the client of calls that name none.
    """

    name: str
    wait: Distribution  #: from submit to start; of calls that have started
    run: Distribution  #: from start to end; of calls that have ended

    @property
    def run_time(self) -> float:
        """Seconds that its calls have run, together."""
        return self.run.calls * self.run.mean


@dataclasses.dataclass(frozen=True)
class Stats:
    """A snapshot of a pool: its own members belong to one moment. Times in seconds.

    print() it for a table; a notebook shows it by itself; to_dict() is for everything else.
    """

    age: float  #: since the pool was made
    workers: int  #: starting ones included
    workers_wanted: int
    workers_peak: int
    busy: int  #: workers with a call
    blocked: int  #: of these, inside a blocking region
    clients: int  #: clients remembered, the anonymous one included
    queued: int  #: calls waiting
    queued_peak: int
    submitted: int  #: calls accepted
    refused: int
    finished: int  #: calls made, whatever they returned or raised
    cancelled: int
    expired: int  #: dropped at their deadline
    lost: int  #: their worker disappeared
    caller_ran: int  #: made by their submitter because the queue was full; not in the above
    busy_time: float  #: of all workers together
    worker_time: float  #: of all workers together, idle or busy
    utilization: float  #: busy_time / worker_time
    gil_meter: str  #: "measured", or why the next four are not
    gil_held: float  #: the interpreter's lock, by the workers
    gil_core: float  #: of that, with a core
    gil_wait: float  #: for the interpreter's lock, of all workers together
    ready: float  #: on a core, or ready for one, of all workers together
    wait: Distribution  #: from submit to start
    run: Distribution  #: from start to end
    has_insight: bool  #: the next two are kept
    by_callable: Tuple[Group, ...]  #: the one that ran longest comes first
    by_client: Tuple[Group, ...]

    def to_dict(self) -> Dict[str, Any]:
        """Everything as plain dictionaries, lists and numbers."""
        values = dataclasses.asdict(self)
        values["by_callable"] = list(values["by_callable"])
        values["by_client"] = list(values["by_client"])
        return values

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from treadle import _html

        return _html.of_stats(self)

    def __str__(self) -> str:
        return "\n".join(_head(self) + [""] + _align(_rows(self)))


def seconds(value: float) -> str:
    """A time as people write it: 1.2 s, 34 ms, 5.6 us, 0."""
    if value == 0:
        return "0"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size * 0.9995:
            return f"{_three_digits(value / size)} {unit}"
    return f"{_three_digits(value / 1e-9)} ns"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.3g}"


def facts(stats: Stats) -> List[Tuple[str, str]]:
    """What is said before the table, as (what, how much)."""
    said = [
        ("workers", f"{stats.busy} busy of {stats.workers}, peak {stats.workers_peak}"),
        ("queue", f"{stats.queued:,} waiting, peak {stats.queued_peak:,}"),
        ("calls", ", ".join(_counts(stats))),
        ("utilization", f"{stats.utilization:.0%} of {seconds(stats.worker_time)}"),
    ]
    if stats.gil_meter == "measured":
        said.append(
            ("GIL", f"held {seconds(stats.gil_held)}, waited for {seconds(stats.gil_wait)}")
        )
    return said


def _counts(stats: Stats) -> List[str]:
    counts = [f"{stats.submitted:,} submitted", f"{stats.finished:,} finished"]
    for name in ("refused", "cancelled", "expired", "lost", "caller_ran"):
        if getattr(stats, name):
            counts.append(f"{getattr(stats, name):,} {name.replace('_', ' ')}")
    return counts


def _head(stats: Stats) -> List[str]:
    return [f"{name:<12} {value}" for name, value in facts(stats)]


COLUMNS = ("calls", "mean", "p50", "p90", "p99", "p99.9", "max")


def cells(times: Distribution) -> List[str]:
    """The cells of a row, in the order of COLUMNS."""
    values = (times.mean, times.p50, times.p90, times.p99, times.p999, times.max)
    return [f"{times.calls:,}"] + [seconds(value) if times.calls else "-" for value in values]


def _rows(stats: Stats) -> List[List[str]]:
    rows = [["", *COLUMNS], ["wait", *cells(stats.wait)], ["run", *cells(stats.run)]]
    for name, group in groups(stats):
        rows.append([shorten(name) + ": wait", *cells(group.wait)])
        rows.append(["  run", *cells(group.run)])
    return rows


def groups(stats: Stats) -> List[Tuple[str, Group]]:
    """The groups worth showing: clients only where there are any but the anonymous one."""
    shown = [(group.name, group) for group in stats.by_callable]
    if any(group.name != "(anonymous)" for group in stats.by_client):
        shown += [("client " + group.name, group) for group in stats.by_client]
    return shown


def shorten(name: str, most: int = 40) -> str:
    """The end of a long name says more than its beginning."""
    return name if len(name) <= most else "..." + name[3 - most :]


def _align(rows: Sequence[Sequence[str]]) -> List[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(
            [row[0].ljust(widths[0])] + [cell.rjust(w) for cell, w in zip(row[1:], widths[1:])]
        ).rstrip()
        for row in rows
    ]


def _groups(rows: List[Tuple[str, Dict[str, Any], Dict[str, Any]]]) -> Tuple[Group, ...]:
    groups = [Group(name, Distribution(**wait), Distribution(**run)) for name, wait, run in rows]
    return tuple(sorted(groups, key=lambda group: (-group.run_time, group.name)))


def of_engine(engine: "_treadle.Engine", has_insight: bool) -> Stats:
    """A snapshot of `engine`."""
    values = engine.stats()
    callables, clients = engine.groups() if has_insight else ([], [])
    return Stats(
        wait=Distribution(**values.pop("wait")),
        run=Distribution(**values.pop("run")),
        has_insight=has_insight,
        by_callable=_groups(callables),
        by_client=_groups(clients),
        **values,
    )
