"""Random noise, the control: a fair coin for each pixel, for each block of all channels, or for the film."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from cxr_gui.core.attacks.noise import SCALES, Noise
from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.attacks.registry import create_attack
from tests.support.victims import SIDE, cnn

SHAPES = [(3, 20, 13), (3, 13, 20), (1, 8, 8)]


def signs(scale: int, shape: tuple[int, int, int], *, seed: int = 0, images: int = 6) -> Tensor:
    batch = Batch(torch.zeros(images, *shape), torch.zeros(images, dtype=torch.long), range(images))
    return Noise(scale=scale, seed=seed).signs(batch)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [2, 4, 8, 16])
def test_a_block_has_one_sign_in_all_channels_and_its_neighbours_their_own(
    scale: int, shape: tuple[int, int, int]
) -> None:
    found = signs(scale, shape, images=40)
    assert found.shape == (40, *shape)
    assert torch.equal(found.abs(), torch.ones_like(found))
    corners = found[:, :1, ::scale, ::scale]
    _, height, width = shape
    rows, columns = torch.arange(height) // scale, torch.arange(width) // scale
    assert torch.equal(found, corners[:, :, rows][:, :, :, columns].expand_as(found))
    drawn = Noise(seed=0).signs(
        Batch(corners, torch.zeros(len(corners), dtype=torch.long), range(len(corners)))
    )
    assert torch.equal(corners, drawn), "each block's is drawn as a pixel's is"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_whole_film_has_one_sign_and_films_differ(shape: tuple[int, int, int]) -> None:
    found = signs(0, shape, images=40)
    first = found[:, 0, 0, 0]
    assert torch.equal(found, first.view(-1, 1, 1, 1).expand_as(found))
    assert set(first.tolist()) == {-1.0, 1.0}


def test_each_pixel_of_each_channel_has_a_sign_of_its_own() -> None:
    found = signs(1, (3, 20, 13))
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert 0.4 < (found[:, one] == found[:, other]).double().mean() < 0.6
    for axis in (2, 3):
        assert 0.4 < (found.roll(1, axis) == found).double().mean() < 0.6


@pytest.mark.parametrize("scale", SCALES)
def test_a_seed_is_another_draw(scale: int) -> None:
    assert torch.equal(signs(scale, (3, 20, 13)), signs(scale, (3, 20, 13)))
    assert not torch.equal(signs(scale, (3, 20, 13)), signs(scale, (3, 20, 13), seed=1))


def test_noise_is_a_fair_coin_at_every_pixel() -> None:
    pixels = torch.full((4, 3, 40, 40), 0.5)
    noisy = create_attack("noise")(cnn(), pixels[:, :, :SIDE, :SIDE], torch.zeros(4), 0.125)
    assert set(noisy.unique().tolist()) == {0.375, 0.625}
    signs = Noise().signs(Batch(pixels, torch.zeros(4, dtype=torch.long), range(4)))
    heads = int((signs > 0).sum())
    assert abs(heads - signs.numel() / 2) < 4 * (signs.numel() / 4) ** 0.5
    assert (signs.abs() == 1).all()
