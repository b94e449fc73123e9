"""What a pool says of itself."""

from typing import Any, Dict, NamedTuple


class Distribution(NamedTuple):
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


class Stats(NamedTuple):
    """A snapshot of a pool: all members belong to one moment. Times in seconds."""

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


def from_dict(values: Dict[str, Any]) -> Stats:
    """The snapshot that the extension gave as a dictionary."""
    wait = Distribution(**values.pop("wait"))
    run = Distribution(**values.pop("run"))
    return Stats(wait=wait, run=run, **values)
