"""The dialogs for files begin where the last one of their kind ended, also after a start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.ui.widgets.asking import ask_file, ask_files, ask_folder, ask_save, chosen_places
from cxr_gui.ui.widgets.settings import Settings


class Dialogs:
    """In place of Qt's: answers, and keeps where each began."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.began: list[str] = []

    def one(self, _parent: QWidget, _title: str, begin: str, filters: str = "") -> tuple[str, str]:
        self.began.append(begin)
        return self.answer, filters

    def folder(self, parent: QWidget, title: str, begin: str) -> str:
        return self.one(parent, title, begin)[0]

    def several(self, parent: QWidget, title: str, begin: str, filters: str) -> tuple[list[str], str]:
        file, which = self.one(parent, title, begin, filters)
        return ([file] if file else []), which


@pytest.fixture
def dialogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dialogs]:
    made = Dialogs(str(tmp_path / "a" / "file.png"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", made.folder)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", made.one)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", made.several)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", made.one)
    yield made
    chosen_places().keep_in(Settings(fresh=True))


def test_each_kind_begins_where_it_ended(qtbot: QtBot, dialogs: Dialogs, tmp_path: Path) -> None:
    store, parent, folder = str(tmp_path / "settings.ini"), QWidget(), str(tmp_path / "a")
    qtbot.addWidget(parent)
    chosen_places().keep_in(Settings(QSettings(store, QSettings.Format.IniFormat)))
    assert ask_file(parent, "recipe", "Load", "*") == Path(dialogs.answer)
    assert ask_save(parent, "recipe", "Save", "recipe.toml", "*") == (Path(dialogs.answer), "*")
    assert ask_files(parent, "films", "Open", "*", "first") == [Path(dialogs.answer)]
    dialogs.answer = folder
    assert ask_folder(parent, "films", "Open") == Path(folder)
    assert dialogs.began == ["", str(Path(folder) / "recipe.toml"), "first", folder]
    chosen_places().keep_in(Settings(QSettings(store, QSettings.Format.IniFormat)))
    assert chosen_places().of("recipe") == folder


def test_who_chooses_nothing_changes_nothing(qtbot: QtBot, dialogs: Dialogs, tmp_path: Path) -> None:
    parent, dialogs.answer = QWidget(), ""
    qtbot.addWidget(parent)
    chosen_places().keep_in(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)))
    assert ask_folder(parent, "films", "Open") is None
    assert ask_file(parent, "films", "Open", "*") is None
    assert ask_files(parent, "films", "Open", "*") == []
    assert ask_save(parent, "films", "Save", "x.png", "*") == (None, "*")
    assert chosen_places().of("films") == ""
