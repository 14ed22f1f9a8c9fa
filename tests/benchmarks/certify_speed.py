"""How long do proofs take? `python -m tests.benchmarks.certify_speed DATA`, the folder of the dataset.

For each shipped classifier and method: the seconds for the certified radii of all test films, the time
of a single one, the ratio of one bound to the forward of the same films, and by how much the search beats
plain bisection in float64 on the same few films. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cxr_gui.core.attacks import logits_of
from cxr_gui.core.base import progress
from cxr_gui.core.certify import TOLERANCE, Prover, certified_radii
from cxr_gui.core.images import read
from cxr_gui.core.models import load, shipped

METHODS = {"intervals": None, "linear": 0, "linear, slopes improved": 8}


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=780)
    given = parser.parse_args()
    pixels, labels = films(given.data, given.limit)
    for entry in shipped():
        classifier = load(entry.path).eval()
        start = time.perf_counter()
        logits_of(classifier, pixels[:16])
        forward = time.perf_counter() - start
        for method, steps in METHODS.items():
            prover = Prover(classifier, steps)
            start = time.perf_counter()
            prover.margins(pixels[:16], labels[:16], 0.001)
            bound = time.perf_counter() - start
            some = slice(None, None, len(pixels) // 16)
            start = time.perf_counter()
            slow = bisected(prover, pixels[some], labels[some])
            bisection = time.perf_counter() - start
            start = time.perf_counter()
            fast = prover.radii(pixels[some], labels[some])
            ratio = bisection / (time.perf_counter() - start)
            start = time.perf_counter()
            prover.radii(pixels[:1], labels[:1])
            single = time.perf_counter() - start
            start = time.perf_counter()
            radii = progress.run(certified_radii(classifier, [(pixels, labels)], steps=steps))
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            sys.stdout.write(
                f"{entry.name}, {method}: {len(radii)} films {seconds:.1f} s, one {1000 * single:.0f} ms, "
                f"a bound is {bound / forward:.1f} forwards, {ratio:.1f} times as fast as bisection and "
                f"{float((fast - slow).abs().max()):.1e} from it, peak so far {peak:.2f} GiB, "
                f"median radius {float(radii.median()):.6f}\n"
            )


if __name__ == "__main__":
    main()
