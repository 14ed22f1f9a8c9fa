"""The runs tab of a window with something in it, and some of that compared."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelectionModel
from pytestqt.qtbot import QtBot

from cxr_gui.session.lanes import Lane
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG, WAIT
from tests.support.run_samples import write_study, write_sweep_of


def compare_runs(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """Write a study and a sweep below a folder, have them listed, and compare them; then go back."""
    before, session, tab = window.tabs.currentWidget(), window.session, window.runs_tab
    write_study(folder / "study")
    write_sweep_of(None, folder / "sweep", right=2)
    session.folderUsed.emit(str(folder))
    window.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: bool(session.entries) and session.job(Lane.RUNS) is None, timeout=WAIT)
    chosen = [row for row, line in enumerate(tab.model.lines) if line.entry.name in ("study", "sweep")]
    flags = QItemSelectionModel.SelectionFlag
    for row in chosen:
        tab.table.selectionModel().select(tab.model.index(row, 0), flags.Select | flags.Rows)
    tab.compare_button.click()
    qtbot.waitUntil(tab.compare.pages.isVisible, timeout=LONG)
    window.tabs.setCurrentWidget(before)
