"""The child of a study: ``python -m treadle.lab.cell`` runs one cell once, or lists what it could.

Standard input and descriptor 3 carry docs/reference/cell-protocol.md. By hand:
``echo '{"protocol":1,"workload":"noop"}' | (cat; yes go) | python -m treadle.lab.cell 3>&1``.
"""

from __future__ import annotations

import time

BORN_S = time.perf_counter()  # before the other imports: they are part of what a run costs

import os
import sys
from typing import Any, Dict, List

USAGE = """usage: python -m treadle.lab.cell          run the cell that stdin specifies, events on descriptor 3
       python -m treadle.lab.cell --list   print what this interpreter can run, as JSON
It is started by `treadle study`; docs/reference/cell-protocol.md says what passes between them."""


def run_cell() -> int:
    """Speaks the protocol once. Returns the exit status: 0 with a result, 2 without."""
    from treadle.lab.protocol import CellError, Channel

    try:
        channel = Channel()
    except OSError:
        print(f"treadle.lab.cell: descriptor 3 is not open\n{USAGE}", file=sys.stderr)
        return 2
    try:
        spec = channel.read_spec()
    except CellError as error:
        print(f"treadle.lab.cell: {error}", file=sys.stderr)
        return 2
    result = result_of(spec, channel)
    end_children()
    channel.send(result)
    return 0


def result_of(spec: Any, channel: Any) -> Dict[str, Any]:
    """Runs the cell and returns its `result` line, whatever happens in it."""
    from treadle.lab.protocol import CellError, Unsupported, WrongResult, failed, one_line, skipped

    try:
        return choose_run(spec, channel).run().as_event()  # type: ignore[no-any-return]
    except Unsupported as missing:
        return skipped(str(missing), missing.install)
    except (CellError, WrongResult) as error:
        return failed(str(error))
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        return failed(one_line(error))


def choose_run(spec: Any, channel: Any) -> Any:
    """The kind of run that a specification asks for; only what it needs is imported."""
    if spec.part == "outcomes":
        from treadle.lab.outcomes import OutcomeRun

        return OutcomeRun(spec, channel, BORN_S)
    if spec.load > 0:
        from treadle.lab.open_load import OpenRun

        return OpenRun(spec, channel, BORN_S)
    from treadle.lab.closed import ClosedRun

    return ClosedRun(spec, channel, BORN_S)


def end_children() -> None:
    """Kills the worker processes that a pool has left behind, so that none outlives the cell."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is None:
        return
    for process in multiprocessing.active_children():
        process.kill()
        process.join(1.0)


def main(arguments: List[str]) -> int:
    """The command line."""
    if arguments == ["--list"]:
        from treadle.lab.listing import print_listing

        return print_listing()
    if arguments:
        print(USAGE, file=sys.stdout if arguments == ["--help"] else sys.stderr)
        return 0 if arguments == ["--help"] else 2
    return run_cell()


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything of the run has been shut down; what is left (a stuck thread, a large library's
    # own farewells) must not hold the result back.
    os._exit(status)
