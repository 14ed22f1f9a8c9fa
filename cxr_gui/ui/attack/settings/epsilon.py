"""Epsilon as people set it: a slider and a box in model units, with n/255 beside them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from cxr_gui.core.base.units import describe_epsilon, from_pixel, to_pixel
from cxr_gui.ui.attack.settings.bracket import BracketSlider
from cxr_gui.ui.widgets.factories import label, named
from cxr_gui.ui.widgets.number_box import RealBox
from cxr_gui.ui.widgets.theme import GRID

LARGEST = 0.2  # model units
STEPS = 400
DECIMALS = 4  # of the slider's epsilons
WHAT = (
    "Epsilon is the largest change that the attack may make to any pixel (L-infinity).\n"
    "Model units are of images from -1 to 1, where black to white is 2; n/255 counts 8-bit grey levels."
)


class EpsilonControl(QWidget):
    """Emits `epsilonChanged` (pixel units) at every move. The slider is quadratic: finer near zero."""

    epsilonChanged = Signal(float)

    def __init__(self, epsilon: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = f"{WHAT}\nThe slider goes from 0 to {LARGEST} in model units, finer near 0."
        shown = to_pixel(LARGEST, "model")
        self.slider = BracketSlider(shown, share_of, self)
        named(self.slider, "epsilonSlider", "Epsilon slider, finer near zero", tip)
        self.slider.setRange(0, STEPS)
        self.slider.setMinimumHeight(24)
        self.slider.setPageStep(STEPS // 20)
        box = RealBox(0.0, LARGEST, self, step=0.005)
        self.box = named(box, "epsilonBox", "Epsilon in model units", WHAT)
        self.box.setMinimumWidth(self.box.fontMetrics().horizontalAdvance("0.00784") + 5 * GRID)
        words = "Epsilon in grey levels"
        self.level = label("", "epsilonLevel", words=words, tip=WHAT, parent=self)
        self.level.setMinimumWidth(self.level.fontMetrics().horizontalAdvance("= 25.50/255"))
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
        self.box.valueChanged.connect(lambda value: self._choose(to_pixel(value, "model")))
        self.set_epsilon(epsilon)

    def set_epsilon(self, epsilon: float) -> None:
        """Show an epsilon, in pixel units, without announcing it."""
        value = from_pixel(epsilon, "model")
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setValue(round(STEPS * share_of(epsilon)))
            if value != self.box.value():  # or what is being typed would go
                self.box.setValue(value)
        self.level.setText(f"= {from_pixel(epsilon, '255'):.2f}/255")
        self.slider.say(f"epsilon {describe_epsilon(epsilon)}")

    def _choose(self, epsilon: float) -> None:
        self.set_epsilon(epsilon)
        self.epsilonChanged.emit(epsilon)


def share_of(epsilon: float) -> float:
    """Where an epsilon (pixel units) lies on the slider, 0..1: the root of its share of the largest."""
    return float((min(from_pixel(epsilon, "model"), LARGEST) / LARGEST) ** 0.5)


def epsilon_at(share: float) -> float:
    """The epsilon, in pixel units, at a place 0..1 of the slider; what the box can show."""
    return to_pixel(round(LARGEST * share**2, DECIMALS), "model")
