"""What is random about an attack: a function of a seed, the image's number and the place of each number.

So an image gets the same noise alone or in any batch, on any device and in any process, bit for bit: all is
integer arithmetic. Nothing waits for the host, and the random state of torch and numpy is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

WORD = 2**32 - 1
"""The largest random word."""

FRACTION = 24
"""Bits of a fraction."""

HALF = 2 ** (FRACTION - 1)
"""What every second fraction is below."""

ROUNDS, MULTIPLIERS, INCREMENTS = 10, (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)
"""Of Philox4x32-10."""


class Chance:
    """Random numbers for each of B images; every draw gives others."""

    def __init__(self, seed: int, rows: Sequence[int], device: torch.device | str = "cpu") -> None:
        """`rows`: the images' numbers."""
        self._key = seed & WORD, seed >> 32 & WORD
        self._rows = torch.tensor(list(rows), dtype=torch.int64, device=device).view(-1, 1)
        self._draws = 0

    def uniform(self, pixels: Tensor) -> Tensor:
        """Uniform in [-1, 1) like `pixels` [B, C, H, W], in 2^16 steps, which are exact in float32."""
        count = pixels[0].numel()
        words = self._words(-(-count // 2))
        halves = torch.cat([words & 0xFFFF, words >> 16], dim=1)[:, :count]
        return halves.float().mul_(2.0**-15).sub_(1).to(pixels.dtype).view(pixels.shape)

    def signs(self, pixels: Tensor) -> Tensor:
        """-1 or +1 like `pixels` [B, C, H, W], with equal chances: a bit for each."""
        count = pixels[0].numel()
        words = self._words(-(-count // 32))
        bytes_ = torch.cat([(words >> shift & 0xFF).to(torch.uint8) for shift in (0, 8, 16, 24)], dim=1)
        bits = bytes_.unsqueeze(2) >> torch.arange(8, dtype=torch.uint8, device=words.device) & 1
        return bits.flatten(1)[:, :count].to(pixels.dtype).mul_(2).sub_(1).view(pixels.shape)

    def fractions(self, *shape: int) -> Tensor:
        """For each image int64 [B, *shape], uniform from 0 to 2^FRACTION - 1."""
        words = self._words(math.prod(shape)) >> (32 - FRACTION)
        return words.view(len(words), *shape)

    def _words(self, count: int) -> Tensor:
        """So many words for each image, int64 [B, count] from 0 to WORD."""
        places = torch.arange(-(-count // 4), device=self._rows.device).expand(len(self._rows), -1)
        self._draws += 1
        draw = torch.full_like(places, self._draws)
        words = philox(places, draw, self._rows.expand_as(places), torch.zeros_like(places), self._key)
        return torch.cat(words, dim=1)[:, :count]


def places_below(fractions: Tensor, count: int) -> Tensor:
    """Fractions as int64 from 0 to count - 1, uniform for a count far below 2^FRACTION."""
    places: Tensor = fractions * count >> FRACTION
    return places


def philox(a: Tensor, b: Tensor, c: Tensor, d: Tensor, key: tuple[int, int]) -> tuple[Tensor, ...]:
    """Four random words for each counter of four words, int64 of one shape from 0 to WORD.

    Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", 2011. A
    product may wrap around at 2^64; its bits are the right ones.
    """
    first, second = key
    for _ in range(ROUNDS):
        one, other = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b = _high(other).bitwise_xor_(b).bitwise_xor_(first), other.bitwise_and_(WORD)
        c, d = _high(one).bitwise_xor_(d).bitwise_xor_(second), one.bitwise_and_(WORD)
        first, second = first + INCREMENTS[0] & WORD, second + INCREMENTS[1] & WORD
    return a, b, c, d


def _high(product: Tensor) -> Tensor:
    """The upper word of a product of two."""
    return (product >> 32).bitwise_and_(WORD)
