"""What shifts cost: milliseconds a film for each, and minutes of a whole sweep.

    python -m tests.benchmarks.shift_speed [--data DIR] [--films 8] [--model compact_cnn]

Each shift is timed at the size the films have on disk, at its most severe, up to a classifier's input, beside
what a sweep does without any shift: decoding the film and resizing it. The sweep of
every shift at every severity is timed as it is run, on every core, and beside it the same by hand: a film
decoded anew for each severity, one after another. Without DIR the films are drawn.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cxr_gui.core.base.progress import run
from cxr_gui.core.data import Record, scan
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.images import read, to_input
from cxr_gui.core.models import Classifier, create
from cxr_gui.core.shifts import SHIFTS, SpacedImage, chance_of, shifted
from cxr_gui.core.sweep import sweep_shifts

SIDES = (1040, 1320)
"""Of the drawn films, as the published ones have."""


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def drawn(folder: Path, count: int) -> Path:
    """A folder of `count` drawn films as large as the published ones."""
    for number in range(count):
        label = ("NORMAL", "PNEUMONIA")[number % 2]
        (folder / "test" / label).mkdir(parents=True, exist_ok=True)
        grey = radiograph(0, number, positive=bool(number % 2))
        film = Image.fromarray(np.round(grey * 255).astype(np.uint8))
        film.resize(SIDES[::-1]).save(folder / "test" / label / f"person{number}_virus_{number}.jpeg")
    return folder


def chosen(folder: Path, count: int) -> list[Record]:
    """So many of its test films, spread over all of them."""
    records = run(scan(folder)).of("test")
    return [records[int(place)] for place in np.linspace(0, len(records) - 1, count).astype(int)]


def each_shift(records: Sequence[Record], size: tuple[int, int]) -> None:
    films = [SpacedImage(read(record.path).pixels) for record in records]
    least = [seconds(lambda path=record.path: to_input(read(path).pixels, size)) for record in records]
    plain = 1000 * float(np.median(least))
    sys.stdout.write(f"{'decoding and resizing':<24} {plain:7.1f} ms a film\n")
    for shift in SHIFTS.values():
        shifted(films[0], shift, shift.amounts[-1], size, chance_of(shift, 0, 0))  # loads what it needs
        took = [
            seconds(partial(shifted, film, shift, shift.amounts[-1], size, chance_of(shift, 0, row)))
            for row, film in enumerate(films)
        ]
        ms = 1000 * float(np.median(took))
        sys.stdout.write(f"{shift.name:<24} {ms:7.1f} ms a film, {ms / plain:5.1f} times that\n")


def by_hand(classifier: Classifier, records: Sequence[Record]) -> None:
    """Every film decoded anew for each severity of each shift."""
    for row, record in enumerate(records):
        for shift in SHIFTS.values():
            for amount in shift.amounts:
                film = SpacedImage(read(record.path).pixels)
                levels = shifted(film, shift, amount, classifier.input_size, chance_of(shift, 0, row))
                with torch.inference_mode():
                    classifier(torch.from_numpy(levels)[None, None].float() / 255)


def whole(classifier: Classifier, records: Sequence[Record]) -> None:
    work = sweep_shifts([classifier], records, list(SHIFTS.values()))
    ours = seconds(lambda: run(work)) / len(records)
    hand = seconds(lambda: by_hand(classifier, records[:1]))
    severities = sum(len(shift.amounts) for shift in SHIFTS.values())
    sys.stdout.write(
        f"\n{len(SHIFTS)} shifts, {severities} severities, {len(records)} films, {os.cpu_count()} cores\n"
        f"a sweep: {ours:.2f} s a film, {1000 * ours / 60:.0f} minutes for 1,000\n"
        f"by hand: {hand:.2f} s a film, {hand / ours:.1f} times as long\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--films", type=int, default=8)
    parser.add_argument("--model", default="compact_cnn")
    options = parser.parse_args()
    classifier = create(options.model).eval()
    with tempfile.TemporaryDirectory() as name:
        folder = options.data or drawn(Path(name), options.films)
        records = chosen(folder, options.films)
        each_shift(records, classifier.input_size)
        whole(classifier, records)


if __name__ == "__main__":
    main()
