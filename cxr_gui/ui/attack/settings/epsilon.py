"""Epsilon as people set it: a slider and a box in the chosen unit, with the other one beside them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from cxr_gui.core.base.units import epsilon_text, to_pixel
from cxr_gui.ui.attack.settings.bracket import BracketSlider
from cxr_gui.ui.widgets.epsilon_fields import EpsilonBox
from cxr_gui.ui.widgets.epsilon_unit import NAMES, epsilons
from cxr_gui.ui.widgets.factories import label, named
from cxr_gui.ui.widgets.theme import GRID

LARGEST = to_pixel(0.2, "model")
STEPS = 400
LONG = {"model": "= 0.00784", "255": "= 25.50/255"}  # as there is to be room for
DECIMALS = {"model": 4, "255": 2}  # of the slider's epsilons
WHAT = (
    "Epsilon is the largest change that the attack may make to any pixel (L-infinity).\n"
    "Model units are of images from -1 to 1, where black to white is 2; n/255 counts 8-bit grey levels."
)


class EpsilonControl(QWidget):
    """Emits `epsilonChanged` (pixel units) at every move. The slider is quadratic: finer near zero."""

    epsilonChanged = Signal(float)

    def __init__(self, epsilon: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = BracketSlider(LARGEST, share_of, self)
        named(self.slider, "epsilonSlider", "Epsilon slider, finer near zero")
        self.slider.setRange(0, STEPS)
        self.slider.setMinimumHeight(24)
        self.slider.setPageStep(STEPS // 20)
        self.box = named(EpsilonBox("Epsilon", f".\n{WHAT}", LARGEST, parent=self), "epsilonBox")
        self.level = label("", "epsilonLevel", tip=WHAT, parent=self)
        name = label("Epsilon", tip=WHAT, buddy=self.box, parent=self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(GRID // 2)
        grid.addWidget(name, 0, 0)
        grid.addWidget(self.box, 0, 1)
        grid.addWidget(self.level, 0, 2)
        grid.addWidget(self.slider, 1, 0, 1, 3)
        grid.setColumnStretch(2, 1)
        self.setTabOrder(self.box, self.slider)
        self.slider.valueChanged.connect(lambda step: self._choose(epsilon_at(step / STEPS)))
        self.box.epsilonChanged.connect(self._choose)
        self.set_epsilon(epsilon)
        self._follow()
        epsilons().changed.connect(self._follow)

    def set_epsilon(self, epsilon: float) -> None:
        """Show an epsilon, in pixel units, without announcing it."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * share_of(epsilon)))
        self.box.set_epsilon(epsilon)
        self._say()

    def _follow(self) -> None:
        unit = epsilons()
        self.level.setMinimumWidth(self.level.fontMetrics().horizontalAdvance(LONG[unit.other]))
        self.level.call(f"Epsilon in {NAMES[unit.other]}")
        self.slider.explain(f"{WHAT}\nThe slider goes from 0 to {unit.shown(LARGEST)}, finer near 0.")
        self._say()

    def _say(self) -> None:
        epsilon = self.box.epsilon()
        self.level.setText(f"= {epsilon_text(epsilon, epsilons().other)}")
        self.slider.say(f"epsilon {epsilons().both(epsilon)}")

    def _choose(self, epsilon: float) -> None:
        self.set_epsilon(epsilon)
        self.epsilonChanged.emit(epsilon)


def share_of(epsilon: float) -> float:
    """Where an epsilon (pixel units) lies on the slider, 0..1: the root of its share of the largest."""
    return float((min(epsilon, LARGEST) / LARGEST) ** 0.5)


def epsilon_at(share: float) -> float:
    """The epsilon, in pixel units, at a place 0..1 of the slider: a round one in the chosen unit."""
    unit = epsilons()
    return unit.pixel(round(unit.value(LARGEST) * share**2, DECIMALS[unit.unit]))
