"""Flags and notes of films, with undo and redo, and the dialog that asks for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QUndoStack
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QWidget

from cxr_gui.core.base.personal import LONGEST_NOTE
from cxr_gui.core.base.wording import counted
from cxr_gui.core.data import FLAGS, Note
from cxr_gui.session import Session
from cxr_gui.ui.dataset.undo import UndoStep
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import DIALOG, box, column, fill, label, named, row
from cxr_gui.ui.widgets.theme import GRID

NONE = Note()
NO_FLAG, AS_THEY_ARE = "No flag", "As they are"
KEPT = "Kept on this computer; no file is changed. Exported with the tables of the films."
DIFFERENT = "The notes differ; what is written here takes their place"


class Flagging(QObject):
    """Changes what is said of films, one undoable step at a time."""

    def __init__(self, session: Session, stack: QUndoStack, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._stack, self._over = session, stack, parent

    def flag(self, paths: Sequence[str], flag: str) -> None:
        """Give all of these a flag, or "" for none; their notes stay."""
        self._say(paths, lambda note: replace(note, flag=flag), f"Flag {counted(len(paths), 'film')}")

    def ask(self, paths: Sequence[str], over: QWidget | None = None) -> None:
        """Let somebody flag these and write about them."""
        if not paths:
            return
        dialog = NoteDialog([Path(path).name for path in paths], self.said(paths), over or self._over)
        dialog.accepted.connect(lambda: self._say(paths, dialog.said, f"Note {counted(len(paths), 'film')}"))
        dialog.open()

    def said(self, paths: Sequence[str]) -> list[Note]:
        """What is said of each."""
        return [self._session.notes.get(path, NONE) for path in paths]

    def _say(self, paths: Sequence[str], change: Callable[[Note], Note], words: str) -> None:
        before = dict(zip(paths, self.said(paths), strict=True))
        after = {path: change(note) for path, note in before.items()}
        if after != before:
            self._stack.push(UndoStep(words, self._session.noting.note, before, after))


class NoteDialog(QDialog):
    """A flag and a note, of one film or of several; what is left as it was stays so for each of them."""

    def __init__(self, names: Sequence[str], notes: Sequence[Note], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        named(self, "noteDialog", "Flag and note")
        self.setWindowTitle("Flag and note")
        flags, words = {note.flag for note in notes}, {note.words for note in notes}
        self.flag = box("flagBox", "Flag")
        fill(self.flag, ((flag.capitalize() or NO_FLAG, flag) for flag in ("", *FLAGS)))
        if len(flags) > 1:
            self.flag.insertItem(0, AS_THEY_ARE)
        self.flag.setCurrentIndex(0 if len(flags) > 1 else self.flag.findData(flags.pop()))
        self.words = named(QPlainTextEdit(), "noteField", "Note")
        self.words.setTabChangesFocus(True)
        self.words.setFixedHeight(14 * GRID)
        self.words.setPlaceholderText("A note, in your words" if len(words) == 1 else DIFFERENT)
        self.words.setPlainText(words.pop() if len(words) == 1 else "")
        self.words.document().setModified(False)
        whose = ElidedLabel(names[0] if len(names) == 1 else counted(len(names), "film"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        save = QShortcut(QKeySequence("Ctrl+Return"), self)
        save.activated.connect(self.accept)
        column(
            named(whose, "notedFilms", role="heading"),
            row(label("Flag", role="muted", buddy=self.flag), self.flag, ...),
            self.words,
            label(KEPT, role="muted", wrap=True),
            buttons,
            gap=GRID * 2,
            around=DIALOG,
            on=self,
        )
        self.setMinimumWidth(60 * GRID)

    def said(self, before: Note) -> Note:
        """What is said from now on of a film of which `before` was said."""
        flag = self.flag.currentData()
        written = self.words.toPlainText().strip()[:LONGEST_NOTE]
        words = written if self.words.document().isModified() else before.words
        return Note(before.flag if flag is None else flag, words)
