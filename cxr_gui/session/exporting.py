"""What is written: images, sweeps, files of the perturbed image, and what the window has drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.base.units import from_pixel
from cxr_gui.session.explaining import Explaining, explain_both
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import Explained

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Inspection, SavedImage
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.sweep import ShiftResult, SweepResult
    from cxr_gui.jobs import Job

Result = TypeVar("Result")

NOTHING = "There is nothing to export yet: open a radiograph and a classifier first."
NO_SWEEP = "There is nothing to export yet: run a sweep first."
PRINT_DPI = 300


class Exporting(Service):
    """No export stops another; its job is done with what it wrote."""

    def __init__(self, state: State, lanes: Lanes, explaining: Explaining) -> None:
        super().__init__(state, lanes)
        self._explaining = explaining

    def inspection(self, folder: str | Path) -> Job | None:
        """Write the clean, perturbed and difference images, the panel and result.json into `folder`.

        What is explained on screen is explained there too.
        """
        shown = self._inspected()
        method, known = self._explaining.method, self._explaining.explained
        if shown is None:
            return None
        return self._export(lambda: _write_inspection(*shown, Path(folder), method, known), self._tell_folder)

    def sweeps(self, folder: str | Path, baseline: ShiftResult | None = None) -> Job | None:
        """Write each sweep's sweep.json, images.csv and chart.png, the shifts, and a report, into `folder`.

        baseline  of the shifts' errors
        """
        state = self._state
        sweeps = state.sweeps
        known = {
            "dataset": state.dataset,
            "run": state.run,
            "classifier": state.classifier,
            "notes": state.notes,
            "shifts": state.shifts,
            "baseline": baseline,
        }
        if not (sweeps or state.shifts):
            state.tell(NO_SWEEP, level="warning")
            return None
        return self._export(lambda: _write_sweeps(sweeps, known, Path(folder)), self._tell_results)

    def try_files(self) -> Job | None:
        """What a file of each kind would do, without keeping any; done with a tuple of SavedImage."""
        shown = self._inspected()
        if shown is None:
            return None
        return self._lanes.start(Lane.FILE_CHECK, lambda: _try_files(*shown))

    def save_image(self, path: str | Path, kind: str) -> Job | None:
        """Write the perturbed image to `path` as one of SAVED_KINDS; done with its SavedImage."""
        shown = self._inspected()
        if shown is None:
            return None
        return self._export(lambda: _save_image(*shown, Path(path), kind), self._tell_saved)

    def write(self, path: str | Path, content: Callable[[], bytes], what: str) -> Job:
        """Write what `content`, which is called on the lane, gives; `what` is called so when it is told."""
        return self._export(
            lambda: _write(Path(path), content), lambda at: self._state.tell(f"{what} is in {at}.")
        )

    def _inspected(self) -> tuple[Inspection, Classifier] | None:
        """What is on screen; None, with a message, when that is nothing."""
        classifier, inspection = self._state.classifier, self._state.inspection
        if classifier is None or inspection is None:
            self._state.tell(NOTHING, level="warning")
            return None
        return inspection, classifier

    def _export(self, make: Callable[[], Work[Result]], tell: Callable[[Result], None]) -> Job:
        return self._lanes.start(Lane.EXPORT, make, tell, beside=True)

    def _tell_folder(self, folder: Path) -> None:
        self._state.tell(f"Exported to {folder}.")

    def _tell_results(self, folder: Path) -> None:
        self._state.folderUsed.emit(str(folder))
        self._tell_folder(folder)

    def _tell_saved(self, saved: SavedImage) -> None:
        does = "still fools the classifier" if saved.still_fools else "does not fool the classifier"
        self._state.tell(
            f"{saved.path} was read back: {saved.decision}, it {does}; L-infinity "
            f"{from_pixel(saved.linf, '255'):.4g}/255.",
            level="info" if saved.still_fools else "warning",
        )


def _write_inspection(
    inspection: Inspection, classifier: Classifier, folder: Path, method: str | None, known: Explained | None
) -> Work[Path]:
    """Write the images of an attacked radiograph, in every format, and what they show.

    method  by which it is explained as well, or None; `known` is what has been worked out of that
    """
    pairs = []
    if method is not None:
        if known is None or known.perturbed is None:
            known = yield from explain_both(
                classifier, inspection, method, None if known is None else known.clean
            )
        assert known.perturbed is not None  # noqa: S101
        pairs = [(known.clean, known.perturbed)]
    yield Event("Exporting", 0, None)
    from cxr_gui.core.inspect import SAVED_KINDS
    from cxr_gui.core.report import write_attack

    return write_attack(
        inspection,
        classifier,
        folder,
        dpi=PRINT_DPI,
        kinds=tuple(SAVED_KINDS),
        panels=("png", "svg"),
        explanations=pairs,
    )


def _write_sweeps(sweeps: Sequence[SweepResult], known: Mapping[str, Any], folder: Path) -> Work[Path]:
    """Write sweeps, their charts and reports with what belongs to them, and how they compare.

    known  the fields of `report.Known`, which imports torch
    """
    yield Event("Exporting", 0, None)
    from cxr_gui.core.report import Known, write_whole

    return (yield from write_whole(sweeps, Known(**known), folder))


def _try_files(inspection: Inspection, classifier: Classifier) -> Work[tuple[SavedImage, ...]]:
    from cxr_gui.core.inspect import try_files

    return (yield from try_files(inspection, classifier))


def _save_image(inspection: Inspection, classifier: Classifier, path: Path, kind: str) -> Work[SavedImage]:
    """Write the perturbed image, read it back and classify it."""
    yield Event("Exporting", 0, None)
    from cxr_gui.core.inspect import save_image

    return save_image(inspection, classifier, path, kind)


def _write(path: Path, content: Callable[[], bytes]) -> Work[Path]:
    """Write what the window made."""
    yield Event("Exporting", 0, None)
    from cxr_gui.core.base.files import atomic_open

    with atomic_open(path) as file:
        file.write(content())
    return path
