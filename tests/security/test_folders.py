"""Folders of runs, sweeps and studies from strangers, with links and pipes in them: no harm is done."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import OutputError, WorkbenchError
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.source import read_source
from cxr_gui.core.study import opening
from cxr_gui.core.study.opening import open_results
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.training.events import BatchDone
from cxr_gui.core.training.recipes import load_recipe, save_recipe
from cxr_gui.core.training.run_folder import RunFolder, read_run, read_run_config
from cxr_gui.core.training.training import train
from tests.support.films import write_films
from tests.support.report_samples import sweep_result
from tests.support.small_study import small_config, small_dataset, trained

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there, and pipes are none")
PRECIOUS = b"what was there"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return small_dataset(write_films(tmp_path_factory.mktemp("films"), train=8, test=4))


@pytest.fixture(scope="module")
def run(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped after its first step."""
    folder = tmp_path_factory.mktemp("run")
    work = train(dataset, folder, small_config(epochs=1))
    while not isinstance(next(work), BatchDone):
        pass
    work.close()
    return folder


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A file of somebody's, elsewhere."""
    path = tmp_path / "home" / "precious"
    path.parent.mkdir()
    path.write_bytes(PRECIOUS)
    return path


# -- what is written -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.json", "metrics.csv", "best.safetensors", "run.lock", "new"])
def test_a_training_writes_over_no_file_that_a_link_names(
    name: str, dataset: Dataset, run: Path, precious: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    if name == "new":
        shutil.rmtree(folder)
        folder.mkdir()
        for entry in ("config.json", "metrics.csv", "best.safetensors", "last.ckpt"):
            (folder / entry).symlink_to(precious)
    else:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(precious)
    with suppress(WorkbenchError):
        progress.run(train(dataset, folder, small_config(epochs=1), resume=name != "new"))
    assert precious.read_bytes() == PRECIOUS
    assert sorted(precious.parent.iterdir()) == [precious]


def test_a_lock_that_is_a_link_is_refused_in_words(dataset: Dataset, precious: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.lock").symlink_to(precious)
    with pytest.raises(OutputError):
        trained(dataset, tmp_path / "run", epochs=1)
    assert precious.read_bytes() == PRECIOUS


WRITERS: dict[str, Callable[[Path], object]] = {
    "sweep.json": lambda path: write_sweep(sweep_result(negative=3, positive=3), path.parent),
    "images.csv": lambda path: write_sweep(sweep_result(negative=3, positive=3), path.parent),
    "c.safetensors": lambda path: save(load(path.parent / "good.safetensors"), path),
    "recipe.toml": lambda path: save_recipe(small_config().recipe, path),
    "report.html": lambda path: write_report(path.parent / "swept", path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_results_replace_links_and_not_what_they_lead_to(
    name: str, run: Path, precious: Path, tmp_path: Path
) -> None:
    shutil.copy(run / "best.safetensors", tmp_path / "good.safetensors")
    write_sweep(sweep_result(negative=3, positive=3), tmp_path / "swept")
    path = tmp_path / name
    path.symlink_to(precious)
    WRITERS[name](path)
    assert precious.read_bytes() == PRECIOUS
    assert not path.is_symlink()
    assert path.stat().st_size > 100


# -- what is read --------------------------------------------------------------------------------------------


def test_a_study_whose_parts_lie_elsewhere_by_links_is_refused(run: Path, tmp_path: Path) -> None:
    write_sweep(sweep_result(negative=3, positive=3), tmp_path / "home" / "sweep")
    study = tmp_path / "study"
    study.mkdir()
    (study / "study.json").write_text("{}")
    for name in ("sweep", "run"):
        (study / "sweep").unlink(missing_ok=True)
        shutil.rmtree(study / "sweep", ignore_errors=True)
        if name == "run":
            shutil.copytree(tmp_path / "home" / "sweep", study / "sweep")
        (study / name).symlink_to(run if name == "run" else tmp_path / "home" / "sweep")
        with pytest.raises(WorkbenchError, match="not in its folder"):
            read_source(study)


@pytest.mark.parametrize("root", ["x" * 5000, "a\\u0000b", "\\ud800"], ids=["long", "zero", "surrogate"])
def test_a_run_whose_dataset_has_an_impossible_name_is_opened_without(
    root: str, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    config = (folder / "config.json").read_text(encoding="utf-8")
    was = f'"root": "{json.loads(config)["data"]["root"]}"'
    assert was in config
    (folder / "config.json").write_text(config.replace(was, f'"root": "/{root}"'), encoding="utf-8")
    opened = progress.run(open_results(folder))
    assert opened.run is not None
    assert opened.dataset is None
    assert "Its dataset" in opened.problems[0]


def test_a_dataset_on_another_computer_is_not_looked_for(run: Path) -> None:
    elsewhere = replace(read_run(run), data=PureWindowsPath("//evil.example/share/films"))
    work = opening._dataset_of(elsewhere)
    with pytest.raises(StopIteration) as end:
        next(work)
    dataset, (problem,) = end.value.value
    assert dataset is None
    assert r"\\evil.example\share\films" in problem


READERS: dict[str, Callable[[Path], object]] = {
    "sweep/sweep.json": lambda path: read_sweep(path.parent),
    "sweep/images.csv": lambda path: read_sweep(path.parent),
    "config.json": read_run_config,
    "metrics.csv": lambda path: RunFolder(path.parent).read_metrics(),
    "best.safetensors": lambda path: read_run(path.parent),
    "last.ckpt": lambda path: read_run(path.parent),
    "study.json": read_source,
    "recipe.json": load_recipe,
    "recipe.toml": load_recipe,
    "labels.csv": lambda path: progress.run(scan(path)),
}


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "circle"])
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_is_refused_and_not_waited_for(
    name: str, kind: str, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    write_sweep(sweep_result(negative=3, positive=3), folder / "sweep")
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    if name == "last.ckpt":
        assert read_run(folder).outcome == "unfinished", "without the state it can be shown all the same"
        return
    with pytest.raises(WorkbenchError):
        READERS[name](path)


def test_event_files_are_never_read(run: Path, tmp_path: Path) -> None:
    """TensorBoard's files may be anything: whoever opened this pipe would wait for ever."""
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    for file in folder.glob("events.out.*"):
        file.unlink()
    os.mkfifo(folder / "events.out.tfevents.0000000001.stranger.1.0")
    assert read_run(folder).folder == folder
    assert progress.run(open_results(folder)).run is not None
    assert load(folder / "best.safetensors").classes == ("NORMAL", "PNEUMONIA")
