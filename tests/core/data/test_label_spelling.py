"""A class is one however it is spelled, in folders and tables, in every process; what was merged is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.progress import run
from cxr_gui.core.base.spelling import Spellings, folded
from cxr_gui.core.data.auditing import audit
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.records import SPELLING
from tests.support.films import film, touched
from tests.support.made_data import labels_of, numbered, write_lines

DECOMPOSED = normalize("NFD", "Saudável")
ROWS = {
    "a.png": ("NORMAL", "NORMAL"),
    "b.png": ("PNEUMONIA", "PNEUMONIA"),
    "c.png": ("Pneumonia", "PNEUMONIA"),
    "d.png": ("pneumonia", "PNEUMONIA"),
    "e.png": (" normal ", "NORMAL"),
    "f.png": ("PNEUMONIA\u00a0", "PNEUMONIA"),
}


def table_of(root: Path) -> Path:
    touched(root, *ROWS)
    write_lines(
        root / "labels.csv", "file,label", *(f"{file},{written}" for file, (written, _) in ROWS.items())
    )
    return root


@given(st.text(max_size=8))
def test_folding(name: str) -> None:
    once = folded(name)
    assert folded(once) == once
    for other in (f" {name}\t", normalize("NFC", name), normalize("NFD", name), name.casefold()):
        assert folded(other) == once


@given(st.lists(st.sampled_from(["Ab", "AB", " ab", "a b", "a  B", "á", "a\u0301"]), min_size=1))
def test_spellings_do_not_depend_on_their_order(names: list[str]) -> None:
    one, other = Spellings(names), Spellings(reversed(names))
    assert [(key, one.shown(key)) for key in one] == [(key, other.shown(key)) for key in other]
    assert one.merged() == other.merged()
    assert len(one.merged()) == sum(len({n for n in names if folded(n) == key}) > 1 for key in one)


def test_a_table_in_many_spellings(tmp_path: Path) -> None:
    dataset = run(scan(table_of(tmp_path)))
    assert dataset.classes == ("NORMAL", "PNEUMONIA")
    assert labels_of(dataset) == {file: label for file, (_, label) in ROWS.items()}
    said = [problem.what for problem in dataset.problems if problem.check == SPELLING]
    assert len(said) == 2
    assert "NORMAL in 2 ways, read as one: ' normal ', 'NORMAL'." in said[0]
    assert all(f"'{written}'" in said[1] for written, label in ROWS.values() if label == "PNEUMONIA")


@pytest.mark.parametrize(
    ("train", "test", "shown"),
    [
        ("NORMAL", "NORMAL ", "NORMAL"),
        ("NORMAL ", "Normal", "NORMAL"),
        (DECOMPOSED, normalize("NFC", DECOMPOSED), normalize("NFC", DECOMPOSED)),
    ],
)
def test_folders_in_two_spellings(tmp_path: Path, train: str, test: str, shown: str) -> None:
    files = [f"train/{train}/a.png", f"test/{test}/b.png", "train/Z/c.png", "test/Z/d.png"]
    dataset = run(scan(touched(tmp_path, *files), positive="z"))
    assert dataset.classes == (shown, "Z")
    assert set(labels_of(dataset).items()) == {
        ("a.png", shown),
        ("b.png", shown),
        ("c.png", "Z"),
        ("d.png", "Z"),
    }
    (problem,) = dataset.problems
    assert (problem.check, problem.path) == (SPELLING, str(tmp_path))


def test_one_spelling_with_a_space_needs_no_word(tmp_path: Path) -> None:
    dataset = run(scan(touched(tmp_path, "train/NORMAL /a.png", "Train /PNEUMONIA/b.png")))
    assert (dataset.classes, dataset.problems) == (("NORMAL", "PNEUMONIA"), ())
    assert dataset.counts() == {"train": {"NORMAL": 1, "PNEUMONIA": 1}}


def test_what_somebody_says_may_be_spelled_otherwise(tmp_path: Path) -> None:
    touched(tmp_path, f"{DECOMPOSED}/a.png", "Doente/b.png", "other/c.png")
    assert run(scan(tmp_path, classes=("SAUDÁVEL", "doente "))).classes == (
        normalize("NFC", DECOMPOSED),
        "Doente",
    )


@pytest.mark.parametrize("yes", ["TRUE", "Yes", "1.0"])
def test_a_yes_is_a_yes(tmp_path: Path, yes: str) -> None:
    touched(tmp_path, "a.png", "b.png", "c.png")
    write_lines(tmp_path / "labels.csv", "file,label", f"a.png,{yes}", "b.png,no", "c.png,1")
    assert labels_of(run(scan(tmp_path))) == {"a.png": "Positive", "b.png": "Negative", "c.png": "Positive"}


def test_the_scan_is_the_same_under_every_hash_seed(tmp_path: Path) -> None:
    """Of everything whose order a set could decide: spellings, findings, several tables, contradictions."""
    table_of(tmp_path / "spellings")
    findings = touched(tmp_path / "findings", *numbered("{}.png", range(6)))
    rows = ["0.png,Mass|Pneumonia", "1.png,mass|Hernia", "2.png,PNEUMONIA|No finding", "3.png,no Finding"]
    write_lines(findings / "a.csv", "file,label", *rows, "4.png,Hernia", "4.png,pneumonia")
    write_lines(findings / "b.csv", "image,label", *rows, "5.png,x")
    folders = touched(tmp_path / "folders", "Cat/a.png", "CAT/b.png", "cat /c.png", "dog/d.png", "Dog/e.png")
    script = """
import sys
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.base.progress import run
for folder in sys.argv[1:]:
    dataset = run(scan(folder))
    print(ascii((dataset.records, dataset.classes, dataset.problems, dataset.choices, dataset.fingerprint())))
"""
    answers = set()
    for seed in ("0", "1", "2", "3"):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", script, tmp_path / "spellings", findings, folders]
        answers.add(subprocess.run(command, check=True, env=environment, capture_output=True).stdout)
    assert len(answers) == 1
    assert b"PNEUMONIA" in answers.pop()


def test_the_audit_says_what_was_merged(tmp_path: Path) -> None:
    for number, label in enumerate(("NORMAL", "Normal", "PNEUMONIA")):
        film(tmp_path / label / f"{number}.png", number)
    result = run(audit(run(scan(tmp_path))))
    finding = result.finding(SPELLING)
    assert not finding.passed
    assert "'NORMAL', 'Normal'" in finding.summary
    assert result.finding("Left out").passed, "nothing was"
    (tmp_path / "Normal").rename(tmp_path / "NORMAL" / "more")
    assert run(audit(run(scan(tmp_path)))).finding(SPELLING).passed
