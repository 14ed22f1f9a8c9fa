"""What a folder means is read from its names: splits and classes; nothing is counted twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_gui.core.base.errors import DatasetError, SettingsError
from cxr_gui.core.base.progress import run
from cxr_gui.core.data import dataset as dataset_module
from cxr_gui.core.data import folders
from cxr_gui.core.data.dataset import scan
from tests.support.films import touched
from tests.support.made_data import names, numbered

POSIX = pytest.mark.skipif(os.name != "posix", reason="links need no permission on POSIX systems only")


class TestLayouts:
    @pytest.mark.parametrize("wrapper", ["", "chest_xray/", "data/images/"])
    @pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "TEST")])
    def test_splits_of_classes(self, tmp_path: Path, wrapper: str, train: str, test: str) -> None:
        files = [
            f"{wrapper}{split}/{label}/{label}.jpeg"
            for split in (train, test, "val")
            for label in ("NORMAL", "PNEUMONIA")
        ]
        dataset = run(scan(touched(tmp_path, *files)))
        assert dataset.counts() == {s: {"NORMAL": 1, "PNEUMONIA": 1} for s in ("train", "validation", "test")}
        assert dataset.classes == ("NORMAL", "PNEUMONIA")
        assert not dataset.guessed
        assert dataset.problems == ()

    def test_classes_of_splits(self, tmp_path: Path) -> None:
        files = [f"{label}/{split}/a.png" for split in ("train", "test") for label in ("sick", "healthy")]
        dataset = run(scan(touched(tmp_path, *files)))
        assert dataset.counts() == {"train": {"healthy": 1, "sick": 1}, "test": {"healthy": 1, "sick": 1}}

    def test_folders_below_classes(self, tmp_path: Path) -> None:
        files = ["train/NORMAL/a/1.png", "train/PNEUMONIA/bacteria/2.png", "train/PNEUMONIA/virus/deep/3.png"]
        assert names(run(scan(touched(tmp_path, *files)))) == {
            ("1.png", "train", "NORMAL"),
            ("2.png", "train", "PNEUMONIA"),
            ("3.png", "train", "PNEUMONIA"),
        }

    def test_one_spelling_of_a_class(self, tmp_path: Path) -> None:
        files = ["train/NORMAL/a.png", "train/Pneumonia/b.png", "test/Normal/c.png", "test/PNEUMONIA/d.png"]
        dataset = run(scan(touched(tmp_path, *files)))
        assert {record.label for record in dataset.records} == set(dataset.classes)

    def test_classes_only_get_a_test_split_by_patient(self, tmp_path: Path) -> None:
        files = numbered("NORMAL/IM-{:04}-0001.jpeg", range(50))
        files += [f"PNEUMONIA/person{n}_virus_{k}.jpeg" for n in range(50) for k in range(2)]
        dataset = run(scan(touched(tmp_path, *files)))
        assert dataset.counts() == {
            "train": {"NORMAL": 40, "PNEUMONIA": 80},
            "test": {"NORMAL": 10, "PNEUMONIA": 20},
        }
        train, test = ({record.patient for record in dataset.of(split)} for split in ("train", "test"))
        assert not train & test

    def test_a_few_images_of_classes_are_test(self, tmp_path: Path) -> None:
        dataset = run(scan(touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png")))
        assert set(dataset.counts()) == {"test"}

    def test_one_split_opened_by_itself(self, tmp_path: Path) -> None:
        touched(tmp_path, *[f"train/{label}/{n}.png" for label in ("NORMAL", "PNEUMONIA") for n in range(30)])
        assert set(run(scan(tmp_path / "train")).counts()) == {"train"}

    @pytest.mark.parametrize("folder", ["", "images/"])
    def test_flat_and_unlabelled(self, tmp_path: Path, folder: str) -> None:
        dataset = run(scan(touched(tmp_path, f"{folder}a.png", f"{folder}b.jpg", f"{folder}notes.doc")))
        assert names(dataset) == {("a.png", "test", None), ("b.jpg", "test", None)}
        assert dataset.counts() == {"test": {"unknown": 2}}

    def test_folders_of_patients_are_no_classes(self, tmp_path: Path) -> None:
        dataset = run(scan(touched(tmp_path, *numbered("patient{:05}/study1/view1.jpg", range(5)))))
        assert {record.label for record in dataset.records} == {None}
        assert len({record.patient for record in dataset.records}) == 5

    def test_unlabelled_test_split(self, tmp_path: Path) -> None:
        dataset = run(scan(touched(tmp_path, "train/NORMAL/a.png", "train/PNEUMONIA/b.png", "test/c.png")))
        assert ("c.png", "test", None) in names(dataset)

    def test_images_outside_the_classes_are_problems(self, tmp_path: Path) -> None:
        dataset = run(scan(touched(tmp_path, "train/NORMAL/a.png", "train/PNEUMONIA/b.png", "logo.png")))
        assert len(dataset.records) == 2
        assert "outside" in dataset.problems[0].what

    def test_a_list_of_files(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "sub/person3_virus_1.png")
        dataset = run(scan([tmp_path / "a.png", tmp_path / "sub" / "person3_virus_1.png"]))
        assert names(dataset) == {("a.png", "test", None), ("person3_virus_1.png", "test", None)}
        assert dataset.root == tmp_path
        assert dataset.records[1].patient == "person3"

    def test_a_list_without_files(self) -> None:
        with pytest.raises(DatasetError, match="There are no files in the list"):
            run(scan([]))

    def test_dicom_without_a_suffix(self, tmp_path: Path) -> None:
        touched(tmp_path, "README", "1.2.840.7")
        (tmp_path / "IM000001").write_bytes(bytes(128) + b"DICM")
        assert {Path(record.path).name for record in run(scan(tmp_path)).records} == {"IM000001"}


class TestNotTwice:
    FILES = (
        "{}train/NORMAL/a.png",
        "{}train/PNEUMONIA/b.png",
        "{}test/NORMAL/c.png",
        "{}test/PNEUMONIA/d.png",
    )

    def test_the_archive_of_kaggle(self, tmp_path: Path) -> None:
        """chest_xray holds itself once more, and what macOS left in the archive."""
        own = [file.format("chest_xray/") for file in self.FILES]
        nested = [file.format("chest_xray/chest_xray/") for file in self.FILES]
        left = [file.format("chest_xray/__MACOSX/chest_xray/") for file in self.FILES]
        hidden = ["chest_xray/train/NORMAL/._a.png", "chest_xray/.git/x.png", "chest_xray/train/.DS_Store"]
        dataset = run(scan(touched(tmp_path, *own, *nested, *left, *hidden)))
        assert len(dataset.records) == 4
        assert all("chest_xray/chest_xray" not in record.path for record in dataset.records)
        assert [problem.what for problem in dataset.problems] == [
            "repeats 4 images of the folder around it; they count once."
        ]

    def test_a_nested_file_of_another_size_stays(self, tmp_path: Path) -> None:
        touched(
            tmp_path,
            *[file.format("") for file in self.FILES],
            *[file.format("more/") for file in self.FILES],
        )
        (tmp_path / "more/train/NORMAL/a.png").write_bytes(b"another")
        assert len(run(scan(tmp_path)).records) == 5

    def test_datasets_side_by_side_stay(self, tmp_path: Path) -> None:
        touched(tmp_path, *[file.format(f"{place}/") for file in self.FILES for place in ("berlin", "paris")])
        assert len(run(scan(tmp_path)).records) == 8

    @POSIX
    def test_links(self, tmp_path: Path) -> None:
        data = touched(tmp_path / "data", *[file.format("") for file in self.FILES])
        (data / "train" / "NORMAL" / "up").symlink_to(data)
        (data / "train" / "NORMAL" / "x.png").symlink_to(data / "train" / "NORMAL" / "x.png")
        (data / "train" / "NORMAL" / "y.png").symlink_to(data / "gone.png")
        (tmp_path / "elsewhere").symlink_to(data)
        dataset = run(scan(tmp_path / "elsewhere"))
        assert len(dataset.records) == 4
        assert {Path(problem.path).name for problem in dataset.problems} == {"x.png", "y.png"}

    @POSIX
    def test_no_regular_file(self, tmp_path: Path) -> None:
        data = touched(tmp_path, *[file.format("") for file in self.FILES])
        os.mkfifo(data / "train" / "NORMAL" / "pipe.png")
        (data / "train" / "NORMAL" / "folder.png").mkdir()
        dataset = run(scan(data))
        assert len(dataset.records) == 4
        assert [problem.what for problem in dataset.problems] == ["is not a regular file."]


class TestErrors:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="does not exist") as caught:
            run(scan(tmp_path / "gone"))
        assert caught.value.where == str(tmp_path / "gone")
        assert caught.value.hint

    @pytest.mark.parametrize("files", [(), ("notes.txt", "data.bin")])
    def test_empty(self, tmp_path: Path, files: tuple[str, ...]) -> None:
        with pytest.raises(DatasetError, match="no images"):
            run(scan(touched(tmp_path, *files)))

    @pytest.mark.parametrize(
        "files", [("NORMAL/a.png",), ("train/flu/a.png", "test/flu/b.png"), ("train/NORMAL/a.png",)]
    )
    def test_one_class(self, tmp_path: Path, files: tuple[str, ...]) -> None:
        with pytest.raises(DatasetError, match="only one class, (NORMAL|flu)"):
            run(scan(touched(tmp_path, *files)))

    def test_three_classes_are_named(self, tmp_path: Path) -> None:
        touched(tmp_path, "train/NORMAL/a.png", "train/COVID/b.png", "train/PNEUMONIA/c.png")
        with pytest.raises(DatasetError, match="3 classes: COVID, NORMAL, PNEUMONIA"):
            run(scan(tmp_path))

    def test_two_of_three_can_be_chosen(self, tmp_path: Path) -> None:
        touched(tmp_path, "train/NORMAL/a.png", "train/COVID/b.png", "train/PNEUMONIA/c.png")
        dataset = run(scan(tmp_path, classes=("normal", "covid")))
        assert dataset.classes == ("NORMAL", "COVID")
        assert len(dataset.records) == 2
        assert "PNEUMONIA" in dataset.problems[0].what

    def test_no_such_class(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="no class 'flu'"):
            run(scan(touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png"), positive="flu"))

    def test_not_a_pattern(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="no regular expression"):
            run(scan(touched(tmp_path, "a.png"), patient_pattern="("))


class TestPositiveClass:
    @pytest.mark.parametrize(
        ("first", "second", "positive", "guessed"),
        [
            ("NORMAL", "PNEUMONIA", "PNEUMONIA", False),
            ("Abnormal", "Normal", "Abnormal", False),
            ("0", "1", "1", False),
            ("COVID", "healthy", "COVID", False),
            ("pneumonia", "zebra", "pneumonia", False),
            ("No Effusion", "Effusion", "Effusion", False),
            ("cats", "dogs", "dogs", True),
        ],
    )
    def test_recognised(self, tmp_path: Path, first: str, second: str, positive: str, guessed: bool) -> None:
        dataset = run(scan(touched(tmp_path, f"train/{first}/a.png", f"train/{second}/b.png")))
        assert dataset.classes[1] == positive
        assert dataset.guessed == guessed
        assert [record.label for record in dataset.of("train", positive)] == [positive]

    def test_set(self, tmp_path: Path) -> None:
        dataset = run(scan(touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png"), positive="Normal"))
        assert dataset.classes == ("PNEUMONIA", "NORMAL")


class TestAgain:
    def test_what_changed_is_found(self, tmp_path: Path) -> None:
        touched(tmp_path, "train/NORMAL/a.png", "train/PNEUMONIA/b.png")
        _age(tmp_path)
        first = run(scan(tmp_path))
        touched(tmp_path, "train/NORMAL/c.png")
        second = run(scan(tmp_path, previous=first))
        assert len(second.records) == 3
        unchanged = ("train", "PNEUMONIA")
        assert second.listings[unchanged] is first.listings[unchanged]
        assert run(scan(tmp_path)).records == second.records

    def test_a_fresh_folder_is_not_trusted(self, tmp_path: Path) -> None:
        """Two changes within the clock's resolution leave the same time."""
        touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png")
        assert run(scan(tmp_path)).listings["NORMAL",].modified is None


