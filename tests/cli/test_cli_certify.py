"""`certify` and `--certify` as a person types them."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import pytest
import torch

from cxr_gui.cli.terminal import Interrupted
from cxr_gui.core.base import progress
from cxr_gui.core.certify import BOUNDS
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep import SweepProgress
from tests.cli.test_cli import MODEL, run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return progress.run(write_demo(tmp_path_factory.mktemp("certify") / "demo", train=4, test=6, seed=3))


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained(tmp_path_factory.mktemp("model") / "fast.safetensors")


def untrained(path: Path, scale: float = 0.01, **options: int) -> Path:
    """A classifier whose bounds say something: its logit hardly depends on the image."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        classifier = create("level_cnn", **options)
    with torch.no_grad():
        last = list(classifier.parameters())[-2:]
        last[0].mul_(scale)
        last[1].fill_(1.0)
    save(classifier, path)
    return path


def test_certify_prints_the_bracket_and_how_it_was_proven(
    demo: Path, fast: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("certify", demo, "--model", fast, "--eps", "0;0,001", "--limit", "4") == 0
    table = capsys.readouterr().out
    for said in (
        "Certified, balanced",
        "Undecided",
        "Under FGSM",
        "CROWN-IBP",
        "slack 0.0001",
        "4 images in",
    ):
        assert said in table


def test_certify_prints_json_and_writes_a_sweep(
    demo: Path, fast: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("certify", demo, "--model", fast, "--eps", "0,0.001", "--steps", "1", "--json", "--out", tmp_path)
    assert run(*call) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "sweep.json").read_text())
    assert document["attack"]["name"] == "fgsm"
    assert "1 steps" in document["about"]["certificate"]["method"]
    assert document["about"]["command"].startswith("python main.py")
    assert document["points"][0]["certified_accuracy"] == document["points"][0]["accuracy"]
    for point in document["points"]:
        assert 0 <= point["certified_accuracy"] <= point["accuracy"]
        assert point["undecided"] is not None
    with (tmp_path / "images.csv").open() as file:
        radii = [float(row["certified_radius"]) for row in csv.DictReader(file)]
    assert len(radii) == 6
    assert max(radii) > 0.001
    assert document["vacuous"] is False
    assert (tmp_path / "chart.png").exists()


def test_the_bound_is_chosen_and_said(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = untrained(tmp_path / "small.safetensors", 1.0, width=2, levels=3)
    call = ("certify", demo, "--model", small, "--eps", "0,0.001", "--limit", "1", "--json")
    radii = {}
    for bound in ("interval", "backward"):
        assert run(*call, "--bound", bound) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["about"]["certificate"]["method"] == BOUNDS[bound].title
        radii[bound] = document["median_certified_radius"]
    assert radii["backward"] > radii["interval"]
    assert run(*call, "--bound", "interval", "--steps", "2") == 2
    assert "they have no slopes" in capsys.readouterr().err
    assert run(*call, "--bound", "exact") == 2
    assert "'interval', 'linear', 'backward'" in capsys.readouterr().err
    assert run("sweep", demo, "--model", small, "--bound", "interval", "--out", tmp_path / "out") == 2
    assert "nothing is proven without --certify" in capsys.readouterr().err


def test_what_is_certified_when_it_is_stopped_stays_and_says_so(
    demo: Path,
    fast: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop_after_four(event: progress.Event) -> None:
        if isinstance(event, SweepProgress) and event.done == 4:
            raise Interrupted(signal.SIGINT, event)

    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
    monkeypatch.setattr("cxr_gui.cli.proofs.show", lambda work: progress.run(work, stop_after_four))
    call = ("certify", demo, "--model", fast, "--eps", "0,0.001", "--batch-size", "2", "--out", tmp_path)
    assert run(*call) == 130
    assert "Stopped; the images finished so far are in" in capsys.readouterr().err
    document = json.loads((tmp_path / "sweep.json").read_text())
    assert document["complete"] is False
    assert document["points"][1]["n"] == 4
    assert document["points"][1]["undecided"] is not None
    with (tmp_path / "images.csv").open() as file:
        assert len([float(row["certified_radius"]) for row in csv.DictReader(file)]) == 4


def test_a_sweep_certifies_when_asked(
    demo: Path, fast: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("sweep", demo, "--model", fast, "--eps", "0,0.001", "--no-critical", "--limit", "4")
    assert run(*call, "--out", tmp_path / "without") == 0
    assert "Certified" not in capsys.readouterr().out
    assert run(*call, "--certify", "--out", tmp_path / "with") == 0
    assert "Certified" in capsys.readouterr().out.splitlines()[0]
    document = json.loads((tmp_path / "with" / "sweep.json").read_text())
    verdicts = {check["name"]: check["passed"] for check in document["checks"]}
    assert verdicts["the certificate holds"] is True
    assert run("report", tmp_path / "without", tmp_path / "with", "--out", tmp_path / "both.html") == 0
    assert "Proven robustness" in (tmp_path / "both.html").read_text(encoding="utf-8")


def test_a_sweep_goes_from_the_largest_epsilon_down_when_asked(
    demo: Path, fast: Path, tmp_path: Path
) -> None:
    attack = ("--attack", "ensemble", "--param", "steps=2", "--param", "restarts=1", "--param", "queries=3")
    call = ("sweep", demo, "--model", fast, *attack, "--eps-unit", "pixel", "--eps", "0,1/255,8/255")
    assert run(*call, "--no-critical", "--limit", "4", "--descending", "--out", tmp_path / "down") == 0
    document = json.loads((tmp_path / "down" / "sweep.json").read_text())
    assert document["about"]["descending"] is True
    assert [point["epsilon_pixel"] for point in document["points"]] == pytest.approx([0, 1 / 255, 8 / 255])
    assert run("report", tmp_path / "down", "--out", tmp_path / "down.html") == 0
    page = (tmp_path / "down.html").read_text(encoding="utf-8")
    assert "An image that resisted at one was not attacked anew at smaller ones" in page


def test_what_cannot_be_certified_is_refused_before_the_first_sweep(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks = ("--attack", "fgsm", "--attack", "pgd_l2")
    assert run("sweep", demo, "--model", MODEL, *attacks, "--certify", "--out", tmp_path / "l2") == 2
    captured = capsys.readouterr()
    assert "cannot stand on one axis" in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "l2").exists()
    unbounded = tmp_path / "vit.safetensors"
    save(create("vit_b_16"), unbounded)
    assert run("certify", demo, "--model", unbounded) == 2
    assert "has no bounds" in capsys.readouterr().err


def test_there_is_nothing_to_resume_without_a_folder(
    demo: Path, fast: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("certify", demo, "--model", fast, "--resume") == 2
    assert "--resume goes on with what is in --out, which is not given." in capsys.readouterr().err


def test_a_study_is_refused_before_its_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("study", "--model", "vit_b_16", "--certify", "--out", tmp_path / "study") == 2
    assert "has no bounds" in capsys.readouterr().err
    assert not (tmp_path / "study" / "run").exists()
