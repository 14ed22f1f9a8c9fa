"""`subgroups` as a person types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import write_demo
from tests.cli.test_cli import run


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A dataset with a table of who was X-rayed, and a sweep of it."""
    folder = tmp_path_factory.mktemp("subgroups")
    demo = progress.run(write_demo(folder / "demo", train=4, test=40, seed=3))
    films = sorted(demo.glob("test/*/*"))
    rows = [["image", "sex"], *([path.name, "fm"[number % 2]] for number, path in enumerate(films))]
    with (demo / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    options = ("--model", "standard", "--eps", "0,0.01", "--no-critical", "--device", "cpu")
    assert run("sweep", demo, *options, "--out", folder / "sweep") == 0
    return demo, folder / "sweep"


def test_each_subgroup_is_measured_printed_and_written(
    swept: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo, sweep = swept
    assert (
        run("subgroups", sweep, demo, "--by", "sex", "--by", "brightness", "--out", tmp_path / "s.csv") == 0
    )
    said = capsys.readouterr().out
    assert "Sensitivity / specificity by sex." in said
    assert "Westfall and Young" in said
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    women = [row for row in rows if (row["attribute"], row["subgroup"]) == ("sex", "f")]
    assert {row["epsilon"] for row in women} == {"0", "0.01"}
    assert {row["n"] for row in women} == {"20"}
    assert len({row["subgroup"] for row in rows if row["attribute"] == "brightness"}) == 4
    assert run("subgroups", sweep, demo, "--by", "sex", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [group["subgroup"] for group in document] == ["f", "m"]
    assert [point["epsilon"] for point in document[0]["points"]] == [0, 0.01]
    clean = document[0]["points"][0]
    accuracy = next(row for row in women if row["epsilon"] == "0" and row["quantity"] == "accuracy")
    assert [float(accuracy[name]) for name in ("value", "low", "high")] == pytest.approx(clean["accuracy"])


def test_without_a_choice_every_attribute_is_looked_at(
    swept: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    demo, sweep = swept
    assert run("subgroups", sweep, demo, "--json") == 0
    assert {"sex", "brightness", "contrast"} <= {
        group["attribute"] for group in json.loads(capsys.readouterr().out)
    }


def test_what_is_not_known_is_refused_with_what_is(
    swept: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    demo, sweep = swept
    assert run("subgroups", sweep, demo, "--by", "age") == 2
    said = capsys.readouterr().err
    assert "age" in said
    assert "sex" in said
