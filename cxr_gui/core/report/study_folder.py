"""The folder of a study. Free of torch: whoever opens a folder asks first.

study.json                 what was done, on what, and how long it took
run/, sweep/               the training and the sweep, where study.json names no others
examples/                  images of single films
chart.png                  accuracy versus epsilon, as in a sweep's folder
report.html, report.pdf
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cxr_gui
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import read_json, write_json
from cxr_gui.core.report.study_record import StudyRecord
from cxr_gui.core.sweep import SweepFolder

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset

HINT = "Choose a folder written by `study` or by `sweep`."


def about_data(dataset: Dataset, audit: dict[str, Any], name: str = "") -> dict[str, Any]:
    """What study.json says of the data and its audit; `name` where its folder's is not the one."""
    return {
        "audit": audit,
        "data": {
            "name": name or dataset.root.name,
            "counts": dataset.counts(),
            "classes": dataset.classes,
            "fingerprint": dataset.fingerprint(),
        },
    }


class StudyFolder:
    """Where each part of a study is; `path` is the folder, or the study.json in it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = Path(path)
        self.path = path.parent if path.name == "study.json" else path
        self.record = self.path / "study.json"
        self.run = self.path / StudyRecord.run
        self.sweep = self.path / StudyRecord.sweep
        self.examples = self.path / "examples"
        self.chart = SweepFolder(self.path).chart
        self.reports = (self.path / "report.html", self.path / "report.pdf")

    @property
    def exists(self) -> bool:
        """Whether a study is there, by the name of its file."""
        return self.record.is_file()

    def inside(self, name: str) -> Path:
        """The file or folder `name` of the study. Raises SettingsError for one that lies elsewhere.

        A study.json may come from a stranger; it must not put other files of this machine into a report.
        """
        path = self.path / name
        if "\0" in name or not path.resolve().is_relative_to(self.path.resolve()):
            raise SettingsError(
                f"names {name!r:.80}, which is not in its folder.", where=self.record, hint=HINT
            )
        return path

    def write_record(self, **facts: Any) -> StudyRecord:
        """Write study.json, which says `facts`; returns it as it would be read. Raises OutputError."""
        import msgspec

        document = {"kind": "study", "version": cxr_gui.__version__, **facts}
        write_json(self.record, document)
        return msgspec.convert(document, StudyRecord)

    def read_record(self) -> StudyRecord:
        """What study.json says. Raises SettingsError when it is not the record of a study."""
        try:
            return read_json(self.record, StudyRecord)
        except OSError as error:
            raise SettingsError(
                f"cannot be read ({error.strerror}).", where=self.record, hint=HINT
            ) from error
        except ValueError as error:
            raise SettingsError(
                f"is not the record of a study ({error}).", where=self.record, hint=HINT
            ) from error
