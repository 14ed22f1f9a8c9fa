"""What the file of the film in the inspector says of it, beside the window for as long as somebody wants."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QWidget

from cxr_gui.core.images import Source
from cxr_gui.session import OpenFilm, Session
from cxr_gui.ui.widgets.factories import DIALOG, check_box, column, label, named
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import GRID

UNSAID = "not said"
PATIENT = ("Age", "Sex")
NOTE = "Only shown here: nothing of it is exported."


def film_facts(source: Source) -> dict[str, str]:
    """What there is to be known, each with its name; `UNSAID` where the file does not say it."""
    height, width = source.size
    spacing = source.spacing
    taken = source.acquisition
    said = {
        "File": source.path.name,
        "Frame": source.which,
        "Format": f"{source.format}, {height:,} \N{MULTIPLICATION SIGN} {width:,}, {source.bits} bits",
        "Modality": source.modality,
        "View": taken.view,
        "Age": taken.age,
        "Sex": taken.sex,
        "Device": taken.device,
        "Pixel spacing": f"{spacing[0]:.3g} \N{MULTIPLICATION SIGN} {spacing[1]:.3g} mm" if spacing else None,
    }
    return {name: words or UNSAID for name, words in said.items() if words != ""}


class FilmFacts(QDialog):
    """Follows the inspector. What is about the patient can be hidden, and stays so."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        named(self, "filmFacts", "Facts of the X-ray")
        self.setWindowTitle("Facts of the X-ray")
        self._rows = QFormLayout()
        self._rows.setHorizontalSpacing(GRID * 3)
        self._rows.setVerticalSpacing(GRID // 2)
        tip = "For screenshots, and where others look on"
        self.hide_patient = check_box("Hide what is about the patient", "hidePatientToggle", tip)
        self.hide_patient.setChecked(settings.patient_hidden)
        self.hide_patient.toggled.connect(self._choose)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        note = label(NOTE, role="muted", wrap=True)
        column(self._rows, ..., self.hide_patient, note, buttons, gap=GRID * 2, around=DIALOG, on=self)
        self.setMinimumWidth(48 * GRID)
        session.filmChanged.connect(self._show)
        self._show(session.film)

    def _choose(self, hidden: bool) -> None:
        self._settings.patient_hidden = hidden
        self._show(self._session.film)

    def _show(self, film: OpenFilm | None) -> None:
        while self._rows.rowCount():
            self._rows.removeRow(0)
        facts = {"File": "No X-ray is open"} if film is None else film_facts(film.radiograph.source)
        for name, words in facts.items():
            if not (self.hide_patient.isChecked() and name in PATIENT):
                value = label(words, selectable=True, wrap=True)
                value.setAlignment(Qt.AlignmentFlag.AlignTop)
                self._rows.addRow(label(name, role="muted"), value)
