"""The sweep of shifts in the attack tab: started, stopped, read as a heat table, followed to its images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from cxr_gui.core import study
from cxr_gui.core.base.progress import Work
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import QUANTITIES, ShiftProgress, ShiftResult
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.shifts.heat_model import METRICS
from cxr_gui.ui.attack.shifts.heat_view import heat_colour, ink_on
from cxr_gui.ui.attack.tab import AttackTab
from tests.support.contrasts import contrast
from tests.support.films import write_films
from tests.support.hands import child
from tests.support.patience import LONG, WAIT

NAMES = ("rotation", "inversion")


def sweep(qtbot: QtBot, tab: AttackTab, session: Session) -> tuple[ShiftResult, ...]:
    child(tab, QAbstractButton, "shiftsButton").click()
    tab.shifts.bar.chosen.tick(NAMES)
    with qtbot.waitSignal(session.shiftsChanged, timeout=LONG):
        tab.shifts.bar.button.click()
        assert tab.shifts.bar.cancel.isVisible()
    qtbot.waitUntil(tab.shifts.bar.button.isVisible, timeout=WAIT)
    return session.shifts


def two(results: tuple[ShiftResult, ...]) -> tuple[ShiftResult, ...]:
    """The same beside a classifier that answers the other way round."""
    [result] = results
    worse = {name: -logits for name, logits in result.logits.items()}
    return result, replace(result, classifier="worse", logits=worse)


def test_what_is_ticked_is_swept_and_stands_in_the_table(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    [result] = sweep(qtbot, shown, session)
    model = shown.shifts.model
    assert {shift.name for shift in model.shifts} == set(NAMES) == {shift.name for shift in result.shifts}
    assert session.dataset is not None
    assert len(result.labels) == len(session.dataset.of("test"))
    assert shown.shifts.table.isVisible()
    assert shown.shifts.minimumSizeHint().width() <= shown.sweep.minimumSizeHint().width()
    rotation = SHIFTS["rotation"]
    row = model.shifts.index(rotation)
    points = (result.clean, *result.points(rotation))
    for name in METRICS:
        shown.shifts.measure.setCurrentIndex(shown.shifts.measure.findData(name))
        said = [model.index(row, column).data() for column in range(6)]
        assert said == [f"{100 * QUANTITIES[name].value(point):.0f}" for point in points]
    only = [model.index(model.shifts.index(SHIFTS["inversion"]), column).data() for column in range(6)]
    assert all(only[:2])
    assert only[2:] == [""] * 4


def test_a_tip_has_the_interval_and_what_changed(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    [result] = sweep(qtbot, shown, session)
    model, rotation = shown.shifts.model, SHIFTS["rotation"]
    index = model.index(model.shifts.index(rotation), 3)
    point = result.points(rotation)[2]
    low, high = point.balanced_accuracy_ci
    words = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Rotation, severity 3 (angle 7 degrees)" in words
    assert f"({100 * low:.1f}–{100 * high:.1f})" in words
    assert f"{len(result.flipped(rotation, 3))} of" in words
    shown.shifts.table.setCurrentIndex(index)
    assert shown.shifts.readout.text() == words


def test_errors_stand_beside_those_that_are_not_the_baseline(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    results = two(sweep(qtbot, shown, session))
    assert not shown.shifts.baseline.isVisible()
    session.set_shifts(results)
    assert shown.shifts.baseline.isVisible()
    for number, baseline in enumerate(results):
        shown.shifts.baseline.setCurrentIndex(number)
        model, other = shown.shifts.model, results[1 - number]
        errors = [place for place, column in enumerate(model.columns) if column.error]
        assert [model.columns[place].result for place in errors] == [other, other]
        for row, shift in enumerate(model.shifts):
            found = other.balanced_error(shift, baseline), other.relative_balanced_error(shift, baseline)
            said = ["–" if np.isnan(each) else f"{each:.2f}" for each in found]
            assert [model.index(row, place).data() for place in errors] == said


def test_a_cell_leads_to_the_images_that_changed(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    results = two(sweep(qtbot, shown, session))
    session.set_shifts(results)
    model = shown.shifts.model
    row, worse = model.shifts.index(SHIFTS["rotation"]), results[1]
    column = next(place for place, each in enumerate(model.columns) if each.result is worse) + 1
    changed = worse.flipped(SHIFTS["rotation"], 1)
    assert len(changed)
    with qtbot.waitSignal(shown.shifts.filmsRequested, timeout=WAIT) as asked:
        shown.shifts.table.clicked.emit(model.index(row, column))
    words, places = asked.args
    assert "severity 1" in words
    assert session.dataset is not None
    found = {session.dataset.below_root(session.dataset.records[place].path) for place in places}
    assert found == {worse.paths[image] for image in changed}


def test_a_sweep_that_is_stopped_keeps_what_it_finished_and_says_so(
    qtbot: QtBot, shown: AttackTab, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = tuple(replace(result, complete=False) for result in sweep(qtbot, shown, session))

    def endless(*_: object, **__: object) -> Work[tuple[ShiftResult, ...]]:
        while True:
            yield ShiftProgress("Shifting", 1, 10, lambda: finished)

    monkeypatch.setattr(study, "compare_shifts", endless)
    told: list[str] = []
    session.messageRaised.connect(lambda message: told.append(message.text))
    shown.shifts.bar.button.click()
    job = session.job(Lane.SHIFTS)
    assert job is not None
    with qtbot.waitSignal(job.events, timeout=LONG):
        pass
    with qtbot.waitSignal(session.shiftsChanged, timeout=LONG):
        shown.shifts.bar.cancel.click()
    assert job.outcome == "cancelled"
    assert session.shifts == finished
    assert any("are kept" in text for text in told)
    assert shown.shifts.readout.text().startswith(f"Stopped after {len(finished[0].labels)} images.")


def test_attacks_and_shifts_share_a_place_and_what_begins_is_shown(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    assert shown.sweep.isVisible()
    child(shown, QAbstractButton, "shiftsButton").click()
    assert shown.shifts.isVisible()
    assert not shown.sweep.isVisible()
    shown.shifts.fill_button.click()
    assert not shown.views.isVisible()
    child(shown, QAbstractButton, "attackSweepsButton").click()
    assert shown.views.isVisible()
    assert shown.sweep.isVisible()
    child(shown, QAbstractButton, "shiftsButton").click()
    with qtbot.waitSignal(session.sweepChanged, timeout=LONG):
        shown.sweep.start()
        assert shown.sweep.isVisible()


@pytest.mark.parametrize("share", np.linspace(0, 1, 21))
def test_a_number_can_be_read_on_every_colour(share: float) -> None:
    assert contrast(ink_on(heat_colour(share)), heat_colour(share)) >= 4.5


def test_the_numbers_are_exported_with_the_sweeps(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    sweep(qtbot, shown, session)
    job = shown.exports.sweeps_to(tmp_path)
    assert job is not None
    with qtbot.waitSignal(job.done, timeout=LONG):
        pass
    for name in ("shifts.json", "shifts.csv", "shift-images.csv", "heat.png", "report.html", "report.pdf"):
        assert (tmp_path / name).stat().st_size > 100
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Without an attacker" in report
    assert "Rotation" in report


def test_of_another_dataset_it_is_said_that_the_images_are_not_here(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    result, worse = two(sweep(qtbot, shown, session))
    session.set_shifts((replace(result, unread=("a", "b")), worse))
    assert " 2 files could not be read." in shown.shifts.readout.text()
    assert "is in the dataset" not in shown.shifts.readout.text()
    with qtbot.waitSignal(session.datasetChanged, timeout=LONG):
        session.opening.dataset(write_films(tmp_path / "others"))
    assert shown.shifts.readout.text().startswith("None of the images of that sweep is in the dataset")
    model = shown.shifts.model
    changed = model.index(model.shifts.index(SHIFTS["rotation"]), 7)
    with qtbot.assertNotEmitted(shown.shifts.filmsRequested), qtbot.waitSignal(session.messageRaised) as told:
        shown.shifts.table.clicked.emit(changed)
    assert told.args[0].text.startswith("None of the images of that sweep")


def test_headings_and_tips_say_whose_numbers_they_are(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    result, worse = two(sweep(qtbot, shown, session))
    session.set_shifts((result, worse))
    model, rotation = shown.shifts.model, SHIFTS["rotation"]
    row, tip = model.shifts.index(rotation), Qt.ItemDataRole.ToolTipRole
    name, across, down = result.classifier, Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    display = Qt.ItemDataRole.DisplayRole
    heads = [model.headerData(place, across, display) for place in range(len(model.columns))]
    assert heads == [*"012345", *"012345", "BE", "rBE"]
    said = [model.headerData(place, across, tip) for place in (0, 7, 12)]
    assert said == [f"{name}: without a shift", "worse: severity 1", "worse: BE"]
    assert model.headerData(row, down, display) == "Rotation"
    assert rotation.summary in model.headerData(row, down, tip)
    number = worse.balanced_error(rotation, result)
    assert model.index(row, 12).data(tip).startswith(f"worse, Rotation: BE {number:.2f}. Balanced error: ")
    assert model.index(row, 12).data(tip).endswith(f"as a multiple of that of {name}.")
    assert model.index(row, 0).data(tip).endswith(f"{len(result.labels)} images. {name}, without a shift.")
    assert "\nClick: these images" in model.index(row, 7).data(tip)
    empty = model.index(model.shifts.index(SHIFTS["inversion"]), 3)
    assert (empty.data(), empty.data(tip)) == ("", "")
    shown.shifts.measure.setCurrentIndex(shown.shifts.measure.findData("mcc"))
    point = result.points(rotation)[0]
    low, high = point.mcc_ci
    assert f" {point.mcc:.2f} ({low:.2f}–{high:.2f}); " in model.index(row, 1).data(tip)
