"""What the radiograph is attacked with: attack, threat model, epsilon, and the label to move away from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFormLayout, QWidget

from cxr_gui.core.attacks import THREATS
from cxr_gui.ui.attack.settings.classifier_box import ClassifierBox
from cxr_gui.ui.attack.settings.epsilon import EpsilonControl
from cxr_gui.ui.widgets.factories import box, column, fill, label, scroll
from cxr_gui.ui.widgets.field_form import FieldForm

if TYPE_CHECKING:
    from cxr_gui.core.choices import AttackChoice, Catalog
    from cxr_gui.session import AttackSetting, OpenFilm, Session

WHAT_THREAT = (
    "The threat model: what the attack may do to the three channels. To a classifier that sees\n"
    "one channel, their mean, all threat models are the same. Epsilon bounds each of them."
)
WHAT_LABEL = (
    "What the radiograph truly shows. The attack moves the decision away from it;\n"
    "a wrong decision at epsilon 0 is a mistake of the classifier, not a success of the attack."
)
UNKNOWN = "Unknown"
UNKNOWN_MEANS = "The classifier's own clean decision is attacked."


class AttackControls(QWidget):
    """Speaks to the session directly; follows it when something else changes the setting."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._choices: dict[str, AttackChoice] = {}
        self.epsilon = EpsilonControl(session.setting.epsilon, self)
        self.classifier = ClassifierBox(session, self)
        self.attack = box("attackBox", "Attack", letters=8, parent=self)
        self.threat = box("threatBox", "Threat model", WHAT_THREAT, letters=8, parent=self)
        words = "True label of the radiograph"
        self.label = box("labelBox", words, WHAT_LABEL, letters=8, parent=self)
        self.parameters = FieldForm("Parameter", self)
        self._threat_means = label(role="muted", wrap=True, parent=self)
        self._label_means = label(role="muted", wrap=True, parent=self)
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
        content = QWidget(self)
        form = QFormLayout(content)
        form.setContentsMargins(0, 0, 4, 0)
        form.setHorizontalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, control, meaning in (
            ("Classifier", self.classifier, None),
            ("Attack", self.attack, None),
            ("Threat", self.threat, self._threat_means),
            ("Label", self.label, self._label_means),
        ):
            title = label(name, buddy=control, parent=content)
            title.setFixedHeight(control.sizeHint().height())
            form.addRow(title, control)
            if meaning is not None:
                form.addRow(meaning)
        form.addRow(self.parameters)
        column(self.epsilon, (scroll(content, parent=self), 1), gap=-1, on=self)

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
            self._label_means.setText(UNKNOWN_MEANS)

    def _follow_film(self, film: OpenFilm) -> None:
        index = max(self.label.findData(film.label), 0)
        with QSignalBlocker(self.label):
            self.label.setCurrentIndex(index)
        self._label_means.setText(UNKNOWN_MEANS if index == 0 else f"Moves it away from {film.label}.")

    def _show_threat(self) -> None:
        self._threat_means.setText(f"{THREATS[self.threat.currentData()].summary}.")
