"""What a sweep found, in the grid: filters, orders, groups, and a confusion matrix that selects images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFrame, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.sweep.outcome import NOT_KNOWN, OUTCOMES, STATES, Outcomes
from cxr_gui.ui.dataset.model import FINDINGS, GROUP, RECORD
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG, WAIT
from tests.support.tiles import grid


def column(window: MainWindow, role: int) -> list:
    model = grid(window).model()
    return [model.index(row, 0).data(role) for row in range(model.rowCount())]


def names(window: MainWindow) -> list[str]:
    return column(window, Qt.ItemDataRole.DisplayRole)


def choose(window: MainWindow, box: str, text: str) -> None:
    found = window.findChild(QComboBox, box)
    found.setCurrentIndex(next(n for n in range(found.count()) if found.itemText(n).startswith(text)))


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.mouseClick(window.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


@pytest.fixture
def swept(opened: MainWindow) -> MainWindow:
    """The test films (3 normal, 5 pneumonia) as if a sweep had found every outcome and state."""
    records = opened.session.dataset.records
    number = len(records)
    probability, critical = np.full(number, np.nan), np.full(number, np.nan)
    codes = np.full((3, number), NOT_KNOWN, np.int8)
    made_up = iter(
        [
            # probability, critical epsilon (model units)
            *((0.1, 0.02), (0.2, np.inf), (0.9, 0.0)),
            *((0.95, 0.01), (0.8, 0.04), (0.7, np.inf), (0.3, 0.0), (0.6, 0.03)),
        ]
    )
    for row, record in enumerate(records):
        if record.split == "test":
            probability[row], epsilon = next(made_up)
            critical[row] = to_pixel(epsilon, "model")
            positive, label = probability[row] >= 0.5, record.label == "PNEUMONIA"
            outcome = ("T" if positive == label else "F") + ("P" if positive else "N")
            state = "already wrong" if positive != label else "resisted" if epsilon == np.inf else "flipped"
            codes[:, row] = positive, OUTCOMES.index(outcome), STATES.index(state)
    classes = opened.session.dataset.classes
    opened.session.set_outcomes(Outcomes("FGSM", classes, probability, *codes, critical))
    return opened


# -- before and after a sweep --------------------------------------------------------------------------------


def test_before_a_sweep_there_is_nothing_to_filter_by(opened: MainWindow) -> None:
    assert not opened.findChild(QWidget, "resultFilters").isVisible()
    assert not opened.findChild(QFrame, "confusionMatrix").isVisible()
    box = opened.findChild(QComboBox, "sortBox")
    assert [box.itemText(n) for n in range(box.count())] == ["By split", "Name"]
    assert column(opened, FINDINGS) == [None] * 24


def test_a_real_sweep_reaches_the_grid_and_goes_with_its_dataset(
    qtbot: QtBot, opened: MainWindow, folder: Path
) -> None:
    session = opened.session
    with qtbot.waitSignal(session.classifierChanged, timeout=LONG):
        session.opening.classifier(demo_classifier_path())
    with qtbot.waitSignal(session.outcomesChanged, timeout=WAIT):
        session.sweeping.start([0.0, 0.02])
    cells = [opened.findChild(QPushButton, f"confusion{outcome}") for outcome in OUTCOMES]
    assert sum(int(cell.text().split()[0]) for cell in cells) == 8
    found = column(opened, FINDINGS)
    assert sum(findings is not None for findings in found) == 8
    (point, *_) = session.sweeps[-1].points
    assert [int(cell.text().split()[0]) for cell in cells] == [point.tp, point.fp, point.fn, point.tn]
    choose(opened, "sortBox", "Probability")
    with qtbot.waitSignal(session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    assert session.outcomes is None
    assert not opened.findChild(QWidget, "resultFilters").isVisible()
    assert opened.findChild(QComboBox, "sortBox").currentText() == "By split"
    assert len(names(opened)) == 16


def test_clearing_the_sweeps_clears_what_they_found(swept: MainWindow) -> None:
    choose(swept, "outcomeFilter", "True positive")
    swept.session.sweeping.clear()
    assert len(names(swept)) == 24
    assert not swept.findChild(QWidget, "resultFilters").isVisible()


# -- filters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "text", "passes"),
    [
        ("predictedFilter", "NORMAL", lambda found: found.predicted == "NORMAL"),
        ("predictedFilter", "PNEUMONIA", lambda found: found.predicted == "PNEUMONIA"),
        ("outcomeFilter", "True positive", lambda found: found.outcome == "TP"),
        ("outcomeFilter", "False negative", lambda found: found.outcome == "FN"),
        ("stateFilter", "Already wrong", lambda found: found.state == "already wrong"),
        ("stateFilter", "Flipped", lambda found: found.state == "flipped"),
        ("stateFilter", "Resisted", lambda found: found.state == "resisted"),
    ],
)
def test_boxes_show_what_passes_and_count_it(
    swept: MainWindow, box: str, text: str, passes: Callable[[object], bool]
) -> None:
    choose(swept, box, text)
    found = column(swept, FINDINGS)
    assert found
    assert all(findings is not None and passes(findings) for findings in found)
    assert swept.findChild(QComboBox, box).currentText().endswith(f"({len(found)})")
    assert swept.findChild(QLabel, "shownCount").text() == f"{len(found)} of 24 shown"


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        ("0.03", "0", [0.03, 0.04, np.inf, np.inf]),
        ("0", "0.02", [0, 0, 0.01, 0.02]),
        ("0.01", "0.01", [0.01]),
    ],
)
def test_a_range_of_critical_epsilons_is_typed(
    qtbot: QtBot, swept: MainWindow, low: str, high: str, shown: list[float]
) -> None:
    press(qtbot, swept, "moreFiltersButton")
    for name, text in (("criticalLowest", low), ("criticalHighest", high)):
        field = swept.findChild(QDoubleSpinBox, name)
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    found = [findings.critical * 2 for findings in column(swept, FINDINGS)]
    assert sorted(found) == pytest.approx(shown)


def test_the_filters_of_a_sweep_are_folded_and_counted(qtbot: QtBot, swept: MainWindow) -> None:
    more, filters = (swept.findChild(QWidget, name) for name in ("moreFiltersButton", "resultFilters"))
    assert (more.isVisible(), more.text(), filters.isVisible()) == (True, "More filters", False)
    choose(swept, "outcomeFilter", "True positive")
    swept.findChild(QDoubleSpinBox, "criticalLowest").setValue(0.03)
    assert more.text() == "More filters (2)"
    press(qtbot, swept, "moreFiltersButton")
    assert filters.isVisible()
    press(qtbot, swept, "confusionTN")
    assert (more.text(), filters.isVisible()) == ("More filters (1)", True)
    assert swept.dataset_tab.minimumSizeHint().width() <= 1024


def test_a_certified_radius_is_filtered_and_sorted_by(qtbot: QtBot, swept: MainWindow) -> None:
    known = swept.session.outcomes
    assert not swept.findChild(QDoubleSpinBox, "certifiedLowest").isVisibleTo(swept)
    radii = np.where(known.outcome == NOT_KNOWN, np.nan, np.arange(24) / 1000)
    swept.session.set_outcomes(replace(known, certified=radii))
    press(qtbot, swept, "moreFiltersButton")
    swept.findChild(QDoubleSpinBox, "certifiedLowest").setValue(2 * 0.004)  # model units
    choose(swept, "sortBox", "Certified radius")
    found = [findings.certified for findings in column(swept, FINDINGS)]
    assert found == sorted(radius for radius in radii.tolist() if radius >= 0.004)


def test_a_sweep_that_found_no_critical_epsilons_offers_none(swept: MainWindow) -> None:
    known = swept.session.outcomes
    without = Outcomes(
        *(known.title, known.classes, known.probability, known.predicted, known.outcome, known.state),
        np.full(24, np.nan),
    )
    swept.session.set_outcomes(without)
    assert not swept.findChild(QDoubleSpinBox, "criticalLowest").isEnabled()


# -- orders and groups ---------------------------------------------------------------------------------------


def test_sorting_by_name_turns_round(qtbot: QtBot, opened: MainWindow) -> None:
    direction = opened.findChild(QToolButton, "sortDirectionButton")
    assert not direction.isEnabled()
    choose(opened, "sortBox", "Name")
    assert names(opened) == sorted(names(opened))
    qtbot.mouseClick(direction, Qt.MouseButton.LeftButton)
    assert names(opened) == sorted(names(opened), reverse=True)
    assert direction.accessibleName() == "Largest first"


@pytest.mark.parametrize(("text", "field"), [("Probability", "probability"), ("Critical", "critical")])
def test_sorting_by_what_was_found_puts_the_unknown_last(
    qtbot: QtBot, swept: MainWindow, text: str, field: str
) -> None:
    choose(swept, "sortBox", text)
    for down in (False, True):
        found = column(swept, FINDINGS)
        values = [getattr(findings, field) for findings in found[:8]]
        assert values == sorted(values, reverse=down)
        assert found[8:] == [None] * 16
        qtbot.mouseClick(swept.findChild(QToolButton, "sortDirectionButton"), Qt.MouseButton.LeftButton)


def test_images_of_a_patient_come_together(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    for name in ("person20_virus_90.jpeg", "person20_bacteria_91.jpeg"):
        source = next((folder / "test" / "PNEUMONIA").iterdir())
        (folder / "test" / "PNEUMONIA" / name).write_bytes(source.read_bytes())
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    assert column(window, GROUP) == [None] * 26
    press(qtbot, window, "groupByPatientButton")
    patients = [record.patient for record in column(window, RECORD)]
    starts = [row for row in range(26) if row == 0 or patients[row] != patients[row - 1]]
    assert len(starts) == len(set(patients))
    groups = column(window, GROUP)
    assert [row for row, group in enumerate(groups) if group.size] == starts
    assert {group.name: group.size for group in groups if group.size} == {
        patient or "patient not known": patients.count(patient) for patient in patients
    }
    assert all((groups[a].odd != groups[b].odd) for a, b in pairwise(starts))
    grid(window).grab()  # the chips and grounds can be painted
    press(qtbot, window, "groupByPatientButton")
    assert column(window, GROUP) == [None] * 26


# -- the confusion matrix ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "count"), [("TP", 4), ("FP", 1), ("FN", 1), ("TN", 2)])
def test_a_cell_shows_and_selects_its_images(
    qtbot: QtBot, swept: MainWindow, outcome: str, count: int
) -> None:
    choose(swept, "splitFilter", "Train")
    cell = swept.findChild(QPushButton, f"confusion{outcome}")
    assert cell.text() == f"{count} {outcome}"
    qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
    assert [findings.outcome for findings in column(swept, FINDINGS)] == [outcome] * count
    assert len(grid(swept).selectedIndexes()) == count
    assert swept.findChild(QComboBox, "splitFilter").currentText() == "All splits"
    assert swept.findChild(QComboBox, "outcomeFilter").currentData() == outcome


def test_the_matrix_says_whose_it_is_has_totals_and_goes_to_another_epsilon(
    qtbot: QtBot, opened: MainWindow
) -> None:
    session = opened.session
    with qtbot.waitSignal(session.classifierChanged, timeout=LONG):
        session.opening.classifier(demo_classifier_path())
    with qtbot.waitSignal(session.outcomesChanged, timeout=WAIT):
        session.sweeping.start([0.0, 0.2])
    whose = opened.findChild(QComboBox, "confusionSweep")
    (result,) = session.sweeps
    assert whose.currentText() == result.title
    epsilons = opened.findChild(QComboBox, "confusionEpsilon")
    assert [epsilons.itemText(n) for n in range(epsilons.count())] == [
        "Clean films, epsilon 0",
        "At epsilon 0.4 (51/255)",
    ]
    clean, attacked = result.points
    assert totals(opened) == (3, 5, clean.tn + clean.fn, clean.fp + clean.tp, 8)
    with qtbot.waitSignal(session.outcomesChanged, timeout=WAIT):
        qtbot.keyClick(epsilons, Qt.Key.Key_Down)
    assert epsilons.currentIndex() == 1
    cells = [opened.findChild(QPushButton, f"confusion{outcome}") for outcome in OUTCOMES]
    counts = [attacked.tp, attacked.fp, attacked.fn, attacked.tn]
    assert (
        [int(cell.text().split()[0]) for cell in cells] == counts != [clean.tp, clean.fp, clean.fn, clean.tn]
    )
    assert totals(opened) == (3, 5, attacked.tn + attacked.fn, attacked.fp + attacked.tp, 8)
    shares = opened.findChild(QLabel, "confusionShares").text()
    assert shares.startswith(f"Accuracy {100 * attacked.accuracy:.1f}\N{NO-BREAK SPACE}%, sensitivity")
    opened.tabs.setCurrentWidget(opened.dataset_tab)
    cell = max(cells, key=lambda each: int(each.text().split()[0]))
    qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
    assert len(names(opened)) == max(counts), "the grid is at that epsilon too"


def test_films_that_flipped_are_shown_in_the_grid(opened: MainWindow) -> None:
    opened.tabs.setCurrentWidget(opened.attack_tab)
    opened.attack_tab.sweep.filmsRequested.emit("Flipped at epsilon 0.1", np.array([3, 7]))
    assert opened.tabs.currentWidget() is opened.dataset_tab
    paths = [opened.session.dataset.records[place].path for place in (3, 7)]
    assert [record.path for record in column(opened, RECORD)] == paths
    assert opened.findChild(QPushButton, "findingFilter").text() == "Flipped at epsilon 0.1"


def totals(window: MainWindow) -> tuple[int, ...]:
    """Those of both rows, both columns, and all."""
    ends = ("0-", "1-", "-0", "-1", "--")
    return tuple(int(window.findChild(QLabel, f"confusionTotal{end}").text()) for end in ends)


def test_an_empty_cell_cannot_be_pressed(swept: MainWindow) -> None:
    known = swept.session.outcomes
    outcome = np.where(known.outcome == OUTCOMES.index("FN"), NOT_KNOWN, known.outcome).astype(np.int8)
    swept.session.set_outcomes(
        Outcomes("", known.classes, known.probability, known.predicted, outcome, known.state, known.critical)
    )
    assert not swept.findChild(QPushButton, "confusionFN").isEnabled()


def test_a_tile_says_in_words_what_it_shows(swept: MainWindow) -> None:
    choose(swept, "sortBox", "Critical")
    model = grid(swept).model()
    words = model.index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    said = "taken for PNEUMONIA, P(PNEUMONIA) = 0.950: flipped, critical epsilon 0.01 (1.28/255)"
    assert words.endswith(f"without attack {said}")
    grid(swept).grab()
    swept.session.set_outcomes(replace(swept.session.outcomes, epsilon=0.025))
    words = grid(swept).model().index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words.endswith(f"at epsilon 0.05 (6.38/255) {said}")
