"""Which classifier is attacked: the shipped ones, and those opened or trained since the start."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from cxr_gui.core.models import population_sentence, shipped
from cxr_gui.ui.widgets.elided import ElidedComboBox
from cxr_gui.ui.widgets.factories import named

if TYPE_CHECKING:
    from cxr_gui.core.models import Classifier
    from cxr_gui.session import Session

WHAT = "The classifier under attack. Sweep several to compare them in one chart; the File menu opens others."


class ClassifierBox(ElidedComboBox):
    """Lists classifiers by their files; one in training has none and keeps a single entry."""

    chosen = Signal(str)  # the file that was chosen here, once it is open

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        named(self, "classifierBox", "Classifier", WHAT)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setPlaceholderText("None yet")
        for entry in shipped():
            self.addItem(entry.title, str(entry.path))
        self.setCurrentIndex(-1)
        self.activated.connect(self._choose)
        session.classifierChanged.connect(self._follow)
        if session.classifier is not None:
            self._follow(session.classifier)

    def files(self) -> list[tuple[str, Path]]:
        """(title, checkpoint) of each that has one."""
        entries = [(self.itemText(number), self.itemData(number)) for number in range(self.count())]
        return [(title, Path(file)) for title, file in entries if file]

    def _choose(self, index: int) -> None:
        file = self.itemData(index)
        shown = self._session.classifier
        if file and (shown is None or file != str(shown.file)):
            job = self._session.opening.classifier(file)
            job.done.connect(lambda _: self.chosen.emit(file))
            job.ended.connect(self._show_current)  # back to the old one, if the new one cannot be used

    def _follow(self, classifier: Classifier) -> None:
        file = "" if classifier.file is None else str(classifier.file)
        with QSignalBlocker(self):
            place = self.findData(file)
            if place < 0:
                place = self.count()
                self.addItem(classifier.name, file)
            elif not file:
                self.setItemText(place, classifier.name)
            facts = _facts(classifier)
            self.setItemData(place, "<br>".join(map(escape, facts)), Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(place)
        self.setToolTip(f"{self.itemData(place, Qt.ItemDataRole.ToolTipRole)}<p>{WHAT}</p>")
        self.setAccessibleDescription(". ".join(facts))

    def _show_current(self) -> None:
        if self._session.classifier is not None:
            self._follow(self._session.classifier)
        else:
            self.setCurrentIndex(-1)


def _facts(classifier: Classifier) -> list[str]:
    """What there is to say of a classifier, whose names come from a file and may look like HTML."""
    lines = [
        f"{classifier.name}: {classifier.architecture}",
        f"{classifier.classes[1]} from p = {classifier.threshold:.4g} on",
        classifier.card.source,
        population_sentence(classifier.card.data),
    ]
    return list(filter(None, lines))
