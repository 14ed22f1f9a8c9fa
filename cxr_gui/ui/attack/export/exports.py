"""What leaves the attack tab: the Export button's menu, its file dialogs, and the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QToolButton

from cxr_gui.ui.attack.export.export_dialog import ExportDialog
from cxr_gui.ui.attack.export.sheets import chart_sheet, views_sheet
from cxr_gui.ui.widgets import drawings
from cxr_gui.ui.widgets.asking import ask_folder, ask_save
from cxr_gui.ui.widgets.drawings import Drawing
from cxr_gui.ui.widgets.factories import ELLIPSIS, named, tool

if TYPE_CHECKING:
    from cxr_gui.jobs import Job
    from cxr_gui.session import Session
    from cxr_gui.ui.attack.tab import AttackTab

NO_VIEWS = "There is nothing to see yet: open a radiograph first."


class Exports(QObject):
    """Draws images of the tab and asks the session to write them, and whatever else is exported."""

    def __init__(self, session: Session, tab: AttackTab) -> None:
        super().__init__(tab)
        self._session, self._tab = session, tab
        self.button = self._button()

    # -- what can be exported ----------------------------------------------------------------------------

    def open_dialog(self) -> None:
        """Offer the perturbed image as files, with what each would do."""
        if self._session.inspection is None:
            self._session.exporting.try_files()  # which says what is missing
            return
        ExportDialog(self._session, self._tab.window()).open()

    def images_to(self, folder: str | Path) -> Job | None:
        """Write the images of what is on screen in every format, their panel and result.json."""
        return self._session.exporting.inspection(folder)

    def sweeps_to(self, folder: str | Path) -> Job | None:
        """Write every sweep with its data, chart and report, that of shifts too."""
        return self._session.exporting.sweeps(folder, self._tab.shifts.chosen_baseline())

    def views_to(self, path: str | Path, dpi: int = drawings.PRINT_DPI) -> Job | None:
        """Write the views as they are shown, with their verdict, to .png (at `dpi`) or .svg."""
        sheet = self._views()
        return None if sheet is None else self._write(sheet, Path(path), dpi, "The image of the views")

    def chart_to(self, path: str | Path, dpi: int = drawings.PRINT_DPI) -> Job:
        """Write the chart as it stands, with its key, to .png (at `dpi`) or .svg."""
        return self._write(self._chart(), Path(path), dpi, "The chart")

    def copy_views(self) -> None:
        """Put the views as they are shown, with their verdict, on the clipboard."""
        sheet = self._views()
        if sheet is not None:
            self._copy(sheet, "The image of the views is on the clipboard.")

    def copy_chart(self) -> None:
        """Put the chart as it stands, with its key, on the clipboard."""
        self._copy(self._chart(), "The chart is on the clipboard.")

    # -- how ---------------------------------------------------------------------------------------------

    def _views(self) -> Drawing | None:
        if self._session.film is None:
            self._session.tell(NO_VIEWS, level="warning")
            return None
        return views_sheet(self._tab.views, self._tab.verdict.sentence.text())

    def _chart(self) -> Drawing:
        panel = self._tab.sweep
        legend = panel.legend
        return chart_sheet(panel.chart, panel.curves(), legend.quantities, published=legend.published)

    def _write(self, sheet: Drawing, path: Path, dpi: int, what: str) -> Job:
        if path.suffix.lower() == ".svg":
            content = drawings.svg(sheet)
            return self._session.exporting.write(path, lambda: content, what)
        image = drawings.drawn(sheet, dpi)
        return self._session.exporting.write(path, lambda: drawings.png(image), what)

    def _copy(self, sheet: Drawing, said: str) -> None:
        QGuiApplication.clipboard().setImage(drawings.drawn(sheet))
        self._session.tell(said)

    # -- asking ------------------------------------------------------------------------------------------

    def _ask_for_folder(self, then: Callable[[Path], object]) -> None:
        folder = ask_folder(self._tab, "export", "Export to a folder")
        if folder is not None:
            then(folder)

    def _ask_for_views(self) -> None:
        film = self._session.film
        name = "views" if film is None else film.radiograph.source.named("views")
        self._ask_for_file(name, self.views_to)

    def _ask_for_file(self, name: str, then: Callable[[Path, int], object]) -> None:
        kinds = ";;".join(drawings.CHOICES)
        path, chosen = ask_save(self._tab, "export", "Export an image", f"{name}.png", kinds)
        if path is not None:
            dpi = drawings.CHOICES.get(chosen, drawings.PRINT_DPI)
            suffix = ".png" if dpi else ".svg"
            then(path if path.suffix.lower() == suffix else path.with_suffix(suffix), dpi)

    def _button(self) -> QToolButton:
        tip = "Images, views, chart, sweeps and report; clipboard"
        button = tool("exportButton", "export", "Export", tip, text="Export", parent=self._tab)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(QMenu(button), "exportMenu")
        menu.setToolTipsVisible(True)
        for name, text, meaning, action in self._entries():
            if name == "copyViewsAction":
                menu.addSeparator()
            entry = menu.addAction(text)
            entry.setObjectName(name)
            entry.setToolTip(meaning)
            entry.triggered.connect(lambda _=False, action=action: action())
        button.setMenu(menu)
        return button

    def _entries(self) -> tuple[tuple[str, str, str, Callable[[], object]], ...]:
        return (
            (
                "exportImageAction",
                f"Perturbed image{ELLIPSIS}",
                "As 8- or 16-bit PNG or as DICOM: read back and classified before you save it",
                self.open_dialog,
            ),
            (
                "exportAllAction",
                f"All images and numbers{ELLIPSIS}",
                "Clean, perturbed in every format, difference, panel for print, and result.json",
                lambda: self._ask_for_folder(self.images_to),
            ),
            (
                "exportViewsAction",
                f"Views as shown{ELLIPSIS}",
                "With this zoom and window, and the verdict below: PNG or SVG",
                self._ask_for_views,
            ),
            (
                "exportChartAction",
                f"Chart as shown{ELLIPSIS}",
                "With these curves and their key: PNG or SVG",
                lambda: self._ask_for_file("accuracy", self.chart_to),
            ),
            (
                "exportSweepsAction",
                f"Sweeps and report{ELLIPSIS}",
                "Numbers, tables and charts of each sweep, of attacks and of shifts, and the report",
                lambda: self._ask_for_folder(self.sweeps_to),
            ),
            (
                "copyViewsAction",
                "Copy views",
                "Put the image of the views on the clipboard",
                self.copy_views,
            ),
            ("copyChartAction", "Copy chart", "Put the chart with its key on the clipboard", self.copy_chart),
        )
