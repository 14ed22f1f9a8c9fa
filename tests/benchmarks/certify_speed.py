"""How long do proofs take? `python -m tests.benchmarks.certify_speed DATA`, the folder of the dataset.

For each shipped classifier and method: the seconds for the certified radii of all test films, the time
of a single one, the ratio of one bound to the forward of the same films, and by how much the search beats
plain bisection in float64 on the same few films. Run it on a quiet machine; processor seconds are those of
all its cores. With --compare N: how many of N films each bound proves at single epsilons, and what it costs;
the backward one takes minutes a film where training was not on bounds.
"""

from __future__ import annotations

import argparse
import itertools
import math
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cxr_gui.core.attacks import logits_of
from cxr_gui.core.base import progress
from cxr_gui.core.certify import BOUNDS, TOLERANCE, Prover, certified_radii
from cxr_gui.core.images import read
from cxr_gui.core.models import Classifier, load, shipped

METHODS = (("interval", 0), ("linear", 0), ("linear", 8))
EPSILONS = (0.002, 0.005, 0.025, 0.05)
"""Pixel units."""


def films(folder: Path, limit: int) -> tuple[Tensor, Tensor]:
    """Pixels [N, 1, 224, 224] and labels [N] of the test split."""
    pixels, labels = [], []
    for label, name in enumerate(("NORMAL", "PNEUMONIA")):
        for path in sorted((folder / "test" / name).glob("*.jpeg"))[: limit // 2]:
            values = torch.from_numpy(np.array(read(path).pixels))[None, None]
            pixels.append(torch.nn.functional.interpolate(values, (224, 224), mode="area")[0])
            labels.append(label)
    return torch.stack(pixels).clamp(0, 1), torch.tensor(labels)


def bisected(prover: Prover, pixels: Tensor, labels: Tensor) -> Tensor:
    """The radii as `Prover.radii` finds them, by bisection of float64 bounds between 0 and 1."""
    low, high = torch.zeros(len(pixels), dtype=torch.float64), torch.ones(len(pixels), dtype=torch.float64)
    while bool((high - low > TOLERANCE).any()):
        middle = (low + high) / 2
        proven = prover.margins(pixels, labels, middle) >= 0
        low, high = torch.where(proven, middle, low), torch.where(proven, high, middle)
    return low


def time_search(classifier: Classifier, pixels: Tensor, labels: Tensor, bound: str, steps: int) -> None:
    """Print what it takes to find the certified radii."""
    prover, first, some = Prover(classifier, bound, steps), slice(16), slice(None, None, len(pixels) // 16)
    _, forward = timed(lambda: logits_of(classifier, pixels[first]))
    _, once = timed(lambda: prover.margins(pixels[first], labels[first], 0.001))
    slow, bisection = timed(lambda: bisected(prover, pixels[some], labels[some]))
    fast, search = timed(lambda: prover.radii(pixels[some], labels[some]))
    _, single = timed(lambda: Prover(classifier, bound, steps).radii(pixels[:1], labels[:1]))
    busy, work = (
        time.process_time(),
        certified_radii(classifier, [(pixels, labels)], bound=bound, steps=steps),
    )
    radii, seconds = timed(lambda: progress.run(work))
    sys.stdout.write(
        f"{classifier.name}, {bound}, {steps} steps: {len(radii)} films {seconds:.1f} s "
        f"(processor {time.process_time() - busy:.1f} s), one {1000 * single:.0f} ms, "
        f"a bound is {once / forward:.1f} forwards, {bisection / search:.1f} times as fast as bisection and "
        f"{float((fast - slow).abs().max()):.1e} from it, "
        f"peak so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB, "
        f"median radius {float(radii.median()):.6f}\n"
    )


def compare_bounds(classifier: Classifier, pixels: Tensor, labels: Tensor) -> None:
    """Print how many films each bound proves at each epsilon, and the processor seconds a film."""
    for epsilon, bound in itertools.product(EPSILONS, BOUNDS):
        prover, start = Prover(classifier, bound), time.process_time()
        proven = int((prover.margins(pixels, labels, epsilon) >= 0).sum())
        sys.stdout.write(
            f"{classifier.name}, {bound}, epsilon {2 * epsilon:g}: {proven} of {len(pixels)} films proven, "
            f"{(time.process_time() - start) / len(pixels):.2f} s a film\n"
        )


def timed(work: Callable[[], Tensor]) -> tuple[Tensor, float]:
    """What comes of it, and the seconds it takes."""
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=780)
    parser.add_argument("--compare", type=int, default=0)
    parser.add_argument("--classifiers", nargs="*", help="the shipped ones to time; all, if none is named")
    given = parser.parse_args()
    pixels, labels = films(given.data, given.limit)
    for entry in shipped():
        if given.classifiers and entry.name not in given.classifiers:
            continue
        classifier = load(entry.path).eval()
        for bound, steps in METHODS:
            time_search(classifier, pixels, labels, bound, steps)
        if given.compare:
            some = slice(None, None, math.ceil(len(pixels) / given.compare))
            compare_bounds(classifier, pixels[some], labels[some])


if __name__ == "__main__":
    main()
