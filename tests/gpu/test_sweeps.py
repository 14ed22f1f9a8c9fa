"""Sweeps and bounds: the GPU's answers are the processor's, and memory that runs out is told in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from cxr_gui.core.attacks import logits_of, pgd
from cxr_gui.core.base import progress, published, units
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.errors import ResourceError
from cxr_gui.core.certify import Prover
from cxr_gui.core.models import ROBUST, find_shipped, load
from cxr_gui.core.sweep import SweepResult, sweep_store
from tests.gpu.made import pixels_of, store_of, taught
from tests.gpu.test_training import at_most

Tell = Callable[[str, object], None]
EPSILONS = [units.to_pixel(value, "model") for value in published.EPSILONS]


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_sweep_counts_alike_on_both(
    attack: str, device: torch.device, count: int, record_property: Tell
) -> None:
    store = store_of(count)
    classifier = taught("compact_cnn", store, device)
    here, there = (
        progress.run(sweep_store(classifier, store, attack, EPSILONS, device=place, checked=4))
        for place in (torch.device("cpu"), device)
    )
    assert there.rows.tolist() == here.rows.tolist()
    equal = float(np.mean((here.logits >= 0) == (there.logits >= 0)))
    record_property("equal decisions", round(equal, 4))
    assert equal >= 0.97
    assert [check.passed for check in there.checks] == [check.passed for check in here.checks]


def test_bounds_agree_and_no_attack_on_the_gpu_crosses_one(
    device: torch.device, count: int, record_property: Tell
) -> None:
    if device.type == "mps":
        pytest.skip("bounds are float64, which MPS has not: they are computed on the processor")
    classifier = load(_shipped(ROBUST)).eval()
    pixels = pixels_of(store_of(count))[0][:, :1]
    labels = classifier.positive(logits_of(classifier, pixels)).long()
    radii = Prover(classifier, "interval").radii(pixels, labels)
    classifier = classifier.to(device)
    there = Prover(classifier, "interval").radii(pixels.to(device), labels.to(device)).cpu()
    record_property("largest difference of radii", float((there - radii).abs().max()))
    torch.testing.assert_close(there, radii, atol=1e-5, rtol=1e-3)
    proven = there > 0
    assert bool(proven.any())
    some, truth = pixels[proven].to(device), labels[proven].to(device)
    attacked = pgd(classifier, some, truth, there[proven].float().to(device), steps=20, early_stop=False)
    assert not bool(wrong(logits_of(classifier, attacked), truth, classifier.threshold_logit).any())


def test_a_batch_of_a_sweep_that_fits_in_no_half_is_refused_in_words(cuda: torch.device) -> None:
    store = store_of(64)
    classifier = taught("paper_cnn", store, cuda, steps=1)
    held = logits_of(classifier.to(cuda), pixels_of(store)[0][:1].to(cuda))
    with at_most(cuda, 160 * 2**20), pytest.raises(ResourceError, match="not enough memory") as failure:
        progress.run(_swept(classifier, store_of(512), cuda))
    assert "smaller batch size" in failure.value.hint
    assert bool(held.isfinite().all())


def _shipped(name: str) -> Path:
    found = find_shipped(name)
    assert found is not None
    return found.path


def _swept(classifier: torch.nn.Module, store: object, device: torch.device) -> progress.Work[SweepResult]:
    return sweep_store(classifier, store, "fgsm", EPSILONS, batch_size=512, device=device)  # type: ignore[arg-type]
