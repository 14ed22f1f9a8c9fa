"""How a report's blocks come onto the pages of a PDF: what stays together, and what may change places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, FrameBreak, Image, LongTable, PageTemplate
from reportlab.platypus import Paragraph as Text

SIDE, TOP, BOTTOM = 22 * mm, 22 * mm, 24 * mm
WIDTH = A4[0] - 2 * SIDE
QUIET = Color(0x5B / 255, 0x62 / 255, 0x70 / 255)
FOOT = ("Report", 7.6, 13 * mm)
"""Font, size and height of the line at each page's foot."""

SMALLEST = 0.8
"""A figure is drawn down to this share of its size where that keeps it on its page."""

SMALLEST_ANSWER = 0.55
"""The same of the figure on the first page, whose text is to stand there too."""

ROWS_AT_LEAST = 3
"""So many rows of a divided table stand on a page; a single one says nothing there."""

GAP, AFTER = 3.0, 12.0
"""Between a figure and its caption, and below the caption."""


class Pages(BaseDocTemplate):  # type: ignore[misc]
    """A4 with numbered pages, and few white ends of pages.

    A flowable with a `room` begins only where so much height is left on the page. A figure that is too tall
    for what is left lets the text and the tables that follow in its section go first; figures keep their
    order, and none leaves its section.
    """

    def __init__(self, path: str, title: str) -> None:
        super().__init__(path, pagesize=A4, title=title, author="", subject="", creator="cxr-gui", lang="en")
        text = Frame(SIDE, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate(frames=[text]))

    def filterFlowables(self, flowables: list[Flowable]) -> None:  # noqa: N802
        """ReportLab asks this before it sets the first of the flowables that are left."""
        frame = getattr(self, "frame", None)  # there is none before the first page
        if frame is None or frame._atTop:
            return
        first, left = flowables[0], frame._y - frame._y1p
        if isinstance(first, Figure):
            if not first.fits(left):
                follows = flowables[1] if len(flowables) > 1 else None
                if follows is not None and _may_go_first(follows) and room_of(follows) <= left:
                    flowables[:2] = follows, first
        elif room_of(first) > left:
            flowables.insert(0, FrameBreak)


def fill_first_page(story: Sequence[Flowable]) -> None:
    """Make the figures of what is to stand on the first page as large as its text leaves room for."""
    room = A4[1] - TOP - BOTTOM
    figures = [part for part in story if isinstance(part, Figure)]
    for part in story:
        if part not in figures:
            room -= part.wrap(WIDTH, A4[1])[1]
        room -= part.getSpaceBefore() + part.getSpaceAfter()
    for figure in figures:
        figure.shrink(room / len(figures), SMALLEST_ANSWER)


def room_of(flowable: Flowable) -> float:
    """The height that a flowable asks for where it begins; 0 where it does not care."""
    return float(getattr(flowable, "room", 0.0))


def _may_go_first(flowable: Flowable) -> bool:
    return not isinstance(flowable, Figure | Heading)


class Heading(Text):  # type: ignore[misc]
    """A section's title, which the viewer's table of contents leads to as well."""

    def __init__(self, title: str, markup: str, style: object, room: float) -> None:
        super().__init__(markup, style)
        self._title = title
        self.room = room

    def draw(self) -> None:
        key = f"section-{self._title}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(self._title, key, level=0)
        super().draw()


class Rows(LongTable):  # type: ignore[misc]
    """A table that is divided between pages only where some of its rows stay together on either."""

    room = 0.0
    _heads = 0

    def keep(self, heads: int, whole: float) -> None:
        """Ask for room for all of it if it is at most so high, else for its `heads` and a few rows more."""
        self._heads = heads
        _, height = self.wrap(WIDTH, A4[1])
        first: float = sum(self._rowHeights[: heads + ROWS_AT_LEAST])
        self.room = float(height) if height <= whole else first

    def split(self, width: float, height: float) -> list[Flowable]:
        """The rows that fit and the rest; fewer, where too few would be left for the next page."""
        self.wrap(width, height)
        heights: list[float] = list(self._rowHeights)
        fits = sum(1 for end in accumulate(heights) if end <= height)
        most = len(heights) - ROWS_AT_LEAST
        if self._heads + ROWS_AT_LEAST <= most < fits:
            height = sum(heights[:most]) + 0.1
        parts: list[Flowable] = super().split(width, height)
        for rest in parts[1:]:  # its header is repeated, its caption is not
            rest.keep(min(self._heads, 1), whole=0)
        return parts


class Figure(Flowable):  # type: ignore[misc]
    """An image over its caption, on one page and in the middle of the line."""

    def __init__(self, image: Image, caption: Text) -> None:
        super().__init__()
        self._image, self._caption = image, caption
        self._full = (image.drawWidth, image.drawHeight)
        self._below = GAP + float(caption.wrap(WIDTH, A4[1])[1])
        self.room = SMALLEST * image.drawHeight + self._below

    def shrink(self, height: float, least: float) -> None:
        """Draw it and its caption so high, if it is smaller then, but no smaller than `least` of its size."""
        share = min(max((height - self._below) / self._full[1], least), 1.0)
        self._full = (share * self._full[0], share * self._full[1])
        self.room = SMALLEST * self._full[1] + self._below

    def fits(self, height: float) -> bool:
        """Whether so much height is enough, if it is drawn as small as it may be."""
        return bool(self.room <= height)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        share = min(max((height - self._below) / self._full[1], SMALLEST), 1.0)
        if share * self._full[1] + self._below > height + 1e-6:
            share = 1.0  # it goes to the next page, where there is room for all of it
        self._image.drawWidth, self._image.drawHeight = (side * share for side in self._full)
        self._line = width
        return width, self._image.drawHeight + self._below

    def draw(self) -> None:
        self._caption.drawOn(self.canv, 0, 0)
        self._image.drawOn(self.canv, (self._line - self._image.drawWidth) / 2, self._below)

    def getSpaceAfter(self) -> float:  # noqa: N802
        return AFTER


class NumberedCanvas(Canvas):  # type: ignore[misc]
    """Holds the pages back until their number is known, then puts "page n of m" at each foot."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._pages: list[dict[str, object]] = []

    def showPage(self) -> None:  # noqa: N802
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        font, size, height = FOOT
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(font, size)
            self.setFillColor(QUIET)
            self.drawString(SIDE, height, self._doc.info.title[:90])
            self.drawRightString(A4[0] - SIDE, height, f"page {number} of {len(self._pages)}")
            super().showPage()
        super().save()
