"""The dialog that says what a folder's names do not say: which two classes, and whose images they are."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.core.data import AS_RECOGNISED, Choices, Reading
from cxr_gui.ui.widgets.literal import PlainLabel, literal
from cxr_gui.ui.widgets.theme import GRID, set_role

OTHERS = "Everything else"


class ReadingDialog(QDialog):
    """Emits `chosen` with a Reading when somebody wants the folder read with it.

    choices  what there is to choose from      classes  those in use, (negative, positive), if there are
    example  the path of an image below the folder, which a pattern is looked for in
    """

    chosen = Signal(object)

    def __init__(
        self,
        name: str,
        choices: Choices,
        reading: Reading,
        classes: tuple[str, str] | None = None,
        example: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._choices = choices
        self.setObjectName("readingDialog")
        self.setWindowTitle("Classes and patients")
        self.setMinimumWidth(64 * GRID)
        title = PlainLabel(name, wordWrap=True)
        set_role(title, "title")
        self.positive = _box("positiveClassBox", "Positive class", "p is the probability of this one")
        self.negative = _box("negativeClassBox", "Negative class", "Images of other classes are left out")
        self.pattern = QLineEdit(
            reading.patient_pattern or "", objectName="patientPatternField", placeholderText="As recognised"
        )
        self.pattern.setAccessibleName("Pattern for patients")
        self.column = _box("patientColumnBox", "Column of patients", "Of the table of labels")
        self.problem = PlainLabel(objectName="readingProblem", wordWrap=True)
        set_role(self.problem, "bad")
        about = PlainLabel(
            "A regular expression; what is in brackets is the patient"
            + (f". It is looked for in paths like {example}" if example else ""),
            wordWrap=True,
        )
        set_role(about, "muted")

        form = QFormLayout()
        form.setHorizontalSpacing(GRID * 2)
        form.setVerticalSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows: list[tuple[str, QWidget]] = [
            ("Positive class", self.positive),
            ("Negative class", self.negative),
        ]
        rows += [("Pattern for patients", self.pattern), ("", about), ("Column of patients", self.column)]
        for words, field in rows:
            label = QLabel(words)
            label.setBuddy(field)
            if words:
                label.setFixedHeight(field.sizeHint().height())  # beside it, not above
            form.addRow(label, field)
        form.setRowVisible(self.column, bool(choices.columns))
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.RestoreDefaults | standard.Cancel)
        usual = buttons.button(standard.RestoreDefaults)
        usual.setText("As recognised")
        usual.setObjectName("asRecognisedButton")
        usual.setToolTip("Read the folder as its names say")
        self.read = QPushButton("Read the folder", objectName="readAgainButton")
        self.read.setDefault(True)
        set_role(self.read, "primary")
        buttons.addButton(self.read, QDialogButtonBox.ButtonRole.AcceptRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID * 2)
        layout.addWidget(title)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addWidget(buttons)

        self._fill(reading, classes)
        self.positive.currentIndexChanged.connect(self._keep_two)
        self.pattern.textChanged.connect(self._check)
        usual.clicked.connect(lambda: self._choose(AS_RECOGNISED))
        buttons.accepted.connect(lambda: self._choose(self.reading()))
        buttons.rejected.connect(self.reject)
        self._check()

    def reading(self) -> Reading:
        """What is chosen now."""
        negative, positive = self.negative.currentData(), self.positive.currentData()
        both = (negative, positive) if negative and positive else None
        pattern = self.pattern.text() or None
        return Reading(both, None if both else positive, pattern, self.column.currentData())

    def _fill(self, reading: Reading, classes: tuple[str, str] | None) -> None:
        findings, labels = self._choices.findings, self._choices.labels
        for name in findings or labels:
            self.positive.addItem(name, name)
        if findings:
            self.negative.addItem(OTHERS, None)
        for name in labels:
            self.negative.addItem(name, name)
        self.negative.setEnabled(len(labels) > 1)
        self.positive.setEnabled(bool(findings or labels))
        self.column.addItem("As recognised", None)
        for name in self._choices.columns:
            self.column.addItem(name, name)
        _show(self.column, reading.patient_column)
        if classes is not None:
            _show(self.negative, classes[0])
            _show(self.positive, classes[1])
        self._keep_two()

    def _keep_two(self) -> None:
        """One class cannot be both."""
        if self.negative.currentData() == self.positive.currentData() is not None:
            with QSignalBlocker(self.negative):
                self.negative.setCurrentIndex(0 if self.negative.currentIndex() else 1)
        self._check()

    def _check(self) -> None:
        problem = ""
        try:
            re.compile(self.pattern.text())
        except re.error as error:
            problem = f"The pattern is no regular expression: {error}."
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        same = self.negative.currentData() == self.positive.currentData() is not None
        self.read.setEnabled(not problem and not same)

    def _choose(self, reading: Reading) -> None:
        self.accept()
        self.chosen.emit(reading)


def _box(name: str, title: str, tip: str) -> QComboBox:
    box = QComboBox(objectName=name)
    box.setAccessibleName(title)
    box.setToolTip(literal(tip))
    box.setMinimumContentsLength(12)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _show(box: QComboBox, name: str | None) -> None:
    """Choose a name, whatever its case, if it is there."""
    wanted = (name or "").casefold()
    places = (place for place in range(box.count()) if (box.itemData(place) or "").casefold() == wanted)
    box.setCurrentIndex(next(places, 0))
