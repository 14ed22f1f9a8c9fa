"""What a path is, and results read back from their folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.images.radiograph import read, to_input
from cxr_gui.core.inspect.events import ImageJudged
from cxr_gui.core.inspect.inspection import Inspector
from cxr_gui.core.inspect.judging import judge
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.study.opening import kind_of, open_results
from cxr_gui.core.sweep import sweep_shifts, write_shifts
from cxr_gui.core.sweep.files import write_sweep
from tests.support.films import write_films
from tests.support.report_samples import sweep_result
from tests.support.small_study import small_dataset, trained
from tests.support.victims import cnn


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study's folder with a run and a sweep, beside its films."""
    root = tmp_path_factory.mktemp("study")
    trained(small_dataset(write_films(root / "films")), root / "study" / "run", epochs=1)
    write_sweep(sweep_result(negative=6, positive=9), root / "study" / "sweep")
    document = {"kind": "study", "run": "run", "sweep": "sweep"}
    (root / "study" / "study.json").write_text(json.dumps(document), encoding="utf-8")
    return root / "study"


def test_each_kind_is_known_by_what_lies_there(study: Path, tmp_path: Path) -> None:
    films = study.parent / "films"
    film = next(films.rglob("*.png"))
    several = tmp_path / "several"
    shutil.copytree(study / "sweep", several / "1-fgsm-rgb")
    expected = {
        study: "study",
        study / "study.json": "study",
        study / "run": "run",
        study / "run" / "best.safetensors": "classifier",
        study / "sweep": "sweep",
        study / "sweep" / "sweep.json": "sweep",
        several: "sweeps",
        films: "dataset",
        tmp_path / "labels.csv": "dataset",
        tmp_path / "labels.tsv": "dataset",
        film: "image",
        tmp_path / "absent": "image",
    }
    assert {path: kind_of(path) for path in expected} == expected


def test_a_study_comes_back_whole(study: Path) -> None:
    stages = []
    opened = progress.run(open_results(study), stages.append)
    assert opened.dataset is not None
    assert opened.dataset.root == study.parent / "films"
    assert opened.run is not None
    assert opened.run.classifier.classes == ("NORMAL", "PNEUMONIA")
    assert [len(result.labels) for result in opened.sweeps] == [15]
    assert "points" in vars(opened.sweeps[0]), "worked out here, not on the GUI thread"
    assert opened.problems == ()
    assert stages


def test_a_run_whose_dataset_is_gone_says_so_and_is_opened(study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(study / "run", run)
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    config["data"]["root"] = str(tmp_path / "gone")
    (run / "config.json").write_text(json.dumps(config), encoding="utf-8")
    opened = progress.run(open_results(run))
    assert opened.run is not None
    assert opened.dataset is None
    assert f"Its dataset, gone, is not at {tmp_path / 'gone'}" in opened.problems[0]


def test_a_run_whose_dataset_cannot_be_opened_is_opened_with_a_word(study: Path, tmp_path: Path) -> None:
    run, films = tmp_path / "run", tmp_path / "films"
    shutil.copytree(study / "run", run)
    films.mkdir()
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    config["data"]["root"] = str(films)
    (run / "config.json").write_text(json.dumps(config), encoding="utf-8")
    opened = progress.run(open_results(run))
    assert (opened.run is not None, opened.dataset) == (True, None)
    assert opened.problems[0].startswith(f"Its dataset cannot be opened: {films}: ")


def test_a_sweep_file_and_a_folder_of_sweeps(study: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        shutil.copytree(study / "sweep", tmp_path / f"{number}-fgsm-rgb")
    assert len(progress.run(open_results(tmp_path)).sweeps) == 2
    assert len(progress.run(open_results(tmp_path / "1-fgsm-rgb" / "sweep.json")).sweeps) == 1


def test_a_sweep_of_shifts_alone_and_beside_one_of_an_attack(study: Path, tmp_path: Path) -> None:
    records = small_dataset(study.parent / "films").of("test")
    results = progress.run(sweep_shifts([cnn()], records, [SHIFTS["flip"]]))
    alone, beside = write_shifts(results, tmp_path / "alone"), tmp_path / "beside"
    shutil.copytree(study / "sweep", beside)
    write_shifts(results, beside / "shifts")
    found = {kind_of(path) for path in (alone, alone / "shifts.json", beside / "shifts")}
    assert (found, kind_of(beside)) == ({"shifts"}, "sweep")
    for folder, sweeps in ((alone, 0), (alone / "shifts.json", 0), (beside, 1)):
        opened = progress.run(open_results(folder))
        assert len(opened.sweeps) == sweeps
        (result,) = opened.shifts
        assert repr(result.points(SHIFTS["flip"])) == repr(results[0].points(SHIFTS["flip"]))  # with NaN
    (alone / "shift-images.csv").unlink()
    with pytest.raises(CheckpointError):
        progress.run(open_results(alone))


@pytest.mark.parametrize("damage", ["sweep.json", "images.csv"])
def test_damaged_results_are_a_typed_error(study: Path, tmp_path: Path, damage: str) -> None:
    shutil.copytree(study, tmp_path / "study")
    file = tmp_path / "study" / "sweep" / damage
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2].rpartition(b",")[0])
    with pytest.raises((CheckpointError, SettingsError)):
        progress.run(open_results(tmp_path / "study"))


