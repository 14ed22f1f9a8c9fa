"""The audit finds what was planted, and on the real data exactly what is known to be there."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from cxr_gui.core.base.progress import Event, run
from cxr_gui.core.data import findings
from cxr_gui.core.data.auditing import Audit, audit
from cxr_gui.core.data.carving import carve_validation
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.examination import examine
from cxr_gui.core.data.findings import INFORMATION, PROBLEM, WARNING
from cxr_gui.core.data.records import Record
from cxr_gui.core.demo.film import radiograph
from tests.support.dicom_files import dicom

FILMS = 9
"""A series of which those used here are like chest X-rays."""


def film(seed: int, size: tuple[int, int] = (96, 96)) -> Image.Image:
    """A healthy film of the patient with this number; two of different patients look different."""
    return Image.fromarray((255 * radiograph(FILMS, seed, positive=False, size=size)).astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """30 images of each class in train and 10 in test, each of a patient of its own: nothing to find."""
    for split, first, number in (("train", 0, 30), ("test", 100, 10)):
        for label, offset in (("NORMAL", 0), ("PNEUMONIA", 1000)):
            place = tmp_path / split / label
            place.mkdir(parents=True)
            for seed in range(first, first + number):
                name = f"IM-{seed}-1.png" if label == "NORMAL" else f"person{seed}_virus_1.png"
                film(seed + offset).save(place / name)
    return tmp_path


def audited(folder: Path) -> Audit:
    return run(audit(run(scan(folder))))


def test_a_clean_dataset_passes(folder: Path) -> None:
    result = audited(folder)
    failed = {finding.name for finding in result.findings if not finding.passed}
    assert failed == set()
    told = {finding.name for finding in result.findings if finding.severity == INFORMATION}
    assert told == {"Splits", "Validation split", "Positive class"}, "nothing of these can be wrong"
    assert result.counts == {
        "train": {"NORMAL": 30, "PNEUMONIA": 30},
        "test": {"NORMAL": 10, "PNEUMONIA": 10},
    }


def test_unreadable(folder: Path) -> None:
    path = folder / "train" / "NORMAL" / "IM-3-1.png"
    path.write_bytes(path.read_bytes()[:200])
    finding = audited(folder).finding("Unreadable files")
    assert (finding.severity, finding.paths, finding.numbers["files"]) == (PROBLEM, (str(path),), 1)


@pytest.mark.parametrize(
    ("copy", "severity", "number"),
    [
        ("train/NORMAL/IM-500-1.png", WARNING, "groups"),
        ("test/NORMAL/IM-500-1.png", PROBLEM, "across splits"),
        ("train/PNEUMONIA/person500_virus_1.png", PROBLEM, "with different labels"),
    ],
)
def test_exact_duplicates(folder: Path, copy: str, severity: str, number: str) -> None:
    original = folder / "train" / "NORMAL" / "IM-3-1.png"
    (folder / copy).write_bytes(original.read_bytes())
    finding = audited(folder).finding("Exact duplicates")
    assert not finding.passed
    assert finding.severity == severity
    assert finding.numbers[number] == 1
    assert set(finding.groups[0]) == {str(original), str(folder / copy)}
    assert audited(folder).finding("Near duplicates").passed


@pytest.mark.parametrize("how", ["re-encoded", "resized", "brightened"])
def test_near_duplicates(folder: Path, how: str) -> None:
    image, copy = film(3), folder / "test" / "NORMAL" / "IM-700-1.jpeg"
    if how == "resized":
        image = image.resize((60, 70), Image.Resampling.BILINEAR)
    elif how == "brightened":
        image = ImageEnhance.Brightness(image).enhance(1.1)
    image.save(copy, quality=50)
    finding = audited(folder).finding("Near duplicates")
    assert [set(group) for group in finding.groups] == [
        {str(copy), str(folder / "train" / "NORMAL" / "IM-3-1.png")}
    ]
    assert finding.severity == PROBLEM


def test_shared_patients(folder: Path) -> None:
    film(77).save(folder / "test" / "PNEUMONIA" / "person5_bacteria_9.png")
    finding = audited(folder).finding("Patients in several splits")
    assert finding.numbers["train and test"] == 1
    assert len(finding.paths) == 2
    assert "no proof" in finding.summary


def test_imbalance(folder: Path) -> None:
    for number in range(200, 300):
        film(number).save(folder / "train" / "NORMAL" / f"IM-{number}-1.png")
    finding = audited(folder).finding("Class balance")
    assert not finding.passed
    assert finding.numbers == {"train": pytest.approx(130 / 160), "test": 0.5}


def test_a_width_that_tells_the_classes_apart(folder: Path) -> None:
    for path in (folder / "train" / "PNEUMONIA").iterdir():
        with Image.open(path) as image:
            wide = image.resize((120, 96))
        wide.save(path)
    finding = audited(folder).finding("Shortcuts")
    assert not finding.passed
    assert finding.numbers["width"] == pytest.approx(0.5 + 0.5 * 30 / 40)
    assert finding.numbers["height"] == 0.5
    assert "width 120 or more: 0 % of NORMAL, 75 % of PNEUMONIA" in finding.summary
    assert set(finding.paths) == {str(path) for path in (folder / "train" / "PNEUMONIA").iterdir()}


def test_a_format_that_tells_the_classes_apart(folder: Path) -> None:
    for path in list((folder / "train" / "PNEUMONIA").iterdir()):
        with Image.open(path) as image:
            image.save(path.with_suffix(".bmp"))
        path.unlink()
    finding = audited(folder).finding("Shortcuts")
    assert finding.numbers["file format BMP"] == pytest.approx(0.875)
    assert len(finding.paths) in (30, 50)  # those in BMP, or those that are not


def test_colour_and_guesses_are_told(folder: Path) -> None:
    Image.new("RGB", (96, 96), "red").save(folder / "train" / "NORMAL" / "IM-900-1.png")
    (folder / "logo.png").write_bytes(b"")
    for split in ("train", "test"):
        (folder / split / "NORMAL").rename(folder / split / "cats")
        (folder / split / "PNEUMONIA").rename(folder / split / "dogs")
    result = audited(folder)
    assert "colour" in result.finding("Not plain radiographs").summary
    assert "dogs" in result.finding("Positive class").summary
    assert "outside" in result.finding("Left out").summary


def test_what_it_says(folder: Path) -> None:
    original = folder / "train" / "NORMAL" / "IM-3-1.png"
    (folder / "test" / "NORMAL" / "IM-500-1.png").write_bytes(original.read_bytes())
    result = audited(folder)
    assert result.findings[0].name == "Exact duplicates"
    document = json.dumps(result.to_json(), allow_nan=False)
    assert str(folder) not in document
    assert json.loads(document)["findings"][0]["groups"] == [
        ["test/NORMAL/IM-500-1.png", "train/NORMAL/IM-3-1.png"]
    ]
    text = result.to_text()
    assert "train: 30 NORMAL, 30 PNEUMONIA" in text
    assert "problem     Exact duplicates" in text
    assert "  test/NORMAL/IM-500-1.png, train/NORMAL/IM-3-1.png" in text
    assert str(folder) not in text
    with pytest.raises(KeyError):
        result.finding("no such check")


def test_the_text_lists_a_few_files_and_counts_the_rest(folder: Path) -> None:
    for number in range(3, 10):
        path = folder / "train" / "NORMAL" / f"IM-{number}-1.png"
        path.write_bytes(path.read_bytes()[:200])
    lines = audited(folder).to_text().splitlines()
    start = next(place for place, line in enumerate(lines) if "Unreadable files" in line)
    assert [line.strip() for line in lines[start + 1 : start + 5]] == [
        *(f"train/NORMAL/IM-{number}-1.png" for number in (3, 4, 5)),
        "... and 4 more files; --json lists all",
    ]


def test_unlabelled_images(tmp_path: Path) -> None:
    film(1).save(tmp_path / "a.png")
    result = audited(tmp_path)
    assert {f.name for f in result.findings if not f.passed} == {"Splits"}
    for name in ("Positive class", "Class balance", "Shortcuts", "Likeness of splits"):
        assert result.finding(name).summary == "There are no labels."


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    result = audited(tmp_path)
    assert result.finding("Unreadable files").numbers == {"files": 1, "of": 1}
    for name in (
        "Exact duplicates",
        "Near duplicates",
        "Not plain radiographs",
        "Shortcuts",
        "Likeness of splits",
    ):
        assert not result.finding(name).passed
        assert "none of the files can be read" in result.finding(name).summary


class TestNothingPassesUnseen:
    """A check may not pass on what the scan never considered."""

    @staticmethod
    def _mask() -> Image.Image:
        rows, columns = np.mgrid[:96, :96] / 95
        lungs = (np.abs(columns - 0.5) - 0.2) ** 2 / 0.02 + (rows - 0.5) ** 2 / 0.09 < 1
        return Image.fromarray((255 * lungs).astype(np.uint8))

    def test_folders_of_masks_are_told(self, folder: Path) -> None:
        for label in ("NORMAL", "PNEUMONIA"):
            (folder / "train" / label / "masks").mkdir()
            self._mask().save(folder / "train" / label / "masks" / "IM-1-1.png")
        finding = audited(folder).finding("Left out")
        assert not finding.passed
        assert finding.numbers == {"problems": 2, "images": 82, "left out": 2}
        assert "holds 1 masks" in finding.summary

    @pytest.mark.parametrize("name", ["IM-900-1.png", "IM-900-1.jpeg"])
    @pytest.mark.parametrize("size", [96, 64, 512])
    def test_a_mask_among_the_films(self, folder: Path, name: str, size: int) -> None:
        path = folder / "train" / "NORMAL" / name
        self._mask().resize((size, size)).save(path)
        finding = audited(folder).finding("Not plain radiographs")
        assert finding.paths == (str(path),)
        assert "hardly more than two grey values, as masks have" in finding.summary
        assert "not like the chest X-rays" in finding.summary

    def test_images_that_are_no_films_are_counted_together(self, folder: Path) -> None:
        for number in range(900, 910):
            noise = np.random.default_rng(number).integers(0, 256, (96, 96), np.uint8)
            Image.fromarray(noise).save(folder / "train" / "NORMAL" / f"IM-{number}-1.png")
        finding = audited(folder).finding("Not plain radiographs")
        assert (finding.passed, len(finding.paths)) == (False, 10)
        assert finding.summary.startswith("Of 10 files it is said: “This is not like the chest X-rays")

    @pytest.mark.skipif(os.name != "posix", reason="links need no permission on POSIX systems only")
    def test_splits_that_share_files(self, folder: Path) -> None:
        (folder / "val").symlink_to(folder / "test")
        finding = audited(folder).finding("Exact duplicates")
        assert (finding.severity, finding.numbers["across splits"]) == (PROBLEM, 20)

    def test_splits_that_nobody_named(self, folder: Path) -> None:
        assert audited(folder).finding("Splits").passed
        for split, name in (("train", "first"), ("test", "second")):
            (folder / split).rename(folder / name)
        result = audited(folder)
        assert not result.finding("Splits").passed
        assert "the split of 80 images" in result.finding("Splits").summary
        assert "read as one: first, second" in result.finding("Left out").summary

    def test_images_that_somebody_left_out(self, folder: Path) -> None:
        dataset = run(scan(folder)).without(["train/NORMAL/IM-3-1.png"])
        finding = run(audit(dataset)).finding("Left out")
        assert (finding.passed, finding.numbers["left out"]) == (False, 1)

    def test_patients_that_no_name_tells(self, folder: Path) -> None:
        name = "Patients in several splits"
        assert audited(folder).finding(name).passed
        (folder / "test" / "NORMAL" / "IM-100-1.png").rename(folder / "test" / "NORMAL" / "a.png")
        finding = audited(folder).finding(name)
        assert not finding.passed
        assert "no patient of 1 of 80 images" in finding.summary

    def test_a_split_without_a_class(self, folder: Path) -> None:
        shutil.rmtree(folder / "test" / "PNEUMONIA")
        finding = audited(folder).finding("Class balance")
        assert (finding.severity, "test has no PNEUMONIA" in finding.summary) == (PROBLEM, True)

    @pytest.mark.parametrize("kind", [None, "NORMAL"])
    def test_a_validation_split_that_decides_nothing(self, folder: Path, kind: str | None) -> None:
        """100 images, but of one class or none: as good as missing."""
        records = tuple(Record(str(folder / f"{n}.png"), "validation", kind, f"v{n}") for n in range(100))
        dataset = run(scan(folder))
        dataset = dataclasses.replace(dataset, records=dataset.records + records)
        finding = findings.validation_size(dataset)
        assert "lacks a class or its labels" in finding.summary
        carved = carve_validation(dataset, seed=0)
        assert all(carved.first("validation", label) for label in dataset.classes)

    def test_files_that_were_chosen_one_by_one(self, tmp_path: Path) -> None:
        films = [tmp_path / f"{number}.png" for number in (1, 2)]
        for number, path in enumerate(films):
            film(number).save(path)
        finding = run(audit(run(scan(films)))).finding("Left out")
        assert finding.summary == "Chosen one by one: 2 files."

    def test_what_its_file_says_of_a_film(self, tmp_path: Path) -> None:
        elements = {"PatientAge": "006M", "PixelSpacing": [0.25, 0.5], "ViewPosition": "PA"}
        path = dicom(tmp_path / "a.dcm", np.arange(64, dtype=np.uint16).reshape(8, 8), **elements)
        ([examined], _) = run(examine([Record(str(path), "test")]))
        assert examined.taken == {"view": "PA", "age in years": 0.5, "spacing in mm": 0.25}

    def test_too_few_to_judge(self, tmp_path: Path) -> None:
        for label in ("NORMAL", "PNEUMONIA"):
            (tmp_path / label).mkdir()
            film(3).save(tmp_path / label / "a.png")
        assert not audited(tmp_path).finding("Shortcuts").passed


def test_progress_and_cancel(folder: Path) -> None:
    events: list[Event] = []
    run(audit(run(scan(folder))), events.append)
    assert events[-1].total is not None
    assert any(event.stage == "Examining images" and event.done == event.total == 80 for event in events)
    work = audit(run(scan(folder)))
    next(work)
    work.close()


def test_known_answers_on_the_real_data(real_data: Path) -> None:
    """What is known of the shared copy of the Kermany images."""
    result = audited(real_data)
    assert result.counts == {
        "train": {"NORMAL": 1341, "PNEUMONIA": 3875},
        "test": {"NORMAL": 234, "PNEUMONIA": 390},
    }
    assert result.finding("Unreadable files").numbers == {"files": 0, "of": 5840}
    exact = result.finding("Exact duplicates")
    assert exact.numbers == {"groups": 30, "files": 62, "across splits": 0, "with different labels": 0}
    assert "24 inside train, 6 inside test" in exact.summary
    assert result.finding("Near duplicates").passed
    assert result.finding("Patients in several splits").numbers["train and test"] == 170
    assert result.finding("Class balance").numbers == {"train": 3875 / 5216, "test": 390 / 624}
    assert result.finding("Shortcuts").passed
    likeness = result.finding("Likeness of splits")
    assert likeness.severity == PROBLEM
    assert "NORMAL films of test show the chest taller than those of train" in likeness.summary
    assert likeness.numbers["NORMAL of test: all together"] == pytest.approx(0.94, abs=0.01)
    assert likeness.numbers["PNEUMONIA of test: all together"] == pytest.approx(0.65, abs=0.01)
