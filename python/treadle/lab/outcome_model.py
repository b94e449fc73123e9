"""Claim T10, that process pools struggle with certain objects: a torchvision model, three ways."""

from __future__ import annotations

import os
import time
from concurrent.futures import Executor
from typing import Any, Callable, Dict, List, Tuple

from treadle.lab.outcomes import Found
from treadle.lab.protocol import Spec, WrongResult
from treadle.lab.workloads.base import load
from treadle.lab.workloads.classify import (
    classify,
    classify_per_task,
    load_model,
    paint_pictures,
    save_seeded_weights,
)

LIMIT_S = 30.0
_TASKS = 6

Answer = Tuple[int, float]


class _Scene:
    """Pictures, weights, the model and what it must say."""

    def __init__(self, spec: Spec) -> None:
        self.paths = paint_pictures(spec.scratch, spec.seed)
        self.weights = spec.weights or save_seeded_weights(spec.scratch)
        self.model = load_model(self.weights)

    def path(self, index: int) -> str:
        return self.paths[index % len(self.paths)]

    def run(self, submit: Callable[[int], Any]) -> Found:
        """Collects the tasks that `submit` makes, and verifies them."""
        begin = time.perf_counter()
        futures = [submit(index) for index in range(_TASKS)]
        answers: List[Answer] = [future.result(LIMIT_S) for future in futures]
        wall_s = time.perf_counter() - begin
        wanted = [classify(self.model, path) for path in self.paths]
        for index, (best, logit) in enumerate(answers):
            known = wanted[index % len(wanted)]
            if best != known[0] or abs(logit - known[1]) > 1e-3:
                raise WrongResult(f"task {index} returned {(best, logit)}, not {known}")
        return Found(_TASKS, {"task_s": wall_s / _TASKS}, _versions())


def _versions() -> Dict[str, str]:
    torch = load("torch")
    torchvision = load("torchvision")

    return {"torch": torch.__version__, "torchvision": torchvision.__version__}


def classify_in_one_thread(model: Any, path: str) -> Answer:
    """classify() with one torch thread, wherever it runs."""
    torch = load("torch")

    torch.set_num_threads(1)
    return classify(model, path)


def as_argument(spec: Spec, pool: Executor) -> Found:
    """The model is an argument of every task."""
    scene = _Scene(spec)
    return scene.run(
        lambda index: pool.submit(classify_in_one_thread, scene.model, scene.path(index))
    )


def as_closure(spec: Spec, pool: Executor) -> Found:
    """The task is a local function that has the model from its surroundings."""
    scene = _Scene(spec)
    model = scene.model

    def local(path: str) -> Answer:
        return classify_in_one_thread(model, path)

    return scene.run(lambda index: pool.submit(local, scene.path(index)))


def per_task(spec: Spec, pool: Executor) -> Found:
    """Every task loads the model."""
    scene = _Scene(spec)
    if not os.path.isfile(scene.weights):
        raise WrongResult(f"there is no file {scene.weights}")
    return scene.run(lambda index: pool.submit(classify_per_task, scene.weights, scene.path(index)))
