"""Tables and charts for papers: numbers are numbers, and whatever a name holds stays a name."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.spreadsheet import as_read
from cxr_gui.core.report.blocks import Table
from cxr_gui.core.report.paper import PAPER_KINDS, check_paper_kinds, write_paper
from cxr_gui.core.report.table_texts import LATEX, csv_text, latex_text, markdown_text
from cxr_gui.core.sweep.files import write_sweep
from tests.support.report_samples import sweep_result

TABLE = Table(
    ("Epsilon", "Accuracy", "Random noise", "AUROC", "Difference"),
    (
        ("0", "78.7 % (75.3–81.7)", "–", "0.931 (0.910–0.949)", "−12.3 (−15.0 to −9.5)"),
        ("0.01", "70.5 % (66.8–74.0)", "84.1 % (81.0–87.0) (uniform shift)", "–", "+1.0 (−3.0 to +5.0)"),
        ("constant", "62.5 %", "–", "–", "–"),
    ),
    "Accuracy of 1,200 images.",
    frozenset({"Epsilon", "Accuracy", "Random noise", "AUROC", "Difference"}),
)
NAMES = st.text(min_size=1, max_size=20)


def test_in_csv_numbers_are_numbers_with_their_intervals_beside_them() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(TABLE))))
    assert rows[0] == {
        "Epsilon": "0",
        "Accuracy (%)": "78.7",
        "Accuracy low": "75.3",
        "Accuracy high": "81.7",
        "Random noise (%)": "",
        "Random noise low": "",
        "Random noise high": "",
        "Random noise kind": "",
        "AUROC": "0.931",
        "AUROC low": "0.910",
        "AUROC high": "0.949",
        "Difference": "-12.3",
        "Difference low": "-15.0",
        "Difference high": "-9.5",
    }
    assert (rows[1]["Random noise kind"], rows[1]["Difference"]) == ("uniform shift", "1.0")
    assert (rows[2]["Epsilon"], rows[2]["Accuracy (%)"], rows[2]["Accuracy low"]) == ("constant", "62.5", "")


def test_latex_has_the_rules_of_booktabs_and_the_command_in_a_comment() -> None:
    text = latex_text(TABLE, "python main.py sweep DATA\n\\input{evil}")
    lines = text.splitlines()
    assert lines[0] == "% python main.py sweep DATA \\input{evil}"
    assert [line.strip() for line in lines if "rule" in line] == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert r"0 & 78.7 \% (75.3--81.7) & -- & 0.931 (0.910--0.949) & $-$12.3 ($-$15.0 to $-$9.5) \\" in text
    assert r"\begin{tabular}{rrrrr}" in text


def test_markdown_has_the_command_in_a_comment_that_it_cannot_end() -> None:
    text = markdown_text(TABLE, "python main.py sweep 'a --> b' --out OUT")
    assert text.count("-->") == 1
    assert text.rstrip().endswith("-->")
    assert "| ---: | ---: | ---: | ---: | ---: |" in text


def named(name: str) -> Table:
    return Table(("Sweep", "Folder"), ((name, "x"), ("y", name)), name)


def shown(name: str) -> str:
    """What can be printed of a name."""
    return "".join(sign if sign.isprintable() or sign == "\N{NO-BREAK SPACE}" else " " for sign in name)


@given(NAMES)
def test_any_name_survives_csv(name: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_text(named(name)), newline="")))
    assert [[as_read(cell) for cell in row] for row in rows[1:]] == [[shown(name), "x"], ["y", shown(name)]]


@given(NAMES)
def test_any_name_survives_latex(name: str) -> None:
    back = {written: sign for sign, written in LATEX.items()}
    signs = re.compile("|".join(re.escape(each) for each in sorted(back, key=len, reverse=True)))
    text = latex_text(named(name))
    assert len(text.splitlines()) == 13
    body = [line.removeprefix("    ") for line in text.splitlines()[8:10]]
    for line, expected in zip(body, ((name, "x"), ("y", name)), strict=True):
        assert line.endswith(r" \\")
        cells = re.split(r"(?<!\\) & ", line.removesuffix(r" \\"))
        assert [signs.sub(lambda found: back[found[0]], cell) for cell in cells] == [*map(shown, expected)]
        assert not re.search(r"(?<!\\)[%#]", line)


@given(NAMES)
def test_any_name_survives_markdown(name: str) -> None:
    lines = markdown_text(named(name)).splitlines()
    assert len(lines) == 6
    for line, expected in zip(lines[4:], ((name, "x"), ("y", name)), strict=True):
        cells = re.findall(r"(?:\\.|[^|\\])+", line)
        assert [re.sub(r"\\(.)", r"\1", cell)[1:-1] for cell in cells] == [shown(cell) for cell in expected]


@pytest.mark.parametrize("several", [False, True])
def test_every_table_and_chart_of_a_report_is_a_file(several: bool, tmp_path: Path) -> None:
    folders = [write_sweep(sweep_result(negative=20, positive=30), tmp_path / "1-fgsm-rgb")]
    if several:
        folders.append(
            write_sweep(sweep_result(negative=20, positive=30, threat="grey"), tmp_path / "2-fgsm-grey")
        )
    files = progress.run(write_paper(folders, tmp_path / "paper", PAPER_KINDS))
    assert sorted(files) == sorted((tmp_path / "paper").iterdir())
    names = [path.name for path in files]
    tables = {name.rpartition(".")[0] for name in names if name.startswith("table-")}
    charts = {name.rpartition(".")[0] for name in names if name.startswith("chart-")}
    assert len(names) == 3 * len(tables) + 2 * len(charts)
    assert any("accuracy-under-attack" in name for name in tables)
    assert any("comparison" in name for name in tables) == several
    assert charts
    for path in files:
        if path.suffix == ".pdf":
            assert len(PdfReader(path).pages) == 1
            assert b"/Type3" not in path.read_bytes()
        elif path.suffix == ".tex":
            assert "Table" not in path.read_text(encoding="utf-8").partition(r"\caption{")[2][:8]
        elif path.suffix == ".csv":
            widths = {len(row) for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8")))}
            assert len(widths) == 1, path


def test_another_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="csv, md, tex, pdf, svg"):
        check_paper_kinds(["docx"])
