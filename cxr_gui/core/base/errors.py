"""Errors a person can cause, each saying what happened, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path


class WorkbenchError(Exception):
    """Base of every error that is shown to a person instead of a traceback.

    what   one sentence: what went wrong
    where  the file, folder or argument concerned, if any
    hint   one sentence: what to do about it
    """

    def __init__(self, what: str, *, where: str | Path | None = None, hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = None if where is None else str(where)
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" {self.hint}" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.hint)


def _rebuild(kind: type[WorkbenchError], what: str, where: str | None, hint: str) -> WorkbenchError:
    return kind(what, where=where, hint=hint)


class ImageError(WorkbenchError):
    """A file could not be read as a radiograph."""


class DatasetError(WorkbenchError):
    """A folder could not be used as a dataset."""


class CheckpointError(WorkbenchError):
    """A file could not be used as a classifier or as the state of a run."""


class TrainingError(WorkbenchError):
    """A training could not start or could not go on."""


class SettingsError(WorkbenchError):
    """A recipe, a parameter or another setting has a value that is not accepted."""


class DownloadError(WorkbenchError):
    """Data could not be fetched, or what came is not what was asked for."""


class OutputError(WorkbenchError):
    """A result could not be written."""


class ResourceError(WorkbenchError):
    """The machine has not enough memory for the work."""


class ArgumentError(ValueError, WorkbenchError):
    """An argument of a core function is not accepted: names it, its value and what is accepted."""

    def __init__(self, what: str, *, where: str | Path | None = None, hint: str = "") -> None:
        WorkbenchError.__init__(self, what, where=where, hint=hint)

    __str__ = WorkbenchError.__str__


class AttackError(WorkbenchError):
    """An attack made what is no image within epsilon, so nothing that is counted of it would be true."""


class PartError(WorkbenchError):
    """A file of the program, such as an attack that somebody added, cannot be used."""


class AnswerError(ArgumentError):
    """A classifier answered NaN or infinity, of which nothing can be decided: names the image where known."""
