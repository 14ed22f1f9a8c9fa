"""The About dialog: what this is, which versions, under which licence, and what it is not for."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QWidget

import cxr_gui
from cxr_gui.ui.widgets.factories import DIALOG, button, column, label, named, row
from cxr_gui.ui.widgets.theme import GRID

NOT_CLINICAL = "Research software. Not for clinical use: no output may inform the care of a patient."
PURPOSE = "How far can a chest X-ray classifier be trusted when someone, or noise, nudges its input?"
LICENCE = "MIT licence. Qt for Python is used under the LGPL 3, other packages under their own licences."
PACKAGES = ("PySide6-Essentials", "torch", "torchvision", "numpy", "pydicom", "pyqtgraph")


def versions() -> dict[str, str]:
    """The versions in use, read without importing the packages."""
    found = {"cxr-gui": cxr_gui.__version__, "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found | {"System": platform.platform()}


class AboutDialog(QDialog):
    """Opens from Help."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "aboutDialog")
        self.setWindowTitle("About")
        logo = QLabel()
        logo.setPixmap(QGuiApplication.windowIcon().pixmap(64, 64))
        words = column(
            label("Chest X-ray robustness workbench", role="title"),
            label(PURPOSE, wrap=True),
            label(NOT_CLINICAL, role="warning", wrap=True),
        )
        head = row(logo, (words, 1), gap=GRID * 2)
        head.setAlignment(logo, Qt.AlignmentFlag.AlignTop)
        table = QFormLayout()
        table.setHorizontalSpacing(GRID * 2)
        table.setVerticalSpacing(GRID // 2)
        for name, number in versions().items():
            table.addRow(label(name, role="muted"), label(number, selectable=True))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        copy = button("Copy versions", "copyVersionsButton", "For a report of what went wrong")
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        licence = label(LICENCE, role="muted", wrap=True)
        column(head, table, licence, buttons, gap=GRID * 2, around=DIALOG, on=self)
        self.setMinimumWidth(64 * GRID)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(
            "\n".join(f"{name} {number}" for name, number in versions().items())
        )
