"""JSON, CSV and TOML from strangers, whatever they say: refused in words, or taken and usable."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cxr_gui.core.base import progress, spreadsheet
from cxr_gui.core.base.errors import CheckpointError, DatasetError, SettingsError, WorkbenchError
from cxr_gui.core.base.files import LARGEST_DOCUMENT
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.report import sweep_folders
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.source import read_source
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.training.recipes import LARGEST_FILE, RECIPES, load_recipe
from cxr_gui.core.training.run_folder import RunFolder, read_run_config
from tests.support.hostile import DEPTH, NESTED, NO_OBJECTS, grown, with_one_changed
from tests.support.report_samples import sweep_result
from tests.support.small_study import small_config

GIB = 1 << 30
Read = Callable[[Path], object]
DOORS: dict[str, Read] = {
    "sweep.json": lambda path: read_sweep(path.parent),
    "study.json": read_source,
    "config.json": read_run_config,
    "recipe.json": load_recipe,
    "recipe.toml": load_recipe,
}


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """A small sweep that is as it should be."""
    return write_sweep(sweep_result(negative=3, positive=3), tmp_path / "sweep")


def document_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", [*NESTED, *NO_OBJECTS])
@pytest.mark.parametrize("name", DOORS)
def test_what_is_no_document_is_refused_in_words(name: str, text: str, swept: Path) -> None:
    if (name, text) in (("recipe.json", "{}"), ("recipe.toml", "")):
        pytest.skip("a recipe of defaults")
    path = swept / name
    path.write_text(NESTED.get(text, text), encoding="utf-8")
    with pytest.raises(WorkbenchError) as refused:
        DOORS[name](path)
    assert refused.value.where
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("name", DOORS)
def test_a_file_that_is_too_large_is_not_read(name: str, swept: Path) -> None:
    path = swept / name
    with path.open("wb") as file:
        file.truncate((LARGEST_FILE if "recipe" in name else LARGEST_DOCUMENT) + 1)  # a hole: takes no space
    with pytest.raises(WorkbenchError, match="larger than"):
        DOORS[name](path)


def test_toml_that_is_nested_too_deeply(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    for text in (f"a = {NESTED['lists']}", f"{'a.' * DEPTH}a = 1", f"[{'a.' * DEPTH}a]"):
        path.write_text(text[: LARGEST_FILE // 2] + text[-LARGEST_FILE // 2 :], encoding="utf-8")
        with pytest.raises(SettingsError):
            load_recipe(path)


def test_a_sweep_with_any_one_value_changed_is_refused_or_usable(swept: Path) -> None:
    taken, whole = 0, document_of(swept / "sweep.json")
    for where, document in with_one_changed(whole | {"points": whole["points"][:1]}):
        (swept / "sweep.json").write_text(json.dumps(document), encoding="utf-8")
        try:
            result = read_sweep(swept)
        except CheckpointError:
            continue
        taken += 1
        assert result.title, where
        assert len(result.measure(replicates=0)) == len(result.epsilons) > 0, where
        assert result.threat in ("rgb", "grey"), where
        assert all(isinstance(name, str) for name in result.classes), where
        assert all(isinstance(check.sentence, str) for check in result.checks), where
    assert taken > 50, "what a sweep says about itself may be anything"


def test_a_study_with_any_one_value_changed_is_refused_or_usable(swept: Path) -> None:
    study = {
        "command": "x", "run": "run", "sweep": "sweep",
        "data": {"name": "x", "counts": {"test": {"A": 3}}, "fingerprint": "x"},
        "audit": {"findings": [{"name": "x", "passed": True, "summary": "x", "advice": "x"}]},
        "examples": [{"file": "x.png", "caption": "x"}], "seconds": {"train": 1.0},
    }  # fmt: skip
    for _, document in with_one_changed(study):
        (swept.parent / "study.json").write_text(json.dumps(document), encoding="utf-8")
        with suppress(SettingsError, CheckpointError):
            read_source(swept.parent)


def test_a_config_and_a_recipe_with_any_one_value_changed(tmp_path: Path) -> None:
    RunFolder(tmp_path).write_config(small_config(), tmp_path, "x")
    for where, document in with_one_changed(document_of(tmp_path / "config.json")):
        (tmp_path / "config.json").write_text(json.dumps(document), encoding="utf-8")
        with suppress(SettingsError):
            assert read_run_config(tmp_path).config.seed >= 0, where
    for where, document in with_one_changed(RECIPES["balanced"].to_dict()):
        (tmp_path / "recipe.json").write_text(json.dumps(document), encoding="utf-8")
        with suppress(SettingsError):
            assert 1 <= load_recipe(tmp_path / "recipe.json").epochs <= 10_000, where


# -- tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "path\n", "a,a\n1,2\n", "path,label\nx\n", "path,label\nx,y,z\n",
        f"{'x' * 200_000},b\n1,2\n",
        f"path,label\n{'x' * (spreadsheet.LONGEST_LINE + 1)},y\n", f"path,label\n{'y' * 200_000},z\n",
        'path,label\n"never closed', "path,label\n\0,\0\n", "=cmd|' /C calc'!A0\n",
    ],
    ids=lambda text: repr(text[:24]),
)  # fmt: skip
def test_tables_that_are_none(text: str, swept: Path, tmp_path: Path) -> None:
    (swept / "images.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError):
        read_sweep(swept)
    (tmp_path / "metrics.csv").write_text(f"epoch,{text}", encoding="utf-8")
    with pytest.raises(CheckpointError):
        assert not RunFolder(tmp_path).read_metrics(), "no row of it is an epoch"
        raise CheckpointError("is empty")
    (tmp_path / "labels.csv").write_text(f"file,{text}", encoding="utf-8")
    with pytest.raises(DatasetError):
        progress.run(scan(tmp_path / "labels.csv"))


def test_a_table_of_too_many_cells(swept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_sweep(swept).labels) == 6
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 50)
    with pytest.raises(CheckpointError, match="more than 50 cells"):
        read_sweep(swept)


def test_tables_of_a_gigabyte_take_no_gigabyte(swept: Path, tmp_path: Path) -> None:
    """In one line, in one quoted cell, and in lines of one cell: a table of labels and one of a sweep."""
    for name, start in (
        ("line", b"file,label\n"),
        ("header", b"file,label,"),
        ("quoted", b'file,label\n"'),
    ):
        with (tmp_path / f"{name}.csv").open("wb") as file:
            file.write(start)
            file.truncate(GIB)
    (tmp_path / "0.png").write_bytes(b"")  # an image, so that the tables are read to their ends
    (tmp_path / "rows.csv").write_text(
        "file,label\n" + "".join(f"{number},c\n" for number in range(1_100_000))
    )
    (tmp_path / "commas.csv").write_bytes(b"file,label\n" + (b"," * 1_000_000 + b"\n") * 15)
    script = """
