"""The folders of runs, sweeps and studies: one module spells a name; a document says where it is wrong."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cxr_gui
from cxr_gui.core.base.errors import SettingsError, WorkbenchError
from cxr_gui.core.report import StudyFolder, read_source
from cxr_gui.core.sweep import SweepFolder, read_sweep, write_sweep
from cxr_gui.core.training import RunFolder, read_run_config
from tests.support.report_samples import sweep_result
from tests.support.small_study import small_config

SPELLED = {
    "cxr_gui/core/training/run_folder.py": {
        "config.json", "metrics.csv", "best.safetensors", "last.ckpt", "run.lock",
    },
    "cxr_gui/core/sweep/sweep_folder.py": {"sweep.json", "images.csv", "chart.png"},
    "cxr_gui/core/report/study_folder.py": {"study.json", "report.html", "report.pdf"},
}  # fmt: skip


def spelled_in(module: Path) -> set[str]:
    """The texts in a module, docstrings and all."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str
    }


def test_the_name_of_a_results_file_is_spelled_in_one_module() -> None:
    names = set().union(*SPELLED.values())
    root = Path(cxr_gui.__file__).parent
    found = {
        module.relative_to(root.parent).as_posix(): spelled_in(module) & names
        for module in root.rglob("*.py")
    }
    assert {module: spelled for module, spelled in found.items() if spelled} == SPELLED


def test_a_study_whose_record_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"study\.json: cannot be read \(No such file"):
        StudyFolder(tmp_path).read_record()


@pytest.mark.parametrize(("kind", "name"), [(SweepFolder, "sweep.json"), (StudyFolder, "study.json")])
def test_a_folder_is_also_named_by_its_document(kind: Any, name: str, tmp_path: Path) -> None:
    assert kind(tmp_path / name).path == kind(tmp_path).path == tmp_path
    assert not kind(tmp_path).exists
    (tmp_path / name).write_text("{}", encoding="utf-8")
    assert kind(tmp_path).exists


def test_sweeps_in_a_folder_come_by_number_and_then_by_name(tmp_path: Path) -> None:
    assert SweepFolder.below(tmp_path) == SweepFolder.below(tmp_path / "absent") == []
    for name in ("10-apgd-rgb", "2-pgd-rgb", "1-fgsm-rgb", "other", "another"):
        write_sweep(sweep_result(negative=3, positive=3), tmp_path / name)
    (tmp_path / "3-no-sweep").mkdir()
    names = [found.name for found in SweepFolder.below(tmp_path)]
    assert names == ["1-fgsm-rgb", "2-pgd-rgb", "10-apgd-rgb", "another", "other"]


# -- what is wrong, where ------------------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A run's config, a study's record and a sweep, in one folder."""
    write_sweep(sweep_result(negative=3, positive=3), tmp_path)
    RunFolder(tmp_path).write_config(small_config(), tmp_path, "x")
    StudyFolder(tmp_path).write_record(sweep=".", run="none")
    return tmp_path


DOORS: dict[str, Callable[[Path], object]] = {
    "sweep.json": read_sweep,
    "config.json": read_run_config,
    "study.json": read_source,
}


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("sweep.json", {"classes": ["a", 3]}, "Expected `str`, got `int` - at `$.classes[1]`"),
        ("sweep.json", {"points": [{"epsilon": "0"}]}, "got `str` - at `$.points[0].epsilon`"),
        ("sweep.json", {"points": []}, "length >= 1 - at `$.points`"),
        ("sweep.json", {"threshold_logit": 1e9}, "Expected `float` <= 1000.0 - at `$.threshold_logit`"),
        ("sweep.json", {"checks": [{"name": "x"}]}, "required field `passed` - at `$.checks[0]`"),
        ("sweep.json", {"format": "of another program"}, "its format is 'of another program'"),
        ("config.json", {"seed": "0"}, "Expected `int`, got `str` - at `$.seed`"),
        ("config.json", {"data": {"root": "x"}}, "missing required field `fingerprint` - at `$.data`"),
        ("config.json", {"excluded": "x"}, "Expected `array`, got `str` - at `$.excluded`"),
        ("study.json", {"data": {"counts": {"test": 3}}}, "got `int` - at `$.data.counts[...]`"),
        ("study.json", {"examples": [{"file": "x"}]}, "field `caption` - at `$.examples[0]`"),
    ],
)  # fmt: skip
def test_a_document_says_what_was_expected_where(
    name: str, wrong: dict[str, Any], words: str, results: Path
) -> None:
    path = results / name
    document = json.loads(path.read_text(encoding="utf-8"))
    DOORS[name](results)
    path.write_text(json.dumps(document | wrong), encoding="utf-8")
    with pytest.raises(WorkbenchError) as refused:
        DOORS[name](results)
    assert words in refused.value.what
    assert refused.value.hint
    assert refused.value.where in (str(results), str(path))


@pytest.mark.parametrize("name", DOORS)
def test_what_a_later_version_adds_to_a_document_is_left_aside(name: str, results: Path) -> None:
    path = results / name
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | {"later": {"x": [1]}}), encoding="utf-8")
    DOORS[name](results)


def test_a_line_that_is_no_json_is_named_by_its_number(results: Path) -> None:
    (results / "config.json").write_text('{\n  "seed": 0,\n  "device" "cpu"\n}', encoding="utf-8")
    with pytest.raises(WorkbenchError, match="line 3 column"):
        read_run_config(results)
