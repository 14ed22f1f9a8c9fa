"""Tables beside the images: what NIH's, RSNA's, CheXpert's and a person's own say, and what is no table."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_data import names, numbered, touched

from cxr_gui.core.dataset import scan
from cxr_gui.core.errors import DatasetError
from cxr_gui.core.progress import run


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
