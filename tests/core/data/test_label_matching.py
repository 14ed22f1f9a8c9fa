"""A row of a table is about the file that it names exactly, else the one it can mean; the rest is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.progress import run
from cxr_gui.core.data.auditing import audit
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.matching import match, stem
from cxr_gui.core.data.records import NO_FILE, NO_ROW
from tests.support.films import film, touched
from tests.support.made_data import labels_of, write_lines


@dataclass(frozen=True)
class Row:
    file: str


def matched(rows: list[str], files: list[str]) -> tuple[dict[str, list[str]], set[str]]:
    found, left = match(map(Row, rows), files)
    return {file: [row.file for row in its] for file, its in found.items()}, set(left)


paths = st.lists(st.sampled_from(["a", "A", "b", "v1"]), max_size=3).flatmap(
    lambda folders: st.sampled_from(["x.png", "X.png", "x.jpeg", "x.dcm", "x", "y.png"]).map(
        lambda name: "/".join((*folders, name))
    )
)


@given(st.lists(paths, unique=True), st.randoms(use_true_random=False))
def test_every_path_names_its_own_file(files: list[str], random: object) -> None:
    rows = list(files)
    random.shuffle(rows)
    assert matched(rows, files) == ({file: [file] for file in files}, set())


@given(st.lists(paths, unique=True), st.lists(paths, unique=True))
def test_no_row_is_lost_and_none_names_a_file_of_another_name(files: list[str], rows: list[str]) -> None:
    found, left = matched(rows, files)
    assert sorted([row for its in found.values() for row in its] + list(left)) == sorted(rows)
    for file, its in found.items():
        assert {stem(row.rpartition("/")[2]) for row in its} == {stem(file.rpartition("/")[2])}
    assert matched(rows[::-1], files[::-1])[1] == left


@pytest.mark.parametrize(
    ("files", "rows", "found"),
    [
        (["x.jpeg", "x.png"], ["x.jpeg", "x.png"], {"x.jpeg": "x.jpeg", "x.png": "x.png"}),
        (["x.jpeg", "x.png"], ["x.png"], {"x.png": "x.png"}),
        (["IMG0.jpeg", "img0.jpeg"], ["img0.jpeg", "IMG0.jpeg"], {n: n for n in ("IMG0.jpeg", "img0.jpeg")}),
        (["a.dcm", "a.png"], ["a.dcm"], {"a.dcm": "a.dcm"}),
        (["a.dcm", "a.png"], ["a"], {}),
        (["a.dcm"], ["A.PNG"], {"a.dcm": "A.PNG"}),
        (["a.png", "sub/a.png"], ["a.png", "sub/a.png"], {"a.png": "a.png", "sub/a.png": "sub/a.png"}),
        (["one/a.png", "two/a.png"], ["a.png", "three/a.png"], {}),
        (["one/a.png", "two/a.png"], ["TWO/A"], {"two/a.png": "TWO/A"}),
        (["small/p1/s/v.jpg"], ["v1/p1/s/v.jpg", "v1/p2/s/v.jpg"], {"small/p1/s/v.jpg": "v1/p1/s/v.jpg"}),
        (["small/p3/s/v.jpg"], ["v1/p1/s/v.jpg", "v1/p2/s/v.jpg"], {}),
        (["here/a.png"], ["there/a.png"], {"here/a.png": "there/a.png"}),
        (["here/a.png"], ["there/a.png", "a.png"], {"here/a.png": "a.png"}),
        (["é.png"], ["e\u0301.png"], {"é.png": "e\u0301.png"}),
    ],
)
def test_which_file_a_row_names(files: list[str], rows: list[str], found: dict[str, str]) -> None:
    assert matched(rows, files) == (
        {file: [row] for file, row in found.items()},
        set(rows) - set(found.values()),
    )


def test_the_film_and_its_preview_are_labelled(tmp_path: Path) -> None:
    touched(tmp_path, "a.dcm", "a.png", "B.jpeg", "b.jpeg")
    write_lines(tmp_path / "l.csv", "file,label", "a.dcm,tb", "a.png,normal", "B.jpeg,tb", "b.jpeg,normal")
    dataset = run(scan(tmp_path))
    assert labels_of(dataset) == {"a.dcm": "tb", "a.png": "normal", "B.jpeg": "tb", "b.jpeg": "normal"}
    assert dataset.problems == ()


def test_rows_and_files_left_over_are_counted_and_listed(tmp_path: Path) -> None:
    for number, name in enumerate(("a.png", "b.png", "c.bmp", "c.png", "d.png")):
        film(tmp_path / name, number)
    rows = ["a.png,normal", "b.png,tb", "c,tb", "gone.png,tb", "far/gone.png,tb"]
    write_lines(tmp_path / "l.csv", "file,label", *rows)
    result = run(audit(run(scan(tmp_path))))
    for check, names in (
        (NO_FILE, ["c", "gone.png", "far/gone.png"]),
        (NO_ROW, ["c.bmp", "c.png", "d.png"]),
    ):
        finding = result.finding(check)
        assert not finding.passed
        assert finding.numbers == {"listed": 3}
        assert sorted(finding.paths) == sorted(str(tmp_path / name) for name in names)
        assert "3 files" in finding.summary
    document = next(f for f in result.to_json()["findings"] if f["name"] == NO_FILE)
    assert sorted(document["paths"]) == ["c", "far/gone.png", "gone.png"]
