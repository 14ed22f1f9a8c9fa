"""The worst plausible film: a dense grid in two dimensions is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.base import progress
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.errors import AnswerError, ArgumentError
from cxr_gui.core.inspect import PlausibleFilm, handled, worst_plausible
from cxr_gui.core.shifts import Ward
from tests.support.victims import classifier_of

SIDE = 48
STILL = {"exposure": 1.0, "gamma": 1.0, "rotation": 0.0, "right": 0.0, "down": 0.0, "zoom": 1.0}


class Reader(nn.Module):
    """Weighs every place of the film, smoothly, and its brightness: bent, so that no part alone decides."""

    def __init__(self, seed: int, bias: float) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        coarse = torch.randn(1, 1, 5, 5, generator=generator)
        self.weights = nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic")
        self.bias = bias

    def forward(self, pixels: Tensor) -> Tensor:
        seen = (pixels.mean(1, keepdim=True) * self.weights).flatten(1).mean(1, keepdim=True)
        return 40 * seen + 3 * torch.tanh(4 * (pixels.flatten(1).mean(1, keepdim=True) - 0.4)) + self.bias


def pixels(seed: int = 0) -> Tensor:
    coarse = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(seed))
    smooth = nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic").clamp(0, 1)
    return (smooth * 255).round() / 255


def reader(seed: int, away: float) -> nn.Module:
    """A classifier whose logit of `pixels(seed)` is `away`."""
    network = Reader(seed, 0.0)
    with torch.no_grad():
        network.bias = away - float(classifier_of(network)(handled(pixels(seed), [Ward().handling([0] * 6)])))
    return classifier_of(network)


def found(classifier: nn.Module, ward: Ward, seed: int = 0, **options: object) -> PlausibleFilm:
    levels = np.rint(255 * pixels(seed)[0, 0].numpy()).astype(np.uint8)
    return progress.run(worst_plausible(classifier, levels, ward, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pair", [("exposure", "gamma"), ("rotation", "right"), ("gamma", "zoom")])
def test_it_is_as_mild_as_the_mildest_of_a_dense_grid(pair: tuple[str, str], seed: int) -> None:
    usual = vars(Ward())
    ward = Ward(**{**STILL, **{name: usual[name] for name in pair}})
    classifier = reader(seed, 0.4)
    axis = np.linspace(-1, 1, 41)
    shares = np.zeros((41 * 41, 6))
    shares[:, ward.open] = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    with torch.no_grad():
        films = handled(pixels(seed), [ward.handling(each) for each in shares.tolist()])
        flips = wrong(classifier(films), torch.ones(len(shares), dtype=torch.int64), 0.0).numpy()
    result = found(classifier, ward, seed)
    assert result.flipped == bool(flips.any())
    if result.flipped:
        mildest = np.abs(shares[flips]).max(axis=1).min()
        assert result.share <= mildest + 0.03


@pytest.mark.parametrize("seed", range(6))
def test_what_it_says_flips_does_flip_and_is_what_passes(seed: int) -> None:
    classifier = reader(seed, -0.3)
    result = found(classifier, Ward(), seed)
    with torch.no_grad():
        logit = float(classifier(handled(pixels(seed), [result.handling])))
    assert logit == pytest.approx(result.logit, abs=1e-4)
    assert result.flipped == (logit >= 0)
    assert 0 <= result.share <= 1
    said = result.sentence
    assert said.startswith("Flips at ") if result.flipped else "proves nothing" in said
    assert result.handling.words in said


def test_a_film_that_is_wrong_already_needs_no_handling() -> None:
    result = found(reader(0, 0.4), Ward(), label=0)
    assert result.flipped
    assert result.share == 0
    assert result.tried == 1
    assert result.sentence == "Wrong as it is: nothing has to befall it."


def test_a_decision_that_nothing_moves_is_said_to_be_no_proof() -> None:
    result = found(reader(0, 500.0), Ward())
    assert not result.flipped
    assert "proves nothing" in result.sentence


def test_the_same_seed_finds_the_same() -> None:
    assert found(reader(3, 0.5), Ward(), 3) == found(reader(3, 0.5), Ward(), 3)


def test_a_ward_where_nothing_passes_is_refused() -> None:
    with pytest.raises(ArgumentError, match="lets nothing change"):
        found(reader(0, 0.4), Ward(**STILL))


def test_an_answer_that_is_not_finite_is_refused() -> None:
    with pytest.raises(AnswerError, match="NaN or infinity"):
        found(reader(0, float("nan")), Ward())
