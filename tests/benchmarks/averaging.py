"""What the running mean of the weights is worth: balanced accuracy on validation, with and without it.

    python -m tests.benchmarks.averaging

The demo's recipe on the demo's films, with its rate that falls to 0 by a cosine and with a constant one,
three seeds each; a row is the epochs of one training. Recorded in resources/docs/decisions/running-mean.md.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from cxr_gui.core.base import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.study.pipeline import DEMO_RECIPE, DEMO_TEST, DEMO_TRAIN
from cxr_gui.core.training.recipes import TrainConfig
from cxr_gui.core.training.training import train

KEPT = (0.0, 0.995)
"""Without, and as the robust recipes have it."""
SEEDS = range(3)


def accuracies(dataset: Dataset, out: Path, schedule: str, averaging: float, seed: int) -> list[float]:
    """The balanced accuracy in per cent on validation, p >= 0.5, after each epoch of one training."""
    recipe = DEMO_RECIPE.changed(schedule=schedule, averaging=averaging)
    config = TrainConfig("compact_cnn", recipe=recipe, seed=seed, device="cpu")
    run = progress.run(train(dataset, out / f"{schedule}-{averaging}-{seed}", config))
    return [100 * (row.validation_balanced_accuracy or 0.0) for row in run.history]


def main() -> None:
    """Train and print."""
    with tempfile.TemporaryDirectory(prefix="cxr-averaging-") as place:
        folder = progress.run(write_demo(Path(place) / "films", train=DEMO_TRAIN, test=DEMO_TEST))
        dataset = progress.run(scan(folder))
        for schedule in ("cosine", "constant"):
            for averaging in KEPT:
                runs = [accuracies(dataset, Path(place), schedule, averaging, seed) for seed in SEEDS]
                for seed, run in enumerate(runs):
                    epochs = " ".join(f"{value:6.1f}" for value in run)
                    sys.stdout.write(f"{schedule:<9} averaging {averaging:<6g} seed {seed} {epochs}\n")
                means = " ".join(f"{statistics.mean(epoch):6.1f}" for epoch in zip(*runs, strict=False))
                sys.stdout.write(f"{schedule:<9} averaging {averaging:<6g} mean   {means}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
