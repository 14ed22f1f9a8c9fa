"""The menu of a film in the grid: what can be done with it, or with all that are selected."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from cxr_gui.core.data import FLAGS
from cxr_gui.ui.dataset.model import RECORD
from cxr_gui.ui.widgets.factories import ELLIPSIS
from cxr_gui.ui.widgets.icons import icon

if TYPE_CHECKING:
    from cxr_gui.core.data import Record
    from cxr_gui.ui.dataset.tab import DatasetTab


def film_menu(tab: DatasetTab, index: QModelIndex) -> QMenu:
    """Of the record at `index`; flags, exclusion and copies are of all selected ones, if it is among them."""
    record: Record = index.data(RECORD)
    rows = tab.chosen_rows(index)
    paths = tab.model.paths(rows)
    menu = QMenu(tab)
    menu.addAction(icon("inspect"), "Inspect", lambda: tab.inspect(index))
    words = "Show this patient's images" + ("" if record.patient else ": the patient is not known")
    place = tab.model.place(index.row())
    patient = menu.addAction(icon("search"), words, lambda: tab.show_patient(place))
    patient.setEnabled(bool(record.patient))
    menu.addSeparator()
    _add_flags(menu, tab, paths)
    _add_exclusion(menu, tab, tab.model.paths(rows, but_of="test"))
    menu.addSeparator()
    menu.addAction(icon("copy"), "Copy path", lambda: tab.copy_paths(paths))
    menu.addAction(icon("save"), f"Save the list{ELLIPSIS}", tab.save_list)
    folder = QUrl.fromLocalFile(str(Path(record.path).parent))
    menu.addAction(icon("folder"), "Open containing folder", lambda: QDesktopServices.openUrl(folder))
    return menu


def _add_flags(menu: QMenu, tab: DatasetTab, paths: list[str]) -> None:
    """A flag is ticked where all of them have it; choosing it again takes it back."""
    flags = {note.flag for note in tab.flagging.said(paths)}
    flagged = menu.addMenu(icon("flag"), "Flag")
    flagged.setObjectName("flagMenu")
    for flag in FLAGS:
        has = flags == {flag}
        entry = flagged.addAction(flag.capitalize(), partial(tab.flagging.flag, paths, "" if has else flag))
        entry.setCheckable(True)
        entry.setChecked(has)
    menu.addAction(icon("note"), f"Flag and note{ELLIPSIS}", lambda: tab.flagging.ask(paths))


def _add_exclusion(menu: QMenu, tab: DatasetTab, paths: list[str]) -> None:
    """Leave records out of training, or take them in again when all of them are out."""
    out = bool(paths) and tab.model.excluded.issuperset(paths)
    words = "Include in training again" if out else "Exclude from training"
    if not paths:
        words += ": test images are not trained on"
    change = tab.exclusions.include if out else tab.exclusions.exclude
    action = menu.addAction(icon("plus" if out else "minus"), words, lambda: change(paths))
    action.setEnabled(bool(paths))
