"""The command line as a person types it: results, exit codes, and no traceback for what a user can cause."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_gui.cli import program as cli
from cxr_gui.core.attacks.registry import attacks, create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import demo_classifier_path, write_demo
from tests.support.patience import LONG
from tests.support.places import ROOT

MODEL = str(demo_classifier_path())


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def levels_in(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), int)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return progress.run(write_demo(tmp_path_factory.mktemp("cli") / "demo", train=24, test=12, seed=3))


@pytest.fixture(scope="module")
def image(demo: Path) -> Path:
    return sorted((demo / "test" / "PNEUMONIA").iterdir())[0]


def test_predict_prints_a_line_a_file(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("predict", image, "--model", MODEL) == 0
    file, label, probability = capsys.readouterr().out.strip().split("\t")
    assert file == str(image)
    assert label in ("NORMAL", "PNEUMONIA")
    assert 0.5 <= float(probability) <= 1


def test_a_shipped_classifier_goes_by_its_name(
    image: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("predict", image, "--model", "demo") == 0
    by_name = capsys.readouterr().out
    assert run("predict", image, "--model", MODEL) == 0
    assert capsys.readouterr().out == by_name
    assert run("predict", image, "--model", "nobody") == 1
    assert "nobody" in capsys.readouterr().err


def test_predict_goes_on_after_a_broken_file_and_exits_1(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not an image")
    assert run("predict", broken, image, "--model", MODEL, "--json") == 1
    captured = capsys.readouterr()
    first, second = json.loads(captured.out)
    assert first["class"] is None
    assert "broken.png" in first["error"]
    assert second["class"] in ("NORMAL", "PNEUMONIA")
    assert "broken.png" in captured.err


def test_attack_writes_images_and_result(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run("attack", image, "--model", MODEL, "--eps", "0.05", "--label", "PNEUMONIA", "--out", tmp_path)
        == 0
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        *("clean.png", "perturbed.png", "difference.png", "panel.png", "result.json"),
    }
    clean, perturbed = (levels_in(tmp_path / name) for name in ("clean.png", "perturbed.png"))
    assert 0 < np.abs(clean - perturbed).max() <= 0.05 / 2 * 255
    assert "epsilon 0.05" in capsys.readouterr().out


def test_sweep_writes_the_contract(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sweep", demo, "--model", MODEL, "--eps", "0,0.02,0.1", "--out", tmp_path, "--json") == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document == json.loads((tmp_path / "sweep.json").read_text())
    assert [point["epsilon"] for point in document["points"]] == [0, 0.02, 0.1]
    keys = {
        "epsilon",
        "n",
        "accuracy",
        "accuracy_ci",
        "sensitivity",
        "specificity",
        "auroc",
        "tp",
        "fp",
        "tn",
        "fn",
    }
    assert keys <= document["points"][0].keys()
    assert document["points"][0]["n"] == 12
    assert len((tmp_path / "images.csv").read_text().splitlines()) == 13
    assert levels_in(tmp_path / "chart.png").shape[1] > 600
    assert run("report", tmp_path, "--out", tmp_path / "report.html") == 0
    assert "ot for clinical use" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_sweeps_of_several_attacks_share_a_chart(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = (
        "--attack",
        "fgsm",
        "--attack",
        "pgd",
        "--param",
        "steps=3",
        "--threat",
        "grey",
        "--eps",
        "0.05",
    )
    assert run("sweep", demo, "--model", MODEL, *arguments, "--no-critical", "--json", "--out", out) == 0
    documents = json.loads(capsys.readouterr().out)
    assert [document["attack"]["name"] for document in documents] == ["fgsm", "pgd"]
    assert documents[1]["attack"]["parameters"]["steps"] == 3
    assert [document["about"]["classifier"] for document in documents] == ["demo", "demo"]
    assert {path.name for path in out.iterdir()} == {"1-fgsm-grey", "2-pgd-grey", "chart.png"}
    assert "critical_epsilon" not in (out / "1-fgsm-grey" / "images.csv").read_text()


def test_sweep_refuses_what_no_attack_knows_and_a_classifier_named_twice(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks = ("--attack", "fgsm", "--attack", "pgd")
    assert run("sweep", demo, "--model", MODEL, *attacks, "--param", "stepz=3", "--out", tmp_path) == 2
    assert "'fgsm', 'pgd' have no parameter 'stepz'" in capsys.readouterr().err
    assert run("sweep", demo, "--model", MODEL, "--model", MODEL, "--out", tmp_path) == 2
    assert "twice" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_train_then_predict_with_what_was_trained(demo: Path, image: Path, tmp_path: Path) -> None:
    run_folder = tmp_path / "run"
    arguments = ("train", demo, "--model", "compact_cnn", "--epochs", "1", "--batch-size", "8", "--seed", "4")
    assert run(*arguments, "--out", run_folder) == 0
    assert {"config.json", "metrics.csv", "best.safetensors", "last.ckpt"} <= {
        p.name for p in run_folder.iterdir()
    }
    assert run("predict", image, "--model", run_folder / "best.safetensors") == 0
    again = tmp_path / "again"
    assert run("train", demo, "--config", run_folder / "config.json", "--out", again) == 0
    first, second = ((folder / "metrics.csv").read_text().splitlines()[1] for folder in (run_folder, again))
    assert first.split(",")[:3] == second.split(",")[:3]


def test_audit_counts(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", demo, "--json") == 0
    assert "findings" in json.loads(capsys.readouterr().out)
    assert run("audit", demo) == 0
    assert "PNEUMONIA" in capsys.readouterr().out


def folder_with(tmp_path: Path, *classes: str) -> Path:
    for name in classes:
        (tmp_path / "data" / "train" / name).mkdir(parents=True)
        (tmp_path / "data" / "test" / name).mkdir(parents=True)
        for split in ("train", "test"):
            Image.new("L", (32, 32)).save(tmp_path / "data" / split / name / f"{split}.png")
    (tmp_path / "data").mkdir(exist_ok=True)
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("classes", "words"),
    [((), "no"), (("NORMAL",), "one class"), (("A", "B", "C"), "A")],
    ids=["none", "1", "3"],
)
def test_folders_that_are_no_dataset(
    tmp_path: Path, classes: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folder_with(tmp_path, *classes)
    assert run("train", data, "--out", tmp_path / "run") == 1
    error = capsys.readouterr().err
    assert "Error: " in error
    assert str(data) in error
    assert words in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("eps", ["-0.1", "nan", "inf", "much", ",", ""])
def test_epsilons_that_are_none_are_a_wrong_call(demo: Path, tmp_path: Path, eps: str) -> None:
    assert run("sweep", demo, "--model", MODEL, f"--eps={eps}", "--out", tmp_path / "sweep") == 2
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize(
    ("eps", "unit", "words"),
    [
        ("0,01", "model", "Write 0.01 for a decimal point, or a space after each comma of a list: 0, 01."),
        ("0,1,0,3", "model", "Write 0.1,0.3 for a decimal point"),
        ("0,5", "pixel", "Write 0.5 for a decimal point"),
        ("0,05", "255", "Write 0.05 for a decimal point"),
        ("3", "model", "above the whole range. From black to white it is 2 in model units."),
        ("0, 1.5", "pixel", "above the whole range. From black to white it is 1 in pixel units."),
        ("256", "255", "above the whole range. From black to white it is 255 grey levels."),
    ],
)
def test_epsilons_that_cannot_be_meant_are_a_wrong_call(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], eps: str, unit: str, words: str
) -> None:
    arguments = ("--model", MODEL, "--eps", eps, "--eps-unit", unit, "--out", tmp_path / "out")
    assert run("sweep", demo, *arguments) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_number_takes_a_comma(demo: Path, image: Path, tmp_path: Path) -> None:
    assert run("attack", image, "--model", MODEL, "--eps", "0,05", "--out", tmp_path) == 0
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["epsilon"]["model"] == 0.05
    for command, option, name in (("train", "--lr", "learning_rate"), ("adopt", "--threshold", "threshold")):
        known = cli.commands.commands[command]
        words = {
            "train": ["DATA"],
            "adopt": ["F", "--architecture=x", "--classes=a,b", "--preprocessing=unit"],
        }
        arguments = [*words[command], "--out", "OUT", option]
        assert known.make_context(command, [*arguments, "0,25"]).params[name] == 0.25
        assert known.make_context(command, [*arguments, "0.25"]).params[name] == 0.25
        for refused in ("0;25", "1.000,5", "nan"):
            assert run(command, *arguments, refused) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["trian"],
        ["train"],
        ["train", "DATA", "--model", "resnet", "--out", "OUT"],
        ["train", "DATA", "--recipe", "secret", "--out", "OUT"],
        ["train", "DATA", "--epochs", "0", "--out", "OUT"],
        ["sweep", "DATA", "--model", "MODEL", "--attack", "magic", "--out", "OUT"],
        ["sweep", "DATA", "--model", "MODEL", "--param", "steps", "--out", "OUT"],
        ["attack", "IMAGE", "--model", "MODEL", "--label", "HEALTHY", "--out", "OUT"],
    ],
    ids=" ".join,
)
def test_wrong_calls_exit_2(
    demo: Path, image: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = {"DATA": demo, "IMAGE": image, "MODEL": MODEL, "OUT": tmp_path / "out"}
    assert run(*(known.get(word, word) for word in arguments)) == 2
    assert "Error" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_missing_files_and_foreign_checkpoints_exit_1(
    demo: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", tmp_path / "absent", "--out", tmp_path / "run") == 1
    assert run("sweep", demo, "--model", image, "--out", tmp_path / "out") == 1
    assert run("attack", tmp_path / "absent.png", "--model", MODEL, "--out", tmp_path / "out") == 1
    (tmp_path / "file").touch()
    assert run("attack", image, "--model", MODEL, "--out", tmp_path / "file" / "out") == 1
    assert capsys.readouterr().err.count("Error: ") == 4


def environment(**changes: str) -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in hidden} | changes


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_the_window_says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "main.py"], capture_output=True, text=True, cwd=ROOT, env=environment(), check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "study" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_ends_with_130_and_keeps_what_was_finished(demo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "main.py", "train", demo, "--model", "compact_cnn", "--epochs", "500"]
    process = subprocess.Popen(
        [*command, "--batch-size", "8", "--out", tmp_path / "run"],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "loss" in line:
            process.send_signal(signal.SIGINT)
            break
    _, rest = process.communicate(timeout=LONG / 1000)
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    assert (tmp_path / "run" / "last.ckpt").is_file()


def test_a_sweep_that_falls_short_is_written_and_exits_1(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("sweep", demo, "--model", MODEL, "--eps", "0,0.1", "--no-critical", "--out", tmp_path / "out")
    assert run(*call, "--require", "accuracy@0>=0.01", "--require", "attack_success@0.1<=1") == 0
    capsys.readouterr()
    assert run(*call, "--require", "accuracy@0>=1.01", "--require", "n@0.1>=13", "--json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["images"] == 12
    told = [line for line in captured.err.splitlines() if "required was" in line]
    assert [line.rpartition("required was ")[2] for line in told] == ["accuracy@0>=1.01.", "n@0.1>=13."]


def test_a_requirement_that_is_not_measured_is_told_before_the_work(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    call = ("sweep", demo, "--model", MODEL, "--eps", "0,0.1", "--out", out)
    assert run(*call, "--require", "accuracy@0.05>=0.5") == 2
    assert "accuracy@0.05>=0.5" in capsys.readouterr().err
    assert run(*call, "--require", "certified_accuracy@0.1>=0.5") == 2
    assert run(*call, "--shift", "flip", "--require", "accuracy@0.1>=0.5") == 2
    assert not out.exists()


def test_a_run_is_resumed_with_its_own_configuration_and_another_is_refused_by_name(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    made = (
        "--model",
        "compact_cnn",
        "--recipe",
        "balanced",
        "--epochs",
        "1",
        "--batch-size",
        "8",
        "--seed",
        "7",
    )
    assert run("train", demo, *made, "--out", out) == 0
    capsys.readouterr()
    assert run("train", demo, "--resume", "--out", out) == 0
    assert "epoch 1:" in capsys.readouterr().out
    assert run("train", demo, "--resume", "--recipe", "balanced", "--epochs", "1", "--out", out) == 0
    capsys.readouterr()
    assert run("train", demo, "--resume", "--epochs", "2", "--seed", "8", "--out", out) == 1
    told = capsys.readouterr().err
    assert "epochs: 1 there, 2 here" in told
    assert "seed: 7 there, 8 here" in told
    assert "batch size" not in told


def test_the_list_of_attacks_names_each_with_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("attacks") == 0
    said = capsys.readouterr().out
    assert all(f"{name} " in said and attack.summary in said for name, attack in attacks().items())
    assert "steps = 20: Gradient steps" in said
    assert run("attacks", "--json") == 0
    told = {entry["name"]: entry["parameters"] for entry in json.loads(capsys.readouterr().out)}
    assert list(told) == list(attacks())
    for name, parameters in told.items():
        create_attack(name, **{parameter["name"]: parameter["default"] for parameter in parameters})


@pytest.mark.parametrize(
    "words", ["study --data {0} --out {1}", "certify {0} --model certified", "verify {1} --data {0}"]
)
def test_a_dataset_that_is_nowhere_is_told_of_before_pytorch_is_loaded(tmp_path: Path, words: str) -> None:
    (tmp_path / "out").mkdir()
    call = words.format(tmp_path / "none", tmp_path / "out").split()
    program = [sys.executable, "-X", "importtime", ROOT / "main.py", *call]
    done = subprocess.run(list(map(str, program)), capture_output=True, text=True)
    assert done.returncode == 1
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert f"Error: {tmp_path / 'none'}: does not exist. Choose the folder that holds the images." in imported
    assert "click" in imported
    assert "torch" not in imported
