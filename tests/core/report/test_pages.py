"""The pages of a report: the first stands alone, none is half empty, no row of a table is alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.progress import Event
from cxr_gui.core.report import content
from cxr_gui.core.report.blocks import Illustration, KeyNumbers, Paragraph, Report, Section, Table
from cxr_gui.core.report.documents import write_reports
from cxr_gui.core.report.front import key_numbers
from cxr_gui.core.report.pages import BOTTOM, TOP, Pages
from cxr_gui.core.report.pdf import write_pdf
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.sweep.result import SweepResult
from tests.support.report_readers import words
from tests.support.report_samples import ABOUT, EPSILONS, sweep_result

CERTIFICATE = {"method": "interval bounds", "slack": 1e-4}


def certified() -> SweepResult:
    plain = sweep_result()
    reach = np.minimum(plain.critical, EPSILONS.max()) if plain.critical is not None else None
    return sweep_result(about={**ABOUT, "certificate": CERTIFICATE}, certified=0.5 * reach)


def some(kind: str) -> list[ReportSource]:
    found = {
        "one": [sweep_result()],
        "certified": [certified()],
        "several": [sweep_result(), certified(), sweep_result(attack=create_attack("pgd"))],
    }[kind]
    return [ReportSource(Path(f"out/{number}"), result) for number, result in enumerate(found)]


@pytest.fixture(params=["one", "certified", "several"], scope="module")
def report(request: pytest.FixtureRequest) -> Report:
    return content.compose(some(request.param))


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The share of each page that stays white below what stands on it, as the pages are set."""
    found: list[float] = []
    end: Callable[..., None] = Pages.handle_pageEnd

    def handle(pages: Pages) -> None:
        found.append((pages.frame._y - pages.frame._y1p) / (A4[1] - TOP - BOTTOM))
        end(pages)

    monkeypatch.setattr(Pages, "handle_pageEnd", handle)
    return found


def test_no_page_but_the_last_is_half_empty_and_the_first_stands_alone(report, left, tmp_path):
    write_pdf(report, tmp_path / "report.pdf")
    sheets = PdfReader(tmp_path / "report.pdf").pages
    assert len(left) == len(sheets) > 4
    assert max(left[:-1]) < 0.35
    first = words(sheets[0].extract_text())
    for part in ("Question. How far can", "Answer. ", "What this does not show. Not examined", "Figure 1."):
        assert part in first
    assert len(sheets[0].images) == 1
    assert "What this does not show." not in words(sheets[1].extract_text())
    for block in report.sections[0].blocks:
        if isinstance(block, KeyNumbers):
            assert all(number.value in first and number.detail in first for number in block.numbers)


def test_what_a_section_says_is_not_said_again(report):
    said = [
        block.text
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Paragraph) and not block.lead and len(block.text) > 60
    ]
    assert len(said) == len(set(said))
    figures = [
        block.image
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Illustration) and isinstance(block.image, Figure)
    ]
    assert len(figures) == len(set(figures)) > 2


def test_no_row_of_a_divided_table_is_alone(tmp_path):
    for count in (48, 50, 52, 53, 54, 55, 57):
        rows = tuple((f"row {number}", "x") for number in range(count))
        sections = (Section("First", ()), Section("S", (Table(("Name", "Value"), rows, "Rows."),)))
        write_pdf(Report("Title", "Notice.", "Made.", sections), tmp_path / "rows.pdf")
        on_page = [sheet.extract_text().count("row ") for sheet in PdfReader(tmp_path / "rows.pdf").pages]
        assert sum(on_page) == count
        assert min(on_page) >= 3


def test_the_third_number_is_what_is_known_of_how_much_it_takes():
    def third(result: SweepResult) -> str:
        return key_numbers(result).numbers[2].meaning

    assert "half of the right decisions have flipped" in third(sweep_result())
    assert "half of the right decisions are proven" in third(certified())
    never = sweep_result(critical=np.full(624, np.inf))
    assert key_numbers(never).numbers[2].value == "> 0.1"
    assert "random noise" in third(sweep_result(critical=None))


def test_one_composition_makes_both_formats_each_chart_is_drawn_once_and_every_step_told(
    monkeypatch, tmp_path
):
    write_sweep(sweep_result(negative=20, positive=30), tmp_path / "sweep")
    drawn: list[str] = []
    save = Figure.savefig

    def savefig(figure: Figure, *arguments: object, **options: object) -> None:
        drawn.append(str(options["format"]))
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", savefig)
    composed: list[Report] = []
    compose = content.compose
    monkeypatch.setattr(content, "compose", lambda *given: composed.append(compose(*given)) or composed[-1])
    outs = [tmp_path / "report.html", tmp_path / "report.pdf"]
    events: list[Event] = []
    progress.run(write_reports([tmp_path / "sweep"], outs), events.append)
    assert len(composed) == 1
    assert sorted(drawn) == ["png"] * 3 + ["svg"] * 3
    steps = [(event.done, event.total) for event in events if event.stage == "Drawing the report"]
    assert steps == [(number, 8) for number in range(8)]
    assert all(out.stat().st_size > 10_000 for out in outs)