from cxr_gui.core import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.sweep import read_sweep
sweep, folder = map(Path, sys.argv[1:])
ready()
for table in sorted(folder.glob("*.csv")):
    refused(lambda: progress.run(scan(table)))
    table.replace(sweep / "images.csv")
    refused(read_sweep, sweep)
"""
    assert grown(script, swept, tmp_path) < GIB


# -- what is written -----------------------------------------------------------------------------------------


def test_no_folder_is_named_by_a_stranger(swept: Path, tmp_path: Path) -> None:
    """Sweeps that were read are exported in folders called by their attack and threat model."""
    document = document_of(swept / "sweep.json")
    for key, value in (("threat", "../../../escaped"), ("attack", {"name": "../x", "parameters": {}})):
        (swept / "sweep.json").write_text(json.dumps(document | {key: value}), encoding="utf-8")
        with pytest.raises(CheckpointError):
            read_sweep(swept)
    hostile = {"classifier": "../../escaped", "data": {"name": "/escaped", "fingerprint": "../escaped"}}
    (swept / "sweep.json").write_text(json.dumps(document | {"about": hostile}), encoding="utf-8")
    table = (swept / "images.csv").read_text(encoding="utf-8").replace("test/image", "../../../escaped/")
    (swept / "images.csv").write_text(table, encoding="utf-8")
    result = read_sweep(swept)
    before = set(tmp_path.rglob("*"))
    for folder in sweep_folders([result, result], tmp_path / "out"):
        assert folder.parent == tmp_path / "out"
        write_sweep(result, folder)
    write_report(swept, tmp_path / "out" / "report.html")
    written = set(tmp_path.rglob("*")) - before
    assert len(written) == 2 * 3 + 2
    assert all(path.is_relative_to(tmp_path / "out") for path in written)
    assert not list(tmp_path.parent.glob("escaped*"))
