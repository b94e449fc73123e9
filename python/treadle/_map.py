"""map(): one task an item or a whole chunk, everything at once or so much ahead of the reader."""

import collections
import concurrent.futures
import functools
import importlib
import itertools
import operator
import time
import warnings
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, Iterable, Iterator, List, Optional
from typing import Tuple, Union

from treadle import _treadle

if TYPE_CHECKING:
    from typing_extensions import Literal

    Chunk = Union[int, Literal["auto"]]

Show = Callable[..., Iterable[Any]]
Progress = Union[bool, Dict[str, Any], Show, None]


def start(
    owner: Union[_treadle.Executor, _treadle.Options],
    fn: Callable[..., Any],
    iterables: Tuple[Iterable[Any], ...],
    timeout: Optional[float],
    chunksize: "Chunk",
    buffersize: Optional[int],
    progress: Progress,
) -> Iterator[Any]:
    """The iterator that the method map() of `owner` returns."""
    chunk = _chunk_of(chunksize)
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")
    show = _show_of(progress)
    total = _length_of(iterables) if show else None
    end_time = -1.0 if timeout is None else max(timeout + time.monotonic(), 0.0)
    ahead = buffersize or 0
    results: Iterator[Any]
    if _is_plain(owner):
        results = _treadle.map(owner, fn, iterables, end_time, chunk, ahead)
    elif chunk > 1:
        raise ValueError("resumable calls, and a submit() of one's own, go with chunksize=1 only")
    else:
        results = _by_submit(owner.submit, fn, iterables, end_time, ahead)
    return _shown(show, results, total) if show else results


def _chunk_of(chunksize: "Chunk") -> int:
    if chunksize == "auto":
        return 0
    if not isinstance(chunksize, int):
        raise TypeError(f'chunksize must be an integer or "auto", not {chunksize!r}')
    if chunksize < 1:
        raise ValueError('chunksize must be at least 1, or "auto"')
    return chunksize


def _is_plain(owner: Union[_treadle.Executor, _treadle.Options]) -> bool:
    """Would its submit() do nothing but submit a call? Then the extension submits by itself."""
    if isinstance(owner, _treadle.Options):
        is_own: bool = type(owner).submit is not _treadle.Options.submit
        return not is_own and not owner.is_resumable and _is_plain(owner.executor)
    is_own = type(owner).submit is not _treadle.Executor.submit
    return not is_own and "submit" not in vars(owner)


def _by_submit(
    submit: Callable[..., "concurrent.futures.Future[Any]"],
    fn: Callable[..., Any],
    iterables: Tuple[Iterable[Any], ...],
    end_time: float,
    ahead: int,
) -> Iterator[Any]:
    """As the standard library does it."""
    calls = zip(*iterables)
    first = itertools.islice(calls, ahead) if ahead else calls
    futures = collections.deque(submit(fn, *values) for values in first)
    return _results(functools.partial(submit, fn), calls, futures, end_time)


def _results(
    submit: Callable[..., "concurrent.futures.Future[Any]"],
    calls: Iterator[Tuple[Any, ...]],
    futures: "Deque[concurrent.futures.Future[Any]]",
    end_time: float,
) -> Iterator[Any]:
    try:
        while futures:
            for values in itertools.islice(calls, 1):
                futures.append(submit(*values))
            yield _result_of(futures.popleft(), end_time)
    finally:
        for future in futures:
            future.cancel()


def _result_of(future: "concurrent.futures.Future[Any]", end_time: float) -> Any:
    try:
        try:
            return future.result(None if end_time < 0.0 else end_time - time.monotonic())
        finally:
            future.cancel()
    finally:
        del future  # an exception refers to this frame


def _show_of(progress: Progress) -> Optional[Show]:
    """What shows progress, called as tqdm is."""
    if progress is None or progress is False:
        return None
    if callable(progress):
        return progress
    if progress is not True and not isinstance(progress, dict):
        raise TypeError(
            "progress must be a bool, a dict of options for tqdm, or a callable that is called as "
            f"tqdm is, not {progress!r}"
        )
    try:
        tqdm: Show = importlib.import_module("tqdm.auto").tqdm
    except ModuleNotFoundError:
        warnings.warn(
            "map() shows progress with tqdm, which is not installed, so nothing is shown: install "
            "it (on Debian: apt install python3-tqdm), or give a callable that is called as "
            "progress(results, total=number or None) and passes the results on",
            RuntimeWarning,
            stacklevel=4,  # who called map()
        )
        return None
    return functools.partial(tqdm, **progress) if isinstance(progress, dict) else tqdm


def _length_of(iterables: Tuple[Iterable[Any], ...]) -> Optional[int]:
    hints: List[int] = [operator.length_hint(iterable, -1) for iterable in iterables]
    return min((hint for hint in hints if hint >= 0), default=None)


def _shown(show: Show, results: Iterator[Any], total: Optional[int]) -> Iterator[Any]:
    try:
        yield from show(results, total=total)
    finally:
        results.close()  # type: ignore[attr-defined]
