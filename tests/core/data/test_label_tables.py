"""Tables beside the images: what NIH's, RSNA's, CheXpert's and a person's own say, and what is no table."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.progress import run
from cxr_gui.core.data.auditing import audit
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.reading import ClassesError
from cxr_gui.core.data.records import UNUSED
from tests.support.films import film, touched
from tests.support.made_data import labels_of, names, numbered, write_lines

CELLS = (
    "",
    " ",
    "file",
    "label",
    "a",
    "a.png",
    "B.PNG",
    "c.png",
    "normal",
    "tb",
    "NORMAL",
    "1",
    "0",
    "x",
    "sep=",
    "['tb']",
)


class TestTables:
    def test_nih(self, tmp_path: Path) -> None:
        touched(tmp_path, *numbered("images/{:08}_000.png", range(1, 5)))
        write_lines(
            tmp_path / "Data_Entry_2017.csv",
            "Image Index,Finding Labels,Follow-up #,Patient ID",
            "00000001_000.png,Cardiomegaly|Pneumonia,0,1",
            "00000002_000.png,No Finding,0,2",
            "00000003_000.png,Hernia,0,3",
            "00000004_000.png,Pneumonia,0,4",
            "00000005_000.png,No Finding,0,5",
        )
        write_lines(tmp_path / "test_list.txt", "00000003_000.png", "00000004_000.png")
        write_lines(tmp_path / "train_val_list.txt", "00000001_000.png", "00000002_000.png")
        dataset = run(scan(tmp_path))
        assert names(dataset) == {
            ("00000001_000.png", "train", "Pneumonia"),
            ("00000002_000.png", "train", "No Pneumonia"),
            ("00000003_000.png", "test", "No Pneumonia"),
            ("00000004_000.png", "test", "Pneumonia"),
        }
        assert dataset.classes == ("No Pneumonia", "Pneumonia")
        assert {record.patient for record in dataset.records} == {"1", "2", "3", "4"}
        assert "names 1 file that the folder does not have" in dataset.problems[0].what
        assert run(scan(tmp_path, positive="hernia")).classes == ("No Hernia", "Hernia")

    def test_rsna(self, tmp_path: Path) -> None:
        touched(tmp_path, "stage_2_train_images/aaa.dcm", "stage_2_train_images/bbb.dcm")
        write_lines(
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
            write_lines(tmp_path / f"{split}.csv", head, *lines)
        dataset = run(scan(tmp_path))
        assert dataset.counts() == {
            "train": {"No Pneumonia": 1, "Pneumonia": 1, "unknown": 1},
            "validation": {"No Pneumonia": 1, "Pneumonia": 1},
        }
        assert dataset.records[0].patient == "patient00000"

    def test_plain(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png", "c.png")
        write_lines(
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
        write_lines(tmp_path / "labels.csv", "file,label", "a.png,x", "b.png,y")
        assert run(scan(tmp_path)).classes == ("NORMAL", "PNEUMONIA")

    def test_several_classes_and_no_positive_one(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png", "c.png")
        write_lines(tmp_path / "labels.csv", "file,label", "a.png,x", "b.png,y", "c.png,z")
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
        write_lines(touched(tmp_path, "a.png") / "labels.csv", "file,label", "x.png,0", "y.png,1")
        with pytest.raises(DatasetError, match="none of the images"):
            run(scan(tmp_path / "labels.csv"))


class TestRecognition:
    """Two films, a.png normal and b.png with tuberculosis, in tables of other people's."""

    @pytest.mark.parametrize(
        "lines",
        [
            ["X_ray_image_name,Label", "a.png,Normal", "b.png,tb"],
            ["ImageID,Labels", "a.png,['normal']", "b.png,\"['tb', 'mass']\"", "c.png,['mass']"],
            ["img,category", "a.png,Normal", "b.png,tb"],
            ["a.png,Normal", "b.png,tb"],
            ["a,x", "b,y"],
            ["gone.png,tb", "a.png,Normal", "b.png,tb"],
            ['file,"label; as read; twice"', "a.png,Normal", "b.png,tb"],
            ["file,label;of two", "a.png,Normal", "b.png,tb"],
            ["file;label, of two;remark, if any", "a.png;Normal;", "b.png;tb;"],
            ["file\tlabel", "a.png\tNormal", "b.png\ttb"],
            ["sep=;", "file;label", "a.png;Normal", "b.png;tb"],
            ["path,id,split,finding", "s3://x/1,a,train,Normal", "s3://x/2,b,test,tb"],
            ["number,what,Klasse,Alter", "1,a.png,Normal,40", "2,b.png,tb,50"],
            ["Image-Name ,Class Name", "./a.png,Normal", ".\\b.png,tb"],
        ],
        ids=lambda lines: lines[0],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
    def test_what_can_be_read_is_read(self, tmp_path: Path, lines: list[str], encoding: str) -> None:
        touched(tmp_path, "a.png", "b.png")
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        (tmp_path / "table.csv").write_text(mark + "\n".join(lines), encoding=encoding)
        for path in (tmp_path, tmp_path / "table.csv"):
            dataset = run(scan(path, positive="y" if lines[0] == "a,x" else "tb"))
            assert labels_of(dataset) == dict(zip(("a.png", "b.png"), dataset.classes, strict=True))

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"", "has no two columns. A table of labels has"),
            (b"a.png\nb.png\n", "has no two columns. A table of labels has"),
            (b"word,label\nx.png,tb\n", "names none of the images beside it. A table of labels has"),
            (b"file,remark\na.png,x\nb.png,y\n", "no column that is known as one of labels: file, remark"),
            (
                b"file,one,two\na.png,tb,tb\nb.png,normal,tb\n",
                "Call just one of the columns 2 and 3 'label'.",
            ),
            (b"file,label,Label\na.png,tb,normal\n", "Call just one of the columns 2 and 3 'label'."),
            (b"file,label\na.png,\xff\xff\n", "cannot be read as a table"),
            (b"\xff\xfe\x00binary", "cannot be read as a table"),
        ],
    )
    def test_what_cannot_is_named_with_what_was_expected(
        self, tmp_path: Path, content: bytes, what: str
    ) -> None:
        for number, name in enumerate(("a.png", "b.png")):
            film(tmp_path / name, number)
        (tmp_path / "table.csv").write_bytes(content)
        dataset = run(scan(tmp_path))
        assert labels_of(dataset) == {"a.png": None, "b.png": None}
        (problem,) = dataset.problems
        assert (problem.check, problem.path) == (UNUSED, str(tmp_path / "table.csv"))
        assert what in problem.what
        finding = run(audit(dataset)).finding(UNUSED)
        assert (finding.passed, finding.paths) == (False, (problem.path,))
        with pytest.raises(DatasetError, match=r"not a table|cannot be read"):
            run(scan(tmp_path / "table.csv"))

    @given(
        cells=st.lists(st.lists(st.sampled_from(CELLS), max_size=4), max_size=5),
        between=st.sampled_from([",", ";", "\t", '"']),
        encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "latin-1"]),
    )
    def test_whatever_stands_in_a_table(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        cells: list[list[str]],
        between: str,
        encoding: str,
    ) -> None:
        """It labels the files or it is said why not; opened by itself, it may be refused."""
        root = touched(tmp_path_factory.getbasetemp() / "whatever", "a.png", "b.png")
        text = "\n".join(between.join(row) for row in cells)
        (root / "table.csv").write_bytes(text.encode(encoding, errors="replace"))
        with contextlib.suppress(ClassesError):  # of one class only
            dataset = run(scan(root))
            assert all(labels_of(dataset).values()) or dataset.problems
        with contextlib.suppress(DatasetError):
            run(scan(root / "table.csv"))

    def test_a_table_of_facts_beside_one_of_labels_needs_no_word(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png")
        write_lines(tmp_path / "people.csv", "file,owner", "a.png,Ann", "b.png,Bob")
        write_lines(tmp_path / "labels.csv", "file,label", "a.png,normal", "b.png,tb")
        dataset = run(scan(tmp_path))
        assert (dataset.problems, dataset.classes) == ((), ("normal", "tb"))
