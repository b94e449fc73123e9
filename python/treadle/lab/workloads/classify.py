"""Image classification with torchvision's ResNet-18: file, decoder, and 1.8 billion multiplications.

Variant `per-task` loads the model in every task, as a first attempt often does; `per-worker` once in
every worker. One torch thread a worker. The weights come from a file if one is given; else they
are seeded, and the classes mean nothing while the time is the same.
"""

from __future__ import annotations

import os
import random
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

from treadle.lab.protocol import CellError, Spec, Unsupported, WrongResult, one_line
from treadle.lab.workloads.base import Inputs, Workload, load, need_module

PICTURES = 3
_SIDE = 256
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_TOLERANCE = 1e-3  # of a logit: the order of additions may differ between processes

_worker = threading.local()


def load_model(weights: str) -> Any:
    """A ResNet-18 in inference mode with the weights of a file."""
    torch = load("torch")
    torchvision = load("torchvision")

    # One thread here, not one for each core in every worker. It is this thread's setting too.
    torch.set_num_threads(1)
    model = torchvision.models.resnet18(weights=None)
    model.load_state_dict(torch.load(weights, map_location="cpu"))
    return model.eval()


def classify(model: Any, path: str) -> Tuple[int, float]:
    """The class of a picture: (its index, its logit)."""
    torch = load("torch")
    Image = load("PIL.Image")
    transforms = load("torchvision.transforms")

    prepare = transforms.Compose(
        [
            transforms.Resize(_SIDE),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(_MEAN, _DEVIATION),
        ]
    )
    with Image.open(path) as picture, torch.inference_mode():
        logits = model(prepare(picture.convert("RGB")).unsqueeze(0))[0]
    best = int(logits.argmax())
    return best, float(logits[best])


def classify_per_task(weights: str, path: str) -> Tuple[int, float]:
    """Loads the model and classifies one picture."""
    return classify(load_model(weights), path)


def classify_per_worker(weights: str, path: str) -> Tuple[int, float]:
    """Classifies one picture with this worker's model, loading it at the first."""
    loaded: Optional[Tuple[str, Any]] = getattr(_worker, "loaded", None)
    if loaded is None or loaded[0] != weights:
        loaded = (weights, load_model(weights))
        _worker.loaded = loaded
    return classify(loaded[1], path)


_WORK: Dict[str, Callable[..., Any]] = {
    "per-task": classify_per_task,
    "per-worker": classify_per_worker,
}


def paint_pictures(folder: str, seed: int) -> List[str]:
    """Writes PICTURES seeded JPEGs and returns their paths."""
    Image = load("PIL.Image")

    paths: List[str] = []
    for number in range(PICTURES):
        pixels = random.Random(seed + number).randbytes(16 * 12 * 3)
        picture = Image.frombytes("RGB", (16, 12), pixels).resize((640, 480), Image.BILINEAR)
        paths.append(os.path.join(folder, f"classify-{number}.jpg"))
        picture.save(paths[-1], "JPEG", quality=90)
    return paths


def save_seeded_weights(folder: str) -> str:
    """Writes seeded weights of a ResNet-18 and returns the file's path."""
    torch = load("torch")
    torchvision = load("torchvision")

    torch.set_num_threads(1)
    torch.manual_seed(18)
    path = os.path.join(folder, "resnet18.pt")
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path


def missing_torchvision(purpose: str) -> Optional[Unsupported]:
    """None when torchvision could be imported; else who misses it and what installs it."""
    for module in ("torch", "torchvision"):
        found = need_module(module, purpose)
        if found is not None:
            return found
    return need_module("PIL", purpose)


class Classify(Workload):
    """Task i classifies picture i mod PICTURES."""

    name = "classify"
    kind = "mixed"
    summary = "ResNet-18 image classification with torchvision"
    variants = ("per-worker", "per-task")
    cycle = PICTURES

    def __init__(self, spec: Spec, variant: str) -> None:
        super().__init__(spec, variant)
        # While one worker loads its model the others go on: more tasks, until every one has loaded.
        self.warm_rounds = 3 if self.variant == "per-worker" else 1

    @classmethod
    def missing(cls) -> Optional[Unsupported]:
        return missing_torchvision("classify")

    def setup(self) -> None:
        folder = self.need_scratch()
        self._paths = paint_pictures(folder, self.spec.seed)
        self._weights = self.spec.weights or save_seeded_weights(folder)
        self._wanted: List[Tuple[int, float]] = []
        if not os.path.isfile(self._weights):
            raise CellError(f"weights: there is no file {self._weights}")

    @property
    def work(self) -> Callable[..., Any]:
        return _WORK[self.variant]

    def inputs(self, index: int) -> Inputs:
        return (self._weights, self._paths[index % PICTURES]), {}

    def verify(self, index: int, result: Any) -> None:
        if not self._wanted:
            self._wanted = self._expected()
        wanted = self._wanted[index % PICTURES]
        if result[0] != wanted[0] or abs(result[1] - wanted[1]) > _TOLERANCE:
            raise WrongResult(f"task {index} of classify returned {result}, not {wanted}")

    def _expected(self) -> List[Tuple[int, float]]:
        try:
            model = load_model(self._weights)
        except Exception as error:  # torch raises many kinds for a file that is not its own
            raise CellError(f"weights {self._weights}: {one_line(error)}") from None
        return [classify(model, path) for path in self._paths]

    def versions(self) -> Dict[str, str]:
        torch = load("torch")
        torchvision = load("torchvision")

        return {"torch": torch.__version__, "torchvision": torchvision.__version__}
