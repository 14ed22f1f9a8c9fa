"""`sweep --shift` and `shifts` as a person types them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from PIL import Image

from cxr_gui.cli import shifts as cli_shifts
from cxr_gui.cli.terminal import Interrupted
from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import ShiftProgress, read_shifts
from tests.cli.test_cli import run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return progress.run(write_demo(tmp_path_factory.mktemp("shifts") / "demo", train=4, test=6, seed=3))


def test_shifts_are_swept_for_several_classifiers_in_one_pass(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ("--model", "standard", "--model", "robust")
    shifts = ("--shift", "dose", "--shift", "flip", "--baseline", "standard")
    assert run("sweep", demo, *models, *shifts, "--limit", "4", "--out", tmp_path) == 0
    said = capsys.readouterr().out
    assert "photons before the patient 20000 to 80 per mm2" in said
    assert "4 of 4 files do not say how large their pixels are" in said
    for name in ("shifts.json", "shifts.csv", "shift-images.csv", "heat.png"):
        assert (tmp_path / name).stat().st_size > 100
    document = json.loads((tmp_path / "shifts.json").read_text(encoding="utf-8"))
    assert [each["classifier"] for each in document["classifiers"]] == ["standard", "robust"]
    assert all(each["about"]["classifier_sha256"] for each in document["classifiers"])
    assert document["classifiers"][0]["about"]["command"].startswith("python main.py")


def test_tables_and_the_heat_chart_for_a_paper(demo: Path, tmp_path: Path) -> None:
    options = ("--shift", "flip", "--limit", "2", "--paper", "csv,tex,svg")
    assert run("sweep", demo, "--model", "demo", *options, "--out", tmp_path) == 0
    names = {path.name for path in (tmp_path / "paper").iterdir()}
    assert names == {"chart-01-shifts.svg", "table-01-shifts.csv", "table-01-shifts.tex"}
    assert "Left and right exchanged" in (tmp_path / "paper" / "table-01-shifts.csv").read_text("utf-8")


def test_every_shift_can_be_asked_for(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ("--model", "robust")
    assert run("sweep", demo, *model, "--shift", "every", "--limit", "2", "--json", "--out", tmp_path) == 0
    document = json.loads(capsys.readouterr().out)
    assert [entry["shift"] for entry in document["classifiers"][0]["shifts"]] == list(SHIFTS)


def test_what_is_finished_when_it_is_stopped_is_written_and_resume_goes_on(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    call = ("sweep", demo, "--model", "robust", "--shift", "flip", "--batch-size", "2", "--out", out)
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)

    def stopped_at(images: int) -> str:
        def stop(event: progress.Event) -> None:
            if isinstance(event, ShiftProgress) and event.done == images:
                raise Interrupted(signal.SIGINT, event)

        with monkeypatch.context() as patch:
            patch.setattr(cli_shifts, "show", lambda work: progress.run(work, stop))
            assert run(*call, "--resume") == 130
        return capsys.readouterr().err

    assert "so far" not in stopped_at(0)
    assert not (out / "shifts.json").exists()
    assert f"Stopped; the images finished so far are in {out}; --resume goes on." in stopped_at(4)
    (part,) = read_shifts(out)
    assert (part.complete, len(part.labels)) == (False, 4)
    assert (out / "heat.png").exists()
    assert run(*call, "--resume") == 0
    assert "going on after 4 images" in capsys.readouterr().err
    (whole,) = read_shifts(out)
    assert (whole.complete, len(whole.labels)) == (True, 6)
    assert not list(out.glob("journal*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shift", "fog"], "no shift 'fog'"),
        (["--shift", "dose", "--eps", "0"], "--eps is about attacks"),
        (["--shift", "dose", "--certify"], "--certify is about attacks"),
        (["--baseline", "robust"], "no --shift"),
        (["--shift", "dose", "--baseline", "best"], "--baseline names none"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run("sweep", demo, "--model", "robust", *options, "--out", tmp_path / "out") != 0
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_list_names_every_shift_with_its_severities(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shifts") == 0
    said = capsys.readouterr().out
    assert all(name in said and shift.span in said for name, shift in SHIFTS.items())
    assert run("shifts", "--json") == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == list(SHIFTS)


def test_the_worst_plausible_film_is_looked_for(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = next((demo / "test").rglob("*.*"))
    narrow = [part for name in ("rotation", "right", "down") for part in ("--ward", f"{name}=0")]
    narrow += ["--ward", "zoom=1", "--ward", "gamma=1"]
    assert run("plausible", film, "--model", "robust", *narrow, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ward"]["gamma"] == 1
    assert found["handling"]["rotation"] == 0
    assert run("plausible", film, "--model", "robust", *narrow) == 0
    said = capsys.readouterr().out
    assert found["words"] in said
    assert said.startswith("Flips at exposure" if found["flipped"] else "No flip found")


def test_what_is_odd_about_a_film_is_told_beside_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photograph = tmp_path / "photograph.png"
    Image.new("RGB", (64, 64), (200, 30, 30)).save(photograph)
    narrow = [part for name in ("rotation", "right", "down") for part in ("--ward", f"{name}=0")]
    narrow += ["--ward", "zoom=1", "--ward", "gamma=1"]
    assert run("plausible", photograph, "--model", "robust", *narrow, "--json") == 0
    captured = capsys.readouterr()
    assert f"{photograph}: This is a colour image" in captured.err
    assert json.loads(captured.out)["flipped"] in (True, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ward", "mood=1"], "A ward has no 'mood'"),
        (["--ward", "gamma"], "--ward takes NAME=VALUE"),
        (["--ward", "gamma=9"], "gamma"),
        (["--label", "FLU"], "no class 'FLU'"),
    ],
)
def test_what_a_ward_has_not_is_refused(
    demo: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    film = next((demo / "test").rglob("*.*"))
    assert run("plausible", film, "--model", "robust", *options) != 0
    assert said in capsys.readouterr().err
