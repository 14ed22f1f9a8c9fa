"""A file with two labels has none, and the audit lists it; so where a table contradicts a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_gui.core.base.progress import run
from cxr_gui.core.data.auditing import audit
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.findings import PROBLEM
from cxr_gui.core.data.records import CONTRADICTION, UNUSED, Dataset
from tests.support.films import film, touched
from tests.support.made_data import labels_of, write_lines


def contradicted(dataset: Dataset) -> set[str]:
    found = [problem.paths for problem in dataset.problems if problem.check == CONTRADICTION]
    return {Path(path).name for paths in found for path in paths}


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("file,label", ["a.png,NORMAL", "a.png,PNEUMONIA", "b.png,NORMAL", "c.png,PNEUMONIA"]),
        ("file,label", ["a.png,PNEUMONIA", "b.png,NORMAL", "c.png,pneumonia", "./a.png,NORMAL"]),
        ("file,label", ["a.png,NORMAL|PNEUMONIA", "b.png,NORMAL", "c.png,PNEUMONIA"]),
        ("file,label", ["a.png,1", "a.png,0", "b.png,0", "c.png,1"]),
        ("file,label", ["a.png,Pneumonia", "a.png,No Finding", "b.png,Hernia", "c.png,Mass|Pneumonia"]),
        ("Path,No Finding,Pneumonia", ["a.png,0,1", "a.png,1,0", "b.png,1,0", "c.png,0,1"]),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_file_with_two_labels(tmp_path: Path, head: str, rows: list[str], backwards: bool) -> None:
    touched(tmp_path, "a.png", "b.png", "c.png")
    write_lines(tmp_path / "labels.csv", head, *(reversed(rows) if backwards else rows))
    dataset = run(scan(tmp_path))
    negative, positive = dataset.classes
    assert labels_of(dataset) == {"a.png": None, "b.png": negative, "c.png": positive}
    assert contradicted(dataset) == {"a.png"}


@pytest.mark.parametrize("labels", [("Pneumonia", "Normal"), ("1", "0"), ("yes", "no")])
def test_words_contradict_no_classes_of_which_the_positive_one_was_guessed(
    tmp_path: Path, labels: tuple[str, str]
) -> None:
    touched(tmp_path, "alpha/a.png", "beta/b.png")
    rows = (f"{file},{label}" for file, label in zip(("a.png", "b.png"), labels, strict=True))
    write_lines(tmp_path / "labels.csv", "file,label", *rows)
    dataset = run(scan(tmp_path))
    assert dataset.guessed
    assert labels_of(dataset) == {"a.png": "alpha", "b.png": "beta"}
    assert contradicted(dataset) == set()


def test_two_findings_are_no_contradiction(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", "b.png", "c.png")
    rows = ("a.png,Pneumonia", "a.png,Hernia", "b.png,Hernia", "b.png,Mass", "c.png,Normal")
    write_lines(tmp_path / "labels.csv", "file,label", *rows)
    dataset = run(scan(tmp_path))
    assert labels_of(dataset) == {"a.png": "Pneumonia", "b.png": "No Pneumonia", "c.png": "No Pneumonia"}
    assert dataset.problems == ()


def test_of_boxes_as_in_rsna_the_largest_counts(tmp_path: Path) -> None:
    touched(tmp_path, "a.dcm", "b.dcm")
    rows = ["a,,,,,0", "a,1,2,3,4,1", "b,,,,,0"]
    write_lines(tmp_path / "labels.csv", "patientId,x,y,width,height,Target", *rows)
    dataset = run(scan(tmp_path))
    assert labels_of(dataset) == {"a.dcm": "Pneumonia", "b.dcm": "No Pneumonia"}
    assert dataset.problems == ()


def test_what_is_unknown_is_no_class(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", "b.png", "c.png", "d.png")
    write_lines(
        tmp_path / "l.csv", "file,label", "a.png,NORMAL", "b.png,PNEUMONIA", "c.png,Unknown", "d.png,"
    )
    dataset = run(scan(tmp_path))
    assert labels_of(dataset) == {"a.png": "NORMAL", "b.png": "PNEUMONIA", "c.png": None, "d.png": None}
    (problem,) = dataset.problems
    assert [Path(path).name for path in problem.paths] == ["c.png", "d.png"]


@pytest.mark.parametrize(
    ("rows", "against"),
    [
        (["a.png,normal ", "b.png,Pneumonia"], set()),
        (["a.png,PNEUMONIA", "b.png,PNEUMONIA"], {"a.png"}),
        (["a.png,NORMAL", "a.png,PNEUMONIA", "b.png,PNEUMONIA"], {"a.png"}),
        (["a.png,1", "b.png,0"], {"a.png", "b.png"}),
        (["a.png,0", "b.png,1"], set()),
        (["a.png,positive", "b.png,positive"], {"a.png"}),
        (["a.png,No Finding", "b.png,Hernia", "c.png,Pneumonia"], {"b.png"}),
        (["a.png,x", "b.png,y"], set()),
        (["a.png,x", "b.png,y", "c.png,z"], set()),
    ],
)
def test_a_table_beside_folders_of_classes(tmp_path: Path, rows: list[str], against: set[str]) -> None:
    """The folders label; who is right is for a person to find out."""
    touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png")
    write_lines(tmp_path / "labels.csv", "file,label", *rows)
    dataset = run(scan(tmp_path))
    assert labels_of(dataset) == {"a.png": "NORMAL", "b.png": "PNEUMONIA"}
    assert contradicted(dataset) == against


def test_folders_beside_a_table_that_was_opened(tmp_path: Path) -> None:
    touched(tmp_path, "NORMAL/a.png", "PNEUMONIA/b.png", "PNEUMONIA/c.png")
    write_lines(tmp_path / "labels.csv", "file,label", "a.png,PNEUMONIA", "b.png,NORMAL")
    dataset = run(scan(tmp_path / "labels.csv"))
    assert labels_of(dataset) == {"a.png": "PNEUMONIA", "b.png": "NORMAL", "c.png": None}
    assert contradicted(dataset) == {"a.png", "b.png"}


def test_a_second_table(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", "b.png", "c.png")
    write_lines(tmp_path / "one.csv", "file,label", "a.png,normal", "b.png,tb", "c.png,tb")
    write_lines(tmp_path / "two.csv", "image,diagnosis", "a.png,Normal", "b.png,normal")
    dataset = run(scan(tmp_path))
    assert labels_of(dataset) == {"a.png": "normal", "b.png": "tb", "c.png": "tb"}
    assert contradicted(dataset) == {"b.png"}
    assert [Path(p.path).name for p in dataset.problems if p.check == UNUSED] == ["two.csv"]


def test_two_patients_or_splits_of_one_file(tmp_path: Path) -> None:
    touched(tmp_path, "person1_virus_1.png", "b.png")
    rows = ["person1_virus_1.png,0,p1,train", "person1_virus_1.png,0,p2,test", "b.png,1,p3,test"]
    write_lines(tmp_path / "labels.csv", "file,label,patient,split", *rows)
    dataset = run(scan(tmp_path))
    assert {record.patient for record in dataset.records} == {"person1", "p3"}
    assert contradicted(dataset) == {"person1_virus_1.png"}


def test_the_audit_lists_them(tmp_path: Path) -> None:
    for number, name in enumerate("abc"):
        film(tmp_path / f"{name}.png", number)
    write_lines(tmp_path / "l.csv", "file,label", "a.png,normal", "a.png,tb", "b.png,normal", "c.png,tb")
    result = run(audit(run(scan(tmp_path))))
    finding = result.finding(CONTRADICTION)
    assert (finding.passed, finding.severity) == (False, PROBLEM)
    assert (finding.paths, finding.numbers) == ((str(tmp_path / "a.png"),), {"listed": 1})
    assert "l.csv gives several labels to 1 file" in result.to_text()
    assert result.counts == {"test": {"normal": 1, "tb": 1, "unknown": 1}}
