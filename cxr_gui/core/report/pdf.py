"""A report as a PDF on A4, typeset by ReportLab with the DejaVu fonts that matplotlib carries."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from xml.sax import saxutils

import matplotlib as mpl
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, TableStyle
from reportlab.platypus import Paragraph as Text

from cxr_gui.core.base.files import atomic_path
from cxr_gui.core.report.blocks import Block, Illustration, KeyNumbers, Paragraph, Report, Table, tone
from cxr_gui.core.report.documents import KINDS
from cxr_gui.core.report.drawing import render
from cxr_gui.core.report.pages import (
    QUIET,
    WIDTH,
    Figure,
    Heading,
    NumberedCanvas,
    Pages,
    Rows,
    fill_first_page,
    room_of,
)

TALLEST = 185 * mm
WHOLE = 62 * mm
"""A table up to this height is not divided between pages."""

LONGEST_CAPTION = 40 * mm

START = 32 * mm
"""Of a section that stands above the end of a page, its title included."""

NARROW = 0.33
"""The share of the text's width that a column beside one of sentences takes at most."""

GUTTER = 7.0
INK, RULE = colors.HexColor("#1f2328"), colors.HexColor("#d8dbe0")
WELL, GOOD, BAD = colors.HexColor("#f4f5f7"), colors.HexColor("#00664b"), colors.HexColor("#b03a00")
FONTS = {
    "Report": "DejaVuSans.ttf",
    "Report-Bold": "DejaVuSans-Bold.ttf",
    "Report-Mono": "DejaVuSansMono.ttf",
}

BODY = ParagraphStyle(
    "body", fontName="Report", fontSize=9.2, leading=13.6, textColor=INK, spaceAfter=6, spaceShrinkage=0
)
TITLE = ParagraphStyle("title", BODY, fontName="Report-Bold", fontSize=15, leading=20, spaceAfter=4)
HEADING = ParagraphStyle(
    "heading", BODY, fontName="Report-Bold", fontSize=12, leading=16, spaceBefore=14, spaceAfter=5
)
MADE = ParagraphStyle("made", BODY, fontSize=8.2, leading=11, textColor=QUIET, spaceAfter=8)
NOTICE = ParagraphStyle(
    "notice",
    BODY,
    fontName="Report-Bold",
    textColor=BAD,
    backColor=WELL,
    borderPadding=(5, 6, 5, 6),
    spaceAfter=10,
    leftIndent=6,
    rightIndent=6,
)
CODE = ParagraphStyle(
    "code",
    BODY,
    fontName="Report-Mono",
    fontSize=7.8,
    leading=11,
    backColor=WELL,
    borderPadding=5,
    spaceAfter=10,
    spaceBefore=6,
    leftIndent=5,
    rightIndent=5,
)
CAPTION = ParagraphStyle("caption", BODY, fontSize=8.2, leading=11.2, textColor=QUIET, spaceAfter=4)
CELL = ParagraphStyle("cell", BODY, fontSize=8, leading=10.6, spaceAfter=0)
VALUE = ParagraphStyle("value", BODY, fontName="Report-Bold", fontSize=17, leading=21, spaceAfter=1)
DETAIL = ParagraphStyle("detail", CELL, fontSize=7.6, leading=10, textColor=QUIET)
NUMBER = ParagraphStyle("number", CELL, alignment=TA_RIGHT)
HEADER = ParagraphStyle("header", CELL, fontName="Report-Bold")
NUMBER_HEADER = ParagraphStyle("number header", HEADER, alignment=TA_RIGHT)
TONES = {
    "good": ParagraphStyle("good", HEADER, textColor=GOOD),
    "bad": ParagraphStyle("bad", HEADER, textColor=BAD),
}


def write_pdf(report: Report, path: Path) -> None:
    """Write `report` to `path`, whole or not at all. Raises OutputError when that cannot be done."""
    _register_fonts()
    rl_config.useA85 = 0  # images as bytes, not as letters: a fifth smaller, and in half the time
    story: list[Flowable] = [
        Text(_set(report.title), TITLE),
        Text(_set(report.made), MADE),
        Text(_set(report.notice), NOTICE),
    ]
    for number, section in enumerate(report.sections):
        blocks = [flowable for block in section.blocks for flowable in _typeset(block)]
        room = max(START, 12 * mm + (room_of(blocks[0]) if blocks else 0.0))
        story += [Heading(section.title, _set(section.title), HEADING, room), *blocks]
        if number == 0:
            fill_first_page(story)
    with atomic_path(path) as temporary:
        Pages(str(temporary), report.title).build(story, canvasmaker=NumberedCanvas)


