"""Augmentation: random views of the training images, as mild as radiographs allow."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from cxr_gui.core.training.recipes import Recipe

SURROUNDINGS = 14
"""Means along a side that local contrast is measured against."""


def view_draws(count: int, draws: torch.Generator) -> Tensor:
    """What is random about the views of so many images: uniform in [0, 1), [12, count], on the CPU.

    All are drawn, whatever a recipe uses: changing one field leaves the other draws as they were. And on the
    CPU, so that every device sees the same views.
    """
    return torch.rand(12, count, generator=draws)


def augment(pixels: Tensor, labels: Tensor, recipe: Recipe, uniform: Tensor) -> Tensor:
    """Flip, move and re-expose each image at random, as far as the recipe says.

    pixels float [B, C, H, W], 0..1, labels [B] of 0/1, and `uniform` [12, B] of `view_draws`, on one device.
    Returns pixels of the same shape in 0..1; what is moved in from outside repeats the border.
    """
    flipped, risen, taller = uniform[0] < recipe.flip, uniform[9], uniform[11]
    angle, right, down, zoom, light, gain, bend, wide = 2.0 * uniform[1:9] - 1.0
    sharp = 2.0 * uniform[10] - 1.0
    wider = wide * recipe.stretch - taller * recipe.heighten_negatives * (labels == 0)
    if recipe.rotation or recipe.shift or recipe.zoom or recipe.stretch or recipe.heighten_negatives:
        pixels = _moved(
            pixels,
            flipped,
            angle * math.radians(recipe.rotation),
            right * recipe.shift,
            down * recipe.shift,
            1.0 + zoom * recipe.zoom,
            torch.exp(wider / 2.0),
        )
    elif recipe.flip:
        pixels = torch.where(flipped.view(-1, 1, 1, 1), pixels.flip(-1), pixels)
    if recipe.softness:
        pixels = _sharpened(pixels, sharp * recipe.softness)
    if recipe.black:
        black = (risen * recipe.black).view(-1, 1, 1, 1)
        pixels = black + (1.0 - black) * pixels
    if recipe.brightness or recipe.contrast or recipe.gamma:
        pixels = _exposed(
            pixels,
            light * recipe.brightness,
            1.0 + gain * recipe.contrast,
            torch.exp(bend * recipe.gamma),
        )
    return pixels


def _moved(
    pixels: Tensor, flipped: Tensor, angle: Tensor, right: Tensor, down: Tensor, scale: Tensor, widen: Tensor
) -> Tensor:
    """Rotate, scale, widen, shift (in parts of the side) and mirror, with one interpolation."""
    height, width = pixels.shape[-2:]
    mirror = 1.0 - 2.0 * flipped.float()
    cosine, sine = torch.cos(angle) / scale, torch.sin(angle) / scale
    # Where a pixel comes from, in half sides from the centre: a column part plus a row part per coordinate.
    column = (2.0 * torch.arange(width, device=pixels.device) + 1.0) / width - 1.0
    row = ((2.0 * torch.arange(height, device=pixels.device) + 1.0) / height - 1.0)[:, None]
    aspect = height / width

    def plane(by_column: Tensor, by_row: Tensor, offset: Tensor) -> Tensor:
        along = by_column[:, None] * column + offset[:, None]
        return along[:, None, :] + by_row[:, None, None] * row

    from_x = plane(mirror * cosine / widen, -sine * aspect / widen, -2.0 * right)
    from_y = plane(mirror * sine * widen / aspect, cosine * widen, -2.0 * down)
    grid = torch.stack([from_x, from_y], dim=-1)
    return functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _sharpened(pixels: Tensor, gain: Tensor) -> Tensor:
    """More or less of what stands out from its surroundings, which are means of a fourteenth of the side."""
    means = functional.adaptive_avg_pool2d(pixels, SURROUNDINGS)
    around = functional.interpolate(means, pixels.shape[-2:], mode="bilinear")
    return (pixels + gain.view(-1, 1, 1, 1) * (pixels - around)).clamp(0.0, 1.0)


def _exposed(pixels: Tensor, brightness: Tensor, contrast: Tensor, gamma: Tensor) -> Tensor:
    """Contrast about mid-grey, brightness, then gamma; one of each per image."""
    shape = (-1, 1, 1, 1)
    pixels = (pixels - 0.5) * contrast.view(shape) + (0.5 + brightness.view(shape))
    # x ** gamma, at half the price; the floor, far below one grey level, keeps the logarithm finite.
    return (pixels.clamp(1e-6, 1.0).log() * gamma.view(shape)).exp()
