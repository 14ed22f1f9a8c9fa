"""What a run folder holds already: read on a lane, for the disk may be slow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.training import EpochRow, RunFolder, TrainConfig, read_config, read_outcome, read_run

if TYPE_CHECKING:
    from cxr_gui.core.training import Run


@dataclass(frozen=True)
class ExistingRun:
    """A run on disk: one that was interrupted and can be resumed, or `ended`."""

    folder: Path
    config: TrainConfig
    history: tuple[EpochRow, ...]
    ended: Run | None

    @property
    def resumable(self) -> bool:
        return self.ended is None


def read_existing_run(folder: Path) -> Work[ExistingRun | None]:
    """The run in `folder`, or None where there is none to go on with or to be careful of.

    Raises SettingsError or CheckpointError when what is there is damaged.
    """
    yield Event("Looking into the run folder", 0, None)
    files = RunFolder(folder)
    if not files.config.is_file():
        return None
    history = files.read_metrics() if files.metrics.is_file() else ()
    ended = None if read_outcome(folder) is None else read_run(folder)
    return ExistingRun(folder, read_config(files.config), history, ended)
