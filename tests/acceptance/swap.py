"""Puts Treadle's classes in the standard library's places, for CPython's own tests.

Those tests say `from concurrent import futures` and then `futures.ThreadPoolExecutor`; some run
scripts in interpreters of their own (`python -I -c ...`). Importing this module replaces the names
where they live, and makes those scripts import it first. The test files themselves stay as they are.
"""

import concurrent.futures
import concurrent.futures._base
import concurrent.futures.thread
import os
import sys
from typing import Any, List

import treadle

HERE = os.path.dirname(os.path.abspath(__file__))


def put_in_place() -> None:
    futures: Any = concurrent.futures
    futures.ThreadPoolExecutor = treadle.ThreadPoolExecutor
    futures.thread.ThreadPoolExecutor = treadle.ThreadPoolExecutor
    futures.Future = futures._base.Future = treadle.Future


def reach_scripts() -> None:
    """The helper that runs a script in an isolated interpreter runs it there with our classes."""
    from test.support import script_helper

    run_script = script_helper.assert_python_ok
    folders = [HERE, os.path.dirname(os.path.dirname(treadle.__file__))]
    begin = f"import sys; sys.path[:0] = {folders!r}; import swap; swap.put_in_place()\n"

    def run_script_with_treadle(*arguments: str, **environment: str) -> Any:
        words: List[str] = list(arguments)
        if "-c" in words:
            code = words.index("-c") + 1
            words[code] = begin + words[code]
        return run_script(*words, **environment)

    script_helper.assert_python_ok = run_script_with_treadle


if __name__ == "__main__":
    sys.exit("swap.py is imported, not run")
