"""Attacks aim at the classifier's own threshold, wherever it lies: on a line the radius is known."""

from __future__ import annotations

import math

import pytest
import torch

from cxr_gui.core.attacks import create_attack
from cxr_gui.core.attacks.gradient import threshold_logit
from cxr_gui.core.base.decisions import wrong
from tests.support.victims import linear, radiographs

STRONG = ["fgsm", "ifgsm", "mifgsm", "pgd", "apgd", "fab", "ensemble"]


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", [*STRONG, "square"])
def test_just_beyond_the_radius_every_image_is_broken_and_just_within_none(
    name: str, threshold: float
) -> None:
    classifier = linear(4, threshold=threshold)
    pixels = 0.4 + 0.2 * radiographs(8, dtype=torch.float64)  # far from 0 and 1, so that no ball is cut
    with torch.no_grad():
        logits = classifier(pixels)
    limit = threshold_logit(classifier)
    assert limit == pytest.approx(math.log(threshold / (1 - threshold)))
    labels = (logits >= limit).long()
    radii = (logits - limit).abs() / classifier.network[1].weight.abs().sum()
    beyond = 1.01 if name in STRONG else 4.0
    attack = create_attack(name)
    with torch.no_grad():
        for share, broken in ((beyond, True), (0.99, False)):
            found = classifier(attack(classifier, pixels, labels, share * radii))
            assert (wrong(found, labels, limit) == broken).all()
