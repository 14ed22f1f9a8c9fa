"""The dialog before a download: what comes, how much, whose it is, where it goes. It fetches nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QWidget,
)

from cxr_gui.core.data import MEGABYTE, OnlineDataset
from cxr_gui.ui.widgets.factories import DIALOG, ELLIPSIS, button, column, field, label, named, row
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import GRID

GOES_ON = "A download that is stopped or breaks off goes on from there the next time, in the same folder."


class DownloadDialog(QDialog):
    """Emits `requested` with the folder when somebody presses Download, and remembers it."""

    requested = Signal(str)

    def __init__(self, source: OnlineDataset, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source, self._settings = source, settings
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        named(self, "downloadDialog")
        self.setWindowTitle("Download data")
        name, _, what = source.title.partition(": ")
        folder = settings.download_folder or _documents()
        self.folder = field("downloadFolder", "Folder to download into", text=folder)
        words = "Choose the folder to download into"
        choose = button(f"Choose{ELLIPSIS}", "downloadChooseButton", words=words)

        facts = QFormLayout()
        facts.setHorizontalSpacing(GRID * 3)
        facts.setVerticalSpacing(GRID)
        facts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        _add(facts, "What", what[:1].upper() + what[1:])
        sizes = f"{_gigabytes(source.bytes)} to download, {_gigabytes(source.room)} of free space needed"
        _add(facts, "Size", sizes)
        licence, _, terms = source.licence.partition(", ")
        _add(facts, "Licence", _link(terms, licence) if terms else licence)
        _add(facts, "By", f"{source.attribution}. {_link(source.page, f'doi {source.doi}')}")
        facts.addRow(label("Into", role="muted", buddy=self.folder), row((self.folder, 1), choose))
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._start = button("Download", "downloadButton", icon="download", role="primary")
        self._start.setDefault(True)
        self._buttons.addButton(self._start, QDialogButtonBox.ButtonRole.AcceptRole)
        title = label(f"Download the {name}", role="title")
        note = label(GOES_ON, role="muted", wrap=True)
        column(title, facts, note, self._buttons, gap=GRID * 2, around=DIALOG, on=self)
        self.setMinimumWidth(72 * GRID)
        choose.clicked.connect(self._choose)
        self.folder.textChanged.connect(self._refresh)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._refresh()

    def accept(self) -> None:
        folder = self.folder.text().strip()
        self._settings.download_folder = folder
        self.requested.emit(folder)
        super().accept()

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Download into", self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _refresh(self) -> None:
        self._start.setEnabled(Path(self.folder.text().strip()).is_absolute())


def _add(facts: QFormLayout, name: str, words: str) -> None:
    value = QLabel(words, wordWrap=True, openExternalLinks=True)
    value.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    facts.addRow(label(name, role="muted"), value)


def _link(address: str, words: str) -> str:
    return f'<a href="{address}">{words}</a>'


def _gigabytes(count: int) -> str:
    return f"{count / MEGABYTE / 1000:.2g} GB"


def _documents() -> str:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return str(Path(documents) / "chest X-rays")
