"""What is random about an attack: per image, from a seed and the image's number, the same on every device.

So an image gets the same noise alone or in any batch, on any device and in any process; and the random state
of torch and numpy is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def streams(seed: int, rows: Sequence[int]) -> list[np.random.Generator]:
    """One stream of random numbers for each image."""
    return [np.random.default_rng((seed, row)) for row in rows]


def random_signs(pixels: Tensor, streams: Sequence[np.random.Generator]) -> Tensor:
    """-1 or +1 like `pixels` [B, C, H, W], with equal chances."""
    count = pixels[0].numel()
    bits = [
        np.unpackbits(np.frombuffer(stream.bytes(-(-count // 8)), np.uint8), count=count)
        for stream in streams
    ]
    signs = torch.from_numpy(np.stack(bits)).to(pixels.device).to(pixels.dtype)
    return signs.mul_(2).sub_(1).view_as(pixels)


def random_uniform(pixels: Tensor, streams: Sequence[np.random.Generator]) -> Tensor:
    """Uniform in [-1, 1) like `pixels` [B, C, H, W]."""
    numbers = np.stack([stream.random(pixels[0].numel(), dtype=np.float32) for stream in streams])
    return torch.from_numpy(numbers).to(pixels.device).to(pixels.dtype).mul_(2).sub_(1).view_as(pixels)
