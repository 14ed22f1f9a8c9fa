"""A sweep made by hand, with answers that can be worked out, for the tests of charts and reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import published, units
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.trust.check import Check

ABOUT = {"architecture": published.ARCHITECTURE, "recipe": published.RECIPE, "channels": 3}
"""What a sweep of the published study's classifier says of it."""

EPSILONS = np.array([units.to_pixel(value, "model") for value in published.EPSILONS])


def path_of(image: int) -> str:
    """What an image of the sample is called."""
    return f"test/image{image}.jpeg"


def as_published(patch: pytest.MonkeyPatch) -> None:
    """Have the images of `sweep_result` taken for those of the published study."""
    images = published.NEGATIVE_IMAGES + published.POSITIVE_IMAGES
    patch.setattr(published, "TEST_FILES", published.digest(map(path_of, range(images))))


def sweep_result(
    *, negative: int = published.NEGATIVE_IMAGES, positive: int = published.POSITIVE_IMAGES, **changes: Any
) -> SweepResult:
    """Logits that fall in a straight line: an image of margin m flips at epsilon m / 100 (pixel units).

    A fifth of the negative images is wrong at once; every other image's margin is spread evenly over 0..8.
    """
    labels = np.repeat([0, 1], [negative, positive])
    margins = np.concatenate([np.linspace(-2, 8, negative), np.linspace(0.01, 8, positive)])
    signs = np.where(labels == 1, 1.0, -1.0)
    logits = (signs * (margins - 100 * EPSILONS[:, None])).astype(np.float32)
    critical = np.where(margins <= 0, 0.0, margins / 100)
    result = SweepResult(
        epsilons=EPSILONS,
        logits=logits,
        clean_logits=logits[0],
        labels=labels,
        rows=np.arange(len(labels)),
        threshold_logit=0.0,
        classes=("NORMAL", "PNEUMONIA"),
        attack=create_attack("fgsm"),
        threat="rgb",
        noise_logits=(signs * (margins - 5 * EPSILONS[:, None])).astype(np.float32),
        critical=np.where(critical > EPSILONS.max(), np.inf, critical),
        paths=tuple(map(path_of, range(len(labels)))),
        checks=(
            Check("iterative at least as strong", True, 1.5, "PGD breaks 1.5 points more than FGSM does."),
            Check("noise weaker", False, 0.2, "Random noise breaks as many images as the attack."),
        ),
        seconds=83.0,
        about={"seed": 7, "versions": {"torch": "2.15.0"}, "device": "cpu", **ABOUT},
    )
    return replace(result, **changes)
