"""The table of runs: filtered, sorted and grouped here, so that a view asks only for what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from cxr_gui.core.base.wording import counted
from cxr_gui.core.runs import Entry, Remark, SeedGroup, grouped, tags_in
from cxr_gui.ui.runs.columns import (
    AT,
    COLUMNS,
    NAME,
    NOTE,
    TAGS,
    UNKNOWN,
    WRITTEN,
    RunColumn,
    columns_for,
    epsilon_table,
    found_in,
)
from cxr_gui.ui.widgets.icons import icon
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import theme

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
SHOWN = frozenset(
    (
        *(Role.DisplayRole, Role.EditRole, Role.TextAlignmentRole),
        *(Role.ToolTipRole, Role.ForegroundRole, Role.DecorationRole),
    )
)
"""What is answered; a view asks of each cell for more."""
READ_ONLY = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
WRITABLE = READ_ONLY | Qt.ItemFlag.ItemIsEditable
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

INSIDE = "\N{EM SPACE}\N{EM SPACE}"
"""Before the name of what stands below its group."""

SEVERAL = {"run": "runs", "sweep": "sweeps", "shifts": "sweeps of shifts", "study": "studies"}

NOTHING = Remark()


class RunLine(NamedTuple):
    """What a row shows: an entry, alone or `inside` a group; or all of a group, whose first `entry` is."""

    entry: Entry
    group: SeedGroup | None = None
    inside: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What it stands for."""
        return (self.entry,) if self.group is None else self.group.members

    @property
    def below(self) -> list[RunLine]:
        """The rows of its group, which stand below it while it is open."""
        return [RunLine(entry, inside=True) for entry in self.entries]


