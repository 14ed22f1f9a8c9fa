"""Every random draw of a training is a function of (seed, purpose, step).

So nothing has to be remembered to continue a run exactly, a draw more in one place moves none in another,
and the process's own random state is left as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import numpy as np
import torch


class Purpose(IntEnum):
    """What a draw is for. The numbers are part of every run's reproducibility: never renumber."""

    WEIGHTS = 0
    ORDER = 1
    AUGMENTATION = 2
    DROPOUT = 3
    ATTACK = 4
    PROBE = 5
    SHIFT = 6


def derived_seed(seed: int, purpose: Purpose, step: int = 0) -> int:
    """A 63-bit seed that no other (seed, purpose, step) is likely to share."""
    words = np.random.SeedSequence([seed, int(purpose), step]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))


def generator(
    seed: int, purpose: Purpose, step: int = 0, device: str | torch.device = "cpu"
) -> torch.Generator:
    """A generator of its own on `device`."""
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose, step))


@contextmanager
def seeded(device: torch.device, seed: int, purpose: Purpose, step: int = 0) -> Iterator[None]:
    """Inside, draws from torch's global generator of `device` (dropout, weight initialisation) are seeded.

    Afterwards that generator is what it was. It belongs to the whole process: a thread that draws from it in
    the same moment would shift the draws inside, so the rest of core draws from generators of its own.
    """
    shared = _global_generator(device)
    before = shared.get_state()
    shared.manual_seed(derived_seed(seed, purpose, step))
    try:
        yield
    finally:
        shared.set_state(before)


def _global_generator(device: torch.device) -> torch.Generator:
    if device.type == "cuda":
        number = torch.cuda.current_device() if device.index is None else device.index  # starts CUDA
        return torch.cuda.default_generators[number]
    if device.type == "mps":
        return torch.mps._get_default_mps_generator()
    return torch.default_generator
