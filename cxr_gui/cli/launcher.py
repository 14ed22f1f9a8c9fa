"""The program among a Linux desktop's applications: its launcher and icon, where the desktop looks for them.

The wheel brings both, but no desktop looks into an environment of its own, as `uv tool` and `pipx` make one,
nor into a folder that was unpacked somewhere. On Windows and macOS the packed program has its icon itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_data_path

from cxr_gui.core.base import resources
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import atomic_open

PROGRAM = "cxr-gui-window"
LAUNCHER = "applications/cxr-gui.desktop"
ICON = "icons/hicolor/scalable/apps/cxr-gui.svg"
"""Below the folder of the user's data; the wheel puts both below its own."""


def add() -> Path:
    """Add this installation to the applications of who calls; returns the launcher.

    Raises SettingsError on another system, where the program is not installed, and for who has no home;
    OutputError when a file cannot be written.
    """
    if not sys.platform.startswith("linux"):
        raise SettingsError(
            "Launchers are for Linux.", hint="Here the packed program is started by its icon."
        )
    program = installed()
    try:
        share = user_data_path().absolute()
    except RuntimeError as error:
        raise SettingsError(
            "There is no home folder, so there are no applications of yours.",
            hint="Name one in the environment variable HOME.",
        ) from error
    with atomic_open(share / ICON, "w", encoding="utf-8") as file:
        file.write((resources.folder() / "icons" / "app.svg").read_text(encoding="utf-8"))
    with atomic_open(share / LAUNCHER, "w", encoding="utf-8") as file:
        file.write(text(program))
    update = shutil.which("update-desktop-database")
    if update is not None:  # which programs open which files; without it the desktop finds out later
        subprocess.run([update, "-q", (share / LAUNCHER).parent], check=False)  # noqa: S603
    return share / LAUNCHER


def installed() -> str:
    """The path of what a launcher starts; an AppImage as a whole, as its inside is there only while it runs.

    Raises SettingsError where nothing is installed.
    """
    folder = Path(sys.executable).parent
    if folder.is_relative_to(os.environ.get("APPDIR", os.devnull)):
        return os.environ["APPIMAGE"]
    program = shutil.which(PROGRAM, path=folder)
    if program is None:
        raise SettingsError(
            f"There is no '{PROGRAM}' in {folder}, so the program is not installed there.",
            hint="Install it first, as with: uv tool install cxr-gui",
        )
    return program


def text(program: str) -> str:
    """The launcher's text, starting the `program` of this absolute path instead of one by its name."""
    shipped = (resources.folder() / "desktop" / "cxr-gui.desktop").read_text(encoding="utf-8")
    plain = program.replace("\\", "\\\\")
    quoted = re.sub(r'(["`$\\])', r"\\\1", program).replace("\\", "\\\\").replace("%", "%%")
    entries = {f"TryExec={PROGRAM}": f"TryExec={plain}", f"Exec={PROGRAM} %F": f'Exec="{quoted}" %F'}
    return "".join(f"{entries.get(line, line)}\n" for line in shipped.splitlines())
