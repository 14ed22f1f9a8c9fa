"""What is added in one file is everywhere by itself: an attack, a threat, a method of explanation and others.

They are planted in a copy of the program, which is then run as anybody runs it. Attack, architecture and
shift are copies of ours under another name, so that what is planted is always what the house asks for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.films import write_films
from tests.support.patience import PROGRAM
from tests.support.places import ROOT

pytestmark = pytest.mark.long

COPIES = {
    "attacks/planted.py": ("attacks/fgsm_l2.py", {'"fgsm_l2"': '"planted"', '"FGSM-L2"': '"Planted attack"'}),
    "models/planted_cnn.py": (
        "models/compact_cnn.py",
        {'"compact_cnn"': '"planted_cnn"', '"Compact CNN"': '"Planted CNN"'},
    ),
    "shifts/planted_flip.py": (
        "shifts/flip.py",
        {'"flip"': '"planted_shift"', '"Left and right exchanged"': '"Planted shift"'},
    ),
}
"""new file below core -> the file it is a copy of, and what is called otherwise in it"""

CHECK = '''

@check("planted check", "Has it been planted?")
def planted(evidence: Evidence) -> CheckFinding:
    """Passes always."""
    return CheckFinding(True, 1.0, "It was planted.")
'''

THREAT = """

THREATS.add("planted", Threat("planted", 1, "Planted for all", {None: "It was planted for all channels."}))
"""

METHOD = '''

@method("Planted method", "It was planted to explain.")
def planted_method(subject: Subject) -> Work[Explanation]:
    """Each pixel speaks for itself."""
    yield Event("Explaining as planted", 0, None)
    return subject.explained(subject.pixels.mean(dim=1, keepdim=True))
'''

KIND = """

def _write_planted(levels: Levels, path: Path, _of: Inspection) -> None:
    from PIL import Image

    Image.fromarray(levels).save(path, format="BMP")


SAVED_KINDS.add(
    "planted",
    SavedKind(
        "planted", "Planted", "It was.", "perturbed.bmp", ".bmp", lambda _: 8, _write_planted, _read_png8
    ),
)
"""

QUANTITY = """

QUANTITIES.add(
    "planted",
    Quantity(
        "planted", "Planted quantity", "It was planted to be counted",
        lambda p: p.fp / p.n, dash="dash", symbol="p",
        column=ReportColumn("decisions", "Planted", note="planted: false alarms"), line=Line("Planted line"),
    ),
)
"""

FORMAT = """
FORMATS.add("Planted", Format("Planted", (".ppm",), "image/x-planted", "org.planted", ("PPM",)))
"""

TAB = """
from PySide6.QtWidgets import QWidget