def test_many_images_are_judged_and_a_broken_one_stops_nothing(study: Path, tmp_path: Path) -> None:
    classifier = progress.run(open_results(study / "run")).run.classifier
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    films = sorted((study.parent / "films" / "test").rglob("*.png"))
    images = [(films[0], "NORMAL"), (broken, None), (films[-1], None), (films[1], "elsewhere")]
    events = []
    judged = progress.run(judge(images, classifier, create_attack("fgsm"), "grey", 0.5), events.append)
    assert [found.path for found in judged] == [path for path, _ in images]
    assert [found.known for found in judged] == [True, False, False, False]
    assert judged[1].state == "unreadable"
    assert judged[1].error is not None
    assert judged[1].sentence == str(judged[1].error)
    assert {found.state for found in judged} - {"unreadable"} <= {"flipped", "resisted", "already wrong"}
    assert judged[0].state in judged[0].sentence
    told = [event for event in events if isinstance(event, ImageJudged)]
    assert [(event.done, event.total) for event in told] == [(n, 4) for n in (1, 2, 3, 4)]
    assert tuple(event.judged for event in told) == judged


def test_critical_epsilons_follow_the_verdicts_where_they_cost_little(study: Path) -> None:
    classifier = progress.run(open_results(study / "run")).run.classifier
    films = sorted((study.parent / "films" / "test").rglob("*.png"))
    images = [(films[0], "NORMAL"), (films[-1], None)]
    fgsm, events = create_attack("fgsm"), []
    judged = progress.run(judge(images, classifier, fgsm, "grey", 0.05, largest=0.1), events.append)
    told = [event for event in events if isinstance(event, ImageJudged)]
    assert [event.done for event in told] == [1, 2, 3, 4]
    assert [event.judged.critical for event in told[:2]] == [None, None]
    for found, (path, label) in zip(judged, images, strict=True):
        pixels = to_input(read(path).pixels, classifier.input_size)
        truth = None if label is None else classifier.classes.index(label)
        inspector = Inspector(classifier, pixels, fgsm, "grey", truth)
        shown = inspector.at(0.05)
        assert found.critical == inspector.critical(0.1)
        assert found.clean == (classifier.classes.index(shown.clean_decision), shown.clean_probability)
        assert found.attacked == (classifier.classes.index(shown.decision), shown.probability)
    (many,) = progress.run(
        judge(images[:1], classifier, create_attack("ifgsm", steps=2), "grey", 0.05, largest=0.1)
    )
    assert many.critical is None
