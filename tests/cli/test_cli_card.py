"""`card` as a person types it: written of a run, and added to."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cxr_gui.core.attacks import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.study.pipeline import compare
from cxr_gui.core.sweep import write_sweep
from tests.cli.test_cli import run
from tests.support.films import write_films
from tests.support.small_study import small_dataset, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, and sweeps of it by two attacks."""
    place = tmp_path_factory.mktemp("card")
    dataset = small_dataset(write_films(place / "films"))
    made, _ = trained(dataset, place / "run", epochs=1)
    attacks = [create_attack("fgsm"), create_attack("pgd", steps=2)]
    for sweep in progress.run(compare([made.classifier], dataset, attacks, [0.0, 0.01])):
        write_sweep(sweep, place / sweep.attack.name)
    return place


def test_a_card_is_written_and_another_sweep_added(
    place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    card = tmp_path / "mine.md"
    words = ("--sweep", place / "fgsm", "--title", "Mine", "--note", "Of made films.", "--out", card)
    assert run("card", place / "run", *words) == 0
    assert str(card) in capsys.readouterr().out
    page = card.read_text(encoding="utf-8")
    assert page.startswith("# Mine\n\n**Not for clinical use.** Of made films.\n")
    assert run("card", place / "run", *words, "--other", place / "run", place / "pgd") == 2
    assert "is about another seed" in capsys.readouterr().err
    card.with_suffix(".safetensors").write_bytes((place / "run" / "best.safetensors").read_bytes())
    few = (
        "--attack",
        "noise",
        "--eps",
        "0,0.01",
        "--no-critical",
        "--limit",
        "4",
        "--out",
        tmp_path / "more",
    )
    assert run("sweep", place / "films", "--model", card.with_suffix(".safetensors"), *few) == 0
    assert run("card", card, "--sweep", tmp_path / "more") == 0
    grown = card.read_text(encoding="utf-8")
    assert "--attack noise" in grown
    assert "--attack noise" not in page
    assert grown.startswith("# Mine\n\n**Not for clinical use.** Of made films.\n")
    assert run("card", card, "--sweep", place / "fgsm") == 2, "of another classifier by its name"


def test_a_card_has_the_sweeps_of_other_seeds_and_is_verified_beside_its_classifier(
    place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    card, other = tmp_path / "mine.md", tmp_path / "other"
    shutil.copytree(place / "run", other)
    config = (other / "config.json").read_text(encoding="utf-8")
    assert '"seed": 3' in config
    (other / "config.json").write_text(config.replace('"seed": 3', '"seed": 4'), encoding="utf-8")
    words = ("--sweep", place / "fgsm", "--title", "Mine", "--out", card)
    assert run("card", place / "run", *words, "--other", other, place / "pgd") == 0
    rows = re.findall(r"^\| (\d) \| (FGSM|PGD) \|", card.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [("3", "FGSM"), ("4", "PGD")]
    capsys.readouterr()
    assert run("verify", card, "--data", place / "films") == 2
    assert "does not have its classifier beside it" in capsys.readouterr().err
    shutil.copy(place / "run" / "best.safetensors", card.with_suffix(".safetensors"))
    assert run("verify", card, "--data", place / "films") == 0
    assert f"\n{card}: all " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--sweep", "fgsm"), "--title and --out"),
        (("run", "--sweep", "fgsm", "--title", "Mine"), "--title and --out"),
        (("card.md", "--sweep", "fgsm", "--title", "Mine"), "A card is only added to"),
        (("card.md", "--sweep", "fgsm", "--note", "More"), "A card is only added to"),
    ],
)
def test_what_makes_no_sense_is_told(
    place: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    named = [place / word if word in ("run", "fgsm", "card.md") else word for word in words]
    assert run("card", *named) == 2
    assert said in capsys.readouterr().err
