"""What version 0.1.0 wrote is read by this one; `write.py` has made it with the code of that version."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cxr_gui.core.base import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.report.documents import write_reports
from cxr_gui.core.runs.index import find_runs
from cxr_gui.core.study.opening import kind_of, open_results
from cxr_gui.core.study.verifying import verify_sweep
from cxr_gui.core.training.run_folder import read_config, read_outcome
from cxr_gui.core.training.training import train
from tests.support.open_window import Start
from tests.support.patience import LONG

WRITTEN = Path(__file__).with_name("written.zip")
FOLDER_THEN = "/home/reader/cxr"
"""Where the files name each other in."""

NUMBERS = ("accuracy", "sensitivity", "specificity", "auroc", "balanced_accuracy", "tp", "fn")
FILMS = {"train": 12, "test": 6}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of 0.1.0, with the films that it drew, as if it had always been here."""
    folder = tmp_path / "cxr"
    with zipfile.ZipFile(WRITTEN) as archive:
        archive.extractall(folder)
    for file in (folder / "settings.ini", *folder.rglob("config.json")):
        file.write_text(file.read_text("utf-8").replace(FOLDER_THEN, folder.as_posix()), "utf-8")
    progress.run(write_demo(folder / "films", **FILMS))
    monkeypatch.setenv("CXR_CACHE", str(folder / "cache"))
    return folder


@pytest.mark.parametrize(
    ("name", "kind", "sweeps"),
    [("study", "study", 1), ("study/run", "run", 0), ("study/sweep", "sweep", 1), ("sweeps", "sweeps", 2)],
)
def test_results_open_with_the_numbers_they_had(written: Path, name: str, kind: str, sweeps: int) -> None:
    assert kind_of(written / name) == kind
    opened = progress.run(open_results(written / name))
    assert not opened.problems
    assert (opened.run is not None) == (kind in ("study", "run"))
    assert len(opened.sweeps) == sweeps
    for file, result in zip(sorted((written / name).rglob("sweep.json")), opened.sweeps, strict=False):
        for said, point in zip(json.loads(file.read_text())["points"], result.points, strict=True):
            for number in NUMBERS:
                assert getattr(point, number) == pytest.approx(said[number], abs=1e-6), number


def test_a_checkpoint_decides_as_it_did(written: Path) -> None:
    """images.csv says what the logits were."""
    classifier = load(written / "study" / "run" / "best.safetensors")
    dataset = progress.run(scan(written / "films"))
    verified = progress.run(verify_sweep(written / "study" / "sweep", classifier, dataset, device="cpu"))
    changed = [number.name for number in verified.numbers if not number.agrees]
    assert all(name.startswith("auroc_ci") for name in changed), "0.1.0's were too narrow on few films"
    assert "images decided otherwise at epsilon 0.1 (12.8/255)" in {each.name for each in verified.numbers}
    assert "balanced_accuracy_ci" in verified.notes[0], "which 0.1.0 did not have"


def test_reports_are_written_of_them(written: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    progress.run(write_reports([written / "study", *sorted((written / "sweeps").iterdir())], [out]))
    assert "PGD" in out.read_text(encoding="utf-8")


def test_a_training_goes_on(written: Path) -> None:
    folder = written / "interrupted"
    assert read_outcome(folder) != "finished"
    dataset = progress.run(scan(written / "films"))
    run = progress.run(train(dataset, folder, read_config(folder), resume=True))
    assert len(run.history) == 2
    assert np.isfinite([epoch.train_loss for epoch in run.history]).all()
    assert read_outcome(folder) == "finished"


def test_the_index_finds_them(written: Path) -> None:
    found = progress.run(find_runs([written]))
    assert not found.problems
    assert not any(entry.problem for entry in found.entries)
    kinds = sorted(entry.kind for entry in found.entries)
    assert kinds == ["run", "run", "study", "sweep", "sweep", "sweep"]
    (study,) = (entry for entry in found.entries if entry.kind == "study")
    assert study.architecture == "level_cnn"


def test_a_window_starts_with_its_settings(qtbot: QtBot, started: Start, written: Path) -> None:
    window = started(QSettings(str(written / "settings.ini"), QSettings.Format.IniFormat))
    with qtbot.waitSignals([window.session.datasetChanged, window.session.classifierChanged], timeout=LONG):
        window.open_first()
    assert window.session.dataset.root == written / "films"
    assert window.session.classifier.file == written / "study" / "run" / "best.safetensors"
    assert window.tabs.currentWidget() is window.attack_tab
    assert set(window.settings.recent) == {str(written / "study"), str(written / "films")}
