"""What a path is, by what lies there, and reading the folders that this program writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.errors import WorkbenchError
from cxr_gui.core.base.files import exists
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.report import StudyFolder
from cxr_gui.core.sweep import SHIFTS_FILE, SweepFolder, shifts_folder
from cxr_gui.core.training import RunFolder

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.sweep import ShiftResult, SweepResult
    from cxr_gui.core.training import Run

CHECKPOINT = ".safetensors"


@dataclass(frozen=True, eq=False)
class Opened:
    """What was found in a folder of results; what is not there is None or empty.

    problems  sentences about what should have been there
    """

    folder: Path
    dataset: Dataset | None = None
    run: Run | None = None
    sweeps: tuple[SweepResult, ...] = ()
    shifts: tuple[ShiftResult, ...] = ()
    problems: tuple[str, ...] = ()


def kind_of(path: Path) -> str:
    """ "study", "run", "sweep", "sweeps" (a folder of some), "shifts", "dataset", "classifier" or "image".

    Looks at names only. What is nothing of the kind counts as an image, which reading it will deny.
    """
    if path.name == SHIFTS_FILE or path in (StudyFolder(path).record, SweepFolder(path).numbers):
        return path.stem
    if path.suffix.lower() == CHECKPOINT:
        return "classifier"
    if path.suffix.lower() in (".csv", ".tsv"):  # a table of labels beside its images
        return "dataset"
    if not path.is_dir():
        return "image"
    if StudyFolder(path).exists:
        return "study"
    if SweepFolder(path).exists:
        return "sweep"
    if RunFolder(path).exists:
        return "run"
    if SweepFolder.below(path):
        return "sweeps"
    return "dataset" if shifts_folder(path) is None else "shifts"


def open_results(path: Path) -> Work[Opened]:
    """Read a study, a run, a sweep, a folder of sweeps or a sweep of shifts, which may lie beside the others,
    and the dataset it was made of where it still is.

    Raises CheckpointError or SettingsError when the results themselves are damaged.
    """
    kind, folder = kind_of(path), path if path.is_dir() else path.parent
    yield Event("Loading PyTorch", 0, None)
    from cxr_gui.core.report import read_source
    from cxr_gui.core.sweep import read_shifts, read_sweep
    from cxr_gui.core.training import read_run

    yield Event("Reading results", 0, None)
    run, sweeps = None, []
    if kind == "study":
        source = read_source(folder)
        run, sweeps = source.run, [source.sweep]
    elif kind == "run":
        run = read_run(folder)
    elif kind != "shifts":
        sweeps = [read_sweep(found) for found in ([folder] if kind == "sweep" else SweepFolder.below(folder))]
    for result in sweeps:
        yield Event("Measuring the sweep", 0, None)
        _ = result.points  # kept by the result; its bootstrap takes too long for the GUI thread
    place = shifts_folder(folder)
    shifts = read_shifts(place) if place is not None and kind != "run" else ()
    for swept in shifts:
        for number, shift in enumerate(swept.shifts):
            yield Event("Measuring the shifts", number, len(swept.shifts))
            _ = swept.clean, swept.points(shift)
    dataset, problems = (None, ()) if run is None else (yield from _dataset_of(run))
    return Opened(folder, dataset, run, tuple(sweeps), shifts, problems)


def _dataset_of(run: Run) -> Work[tuple[Dataset | None, tuple[str, ...]]]:
    """The dataset a run was trained on, if its folder still is where it was."""
    from cxr_gui.core.data import scan

    if run.data.drive.startswith("\\\\"):  # Windows would log in there, and the run may be a stranger's
        return None, (f"Its dataset is on another computer, at {run.data}; open it if you trust that.",)
    if not exists(run.data):
        return None, (f"Its dataset, {run.data.name}, is not at {run.data}; open it where it is now.",)
    try:
        reading = run.reading
        if reading.positive is None:
            reading = replace(reading, classes=reading.classes or run.classifier.classes)
        return (yield from scan(run.data, **vars(reading))), ()
    except WorkbenchError as error:
        return None, (f"Its dataset cannot be opened: {error}",)
