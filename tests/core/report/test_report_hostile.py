"""Names that try to be markup, paths or formulas: in every report they stay the words they are."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import pytest
from pypdf import PdfReader

from cxr_gui.core.report.documents import write_report
from cxr_gui.core.sweep.files import write_sweep
from tests.support.report_readers import HtmlReader, pdf_text
from tests.support.report_samples import sweep_result

SCRIPT = "<script>alert(1)</script>"
CLASSES = (f"{SCRIPT}&lt;", '"><img src=x onerror=alert(2)>')
DATA, CLASSIFIER, FOLDER = "<b onload=alert(3)>&amp;", "<svg onload=alert(4)>", "<iframe src=x>"
COMMAND = "main.py sweep '<script src=//evil/x.js></script>' --out /home/alice/out"
EXPECTED_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2", "p", "pre",
    "figure", "figcaption", "img", "table", "thead", "tbody", "tr", "th", "td", "strong",
    "dl", "div", "dt", "dd",
}  # fmt: skip
OUTSIDE = re.compile(r"(?:https?:|ftp:|file:)?//|@import|url\(\s*['\"]?(?!#)")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("hostile")
    result = sweep_result(
        negative=12,
        positive=12,
        classes=CLASSES,
        paths=tuple(f"test/{SCRIPT.replace('/', '_')}{number}.png" for number in range(24)),
        patients=tuple(f"{SCRIPT}{number // 2}" for number in range(24)),
        about={
            "classifier": CLASSIFIER,
            "command": COMMAND,
            "data": {"name": DATA, "fingerprint": SCRIPT},
            SCRIPT: [SCRIPT, {SCRIPT: SCRIPT}],
        },
    )
    return [write_sweep(result, place / name) for name in (FOLDER, "plain")]


@pytest.fixture(scope="module", params=["one sweep", "a comparison"])
def page(
    request: pytest.FixtureRequest, folders: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> str:
    others = folders[1:] if request.param == "a comparison" else []
    out = tmp_path_factory.mktemp("page") / "report.html"
    return write_report(folders[0], out, *others).read_text(encoding="utf-8")


def test_no_name_becomes_a_tag(page):
    tags = HtmlReader(page).tags
    assert {tag for tag, _ in tags} <= EXPECTED_TAGS
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)


@pytest.mark.parametrize("name", [*CLASSES, DATA, SCRIPT, "<script src=//evil/x.js></script>"])
def test_every_name_is_read_as_it_is(page, name):
    assert name in HtmlReader(page).text


def test_names_of_folders_and_classifiers_are_read_as_they_are(folders, tmp_path):
    out = write_report(folders[0], tmp_path / "report.html", folders[1])
    text = HtmlReader(out.read_text(encoding="utf-8")).text
    assert FOLDER in text
    assert CLASSIFIER in text


def test_nothing_is_fetched_from_elsewhere(page):
    tags = HtmlReader(page).tags
    for tag, attributes in tags:
        for name in ("src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"):
            assert tag == "img" or name not in attributes
        assert not OUTSIDE.search(attributes.get("style") or "")
    style = page[page.index("<style>") : page.index("</style>")]
    assert not OUTSIDE.search(style)
    sources = [str(attributes["src"]) for tag, attributes in tags if tag == "img"]
    assert sources
    assert all(
        re.fullmatch(r"data:image/(png|svg\+xml);base64,[A-Za-z0-9+/=]+", source) for source in sources
    )
    policy = next(attributes for tag, attributes in tags if "http-equiv" in attributes)
    assert str(policy["content"]).startswith("default-src 'none'")


def test_the_charts_inside_fetch_nothing_and_run_nothing_either(page):
    sources = [str(attributes["src"]) for tag, attributes in HtmlReader(page).tags if tag == "img"]
    drawings = [b64decode(source.split(",")[1]).decode("utf-8") for source in sources if "svg+xml" in source]
    assert drawings
    for drawing in drawings:
        tags = HtmlReader(drawing).tags
        assert {"script", "iframe", "foreignobject", "a"}.isdisjoint(tag for tag, _ in tags)
        for tag, attributes in tags:
            assert not any(name.startswith("on") for name in attributes)
            for name in ("href", "xlink:href"):
                inside = "data:image/png;base64," if tag == "image" else "#"
                assert str(attributes.get(name, inside)).startswith(inside)


def test_no_user_is_named(page):
    assert "alice" not in page
    assert "--out …/out" in HtmlReader(page).text


def test_the_pdf_takes_no_name_for_markup(folders, tmp_path):
    text = pdf_text(PdfReader(write_report(folders[0], tmp_path / "report.pdf", folders[1])))
    for name in (SCRIPT, DATA, CLASSIFIER, FOLDER):
        assert "".join(name.split()) in "".join(text.split())
