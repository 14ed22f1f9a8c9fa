"""Filters that come with a sweep: what its images were taken for, and what became of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base.units import PER_PIXEL
from cxr_gui.core.sweep import OUTCOMES, STATES, Outcomes
from cxr_gui.ui.dataset.confusion import WORDS
from cxr_gui.ui.dataset.record_index import Filter
from cxr_gui.ui.widgets.epsilon_fields import EpsilonBox
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import box, fill, label, named, row
from cxr_gui.ui.widgets.flow import Flow
from cxr_gui.ui.widgets.theme import GRID

ANY = 0.0
"""No limit on the critical epsilon: images that resisted pass too."""


class ResultFilters(QWidget):
    """Emits `changed` at every change of one of its filters."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "resultFilters")
        self.predicted = box("predictedFilter", "Predicted class", "Show what was taken for one class")
        self.outcome = box("outcomeFilter", "Outcome", "Show one cell of the confusion matrix")
        self.state = box(
            "stateFilter",
            "Attack state",
            "Already wrong: without any attack. Flipped: right, and wrong at some epsilon of the sweep. "
            "Resisted: right at all of them",
        )
        self.lowest = _epsilon("criticalLowest", "Lowest critical epsilon")
        self.highest = _epsilon("criticalHighest", "Highest critical epsilon")
        self.certified = _epsilon("certifiedLowest", "Lowest certified radius")
        self.proven = label("Certified radius from", role="muted")
        words, to = label("Critical epsilon from", role="muted"), label("to", role="muted")
        critical = row(words, self.lowest, to, self.highest)
        proven = row(self.proven, self.certified)
        Flow(self.predicted, self.outcome, self.state, critical, proven, on=self)
        for choice in (self.predicted, self.outcome, self.state):
            choice.setMinimumWidth(13 * GRID)
            choice.setMaximumWidth(30 * GRID)  # a class may be called anything
            choice.currentIndexChanged.connect(self.changed)
        for field in (self.lowest, self.highest, self.certified):
            field.epsilonChanged.connect(self.changed)
        self.hide()

    def set_outcomes(self, found: Outcomes | None) -> None:
        """Offer what a sweep found, all of it chosen; nothing before the first."""
        self.blockSignals(True)
        self.reset()
        if found is not None:
            for choice, everything, names, numbers in (
                (self.predicted, "Any decision", found.classes, found.predicted),
                (self.outcome, "Any outcome", OUTCOMES, found.outcome),
                (self.state, "Any effect of the attack", STATES, found.state),
            ):
                counts = (int(np.sum(numbers == place)) for place in range(len(names)))
                fill(choice, [(everything, None), *map(filter_entry, names, counts)])
            for field in (self.lowest, self.highest):
                field.setEnabled(bool(np.isfinite(found.critical).any()))
            for each in (self.proven, self.certified):
                each.setVisible(found.certified is not None)
        self.blockSignals(False)

    @property
    def at_work(self) -> int:
        """How many of them let not everything pass."""
        chosen = (choice.currentIndex() > 0 for choice in (self.predicted, self.outcome, self.state))
        limits = (field.epsilon() > ANY for field in (self.lowest, self.highest, self.certified))
        return sum(chosen) + sum(limits)

    def reset(self) -> None:
        """Choose everything."""
        for choice in (self.predicted, self.outcome, self.state):
            choice.setCurrentIndex(0)
        self.lowest.setValue(ANY)
        self.highest.setValue(ANY)
        self.certified.setValue(ANY)

    def show_outcome(self, outcome: str) -> None:
        """Show one cell of the confusion matrix."""
        self.outcome.setCurrentIndex(self.outcome.findData(outcome))

    def added_to(self, chosen: Filter) -> Filter:
        """A filter with what is chosen here."""
        low, high = self.lowest.epsilon(), self.highest.epsilon()
        return replace(
            chosen,
            predicted=self.predicted.currentData(),
            outcome=self.outcome.currentData(),
            state=self.state.currentData(),
            critical=(low, high or math.inf) if low or high else None,
            certified=self.certified.epsilon() or None,
        )


def critical_words(critical: float) -> str:
    """A critical epsilon (pixel units) for a tile; "" when it is not known."""
    if math.isnan(critical):
        return ""
    return "resisted" if math.isinf(critical) else f"ε {epsilons().shown(critical, digits=2)}"


def filter_entry(name: str, count: int) -> tuple[str, str]:
    """What a filter says of what is called `name`, with how many are; and the name."""
    words = WORDS.get(name, name)
    return f"{words.capitalize() if words.islower() else words} ({count:,})", name


def _epsilon(name: str, title: str) -> EpsilonBox:
    field = named(EpsilonBox(title, "; 0 for any", PER_PIXEL["pixel"], room=3 * GRID), name)
    field.setSpecialValueText("any")
    field.lineEdit().setTextMargins(GRID // 2, 0, 0, 0)
    return field
