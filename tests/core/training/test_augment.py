"""Augmentation: each one acts, stays within its limit, and is what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cxr_gui.core.base.randomness import Purpose, generator
from cxr_gui.core.training import augmentation
from cxr_gui.core.training.recipes import RECIPES, Recipe


def augment(pixels: torch.Tensor, recipe: Recipe, draws: torch.Generator) -> torch.Tensor:
    """Of films that are all positive."""
    uniform = augmentation.view_draws(len(pixels), draws)
    return augmentation.augment(pixels, torch.ones(len(pixels)), recipe, uniform)


def test_the_paper_augmentation_is_a_flip_of_half_the_images() -> None:
    pixels = torch.rand(400, 1, 6, 8)
    seen = augment(pixels, RECIPES["paper"], generator(0, Purpose.AUGMENTATION))
    flipped = torch.tensor([torch.equal(new, old.flip(-1)) for new, old in zip(seen, pixels, strict=True)])
    same = torch.tensor([torch.equal(new, old) for new, old in zip(seen, pixels, strict=True)])
    assert bool((flipped ^ same).all())
    assert 160 < int(flipped.sum()) < 240


@pytest.mark.parametrize(
    ("field", "moved"),
    [
        ("shift", True),
        ("rotation", True),
        ("zoom", True),
        ("stretch", True),
        ("brightness", False),
        ("contrast", False),
        ("gamma", False),
        ("black", False),
    ],
)
def test_each_augmentation_acts_and_stays_within_its_limit(field: str, moved: bool) -> None:
    limit = 5.0 if field == "rotation" else 0.1
    recipe = RECIPES["paper"].changed(flip=0.0, **{field: limit})
    ramp = torch.linspace(0.2, 0.8, 64).expand(50, 1, 48, 64)
    seen = augment(ramp, recipe, generator(0, Purpose.AUGMENTATION))
    assert seen.shape == ramp.shape
    assert 0.0 <= float(seen.min()) <= float(seen.max()) <= 1.0
    change = (seen - ramp).abs().amax(dim=(1, 2, 3))
    assert float(change.max()) > 0.01
    assert float(change.max()) < 0.15
    if not moved:  # the order of grey values stays
        assert bool((seen.diff(dim=-1) > -1e-6).all())


def test_a_stretch_changes_the_ratio_of_width_to_height() -> None:
    """A square becomes as much lower as it becomes wider; at most by the limit."""
    film = torch.zeros(300, 1, 100, 100)
    film[:, :, 30:70, 30:70] = 1.0
    seen = augment(
        film, RECIPES["paper"].changed(flip=0.0, stretch=0.3), generator(0, Purpose.AUGMENTATION)
    ).mean(dim=1)
    width, height = seen[:, 50].sum(dim=1), seen[:, :, 50].sum(dim=1)
    ratio = (width / height).log()
    assert 0.25 < float(ratio.max()) < 0.32
    assert -0.32 < float(ratio.min()) < -0.25
    assert torch.allclose(width * height, torch.tensor(1600.0), rtol=0.05)


def test_negatives_alone_are_made_taller() -> None:
    film = torch.zeros(300, 1, 100, 100)
    film[:, :, 30:70, 30:70] = 1.0
    labels = torch.arange(300) % 2
    recipe = RECIPES["paper"].changed(flip=0.0, heighten_negatives=0.3)
    uniform = augmentation.view_draws(len(film), generator(0, Purpose.AUGMENTATION))
    seen = augmentation.augment(film, labels, recipe, uniform).mean(dim=1)
    taller = (seen[:, :, 50].sum(dim=1) / seen[:, 50].sum(dim=1)).log()
    assert torch.allclose(taller[labels == 1], torch.tensor(0.0), atol=1e-3)
    assert -0.02 < float(taller[labels == 0].min()) < 0.03
    assert 0.27 < float(taller[labels == 0].max()) < 0.32


def test_black_rises_and_white_stays() -> None:
    film = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(300, 1, 1, 2)
    recipe = RECIPES["paper"].changed(flip=0.0, black=0.1)
    black, white = augment(film, recipe, generator(0, Purpose.AUGMENTATION)).flatten(1).unbind(1)
    assert bool((white == 1.0).all())
    assert 0.0 <= float(black.min()) < 0.01
    assert 0.09 < float(black.max()) <= 0.1


def test_softness_changes_what_stands_out_and_no_plain_grey() -> None:
    """A dot on grey becomes fainter or stands out more by up to the limit; what is even stays."""
    recipe = RECIPES["paper"].changed(flip=0.0, softness=0.4)
    film = torch.full((300, 1, 112, 112), 0.5)
    assert torch.allclose(augment(film, recipe, generator(0, Purpose.AUGMENTATION)), film)
    film[:, :, 56, 56] = 0.7
    seen = augment(film, recipe, generator(0, Purpose.AUGMENTATION))
    contrast = (seen[:, 0, 56, 56] - 0.5) / 0.2
    assert 0.6 <= float(contrast.min()) < 0.65
    assert 1.35 < float(contrast.max()) <= 1.4


def test_a_field_that_is_new_leaves_the_other_draws_as_they_were() -> None:
    recipe = RECIPES["paper"].changed(rotation=5.0, gamma=0.2)
    film = torch.rand(20, 1, 16, 16)
    seen = augment(film, recipe, generator(0, Purpose.AUGMENTATION))
    also = augment(film, recipe.changed(black=1e-9), generator(0, Purpose.AUGMENTATION))
    assert torch.allclose(seen, also, atol=1e-6)


def test_geometry_is_what_it_says() -> None:
    """A lone bright dot goes where a shift, a zoom or a mirror of that size puts it."""
    film = torch.zeros(200, 1, 101, 101)
    film[:, :, 50, 75] = 1.0
    for recipe, reach in (
        (RECIPES["paper"].changed(flip=0.0, shift=0.1), 10.1),
        (RECIPES["paper"].changed(flip=0.0, zoom=0.2), 0.2 * 25.5),
        (RECIPES["paper"].changed(flip=0.0, stretch=0.4), (np.exp(0.2) - 1) * 25.5),
        (RECIPES["paper"].changed(flip=0.0, rotation=10.0), 25 * np.sin(np.radians(10.0))),
    ):
        seen = augment(film, recipe, generator(0, Purpose.AUGMENTATION))
        spots = seen.flatten(1).argmax(dim=1)
        row, column = spots // 101 - 50, spots % 101 - 75
        travelled = torch.maximum(row.abs(), column.abs()).float()
        assert 0.8 * reach < float(travelled.max()) <= reach + 1.0
    mirrored = augment(
        film, RECIPES["paper"].changed(flip=1.0, shift=1e-6), generator(0, Purpose.AUGMENTATION)
    )
    assert set((mirrored.flatten(1).argmax(dim=1) % 101).tolist()) == {25}
