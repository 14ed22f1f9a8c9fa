"""Data made for a test: images to sweep, a prepared dataset in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cxr_gui.core.base import progress
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweeping import sweep
from tests.support.victims import cnn, decisions, radiographs

EPSILONS = [0.0, 0.005, 0.015, 0.025, 0.05]


def write_lines(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def labels_of(dataset: Dataset) -> dict[str, str | None]:
    return {Path(record.path).name: record.label for record in dataset.records}


def names(dataset: Dataset) -> set[tuple[str, str, str | None]]:
    return {(Path(record.path).name, record.split, record.label) for record in dataset.records}


def numbered(pattern: str, numbers: Iterable[int]) -> list[str]:
    return [pattern.format(number) for number in numbers]


def batches(count: int, size: int = 7, **options: Any) -> list[tuple[Tensor, Tensor]]:
    """`count` labelled images in batches; about three of four labels are the classifier's own decision."""
    pixels = radiographs(count, **options)
    labels = torch.where(torch.arange(count) % 4 == 0, 1, 0) ^ decisions(cnn(), pixels.float())
    return list(zip(pixels.split(size), labels.split(size), strict=True))


def finished(classifier: nn.Module, *arguments: Any, **options: Any) -> SweepResult:
    return progress.run(sweep(classifier, *arguments, **options))


@dataclass(frozen=True)
class FakeRecord:
    path: Path
    patient: str | None


class FakeStore:
    """A prepared dataset in memory: what `sweep_store` needs of `core.store.Store`."""

    def __init__(self, count: int) -> None:
        self.pixels = np.rint(255 * radiographs(count, channels=1)[:, 0].numpy()).astype(np.uint8)
        self.labels = decisions(cnn(), self._as_pixels(np.arange(count))).numpy()
        self.labels[::4] ^= 1
        self.records = tuple(
            FakeRecord(
                Path(f"/data/test/{CLASSES[label]}/{row}.jpeg"),
                f"p{row // 2}" if row else None,
            )
            for row, label in enumerate(self.labels.tolist())
        )
        self.visited: list[int] = []

    def _as_pixels(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.pixels[rows]).float().div(255)[:, None]

    def batches(self, size: int, *, order: np.ndarray, device: torch.device) -> Any:
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            self.visited += rows.tolist()
            yield self._as_pixels(rows).to(device), torch.from_numpy(self.labels[rows]).float().to(device)
