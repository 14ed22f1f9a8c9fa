"""What belongs together: a sweep and the run whose classifier it attacked, a study and its parts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from cxr_gui.core.runs.entry import Entry, Key


def linked(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries, with what those of sweeps and studies take over from others.

    A sweep names its classifier by the SHA-256 of its file, or is its study's, so no other run is taken for
    its own. One of an unknown run has the settings of another of that classifier alone.
    """
    entries = tuple(entries)
    places = {entry.key: entry for entry in entries}
    runs: dict[object, Entry] = {
        entry.classifier: entry for entry in entries if entry.kind == "run" and entry.classifier
    }
    for study in entries:
        run, sweep = _parts(study)
        if run in places:
            runs[sweep] = places[run]
    for entry in entries:
        if entry.kind in ("sweep", "shifts"):
            places[entry.key] = _of_run(entry, runs.get(entry.key) or runs.get(entry.classifier))
    return tuple(
        _of_parts(entry, places) if entry.kind == "study" else places[entry.key] for entry in entries
    )


def sweeps_of(entries: Iterable[Entry], run: Path) -> tuple[Entry, ...]:
    """The sweeps, of attacks and of shifts, of the classifier that the run in a folder keeps."""
    entries = tuple(entries)
    kept = {entry.classifier for entry in entries if entry.key == (str(run), "run") and entry.classifier}
    return tuple(e for e in entries if e.kind in ("sweep", "shifts") and e.classifier in kept)


def _parts(study: Entry) -> tuple[Key, Key]:
    """The keys of its run and its sweep; of what is no study they are nobody's."""
    inside = [os.path.normpath(Path(study.folder) / part) for part in study.parts]
    run, sweep = inside or ("", "")
    return (run, "run"), (sweep, "sweep")


def _of_run(sweep: Entry, run: Entry | None) -> Entry:
    if run is None:
        return replace(sweep, settings=f"{sweep.settings} {sweep.classifier}" if sweep.classifier else "")
    return replace(
        sweep,
        recipe=run.recipe,
        architecture=run.architecture,
        seed=run.seed,
        classifier=run.classifier,
        settings=f"{sweep.settings} {run.settings}",
    )


def _of_parts(study: Entry, places: Mapping[Key, Entry]) -> Entry:
    run, sweep = map(places.get, _parts(study))
    if run is not None:
        study = replace(
            study,
            recipe=run.recipe,
            architecture=run.architecture,
            seed=run.seed,
            begun=run.begun,
            metrics=run.metrics,
            classifier=run.classifier,
            settings=f"study {run.settings}",
        )
    if sweep is not None:
        study = replace(study, points=sweep.points, attack=sweep.attack, settings=f"study {sweep.settings}")
    return study