def _age(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        os.utime(folder, (1e9, 1e9))


class TestFingerprint:
    def test_moves_with_the_data(self, tmp_path: Path) -> None:
        for place in ("here", "there"):
            touched(tmp_path / place, "NORMAL/a.png", "PNEUMONIA/b.png")
        here, there = (run(scan(tmp_path / place)) for place in ("here", "there"))
        assert here.fingerprint() == there.fingerprint()

    @pytest.mark.parametrize(
        "change",
        [
            lambda root: (root / "NORMAL" / "a.png").write_bytes(b"longer"),
            lambda root: (root / "NORMAL" / "a.png").rename(root / "NORMAL" / "c.png"),
            lambda root: touched(root, "NORMAL/d.png"),
        ],
    )
    def test_changes_with_it(self, tmp_path: Path, change: Callable[[Path], object]) -> None:
        touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png")
        before = run(scan(tmp_path)).fingerprint()
        change(tmp_path)
        assert run(scan(tmp_path)).fingerprint() != before


def test_scanning_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of it: folders that were not reached are not listed."""
    touched(tmp_path, *numbered("NORMAL/{}/a.png", range(20)), "PNEUMONIA/b.png")
    listed: list[str] = []
    real = folders._list
    monkeypatch.setattr(folders, "_list", lambda path, known: listed.append(path) or real(path, known))
    monkeypatch.setattr(dataset_module, "Pace", lambda: lambda: True)
    work = scan(tmp_path)
    seen = [next(work) for _ in range(6)]
    assert {event.stage for event in seen} == {"Indexing"}
    assert [event.done for event in seen] == sorted(event.done for event in seen)
    work.close()
    assert 0 < len(listed) < 10


def test_scanning_needs_neither_torch_nor_a_decoder_of_dicom() -> None:
    script = """
import sys
import cxr_gui.core.data.auditing, cxr_gui.core.data.dataset, cxr_gui.core.data.store
assert not {"torch", "pydicom"} & set(sys.modules)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
