"""`attack --format ...`: further files, each with what it does itself."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from cxr_gui import cli
from cxr_gui.core import progress
from cxr_gui.core.demo import write_demo


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
            with Image.open(tmp_path / found[which]["file"]) as picture:
                assert picture.size == (690, 690)
            assert found[which]["decision"] == result[which]["decision"]


def test_a_method_that_is_none_is_a_wrong_call(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("attack", image, "--model", "demo", "--explain", "tea", "--out", tmp_path / "out") == 2
    assert "tea" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
