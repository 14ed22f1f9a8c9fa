"""For whom a sweep's result holds, in the window."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QTableWidget
from pytestqt.qtbot import QtBot

from cxr_gui.session.session import Session
from cxr_gui.ui.attack.sweep.subgroups import SubgroupsDialog
from cxr_gui.ui.attack.tab import AttackTab
from tests.support.hands import child
from tests.support.patience import WAIT
from tests.ui.attack.test_bracket import opened


def asked_for(qtbot: QtBot, tab: AttackTab, session: Session, folder: Path) -> SubgroupsDialog:
    """The dialog of a sweep of films beside which a table says the sex."""
    films = sorted(folder.glob("test/*/*"))
    rows = [["image", "sex"], *([film.name, "fm"[number % 2]] for number, film in enumerate(films))]
    with (folder / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    opened(qtbot, session, folder)
    with qtbot.waitSignal(session.sweepChanged, timeout=4 * WAIT):
        tab.sweep.start()
    (curves,) = tab.sweep.curves()
    tab.sweep.chips.subgroupsRequested.emit(curves)
    dialog = tab.window().findChild(SubgroupsDialog)
    assert dialog is not None
    assert not dialog.in_dataset.isEnabled()
    choice = child(dialog, QComboBox, "attributeBox")
    qtbot.waitUntil(lambda: choice.count() > 0, timeout=WAIT)
    choice.setCurrentIndex(choice.findData("sex"))
    return dialog


def test_a_subgroup_is_measured_shown_among_the_films_and_saved(
    qtbot: QtBot,
    tab: AttackTab,
    session: Session,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialog = asked_for(qtbot, tab, session, folder)
    table = child(dialog, QTableWidget, "subgroupTable")
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == ["f", "m"]
    counts = [int(table.item(row, 1).text()) for row in range(2)]
    assert sum(counts) == len(list(folder.glob("test/*/*")))
    assert " / " in table.item(0, 2).text()
    assert "95" not in table.item(0, 2).text()
    assert "Sensitivity" in table.item(0, 2).toolTip()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "s.csv"), ""))
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT):
        dialog.save.click()
    with (tmp_path / "s.csv").open(newline="") as file:
        assert {row["attribute"] for row in csv.DictReader(file)} >= {"sex", "brightness"}
    table.selectRow(0)
    with qtbot.waitSignal(tab.sweep.filmsRequested, timeout=WAIT) as requested:
        qtbot.mouseClick(dialog.in_dataset, Qt.MouseButton.LeftButton)
    words, places = requested.args
    assert (words, len(places)) == ("sex: f", counts[0])
    assert session.dataset is not None
    assert all(session.dataset.records[place].split == "test" for place in places)
    assert not dialog.isVisible()
