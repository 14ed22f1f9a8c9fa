"""The house stands as designed: core without Qt, the window without torch, one way down."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap

import pytest

import cxr_gui
from cxr_gui.core.base import resources
from tests.support.places import ROOT


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_core_and_the_command_line_import_with_qt_made_unimportable() -> None:
    done = python(
        """
        import importlib, pkgutil, sys
        for name in ("PySide6", "pyqtgraph", "shiboken6"):
            sys.modules[name] = None
        import cxr_gui.cli.program, cxr_gui.core
        modules = [m.name for m in pkgutil.walk_packages(cxr_gui.core.__path__, "cxr_gui.core.")]
        for module in modules:
            importlib.import_module(module)
        print(len(modules))
        """
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 25


@pytest.mark.parametrize(
    "module",
    [
        "core.data.auditing",
        "core.training.recipes",
        "core.shifts.registry",
        "session",
        "ui.window.main_window",
        "cli.program",
    ],
)
def test_what_the_window_needs_first_does_not_import_torch(module: str) -> None:
    done = python(f"import sys, cxr_gui.{module}; sys.exit('torch' in sys.modules)")
    assert done.returncode == 0, done.stderr or f"{module} imports torch"


def test_the_splash_screen_waits_for_no_large_library() -> None:
    done = python("import sys, cxr_gui.app; sys.exit(bool({'numpy', 'pyqtgraph'} & set(sys.modules)))")
    assert done.returncode == 0, done.stderr or "numpy or pyqtgraph was imported"


def test_jobs_and_session_know_no_widget() -> None:
    done = python("import sys, cxr_gui.session, cxr_gui.jobs; sys.exit('PySide6.QtWidgets' in sys.modules)")
    assert done.returncode == 0, done.stderr or "PySide6.QtWidgets was imported"


def test_no_test_reaches_the_network() -> None:
    """So what the tests do, which is all that the program does, needs none; downloads ask this machine."""
    for host in ("192.0.2.1", "example.org"):
        with pytest.raises(AssertionError, match="Nobody asked for the network"):
            socket.create_connection((host, 80), timeout=1)


def test_resources_are_found_and_nothing_in_them_is_large() -> None:
    folder = resources.folder()
    assert (folder / "models").is_dir()
    assert all(path.stat().st_size < 5_000_000 for path in folder.rglob("*") if path.is_file())


def test_the_version_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "main.py", "--version"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0
    assert cxr_gui.__version__ in done.stdout
