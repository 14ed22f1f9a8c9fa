"""What a person says about a dataset where names and tables do not say it, or say it wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base.errors import DatasetError


@dataclass(frozen=True)
class Reading:
    """How a folder is to be read; each None is left to what is recognised. `scan(folder, **vars(reading))`.

    classes          (negative, positive): use these two and leave out others
    positive         the positive class, or the finding of a table that is set against all others
    patient_pattern  regular expression on the path below the folder; its group, or all of it, is the patient
    patient_column   column of the table of labels that says whose image it is, where a cell of it says so
    """

    classes: tuple[str, str] | None = None
    positive: str | None = None
    patient_pattern: str | None = None
    patient_column: str | None = None

    @property
    def about_patients(self) -> tuple[str | None, str | None]:
        """The part that decides which images are one patient's."""
        return self.patient_pattern, self.patient_column


AS_RECOGNISED = Reading()


@dataclass(frozen=True)
class Choices:
    """What there is to choose from in a folder.

    labels    the classes that its folders or its table name, also those that were left out
    findings  of a table that names more than two: any of them may be the positive class
    columns   of its tables
    """

    labels: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class ClassesError(DatasetError):
    """A folder that has not two classes, but may have once somebody chooses from `choices`."""

    def __init__(
        self, what: str, *, where: str | Path | None = None, hint: str = "", choices: Choices = Choices()
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.choices = choices
