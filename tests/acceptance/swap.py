"""Puts Treadle's classes in the place of the standard library's, before anybody looks for them.

CPython's tests, and the programs that they start, name `concurrent.futures.ThreadPoolExecutor`:
after `swap.put_in_place()` that is Treadle's, and so is `Future`. No file of CPython is
touched. The standard library's process pool stays, and makes futures of Treadle's, too.
"""

import concurrent.futures
import concurrent.futures._base
import concurrent.futures.process
import concurrent.futures.thread


def put_in_place() -> None:
    import treadle  # takes the standard classes as its bases, so it comes before they are hidden

    executor, future = treadle.ThreadPoolExecutor, treadle.Future
    for module in (concurrent.futures, concurrent.futures.thread):
        setattr(module, "ThreadPoolExecutor", executor)
    for module in (concurrent.futures, concurrent.futures._base):
        setattr(module, "Future", future)
