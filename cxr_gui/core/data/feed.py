"""The feed: prepared pixels on their way to the device, whole when they fit, batch by batch when not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cxr_gui.core.data.store import Store

SHARE = 0.5
"""Part of an accelerator's free memory that the pixels of one split may take."""


class Feed:
    """Batches of a store's images for one device, and of its `twins`: the same images, changed, row for row.

    Pixels stay uint8 until they are used, a quarter of the traffic. A split that fits is copied to the
    accelerator once; then a batch costs it one gather and nothing is waited for. No worker processes: at
    224 px reading a batch from the memory map takes a hundredth of a step.
    """

    def __init__(self, store: Store, device: torch.device, twins: Store | None = None) -> None:
        self.labels: NDArray[np.int64] = np.asarray(store.labels)
        self._pixels, self._records = store.pixels, store.records
        self._twins = None if twins is None else twins.pixels
        self._device = device
        self._resident: tuple[Tensor, Tensor] | None = None
        rows = len(self.labels) * (1 if twins is None else 2)
        if (
            device.type == "cuda"
            and rows * store.pixels[:1].nbytes < SHARE * torch.cuda.mem_get_info(device)[0]
        ):
            self._resident = self._on_device(np.arange(rows))

    def path(self, row: int) -> str:
        """The file of an image, by its number."""
        return str(self._records[row].path)

    def __len__(self) -> int:
        return len(self.labels)

    def batches(
        self, batch_size: int, order: NDArray[np.int64] | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Pixels [B, 1, H, W] in 0..1 and labels float [B] on the device, in `order` (default: as stored).

        Of N images, N + i is the twin of i.
        """
        order = np.arange(len(self)) if order is None else order
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            if self._resident is None:
                pixels, labels = self._on_device(chosen)
            else:
                rows = torch.from_numpy(chosen).to(self._device, non_blocking=True)
                pixels, labels = self._resident[0][rows], self._resident[1][rows]
            yield pixels[:, None].float() / 255.0, labels

    def _on_device(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        rows = chosen % len(self)
        grey = self._pixels[rows]
        if self._twins is not None:
            changed = chosen >= len(self)
            grey[changed] = self._twins[rows[changed]]
        pixels, labels = torch.from_numpy(grey), torch.from_numpy(self.labels[rows]).float()
        if self._device.type == "cuda":  # pinned memory is copied while the device computes
            pixels, labels = pixels.pin_memory(), labels.pin_memory()
        return pixels.to(self._device, non_blocking=True), labels.to(self._device, non_blocking=True)
