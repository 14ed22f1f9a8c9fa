"""What each system installs: the AppImage's tree, the commands that pack, sign and ask, conda's recipe."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement

import cxr_gui
from cxr_gui.cli import launcher
from tests.support.places import ROOT

DESKTOP = ROOT / "resources" / "desktop"
RECIPE = ROOT / "resources" / "conda" / "recipe.yaml"
OWN_NAMES = {
    "torch": "pytorch",
    "PySide6-Essentials": "pyside6",
    "python-gdcm": "gdcm",
    "matplotlib": "matplotlib-base",
}
"""What conda-forge calls otherwise."""

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="AppImages are for Linux")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where build.py left a program, which says its version."""
    program = tmp_path / "cxr-gui" / "cxr-gui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "cxr-gui, version {cxr_gui.__version__}" "$@"\n')
    program.chmod(0o755)
    (program.parent / "a library").write_text("")
    return tmp_path


def pack(folder: Path, *arguments: str, **environment: str) -> list[str]:
    """The lines that pack.py prints."""
    command = [sys.executable, DESKTOP / "pack.py", "--folder", folder, *arguments]
    kept = {
        name: value for name, value in os.environ.items() if name not in ("CXR_SIGN", "CXR_NOTARY", "RUNTIME")
    }
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=kept | environment)
    return ended.stdout.splitlines()


@LINUX
def test_the_tree_of_an_appimage_starts_the_program(folder: Path) -> None:
    pack(folder, "--dry-run")
    tree = folder / "AppDir"
    started = subprocess.run([tree / "AppRun", "film.png"], capture_output=True, text=True, check=True)
    assert started.stdout == f"cxr-gui, version {cxr_gui.__version__} film.png\n"
    assert not (tree / "AppRun").readlink().is_absolute()
    assert {file.name for file in tree.iterdir()} >= {"cxr-gui.desktop", "cxr-gui.svg", ".DirIcon"}
    assert (tree / "usr" / "lib" / "cxr-gui" / "a library").is_file()


@LINUX
@pytest.mark.skipif(
    not shutil.which("appimagetool") or "RUNTIME" not in os.environ, reason="appimagetool is not here"
)
def test_the_appimage_is_started(folder: Path) -> None:
    said = pack(folder, RUNTIME=os.environ["RUNTIME"])
    assert f"cxr-gui, version {cxr_gui.__version__} --version" in said
    assert list(folder.glob(f"cxr-gui-{cxr_gui.__version__}-*.AppImage"))


@pytest.mark.parametrize(
    ("system", "signs", "last"),
    [
        ("linux", ["appimagetool"], ".AppImage --appimage-extract-and-run --version"),
        ("win32", ["signtool", "signtool"], "-x64.msi"),
        ("darwin", ["codesign"], ".dmg"),
    ],
)
def test_what_is_packed_is_signed_when_there_is_a_key_and_only_then(
    folder: Path, system: str, signs: list[str], last: str
) -> None:
    plain = pack(folder, "--system", system, "--dry-run")
    assert not [line for line in plain if " --sign " in line or line.startswith("signtool")]
    signed = pack(folder, "--system", system, "--dry-run", CXR_SIGN="KEY")
    tools = [re.search(r"appimagetool|signtool|codesign", line) for line in signed if "KEY" in line]
    assert [tool and tool[0] for tool in tools] == signs
    for lines in (plain, signed):
        assert re.search(rf"cxr-gui-{re.escape(cxr_gui.__version__)}\S*{re.escape(last)}'?$", lines[-1])


def test_apple_is_asked_when_there_is_a_profile(folder: Path) -> None:
    *_, asked, stapled = pack(folder, "--system", "darwin", "--dry-run", CXR_SIGN="ID", CXR_NOTARY="release")
    assert asked.split()[:3] == ["xcrun", "notarytool", "submit"]
    assert stapled.split()[:3] == ["xcrun", "stapler", "staple"]


def test_windows_gets_every_file_of_the_folder_once() -> None:
    space = {"w": "http://wixtoolset.org/schemas/v4/wxs"}
    package = ElementTree.parse(DESKTOP / "cxr-gui.wxs").getroot()  # noqa: S314  our own file
    [harvested] = package.iterfind(".//w:Files", space)
    [left_out] = harvested.iterfind("w:Exclude", space)
    [by_hand] = package.iterfind(".//w:File", space)
    assert harvested.get("Include") == r"$(Folder)\**"
    assert left_out.get("Files") == by_hand.get("Source")
    assert by_hand.find("w:Shortcut", space) is not None


def test_condas_recipe_asks_for_what_the_package_asks_for() -> None:
    """Its lines are read as they stand; a parser of YAML would be a package for this alone."""
    text = RECIPE.read_text(encoding="utf-8")
    run = re.findall(r"^    - (.+)$", text.partition("  run:\n")[2].partition("\ntests:")[0], re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {f"python {project['requires-python']}"}
    for requirement in map(Requirement, project["dependencies"]):
        name = OWN_NAMES.get(requirement.name, requirement.name)
        wanted.add(f"{name} {','.join(sorted(str(requirement.specifier).split(','), reverse=True))}")
    assert set(run) == wanted
    assert f'version: "{cxr_gui.__version__}"' in text
    for name, entry in (project["scripts"] | project["gui-scripts"]).items():
        assert f"- {name} = {entry}\n" in text


@LINUX
def test_the_launcher_of_an_appimage_starts_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted = tmp_path / "mounted"
    monkeypatch.setattr(sys, "executable", str(mounted / "usr" / "lib" / "cxr-gui" / "cxr-gui"))
    monkeypatch.setenv("APPIMAGE", "/home/a/cxr-gui.AppImage")
    monkeypatch.setenv("APPDIR", str(mounted))
    assert launcher.installed() == "/home/a/cxr-gui.AppImage"
    monkeypatch.setenv("APPDIR", str(tmp_path / "of another"))  # as a terminal that is one leaves it behind
    with pytest.raises(Exception, match="not installed there"):
        launcher.installed()
