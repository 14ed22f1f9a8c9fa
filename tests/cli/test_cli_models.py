"""The commands `models`, `adopt` and `export` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cxr_gui.cli import program as cli
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.registry import create

MODEL = demo_classifier_path()


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def test_models_lists_parameters_and_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in listed["architectures"]}
    assert next(iter(rows)) == "paper_cnn"
    assert rows["paper_cnn"]["parameters"] == 25_783_873
    assert rows["paper_cnn"]["needs"] == ""
    assert rows["resnet18"]["parameters"] == 11_177_025
    assert rows["resnet18"]["input"] == [3, 224, 224]
    assert rows["resnet18"]["options"] == ["pretrained"]
    assert "ImageNet" in rows["resnet18"]["needs"]
    assert run("models") == 0
    text = capsys.readouterr().out
    assert all(f"{row['parameters']:,}" in text and name in text for name, row in rows.items())
    assert "demo" in {known["name"] for known in listed["classifiers"]}
    for known in listed["classifiers"]:
        assert known["title"] in text
        assert Path(known["card"]).read_text(encoding="utf-8").startswith(f"# {known['title']}")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "mine.pt"
    torch.save(create("compact_cnn").network.state_dict(), path)
    return path


def test_adopted_weights_predict(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.safetensors"
    arguments = ("adopt", weights, "--architecture", "compact_cnn", "--classes", "ILL, WELL")
    rest = ("--positive", "ILL", "--threshold", "0.4", "--preprocessing", "symmetric", "--out", out)
    assert run(*arguments, *rest, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"] == ["WELL", "ILL"]
    assert (document["threshold"], document["mean"], document["std"]) == (0.4, [0.5], [0.5])
    assert load(out).classes == ("WELL", "ILL")
    assert run(*arguments, *rest) == 0
    assert "ILL (or else WELL) from p = 0.4 on" in capsys.readouterr().out
    Image.fromarray(np.full((64, 64), 90, np.uint8)).save(tmp_path / "film.png")
    assert run("predict", tmp_path / "film.png", "--model", out) == 0


def test_what_cannot_be_adopted_exits_1_and_wrong_calls_2(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.safetensors"
    known = {
        "--architecture": "compact_cnn",
        "--classes": "A,B",
        "--preprocessing": "symmetric",
        "--out": out,
    }

    def adopt(file: Path, **changes: str | Path) -> int:
        options = known | {f"--{name}": value for name, value in changes.items()}
        return run("adopt", file, *(word for pair in options.items() for word in pair))

    assert adopt(MODEL) == 1
    assert adopt(weights, architecture="resnet18", preprocessing="imagenet") == 1
    assert adopt(tmp_path / "absent.pt") == 1
    assert adopt(weights, classes="A,B,C") == 2
    assert adopt(weights, positive="C") == 2
    assert adopt(weights, preprocessing="magic") == 2
    assert adopt(weights, architecture="resnet") == 2
    assert adopt(weights, out=tmp_path / "out.pt") == 2
    assert run("adopt", weights, "--out", out) == 2
    assert "does not fit the architecture 'resnet18'" in capsys.readouterr().err
    assert not out.exists()


def test_export_reports_the_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "--model", MODEL, "--out", tmp_path / "c.pt2", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["largest_difference"] <= document["bound"]
    assert document["input_shape"] == [None, 1, 224, 224]
    assert (tmp_path / "c.pt2").is_file()
    assert run("export", "--model", MODEL, "--out", tmp_path / "c.pt2") == 0
    assert "logits of 4 made images differ by" in capsys.readouterr().out


def test_exports_that_cannot_be_made_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", "--model", MODEL, "--out", tmp_path / "c.pb") == 2
    assert run("export", "--model", tmp_path / "absent", "--out", tmp_path / "c.pt2") == 1
    assert capsys.readouterr().err.count("Error: ") == 2


def test_pretrained_is_an_option_of_the_architectures_that_have_such_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_gui.core.base.progress import run as finish
    from cxr_gui.core.demo.folder import write_demo

    data = finish(write_demo(tmp_path / "data", train=8, test=4, seed=0))
    assert run("train", data, "--model", "compact_cnn", "--pretrained", "--out", tmp_path / "run") == 2
    assert "no option 'pretrained'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
