"""A folder of a sweep of shifts is opened as any other result is."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from cxr_gui.core.base import progress
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import sweep_shifts, write_shifts
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG
from tests.support.victims import cnn


def test_its_table_takes_the_place_of_the_chart(qtbot: QtBot, opened: MainWindow, tmp_path: Path) -> None:
    assert opened.session.dataset is not None
    records = opened.session.dataset.of("test")
    write_shifts(progress.run(sweep_shifts([cnn()], records, [SHIFTS["flip"]])), tmp_path / "swept")
    with qtbot.waitSignal(opened.session.shiftsChanged, timeout=LONG):
        opened.open_paths([tmp_path / "swept"])
    qtbot.waitUntil(opened.attack_tab.shifts.isVisible, timeout=LONG)
    assert opened.tabs.currentWidget() is opened.attack_tab
    assert opened.attack_tab.shifts.table.isVisible()
    assert str(tmp_path / "swept") in opened.settings.recent
