"""Typesetting: any text whole and inert, any number with its unit, no place of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader
from report_readers import HtmlReader, pdf_text

from cxr_gui.core.report import blocks
from cxr_gui.core.report.blocks import Illustration, Paragraph, Report, Section, Table
from cxr_gui.core.report.html import write_html
from cxr_gui.core.report.pdf import write_pdf
from cxr_gui.core.report.privacy import elide, elide_command, elide_path
from cxr_gui.core.report.wording import duration, listed, number, percent


def test_long_tables_and_long_words_are_split_not_clipped(tmp_path):
    rows = tuple((f"train/NORMAL/{index}.jpeg", "x" * 400) for index in range(60))
    giant = (("one cell", "many words " * 2000),)
    report = Report(
        "Long",
        "Notice.",
        "Made.",
        (
            Section("S", (Paragraph("y" * 900), Table(("File", "What"), rows, "Caption."))),
            Section("T", (Table(("A", "B"), giant, "Giant."),)),
        ),
    )
    write_pdf(report, tmp_path / "long.pdf")
    reader = PdfReader(tmp_path / "long.pdf")
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    assert text.count("x" * 20) >= 60 * 400 / 100
    assert all(f"train/NORMAL/{index}.jpeg" in text for index in range(60))
    assert text.count("manywords") == 2000
    assert sum("File" in page.extract_text() for page in reader.pages) > 1  # the header is repeated
    assert text.count("Caption.") == 1


def test_tables_and_figures_are_numbered_in_reading_order():
    table, figure = Table(("a",), (("1",),), "First."), Illustration(b"", "Second.")
    sections = blocks.numbered((Section("A", (table, figure)), Section("B", (table,))))
    assert [section.title for section in sections] == ["1. A", "2. B"]
    captions = [
        block.caption for section in sections for block in section.blocks if not isinstance(block, Paragraph)
    ]
    assert captions == ["Table 1. First.", "Figure 1. Second.", "Table 2. First."]


def test_a_row_of_the_wrong_length_is_a_mistake():
    with pytest.raises(ValueError, match="2 cells"):
        Table(("a", "b"), (("1",),), "")


def test_the_html_of_any_text_is_inert(tmp_path):
    nasty = "</td><script>alert(1)</script>\"'&"
    report = Report(
        nasty,
        nasty,
        nasty,
        (
            Section(
                nasty, (Paragraph(nasty), Paragraph(nasty, code=True), Table((nasty,), ((nasty,),), nasty))
            ),
        ),
    )
    write_html(report, tmp_path / "nasty.html")
    read = HtmlReader((tmp_path / "nasty.html").read_text(encoding="utf-8"))
    assert "script" not in {tag for tag, _ in read.tags}
    assert read.text.count("alert(1)") == 9
    write_pdf(report, tmp_path / "nasty.pdf")
    assert "<script>" in pdf_text(PdfReader(tmp_path / "nasty.pdf"))


@pytest.mark.parametrize(
    ("text", "elided"),
    [
        ("/data/x/chest_xray", "…/chest_xray"),
        ("in /data/x/a.png, twice", "in …/a.png, twice"),
        ("C:\\Users\\alice\\xrays\\a.png", "…/a.png"),
        ("\\\\server\\share\\a.png", "…/a.png"),
        ("/home/alice", "…"),
        ("C:\\Users\\alice", "…"),
        ("~/xrays/a.png", "…/a.png"),
        ("../../alice/a.png", "…/a.png"),
        ("train/NORMAL/a.png", "train/NORMAL/a.png"),
        ("epsilon 1.28/255 and 3/4", "epsilon 1.28/255 and 3/4"),
        ("(/home/alice/a.png)", "(…/a.png)"),
    ],
)
def test_paths_that_lead_out_are_elided(text, elided):
    assert elide(text) == elided


def test_a_home_folder_with_a_space_in_it_is_elided(monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/alice b"))
    assert elide("Trained on /home/alice b/xrays.") == "Trained on …/xrays."
    assert elide_path("/home/alice b") == "…"


def test_commands_are_elided_word_by_word():
    assert (
        elide_command("main.py --data='/a b/c d' x/y --eps 0,0.01")
        == "main.py '--data=…/c d' x/y --eps 0,0.01"
    )
    assert elide_command("main.py '/home/alice/x") == "main.py '…/x"


def test_numbers_are_written_with_units_and_intervals():
    assert percent(0.712, (0.675, 0.746)) == "71.2 % (67.5–74.6)"
    assert percent(float("nan")) == "–"
    assert number(0.9314, (0.91, 0.949)) == "0.931 (0.910–0.949)"
    assert number(0.9314) == "0.931"
    assert [duration(seconds) for seconds in (8.25, 75, 3725)] == ["8.2 s", "1 min 15 s", "1 h 2 min"]
    assert listed(("a", "b", "c")) == "a, b and c"
