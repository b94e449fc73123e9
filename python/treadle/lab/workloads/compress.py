"""Compression, two ways: zlib works without the GIL, the coder in pure Python holds it.

Variant `zlib` deflates 256 KiB of text a task, `pure` codes a few KiB with LZW. Every result is
taken apart again and must be the text.
"""

from __future__ import annotations

import random
import struct
import zlib
from typing import Any, Callable, Dict, List, Tuple

from treadle.lab.workloads.base import Inputs, Workload

TEXTS = 4
_LEVEL = 6
_CODES_MAX = 65536


def deflate(text: bytes) -> bytes:
    """zlib's coder."""
    return zlib.compress(text, _LEVEL)


def lzw(text: bytes) -> bytes:
    """Lempel-Ziv-Welch with 16-bit codes and a table that stops growing when it is full."""
    table: Dict[bytes, int] = {bytes((value,)): value for value in range(256)}
    codes: List[int] = []
    known = b""
    for value in text:
        longer = known + bytes((value,))
        if longer in table:
            known = longer
            continue
        codes.append(table[known])
        if len(table) < _CODES_MAX:
            table[longer] = len(table)
        known = bytes((value,))
    if known:
        codes.append(table[known])
    return struct.pack(f"<{len(codes)}H", *codes)


def unlzw(coded: bytes) -> bytes:
    """The text of lzw()."""
    codes = struct.unpack(f"<{len(coded) // 2}H", coded)
    table: List[bytes] = [bytes((value,)) for value in range(256)]
    pieces: List[bytes] = []
    previous = b""
    for code in codes:
        piece = table[code] if code < len(table) else previous + previous[:1]
        pieces.append(piece)
        if previous and len(table) < _CODES_MAX:
            table.append(previous + piece[:1])
        previous = piece
    return b"".join(pieces)


_CODERS: Dict[str, Tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "zlib": (deflate, zlib.decompress),
    "pure": (lzw, unlzw),
}


class Compress(Workload):
    """Task i codes text i mod TEXTS."""

    name = "compress"
    kind = "cpu"
    summary = "zlib (without the GIL) or an LZW coder in pure Python (with it)"
    variants = ("zlib", "pure")
    params = {"zlib_bytes": 262144.0, "pure_bytes": 24576.0}
    cycle = TEXTS

    def setup(self) -> None:
        size = self.scaled(self.param(f"{self.variant}_bytes"))
        words = random.Random(self.spec.seed)
        stems = [words.randbytes(words.randrange(2, 9)).hex().encode() for _ in range(400)]
        picked = b" ".join(words.choices(stems, k=4096))
        whole = picked * (size * 2 // len(picked) + 1)
        self._texts = [whole[n * 4099 % len(picked) :][:size] for n in range(TEXTS)]
        self._proven: List[bytes] = [b""] * TEXTS

    @property
    def work(self) -> Callable[..., Any]:
        return _CODERS[self.variant][0]

    def inputs(self, index: int) -> Inputs:
        return (self._texts[index % TEXTS],), {}

    def verify(self, index: int, result: Any) -> None:
        which = index % TEXTS
        if result and result == self._proven[which]:
            return  # byte for byte a coding that has been taken apart already
        self.expect(index, _CODERS[self.variant][1](result), self._texts[which])
        self._proven[which] = result

    def versions(self) -> Dict[str, str]:
        return {"zlib": zlib.ZLIB_RUNTIME_VERSION} if self.variant == "zlib" else {}
