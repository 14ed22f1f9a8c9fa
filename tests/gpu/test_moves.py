"""What moves to the GPU stays what it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from cxr_gui.core.attacks import frozen, logits_of, loss_gradient
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.data import feed
from cxr_gui.core.training.learner import precision
from tests.gpu.made import pixels_of, store_of, taught

Tell = Callable[[str, object], None]
ROUNDING = 0.02
"""Logits may differ by this share of their spread: a GPU multiplies in TF32, of ten bits."""


@pytest.mark.parametrize("architecture", ["paper_cnn", "compact_cnn"])
def test_a_classifier_goes_there_and_back_and_answers_alike(
    architecture: str, device: torch.device, count: int, record_property: Tell
) -> None:
    store = store_of(count)
    classifier = taught(architecture, store, device, steps=5)
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    pixels, labels = pixels_of(store)
    here, gradient = loss_gradient(classifier, pixels, labels)
    there, also = loss_gradient(classifier.to(device), pixels.to(device), labels.to(device))
    assert there.device.type == device.type
    assert there.dtype == torch.float32
    apart = (there.cpu() - here).abs().max() / here.std()
    equal = float((gradient.sign() == also.cpu().sign()).float().mean())
    record_property("logits apart, of their spread", round(float(apart), 6))
    record_property("equal gradient signs", round(equal, 4))
    assert apart <= ROUNDING
    assert equal >= 0.95
    clear = here.abs() > ROUNDING * here.std()
    assert torch.equal(wrong(here, labels, 0.0)[clear], wrong(there.cpu(), labels, 0.0)[clear])
    for name, value in classifier.cpu().state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("share", [0.5, 0.0], ids=["whole", "batch by batch"])
def test_a_feed_gives_the_same_batches_on_every_device(
    share: float, device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SHARE", share)
    store, order = store_of(10), np.array([7, 1, 2, 9, 0])
    here = feed.Feed(store, torch.device("cpu")).batches(2, order)
    for (pixels, labels), (expected, truth) in zip(
        feed.Feed(store, device).batches(2, order), here, strict=True
    ):
        assert pixels.device.type == device.type
        torch.testing.assert_close(pixels.cpu(), expected, rtol=0, atol=1e-7)
        assert torch.equal(labels.cpu(), truth)


def test_batches_that_do_not_fit_as_a_whole_travel_from_pinned_memory(
    cuda: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SHARE", 0.0)
    pinned: list[bool] = []
    to = Tensor.to

    def watched(tensor: Tensor, *arguments: object, **options: object) -> Tensor:
        if options.get("non_blocking") and tensor.device.type == "cpu":
            pinned.append(tensor.is_pinned())
        return to(tensor, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Tensor, "to", watched)
    list(feed.Feed(store_of(4), cuda).batches(2))
    assert pinned
    assert all(pinned)


def test_training_multiplies_in_bfloat16_and_decides_in_float32(cuda: torch.device) -> None:
    store = store_of(4)
    classifier = taught("compact_cnn", store, cuda, steps=1).to(cuda)
    pixels = pixels_of(store)[0].to(cuda)
    with precision(cuda), frozen(classifier):
        assert classifier(pixels).dtype == torch.bfloat16
        assert logits_of(classifier, pixels).dtype == torch.float32
    assert {weight.dtype for weight in classifier.parameters()} == {torch.float32}
