"""What a person would read in a PDF or an HTML file."""

from __future__ import annotations

import html.parser

from pypdf import PdfReader


def words(text: str) -> str:
    return " ".join(text.split())


def pdf_text(reader: PdfReader) -> str:
    return words(" ".join(page.extract_text() for page in reader.pages))


class HtmlReader(html.parser.HTMLParser):
    """Collects what a browser would show, and every tag it would make."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._shown: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] not in ("style", "title"):
            self._shown.append(data)

    @property
    def text(self) -> str:
        return words(" ".join(self._shown))


class TableReader(html.parser.HTMLParser):
    """The tables of an HTML file: (caption, rows of cells, the header's first)."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._caption = ""
        self._inside = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "figcaption":
            self._caption = ""
        elif tag == "table":
            self.tables.append((words(self._caption), []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "figcaption":
            self._caption += data
        elif self._inside in ("td", "th"):
            self.tables[-1][1][-1][-1] += data
