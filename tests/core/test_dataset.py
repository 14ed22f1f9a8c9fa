"""What a folder means is read from its names: splits, classes, patients; nothing is counted twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from cxr_gui.core import dataset as dataset_module
from cxr_gui.core.data import folders
from cxr_gui.core.data.patients import patient_of
from cxr_gui.core.dataset import Dataset, Record, carve_validation, scan
from cxr_gui.core.errors import DatasetError, SettingsError
from cxr_gui.core.progress import run

POSIX = pytest.mark.skipif(os.name != "posix", reason="links need no permission on POSIX systems only")


def touched(root: Path, *files: str) -> Path:
    """Make (empty) files: scanning opens none of them."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"")
    return root


def names(dataset: Dataset) -> set[tuple[str, str, str | None]]:
    return {(Path(record.path).name, record.split, record.label) for record in dataset.records}


def numbered(pattern: str, numbers: Iterable[int]) -> list[str]:
    return [pattern.format(number) for number in numbers]


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
        assert {dataset.target(record) for record in dataset.of("train", positive)} == {1}

    def test_set(self, tmp_path: Path) -> None:
        dataset = run(scan(touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png"), positive="Normal"))
        assert dataset.classes == ("PNEUMONIA", "NORMAL")


class TestTables:
    @staticmethod
    def _write(path: Path, *lines: str) -> None:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def test_nih(self, tmp_path: Path) -> None:
        touched(tmp_path, *numbered("images/{:08}_000.png", range(1, 5)))
        self._write(
            tmp_path / "Data_Entry_2017.csv",
            "Image Index,Finding Labels,Follow-up #,Patient ID",
            "00000001_000.png,Cardiomegaly|Pneumonia,0,1",
            "00000002_000.png,No Finding,0,2",
            "00000003_000.png,Hernia,0,3",
            "00000004_000.png,Pneumonia,0,4",
            "00000005_000.png,No Finding,0,5",
        )
        self._write(tmp_path / "test_list.txt", "00000003_000.png", "00000004_000.png")
        self._write(tmp_path / "train_val_list.txt", "00000001_000.png", "00000002_000.png")
        dataset = run(scan(tmp_path))
        assert names(dataset) == {
            ("00000001_000.png", "train", "Pneumonia"),
            ("00000002_000.png", "train", "No Pneumonia"),
            ("00000003_000.png", "test", "No Pneumonia"),
            ("00000004_000.png", "test", "Pneumonia"),
        }
        assert dataset.classes == ("No Pneumonia", "Pneumonia")
        assert {record.patient for record in dataset.records} == {"1", "2", "3", "4"}
        assert "1 files that are not" in dataset.problems[0].what
        assert run(scan(tmp_path, positive="hernia")).classes == ("No Hernia", "Hernia")

    def test_rsna(self, tmp_path: Path) -> None:
        touched(tmp_path, "stage_2_train_images/aaa.dcm", "stage_2_train_images/bbb.dcm")
        self._write(
            tmp_path / "stage_2_train_labels.csv",
            "patientId,x,y,width,height,Target",
            "aaa,,,,,0",
            "bbb,1,2,3,4,1",
            "bbb,5,6,7,8,1",
        )
        dataset = run(scan(tmp_path / "stage_2_train_labels.csv"))
        assert {(record.patient, record.label) for record in dataset.records} == {
            ("aaa", "No Pneumonia"),
            ("bbb", "Pneumonia"),
        }
        assert dataset.classes == ("No Pneumonia", "Pneumonia")

    def test_chexpert(self, tmp_path: Path) -> None:
        head = "Path,Sex,Age,No Finding,Edema,Pneumonia"
        rows = {"train": ["1.0", "", "-1.0"], "valid": ["0.0", "1.0"]}
        for split, values in rows.items():
            lines = []
            for number, value in enumerate(values):
                file = f"{split}/patient{split}{number:05}/study1/view1_frontal.jpg".replace(
                    f"patient{split}", "patient"
                )
                touched(tmp_path, file)
                lines.append(f"CheXpert-v1.0-small/{file},F,50,,,{value}")
            self._write(tmp_path / f"{split}.csv", head, *lines)
        dataset = run(scan(tmp_path))
        assert dataset.counts() == {
            "train": {"No Pneumonia": 1, "Pneumonia": 1, "unknown": 1},
            "validation": {"No Pneumonia": 1, "Pneumonia": 1},
        }
        assert dataset.records[0].patient == "patient00000"

    def test_plain(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png", "c.png")
        self._write(
            tmp_path / "labels.csv",
            "file;diagnosis;split;patient",
            "a.png;normal;train;p1",
            "B.PNG;tb;test;p2",
            "c;tb;val;p2",
        )
        dataset = run(scan(tmp_path))
        assert [(r.split, r.label, r.patient) for r in dataset.records] == [
            ("train", "normal", "p1"),
            ("test", "tb", "p2"),
            ("validation", "tb", "p2"),
        ]
        assert dataset.classes == ("normal", "tb")

    def test_labels_in_folders_win(self, tmp_path: Path) -> None:
        touched(tmp_path, "train/NORMAL/a.png", "train/PNEUMONIA/b.png")
        self._write(tmp_path / "labels.csv", "file,label", "a.png,x", "b.png,y")
        assert run(scan(tmp_path)).classes == ("NORMAL", "PNEUMONIA")

    def test_several_classes_and_no_positive_one(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png", "c.png")
        self._write(tmp_path / "labels.csv", "file,label", "a.png,x", "b.png,y", "c.png,z")
        with pytest.raises(DatasetError, match="3 classes: x, y, z"):
            run(scan(tmp_path / "labels.csv"))
        assert run(scan(tmp_path / "labels.csv", positive="y")).classes == ("No y", "y")
        assert "3 classes" in run(scan(tmp_path)).problems[0].what

    @pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00binary"])
    def test_not_a_table(self, tmp_path: Path, content: bytes) -> None:
        path = touched(tmp_path, "a.png") / "labels.csv"
        path.write_bytes(content)
        with pytest.raises(DatasetError, match="not a table"):
            run(scan(path))

    def test_a_table_of_other_files(self, tmp_path: Path) -> None:
        self._write(touched(tmp_path, "a.png") / "labels.csv", "file,label", "x.png,0", "y.png,1")
        with pytest.raises(DatasetError, match="none of the images"):
            run(scan(tmp_path / "labels.csv"))


class TestPatients:
    @pytest.mark.parametrize(
        ("name", "patient"),
        [
            ("person1946_bacteria_4874.jpeg", "person1946"),
            ("person447_virus_921_1.jpeg", "person447"),
            ("NORMAL2-IM-0381-0001.jpeg", "NORMAL2-IM-0381"),
            ("IM-0023-0001-0002.jpeg", "IM-0023"),
            ("00000013_005.png", "00000013"),
            ("holiday.jpeg", None),
        ],
    )
    def test_names(self, name: str, patient: str | None) -> None:
        assert patient_of(name) == patient

    def test_a_pattern(self, tmp_path: Path) -> None:
        touched(tmp_path, "NORMAL/p1-a.png", "PNEUMONIA/p2-b.png", "PNEUMONIA/odd.png")
        dataset = run(scan(tmp_path, patient_pattern=r"(p\d)-"))
        assert sorted(str(record.patient) for record in dataset.records) == ["None", "p1", "p2"]


class TestCarving:
    @staticmethod
    def _dataset(own_validation: int = 0) -> Dataset:
        records = [Record(f"n{n}", "train", "N", f"IM-{n}") for n in range(200)]
        records += [Record(f"p{n}", "train", "P", f"person{n // 3}") for n in range(600)]
        records += [Record(f"t{n}", "test", "NP"[n % 2], f"person{n}") for n in range(50)]
        records += [Record(f"v{n}", "validation", "NP"[n % 2], None) for n in range(own_validation)]
        return Dataset(Path("root"), tuple(records), ("N", "P"))

    def test_patients_stay_whole_and_classes_keep_their_shares(self) -> None:
        dataset = carve_validation(self._dataset(), seed=0)
        counts = dataset.counts()
        assert counts["validation"]["N"] == pytest.approx(30, abs=1)
        assert counts["validation"]["P"] == pytest.approx(90, abs=3)
        train, validation = ({record.patient for record in dataset.of(s)} for s in ("train", "validation"))
        assert not train & validation
        assert dataset.of("test") == self._dataset().of("test")

    def test_the_seed_decides(self) -> None:
        first, again, other = (carve_validation(self._dataset(), seed=seed).records for seed in (0, 0, 1))
        assert first == again
        assert first != other

    def test_a_large_validation_stays(self) -> None:
        dataset = self._dataset(own_validation=100)
        assert carve_validation(dataset, seed=0) is dataset

    def test_a_small_validation_joins_train_first(self) -> None:
        """Kaggle's has 16 images."""
        dataset = carve_validation(self._dataset(own_validation=16), seed=0)
        assert sum(dataset.counts()["validation"].values()) > 100

    def test_too_few_to_divide(self) -> None:
        records = (Record("a", "train", "N", "1"), Record("b", "train", "P", "2"))
        dataset = Dataset(Path("root"), records, ("N", "P"))
        assert carve_validation(dataset, seed=0) is dataset


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
import cxr_gui.core.audit, cxr_gui.core.dataset, cxr_gui.core.store
assert not {"torch", "pydicom"} & set(sys.modules)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)


def test_real_data(real_data: Path) -> None:
    dataset = run(scan(real_data))
    assert dataset.counts() == {
        "train": {"NORMAL": 1341, "PNEUMONIA": 3875},
        "test": {"NORMAL": 234, "PNEUMONIA": 390},
    }
    assert dataset.problems == ()
    carved = carve_validation(dataset, seed=0)
    assert carved.of("test") == dataset.of("test")
    train, validation = ({record.patient for record in carved.of(s)} for s in ("train", "validation"))
    assert not train & validation
