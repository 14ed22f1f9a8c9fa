"""The index finds all that lies below folders, knows what belongs together, and is only a cache."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.runs import index
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.runs.index import FILE, FoundRuns, Remembered, find_runs
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.run_samples import AUROCS, write_run, write_study, write_sweep_of


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / FILE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    run = write_run(folder / "runs" / "first", seed=4)
    write_sweep_of(run, folder / "sweeps" / "fgsm")
    write_study(folder / "study", seed=7)
    return folder


def found(*folders: Path) -> FoundRuns:
    return progress.run(find_runs(folders))


def by_name(*folders: Path) -> dict[tuple[str, str], Entry]:
    return {(entry.name, entry.kind): entry for entry in found(*folders).entries}


def read_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tells what is read from its folder, rather than from the cache."""
    names: list[str] = []
    read = index.read_entry
    monkeypatch.setattr(index, "read_entry", lambda place: names.append(place.name) or read(place))
    return names


def test_every_kind_is_found_and_says_what_a_row_shows(root: Path) -> None:
    entries = by_name(root)
    assert entries.keys() == {
        ("runs/first", "run"),
        ("sweeps/fgsm", "sweep"),
        ("study", "study"),
        ("study/run", "run"),
        ("study/sweep", "sweep"),
    }
    run = entries["runs/first", "run"]
    assert (run.recipe, run.architecture, run.seed) == ("balanced", "compact_cnn", 4)
    assert run.metrics["validation_auroc"] == AUROCS[1], "of the epoch that it keeps"
    assert not run.complete, "it has no state that says that it ended"
    sweep = entries["sweeps/fgsm", "sweep"]
    assert [point.n for point in sweep.points] == [50] * len(sweep.points)
    assert sweep.points[0].accuracy == pytest.approx(46 / 50)
    assert sweep.points[0].balanced_accuracy == pytest.approx((16 / 20 + 1) / 2)
    assert sweep.attack == "fgsm, rgb"


def test_a_sweep_takes_over_what_its_run_knows_and_no_other_runs(root: Path) -> None:
    write_sweep_of(None, root / "sweeps" / "unknown")
    entries = by_name(root)
    assert entries["sweeps/fgsm", "sweep"].seed == 4
    assert entries["study/sweep", "sweep"].seed == 7, "its study says whose it is"
    assert entries["study", "study"].seed == 7
    assert entries["study", "study"].points == entries["study/sweep", "sweep"].points
    assert entries["sweeps/unknown", "sweep"].seed is None
    assert entries["sweeps/unknown", "sweep"].settings == "", "so that it is grouped with nothing"


def test_only_what_has_changed_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found(root)
    names = read_again(monkeypatch)
    assert found(root) == before
    assert names == []
    write_run(root / "runs" / "first", seed=5)
    write_run(root / "runs" / "second")
    assert by_name(root)["runs/first", "run"].seed == 5
    assert names == ["runs/first", "runs/second"]


def test_what_is_gone_is_forgotten(root: Path) -> None:
    found(root)
    for file in (root / "sweeps" / "fgsm").iterdir():
        file.unlink()
    assert ("sweeps/fgsm", "sweep") not in by_name(root)
    events: list[progress.Event] = []
    progress.run(find_runs([root]), events.append)
    remembered = [event for event in events if isinstance(event, Remembered)]
    assert len(remembered) == 1
    assert {entry.name for entry in remembered[0].entries} == {
        "runs/first",
        "study",
        "study/run",
        "study/sweep",
    }


@pytest.mark.parametrize(
    "damage", ["removed", "no database", "cut", "another version", "another table", "nonsense"]
)
def test_whatever_befalls_the_cache_it_is_made_again(root: Path, cache: Path, damage: str) -> None:
    before = found(root)
    if damage == "removed":
        cache.unlink()
    elif damage == "no database":
        cache.write_bytes(b"not a database" * 100)
    elif damage == "cut":
        cache.write_bytes(cache.read_bytes()[:5000])
    else:
        with closing(sqlite3.connect(cache)) as connection, connection:
            connection.execute(
                {
                    "another version": "PRAGMA user_version = 99",
                    "another table": "ALTER TABLE entries RENAME TO others",
                    "nonsense": "UPDATE entries SET said = '[]'",
                }[damage]
            )
    assert found(root) == before
    with closing(sqlite3.connect(cache)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM entries").fetchone() == (len(before.entries),)
        assert connection.execute("PRAGMA user_version").fetchone() == (index.VERSION,)


def test_what_was_read_before_a_stop_need_not_be_read_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "Pace", lambda: lambda: True)
    work = find_runs([root])
    for event in work:
        if event.stage == "Reading runs" and event.done == 2:
            work.close()
            break
    names = read_again(monkeypatch)
    assert len(found(root).entries) == 5
    assert len(names) == 3


