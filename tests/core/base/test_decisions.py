"""Probability, margin and decision mean the same of a number, an array and a tensor."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cxr_gui.core.base.decisions import margin, probability, wrong

LOGITS = [-800.0, -20.0, -1.0, 0.0, 0.3, 5.0, 800.0]


def test_a_probability_is_the_sigmoid_however_large_the_logit() -> None:
    expected = torch.tensor(LOGITS, dtype=torch.float64).sigmoid().numpy()
    np.testing.assert_allclose(probability(np.array(LOGITS)), expected, atol=1e-15)
    np.testing.assert_allclose([probability(logit) for logit in LOGITS], expected, atol=1e-15)
    assert probability(np.array(LOGITS, np.float32)).dtype == np.float64
    assert math.isnan(probability(math.nan))


@pytest.mark.parametrize("threshold", [0.0, 0.3, -1.0])
@pytest.mark.parametrize("label", [0, 1])
def test_a_decision_is_wrong_where_the_margin_says_so_and_positive_on_the_threshold(
    label: int, threshold: float
) -> None:
    expected = [(logit >= threshold) is not bool(label) for logit in LOGITS]
    labels = [label] * len(LOGITS)
    assert [wrong(logit, label, threshold) for logit in LOGITS] == expected
    assert wrong(np.array(LOGITS), np.array(labels), threshold).tolist() == expected
    for kind in (torch.int64, torch.float32, torch.bool):
        truth = torch.tensor(labels, dtype=kind)
        assert wrong(torch.tensor(LOGITS, dtype=torch.float64), truth, threshold).tolist() == expected
    found = margin(np.array(LOGITS), np.array(labels), threshold)
    away = found != 0
    assert (found > 0)[away].tolist() == np.array(expected)[away].tolist()
    torch.testing.assert_close(
        margin(torch.tensor(LOGITS, dtype=torch.float64), torch.tensor(labels), threshold),
        torch.from_numpy(found),
    )
