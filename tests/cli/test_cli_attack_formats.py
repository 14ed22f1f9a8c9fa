"""`attack --format ...`: further files, each with what it does itself."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from cxr_gui.cli import program as cli
from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import write_demo


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    demo = progress.run(write_demo(tmp_path_factory.mktemp("demo") / "demo", train=4, test=4, seed=3))
    return sorted((demo / "test" / "PNEUMONIA").iterdir())[0]


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def test_every_format_is_written_read_back_and_told(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    formats = [word for name in ("png16", "dicom", "svg", "dicom") for word in ("--format", name)]
    call = ("attack", image, "--model", "demo", "--threat", "grey", *formats, "--dpi", "300")
    assert run(*call, "--out", tmp_path) == 0
    said = capsys.readouterr().out.splitlines()
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert [file["kind"] for file in result["files"]] == ["png8", "png16", "dicom"]
    assert result["files"][0] == result["saved"]
    assert {file["file"] for file in result["files"]} < {path.name for path in tmp_path.iterdir()}
    for line, file in zip(said[1:], result["files"], strict=True):
        assert line.startswith(f"{file['file']}: {file['decision']}, ")
        assert ("does not fool" in line.split(";")[0]) == (not file["still_fools"])
        assert 0 < file["linf"] <= 0.015
    assert pydicom.dcmread(tmp_path / "perturbed.dcm").BitsStored == 16
    with Image.open(tmp_path / "panel.png") as panel:
        assert panel.width == 2700
    assert "<svg" in (tmp_path / "panel.svg").read_text(encoding="utf-8")


def test_an_attack_takes_its_whole_budget_unless_it_is_told_to_stop(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logits, said = [], []
    for folder, parameters in (("whole", ()), ("stopped", ("--param", "early_stop=true"))):
        call = ("attack", image, "--model", "demo", "--attack", "mifgsm", "--eps", "0.1", *parameters)
        assert run(*call, "--out", tmp_path / folder) == 0
        result = json.loads((tmp_path / folder / "result.json").read_text(encoding="utf-8"))
        assert result["attack"]["parameters"]["early_stop"] is bool(parameters)
        logits.append(result["perturbed"]["logit"])
        said.append(capsys.readouterr().out)
    assert logits[0] > logits[1] > 0, "driven on towards PNEUMONIA"
    stopped = "stopped at the first wrong decision"
    assert (stopped in said[0], stopped in said[1]) == (False, True)


def test_a_format_that_is_none_is_a_wrong_call(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("attack", image, "--model", "demo", "--format", "gif", "--out", tmp_path / "out") == 2
    assert "gif" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_where_the_classifier_looks_is_drawn_when_asked(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    methods = ("grad-cam", "integrated-gradients", "grad-cam")
    options = [word for method in methods for word in ("--explain", method)]
    assert run("attack", image, "--model", "demo", *options, "--json", "--out", tmp_path) == 0
    result = json.loads(capsys.readouterr().out)
    assert [found["method"] for found in result["explanations"]] == ["grad_cam", "integrated_gradients"]
    for found in result["explanations"]:
        assert found["what"] == "An explanation of the model, not of the disease."
        for which in ("clean", "perturbed"):
            with Image.open(tmp_path / found[which]["file"]) as image:
                assert image.size == (690, 690)
            assert found[which]["decision"] == result[which]["decision"]


def test_a_method_that_is_none_is_a_wrong_call(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("attack", image, "--model", "demo", "--explain", "tea", "--out", tmp_path / "out") == 2
    assert "tea" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def pages(image: Path, tmp_path: Path) -> Path:
    """A film as the second page of three; the others are dark."""
    with Image.open(image) as opened:
        film = opened.convert("L")
    dark = Image.new("L", film.size, 20)
    path = tmp_path / "pages.tiff"
    dark.save(path, save_all=True, append_images=[film, dark])
    return path


def test_the_frame_that_is_named_is_predicted(
    image: Path, pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("predict", image, "--model", "demo", "--json") == 0
    [alone] = json.loads(capsys.readouterr().out)
    assert "frame" not in alone
    assert run("predict", pages, "--frame", 2, "--model", "demo", "--json") == 0
    [second] = json.loads(capsys.readouterr().out)
    assert (second["frame"], second["frames"]) == (2, 3)
    assert second["logit"] == pytest.approx(alone["logit"])
    assert not any("the first is shown" in warning for warning in second["warnings"])
    assert run("predict", pages, image, "--frame", 1, "--model", "demo") == 0
    several, one = capsys.readouterr().out.splitlines()
    assert several.split("\t")[3:] == ["frame 1 of 3"]
    assert len(one.split("\t")) == 3


def test_every_output_of_an_attack_says_which_frame_it_was(
    pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("attack", pages, "--frame", "2", "--model", "demo", "--format", "dicom")
    assert run(*call, "--out", tmp_path / "out") == 0
    assert capsys.readouterr().out.startswith("Frame 2 of 3: ")
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert (result["frame"], result["frames"]) == (2, 3)
    assert result["sentence"].startswith("Frame 2 of 3: ")
    derivation = pydicom.dcmread(tmp_path / "out" / "perturbed.dcm").DerivationDescription
    assert derivation.endswith("of frame 2 of 3")


@pytest.mark.parametrize("command", ["predict", "attack"])
@pytest.mark.parametrize(("number", "code", "said"), [("4", 1, "from 1 to 3"), ("0", 2, "--frame")])
def test_a_frame_that_is_not_there_is_told_and_nothing_written(
    pages: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    number: str,
    code: int,
    said: str,
) -> None:
    out = ("--out", tmp_path / "out") if command == "attack" else ()
    assert run(command, pages, "--frame", number, "--model", "demo", *out) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()
