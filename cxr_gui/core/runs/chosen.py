"""Several entries read whole, to be held against each other: curves, configs, and sweeps image by image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_gui.core.base.errors import CheckpointError, SettingsError, WorkbenchError
from cxr_gui.core.base.files import json_text, read_json
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.runs.decided import DecisionCurves, decision_curves
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.sweep import SHIFTS_FILE, SweepFolder
from cxr_gui.core.training import EpochRow, RunFolder, read_run_config

if TYPE_CHECKING:
    from cxr_gui.core.sweep import PairedDifference, SweepResult

FOUND = {
    *("points", "checks", "shifts", "clean", "seconds", "complete", "unread", "without_spacing", "format"),
    *("constant_answer", "vacuous"),
}
"""What a sweep's file holds that was found out, not set."""

NOT_SAID = ""


@dataclass(frozen=True)
class SettingDifference:
    """Something that was not the same everywhere: its name, and its value in each, "" where there is none."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Paired:
    """How a sweep differs from the first one at an epsilon (pixel units), on the images that both attacked.

    left_out  images of the sweep that the others did not attack
    """

    name: str
    epsilon: float
    found: PairedDifference
    left_out: int


@dataclass(frozen=True, eq=False)
class Chosen:
    """What was read of the chosen entries, each by its name; in all parts the entries are in their order.

    described   of how many it is known what was set
    histories   the epochs of those that are, or hold, a run
    differences what was not set alike in all of them; epsilons are as typed
    sweeps      of those that are, or hold, a sweep of attacks
    curves      of each of the sweeps, clean and at each epsilon
    paired      of each sweep but the first; empty when there is one, or `unpaired` says why
    problems    what could not be read of which
    """

    names: tuple[str, ...]
    described: int = 0
    histories: tuple[tuple[str, tuple[EpochRow, ...]], ...] = ()
    differences: tuple[SettingDifference, ...] = ()
    sweeps: tuple[tuple[str, SweepResult], ...] = ()
    curves: tuple[DecisionCurves, ...] = ()
    paired: tuple[Paired, ...] = ()
    unpaired: str = ""
    problems: tuple[str, ...] = ()


def read_chosen(entries: Sequence[Entry]) -> Work[Chosen]:
    """Read the entries, and compare what can be. What cannot be read is a problem of the result."""
    names = names_of(entries)
    histories, sweeps, documents, problems = [], [], [], []
    for number, (name, entry) in enumerate(zip(names, entries, strict=True)):
        yield Event("Reading results", number, len(entries))
        said: dict[str, Any] = {}
        for kind, folder in _inside(entry):
            try:
                if kind == "run":
                    said |= _flat(_trained(folder))
                    histories.append((name, RunFolder(folder).read_metrics()))
                elif kind == "sweep":
                    from cxr_gui.core.sweep import read_sweep

                    said |= _flat(_set(read_json(SweepFolder(folder).numbers, dict[str, Any])))
                    sweeps.append((name, read_sweep(folder)))
                else:
                    said |= _flat(_set_of_shifts(read_json(folder / SHIFTS_FILE, dict[str, Any])))
            except (OSError, ValueError) as error:
                problems.append(f"{name}: {folder} cannot be read ({error}).")
            except WorkbenchError as error:
                problems.append(f"{name}: {error}")
        documents.append(said)
    curves: list[DecisionCurves] = []
    for number, (name, result) in enumerate(sweeps):
        yield Event("Working out the curves", number, len(sweeps))
        curves += decision_curves(name, result)
    paired: tuple[Paired, ...] = ()
    unpaired = ""
    if len(sweeps) > 1:
        yield Event("Comparing the sweeps image by image", 0, None)
        try:
            paired = tuple(_pairs(sweeps))
        except (CheckpointError, SettingsError) as error:
            unpaired = str(error)
    described = sum(map(bool, documents))
    return Chosen(
        names,
        described,
        tuple(histories),
        setting_differences(documents) if described > 1 else (),
        tuple(sweeps),
        tuple(curves),
        paired,
        unpaired,
        tuple(problems),
    )


def names_of(entries: Sequence[Entry]) -> tuple[str, ...]:
    """What entries are called, with as much of their folders as tells those of one name apart."""
    names = [entry.name for entry in entries]
    return tuple(
        name if names.count(name) == 1 else f"{name}, {entry.kind} in {Path(entry.folder).parent}"
        for name, entry in zip(names, entries, strict=True)
    )


def setting_differences(documents: Sequence[Mapping[str, object]]) -> tuple[SettingDifference, ...]:
    """The names under which not all of these have the same value, in the order in which they first come."""
    names = dict.fromkeys(name for document in documents for name in document)
    rows = ((name, tuple(map(_text, (document.get(name) for document in documents)))) for name in names)
    return tuple(SettingDifference(name, values) for name, values in rows if len(set(values)) > 1)


def _inside(entry: Entry) -> Iterator[tuple[str, Path]]:
    """What is to be read of an entry: its own folder, or the parts of a study."""
    if entry.kind != "study":
        yield entry.kind, Path(entry.folder)
    for kind, part in zip(("run", "sweep"), entry.parts, strict=False):
        yield kind, Path(os.path.normpath(Path(entry.folder) / part))


def _pairs(sweeps: Sequence[tuple[str, SweepResult]]) -> Iterator[Paired]:
    from cxr_gui.core.sweep import align

    compared = align([result for _, result in sweeps])
    for number in range(1, len(sweeps)):
        for epsilon, found in compared.differences(number):
            yield Paired(sweeps[number][0], epsilon, found, compared.left_out[number])


def _trained(folder: Path) -> dict[str, Any]:
    """What was set of a training, with what an older run's file does not say as it was then."""
    saved = read_run_config(folder)
    config = asdict(saved.config) | {"recipe": saved.config.recipe.to_dict()}
    data = {"name": saved.data.name, "fingerprint": saved.fingerprint, **asdict(saved.reading)}
    return {**config, "data": data, "versions": saved.versions}


def _set(document: Mapping[str, Any]) -> dict[str, Any]:
    """What was set, of a sweep's file; of its points their epsilons."""
    points = document.get("points")
    epsilons = [point.get("epsilon") for point in points] if isinstance(points, list) else None
    kept = {name: value for name, value in document.items() if name not in FOUND and "median" not in name}
    about = {"sweep": kept.pop("about", None)}
    return kept | about | ({} if epsilons is None else {"epsilons": epsilons})


def _set_of_shifts(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a sweep of shifts; of its shifts their severities, of several classifiers their names.

    Raises ValueError for a document that is none of a sweep of shifts.
    """
    try:
        each = document["classifiers"]
        severities = {
            shift["shift"]: [severity["amount"] for severity in shift["severities"]]
            for shift in each[0]["shifts"]
        }
        names = [one["classifier"] for one in each]
    except (LookupError, TypeError) as error:
        raise ValueError(f"it is no sweep of shifts: {error}") from error
    kept = {name: value for name, value in _set(document).items() if name != "classifiers"}
    of_them = _set(each[0]) if len(each) == 1 else {"classifiers": names}
    return kept | of_them | {"severities": severities}


def _flat(document: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Settings in settings under names like "recipe: epochs"."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        words = f"{before}{name.replace('_', ' ')}"
        flat |= _flat(value, f"{words}: ") if isinstance(value, dict) and value else {words: value}
    return flat


def _text(value: object) -> str:
    return (
        NOT_SAID if value is None else value if isinstance(value, str) else json_text(value, ascii_only=False)
    )
