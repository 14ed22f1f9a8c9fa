"""A report as one HTML file: images inside, nothing fetched, no script, every text escaped."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cxr_gui.core.base.files import atomic_open
from cxr_gui.core.report.blocks import Illustration, Report, tone
from cxr_gui.core.report.documents import KINDS
from cxr_gui.core.report.drawing import render


def write_html(report: Report, path: Path) -> None:
    """Write `report` to `path`, whole or not at all. Raises OutputError when that cannot be done."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.jinja").render(
        report=report,
        kind=lambda block: type(block).__name__,
        source=data_uri,
        tone=tone,
    )
    with atomic_open(path, "w", encoding="utf-8") as file:
        file.write(page)


def data_uri(figure: Illustration) -> str:
    """The image itself as a URI: charts as SVG, which stays sharp, photographs as PNG."""
    if isinstance(figure.image, bytes):
        kind, content = "png", figure.image
    else:
        (kind, dpi) = KINDS[".html"]
        kind, content = f"{kind}+xml", render(figure.image, kind, dpi=dpi)
    return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
