"""What a report, a chart and a terminal say of a certificate: the bracket, and a vacuous bound as such."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from pypdf import PdfReader

from cxr_gui.core.base.wording import percent
from cxr_gui.core.report import charts, proven
from cxr_gui.core.report.blocks import Paragraph, Section, Table
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.front import answer
from cxr_gui.core.report.results import table_text
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.sweep.result import SweepResult
from tests.support.report_samples import ABOUT, EPSILONS, sweep_result

CERTIFICATE = {"method": "interval and linear bounds (CROWN-IBP)", "slack": 1e-4, "tolerance": 5e-6}


def certified(share: float = 0.5, **about: object) -> SweepResult:
    """A sweep that proves up to this share of what it takes to flip each image."""
    plain = sweep_result(about={**ABOUT, "certificate": CERTIFICATE, **about})
    assert plain.critical is not None
    reach = np.where(np.isfinite(plain.critical), plain.critical, EPSILONS.max())
    return sweep_result(about=plain.about, certified=share * reach)


def words(section: Section | None) -> str:
    assert section is not None
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def bracket(result: SweepResult, number: int = 0) -> Section | None:
    return proven.bracket([ReportSource(Path("sweep"), result, number=number)])


def legend(figure: Figure) -> Sequence[str]:
    return [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]


def test_the_bracket_is_a_table_with_intervals() -> None:
    result = certified()
    section = bracket(result)
    assert section is not None
    [table] = [block for block in section.blocks if isinstance(block, Table)]
    assert table.columns == (
        *("Epsilon", "Certified", "Certified, balanced", "Undecided", "Broken"),
        "Not broken, balanced",
    )
    assert len(table.rows) == 5
    for row, point in zip(table.rows, result.points, strict=True):
        assert row[1] == percent(point.certified_accuracy, point.certified_accuracy_ci)
        assert row[2] == percent(point.certified_balanced, point.certified_balanced_ci)
        assert row[3] == percent(point.undecided, point.undecided_ci)
        assert row[4] == percent(point.broken, point.broken_ci)
    said = words(section)
    assert said.startswith("How far is it proven that no attack can change the decisions? ")
    assert "right and proven" not in said  # which the first page says
    assert "0.0001 logits" in said
    assert "vacuous" not in said
    assert "does not hold" not in said
    assert "right and proven" in answer(result)


def test_without_a_certificate_there_is_no_section_and_no_column() -> None:
    assert bracket(sweep_result()) is None
    assert "Certified" not in table_text(sweep_result())
    assert not [label for label in legend(charts.accuracy_chart([sweep_result()])) if "Certified" in label]


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ("balanced, epoch 3", "trained by the recipe “balanced”, which does not train with bounds"),
        ("certified", "although the classifier was trained with bounds"),
        ("mine", "as is usual of a classifier that was not trained with bounds"),
    ],
)
def test_a_vacuous_bound_is_called_vacuous_and_says_why(recipe: str, why: str) -> None:
    result = certified(1e-3, recipe=recipe)
    said = words(bracket(result, number=2))
    assert "The bound is vacuous" in said
    assert why in said
    assert "says nothing about how fragile" in said
    assert "The bound is vacuous" in table_text(result)
    figure = charts.accuracy_chart([result])
    assert "Certified: nothing, the bound is vacuous" in legend(figure)
    assert not [label for label in legend(figure) if "no attack can break it" in label]


def test_a_contradiction_is_said_aloud() -> None:
    result = certified(1.5)
    count = len(result.contradicted)
    assert count > 100
    for said in (words(bracket(result, number=2)), answer(result), proven.certificate_text(result)):
        assert f"The certificate does not hold: {count} images" in said


def test_the_terminal_has_what_is_certified_and_how() -> None:
    result = certified()
    lines = proven.certificate_text(result).splitlines()
    assert [name for name in ("Certified", "Undecided", "Under FGSM") if name not in lines[0]] == []
    assert percent(result.points[2].accuracy, result.points[2].accuracy_ci) in lines[3]
    assert percent(result.points[2].certified_accuracy, result.points[2].certified_accuracy_ci) in lines[3]
    assert "CROWN-IBP" in lines[-1]
    assert "0.0001" in lines[-1]
    assert "1 min 23 s" in lines[-1]
    assert "Undecided" in table_text(result).splitlines()[0]


# -- the chart ----------------------------------------------------------------------------------------------


def test_the_chart_has_the_floor_below_the_curve_and_shades_what_is_between() -> None:
    result = certified()
    figure = charts.accuracy_chart([result])
    names = legend(figure)
    assert "Certified: no attack can break it" in names
    assert "Undecided: neither proven nor broken" in names
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in figure.axes[0].get_lines()}
    floor = lines["Certified: no attack can break it"]
    np.testing.assert_allclose(floor, [100 * point.certified_accuracy for point in result.points])
    assert (floor <= lines["Accuracy, FGSM (rgb)"]).all()
    [shade] = [area for area in figure.axes[0].collections if area.get_hatch()]
    corners = shade.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(floor.min())
    assert corners[:, 1].max() == pytest.approx(100 * result.points[0].unbroken)


def test_several_floors_have_their_sweeps_colours_in_both_diagrams() -> None:
    one, other = certified(), certified(0.3)
    figure = charts.accuracy_chart([one, other], names=["first", "second"])
    assert {"Certified: no attack can break it, first", "Certified: no attack can break it, second"} <= set(
        legend(figure)
    )
    accuracy, balanced = figure.axes[:2]
    assert not [area for area in accuracy.collections if area.get_hatch()]
    colours = {line.get_label(): line.get_color() for line in accuracy.get_lines()}
    assert colours["Certified: no attack can break it, second"] == colours["second"]
    expected = [100 * point.certified_balanced for point in other.points]
    assert any(np.allclose(np.asarray(line.get_ydata()), expected) for line in balanced.get_lines()[2:4])


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_floor_is_in_every_format(kind: str, tmp_path: Path) -> None:
    path = charts.save_figure(charts.accuracy_chart([certified()]), tmp_path / f"chart.{kind}")
    if kind == "svg":
        assert "Undecided: neither proven nor broken" in path.read_text(encoding="utf-8")
    assert path.stat().st_size > 5000


# -- documents ----------------------------------------------------------------------------------------------


def test_the_section_is_in_the_documents(tmp_path: Path) -> None:
    write_sweep(certified(), tmp_path / "sweep")
    write_report(tmp_path / "sweep", tmp_path / "report.html")
    write_report(tmp_path / "sweep", tmp_path / "report.pdf")
    text = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "report.pdf").pages)
    for written in ((tmp_path / "report.html").read_text(encoding="utf-8"), text):
        assert "Proven robustness" in written
        assert "How far is it proven" in written
    write_sweep(certified(0.3), tmp_path / "other")
    write_report(tmp_path / "sweep", tmp_path / "both.html", tmp_path / "other")
    assert "The bracket of sweep 2" in (tmp_path / "both.html").read_text(encoding="utf-8")
