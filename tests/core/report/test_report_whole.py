"""What the window exports of its sweeps: a whole report where the data and the classifier are known."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress, spreadsheet, units
from cxr_gui.core.base.files import sha256
from cxr_gui.core.base.progress import Event
from cxr_gui.core.data.notes import Note
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.figures import write_examples
from cxr_gui.core.report.whole import Known, write_whole
from cxr_gui.core.study.opening import open_results
from cxr_gui.core.study.pipeline import sweep_dataset
from cxr_gui.core.sweep.files import read_sweep
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.training.run_folder import Run
from tests.support.films import write_films
from tests.support.report_readers import HtmlReader, pdf_text
from tests.support.small_study import small_dataset, trained

EPSILONS = [0.0, units.to_pixel(0.1, "model"), units.to_pixel(0.4, "model")]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return small_dataset(write_films(tmp_path_factory.mktemp("whole") / "films", train=24, test=6))


@pytest.fixture(scope="module")
def run(dataset: Dataset) -> Run:
    return trained(dataset, dataset.root.parent / "run", epochs=3)[0]


@pytest.fixture(scope="module")
def result(dataset: Dataset, run: Run) -> SweepResult:
    return progress.run(sweep_dataset(run.classifier, dataset, create_attack("fgsm"), EPSILONS, device="cpu"))


def text_of(report: Path) -> str:
    if report.suffix == ".pdf":
        return pdf_text(PdfReader(report))
    return HtmlReader(report.read_text(encoding="utf-8")).text


def test_a_sweep_of_the_open_run_has_everything(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    out = progress.run(write_whole([result], Known(dataset, run, run.classifier), tmp_path / "out"))
    for name in ("report.html", "report.pdf"):
        text = text_of(out / name)
        for title in ("Data and audit", "Classifier", "Training", "Decisions by class", "Trust checks"):
            assert title in text, (name, title)
        assert "Audit of the data" in text
        assert "Learning curve" in text
        assert str(dataset.root.parent) not in text
    assert json.loads((out / "study.json").read_text())["data"]["fingerprint"] == dataset.fingerprint()


def test_flags_and_notes_are_in_the_table_of_the_images(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    assert result.paths is not None
    film = dataset.in_root(result.paths[2])
    notes = {film: Note("wrong label", "=1+1\nsee the heart"), "/elsewhere/x.png": Note("bad film")}
    out = progress.run(write_whole([result], Known(dataset, run, run.classifier, notes), tmp_path / "out"))
    columns = spreadsheet.columns(next(out.rglob("images.csv")))
    others = [""] * (len(result.paths) - 1)
    assert columns["flag"] == [*others[:2], "wrong label", *others[2:]]
    assert columns["note"] == [*others[:2], "'=1+1\nsee the heart", *others[2:]]
    assert read_sweep(next(out.rglob("images.csv")).parent).paths == result.paths


def test_with_enough_right_images_there_are_examples_of_both_classes(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    """Three of a class are needed to choose from."""
    right = result.right_at_start
    wanted = {int(label) for label in (0, 1) if (right & (result.labels == label)).sum() >= 3}
    out = progress.run(write_whole([result], Known(dataset, run), tmp_path / "out"))
    captions = [example["caption"] for example in json.loads((out / "study.json").read_text())["examples"]]
    assert wanted
    for label in wanted:
        for why in ("most fragile", "typical", "most robust"):
            assert any(caption == f"{result.classes[label]}, {why}." for caption in captions)
    assert len(list((out / "examples").iterdir())) == len(captions) == 3 * len(wanted)


def test_a_classifier_without_its_run_has_its_card_and_its_hash(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    opened = load(run.best_path)
    out = progress.run(write_whole([result], Known(dataset, None, opened), tmp_path / "out"))
    text = text_of(out / "report.html")
    assert "Model card" in text
    assert "Learning curve" not in text
    assert sha256(run.best_path) in text


def test_another_classifier_lends_nothing(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    other, _ = trained(dataset, tmp_path / "other", epochs=1)
    out = progress.run(write_whole([result], Known(dataset, other, other.classifier), tmp_path / "out"))
    text = text_of(out / "report.html")
    assert "Audit of the data" in text
    assert "Learning curve" not in text
    assert "Model card" not in text
    assert not (out / "examples").exists()


def test_a_film_that_is_damaged_since_shows_nothing_of_its_classifier(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    shutil.copytree(dataset.root, tmp_path / dataset.root.name)
    films = small_dataset(tmp_path / dataset.root.name)
    assert result.paths is not None
    film = films.root / result.paths[0]
    film.write_bytes(bytes(film.stat().st_size))
    out = progress.run(write_whole([result], Known(films, None, run.classifier), tmp_path / "out"))
    text = text_of(out / "report.html")
    assert "Audit of the data" in text
    assert "Model card" not in text
    assert not (out / "examples").exists()


def test_without_critical_epsilons_no_film_is_an_example(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    plain = replace(result, critical=None)
    assert progress.run(write_examples(run.classifier, dataset, plain, tmp_path / "examples")) == []
    assert not (tmp_path / "examples").exists()


@pytest.mark.parametrize("which", ["none", "other"])
def test_of_other_data_only_the_sweep_is_told(
    which: str, dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    other = small_dataset(write_films(tmp_path / "films", train=4, test=4)) if which == "other" else None
    out = progress.run(write_whole([result], Known(other, run), tmp_path / "out"))
    assert "Audit of the data" not in text_of(out / "report.html")
    assert not (out / "study.json").exists()
    assert (out / "images.csv").is_file()


def test_several_are_compared_and_what_was_exported_opens_again(
    dataset: Dataset, run: Run, result: SweepResult, tmp_path: Path
) -> None:
    grey = progress.run(
        sweep_dataset(run.classifier, dataset, create_attack("fgsm"), EPSILONS, threat="grey", device="cpu")
    )
    sweeps = [result, replace(grey)]
    out = progress.run(write_whole(sweeps, Known(dataset, run), tmp_path / "out"))
    assert "compared: 2 sweeps" in text_of(out / "report.html")
    text = text_of(out / "report.html")
    for once in ("Learning curve.", "Model card.", "Audit of the data.", "The recipe."):
        assert text.count(once) == 1, once
    opened = progress.run(open_results(out / "1-fgsm-rgb"))
    assert len(opened.sweeps) == 1
    again = text_of(write_report(out / "1-fgsm-rgb", tmp_path / "again.html"))
    assert "Audit of the data" in again


def test_a_dataset_is_audited_for_the_first_export_only(
    dataset: Dataset, result: SweepResult, tmp_path: Path
) -> None:
    one, read_anew = small_dataset(dataset.root), small_dataset(dataset.root)
    examined = []
    for known in (one, one, read_anew):
        events: list[Event] = []
        progress.run(write_whole([result], Known(known), tmp_path / "out"), events.append)
        examined.append("Examining images" in {event.stage for event in events})
        assert "Audit of the data" in text_of(tmp_path / "out" / "report.html")
    assert examined == [True, False, True]
