"""Fetching pages over HTTP from the study's own server on 127.0.0.1.

The server (`treadle serve-http`) answers after a seeded service time with a seeded page; both sides
compute from (seed, index) what the page must be, so a wrong byte is found. One client for all
interpreters and executors: http.client of the standard library, one kept-alive connection a worker.
"""

from __future__ import annotations

import http.client
import threading
import zlib
from typing import Any, Callable, Dict, Optional, Tuple

from treadle.lab.protocol import CellError, WrongResult
from treadle.lab.versions import python
from treadle.lab.workloads.base import Inputs, Workload
from treadle.lab.workloads.noise import mix

# lab/workload/page.h has the same numbers.
TEXT_BYTES = 32768
TEXT_SEED = 0x7472656164
PAGE_MIN, PAGE_MAX = 2048, 16384
TIMEOUT_S = 10.0

_worker = threading.local()


def fetch(port: int, path: str) -> Tuple[int, int, int]:
    """GETs `path` and returns (status, bytes of the body, their CRC-32).

    A connection that the other side has closed is opened anew, once.
    """
    body, status = _get(port, path)
    return status, len(body), zlib.crc32(body)


def _get(port: int, path: str) -> Tuple[bytes, int]:
    connection: Optional[http.client.HTTPConnection] = getattr(_worker, "connection", None)
    if connection is not None:
        try:
            return _exchange(connection, path)
        except (http.client.HTTPException, ConnectionError):
            connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    _worker.connection = connection
    return _exchange(connection, path)


def _exchange(connection: http.client.HTTPConnection, path: str) -> Tuple[bytes, int]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.read(), response.status


def text_block() -> bytes:
    """The text that every page is a piece of."""
    words = [b"%016x" % mix(TEXT_SEED, index) for index in range(TEXT_BYTES // 16)]
    return b"".join(words)


def page(block: bytes, seed: int, index: int) -> bytes:
    """The page of (seed, index): a line that names it, then a piece of the text."""
    bits = mix(seed, index)
    size = PAGE_MIN + bits % (PAGE_MAX - PAGE_MIN)
    offset = (bits >> 32) % (TEXT_BYTES - PAGE_MAX)
    head = b"<!doctype html><title>page %d of %d</title>\n" % (index, seed)
    return head + block[offset : offset + size]


class HttpGet(Workload):
    """Each task fetches one page of its own."""

    name = "http"
    kind = "io"
    summary = "pages from the study's own HTTP server on 127.0.0.1"
    needs_http = True

    def setup(self) -> None:
        if not self.spec.http_port:
            raise CellError("http needs the study's server: the specification has no http_port")
        self._block = text_block()
        self._seed = self.spec.seed & 0x7FFFFFFF

    @property
    def work(self) -> Callable[..., Any]:
        return fetch

    def inputs(self, index: int) -> Inputs:
        path = f"/page?seed={self._seed}&i={index}"
        if self.spec.scale != 1.0:
            path += f"&scale={self.spec.scale:.4f}"
        return (self.spec.http_port, path), {}

    def verify(self, index: int, result: Any) -> None:
        status, size, checksum = result
        if status != 200:
            raise WrongResult(f"page {index}: the server answered {status}")
        body = page(self._block, self._seed, index)
        self.expect(index, (size, checksum), (len(body), zlib.crc32(body)))

    def versions(self) -> Dict[str, str]:
        return {"http.client": python()}
