"""How long does the strongest attack on record take? `python -m tests.benchmarks.ensemble_speed DATA`.

For each shipped classifier first the speed of the ensemble's members, in films times steps or queries a
second, at an epsilon that every film resists. Then a sample of the test films is swept as by
`main.py sweep --attack ensemble --descending`, unless `--images` is 0. The processor's time on one thread is
printed, which other work on the machine changes little, and what it comes to for all of the films in batches
of as many. The larger a batch, the less a film costs: a step takes Python as long for one film as for 600.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from cxr_gui.core.attacks.apgd import APGD
from cxr_gui.core.attacks.ensemble import Ensemble
from cxr_gui.core.attacks.fab import FAB
from cxr_gui.core.attacks.protocol import Attack
from cxr_gui.core.attacks.square import Square
from cxr_gui.core.base import progress, units
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.shipped_classifiers import shipped
from cxr_gui.core.study.pipeline import sweep_dataset
from tests.benchmarks.attack_speed import images

EPSILONS = "0,1/255,0.005,2/255,0.015,4/255,0.025,8/255,0.05"
"""1, 2, 4 and 8/255 beside the study's, in pixel units."""

MEMBERS: dict[str, tuple[Callable[[int], Attack], int]] = {
    "APGD": (APGD, 20),
    "FAB": (FAB, 20),
    "Square": (Square, 200),
}


def seconds(work: Callable[[], object]) -> float:
    """The processor's time that it takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def rate(classifier: Classifier, make: Callable[[int], Attack], count: int, pixels: Tensor) -> float:
    """Films times steps a second: what twice the steps take longer, so that the beginning does not count."""
    labels = classifier.positive(classifier(pixels)).long()
    half, whole = (
        seconds(partial(make(number), classifier, pixels, labels, 1e-6)) for number in (count, 2 * count)
    )
    return len(pixels) * count / (whole - half)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--images", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dataset = progress.run(scan(options.data))
    films = sum(record.label is not None for record in dataset.of("test"))
    for entry in shipped():
        classifier = load(entry.path).eval().to(memory_format=torch.channels_last)
        with torch.no_grad():
            rates = {
                name: rate(classifier, make, count, images(32)) for name, (make, count) in MEMBERS.items()
            }
        said = ", ".join(f"{name} {found:,.0f}/s" for name, found in rates.items())
        sys.stdout.write(f"{entry.name:10} {said}\n")
        sys.stdout.flush()
        if not options.images:
            continue
        sweep = sweep_dataset(
            classifier,
            dataset,
            Ensemble(),
            units.parse_epsilons(EPSILONS, "pixel"),
            batch_size=options.images,
            device="cpu",
            limit=options.images,
            noise=False,
            critical=False,
            descending=True,
            checked=0,
        )
        taken = seconds(partial(progress.run, sweep))
        sys.stdout.write(
            f"{'':10} {options.images} films in {taken / 60:.1f} min, so {films} in batches of "
            f"{options.images} in {taken / 60 * films / options.images:.0f} min\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
