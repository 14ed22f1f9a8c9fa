"""What the runs tab remembers."""

from __future__ import annotations

from cxr_gui.ui.runs.columns import COLUMNS, WRITTEN
from cxr_gui.ui.widgets.settings import Setting, Settings

MOST_FOLDERS = 200
BETWEEN = ","


class RunsSettings(Settings):
    """Where it looks, and how its table is shown."""

    run_folders: Setting[list[str]] = Setting("runs/folders", [], most=MOST_FOLDERS)
    hidden_columns = Setting("runs/hidden", BETWEEN.join(c.name for c in (*COLUMNS, *WRITTEN) if not c.shown))
    grouped = Setting("runs/grouped", False)
    panes = Setting("runs/panes", b"")
    column_widths = Setting("runs/widths", "")

    def add_folder(self, folder: str) -> None:
        """Look there, too, from now on; at most in so many."""
        if folder not in self.run_folders:
            self.run_folders = [folder, *self.run_folders][:MOST_FOLDERS]

    def drop_folder(self, folder: str) -> None:
        """Look there no longer."""
        self.run_folders = [entry for entry in self.run_folders if entry != folder]

    @property
    def hidden(self) -> set[str]:
        """The names of the columns that are not shown."""
        return set(filter(None, self.hidden_columns.split(BETWEEN)))

    @property
    def widths(self) -> dict[str, int]:
        """Pixels, of the columns that somebody has widened or narrowed."""
        pairs = (entry.rpartition("=") for entry in self.column_widths.split(BETWEEN))
        return {name: int(width) for name, _, width in pairs if name and width.isdecimal()}

    def set_width(self, name: str, width: int) -> None:
        """A column is so many pixels wide from now on."""
        widths = self.widths | {name: width}
        self.column_widths = BETWEEN.join(f"{name}={width}" for name, width in widths.items())

    def set_hidden(self, name: str, hidden: bool) -> None:
        """Hide a column, or show it again."""
        names = self.hidden | {name} if hidden else self.hidden - {name}
        self.hidden_columns = BETWEEN.join(sorted(names))
