"""What differs in nothing but the seed is taken together: by its config, never by what it is called."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.runs.index import find_runs
from cxr_gui.core.runs.seeds import SeedGroup, grouped
from tests.support.run_samples import write_run, write_sweep_of


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Entry, ...]:
    """Three seeds of one training with a sweep each, and trainings that differ in more."""
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "work"
    for seed in (2, 0, 1):
        run = write_run(root / f"seed-{seed}", seed=seed, shift=seed / 100)
        write_sweep_of(run, root / f"sweep-{seed}", right=seed)
    write_run(root / "other-recipe", seed=3, recipe="paper")
    write_run(root / "other-epochs", seed=4, epochs=9)
    return progress.run(find_runs([root])).entries


def names(group: SeedGroup) -> list[str]:
    return [member.name for member in group.members]


def auroc(entry: Entry) -> float | None:
    return entry.metrics.get("validation_auroc")


def test_seeds_are_together_and_what_differs_in_more_is_not(entries: tuple[Entry, ...]) -> None:
    found = sorted(names(group) for group in grouped(entries))
    assert found == [
        ["other-epochs"],
        ["other-recipe"],
        ["seed-0", "seed-1", "seed-2"],
        ["sweep-0", "sweep-1", "sweep-2"],
    ]


def test_mean_and_deviation_are_those_of_the_statistics(entries: tuple[Entry, ...]) -> None:
    group = next(group for group in grouped(entries) if names(group)[0] == "seed-0")
    values = [auroc(member) for member in group.members]
    assert group.spread(auroc) == pytest.approx((statistics.fmean(values), statistics.stdev(values)))
    assert group.spread(lambda _: None) is None
    assert SeedGroup(group.members[:1]).spread(auroc) == (values[0], None)


def test_one_training_counts_once_however_often_it_was_swept() -> None:
    once = Entry("sweep", "/a", settings="s", seed=0, ended=1.0, metrics={"validation_auroc": 0.5})
    again = Entry("sweep", "/b", settings="s", seed=0, ended=2.0, metrics={"validation_auroc": 0.7})
    other = Entry("sweep", "/c", settings="s", seed=1, ended=1.0, metrics={"validation_auroc": 0.9})
    (group,) = grouped([once, again, other])
    assert group.distinct == (again, other)
    assert group.spread(auroc) == pytest.approx((0.8, 0.2 / 2**0.5))


def test_what_cannot_be_read_or_is_unknown_stays_alone() -> None:
    entries = [
        Entry("run", "/a", problem="x"),
        Entry("run", "/b", problem="x"),
        Entry("sweep", "/c"),
        Entry("sweep", "/d"),
    ]
    assert [len(group.members) for group in grouped(entries)] == [1, 1, 1, 1]
