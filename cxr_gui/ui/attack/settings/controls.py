"""What the radiograph is attacked with: attack, threat model, epsilon, and the label to move away from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QLayout, QWidget

from cxr_gui.core.attacks import THREATS
from cxr_gui.ui.attack.settings.classifier_box import ClassifierBox
from cxr_gui.ui.attack.settings.epsilon import EpsilonControl
from cxr_gui.ui.attack.shifts.handling import HandlingControl
from cxr_gui.ui.widgets.factories import box, column, fill, label, row, scroll
from cxr_gui.ui.widgets.field_form import FieldForm
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID, set_role

if TYPE_CHECKING:
    from cxr_gui.core.choices import AttackChoice, Catalog
    from cxr_gui.session import AttackSetting, OpenFilm, Session

WHAT_THREAT = (
    "The threat model: what the attack may do to the three channels. For a classifier that sees\n"
    "only their mean all threat models are the same. Epsilon bounds each channel."
)
WHAT_LABEL = (
    "What the radiograph truly shows. The attack moves the decision away from it;\n"
    "a wrong decision at epsilon 0 is a mistake of the classifier, not a success of the attack."
)
UNKNOWN = "Unknown"
GAP = 4
"""Pixels between two rows: all of them are to be seen in a window of 1280 x 800."""
UNKNOWN_MEANS = "The classifier's own clean decision is attacked."


class AttackControls(QWidget):
    """Speaks to the session directly; follows it when something else changes the setting."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Settings of the attack")
        self._session = session
        self._choices: dict[str, AttackChoice] = {}
        self.epsilon = EpsilonControl(session.setting.epsilon, self)
        self.classifier = ClassifierBox(session, self)
        self.attack = box("attackBox", "Attack", letters=3, parent=self)
        self.threat = box("threatBox", "Threat model", WHAT_THREAT, letters=4, parent=self)
        words = "True label of the radiograph"
        self.label = box("labelBox", words, WHAT_LABEL, letters=4, parent=self)
        self.parameters = FieldForm("Parameter", self, compact=True)
        self.handling = HandlingControl(session, self)
        fill(self.threat, ((name, name) for name in THREATS))
        self._lay_out()
        self.epsilon.epsilonChanged.connect(session.set_epsilon)
        self.attack.currentIndexChanged.connect(self._choose_attack)
        self.threat.currentIndexChanged.connect(self._announce)
        self.parameters.changed.connect(self._announce)
        self.label.currentIndexChanged.connect(lambda: session.set_label(self.label.currentData()))
        session.catalogChanged.connect(self._list_attacks)
        session.settingChanged.connect(self._follow)
        session.filmChanged.connect(self._follow_film)
        session.classifierChanged.connect(lambda classifier: self._list_labels(classifier.classes))
        self._show_threat()
        self._list_labels(() if session.classifier is None else session.classifier.classes)
        if session.catalog is not None:
            self._list_attacks(session.catalog)

    def _lay_out(self) -> None:
        """All that is set at a look: the parameters under their attack, the short choices side by side."""
        set_role(self, "compact")
        content = QWidget(self)
        self._scroll = scroll(content, parent=self)
        form = QGridLayout()
        form.setHorizontalSpacing(GRID)
        form.setVerticalSpacing(GAP)
        form.setColumnStretch(1, 1)
        rows: tuple[tuple[int, str, QWidget, QLayout], ...] = (
            (0, "Classifier", self.classifier, row(self.classifier)),
            (1, "Attack", self.attack, row((self.attack, 1), self.parameters.unfold, gap=2)),
            (3, "Threat", self.threat, row(self.threat)),
            (4, "Label", self.label, row(self.label)),
        )
        for place, name, control, part in rows:
            form.addWidget(label(name, buddy=control, parent=content), place, 0)
            form.addLayout(part, place, 1)
        form.addWidget(self.parameters, 2, 0, 1, 2)
        column(form, self.handling, ..., gap=GAP, on=content)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._show_handling)
        column(self.epsilon, (self._scroll, 1), gap=GAP, on=self)

    def _show_handling(self) -> None:
        """What was unfolded comes to the top, as far as it can, with what it has to tell."""
        if self.handling.unfold.isChecked():
            self._scroll.verticalScrollBar().setValue(self.handling.y())

    # -- from the person to the session ------------------------------------------------------------------

    def _choose_attack(self) -> None:
        choice = self._choices[self.attack.currentData()]
        self.attack.setToolTip(choice.summary)
        self.parameters.show_fields(choice.parameters)
        self._announce()

    def _announce(self) -> None:
        self._show_threat()
        if self._choices:
            self._session.set_attack(
                self.attack.currentData(), self.parameters.values(), self.threat.currentData()
            )

    # -- from the session to the person ------------------------------------------------------------------

    def _list_attacks(self, catalog: Catalog) -> None:
        self._choices = {choice.name: choice for choice in catalog.attacks}
        with QSignalBlocker(self.attack):
            fill(self.attack, ((choice.title, choice.name) for choice in catalog.attacks))
            for number, choice in enumerate(catalog.attacks):
                self.attack.setItemData(number, choice.summary, Qt.ItemDataRole.ToolTipRole)
            self.attack.setCurrentIndex(max(self.attack.findData(self._session.setting.attack), 0))
        self._choose_attack()

    def _follow(self, setting: AttackSetting) -> None:
        self.epsilon.set_epsilon(setting.epsilon)
        for choice, value in ((self.attack, setting.attack), (self.threat, setting.threat)):
            if choice.findData(value) >= 0:
                choice.setCurrentIndex(choice.findData(value))

    def _list_labels(self, classes: Sequence[str]) -> None:
        with QSignalBlocker(self.label):
            fill(self.label, [(UNKNOWN, None), *((name, name) for name in classes)])
        if self._session.film is not None:
            self._follow_film(self._session.film)
        else:
            self._explain_label(None)

    def _follow_film(self, film: OpenFilm) -> None:
        index = max(self.label.findData(film.label), 0)
        with QSignalBlocker(self.label):
            self.label.setCurrentIndex(index)
        self._explain_label(film.label if index > 0 else None)

    def _explain_label(self, name: str | None) -> None:
        means = UNKNOWN_MEANS if name is None else f"The attack moves it away from {name}."
        self.label.setToolTip(literal(f"{means}\n{WHAT_LABEL}"))

    def _show_threat(self) -> None:
        self.threat.setToolTip(f"{THREATS[self.threat.currentData()].summary}.\n{WHAT_THREAT}")
