"""The sections about shifts, beside those about attacks or alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.data import Problem, scan
from cxr_gui.core.report import write_report
from cxr_gui.core.report.blocks import Illustration, Paragraph, Table
from cxr_gui.core.report.content import compose
from cxr_gui.core.report.shifted import sections
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import ShiftResult, sweep_shifts, write_shifts
from tests.support.films import write_films
from tests.support.report_samples import sweep_result
from tests.support.victims import cnn

NAMES = ("dose", "rotation", "inversion")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[ShiftResult, ...]:
    folder = write_films(tmp_path_factory.mktemp("shifted") / "films", train=1, test=6)
    records = progress.run(scan(folder)).of("test")
    classifiers = [cnn(0), cnn(1)]
    for classifier, name in zip(classifiers, ("usual", "other"), strict=True):
        classifier.name = name
    shifts = [SHIFTS[name] for name in NAMES]
    return progress.run(sweep_shifts(classifiers, records, shifts, seed=7))


def test_question_method_answer_and_numbers(results: tuple[ShiftResult, ...]) -> None:
    first, numbers = sections(results)
    said = " ".join(block.text for block in first.blocks if hasattr(block, "text"))
    assert "3 shifts at its own resolution" in said
    assert "seed 7" in said
    assert "usual keeps a balanced accuracy of" in said
    assert any(isinstance(block, Illustration) for block in first.blocks)
    tables = [block for block in numbers.blocks if isinstance(block, Table)]
    assert ["rBE" in table.columns for table in tables] == [False, True]
    for table, result in zip(tables, results, strict=True):
        assert f"{result.clean.n} images" in table.caption
        assert {row[0] for row in table.rows} == {"None", *(SHIFTS[name].title for name in NAMES)}
        worst = next(row for row in table.rows if row[0] == "Rotation")
        point = result.points(SHIFTS["rotation"])[-1]
        assert worst[1].startswith(f"{100 * point.accuracy:.1f} % (")


def test_what_a_sweep_of_shifts_lacks_is_said(results: tuple[ShiftResult, ...]) -> None:
    def said(**changes: object) -> str:
        return sections([replace(results[0], **changes)])[1].blocks[0].text  # type: ignore[arg-type]

    assert "stopped" not in said()
    assert "stopped before its end; the images it covers were drawn at random." in said(complete=False)
    lost = tuple(Problem(f"{number}.png", "is no image.") for number in range(2))
    assert "2 files could not be read." in said(unread=lost)


def test_without_shifts_there_is_nothing_about_them() -> None:
    assert sections(()) == []


def test_it_is_a_report_by_itself_in_both_kinds(results: tuple[ShiftResult, ...], tmp_path: Path) -> None:
    titles = [section.title for section in compose([], results).sections]
    assert titles == ["1. Without an attacker", "2. Shifts in numbers"]
    write_shifts(results, tmp_path / "swept")
    for kind in ("html", "pdf"):
        written = write_report(tmp_path / "swept", tmp_path / f"report.{kind}")
        assert written.stat().st_size > 1000
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Without an attacker" in text
    assert "Rotation" in text


def test_a_first_page_does_not_call_shifts_unexamined_beside_their_section(
    results: tuple[ShiftResult, ...], tmp_path: Path
) -> None:
    source = ReportSource(tmp_path, sweep_result(negative=6, positive=9))

    def limits(shifts: tuple[ShiftResult, ...]) -> str:
        paragraphs = [
            block for block in compose([source], shifts).sections[0].blocks if isinstance(block, Paragraph)
        ]
        return next(block.text for block in paragraphs if block.lead == "What this does not show.")

    assert "such as a shift or a burned-in mark" in limits(())
    assert "such as a burned-in mark" in limits(results)
