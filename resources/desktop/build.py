"""Builds the folder that people can double-click, for the system this runs on, and starts it once.

    uv run --no-dev --group ship resources/desktop/build.py [--out dist]

It packs the PyTorch of the environment it runs in. The one that Linux gets from PyPI brings CUDA, some GiB; a
folder for machines without such a card is built where PyTorch's CPU wheels are installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import PyInstaller.__main__
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parent
LOADED = ("xkbcommon-x11", "xcb-cursor", "xcb-icccm", "xcb-keysyms", "xcb-shape")
"""What Qt's window on X11 loads and few desktops have."""
SIDE = 1024
"""Pixels of the icon, of which PyInstaller makes what Windows and macOS want."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("dist"), help="where the folder cxr-gui will be")
    out = parser.parse_args().out.resolve()
    if sys.platform == "linux" and (missing := [name for name in LOADED if find_library(name) is None]):
        sys.exit(f"The window needs what is not here to be packed (see README): {', '.join(missing)}")
    work = out / "build"
    work.mkdir(parents=True, exist_ok=True)
    draw_icon(work / "cxr-gui.png")
    PyInstaller.__main__.run(
        [str(HERE / "cxr-gui.spec"), "--noconfirm", f"--distpath={out}", f"--workpath={work / 'cxr-gui'}"]
    )
    shutil.rmtree(work)
    folder = out / "cxr-gui"
    program = shutil.which("cxr-gui", path=folder) or sys.exit(f"There is no program in {folder}.")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    print(f"{version.stdout.strip()}: {folder}, {size(folder) / 2**20:,.0f} MiB")


def draw_icon(path: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(RESOURCES / "icons" / "app.svg")).render(painter)
    painter.end()
    if not image.save(str(path)):
        sys.exit(f"{path} cannot be written.")
    del application


def size(folder: Path) -> int:
    """Bytes of the files below a folder; a link counts once, where it leads."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


if __name__ == "__main__":
    main()
