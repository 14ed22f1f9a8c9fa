"""The perturbed image as files: what each would do is worked out before any is saved.

An image on screen has numbers of any size; a file has whole levels. So every kind of file is written to a
place that is gone afterwards, read back and classified, and its own verdict and true L-infinity stand here
beside what is on screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.inspect import SAVED_KINDS
from cxr_gui.ui.attack.verdict.prediction import share_text
from cxr_gui.ui.widgets.asking import ask_save
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import DIALOG, ELLIPSIS, button, column, label, named
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

if TYPE_CHECKING:
    from cxr_gui.core.inspect import Inspection, SavedImage
    from cxr_gui.session import Session

HEADINGS = ("", "Decision", "Still adversarial", "Largest change", "After re-opening")
AGAIN = (
    "Opened like any other radiograph, as 8-bit grey: what this program, and others, make of the file. "
    "A perturbation of three channels loses something here."
)
FOOLS = ("\N{RIGHTWARDS ARROW OVER LEFTWARDS ARROW}  Yes", "bad")
FOOLS_NOT = ("\N{CHECK MARK}  No", "good")
CHECKING = f"Reading it back {ELLIPSIS}"


class ExportDialog(QDialog):
    """One row for what is on screen and one for each kind of file, with its own Save button."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert session.inspection is not None  # noqa: S101
        self._session = session
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        named(self, "exportDialog")
        self.setWindowTitle("Export the perturbed image")
        title = label("Does the saved file still fool the classifier?", role="title")
        threshold = share_text(probability(session.inspection.threshold_logit))
        words = (
            "Each file is written, read back and classified: its own verdict counts, not the screen's. "
            f"P is P({session.inspection.classes[1]}), the threshold is {threshold}."
        )
        note = label(words, role="muted", wrap=True)
        self._cells: dict[tuple[str, str], QLabel] = {}
        self._buttons: dict[str, QPushButton] = {}
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column(title, note, self._table(), close, gap=GRID * 2, around=DIALOG, on=self)
        session.inspectionChanged.connect(self._follow)
        self._follow(session.inspection)

    # -- layout ------------------------------------------------------------------------------------------

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID * 3)
        grid.setVerticalSpacing(GRID)
        for place, heading in enumerate(HEADINGS):
            tip = AGAIN if heading == HEADINGS[-1] else ""
            grid.addWidget(label(heading, role="muted", tip=tip), 0, place)
        grid.addWidget(_rule(), 1, 0, 1, 6)
        self._row(grid, 2, "screen", "On screen", "Not a file yet: values between grey levels are possible.")
        for row, (kind, what) in enumerate(SAVED_KINDS.items(), start=3):
            self._row(grid, row, kind, what.title, what.meaning)
            words = f"Save as {what.title}"
            tip = f"{words}; the saved file is read back once more"
            save = button(f"Save{ELLIPSIS}", f"{kind}SaveButton", tip, words=words, icon="save")
            save.clicked.connect(lambda _=False, kind=kind: self._ask(kind))
            grid.addWidget(save, row, 5, Qt.AlignmentFlag.AlignVCenter)
            self._buttons[kind] = save
        grid.setColumnStretch(0, 1)
        return grid

    def _row(self, grid: QGridLayout, row: int, kind: str, title: str, meaning: str) -> None:
        about = label(meaning, role="muted", wrap=True)
        about.setMinimumWidth(GRID * 28)
        grid.addLayout(column(QLabel(f"<b>{title}</b>"), about, gap=0), row, 0)
        for place, part in enumerate(("says", "verdict", "change", "again"), start=1):
            words = f"{title}: {HEADINGS[place].lower()}"
            cell = label("", f"{kind}{part.capitalize()}", words=words, selectable=True)
            grid.addWidget(cell, row, place, Qt.AlignmentFlag.AlignVCenter)
            self._cells[kind, part] = cell
        self._cells[kind, "again"].setToolTip(AGAIN)

    # -- checking ----------------------------------------------------------------------------------------

    def _follow(self, inspection: Inspection) -> None:
        """Say what is on screen, and find out what files of it would do."""
        self._show("screen", _said(inspection.decision, inspection.probability))
        fools = inspection.decision != inspection.classes[inspection.label]
        self._show_verdict("screen", fools=fools)
        self._cells["screen", "change"].setText(
            f"{from_pixel(inspection.linf, '255'):.4g}/255 of {from_pixel(inspection.epsilon, '255'):.4g}/255"
        )
        self._cells["screen", "change"].setToolTip(f"Epsilon is {epsilons().both(inspection.epsilon)}")
        for kind in SAVED_KINDS:
            for part in ("says", "verdict", "change", "again"):
                self._cells[kind, part].setText(CHECKING if part == "says" else "")
                set_role(self._cells[kind, part], "muted")
            self._buttons[kind].setEnabled(False)
        job = self._session.exporting.try_files()
        if job is not None:
            job.done.connect(self._show_files)

    def _show_files(self, found: Sequence[SavedImage]) -> None:
        for saved in found:
            self._show_file(saved)

    def _show_file(self, saved: SavedImage) -> None:
        kind, again = saved.kind, saved.reopened
        self._show(kind, _said(saved.decision, saved.probability))
        self._show_verdict(kind, fools=saved.still_fools)
        self._cells[kind, "change"].setText(f"{from_pixel(saved.linf, '255'):.4g}/255, {saved.bits} bits")
        set_role(self._cells[kind, "change"], "")
        self._cells[kind, "again"].setText(_said(again.decision, again.probability))
        set_role(self._cells[kind, "again"], "")
        self._buttons[kind].setEnabled(True)

    def _show(self, kind: str, said: str) -> None:
        self._cells[kind, "says"].setText(said)
        set_role(self._cells[kind, "says"], "")

    def _show_verdict(self, kind: str, *, fools: bool) -> None:
        words, role = FOOLS if fools else FOOLS_NOT
        self._cells[kind, "verdict"].setText(words)
        set_role(self._cells[kind, "verdict"], role)

    # -- saving ------------------------------------------------------------------------------------------

    def _ask(self, kind: str) -> None:
        suffix = SAVED_KINDS[kind].suffix
        what = f"{SAVED_KINDS[kind].title.partition(',')[0]} (*{suffix})"
        source = None if self._session.inspection is None else self._session.inspection.source
        name = "perturbed" if source is None else source.named("perturbed")
        path, _ = ask_save(self, "export", "Save the perturbed image", f"{name}{suffix}", what)
        if path is not None:
            self.save(kind, path if path.suffix.lower() == suffix else Path(f"{path}{suffix}"))

    def save(self, kind: str, path: Path) -> None:
        """Write the file; what is read back from it takes the place of what was tried."""
        job = self._session.exporting.save_image(path, kind)
        if job is not None:
            job.done.connect(self._show_file)


def _said(decision: str, positive: float) -> str:
    return f"{decision}, P = {share_text(positive)}"


def _rule() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setStyleSheet(f"background: {theme().palette.line};")
    return line
