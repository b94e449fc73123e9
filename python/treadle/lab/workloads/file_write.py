"""Writing whole files, each under a name of its own and then moved to its place.

Variants: `cached` (into the page cache) and `fsync` (until the disk has it). A fixed number of
places bounds what a run leaves on the disk: the file that is replaced goes before it was ever
written back.
"""

from __future__ import annotations

import os
import random
import zlib
from typing import Any, Callable, Tuple

from treadle.lab.protocol import WrongResult
from treadle.lab.workloads.base import Inputs, Workload

PLACES = 32
_HEAD = 16  # bytes that name the task, at the head of its file


def write(folder: str, index: int, data: bytes, must_sync: bool) -> Tuple[int, int]:
    """Writes `data` for task `index` and returns (size of the file, CRC-32 of what was written)."""
    whole = b"%015d\n" % index + data
    temporary = os.path.join(folder, f"write-{index}.part")
    with open(temporary, "wb") as file:
        file.write(whole)
        file.flush()
        if must_sync:
            os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    os.replace(temporary, os.path.join(folder, f"write-{index % PLACES}"))
    return size, zlib.crc32(whole)


class FileWrite(Workload):
    """Task i writes a file to place i mod PLACES."""

    name = "file-write"
    kind = "io"
    summary = "write files whole"
    variants = ("cached", "fsync")
    params = {"bytes": 1.0 * 2**20}

    def setup(self) -> None:
        self._folder = self.need_scratch()
        size = self.scaled(self.param("bytes"))
        piece = random.Random(self.spec.seed).randbytes(4096)
        self._data = (piece * (size // 4096 + 1))[: max(1, size - _HEAD)]

    @property
    def work(self) -> Callable[..., Any]:
        return write

    def inputs(self, index: int) -> Inputs:
        return (self._folder, index, self._data, self.variant == "fsync"), {}

    def verify(self, index: int, result: Any) -> None:
        head = b"%015d\n" % index
        wanted = len(head) + len(self._data), zlib.crc32(self._data, zlib.crc32(head))
        self.expect(index, result, wanted)
        # Of the tasks that share a place one was the last: whole and unmixed it must lie there.
        with open(os.path.join(self._folder, f"write-{index % PLACES}"), "rb") as file:
            found = file.read(_HEAD)
            if not found.endswith(b"\n") or int(found) % PLACES != index % PLACES:
                raise WrongResult(f"place {index % PLACES} holds a file that begins {found!r}")
            if os.fstat(file.fileno()).st_size != wanted[0]:
                raise WrongResult(f"place {index % PLACES} holds a file of the wrong size")

    def teardown(self) -> None:
        for place in range(PLACES):
            path = os.path.join(self._folder, f"write-{place}")
            if os.path.exists(path):
                os.unlink(path)
