"""Packs what build.py made into the one file that its system installs: an AppImage, an MSI or a DMG.

    python resources/desktop/pack.py [--folder dist] [--system linux|win32|darwin --dry-run]

Linux needs appimagetool, Windows WiX (`dotnet tool install --global wix --version 5.0.2`) and, to sign,
signtool; macOS has all it needs. It signs as CXR_SIGN says, and nothing without it: the key of gpg for
appimagetool, the thumbprint of a certificate for signtool, an identity for codesign, which build.py reads as
well. With CXR_NOTARY, a profile of notarytool, Apple is asked to look at the DMG. RUNTIME names a file for
appimagetool, which otherwise downloads it.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parent
NAME = "cxr-gui"
APPLICATION = "Chest X-ray workbench.app"
"""As cxr-gui.spec calls the bundle."""
STAMPS = "http://timestamp.digicert.com"
"""A signature with a time on it outlives its certificate."""

Command = list[str | Path]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("dist"), help="where build.py left its folder")
    parser.add_argument("--system", choices=sorted(SYSTEMS), default=sys.platform, help="instead of this one")
    parser.add_argument("--dry-run", action="store_true", help="only say which commands would run")
    arguments = parser.parse_args()
    for command in SYSTEMS[arguments.system](arguments.folder.resolve()):
        print(shlex.join(map(str, command)), flush=True)
        if not arguments.dry_run:
            subprocess.run(command, check=True)


def appimage(folder: Path) -> Iterator[Command]:
    machine = platform.machine()
    tree, image = folder / "AppDir", folder / f"{NAME}-{version()}-{machine}.AppImage"
    lay_out(folder / NAME, tree)
    runtime = [f"--runtime-file={os.environ['RUNTIME']}"] if "RUNTIME" in os.environ else []
    signature = ["--sign", "--sign-key", sign] if (sign := os.environ.get("CXR_SIGN")) else []
    # Its id is no domain's, and nobody has one yet; test_install looks at the rest of the metadata.
    yield ["env", f"ARCH={machine}", "appimagetool", "--no-appstream", *runtime, *signature, tree, image]
    yield [image, "--appimage-extract-and-run", "--version"]


def lay_out(program: Path, tree: Path) -> None:
    """The folder as an AppDir: the program, and at the top what starts, names and shows it."""
    shutil.rmtree(tree, ignore_errors=True)
    packed = tree / "usr" / "lib" / NAME
    shutil.copytree(program, packed, symlinks=True, copy_function=os.link)
    (tree / "AppRun").symlink_to(f"usr/lib/{NAME}/{NAME}")
    metainfo = tree / "usr" / "share" / "metainfo"
    metainfo.mkdir(parents=True)
    shutil.copy(HERE / "cxr-gui.metainfo.xml", metainfo)
    shutil.copy(HERE / "cxr-gui.desktop", tree)
    shutil.copy(RESOURCES / "icons" / "app.svg", tree / f"{NAME}.svg")
    (tree / ".DirIcon").symlink_to(f"{NAME}.svg")


def msi(folder: Path) -> Iterator[Command]:
    program, package = folder / NAME, folder / f"{NAME}-{version()}-x64.msi"
    if sign := os.environ.get("CXR_SIGN"):
        signtool = ["signtool", "sign", "/sha1", sign, "/fd", "sha256", "/td", "sha256", "/tr", STAMPS]
        yield [*signtool, program / f"{NAME}.exe", program / f"{NAME}-window.exe"]
    settings = ["-arch", "x64", "-d", f"Version={version()}", "-d", f"Folder={program}"]
    yield ["wix", "build", HERE / "cxr-gui.wxs", *settings, "-o", package]
    if sign:
        yield [*signtool, package]


def dmg(folder: Path) -> Iterator[Command]:
    disk, image = folder / "disk", folder / f"{NAME}-{version()}.dmg"
    yield ["mkdir", "-p", disk]
    yield ["ditto", folder / APPLICATION, disk / APPLICATION]
    yield ["ln", "-sfn", "/Applications", disk / "Applications"]
    yield ["hdiutil", "create", "-volname", "Chest X-ray workbench", "-srcfolder", disk, "-ov", image]
    if sign := os.environ.get("CXR_SIGN"):
        yield ["codesign", "--timestamp", "--sign", sign, image]
    if notary := os.environ.get("CXR_NOTARY"):
        yield ["xcrun", "notarytool", "submit", image, "--keychain-profile", notary, "--wait"]
        yield ["xcrun", "stapler", "staple", image]


def version() -> str:
    """Read, not imported: a machine that packs needs nothing of the program installed."""
    text = (RESOURCES.parent / "cxr_gui" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(.+)"', text) or sys.exit("cxr_gui/__init__.py has no version.")
    return found[1]


SYSTEMS = {"linux": appimage, "win32": msi, "darwin": dmg}


if __name__ == "__main__":
    main()