class PlantedTab(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("plantedTab")
"""

SHOWN = {
    '"Runs": "runs"': '"Runs": "runs", "Planted": "grid"',
    "self.attack_tab, self.runs_tab)": "self.attack_tab, self.runs_tab, PlantedTab())",
    "from cxr_gui.ui.window.tabs import": "from cxr_gui.ui.window.planted_tab import PlantedTab\n"
    "from cxr_gui.ui.window.tabs import",
}
"""What the window is told of the tab."""

APPENDED = {
    "images/formats.py": FORMAT,
    "sweep/quantities.py": QUANTITY,
    "sweep/trust/answers.py": CHECK,
    "attacks/threat.py": THREAT,
    "inspect/methods.py": METHOD,
    "inspect/saved_kinds.py": KIND,
}
"""file below core -> what is added to it"""

SCRIPT = """
import contextlib, io, json, sys
from pathlib import Path
from PIL import Image
from PySide6.QtCore import QSettings
from cxr_gui.app import create_window
from cxr_gui.cli import main
from cxr_gui.core.choices import catalog
from cxr_gui.core.training import Recipe
from cxr_gui.core.report import accuracy_chart
from cxr_gui.core.sweep import read_sweep
from cxr_gui.core.sweep.trust import searches
from cxr_gui.core.images import suffixes
from cxr_gui.ui.attack import DRAWN
from cxr_gui.ui.help import pages
from cxr_gui.ui.attack.shifts.shift_bar import ShiftChoice

films, out = map(Path, sys.argv[1:])
searches.QUERIES = 10

def said(*words):
    with contextlib.redirect_stdout(io.StringIO()) as there, contextlib.redirect_stderr(there):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
    return {"code": code or 0, "said": there.getvalue()}

trained = said("train", films, "--model", "planted_cnn", "--epochs", 1, "--out", out / "run")
call = ("sweep", films, "--model", out / "run" / "best.safetensors", "--eps", "0,0.1")
film = next(films.rglob("*.png"))
attack = ("attack", film, "--model", out / "run" / "best.safetensors", "--threat", "grey")
planted = out / "planted.ppm"
Image.open(film).save(planted)
planted_film = ("predict", planted, "--model", out / "run" / "best.safetensors")
everything = catalog()
window = create_window(QSettings(str(out / "settings.ini"), QSettings.Format.IniFormat))
tabs = window.all_actions
Path(out, "told.json").write_text(json.dumps({
    "models": said("models"),
    "attack list": said("attacks"),
    "train": trained,
    "sweep": said(*call, "--attack", "planted", "--threat", "planted", "--out", out / "sweep"),
    "report": said("report", out / "sweep", "--out", out / "report.html"),
    "shifted": said(*call[:4], "--shift", "planted_shift", "--out", out / "shifts"),
    "shifts": said("shifts"),
    "shift report": said("report", out / "shifts", "--out", out / "shifts.html"),
    "chosen": window.findChild(ShiftChoice).names(),
    "attack": said(*attack, "--explain", "planted-method", "--format", "planted", "--out", out / "attack"),
    "curves": [quantity.name for quantity in DRAWN],
    "lines": [text.get_text() for text in accuracy_chart([read_sweep(out / "sweep")]).legends[0].get_texts()],
    "predict": said(*planted_film),
    "suffixes": suffixes(),
    "tabs": [(action.title, action.keys) for action in tabs if action.id.endswith("TabAction")],
    "stranger": said(*call, "--threat", "nobody", "--out", out / "nothing"),
    "unknown": said(*call, "--attack", "nobody", "--out", out / "nothing"),
    "recipe": Recipe(threat="planted").threat,
    "architectures": [choice.name for choice in everything.architectures],
    "attacks": [choice.name for choice in everything.attacks],
    "checks": [choice.name for choice in everything.checks],
    "guide": "".join(pages.page(name, everything) for name in pages.PAGES),
}))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program with all of them in it, and what came of running it."""
    place = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "cxr_gui", place / "cxr_gui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "resources", place / "resources")
    core = place / "cxr_gui" / "core"
    for new, (like, names) in COPIES.items():
        _change(core / like, core / new, names)
    for grown, text in APPENDED.items():
        with (core / grown).open("a", encoding="utf-8") as file:
            file.write(text)
    window = place / "cxr_gui" / "ui" / "window"
    (window / "planted_tab.py").write_text(TAB, encoding="utf-8")
    _change(window / "main_window.py", window / "main_window.py", SHOWN)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, write_films(place / "films", train=8, test=4), place],
        env={**os.environ, "CXR_CACHE": str(place / "cache"), "PYTHONPATH": str(place)},
        cwd=place,
        capture_output=True,
        text=True,
        timeout=PROGRAM / 1000,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return place


def _change(old: Path, new: Path, words: dict[str, str]) -> None:
    """Write the text of `old`, with other words in it, to `new`."""
    text = old.read_text(encoding="utf-8")
    for word, other in words.items():
        assert word in text
        text = text.replace(word, other)
    new.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def told(place: Path) -> dict[str, Any]:
    return json.loads((place / "told.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "command",
    ["models", "train", "sweep", "report", "attack", "predict", "shifted", "shifts", "shift report"],
)
def test_the_commands_take_them(told: dict[str, Any], command: str) -> None:
    assert told[command]["code"] == 0, told[command]["said"]


def test_an_attack_is_listed_and_swept_and_explained(told: dict[str, Any], place: Path) -> None:
    assert "planted" in told["attacks"]
    assert "Planted attack" in told["guide"]
    assert "planted" in told["unknown"]["said"].partition("Known are:")[2]
    assert "Planted attack" in told["attack list"]["said"]
    assert json.loads((place / "sweep" / "sweep.json").read_text())["attack"]["name"] == "planted"
    assert "Planted attack" in (place / "report.html").read_text(encoding="utf-8")


def test_an_architecture_is_listed_and_trained(told: dict[str, Any], place: Path) -> None:
    assert "planted_cnn" in told["architectures"]
    assert "planted_cnn" in told["models"]["said"]
    assert json.loads((place / "run" / "config.json").read_text())["architecture"] == "planted_cnn"


def test_a_shift_is_listed_and_swept_and_explained(told: dict[str, Any], place: Path) -> None:
    assert "planted_shift" in told["shifts"]["said"]
    assert "planted_shift" in told["chosen"]
    assert "Planted shift" in told["guide"]
    assert "planted_shift" in (place / "shifts" / "shifts.csv").read_text(encoding="utf-8")
    assert "Planted shift" in (place / "shifts.html").read_text(encoding="utf-8")


def test_a_threat_model_is_listed_and_swept_and_explained(told: dict[str, Any], place: Path) -> None:
    assert "'planted'" in told["stranger"]["said"]
    assert told["recipe"] == "planted"
    assert json.loads((place / "sweep" / "sweep.json").read_text())["threat"] == "planted"
    assert "It was planted for all channels." in (place / "report.html").read_text(encoding="utf-8")


def test_a_trust_check_is_made_and_explained(told: dict[str, Any], place: Path) -> None:
    assert "planted check" in told["checks"]
    assert "Has it been planted?" in told["guide"]
    checks = {
        check["name"]: check for check in json.loads((place / "sweep" / "sweep.json").read_text())["checks"]
    }
    assert checks["planted check"]["sentence"] == "It was planted."
    assert "It was planted." in (place / "report.html").read_text(encoding="utf-8")


def test_a_method_of_explanation_is_asked_for_and_explained(told: dict[str, Any], place: Path) -> None:
    assert "<b>Planted method" in told["guide"]
    [explained] = json.loads((place / "attack" / "result.json").read_text())["explanations"]
    assert explained["method"] == "planted_method"
    assert (place / "attack" / explained["clean"]["file"]).exists()


def test_a_kind_of_saved_image_is_written_and_judged(told: dict[str, Any], place: Path) -> None:
    files = json.loads((place / "attack" / "result.json").read_text())["files"]
    assert [file["kind"] for file in files] == ["png8", "planted"]
    assert files[1]["logit"] == files[0]["logit"]
    assert f"{files[1]['file']}: {files[1]['decision']}" in told["attack"]["said"]


def test_a_quantity_is_drawn_written_and_explained(told: dict[str, Any], place: Path) -> None:
    assert "planted" in told["curves"]
    assert "<b>Planted quantity.</b> It was planted to be counted." in told["guide"]
    assert "Planted" in told["sweep"]["said"]
    assert any(line.startswith("Planted line, Planted attack") for line in told["lines"])
    assert "planted: false alarms" in (place / "report.html").read_text(encoding="utf-8").lower()


def test_an_image_format_is_read_offered_and_named(told: dict[str, Any]) -> None:
    assert "planted.ppm" in told["predict"]["said"]
    assert ".ppm" in told["suffixes"]
    assert "WebP, DICOM or Planted" in told["guide"]


def test_a_tab_is_in_the_menu_and_has_its_key(told: dict[str, Any]) -> None:
    assert ["Planted", ["Ctrl+5"]] in told["tabs"]
