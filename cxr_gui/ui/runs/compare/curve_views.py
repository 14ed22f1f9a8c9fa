"""What several runs and sweeps look like as curves: over epochs, and over all thresholds at an epsilon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from cxr_gui.core.runs import METRICS
from cxr_gui.ui.runs.columns import epsilon_words
from cxr_gui.ui.runs.compare.named_curves import NamedCurve, NamedCurves, steps
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import box, column, fill, label, row

if TYPE_CHECKING:
    from cxr_gui.core.runs import Chosen, DecisionCurves

MEASURED = {"train_loss": "Training loss", "validation_loss": "Validation loss", **METRICS}
"""Of an epoch -> in words"""

MOST_OF_ALL = 24
"""Curves that are drawn when all epsilons are."""


class LearningCurves(QWidget):
    """One quantity of every epoch of several runs, over each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: Chosen | None = None
        self.quantity = box("learningQuantityBox", "Quantity")
        self.curves = NamedCurves("learning", "Learning curves", ("Epoch", ""), symbols=True)
        self.quantity.currentIndexChanged.connect(self._draw)
        column(row(self.quantity, ...), (self.curves, 1), on=self)

    def show_chosen(self, chosen: Chosen) -> bool:
        """Draw those of their runs; False when they have none."""
        self._chosen = chosen
        rows = [epoch for _, history in chosen.histories for epoch in history]
        known = [name for name in MEASURED if any(getattr(epoch, name) is not None for epoch in rows)]
        before = self.quantity.currentData()
        self.quantity.blockSignals(True)
        fill(self.quantity, ((MEASURED[name], name) for name in known))
        self.quantity.setCurrentIndex(max(self.quantity.findData(before or "validation_auroc"), 0))
        self.quantity.blockSignals(False)
        self._draw()
        return bool(known)

    def _draw(self) -> None:
        name = self.quantity.currentData()
        if self._chosen is None or name is None:
            return
        loss = name.endswith("loss")
        scale = 1.0 if loss or name.endswith("auroc") else 100.0
        unit = "cross-entropy, nats" if loss else "%" if scale > 1 else "0 to 1"
        self.curves.plot.set_labels("Epoch", f"{MEASURED[name]} ({unit})")
        curves = []
        for run, history in self._chosen.histories:
            known = [epoch for epoch in history if getattr(epoch, name) is not None]
            x = np.array([epoch.epoch for epoch in known], float)
            y = np.array([getattr(epoch, name) for epoch in known], float)
            curves.append(NamedCurve(run, x, scale * y))
        self.curves.show_curves(curves)


@dataclass(frozen=True)
class ThresholdView:
    """What is drawn of DecisionCurves: its axes, and a curve with the number that stands for it."""

    name: str
    title: str
    axes: tuple[str, str]
    curve: Callable[[DecisionCurves], tuple[np.ndarray, np.ndarray]]
    detail: Callable[[DecisionCurves], str]
    diagonal: bool = True
    symbols: bool = False


THRESHOLD_VIEWS = (
    ThresholdView(
        "roc",
        "ROC",
        ("1 \N{MINUS SIGN} specificity", "Sensitivity"),
        lambda curves: curves.roc,
        lambda curves: f"AUROC {curves.auroc:.3f}",
    ),
    ThresholdView(
        "precision",
        "Precision and recall",
        ("Recall (sensitivity)", "Precision (positive predictive value)"),
        lambda curves: steps(*curves.precision_recall),
        lambda curves: f"average precision {curves.average_precision:.3f}",
        diagonal=False,
    ),
    ThresholdView(
        "calibration",
        "Calibration",
        ("Mean predicted P(positive)", "Share of positives"),
        lambda curves: curves.calibration,
        lambda curves: f"calibration error {100 * curves.calibration_error:.1f} %",
        symbols=True,
    ),
)


class ThresholdCurves(QWidget):
    """One view of the logits of several sweeps: clean, at one of their epsilons, or at all of them."""

    def __init__(self, view: ThresholdView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._chosen: Chosen | None = None
        self.epsilon = box(f"{view.name}EpsilonBox", "Epsilon")
        self.curves = NamedCurves(
            view.name, view.title, view.axes, diagonal=view.diagonal, symbols=view.symbols
        )
        self.epsilon.currentIndexChanged.connect(self._draw)
        epsilons().changed.connect(self._fill)
        column(row(label("Images", buddy=self.epsilon), self.epsilon, ...), (self.curves, 1), on=self)

    def show_chosen(self, chosen: Chosen) -> bool:
        """Draw those of their sweeps; False when they have none. One sweep alone is drawn at all epsilons."""
        self._chosen = chosen
        self._fill()
        alone = len(chosen.sweeps) == 1
        self.epsilon.setCurrentIndex(self.epsilon.count() - 1 if alone else 0)
        self._draw()
        return bool(chosen.curves)

    def _fill(self) -> None:
        if self._chosen is None:
            return
        before = self.epsilon.currentIndex()
        found = sorted({float(f"{curves.epsilon:.6g}") for curves in self._chosen.curves})
        entries: list[tuple[str, object]] = [(epsilon_words(epsilon), epsilon) for epsilon in found]
        self.epsilon.blockSignals(True)
        fill(self.epsilon, entries)
        if len(found) > 1 and len(self._chosen.curves) <= MOST_OF_ALL:
            self.epsilon.addItem("All epsilons", None)
        self.epsilon.setCurrentIndex(min(max(before, 0), self.epsilon.count() - 1))
        self.epsilon.blockSignals(False)
        self._draw()

    def _draw(self) -> None:
        if self._chosen is None:
            return
        wanted = self.epsilon.currentData()
        several = len(self._chosen.sweeps) > 1
        curves = []
        for each in self._chosen.curves:
            if wanted is None or abs(each.epsilon - wanted) <= 1e-5 * wanted:
                parts = [each.name] if several else []
                parts += [epsilon_words(each.epsilon)] if wanted is None else []
                name = ", ".join(parts) or each.name
                curves.append(NamedCurve(name, *self._view.curve(each), self._view.detail(each)))
        self.curves.show_curves(curves)
