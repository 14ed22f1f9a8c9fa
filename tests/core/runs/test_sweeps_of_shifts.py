"""A sweep of shifts among the runs: it has numbers where it is of one classifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.data import scan
from cxr_gui.core.runs.chosen import read_chosen
from cxr_gui.core.runs.entry import Entry
from cxr_gui.core.runs.index import find_runs
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import ShiftResult, sweep_shifts, write_shifts
from tests.support.films import write_films
from tests.support.victims import cnn


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[ShiftResult, ...]:
    """Of two classifiers, by two shifts."""
    films = write_films(tmp_path_factory.mktemp("shifts") / "films", train=1, test=3)
    records = progress.run(scan(films)).of("test")
    classifiers = [cnn(0), cnn(1)]
    about = {"recipe": "paper, epoch 3 of 5", "data": {"name": "films", "fingerprint": "f" * 64}}
    each = {}
    for number, classifier in enumerate(classifiers):
        classifier.name = f"cnn-{number}"
        each[classifier.name] = {**about, "classifier_sha256": str(number) * 64}
    return progress.run(
        sweep_shifts(classifiers, records, [SHIFTS["flip"], SHIFTS["inversion"]], about_each=each)
    )


def entry_of(results: tuple[ShiftResult, ...], folder: Path) -> Entry:
    write_shifts(results, folder)
    return progress.run(find_runs([folder])).entries[0]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))


def test_of_one_classifier_it_says_how_that_does_without_a_shift(
    swept: tuple[ShiftResult, ...], tmp_path: Path
) -> None:
    entry, clean = entry_of(swept[:1], tmp_path / "one"), swept[0].clean
    assert (entry.kind, entry.problem, entry.attack) == ("shifts", "", "2 shifts")
    assert (entry.recipe, entry.data, entry.classifier) == ("paper", "films", "0" * 64)
    assert entry.complete
    [point] = entry.points
    assert (point.epsilon, point.n, point.accuracy) == (0.0, 6, clean.accuracy)
    assert point.balanced_accuracy == clean.balanced_accuracy


def test_of_several_no_one_s_numbers_are_the_sweep_s(swept: tuple[ShiftResult, ...], tmp_path: Path) -> None:
    entry = entry_of(swept, tmp_path / "two")
    assert (entry.problem, entry.attack) == ("", "2 shifts, 2 classifiers")
    assert (entry.recipe, entry.data, entry.classifier, entry.points) == ("", "films", "", ())


def test_chosen_they_are_read_and_one_that_cannot_be_is_told(
    swept: tuple[ShiftResult, ...], tmp_path: Path
) -> None:
    entries = [entry_of(swept[:number], tmp_path / f"of {number}") for number in (1, 2)]
    assert progress.run(read_chosen(entries)).problems == ()
    for broken in ("{}", '{"classifiers": []}', '{"classifiers": [{"shifts": 3}]}', "[]"):
        (tmp_path / "of 2" / "shifts.json").write_text(broken)
        found = progress.run(read_chosen(entries))
        assert found.problems[0].startswith(f"of 2: {tmp_path / 'of 2'} cannot be read")
        assert (found.described, found.differences) == (1, ())


def test_of_two_it_is_said_what_was_set_otherwise_and_not_what_was_found(
    swept: tuple[ShiftResult, ...], tmp_path: Path
) -> None:
    alone = [entry_of((result,), tmp_path / result.classifier) for result in swept]
    told = progress.run(read_chosen(alone)).differences
    assert {each.name: each.values for each in told} == {
        "classifier": ("cnn-0", "cnn-1"),
        "sweep: classifier sha256": ("0" * 64, "1" * 64),
    }
    both = entry_of(swept, tmp_path / "both")
    names = {each.name: each.values for each in progress.run(read_chosen([alone[0], both])).differences}
    assert names["classifiers"] == ("", '["cnn-0", "cnn-1"]')
    assert "severities" not in names
