"""Opening, resizing and saving images with Pillow: file, decoder, filter, encoder.

Three pictures, seeded: a large smooth one, a small smooth one, and white noise. Each task makes a
100×100 JPEG of one of them. Pillow works without the GIL for part of it.
"""

from __future__ import annotations

import os
import random
from typing import Any, Callable, Dict, List, Optional

from treadle.lab.protocol import Unsupported
from treadle.lab.workloads.base import Inputs, Workload, load, need_module

THUMBNAIL = (100, 100)
_SIZES = (("large", 1600, 1200, True), ("small", 320, 240, True), ("noise", 512, 384, False))


def thumbnail(source: str, target: str) -> str:
    """Makes the thumbnail of `source` at `target` and returns `target`."""
    Image = load("PIL.Image")

    with Image.open(source) as picture:
        picture.resize(THUMBNAIL).save(target, "JPEG", quality=85)
    return target


class ImageResize(Workload):
    """Task i makes a thumbnail of picture i mod 3 in a file of its own."""

    name = "image"
    kind = "mixed"
    summary = "open, resize to 100×100 and save images with Pillow"
    cycle = len(_SIZES)

    @classmethod
    def missing(cls) -> Optional[Unsupported]:
        return need_module("PIL", "image")

    def setup(self) -> None:
        self._folder = self.need_scratch()
        self._sources: List[str] = []
        self._wanted: List[bytes] = []
        for number, (name, width, height, is_smooth) in enumerate(_SIZES):
            path = os.path.join(self._folder, f"picture-{name}.jpg")
            self._paint(path, self.scaled(width), height, is_smooth, self.spec.seed + number)
            self._sources.append(path)

    def _paint(self, path: str, width: int, height: int, is_smooth: bool, seed: int) -> None:
        Image = load("PIL.Image")

        columns, rows = (width // 40, height // 40) if is_smooth else (width, height)
        pixels = random.Random(seed).randbytes(columns * rows * 3)
        picture = Image.frombytes("RGB", (columns, rows), pixels)
        if is_smooth:
            picture = picture.resize((width, height), Image.BILINEAR)
        picture.save(path, "JPEG", quality=90)

    @property
    def work(self) -> Callable[..., Any]:
        return thumbnail

    def inputs(self, index: int) -> Inputs:
        target = os.path.join(self._folder, f"thumbnail-{index}.jpg")
        return (self._sources[index % self.cycle], target), {}

    def verify(self, index: int, result: Any) -> None:
        Image = load("PIL.Image")

        self.expect(index, result, os.path.join(self._folder, f"thumbnail-{index}.jpg"))
        if not self._wanted:
            self._wanted = [self._expected(source) for source in self._sources]
        with open(result, "rb") as file:
            data = file.read()
        with Image.open(result) as picture:
            self.expect(index, (picture.size, picture.format), (THUMBNAIL, "JPEG"))
        self.expect(index, data, self._wanted[index % self.cycle])
        os.unlink(result)

    def _expected(self, source: str) -> bytes:
        path = thumbnail(source, os.path.join(self._folder, "expected.jpg"))
        with open(path, "rb") as file:
            return file.read()

    def versions(self) -> Dict[str, str]:
        return {"Pillow": str(load("PIL").__version__)}