def _typeset(block: Block) -> list[Flowable]:
    """What stands for a block; a caption that would fill a page stands by itself and can be divided."""
    match block:
        case Paragraph(code=True):
            return [Text(_set(block.text).replace("\n", "<br/>"), CODE)]
        case Paragraph():
            lead = f'<font name="Report-Bold">{_set(block.lead)}</font> ' if block.lead else ""
            return [Text(lead + _set(block.text), BODY)]
        case KeyNumbers():
            return [_key_numbers(block)]
        case Table():
            return [_table(block)]
        case Illustration():
            caption = Text(_set(block.caption), CAPTION)
            if caption.wrap(WIDTH, TALLEST)[1] <= LONGEST_CAPTION:
                return [Figure(_image(block), caption)]
            return [Figure(_image(block), Text("", CAPTION)), caption]


def _key_numbers(block: KeyNumbers) -> Rows:
    cells = [
        [
            Text(_set(number.value), VALUE),
            Text(_set(number.meaning), CELL),
            Text(_set(number.detail), DETAIL),
        ]
        for number in block.numbers
    ]
    flowable = Rows([cells], colWidths=[WIDTH / len(cells)] * len(cells))
    flowable.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, -1), WELL),
                ("LINEAFTER", (0, 0), (-2, -1), 6, colors.white),
                ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("RIGHTPADDING", (0, 0), (-1, -1), 10),
                ("TOPPADDING", (0, 0), (-1, -1), 6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ]
        )
    )
    flowable.spaceBefore, flowable.spaceAfter = 4, 10
    return flowable


def _set(text: str) -> str:
    """Text for ReportLab, which reads markup; a number and its "%" stay on one line."""
    return saxutils.escape(text.replace(" %", "\u00a0%"))


def _image(figure: Illustration) -> Image:
    kind, dpi = KINDS[".pdf"]
    content = figure.image if isinstance(figure.image, bytes) else render(figure.image, kind, dpi=dpi)
    image = Image(BytesIO(content))
    scale = min(figure.width * WIDTH / image.imageWidth, TALLEST / image.imageHeight)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    return image


def _table(table: Table) -> Rows:
    """The caption stands above and once; the header is repeated where the table passes the end of a page."""
    numeric = [column in table.numeric for column in table.columns]
    caption = [Text(_set(table.caption), CAPTION), *[""] * (len(numeric) - 1)]
    header = [
        Text(_set(column), NUMBER_HEADER if number else HEADER)
        for column, number in zip(table.columns, numeric, strict=True)
    ]
    rows = [
        [
            Text(
                _set(cell),
                HEADER if place == 0 and not table.has_header else _cell_style(cell, number=number),
            )
            for place, (cell, number) in enumerate(zip(row, numeric, strict=True))
        ]
        for row in table.rows
    ]
    heads = [caption, header] if table.has_header else [caption]
    flowable = Rows(
        heads + rows, colWidths=_widths(table), repeatRows=(1,) if table.has_header else 0, splitInRow=1
    )
    flowable.setStyle(
        TableStyle(
            [
                ("SPAN", (0, 0), (-1, 0)),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("VALIGN", (0, 0), (-1, len(heads) - 1), "BOTTOM"),
                ("LINEBELOW", (0, len(heads)), (-1, -1), 0.4, RULE),
                ("LINEBELOW", (0, len(heads) - 1), (-1, len(heads) - 1), 0.8, QUIET),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-2, -1), GUTTER),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
            ]
        )
    )
    flowable.spaceBefore, flowable.spaceAfter = 4, 14
    flowable.keep(len(heads), WHOLE)
    return flowable


def _cell_style(cell: str, *, number: bool) -> ParagraphStyle:
    return TONES.get(tone(cell), NUMBER if number else CELL)


def _widths(table: Table) -> list[float]:
    """Column widths that fill the text's width: what each needs on one line, the widest giving way first.

    Where that is too much, a header is divided between its words.
    """
    cells = [
        max((_width(cell, _cell_style(cell, number=False)) for cell in column), default=0.0)
        for column in zip(*table.rows, strict=True)
    ] or [0.0] * len(table.columns)
    if not table.has_header:
        cells[0] = max((_width(row[0], HEADER) for row in table.rows), default=0.0)
    needs = [0.0]
    for divided in (False, True):
        parts = [header.split() if divided else [header] for header in table.columns]
        heads = [max((_width(part, HEADER) for part in some), default=0.0) for some in parts]
        needs = [max(pair) + GUTTER + 1 for pair in zip(cells, heads, strict=True)]
        if sum(needs) <= WIDTH:
            break
    if sum(needs) > WIDTH and table.columns[-1] not in table.numeric:  # it is the last that has the sentences
        needs = [*(min(need, NARROW * WIDTH) for need in needs[:-1]), needs[-1]]
    widest = max(needs)
    while sum(min(need, widest) for need in needs) > WIDTH:
        widest *= 0.98
    widths = [min(need, widest) for need in needs]
    spare = WIDTH - sum(widths)
    if table.columns[-1] in table.numeric:
        return [width + spare / len(widths) for width in widths]
    return [*widths[:-1], widths[-1] + spare]


def _width(text: str, style: ParagraphStyle) -> float:
    return float(pdfmetrics.stringWidth(text, style.fontName, style.fontSize))


@cache
def _register_fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
