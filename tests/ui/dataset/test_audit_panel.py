"""The audit beside the grid: findings as cards, what passed out of sight, and files to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.findings import FINE, LEVELS, WARNING, Finding
from cxr_gui.session.auditing import Listed
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.dataset.audit_panel import AuditPanel
from cxr_gui.ui.dataset.finding_card import FindingCard
from cxr_gui.ui.dataset.model import GROUP
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG
from tests.support.tiles import grid, names


def test_the_audit_finds_a_duplicate_and_shows_its_files(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    one = sorted((folder / "train" / "NORMAL").iterdir())[0]
    two = folder / "test" / "PNEUMONIA" / "person900_virus_1.jpeg"
    two.write_bytes(one.read_bytes())
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    panel = window.findChild(AuditPanel, "auditPanel")
    assert panel.cards == []
    button = window.findChild(QPushButton, "auditButton")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Stop the audit"
    qtbot.waitUntil(lambda: bool(panel.cards), timeout=LONG)
    assert button.text() == "Run the audit"
    card = next(card for card in panel.cards if {str(one), str(two)} == set(card.finding.paths))
    assert not card.finding.passed
    assert card.accessibleName().startswith("Problem: ")
    qtbot.mouseClick(card.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert sorted(names(window)) == sorted([one.name, two.name])
    first = grid(window).model().index(0, 0).data(GROUP)
    assert (first.name, first.size) == ("group 1", 2)
    grid(window).grab()  # the chips can be painted
    assert window.findChild(QPushButton, "excludeAllButOneButton").isVisible()
    everything = window.findChild(QPushButton, "findingFilter")
    assert everything.isVisible()
    qtbot.mouseClick(everything, Qt.MouseButton.LeftButton)
    assert len(names(window)) == 25


def test_every_finding_says_in_words_how_bad_it_is_and_what_passed_is_out_of_sight(
    qtbot: QtBot, opened: MainWindow
) -> None:
    panel = opened.findChild(AuditPanel, "auditPanel")
    panel.run()
    qtbot.waitUntil(lambda: any(card.isVisible() for card in panel.cards), timeout=LONG)
    for card in panel.cards:
        words = [label.text() for label in card.findChildren(QLabel)]
        assert card.finding.verdict.capitalize() in words
        assert card.finding.summary in " ".join(words)
        assert card.finding.passed or card.finding.advice in words
        assert card.isVisible() == (card.finding.severity != FINE)
    levels = [card.finding.severity for card in panel.cards]
    assert levels == sorted(levels, key=LEVELS.index)
    passed = levels.count(FINE)
    verdict = opened.findChild(QLabel, "auditVerdict").text()
    assert verdict == f"{levels.count(WARNING)} warnings. {passed} checks passed."
    button = opened.findChild(QPushButton, "passedChecksButton")
    assert button.text() == f"Show the {passed} checks that passed"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all(card.isVisible() for card in panel.cards))


def test_a_finding_shows_all_that_was_measured(qtbot: QtBot) -> None:
    numbers = {f"NORMAL of test: trait {n}": n / 10 for n in range(5)} | {"films": 1234}
    finding = Finding("Likeness of splits", WARNING, "They differ. These are listed.", "Beware.", numbers)
    card = FindingCard(Listed(finding, np.array([], np.intp)))
    qtbot.addWidget(card)
    card.show()
    words = [label.text() for label in card.findChildren(QLabel)]
    assert words[-3:] == ["They differ.", "These are listed.", "Beware."], "each sentence on lines of its own"
    (button,) = card.findChildren(QPushButton)
    button.click()
    shown = {label.text() for label in card.findChildren(QLabel)}
    assert shown >= {*numbers, "0.00", "0.10", "0.20", "0.30", "0.40", "1,234"}
    assert button.text() == "Hide the values"
    button.click()
    assert button.text() == "Show the values"


def test_a_stopped_audit_leaves_the_button_as_it_was(qtbot: QtBot, opened: MainWindow) -> None:
    panel = opened.findChild(AuditPanel, "auditPanel")
    panel.run()
    job = opened.session.job(Lane.AUDIT)
    with qtbot.waitSignal(job.ended, timeout=LONG):
        panel.run()
    assert opened.findChild(QPushButton, "auditButton").text() == "Run the audit"


def test_findings_go_with_their_dataset(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    panel = opened.findChild(AuditPanel, "auditPanel")
    panel.run()
    qtbot.waitUntil(lambda: bool(panel.cards), timeout=LONG)
    with qtbot.waitSignal(opened.session.datasetChanged, timeout=LONG):
        opened.open_paths([folder / "train"])
    assert panel.cards == []
    assert not [card for card in panel.findChildren(FindingCard) if card.isVisible()]
