"""The site of these pages: `uv run --no-dev --group docs sphinx-build -W resources/docs build/site`.

Sphinx, because it is kept: MkDocs had its last release in 2024, Material for it is only maintained, and
Zensical, which follows both, is an alpha. Furo is for light, dark and small screens, with nothing fetched
from anywhere; MyST, so that the pages are the Markdown that GitHub shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
import program_pages

import cxr_gui

project = "cxr-gui"
author = copyright = "The cxr-gui authors"  # noqa: A001
release = version = cxr_gui.__version__

extensions = ["myst_parser"]
nitpicky = True
myst_heading_anchors = 3
highlight_language = "text"

html_theme = "furo"
html_title = f"cxr-gui {release}"
html_favicon = "../icons/app.svg"
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_show_sphinx = False


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", lambda _app, _page, source: source.append(program_pages.filled(source.pop())))
    return {"parallel_read_safe": True}
