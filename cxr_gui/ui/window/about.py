"""The About dialog: what this is, which versions, under which licence, and what it is not for."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

import cxr_gui
from cxr_gui.ui.widgets.theme import GRID, set_role

NOT_CLINICAL = "Research software. Not for clinical use: no output may inform the care of a patient."
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
        self.setObjectName("aboutDialog")
        self.setWindowTitle("About")
        picture = QLabel()
        picture.setPixmap(QGuiApplication.windowIcon().pixmap(64, 64))
        title = QLabel("Chest X-ray robustness workbench")
        set_role(title, "title")
        purpose = QLabel(
            "How far can a chest X-ray classifier be trusted when someone, or noise, nudges its input?"
        )
        purpose.setWordWrap(True)
        warning = QLabel(NOT_CLINICAL, wordWrap=True)
        set_role(warning, "warning")
        words = QVBoxLayout()
        words.setSpacing(GRID)
        words.addWidget(title)
        words.addWidget(purpose)
        words.addWidget(warning)
        head = QHBoxLayout()
        head.setSpacing(GRID * 2)
        head.addWidget(picture, alignment=Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)

        table = QFormLayout()
        table.setHorizontalSpacing(GRID * 2)
        table.setVerticalSpacing(GRID // 2)
        for name, number in versions().items():
            key, value = QLabel(name), QLabel(number)
            set_role(key, "muted")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            table.addRow(key, value)
        licence = QLabel(
            "MIT licence. Qt for Python is used under the LGPL 3, other packages under their own licences."
        )
        licence.setWordWrap(True)
        set_role(licence, "muted")

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        copy = QPushButton("Copy versions", objectName="copyVersionsButton", autoDefault=False)
        copy.setToolTip("For a report of what went wrong")
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID * 2)
        layout.addLayout(head)
        layout.addLayout(table)
        layout.addWidget(licence)
        layout.addWidget(buttons)
        self.setMinimumWidth(64 * GRID)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(
            "\n".join(f"{name} {number}" for name, number in versions().items())
        )
