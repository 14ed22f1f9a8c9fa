"""The dialog that says what a folder's names do not say: which two classes, and whose images they are."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QWidget

from cxr_gui.core.data import AS_RECOGNISED, Choices, Reading
from cxr_gui.ui.widgets.factories import DIALOG, box, button, column, field, fill, label, named
from cxr_gui.ui.widgets.theme import GRID

OTHERS, DETECT = "Everything else", "Detect automatically"
LETTERS = 12  # of a class that are always seen


class ReadingDialog(QDialog):
    """Emits `chosen` with a Reading when somebody wants the folder read with it.

    choices  what there is to choose from      classes  those in use, (negative, positive), if there are
    example  the path of an image below the folder, which a pattern is looked for in
    """

    chosen = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        name: str,
        choices: Choices,
        reading: Reading,
        classes: tuple[str, str] | None = None,
        example: str = "",
    ) -> None:
        super().__init__(parent)
        self._choices = choices
        named(self, "readingDialog")
        self.setWindowTitle("Classes and patients")
        self.setMinimumWidth(64 * GRID)
        tip = "The classifier gives the probability of this one"
        self.positive = box("positiveClassBox", "Positive class", tip, letters=LETTERS)
        tip = "Images of all other classes are left out"
        self.negative = box("negativeClassBox", "Negative class", tip, letters=LETTERS)
        pattern = reading.patient_pattern or ""
        words, hint = "Pattern for patients", DETECT
        self.pattern = field("patientPatternField", words, text=pattern, hint=hint)
        tip = "In the table of labels"
        self.column = box("patientColumnBox", "Column of patients", tip, letters=LETTERS)
        self.problem = label("", "readingProblem", "bad", wrap=True)
        about = label(
            "A regular expression; what its brackets match is the patient"
            + (f". It is looked for in paths like {example}" if example else ""),
            role="muted",
            wrap=True,
        )

        form = QFormLayout()
        form.setHorizontalSpacing(GRID * 2)
        form.setVerticalSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for part in (self.positive, self.negative, self.pattern, about, self.column):
            title = label(part.accessibleName(), buddy=part)
            if title.text():
                title.setFixedHeight(part.sizeHint().height())  # beside it, not above
            form.addRow(title, part)
        form.setRowVisible(self.column, bool(choices.columns))
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.RestoreDefaults | standard.Cancel)
        usual = buttons.button(standard.RestoreDefaults)
        named(usual, "asRecognisedButton", DETECT, "Read the folder as its names say")
        usual.setText(DETECT)
        self.read = button("Read the folder", "readAgainButton", role="primary")
        self.read.setDefault(True)
        buttons.addButton(self.read, QDialogButtonBox.ButtonRole.AcceptRole)
        called = label(name, role="title", wrap=True)
        column(called, form, self.problem, buttons, gap=GRID * 2, around=DIALOG, on=self)

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
        fill(self.positive, ((name, name) for name in findings or labels))
        others: list[tuple[str, str | None]] = [(OTHERS, None)] if findings else []
        fill(self.negative, [*others, *((name, name) for name in labels)])
        self.negative.setEnabled(len(labels) > 1)
        self.positive.setEnabled(bool(findings or labels))
        columns = ((name, name) for name in self._choices.columns)
        fill(self.column, [(DETECT, None), *columns])
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
            problem = f"The pattern is not a regular expression: {error}."
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        same = self.negative.currentData() == self.positive.currentData() is not None
        self.read.setEnabled(not problem and not same)

    def _choose(self, reading: Reading) -> None:
        self.accept()
        self.chosen.emit(reading)


def _show(choice: QComboBox, name: str | None) -> None:
    """Choose a name, whatever its case, if it is there."""
    names = [(choice.itemData(place) or "").casefold() for place in range(choice.count())]
    wanted = (name or "").casefold()
    choice.setCurrentIndex(names.index(wanted) if wanted in names else 0)
