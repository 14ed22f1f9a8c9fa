"""The noise control: blocks as well as pixels, the strongest kind for each epsilon, whatever the batches."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.noise import SCALES, Noise
from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.report.front import answer
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.sweep.noise_control import strongest
from tests.support.made_data import EPSILONS, batches, finished
from tests.support.victims import cnn, radiographs


class Pooling(nn.Module):
    """Sees nothing but the mean of blocks of `side` pixels, and of their differences only the size."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, pixels: Tensor) -> Tensor:
        means = nn.functional.avg_pool2d(pixels.mean(dim=1, keepdim=True), self.side)
        return (means - 0.5).square().flatten(1).mean(dim=1) - (means.flatten(1).mean(dim=1) - 0.5).square()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", SCALES)
def test_a_sign_holds_for_a_block_of_all_channels(scale: int, channels: int) -> None:
    batch = Batch(torch.zeros(6, channels, 40, 72), torch.zeros(6), range(6))
    signs = Noise(3, scale).signs(batch)
    assert signs.shape == batch.pixels.shape
    assert signs.abs().eq(1).all()
    assert -1 < float(signs.mean()) < 1
    alone = Noise(3, scale).signs(Batch(batch.pixels[4:], batch.labels[4:], [4, 5]))
    assert torch.equal(alone, signs[4:]), "an image has its noise in any batch"
    assert not torch.equal(Noise(4, scale).signs(batch), signs)
    if scale != 1:
        side = scale or 72
        blocks = signs[:, :1, ::side, ::side]
        for row, column in ((0, 0), (17, 33), (39, 71)):
            expected = blocks[:, :, row // side, column // side].expand(-1, channels)
            assert torch.equal(signs[:, :, row, column], expected)


def test_a_network_that_pools_is_met_by_noise_of_its_own_scale() -> None:
    films = 0.5 * torch.ones(16, 3, 64, 64)
    result = finished(Pooling(16), [(films, torch.zeros(16))], "fgsm", [0.0, 0.1, 0.2], noise=True)
    assert result.noise_scales == (1, 16, 16)
    assert [point.noise_kind for point in result.points[1:]] == ["blocks of 16 x 16"] * 2


def test_the_strongest_is_chosen_for_each_epsilon_and_ties_are_pixel_noise() -> None:
    harm = torch.zeros(5, len(SCALES), 3)
    harm[:, 2, 1], harm[:, 6, 2] = 1.0, 0.5
    assert strongest(harm) == (1, 4, 0)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_the_choice_and_the_noise_do_not_depend_on_the_batches(size: int) -> None:
    pixels = radiographs(40)
    labels = torch.arange(40) % 2
    given = [(pixels[at : at + size], labels[at : at + size]) for at in range(0, 40, size)]
    whole = finished(cnn(), [(pixels, labels)], "fgsm", EPSILONS, noise=True, seed=2)
    parts = finished(cnn(), given, "fgsm", EPSILONS, noise=True, seed=2)
    assert parts.noise_scales == whole.noise_scales
    np.testing.assert_allclose(parts.noise_logits, whole.noise_logits, atol=1e-5)


def test_the_kind_is_kept_on_disk_and_an_older_sweep_had_pixel_noise(tmp_path: Path) -> None:
    result = finished(cnn(), batches(20), "fgsm", EPSILONS, noise=True)
    result = replace(result, noise_scales=(1, 4, 4, 0, 8))
    write_sweep(result, tmp_path)
    assert read_sweep(tmp_path).noise_scales == (1, 4, 4, 0, 8)
    document = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    for point in document["points"]:
        del point["noise_scale"]
    (tmp_path / "sweep.json").write_text(json.dumps(document), encoding="utf-8")
    older = read_sweep(tmp_path)
    assert {point.noise_kind for point in older.points} == {"pixel noise"}
    np.testing.assert_array_equal(older.noise_logits, result.noise_logits)


def test_the_summary_says_which_kind_won() -> None:
    result = finished(cnn(), batches(20), "fgsm", EPSILONS, noise=True)
    said = answer(replace(result, noise_scales=(1, 1, 2, 8, 16)))
    assert "Random noise of that epsilon (blocks of 16 x 16) leaves" in said


def test_without_an_epsilon_there_is_no_kind_to_choose() -> None:
    result = finished(cnn(), batches(8), "fgsm", [0.0], noise=True)
    assert result.points[0].noise_accuracy == result.points[0].accuracy
