"""The table of runs: found by itself, searched, sorted, grouped over seeds, written in, and opened from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.runs.entry import AtEpsilon
from cxr_gui.core.runs.remarks import Remark, read_remarks
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.ui.runs.tab import MOST_COMPARED, RunsTab
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG, SOON, WAIT
from tests.support.run_samples import write_run, write_sweep_of

LEFT = Qt.MouseButton.LeftButton
ALL = {
    *(f"seed-{seed}" for seed in range(3)),
    *(f"sweep-{seed}" for seed in range(3)),
    *("paper", "study", "study/run", "study/sweep"),
}


def names(tab: RunsTab) -> list[str]:
    """What stands in the first column, from top to bottom."""
    return [tab.model.index(row, 0).data().strip() for row in range(tab.model.rowCount())]


def cell(tab: RunsTab, name: str, column: str) -> str:
    return str(tab.model.index(names(tab).index(name), tab.model.column(column)).data())


def is_said(tab: RunsTab, column: str, text: str) -> bool:
    return cell(tab, "seed-1", column) == text


def point(tab: RunsTab, name: str, column: str = "kind") -> QPoint:
    index = tab.model.index(names(tab).index(name), tab.model.column(column))
    tab.table.scrollTo(index)
    return tab.table.visualRect(index).center()


def select(qtbot: QtBot, tab: RunsTab, *chosen: str) -> None:
    """Click one, and the others with Ctrl."""
    tab.table.clearSelection()
    for name in chosen:
        ctrl = Qt.KeyboardModifier.ControlModifier
        qtbot.mouseClick(tab.table.viewport(), LEFT, ctrl, point(tab, name))


def quiet(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.job(Lane.RUNS) is None, timeout=WAIT)


def test_without_any_the_tab_says_what_it_is_for_and_asks_for_a_folder(
    qtbot: QtBot, empty: RunsTab, session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = empty.findChild(QPushButton, "lookInFolderButton")
    assert button.isVisible()
    assert not empty.table.isVisible()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(root))
    with qtbot.waitSignal(session.entriesChanged, timeout=WAIT):
        qtbot.mouseClick(button, LEFT)
    assert set(names(empty)) == ALL
    assert empty.table.isVisible()
    assert not button.isVisible()


def test_where_results_were_opened_is_remembered_and_looked_in_at_the_next_start(
    qtbot: QtBot, tab: RunsTab, session: Session, settings: Settings, root: Path
) -> None:
    assert set(names(tab)) == ALL
    later = RunsTab(session, settings)
    qtbot.addWidget(later)
    session.set_entries(())
    with qtbot.waitSignal(session.entriesChanged, timeout=WAIT):
        later.show()
    quiet(qtbot, session)
    assert set(names(later)) == ALL


def test_nothing_is_looked_for_before_the_tab_is_seen(
    qtbot: QtBot, session: Session, settings: Settings, root: Path
) -> None:
    with qtbot.waitSignal(session.catalogChanged, timeout=WAIT):
        session.opening.catalog()
    hidden = RunsTab(session, settings)
    qtbot.addWidget(hidden)
    session.folderUsed.emit(str(root))
    hidden.grab()
    assert session.job(Lane.RUNS) is None
    assert session.entries == ()


def test_what_is_written_while_the_tab_is_seen_appears(
    qtbot: QtBot, tab: RunsTab, session: Session, root: Path
) -> None:
    write_run(root / "later", seed=9)
    session.folderUsed.emit(str(root / "later"))
    qtbot.waitUntil(lambda: "later" in names(tab), timeout=WAIT)


def test_columns_tell_what_is_known(tab: RunsTab) -> None:
    assert cell(tab, "seed-1", "kind") == "Run"
    assert cell(tab, "seed-1", "recipe") == "balanced"
    assert cell(tab, "seed-1", "validation_auroc") == "0.910"
    assert cell(tab, "sweep-2", "seed") == "2"
    assert cell(tab, "sweep-0", "epsilon 0") == "92.0 %"
    assert cell(tab, "study", "epsilon 0") == "92.0 %"
    row = names(tab).index("sweep-0")
    tip = tab.model.index(row, tab.model.column("epsilon 0")).data(Qt.ItemDataRole.ToolTipRole)
    assert "n = 50" in tip
    assert len(tip.splitlines()) == len(tab.model.lines[row].entry.points)


def test_epsilons_are_headed_in_the_unit_of_the_window(tab: RunsTab) -> None:
    def heads() -> list[str]:
        return [column.title for column in tab.model.columns if column.name.startswith("epsilon ")]

    assert heads()[1].startswith("ε 0.")
    epsilons().set_unit("255")
    try:
        assert heads()[1].endswith("/255")
    finally:
        epsilons().set_unit("model")


def test_words_and_kinds_leave_out_the_others(qtbot: QtBot, tab: RunsTab) -> None:
    qtbot.keyClicks(tab.search, "BALANCED seed")
    qtbot.waitUntil(lambda: set(names(tab)) == {"seed-0", "seed-1", "seed-2"}, timeout=LONG)
    tab.search.clear()
    qtbot.waitUntil(lambda: set(names(tab)) == ALL, timeout=LONG)
    tab.kind.setCurrentIndex(tab.kind.findData("study"))
    assert names(tab) == ["study"]
    assert "1 shown" in tab.state.text()
    tab.search.setText("nothing has this")
    qtbot.waitUntil(lambda: names(tab) == [], timeout=LONG)


def test_a_group_that_is_selected_stays_so_and_the_heading_stays_marked(
    qtbot: QtBot, tab: RunsTab, session: Session
) -> None:
    tab.group.setChecked(True)
    tab.table.sortByColumn(tab.model.column("note"), Qt.SortOrder.AscendingOrder)
    select(qtbot, tab, "3 sweeps")
    more = replace(session.entries[0], folder="/more", points=(AtEpsilon(0.3, 10, 0.5),))
    session.set_entries((*session.entries, more))
    assert {entry.name for entry in tab.table.chosen()} == {"sweep-0", "sweep-1", "sweep-2"}
    assert tab.table.horizontalHeader().sortIndicatorSection() == tab.model.column("note")


def test_headings_sort_and_what_is_unknown_comes_last(tab: RunsTab) -> None:
    place = tab.model.column("validation_auroc")
    tab.table.sortByColumn(place, Qt.SortOrder.AscendingOrder)
    known = [text for row in range(tab.model.rowCount()) if (text := tab.model.index(row, place).data())]
    assert known == sorted(known)
    assert tab.model.index(tab.model.rowCount() - 1, place).data() == ""
    tab.table.sortByColumn(place, Qt.SortOrder.DescendingOrder)
    assert names(tab)[0] == "seed-2"
    assert tab.model.index(tab.model.rowCount() - 1, place).data() == ""


def test_what_is_selected_stays_so_when_it_is_sorted_and_searched(qtbot: QtBot, tab: RunsTab) -> None:
    select(qtbot, tab, "seed-0", "paper")
    tab.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert {entry.name for entry in tab.table.chosen()} == {"seed-0", "paper"}
    tab.search.setText("paper")
    qtbot.waitUntil(lambda: names(tab) == ["paper"], timeout=LONG)
    assert [entry.name for entry in tab.table.chosen()] == ["paper"]


def test_seeds_are_grouped_with_their_mean_and_open_below(qtbot: QtBot, tab: RunsTab) -> None:
    tab.group.setChecked(True)
    assert sorted(names(tab)) == ["3 runs", "3 sweeps", "paper", "study", "study/run", "study/sweep"]
    assert cell(tab, "3 runs", "validation_auroc") == "0.910 ± 0.010"
    assert cell(tab, "3 runs", "seed") == "0, 1, 2"
    assert cell(tab, "3 sweeps", "epsilon 0") == "94.0 ± 2.0 %"
    place = tab.table.visualRect(tab.model.index(names(tab).index("3 runs"), 0))
    qtbot.mouseClick(tab.table.viewport(), LEFT, pos=place.topLeft() + QPoint(8, place.height() // 2))
    at = names(tab).index("3 runs")
    assert names(tab)[at : at + 4] == ["3 runs", "seed-0", "seed-1", "seed-2"]
    qtbot.keyClick(tab.table, Qt.Key.Key_Left)
    assert "seed-0" not in names(tab)
    qtbot.keyClick(tab.table, Qt.Key.Key_Right)
    assert "seed-0" in names(tab)
    qtbot.keyClick(tab.table, Qt.Key.Key_Return)
    assert "seed-0" not in names(tab)
    assert {entry.name for entry in tab.table.chosen()} == {"seed-0", "seed-1", "seed-2"}, "all of the group"


def test_tags_and_notes_are_written_in_place_kept_and_found(
    qtbot: QtBot, tab: RunsTab, session: Session, root: Path
) -> None:
    for column, text in (("tags", "paper, table 2"), ("note", "the best so far")):
        tab.table.setCurrentIndex(tab.model.index(names(tab).index("seed-1"), tab.model.column(column)))
        qtbot.keyClick(tab.table, Qt.Key.Key_F2)
        editor = tab.table.findChild(QLineEdit)
        editor.setText(text)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(partial(is_said, tab, column, text), timeout=SOON)
        qtbot.waitUntil(lambda: tab.table.findChild(QLineEdit) is None, timeout=SOON)
    tab.search.setText("best far")
    qtbot.waitUntil(lambda: names(tab) == ["seed-1"], timeout=LONG)
    said = {str(root / "seed-1"): Remark("the best so far", ("paper", "table 2"))}
    qtbot.waitUntil(lambda: read_remarks() == said, timeout=LONG)


def test_columns_are_hidden_and_shown_and_stay_so(
    qtbot: QtBot, tab: RunsTab, session: Session, settings: Settings
) -> None:
    menu = tab.columns_button.menu()
    menu.aboutToShow.emit()
    entries = {entry.text(): entry for entry in menu.actions()}
    assert not entries["Name"].isEnabled()
    entries["Recipe"].trigger()
    entries["Data"].trigger()
    hidden = {
        column.name for place, column in enumerate(tab.model.columns) if tab.table.isColumnHidden(place)
    }
    assert "recipe" in hidden
    assert "data" not in hidden
    later = RunsTab(session, settings)
    qtbot.addWidget(later)
    assert later.table.isColumnHidden(later.model.column("recipe"))
    assert not later.table.isColumnHidden(later.model.column("data"))


def test_a_column_stays_as_wide_as_it_was_made(tab: RunsTab, session: Session, settings: Settings) -> None:
    place = tab.model.column("recipe")
    tab.table.horizontalHeader().resizeSection(place, 222)
    again = RunsTab(session, settings)
    assert again.table.columnWidth(again.model.column("recipe")) == 222
    assert (
        again.table.columnWidth(again.model.column("seed"))
        == tab.model.columns[tab.model.column("seed")].width
    )
    settings.store.set_value("runs/widths", "recipe=wide,=3,seed")
    assert RunsTab(session, settings).table.columnWidth(place) == tab.model.columns[place].width


def test_a_folder_is_looked_in_no_longer(qtbot: QtBot, tab: RunsTab, session: Session) -> None:
    menu = tab.folders_button.menu()
    menu.aboutToShow.emit()
    with qtbot.waitSignal(session.entriesChanged, timeout=WAIT):
        menu.actions()[-1].trigger()
    assert names(tab) == []
    assert tab.findChild(QPushButton, "lookInFolderButton").isVisible()


@pytest.mark.parametrize("how", ["double-click", "Enter"])
def test_a_row_is_opened(qtbot: QtBot, tab: RunsTab, root: Path, how: str) -> None:
    select(qtbot, tab, "sweep-1")
    with qtbot.waitSignal(tab.openRequested) as asked:
        if how == "Enter":
            qtbot.keyClick(tab.table, Qt.Key.Key_Enter)
        else:
            qtbot.mouseDClick(tab.table.viewport(), LEFT, pos=point(tab, "sweep-1"))
    assert asked.args == [str(root / "sweep-1")]


def test_what_cannot_be_read_says_why_in_place_of_opening(
    qtbot: QtBot, tab: RunsTab, session: Session, root: Path
) -> None:
    (root / "sweep-1" / "sweep.json").write_text("[]")
    with qtbot.waitSignal(session.entriesChanged, timeout=WAIT):
        tab.again.click()
    quiet(qtbot, session)
    select(qtbot, tab, "sweep-1")
    with qtbot.waitSignal(session.messageRaised) as told, qtbot.assertNotEmitted(tab.openRequested):
        qtbot.keyClick(tab.table, Qt.Key.Key_Enter)
    assert "sweep-1" in told.args[0].text


def test_the_menu_copies_paths(qtbot: QtBot, tab: RunsTab, root: Path) -> None:
    select(qtbot, tab, "seed-0", "seed-1")
    tab.table.customContextMenuRequested.emit(QPoint(5, 5))
    entries = {entry.text(): entry for entry in tab.findChildren(QMenu)[-1].actions()}
    assert not entries["Open"].isEnabled()
    entries["Copy the paths"].trigger()
    assert set(QGuiApplication.clipboard().text().splitlines()) == {
        str(root / f"seed-{seed}") for seed in (0, 1)
    }


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("seed-1", {"seed-1", "sweep-1"}),
        ("study/sweep", {"study", "study/run", "study/sweep"}),
        ("paper", None),
    ],
)
def test_the_menu_selects_a_run_with_its_sweeps_and_its_study(
    qtbot: QtBot, tab: RunsTab, name: str, family: set[str] | None
) -> None:
    select(qtbot, tab, name)
    tab.table.customContextMenuRequested.emit(QPoint(5, 5))
    menu = tab.findChildren(QMenu)[-1]
    entry = next(entry for entry in menu.actions() if "belongs" in entry.text())
    assert entry.isEnabled() == (family is not None)
    entry.trigger()
    menu.close()
    assert {chosen.name for chosen in tab.table.chosen()} == (family or {name})


def test_too_many_are_not_compared(qtbot: QtBot, tab: RunsTab, session: Session, root: Path) -> None:
    assert not tab.compare_button.isEnabled()
    assert "Select" in tab.compare_button.toolTip()
    for number in range(MOST_COMPARED):
        write_sweep_of(None, root / f"more-{number}")
    with qtbot.waitSignal(session.entriesChanged, timeout=WAIT):
        tab.again.click()
    quiet(qtbot, session)
    tab.table.selectAll()
    assert not tab.compare_button.isEnabled()
    assert str(MOST_COMPARED) in tab.compare_button.toolTip()


def test_a_run_opens_in_the_window_under_its_name(qtbot: QtBot, window: MainWindow, root: Path) -> None:
    tab = window.runs_tab
    window.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: window.session.catalog is not None, timeout=LONG)
    window.session.folderUsed.emit(str(root))
    qtbot.waitUntil(lambda: set(names(tab)) == ALL, timeout=WAIT)
    select(qtbot, tab, "seed-1")
    with qtbot.waitSignal(window.session.runChanged, timeout=LONG):
        qtbot.keyClick(tab.table, Qt.Key.Key_Return)
    assert window.tabs.currentWidget() is window.training_tab
    assert window.training_tab.watch.name.text() == "seed-1"
    assert window.training_tab.watch.table.rowCount() == 3
    sweeps = window.training_tab.watch.sweeps.button
    assert sweeps.isVisible()
    assert sweeps.text().startswith("1 sweep")
    sweeps.menu().aboutToShow.emit()
    (entry,) = sweeps.menu().actions()
    assert entry.text().startswith("sweep-1: ")
    with qtbot.waitSignal(window.session.sweepChanged, timeout=LONG):
        entry.trigger()
    assert window.tabs.currentWidget() is window.attack_tab