def test_a_cache_that_cannot_be_written_gives_way_to_a_temporary_one(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "file"))
    assert len(found(root).entries) == 5


def test_what_is_damaged_is_listed_with_what_is_wrong(root: Path) -> None:
    (root / "sweeps" / "fgsm" / "sweep.json").write_text('{"format": "cxr-gui sweep 1"}')
    RunFolder(root / "runs" / "first").config.write_text("{}")
    (root / "study" / "study.json").write_text("[1]")
    entries = by_name(root)
    assert "fgsm" in entries["sweeps/fgsm", "sweep"].problem
    assert "config" in entries["runs/first", "run"].problem
    assert entries["study", "study"].problem
    assert not entries["study/run", "run"].problem


def test_a_run_without_its_classifier_and_a_sweep_stopped_at_once_are_listed(root: Path) -> None:
    RunFolder(root / "runs" / "first").best.unlink()
    place = root / "sweeps" / "fgsm" / "sweep.json"
    said = json.loads(place.read_text())
    said["points"][0] |= {"tp": 0, "fp": 0, "tn": 0, "fn": 0}
    place.write_text(json.dumps(said))
    entries = by_name(root)
    run = entries["runs/first", "run"]
    assert (run.problem, run.classifier) == ("", "")
    assert run.metrics["validation_auroc"] == AUROCS[-1], "nothing says which epoch it keeps"
    assert "it was stopped before its first image" in entries["sweeps/fgsm", "sweep"].problem


def test_a_circle_of_links_and_a_folder_that_is_gone_are_told(root: Path, tmp_path: Path) -> None:
    (root / "runs" / "circle").symlink_to(root, target_is_directory=True)
    (root / "again").symlink_to(root / "runs" / "first", target_is_directory=True)
    result = found(root, tmp_path / "gone")
    assert len(result.entries) == 5, "each is listed once"
    told = {Path(problem.path).name: problem.what for problem in result.problems}
    assert "leads back" in told["circle"]
    assert "cannot be looked into" in told["gone"]
    assert told.keys() == {"circle", "gone"}


def test_a_folder_that_may_not_be_read_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def forbidding(folder: Path) -> Any:
        if Path(folder).name == "sweeps":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", forbidding)
    result = found(root)
    assert [(Path(problem.path).name, problem.what) for problem in result.problems] == [
        ("sweeps", "cannot be looked into (Permission denied).")
    ]
    assert len(result.entries) == 4


def test_folders_within_others_are_looked_through_once(root: Path) -> None:
    assert len(found(root / "runs", root, root / "study" / "run").entries) == 5
    assert by_name(root / "runs" / "first").keys() == {("first", "run")}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_with_a_name_that_is_no_text_is_found_and_kept(root: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(root) + b"/odd\xff"))
    write_run(odd)
    (entry,) = found(odd).entries
    assert (entry.folder, entry.name) == (str(odd), "odd\N{REPLACEMENT CHARACTER}")
    assert found(odd).entries == (entry,), "from the cache"


def test_a_study_that_names_parts_elsewhere_is_not_read(root: Path) -> None:
    (root / "study" / "study.json").write_text('{"run": "../runs/first", "sweep": "sweep"}')
    assert "not in its folder" in by_name(root)["study", "study"].problem


def test_text_of_strangers_is_kept_short_and_whole(root: Path) -> None:
    place = root / "sweeps" / "fgsm" / "sweep.json"
    said = json.loads(place.read_text())
    said["about"] |= {"recipe": "x" * 10_000, "architecture": "\ud800"}
    place.write_text(json.dumps(said))
    write_run(root / "runs" / "first", seed=9)  # another classifier, so that nobody corrects the sweep
    entry = by_name(root)["sweeps/fgsm", "sweep"]
    assert len(entry.recipe) == 200
    assert entry.architecture == "?"
    assert found(root) == found(root)
