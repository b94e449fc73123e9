"""Reading whole files.

Variants: `warm` (from the page cache), `cold` (each task first asks the kernel to forget the file,
which it may decline), `return` (warm, and the bytes themselves are the task's result, which a
process pool must carry back through a pipe).
"""

from __future__ import annotations

import os
import random
import zlib
from typing import Any, Callable, List

from treadle.lab.workloads.base import Inputs, Workload

FILES = 6


def read_warm(path: str) -> int:
    """Reads the file and returns the CRC-32 of its bytes."""
    with open(path, "rb") as file:
        return zlib.crc32(file.read())


def read_cold(path: str) -> int:
    """The same, after dropping the file's pages from the cache."""
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return zlib.crc32(file.read())


def read_return(path: str) -> bytes:
    """Reads the file and returns its bytes."""
    with open(path, "rb") as file:
        return file.read()


_READERS = {"warm": read_warm, "cold": read_cold, "return": read_return}


class FileRead(Workload):
    """Task i reads file i mod FILES."""

    name = "file-read"
    kind = "io"
    summary = "read files whole"
    variants = ("warm", "cold", "return")
    params = {"bytes": 4.0 * 2**20}
    cycle = FILES

    def setup(self) -> None:
        folder = self.need_scratch()
        size = self.scaled(self.param("bytes"))
        piece = random.Random(self.spec.seed).randbytes(4096)
        self._paths: List[str] = []
        self._checksums: List[int] = []
        for number in range(FILES):
            data = (piece[number:] + piece[:number]) * (size // 4096 + 1)
            self._write(os.path.join(folder, f"read-{number}"), data[:size])

    def _write(self, path: str, data: bytes) -> None:
        with open(path, "wb") as file:
            file.write(data)
            if self.variant == "cold":  # only clean pages can be dropped
                file.flush()
                os.fsync(file.fileno())
        self._paths.append(path)
        self._checksums.append(zlib.crc32(data))

    @property
    def work(self) -> Callable[..., Any]:
        return _READERS[self.variant]

    def inputs(self, index: int) -> Inputs:
        return (self._paths[index % FILES],), {}

    def verify(self, index: int, result: Any) -> None:
        checksum = zlib.crc32(result) if self.variant == "return" else result
        self.expect(index, checksum, self._checksums[index % FILES])

    def teardown(self) -> None:
        for path in self._paths:
            os.unlink(path)
