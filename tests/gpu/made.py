"""Films and classifiers for the GPU, made without a file, and its clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.data.records import Record
from cxr_gui.core.data.store import Store
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create

DEVICE_VARIABLE, SMALL_VARIABLE, REPORT_VARIABLE = "CXR_GPU_DEVICE", "CXR_GPU_SMALL", "CXR_GPU_REPORT"
SIDE = 224


def film_levels(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth random films, uint8 [count, 224, 224], every other one brighter in its middle."""
    draws = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 1, 14, 14, generator=draws)
    coarse[1::2, :, 4:10, 4:10] += 0.4
    smooth = nn.functional.interpolate(0.7 * coarse, size=(SIDE, SIDE), mode="bilinear")
    levels: NDArray[np.uint8] = (255 * smooth[:, 0]).clamp(0, 255).round().to(torch.uint8).numpy()
    return levels


def store_of(count: int, seed: int = 0) -> Store:
    """A prepared split in memory: as many films of each class, each of a patient of its own."""
    labels = np.arange(count) % 2
    records = tuple(
        Record(str(Path("test") / CLASSES[label] / f"{row}.png"), "test", CLASSES[label], f"patient {row}")
        for row, label in enumerate(labels.tolist())
    )
    return Store(film_levels(count, seed), labels.astype(np.int64), records)


def pixels_of(store: Store) -> tuple[Tensor, Tensor]:
    """The whole store: pixels [N, 3, 224, 224] in 0..1 and labels int64 [N]."""
    pixels = torch.from_numpy(np.array(store.pixels)).float()[:, None] / 255
    return pixels.repeat(1, 3, 1, 1), torch.from_numpy(store.labels)


def taught(
    architecture: str, store: Store, device: torch.device, steps: int = 30, **options: int
) -> Classifier:
    """A classifier that has seen these films: some decisions are sure, some are near the threshold."""
    torch.manual_seed(0)
    classifier = create(architecture, **options).to(device).train()
    adam = torch.optim.Adam(classifier.parameters(), lr=3e-4)
    pixels, labels = (tensor.to(device) for tensor in pixels_of(store))
    for _ in range(steps):
        adam.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(classifier(pixels), labels.float()).backward()
        adam.step()
    return classifier.cpu().eval().requires_grad_(False)


def finish(device: torch.device) -> None:
    """Wait until the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def seconds_of(work: Callable[[], object], device: torch.device, repeats: int = 1) -> float:
    """The shortest time that `work` took, the device's part included."""
    times = []
    for _ in range(repeats):
        finish(device)
        start = time.perf_counter()
        work()
        finish(device)
        times.append(time.perf_counter() - start)
    return min(times)
