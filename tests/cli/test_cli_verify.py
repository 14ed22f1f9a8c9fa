"""`verify` as a person types it: of a sweep, of a card, with an exit code for programs; and `--paper`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxr_gui.cli import program as cli
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.study.pipeline import sweep_dataset
from cxr_gui.core.sweep.files import write_sweep
from tests.support.films import write_films
from tests.support.small_study import small_dataset, trained


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return progress.run(write_demo(tmp_path_factory.mktemp("verify") / "demo", train=4, test=12, seed=3))


@pytest.fixture(scope="module")
def swept(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verify") / "swept"
    call = ("sweep", demo, "--model", "demo", "--eps", "0,0.05", "--attack", "noise", "--no-critical")
    assert run(*call, "--paper", "csv, tex,svg", "--out", out) == 0
    return out


def test_a_sweep_of_a_shipped_classifier_is_verified(
    demo: Path, swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", swept, "--data", demo) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("agrees     accuracy at epsilon 0.05: claimed") for line in lines)
    assert lines[-1].startswith(f"{swept}: all ")


def test_what_disagrees_is_named_and_exits_1(
    demo: Path, swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("sweep.json", "images.csv"):
        (tmp_path / name).write_bytes((swept / name).read_bytes())
    document = json.loads((tmp_path / "sweep.json").read_text())
    document["points"][1]["auroc"] = 1.0 - document["points"][1]["auroc"] / 2
    (tmp_path / "sweep.json").write_text(json.dumps(document))
    assert run("verify", tmp_path, "--data", demo, "--sample", "3", "--json") == 1
    [told] = json.loads(capsys.readouterr().out)
    assert not told["agrees"]
    assert [number["name"] for number in told["numbers"] if not number["agrees"]] == ["auroc at epsilon 0.05"]


def test_a_study_is_verified_by_the_classifier_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films, study = write_films(tmp_path / "films", train=8, test=4), tmp_path / "study"
    dataset = small_dataset(films)
    run_kept, _ = trained(dataset, study / "run", epochs=1)
    options = {"noise": False, "critical": False, "checked": 0, "device": "cpu"}
    attack = create_attack("fgsm")
    write_sweep(
        progress.run(sweep_dataset(run_kept.classifier, dataset, attack, [0.0, 0.05], **options)),
        study / "sweep",
    )
    (study / "study.json").write_text('{"kind": "study", "run": "run", "sweep": "sweep"}')
    assert run("verify", study, "--data", films) == 0
    assert "fingerprint of the data" in capsys.readouterr().out
    (films / "test" / "NORMAL" / "IM-5000-0001.png").unlink()
    assert run("verify", study, "--data", films) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("DISAGREES")]
    assert any(line.startswith("DISAGREES  images: claimed 8, found 7") for line in told)


def test_a_card_is_verified_by_its_own_commands(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("verify", "demo", "--data", demo)
    lines = capsys.readouterr().out.splitlines()
    assert code == 1, "its numbers are of 400 films, these are 12"
    assert any("How it does: accuracy, 0.10: claimed 22.8 % (18.9 to 27.1), found" in line for line in lines)
    assert any(line.startswith("agrees     How it does: n/255, 0.10: claimed 12.8") for line in lines)


def test_what_cannot_be_verified_is_told(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "card.md").write_text("# Nothing\n", encoding="utf-8")
    assert run("verify", tmp_path / "card.md", "--data", demo) == 2
    assert "claims nothing" in capsys.readouterr().err
    quoted = "    python main.py sweep DATA --model 'mine\n\n| epsilon | n |\n|---|---|\n| 0 | 1 |\n"
    (tmp_path / "card.md").write_text(quoted, encoding="utf-8")
    assert run("verify", tmp_path / "card.md", "--data", demo) == 2
    assert "has a command that cannot be read (No closing quotation)" in capsys.readouterr().err
    assert run("verify", demo, "--data", demo) == 2
    assert "is no study, no sweep and no card" in capsys.readouterr().err


def test_a_sweep_s_tables_and_charts_for_a_paper(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {path.name for path in (swept / "paper").iterdir()}
    assert {path.rpartition(".")[2] for path in names} == {"csv", "tex", "svg"}
    [first] = (swept / "paper").glob("table-01-*.tex")
    assert first.read_text(encoding="utf-8").startswith("% python main.py")
    assert run("sweep", "DATA", "--model", "demo", "--paper", "docx", "--out", "OUT") == 2
    assert "csv, md, tex, pdf, svg" in capsys.readouterr().err
