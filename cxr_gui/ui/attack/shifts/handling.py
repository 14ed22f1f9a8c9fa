"""How the film in the inspector was handled: a live slider each, and the search for what flips it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from cxr_gui.core.base.fields import FieldDescription, describe_fields
from cxr_gui.core.base.progress import Event
from cxr_gui.core.shifts import AS_IT_IS, Handling, Ward
from cxr_gui.ui.attack.verdict.prediction import share_text
from cxr_gui.ui.widgets.elided import ElidedButton, ElidedToolButton
from cxr_gui.ui.widgets.factories import ELLIPSIS, button, column, label, named, progress, row, slider, tool
from cxr_gui.ui.widgets.literal import sentence
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Inspection, PlausibleFilm
    from cxr_gui.session import Session

STEPS = 100  # of a slider, to either side
TITLE = "Without an attacker"
WHAT = (
    "What may befall a film on a ward, each within what passes there. It comes first:\n"
    "the attack starts from the film so handled, and epsilon 0 shows it alone."
)
FIND = (
    "Look for the mildest exposure, gamma, rotation, place and size, all at once, that flip the decision.\n"
    "That none is found proves nothing."
)
LOW = 18
"""Pixels of a slider's height: all are to be seen in a window of 1280 x 800."""


class HandlingControl(QWidget):
    """Folded away until somebody wants it; folded, it still says how the film is handled."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.unfold = named(ElidedToolButton(self), "handlingToggle", TITLE, WHAT)
        self.unfold.setAutoRaise(True)
        self.unfold.setCheckable(True)
        self.unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        kinds, ward = describe_fields(Ward), Ward()
        self.sliders = {entry.name: HandlingSlider(entry, ward, self) for entry in kinds}
        self.verdict = label("", "handlingVerdict", "muted", wrap=True, parent=self)
        self.seek = named(ElidedButton("Find the worst plausible film", self), "plausibleButton", "", FIND)
        self.seek.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.reset = tool("handlingResetButton", "reset", "As it was read", parent=self)
        self.progress = progress("plausibleProgress", "Progress of the search", parent=self)
        self.cancel = button("Cancel", "plausibleCancelButton", "Stop the search", parent=self)
        self.words = label("", "plausibleWords", wrap=True, selectable=True, parent=self)
        self._body = self._lay_out()
        self.unfold.toggled.connect(self._fold)
        self.seek.clicked.connect(self.search)
        self.cancel.clicked.connect(session.searching.cancel)
        self.reset.clicked.connect(lambda: session.set_handling(AS_IT_IS))
        for name, each in self.sliders.items():
            each.changed.connect(
                lambda value, name=name: session.set_handling(replace(session.handling, **{name: value}))
            )
        session.handlingChanged.connect(self._follow)
        session.inspectionChanged.connect(self._judge)
        session.searching.changed.connect(self._tell)
        self._tell(None)
        self._follow(session.handling)
        self._running(on=False)
        self._fold()

    def _lay_out(self) -> QWidget:
        body = QWidget(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID // 2)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        for place, each in enumerate(self.sliders.values()):
            for across, part in enumerate((each.name, each.slider, each.value)):
                grid.addWidget(part, place, across)
        search = row((self.seek, 1), (self.progress, 1), self.cancel, self.reset, gap=4)
        column(grid, search, self.words, self.verdict, gap=4, on=body)
        column(self.unfold, body, gap=0, on=self)
        return body

    def search(self) -> None:
        """Look for the worst plausible film; its progress takes the button's place."""
        job = self._session.searching.search()
        if job is not None:
            self._running(on=True)
            self.progress.setRange(0, 0)
            job.events.connect(self._advance)
            job.ended.connect(self._end)

    def _advance(self, events: list[Event]) -> None:
        self.progress.advance(events[-1].done, events[-1].total)
        self.words.setText(f"{events[-1].stage} {ELLIPSIS}")
        self.words.show()

    def _end(self) -> None:
        self._running(on=False)
        self.words.setText(self._found)
        self.words.setVisible(bool(self._found))

    def _running(self, *, on: bool) -> None:
        self.seek.setHidden(on)
        for part in (self.progress, self.cancel):
            part.setVisible(on)

    def _tell(self, found: PlausibleFilm | None) -> None:
        self._found = "" if found is None else found.sentence
        self.words.setText(self._found)
        self.words.setVisible(found is not None)

    def _follow(self, handling: Handling) -> None:
        """Show how the film is handled, also where no slider stands exactly there."""
        for name, each in self.sliders.items():
            each.show_value(getattr(handling, name))
        self.reset.setEnabled(handling != AS_IT_IS)
        self._say(handling)

    def _judge(self, inspection: Inspection) -> None:
        read, now = (
            f"{decision}, P = {share_text(positive)}"
            for decision, positive in (
                (inspection.read_decision, inspection.read_probability),
                (inspection.clean_decision, inspection.clean_probability),
            )
        )
        as_read = inspection.handling == AS_IT_IS
        self.verdict.setText(f"As read: {read}." if as_read else f"As read: {read}. So handled: {now}.")

    def _say(self, handling: Handling) -> None:
        self.unfold.setText(TITLE if handling == AS_IT_IS else f"{TITLE}: {handling.words}")

    def _fold(self) -> None:
        shown = self.unfold.isChecked()
        self.unfold.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._body.setVisible(shown)


class HandlingSlider(QObject):
    """One kind of handling: its name, a slider whose middle is the film as read, and what it stands at."""

    changed = Signal(float)

    def __init__(self, entry: FieldDescription, ward: Ward, parent: QWidget) -> None:
        super().__init__(parent)
        kinds = [field.name for field in describe_fields(Ward)]
        shares = (step / STEPS for step in range(-STEPS, STEPS + 1))
        ways = (ward.handling([share if kind == entry.name else 0.0 for kind in kinds]) for share in shares)
        self._values = [getattr(way, entry.name) for way in ways]
        self._unit = entry.unit
        ends = f"{self._in_words(self._values[0])} to {self._in_words(self._values[-1])}"
        tip = f"{sentence(entry.meaning)} {ends}"
        self.slider = slider(f"{entry.name}HandlingSlider", entry.words.capitalize(), tip, parent=parent)
        self.slider.setRange(-STEPS, STEPS)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setMinimumSize(5 * GRID, LOW)
        self.name = label(entry.words.capitalize(), tip=tip, buddy=self.slider, parent=parent)
        self.value = label("", f"{entry.name}HandlingValue", parent=parent)
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance("\N{MINUS SIGN}00.0 %"))
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.slider.valueChanged.connect(lambda step: self.changed.emit(self._values[step + STEPS]))

    def show_value(self, value: float) -> None:
        """Stand as near to it as the slider can, without announcing that."""
        nearest = min(range(len(self._values)), key=lambda place: abs(self._values[place] - value))
        with QSignalBlocker(self.slider):
            self.slider.setValue(nearest - STEPS)
        self.value.setText(self._in_words(value))

    def _in_words(self, value: float) -> str:
        """An angle, a share of the side, or a factor."""
        written = {"degrees": f"{value:+.1f}\N{DEGREE SIGN}", "of the side": f"{100 * value:+.1f} %"}
        factor = f"\N{MULTIPLICATION SIGN} {value:.2f}"
        return written.get(self._unit, factor).replace("-", "\N{MINUS SIGN}")
