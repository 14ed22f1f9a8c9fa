"""`sweep` leaves what it takes to repeat it, and `report` compares what several sweeps left."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cxr_gui.cli import program as cli
from cxr_gui.cli.options import command_line
from cxr_gui.core.base import progress
from cxr_gui.core.base.files import sha256
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.demo.folder import demo_classifier_path, write_demo
from cxr_gui.core.sweep import SweepFolder, read_sweep


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return progress.run(write_demo(tmp_path_factory.mktemp("cli") / "demo", train=4, test=12, seed=3))


def call(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    """Call the program with these words as its own command line."""
    monkeypatch.setattr(sys, "argv", ["main.py", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_sweeps_say_how_to_repeat_them_and_are_compared(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, model = tmp_path / "out put", demo_classifier_path()
    attacks = ("--attack", "fgsm", "--attack", "pgd", "--param", "steps=3", "--eps", "0, 0.05")
    assert call(monkeypatch, "sweep", demo, "--model", model, *attacks, "--out", out) == 0
    for folder in ("1-fgsm-rgb", "2-pgd-rgb"):
        about = json.loads((out / folder / "sweep.json").read_text(encoding="utf-8"))["about"]
        assert about["command"] == (
            f"python main.py sweep DATA --model {model.name} --attack fgsm --attack pgd "
            "--param steps=3 --eps '0, 0.05' --out OUT"
        )
        assert about["classifier_sha256"] == sha256(model)
        fingerprint = progress.run(scan(demo)).fingerprint()
        assert about["data"] == {"name": demo.name, "fingerprint": fingerprint}
        assert about["split"] == "test"
    capsys.readouterr()
    assert call(monkeypatch, "report", out, "--out", tmp_path / "all.html", "--paper", "csv") == 0
    assert {path.suffix for path in (tmp_path / "paper").iterdir()} == {".csv"}
    assert capsys.readouterr().out.strip() == str(tmp_path / "all.html")
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert "compared: 2 sweeps" in page
    assert "same 12 images" in page
    assert sha256(model) in page
    assert "names alone decide" not in page
    assert str(tmp_path) not in page


def test_classifiers_whose_files_have_one_name_go_by_their_paths(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [tmp_path / name / "mine.safetensors" for name in ("one", "two")]
    for model in models:
        model.parent.mkdir()
        model.write_bytes(demo_classifier_path().read_bytes())
    named = [word for model in models for word in ("--model", model)]
    options = ("--eps", "0,0.1", "--no-critical", "--limit", "2")
    assert call(monkeypatch, "sweep", demo, *named, *options, "--out", tmp_path / "out") == 0
    said = [read_sweep(folder).about["classifier"] for folder in SweepFolder.below(tmp_path / "out")]
    assert said == list(map(str, models))


def test_a_folder_called_like_the_command_does_not_take_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["main.py", "sweep", "films", "--resume", "--out", "sweep"])
    hidden: dict[Path | None, str] = {Path("films"): "DATA", Path("sweep"): "OUT", None: "X"}
    assert command_line(hidden) == "python main.py sweep DATA --out OUT"


def test_report_without_a_folder_is_a_wrong_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "report", "--out", tmp_path / "out.pdf") == 2
    assert "STUDY_OR_SWEEP" in capsys.readouterr().err
    assert not (tmp_path / "out.pdf").exists()
