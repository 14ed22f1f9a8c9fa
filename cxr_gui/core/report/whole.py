"""Sweeps as whole reports: with the data, its audit, the training and examples, where these are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.data import Dataset, Note, audited
from cxr_gui.core.images import read, to_input
from cxr_gui.core.inspect import Inspector
from cxr_gui.core.models import Classifier
from cxr_gui.core.report.charts import save_figure
from cxr_gui.core.report.documents import write_sources
from cxr_gui.core.report.figures import sweep_folders, write_chart, write_examples
from cxr_gui.core.report.heat_table import heat_chart
from cxr_gui.core.report.source import MOST_SWEEPS, ReportSource
from cxr_gui.core.report.study_folder import StudyFolder, about_data
from cxr_gui.core.sweep import (
    ShiftResult,
    SweepFolder,
    SweepResult,
    can_be_compared,
    write_shifts,
    write_sweep,
)
from cxr_gui.core.training import Run, read_run_config

ASKED = 3
"""Images of a sweep that a classifier must answer as the sweep says, to be taken for its classifier."""

ALIKE = 1e-2
"""How far apart two logits of one classifier may be on two devices."""


@dataclass(frozen=True, eq=False)
class Known:
    """What was at hand beside the sweeps. It need not belong to them: that is found out.

    notes  what a person said of films, by their paths
    shifts  the results of a sweep of shifts, which has a section of the report, and `baseline`, one of them
    """

    dataset: Dataset | None = None
    run: Run | None = None
    classifier: Classifier | None = None
    notes: Mapping[str, Note] = field(default_factory=dict)
    shifts: tuple[ShiftResult, ...] = ()
    baseline: ShiftResult | None = None


def write_whole(sweeps: Sequence[SweepResult], known: Known, out: Path) -> Work[Path]:
    """Write sweeps into their folders in `out` with their charts and reports; returns `out`.

    A sweep of images of the known dataset becomes a study: its study.json, and examples/ when its classifier
    is known, lie beside its sweep.json. Several that attacked images in common are compared in a report of
    their own, in `out`. Without any sweep `out` is the folder of the known sweep of shifts, which otherwise
    lies in `shifts`. Raises OutputError when a file cannot be written.
    """
    if known.shifts:
        yield from _write_shifts(known, out / "shifts" if sweeps else out)
    if not sweeps:
        yield from write_sources([], StudyFolder(out).reports, known.shifts)
    folders, sources = sweep_folders(sweeps, out), []
    known_data: dict[str, Any] = {}
    alone = len(sweeps) == 1
    for number, (result, folder) in enumerate(zip(sweeps, folders, strict=True)):
        yield Event("Writing the sweeps", number, len(sweeps))
        of_data = known.dataset is not None and _is_of(result, known.dataset)
        write_sweep(result, folder, notes=_notes(known) if of_data else None)
        write_chart([result], SweepFolder(folder).chart)
        if known.dataset is not None and of_data:
            if not known_data:
                findings = yield from audited(known.dataset)
                known_data = about_data(known.dataset, findings.to_json())
            source = yield from _study(result, known.dataset, known, folder, known_data)
        else:
            source = ReportSource(folder, result)
        sources.append(source)
        yield from write_sources([source], StudyFolder(folder).reports, known.shifts if alone else ())
    if len(sweeps) > 1:
        write_chart(sweeps, StudyFolder(out).chart)
    if 1 < len(sweeps) <= MOST_SWEEPS and can_be_compared(sweeps):
        yield from write_sources(sources, StudyFolder(out).reports, known.shifts)
    return out


def _notes(known: Known) -> dict[str, Note]:
    """What was said of the dataset's images, by their paths below its folder."""
    dataset = known.dataset
    if dataset is None:
        return {}
    places = dataset.columns.places
    return {dataset.below_root(path): note for path, note in known.notes.items() if path in places}


def _write_shifts(known: Known, folder: Path) -> Work[None]:
    """Their numbers and their heat table."""
    yield Event("Writing the shifts", 0, None)
    write_shifts(known.shifts, folder, baseline=known.baseline)
    save_figure(heat_chart(known.shifts), folder / "heat.png", dpi=200)


def _is_of(result: SweepResult, dataset: Dataset) -> bool:
    data = result.about.get("data")
    return (
        result.paths is not None
        and isinstance(data, dict)
        and data.get("fingerprint") == dataset.fingerprint()
    )


def _study(
    result: SweepResult, dataset: Dataset, known: Known, folder: Path, known_data: dict[str, Any]
) -> Work[ReportSource]:
    """What is known of one sweep, written to `folder` too."""
    study = StudyFolder(folder)
    run = known.run if known.run is not None and _answers(known.run.classifier, result, dataset) else None
    classifier = run.classifier if run is not None else known.classifier
    if run is None and classifier is not None and not _answers(classifier, result, dataset):
        classifier = None
    examples: list[dict[str, str]] = []
    if classifier is not None:
        examples = yield from write_examples(classifier, dataset, result, study.examples)
    return ReportSource(
        folder=folder,
        sweep=result,
        run=run,
        run_config=None if run is None else read_run_config(run.folder),
        record=study.write_record(sweep=".", examples=examples, **known_data),
        found=classifier,
    )


def _answers(classifier: Classifier, result: SweepResult, dataset: Dataset) -> bool:
    """Whether a classifier gives the sweep's own answers to a few of its clean images."""
    if tuple(classifier.classes) != tuple(result.classes) or result.paths is None or not len(result.labels):
        return False
    some = np.unique(np.linspace(0, len(result.labels) - 1, ASKED).astype(int))
    try:
        for image in some:
            pixels = to_input(read(dataset.root / result.paths[image]).pixels, classifier.input_size)
            label = int(result.labels[image])
            found = Inspector(classifier, pixels, result.attack, result.threat, label).clean_logit
            if abs(found - float(result.clean_logits[image])) > ALIKE * (1 + abs(found)):
                return False
    except ImageError:  # a file is gone since: nothing can be shown of the images
        return False
    return True
