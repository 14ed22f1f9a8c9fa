"""How much faster are attacks among block means? `python -m tests.benchmarks.reduction_speed`.

The same sweep or training adversary, with and without the exact reduction, in turn in one process; the median
of the ratios is printed. Full size over reduced, one thread, 16 images, 2 repeats, on a machine busy with
other things (differences under a tenth are noise):

                           level_cnn   compact_cnn
    FGSM sweep, grey           1.08x         0.99x
    FGSM sweep, rgb            1.09x         1.02x
    PGD sweep, grey            1.32x         0.99x
    PGD sweep, rgb             2.37x         1.23x
    training's adversary       1.08x         0.99x

The layers behind the pooling are most of the work: only what is done to pixels is saved.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from unittest import mock

import torch
from torch import Tensor

from cxr_gui.core.attacks.protocol import Attack
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.randomness import Purpose, generator
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.reduction import Reduction
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep.sweeping import sweep
from cxr_gui.core.training.adversary import attacked, perturbable, random_starts
from cxr_gui.core.training.recipes import RECIPES
from tests.benchmarks.attack_speed import images

EPSILONS = {"fgsm": [0.0, 0.005, 0.015, 0.025, 0.05], "pgd": [0.015]}
Work = Callable[[], object]


def swept(classifier: Classifier, pixels: Tensor, labels: Tensor, attack: Attack) -> Work:
    """A sweep of one batch."""
    return lambda: progress.run(sweep(classifier, [(pixels, labels)], attack, EPSILONS[attack.name]))


def adversary(classifier: Classifier, pixels: Tensor, labels: Tensor) -> Work:
    """What robust training does before each step."""
    recipe = RECIPES["robust-pgd"]

    def work() -> Tensor:
        clean = perturbable(classifier, pixels, recipe)
        starts = random_starts(classifier, clean, generator(0, Purpose.ATTACK))
        return attacked(classifier, clean, labels.float(), starts, recipe, 0.05)

    return work


def seconds(work: Work, context: AbstractContextManager[object]) -> float:
    with context:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rgb = images(options.images)
    labels = torch.arange(options.images) % 2
    pgd = create_attack("pgd", early_stop=False)
    for architecture in ("level_cnn", "compact_cnn"):
        torch.manual_seed(0)
        classifier = create(architecture).eval()
        grey = rgb[:, :1].contiguous()
        races = {
            f"{attack.title} sweep, {threat}": swept(classifier, pixels, labels, attack)
            for attack in (create_attack("fgsm"), pgd)
            for threat, pixels in (("grey", grey), ("rgb", rgb))
        } | {"training's adversary": adversary(classifier, grey, labels)}
        for name, work in races.items():
            seconds(work, nullcontext())
            pairs = [
                (
                    seconds(work, nullcontext()),
                    seconds(work, mock.patch.object(Reduction, "of", return_value=None)),
                )
                for _ in range(options.repeats)
            ]
            ratio = statistics.median(full / reduced for reduced, full in pairs)
            ours = statistics.median(reduced for reduced, _ in pairs)
            sys.stdout.write(f"{architecture:12} {name:22} {ours:6.2f} s   {ratio:5.2f}x\n")


if __name__ == "__main__":
    main()
