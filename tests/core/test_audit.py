"""The audit finds what was planted, and on the real data exactly what is known to be there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter

from cxr_gui.core.audit import FINE, NOTICE, SERIOUS, Audit, audit
from cxr_gui.core.dataset import scan
from cxr_gui.core.progress import Event, run


def film(seed: int, size: tuple[int, int] = (96, 96)) -> Image.Image:
    """A smooth random image; two of different seeds look different."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(size), 8)
    low, high = noise.min(), noise.max()
    return Image.fromarray((20 + 180 * (noise - low) / (high - low)).astype(np.uint8))


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
    assert failed == {"Validation split"}
    assert all(finding.severity == FINE for finding in result.findings if finding.passed)
    assert result.counts == {
        "train": {"NORMAL": 30, "PNEUMONIA": 30},
        "test": {"NORMAL": 10, "PNEUMONIA": 10},
    }


def test_unreadable(folder: Path) -> None:
    path = folder / "train" / "NORMAL" / "IM-3-1.png"
    path.write_bytes(path.read_bytes()[:200])
    finding = audited(folder).finding("Unreadable files")
    assert (finding.severity, finding.paths, finding.numbers["files"]) == (SERIOUS, (str(path),), 1)


@pytest.mark.parametrize(
    ("copy", "severity", "number"),
    [
        ("train/NORMAL/IM-500-1.png", NOTICE, "groups"),
        ("test/NORMAL/IM-500-1.png", SERIOUS, "across splits"),
        ("train/PNEUMONIA/person500_virus_1.png", SERIOUS, "with different labels"),
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
    assert finding.severity == SERIOUS


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
    assert "FAIL (serious)" in text
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
    assert {f.name for f in audited(tmp_path).findings if not f.passed} == set()


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    assert audited(tmp_path).finding("Unreadable files").numbers == {"files": 1, "of": 1}


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
