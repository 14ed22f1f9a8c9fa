"""The figures of a report: the chart of several sweeps, and examples of what an attack did to films."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cxr_gui.core.base import units
from cxr_gui.core.base.files import atomic_path
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.data import Dataset
from cxr_gui.core.images import read, to_input
from cxr_gui.core.inspect import Inspector
from cxr_gui.core.models import Classifier
from cxr_gui.core.report.charts import accuracy_chart, save_figure
from cxr_gui.core.report.panels import panel
from cxr_gui.core.sweep import SweepFolder, SweepResult

EXAMPLE_EPSILON = 0.03  # model units


def sweep_folders(sweeps: Sequence[SweepResult], out: Path) -> list[Path]:
    """Where each sweep is written: a single one in `out` itself, several in numbered folders in it."""
    return SweepFolder.places(out, [(result.attack.name, result.threat) for result in sweeps])


def write_chart(sweeps: Sequence[SweepResult], path: Path) -> None:
    """Draw accuracy versus epsilon to `path`; the published points join in where they can be compared."""
    save_figure(accuracy_chart(sweeps, published=all(comparable(result) for result in sweeps)), path)


def comparable(result: SweepResult) -> bool:
    """True when a sweep attacked such a classifier as the published one, on its images in its way."""
    return not result.unlike_published


def write_examples(
    classifier: Classifier, dataset: Dataset, result: SweepResult, folder: Path
) -> Work[list[dict[str, str]]]:
    """Draw the most fragile, a typical and the most robust image of each class; returns files and captions.

    result  a sweep of images of `dataset`, with their critical epsilons
    """
    examples: list[dict[str, str]] = []
    if result.paths is None:
        return examples
    chosen = example_images(result)
    for number, (index, why) in enumerate(chosen):
        yield Event("Drawing examples", number, len(chosen))
        label = int(result.labels[index])
        pixels = to_input(read(dataset.root / result.paths[index]).pixels, classifier.input_size)
        inspector = Inspector(classifier, pixels, result.attack, result.threat, label)
        inspection = inspector.at(units.to_pixel(EXAMPLE_EPSILON, "model"))
        name = f"{_file_name(classifier.classes[label])}-{why.replace(' ', '-')}.png"
        with atomic_path(folder / name) as temporary:
            panel(inspection).save(temporary)
        examples.append(
            {
                "file": f"{folder.name}/{name}",
                "caption": f"{classifier.classes[label]}, {why}.",
                "sentence": inspection.sentence(),
            }
        )
    return examples


def _file_name(label: str) -> str:
    """A class's name as a part of a file's: a table of labels may have one like ../../.bashrc."""
    return re.sub(r"\W+", "-", label.lower()).strip("-") or "class"


def example_images(result: SweepResult) -> list[tuple[int, str]]:
    """Indices of the images with the smallest, median and largest critical epsilon in each class, and why.

    Images that were wrong at epsilon 0 say nothing about fragility and are left out.
    """
    chosen: list[tuple[int, str]] = []
    if result.critical is None:
        return chosen
    right = result.correct[0]
    for label in (1, 0):
        candidates = np.flatnonzero(right & (result.labels == label))
        order = candidates[np.argsort(result.critical[candidates], kind="stable")]
        if len(order) >= 3:
            places = (("most fragile", 0), ("typical", len(order) // 2), ("most robust", len(order) - 1))
            chosen += [(int(order[place]), why) for why, place in places]
    return chosen
