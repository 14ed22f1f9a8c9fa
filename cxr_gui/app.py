"""The application: makes the Qt application and its window, and runs them."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, QSocketNotifier
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

import cxr_gui
from cxr_gui.core.base import resources
from cxr_gui.jobs import GarbageCollector
from cxr_gui.ui.widgets.settings import Settings
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window import Splash

if TYPE_CHECKING:
    from cxr_gui.jobs import Job
    from cxr_gui.ui.window import MainWindow

CLEAN_UP_MILLISECONDS = 60_000
SWITCH_SECONDS = 0.0002
"""How long a working thread keeps Python to itself while the window waits for it; Python's own choice is 25
times as long, which a window that asks for it many times in a frame shows."""


class Application(QApplication):
    """Takes the files and folders that macOS hands to a program: not as arguments, but as events."""

    def __init__(self, argv: list[str]) -> None:
        super().__init__(argv)
        self._early: list[Path] = []
        self._open: Callable[[Path], object] = self._early.append

    def open_with(self, receiver: Callable[[Path], object]) -> list[Path]:
        """What has been handed over so far; from now on `receiver` is called with each."""
        self._open = receiver
        return self._early

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self._open(Path(event.file()))
            return True
        return super().event(event)


def create_application(argv: Sequence[str] | None = None) -> QApplication:
    """The one QApplication, named and styled; calling it again gives the same one."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = Application(list(argv or ["cxr-gui"]))
    if application.property("styled") is None:
        application.setProperty("styled", True)
        application.setApplicationName("cxr-gui")
        application.setOrganizationName("cxr-gui")
        application.setApplicationDisplayName("Chest X-ray robustness workbench")
        application.setApplicationVersion(cxr_gui.__version__)
        application.setDesktopFileName("cxr-gui")
        application.setWindowIcon(QIcon(str(resources.folder() / "icons" / "app.svg")))
        application.setStyle("Fusion")
        theme().apply()
        sys.setswitchinterval(SWITCH_SECONDS)
        GarbageCollector(application)
    return application


def create_window(settings: QSettings | None = None, *, fresh: bool = False) -> MainWindow:
    """A window with a session of its own, not shown yet.

    settings  where it remembers what it remembers; None is the user's own
    fresh     start as if nothing had been remembered
    """
    create_application()
    # Here, because these load pyqtgraph and numpy: the splash screen is there before.
    from cxr_gui.session import Session
    from cxr_gui.ui.window import MainWindow

    return MainWindow(Session(), Settings(settings, fresh=fresh))


def keep_looks_short(window: MainWindow) -> None:
    """Leave the libraries, once all are there, and the records of datasets out of looks for garbage."""
    collector = create_application().findChild(GarbageCollector)
    assert collector is not None  # noqa: S101

    def watch(job: Job) -> None:
        if job.name in ("dataset", "results") and job.running:
            collector.hold()
            job.ended.connect(collector.release)

    window.session.catalogChanged.connect(collector.settle)
    window.session.jobStarted.connect(watch)


@contextmanager
def closing_at_signals(window: MainWindow) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM close the window, as its own button does; gives the numbers of those that came."""
    came: list[int] = []
    here, there = socket.socketpair()
    there.setblocking(False)

    def close() -> None:
        came.extend(here.recv(64))
        window.close()

    notifier = QSocketNotifier(here.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(close)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: None) for number in numbers]  # Qt's loop runs no Python
    descriptor = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    try:
        yield came
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        notifier.setEnabled(False)
        here.close()
        there.close()


def run(paths: Sequence[Path] = (), *, fresh: bool = False) -> int:
    """Open the window on `paths`, or on the folder used last, or on the demo study. Returns the exit code."""
    application = create_application()
    mode = Settings(fresh=fresh).theme
    if mode != theme().mode:
        theme().set_mode(mode)
    splash = Splash()
    splash.show()
    splash.say("Loading the window \N{HORIZONTAL ELLIPSIS}")
    window = create_window(fresh=fresh)
    keep_looks_short(window)
    window.show()
    splash.close()
    if isinstance(application, Application):
        paths = [*paths, *application.open_with(lambda path: window.open_paths([path]))]
    window.open_first(paths)
    with closing_at_signals(window) as came:
        code = application.exec()
        window.session.close(CLEAN_UP_MILLISECONDS)  # the window is gone; what cleans up may take its time
    return 128 + came[0] if came else code
