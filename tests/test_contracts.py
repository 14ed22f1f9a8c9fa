"""The import contracts refuse what the house forbids: each forbidden import is planted and must be named."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cxr_gui.core
from tests.support.places import ROOT

PLANTED = {
    "core/base/units.py": "from cxr_gui.cli import terminal",
    "core/models/classifier.py": "from cxr_gui.core import sweep",
    "core/report/charts.py": "from cxr_gui.core.attacks.ball import Ball",
    "core/data/records.py": "from PySide6.QtCore import QObject",
    "jobs/job.py": "from cxr_gui.ui import theme",
    "session/values.py": "from cxr_gui.core.sweep.points import Point",
    "ui/elided.py": "from cxr_gui.cli import attacks",
    "ui/theme.py": "import torch",
    "stray.py": "",
    "core/strays/__init__.py": "",
}


LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def module(file: str) -> str:
    return ".".join(["cxr_gui", *Path(file).with_suffix("").parts]).removesuffix(".__init__")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "pyproject.toml", folder)
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=False,
    )


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy of the program with all of PLANTED in it."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "cxr_gui", folder / "cxr_gui", ignore=shutil.ignore_patterns("__pycache__"))
    for file, line in PLANTED.items():
        path = folder / "cxr_gui" / file
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as there:
            there.write(f"\n{line}\n")
    done = lint(folder)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize("file", PLANTED)
def test_a_planted_import_or_a_stray_module_is_named(said: str, file: str) -> None:
    *_, broken = said.partition("Broken contracts")
    assert module(file) in broken


def test_the_house_as_it_stands_keeps_its_contracts(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "cxr_gui", tmp_path / "cxr_gui", ignore=shutil.ignore_patterns("__pycache__"))
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout


ROOMS = [room.name for room in pkgutil.iter_modules(cxr_gui.core.__path__, "cxr_gui.core.") if room.ispkg]


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_on_a_face_is_there(room: str) -> None:
    face = importlib.import_module(room)
    for name in getattr(face, "__all__", ()):
        assert getattr(face, name) is not None


def test_no_room_loads_torch_before_something_in_it_is_used() -> None:
    code = f"import sys, {', '.join(ROOMS)}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