class RunsModel(QAbstractTableModel):
    """Rows of text that is made when a view asks for it. `remarked`: somebody wrote in a row.

    count  the entries that are shown, those of closed groups too
    order  the name of the column that they are sorted by, and which way
    """

    remarked = Signal(str, object)  # folder, Remark
    columnsChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[RunColumn, ...] = (*COLUMNS, *WRITTEN)
        self.lines: list[RunLine] = []
        self.count = 0
        self._alone: list[RunLine] = []
        self._remarks: Mapping[str, Remark] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._words: list[str] = []
        self._kind, self._grouped = "", False
        self._open: set[tuple[str, str]] = set()
        self.order = ("ended", Qt.SortOrder.DescendingOrder)

    def chosen(self, rows: Iterable[int]) -> list[Entry]:
        """The entries of some rows, each once; of a group's row all of its own."""
        found: dict[tuple[str, str], Entry] = {}
        for row in rows:
            found |= {entry.key: entry for entry in self.lines[row].entries}
        return list(found.values())

    def column(self, name: str) -> int:
        """Where the column of that name is; -1 where there is none."""
        return next((place for place, column in enumerate(self.columns) if column.name == name), -1)

    # -- what is shown -----------------------------------------------------------------------------------

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these from now on."""
        self._alone = [RunLine(entry) for entry in entries]
        self.update_columns()

    def update_columns(self) -> None:
        """The epsilons are others, or in another unit."""
        self.beginResetModel()
        self.columns = columns_for(line.entry for line in self._alone)
        self._texts = {}
        self._alone = self._sorted(self._alone)
        self._arrange()
        self.endResetModel()
        self.columnsChanged.emit()

    def set_remarks(self, remarks: Mapping[str, Remark]) -> None:
        """What is said of them; the rows stay where they are."""
        self._remarks, self._texts = remarks, {}
        if self.lines:
            last = self.index(len(self.lines) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, self.column(TAGS)), last)

    def show_only(self, text: str, kind: str) -> None:
        """Those of a kind, "" for any, in which all the words of a text are found."""
        self._words, self._kind = text.casefold().split(), kind
        self._renew()

    def set_grouped(self, on: bool) -> None:
        """What differs in the seed alone in one row, with the seeds below while it is open."""
        self._grouped = on
        self._renew()

    def toggle(self, row: int) -> None:
        """Open or close the group of a row, if it is one's."""
        line = self.lines[row]
        if line.group is None:
            return
        self._open ^= {line.entry.key}
        first, count = row + 1, len(line.group.members)
        if line.entry.key in self._open:
            self.beginInsertRows(QModelIndex(), first, first + count - 1)
            self.lines[first:first] = line.below
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), first, first + count - 1)
            del self.lines[first : first + count]
            self.endRemoveRows()
        self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def is_open(self, row: int) -> bool:
        return self.lines[row].group is not None and self.lines[row].entry.key in self._open

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns) or (self.columns[column].name, order) == self.order:
            return
        self.order = (self.columns[column].name, order)
        self._alone = self._sorted(self._alone)
        self._renew()

    def _renew(self) -> None:
        self.beginResetModel()
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        shown = self._alone
        if self._words or self._kind:
            shown = [line for line in shown if self._is_shown(line.entry)]
        self.lines, self.count = list(shown), len(shown)
        if not self._grouped:
            return
        groups = grouped(line.entry for line in shown)
        heads = [RunLine(each.members[0], each if len(each.members) > 1 else None) for each in groups]
        self.lines = []
        for line in self._sorted(heads):
            opened = line.group is not None and line.entry.key in self._open
            self.lines += [line, *(line.below if opened else ())]

    def _sorted(self, lines: list[RunLine]) -> list[RunLine]:
        """In the order that was chosen; of what nothing is known comes last, either way."""
        name, order = self.order
        column = self.columns[max(self.column(name), 0)]
        keys = [self._key(line, column) for line in lines]
        known = [place for place, key in enumerate(keys) if key is not None]
        known.sort(key=keys.__getitem__, reverse=order == Qt.SortOrder.DescendingOrder)  # type: ignore[arg-type]
        unknown = (place for place, key in enumerate(keys) if key is None)
        return [lines[place] for place in (*known, *unknown)]

    def _is_shown(self, entry: Entry) -> bool:
        if self._kind and entry.kind != self._kind:
            return False
        if not self._words:
            return True
        text = self._texts.get(entry.key)
        if text is None:
            text = self._texts[entry.key] = found_in(entry, self._said(entry))
        return all(word in text for word in self._words)

    def _key(self, line: RunLine, column: RunColumn) -> object:
        if column.name in (TAGS, NOTE):
            return self._written(line.entry, column.name).casefold() or None
        if column.value is not None and line.group is not None:
            spread = line.group.spread(column.value)
            return None if spread is None else spread[0]
        return column.sorts_by(line.entry)

    # -- what a view asks --------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Role.DisplayRole:
            return column.title
        if role == Role.ToolTipRole:
            return literal(column.meaning)
        if role == Role.TextAlignmentRole and column.value is not None:
            return int(RIGHT)
        return None

    def data(self, index: Index, role: int = 0) -> object:
        if role not in SHOWN:
            return None
        line, column = self.lines[index.row()], self.columns[index.column()]
        if role in (Role.DisplayRole, Role.EditRole):
            return self._text(line, column)
        if role == Role.TextAlignmentRole and column.value is not None:
            return int(RIGHT)
        if role == Role.ToolTipRole:
            return literal(self._tip(line, column))
        if role == Role.ForegroundRole and (line.entry.problem or not line.entry.complete):
            palette = theme().palette
            return QColor(palette.warning if line.entry.problem else palette.muted)
        if role == Role.DecorationRole and column.name == NAME:
            if line.entry.problem:
                return icon("warning", theme().palette.warning)
            if line.group is not None:
                return icon("chevron-down" if line.entry.key in self._open else "chevron-right")
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.columns[index.column()].name not in (TAGS, NOTE):
            return READ_ONLY
        return WRITABLE if self.lines[index.row()].group is None else READ_ONLY

    def setData(self, index: Index, value: object, role: int = Role.EditRole) -> bool:
        if role != Role.EditRole or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        entry, words = self.lines[index.row()].entry, str(value).strip()
        said = self._said(entry)
        tags = self.columns[index.column()].name == TAGS
        new = Remark(said.words, tags_in(words)) if tags else Remark(words, said.tags)
        if new != said:
            self.remarked.emit(entry.folder, new)
        return True

    def _said(self, entry: Entry) -> Remark:
        return self._remarks.get(entry.folder, NOTHING)

    def _written(self, entry: Entry, name: str) -> str:
        said = self._said(entry)
        return ", ".join(said.tags) if name == TAGS else said.words

    def _text(self, line: RunLine, column: RunColumn) -> str:
        entry, group = line.entry, line.group
        if group is None:
            if column.name in (TAGS, NOTE):
                return self._written(entry, column.name)
            return f"{INSIDE}{entry.name}" if line.inside and column.name == NAME else column.text(entry)
        if column.name == NAME:
            return f"{len(group.members)} {SEVERAL[entry.kind]}"
        if column.name == "seed":
            return ", ".join(str(each.seed) for each in group.distinct if each.seed is not None)
        if column.value is not None and column.write is not None:
            spread = group.spread(column.value)
            return UNKNOWN if spread is None else column.write(*spread)
        texts = {column.text(each) for each in group.members}
        return texts.pop() if len(texts) == 1 else UNKNOWN

    def _tip(self, line: RunLine, column: RunColumn) -> str:
        entry = line.entry
        if line.group is not None:
            count = len(line.group.distinct)
            if column.value is not None and self._text(line, column):
                return f"Mean and deviation of {counted(count, 'training')} that differ in the seed alone"
            return "\n".join(each.name for each in line.group.members) if column.name == NAME else ""
        if entry.problem:
            return entry.problem
        if column.name == NAME:
            stopped = "" if entry.complete else "\nNot finished"
            return f"{entry.folder}{stopped}"
        if column.name.startswith(AT):
            return epsilon_table(entry)
        return self._text(line, column)
