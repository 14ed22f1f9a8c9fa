"""Typesetting: any text whole and inert, any number with its unit, no place of this machine."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PageObject, PdfReader

from cxr_gui.core.base.wording import duration, percent
from cxr_gui.core.report import blocks
from cxr_gui.core.report.blocks import Block, Illustration, Paragraph, Report, Section, Table
from cxr_gui.core.report.html import write_html
from cxr_gui.core.report.pages import WIDTH
from cxr_gui.core.report.pdf import write_pdf
from cxr_gui.core.report.privacy import elide, elide_command, elide_path
from cxr_gui.core.report.wording import listed, number, numbers, sentence_case, spaced
from tests.support.report_readers import HtmlReader, pdf_text


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


def image_of_height(height: int) -> bytes:
    """A PNG that is so many pixels high for a hundred of width."""
    buffer = BytesIO()
    Image.new("L", (100, height), 128).save(buffer, "PNG")
    return buffer.getvalue()


def pages(path: Path, *blocks: Block) -> list[PageObject]:
    sections = (Section("First page", ()), Section("S", blocks), Section("T", ()))
    write_pdf(Report("Pages", "Notice.", "Made.", sections), path)
    return list(PdfReader(path).pages)


def lines(number: int) -> Paragraph:
    return Paragraph("\n".join(f"line {index}" for index in range(number)), code=True)


def test_what_follows_a_figure_goes_first_where_the_figure_does_not_fit(tmp_path):
    table = Table(("Head",), (("cell",),), "Table.")
    found = pages(tmp_path / "a.pdf", lines(37), Illustration(image_of_height(60), "Figure."), table)
    assert len(found) == 2
    assert "cell" in found[0].extract_text()
    assert "Figure." in found[1].extract_text()
    assert not found[0].images


def test_figures_keep_their_order_and_their_section(tmp_path):
    two = (Illustration(image_of_height(60), "First."), Illustration(image_of_height(5), "Second."))
    found = pages(tmp_path / "a.pdf", lines(42), *two)
    text = found[1].extract_text()
    assert text.index("First.") < text.index("Second.") < text.index("T")
    assert "Second." not in found[0].extract_text()


def test_a_figure_that_nearly_fits_is_made_smaller(tmp_path):
    """Below so many lines there is less than the figure's height, and more than four fifths of it."""
    heights = []
    for count in range(20, 45):
        found = pages(tmp_path / f"{count}.pdf", lines(count), Illustration(image_of_height(50), "Figure."))
        if found[0].images:
            heights.append(drawn_height(found[0]))
    assert heights[0] == pytest.approx(WIDTH / 2)
    assert heights == sorted(heights, reverse=True)
    assert 0.8 * WIDTH / 2 - 0.1 <= heights[-1] < 0.9 * WIDTH / 2


def drawn_height(page: PageObject) -> float:
    """Of the first image on a page, in points."""
    content = page.get_contents()
    assert content is not None
    return next(
        float(operands[3])
        for operands, operator in content.operations
        if operator == b"cm" and float(operands[0]) > 100
    )


def test_a_caption_longer_than_a_page_is_whole(tmp_path):
    found = pages(tmp_path / "a.pdf", Illustration(image_of_height(50), "many words " * 1500))
    assert "".join(page.extract_text() for page in found).split().count("many") == 1500


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
    times = (8.25, 75, 3725)
    assert [duration(seconds, digits=1) for seconds in times] == ["8.2 s", "1 min 15 s", "1 h 2 min"]
    assert [duration(seconds) for seconds in times] == ["8 s", "1 min 15 s", "1 h 2 min"]
    assert listed(("a", "b", "c")) == "a, b and c"


def test_words_from_elsewhere_are_set_in_the_reports_style():
    assert spaced("50.0% NORMAL -> 3 %, a 100% share") == "50.0 % NORMAL → 3 %, a 100 % share"
    assert spaced("off by -3.1 in IM-0001, 1e-5") == "off by −3.1 in IM-0001, 1e-5"
    assert sentence_case("zero gradients") == "Zero gradients"
    assert sentence_case("AUROC") == "AUROC"
    assert sentence_case("") == ""
    assert numbers((0.5, 0.5, 0.5)) == "0.5"
    assert numbers((0.485, 0.456, 0.406)) == "0.485, 0.456, 0.406"
