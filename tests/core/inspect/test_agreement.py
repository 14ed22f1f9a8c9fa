"""How far two explanations agree: identical ones to 1, random ones not at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cxr_gui.core.inspect import agreement

VALUES = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)


def test_the_same_explanation_on_any_scale_agrees_to_one() -> None:
    assert agreement(VALUES, VALUES) == pytest.approx(1)
    assert agreement(VALUES, 7 * VALUES + 3) == pytest.approx(1)
    assert agreement(VALUES, -VALUES) == pytest.approx(-1)


def test_random_ones_do_not_agree_and_half_of_one_does_by_half() -> None:
    other = np.random.default_rng(1).normal(size=VALUES.shape)
    assert abs(agreement(VALUES, other)) < 0.05
    mixed = VALUES + math.sqrt(3) * other
    assert agreement(VALUES, mixed) == pytest.approx(0.5, abs=0.05)
    assert agreement(VALUES, mixed) == pytest.approx(np.corrcoef(VALUES.ravel(), mixed.ravel())[0, 1])


def test_what_is_the_same_everywhere_agrees_with_nothing() -> None:
    assert math.isnan(agreement(VALUES, np.ones_like(VALUES)))
    assert math.isnan(agreement(VALUES, VALUES[:32]))
