"""For whom a sweep's result holds: its measures by subgroup, and which stand out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from cxr_gui.core.base.wording import NONE, percent
from cxr_gui.ui.attack.sweep.curves import Curves
from cxr_gui.ui.widgets.asking import ask_save
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import (
    DIALOG,
    ELLIPSIS,
    box,
    button,
    column,
    fill,
    label,
    named,
    progress,
    row,
)
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID

if TYPE_CHECKING:
    from cxr_gui.core.base.progress import Event
    from cxr_gui.core.sweep import Point, Subgroup
    from cxr_gui.session import Session

NOTHING = "Nothing is known by which these films could be parted: put a CSV file with columns beside them."
NOT_HERE = "These films are not in the dataset that is open now"
HERE = "Show the films of the chosen subgroup in the Dataset tab"


class SubgroupsDialog(QDialog):
    """Looks at every attribute of the films of a sweep, and shows one of them at a time."""

    filmsRequested = Signal(str, object)  # in words, and their places in the dataset

    def __init__(self, session: Session, curves: Curves, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert curves.result is not None  # noqa: S101
        named(self, "subgroupsDialog", "For whom does it hold?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("By subgroup")
        self._session, self._result = session, curves.result
        self._found: list[Subgroup] = []
        self.attribute = box("attributeBox", "Attribute", "What the films are parted by", letters=24)
        self.attribute.currentIndexChanged.connect(self._show)
        self._name = label("Part the films by", buddy=self.attribute)
        self.bar = progress("subgroupsProgress", "Progress", figures=True)
        self.state = label(f"Examining the films {ELLIPSIS}", "subgroupsState", role="muted")
        self._method = label(role="muted", wrap=True)
        self.table = named(QTableWidget(0, 0), "subgroupTable", "Subgroups")
        self._lay_out_table()
        self.in_dataset = button("Show in Dataset", "subgroupInDatasetButton", HERE)
        self.in_dataset.clicked.connect(self._request)
        self.save = button(f"Save as CSV{ELLIPSIS}", "saveSubgroupsButton", "Write every number into a table")
        self.save.clicked.connect(self._ask)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column(
            label("For whom does it hold?", role="title"),
            label(curves.title, role="muted", wrap=True),
            row(self._name, (self.attribute, 1)),
            row((self.bar, 1), self.state),
            (self.table, 1),
            self._method,
            row(self.in_dataset, self.save, ..., close),
            gap=GRID * 2,
            around=DIALOG,
            on=self,
        )
        self.resize(110 * GRID, 62 * GRID)
        self._set_found(False)
        job = session.sweeping.part(self._result, self.take)
        if job is not None:
            job.events.connect(self._advance)
            job.ended.connect(self.bar.hide)
            self.finished.connect(job.cancel)

    def _lay_out_table(self) -> None:
        table = self.table
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setAlternatingRowColors(True)
        table.verticalHeader().hide()
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        table.itemSelectionChanged.connect(self._offer)

    def take(self, found: Sequence[Subgroup]) -> None:
        """Show what was found; the attribute that matters most first."""
        self._found = list(found)
        least: dict[str, float] = {}
        for subgroup in found:
            chance = 1.0 if math.isnan(subgroup.least) else subgroup.least
            least[subgroup.attribute] = min(chance, least.get(subgroup.attribute, 1.0))
        out = {group.attribute for group in found if group.stands_out}
        ranked = sorted(least, key=least.__getitem__)
        fill(self.attribute, ((f"{name} (stands out)" if name in out else name, name) for name in ranked))
        self._method.setText(found[0].compared_how if found else "")
        self._set_found(bool(found))
        many = f"{len(out)} of {len(least)} attributes have a subgroup that stands out"
        self.state.setText(many if found else NOTHING)

    def _set_found(self, found: bool) -> None:
        for part in (self.attribute, self.save, self.table):
            part.setEnabled(found)
        self._offer()

    def _advance(self, events: list[Event]) -> None:
        self.bar.advance(events[-1].done, events[-1].total)
        self.state.setText(events[-1].stage)

    def _shown(self) -> list[Subgroup]:
        name = self.attribute.currentData()
        return [subgroup for subgroup in self._found if subgroup.attribute == name]

    def _show(self) -> None:
        shown, table = self._shown(), self.table
        table.clear()
        points = shown[0].points if shown else ()
        heads = [
            "Subgroup",
            "Films",
            *(f"ε {epsilons().shown(p.epsilon)}" for p in points),
            "P",
            "Stands out in",
        ]
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels(heads)
        table.setRowCount(len(shown))
        for place, subgroup in enumerate(shown):
            least = NONE if math.isnan(subgroup.least) else f"{subgroup.least:.3f}"
            out = " and ".join(reversed(subgroup.stands_out))
            cells = [subgroup.value, f"{len(subgroup.images):,}", *map(_both, subgroup.points), least, out]
            for at, words in enumerate(cells):
                self._put(place, at, words, subgroup)

    def _put(self, place: int, at: int, words: str, subgroup: Subgroup) -> None:
        cell = QTableWidgetItem(words)
        if 0 < at < self.table.columnCount() - 1:
            cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if 2 <= at < 2 + len(subgroup.points):
            cell.setToolTip(_intervals(subgroup.points[at - 2]))
        if at == 0:
            cell.setToolTip(literal(f"{subgroup.attribute}: {subgroup.value}"))
        if subgroup.stands_out:
            font = cell.font()
            font.setBold(True)
            cell.setFont(font)
        self.table.setItem(place, at, cell)

    def _places(self) -> tuple[str, np.ndarray[tuple[int], np.dtype[np.intp]]]:
        """The chosen subgroup in words, and where its films are in the dataset that is open."""
        row, dataset = self.table.currentRow(), self._session.dataset
        shown = self._shown()
        if not 0 <= row < len(shown) or dataset is None or self._result.paths is None:
            return "", np.empty(0, np.intp)
        known, paths = dataset.columns.places, self._result.paths
        files = (dataset.in_root(paths[image]) for image in shown[row].images)
        places = sorted(known[file] for file in files if file in known)
        return f"{shown[row].attribute}: {shown[row].value}", np.array(places, np.intp)

    def _offer(self) -> None:
        chosen = bool(self.table.selectedItems())
        here = chosen and bool(self._places()[1].size)
        self.in_dataset.setEnabled(here)
        self.in_dataset.setToolTip(HERE if here or not chosen else NOT_HERE)

    def _request(self) -> None:
        self.filmsRequested.emit(*self._places())
        self.accept()

    def _ask(self) -> None:
        path, _ = ask_save(self, "export", "Save the subgroups", "subgroups.csv", "CSV (*.csv)")
        if path is not None:
            self._session.sweeping.save_parts(self._found, path)


def _both(point: Point) -> str:
    return f"{percent(point.sensitivity)} / {percent(point.specificity)}"


def _intervals(point: Point) -> str:
    """What stands in a cell, with its 95 % intervals and how many films are behind it."""
    return (
        f"Sensitivity {percent(point.sensitivity, point.sensitivity_ci)} of {point.tp + point.fn:,} films\n"
        f"Specificity {percent(point.specificity, point.specificity_ci)} of {point.tn + point.fp:,} films\n"
        f"Accuracy {percent(point.accuracy, point.accuracy_ci)}"
    )
