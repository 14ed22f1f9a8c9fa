"""What sweeps of shifts come to: balanced accuracy in the mean over all shifts, and beside the baseline.

    python -m tests.benchmarks.shift_means SWEEP...

Each SWEEP is a folder that `sweep --shift every --baseline NAME` wrote. A shift counts once, as the mean over
its severities; then come the shifts one by one.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean


def main(folders: list[str]) -> None:
    for folder in folders:
        with (Path(folder) / "shifts.csv").open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["shift"]]
        found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            found[row["classifier"]][row["shift"]].append(float(row["balanced_accuracy"]))
        means = {name: {s: mean(values) for s, values in own.items()} for name, own in found.items()}
        last = list(means)[-1]
        for name, own in means.items():
            better = sum(own[shift] > means[last][shift] for shift in own)
            print(f"{folder} {name}: {mean(own.values()):.1%}, above {last} in {better} of {len(own)}")  # noqa: T201
            print("  " + ", ".join(f"{shift} {value:.1%}" for shift, value in own.items()))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
