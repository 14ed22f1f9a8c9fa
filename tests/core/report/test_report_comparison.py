"""The report of several sweeps: its numbers worked out again from images.csv, and what it says of them."""

from __future__ import annotations

import csv
import json
import math
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader
from scipy.stats import binomtest

from cxr_gui.cli import program as cli
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.report.blocks import Table
from cxr_gui.core.report.compared import classifier_name, folder_name, folder_names
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.front import first_page_of_all
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.whole import Known, write_whole
from cxr_gui.core.sweep.comparison import align
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.sweep.result import SweepResult
from tests.support.report_readers import HtmlReader, TableReader, pdf_text
from tests.support.report_samples import EPSILONS, sweep_result

IMAGES = 90
NAMES = ["0", "0.01", "0.03", "0.05", "0.1"]


def sweeps() -> tuple[SweepResult, SweepResult, SweepResult]:
    """A straight line, a better and noisier classifier, and a stronger attack; three films a patient."""
    patients = tuple(f"person{number // 3}" for number in range(IMAGES))
    first = sweep_result(negative=30, positive=60, patients=patients, about={"classifier": "plain"})
    random = np.random.default_rng(4)
    signs = np.where(first.labels == 1, 1.0, -1.0)
    shift = 0.8 * signs + random.normal(0, 1.2, (len(EPSILONS), IMAGES))
    better = (first.logits + shift).astype(np.float32)
    stronger = (first.logits - signs * 60 * EPSILONS[:, None]).astype(np.float32)
    return (
        first,
        sweep_result(
            negative=30,
            positive=60,
            logits=better,
            clean_logits=better[0],
            patients=patients,
            about={"classifier": "trained/robust.safetensors", "architecture": "compact_cnn"},
        ),
        sweep_result(
            negative=30,
            positive=60,
            logits=stronger,
            attack=create_attack("pgd"),
            threat="grey",
            patients=patients,
            about={"classifier": "plain"},
        ),
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("sweeps")
    return [write_sweep(result, place / name) for result, name in zip(sweeps(), "abc", strict=True)]


@pytest.fixture(scope="module")
def page(folders: list[Path]) -> str:
    out = write_report(folders[0], folders[0].parent / "all.html", *folders[1:])
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pdf(folders: list[Path]) -> PdfReader:
    return PdfReader(write_report(folders[0], folders[0].parent / "all.pdf", *folders[1:]))


def right_in(folder: Path) -> dict[str, dict[str, bool]]:
    """epsilon -> path -> whether images.csv has the decision right."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    with (folder / "images.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            for name in NAMES:
                found[name][row["path"]] = (float(row[f"logit_{name}"]) >= 0) == (row["label"] == "PNEUMONIA")
    return found


def patients_in(folder: Path) -> dict[str, str]:
    with (folder / "images.csv").open(newline="") as file:
        return {row["path"]: row["patient"] for row in csv.DictReader(file)}


def interval(one: dict[str, bool], two: dict[str, bool], patients: dict[str, str]) -> tuple[float, float]:
    """The paired interval of two - one as its authors write it down, image by image and in plain numbers."""
    n = len(one)
    p1, p2 = sum(two.values()) / n, sum(one.values()) / n
    residuals = {path: two[path] - one[path] - (p1 - p2) for path in one}
    sums: dict[str, float] = defaultdict(float)
    for path, residual in residuals.items():
        sums[patients[path]] += residual
    simple = math.fsum(residual**2 for residual in residuals.values())
    clustered = math.fsum(total**2 for total in sums.values()) * len(sums) / (len(sums) - 1)
    m = n / max(clustered / simple, 1)

    def wilson(p: float) -> tuple[float, float]:
        # The scores' roots: |p - q| = z * sqrt(q * (1 - q) / m).
        z2 = 1.959963984540054**2
        low, high = sorted(np.roots([1 + z2 / m, -(2 * p + z2 / m), p**2]).real)
        return low, high

    (low1, high1), (low2, high2) = wilson(p1), wilson(p2)
    e = sum(two[path] and one[path] for path in one) / n
    h = sum(not two[path] and not one[path] for path in one) / n
    f, g = p1 - e, p2 - e
    numerator = e * h - f * g
    phi = max(numerator - 0.5 / m, 0) if numerator > 0 else numerator
    phi /= math.sqrt(p1 * (1 - p1) * p2 * (1 - p2)) if 0 < p1 < 1 and 0 < p2 < 1 else math.inf
    below = math.sqrt((p1 - low1) ** 2 - 2 * phi * (p1 - low1) * (high2 - p2) + (high2 - p2) ** 2)
    above = math.sqrt((p2 - low2) ** 2 - 2 * phi * (p2 - low2) * (high1 - p1) + (high1 - p1) ** 2)
    return p1 - p2 - below, p1 - p2 + above


def numbers(cell: str) -> list[float]:
    return [float(part) for part in re.findall(r"[+-]?\d+(?:\.\d+)?", cell.replace("−", "-"))]


def table(page: str, caption: str) -> list[list[str]]:
    [found] = [rows for title, rows in TableReader(page).tables if caption in title]
    return found


@pytest.mark.parametrize("other", [1, 2])
def test_every_number_follows_from_images_csv(folders, page, other):
    header, *rows = table(page, f"Accuracy of sweep {other + 1} minus that of sweep 1")
    assert header[2:] == [
        "Sweep 1",
        f"Sweep {other + 1}",
        "Difference (points)",
        "Only 1 right",
        f"Only {other + 1} right",
    ]
    reference, compared = right_in(folders[0]), right_in(folders[other])
    patients = patients_in(folders[0])
    assert [row[0] for row in rows] == NAMES
    for name, row in zip(NAMES, rows, strict=True):
        one, two = reference[name], compared[name]
        low, high = interval(one, two, patients) if one != two else (-math.inf, math.inf)
        assert numbers(row[2]) == pytest.approx([100 * sum(one.values()) / IMAGES], abs=0.051)
        assert numbers(row[3]) == pytest.approx([100 * sum(two.values()) / IMAGES], abs=0.051)
        difference, *ends = numbers(row[4])
        assert difference == pytest.approx(100 * (sum(two.values()) - sum(one.values())) / IMAGES, abs=0.051)
        if one != two:
            assert ends == pytest.approx([100 * low, 100 * high], abs=0.051)
        assert numbers(row[5]) == [sum(one[path] and not two[path] for path in one)]
        assert numbers(row[6]) == [sum(two[path] and not one[path] for path in one)]


def test_the_accuracy_of_each_sweep_has_wilsons_interval(folders, page):
    tables = [
        rows for title, rows in TableReader(page).tables if "Wilson 95 % intervals, at epsilon in" in title
    ]
    assert len(tables) == 3
    for folder, rows in zip(folders, tables, strict=True):
        column = rows[0].index("Accuracy")
        assert rows[-1][:2] == ["constant", "–"]
        for name, row in zip(NAMES, rows[1:-1], strict=True):
            right = sum(right_in(folder)[name].values())
            ends = binomtest(right, IMAGES).proportion_ci(method="wilson")
            expected = [100 * right / IMAGES, 100 * ends.low, 100 * ends.high]
            assert numbers(row[column].replace("–", " ")) == pytest.approx(expected, abs=0.051)


def test_each_class_is_counted_as_images_csv_counts_it(folders, page):
    rows = next(rows for title, rows in TableReader(page).tables if "Results of sweep 1 by class" in title)[
        1:
    ]
    right = right_in(folders[0])
    labels = dict(zip(sweeps()[0].paths or (), sweeps()[0].labels, strict=True))
    for row in rows:
        label = ("NORMAL", "PNEUMONIA").index(row[0])
        now = right[row[1]]
        mine = [path for path in now if labels[path] == label]
        hits = sum(now[path] for path in mine)
        decided = hits + sum(not now[path] for path in now if labels[path] != label)
        before = [path for path in mine if right["0"][path]]
        flipped = sum(not now[path] for path in before)
        assert numbers(row[2])[0] == pytest.approx(100 * hits / len(mine), abs=0.051)
        assert numbers(row[3])[0] == pytest.approx(100 * hits / decided, abs=0.051)
        assert numbers(row[4])[0] == pytest.approx(2 * hits / (len(mine) + decided), abs=0.00051)
        assert numbers(row[5])[0] == pytest.approx(100 * flipped / len(before), abs=0.051)


def test_critical_epsilons_stand_side_by_side(folders, page):
    header, *rows = table(page, "by which a share of the class's images is decided wrongly")
    assert header[0:2] == ["Class", "Sweep"]
    assert [row[:2] for row in rows] == [
        [name, number] for name in ("NORMAL", "PNEUMONIA") for number in "123"
    ]
    with (folders[0] / "images.csv").open(newline="") as file:
        found = sorted(
            float(row["critical_epsilon"] or "inf")
            for row in csv.DictReader(file)
            if row["label"] == "NORMAL"
        )
    marks = [found[math.ceil(share * len(found)) - 1] for share in (0.25, 0.5, 0.75)]
    assert numbers(rows[0][2])[0] == pytest.approx(100 * np.mean(np.array(found) == 0), abs=0.051)
    for cell, mark in zip(rows[0][3:], marks, strict=True):
        assert (cell == "–") if math.isinf(mark) else numbers(cell)[0] == pytest.approx(mark, rel=1e-3)


@pytest.mark.parametrize(
    "expected",
    [
        "Adversarial robustness compared: 3 sweeps",
        "1. Summary",
        "What this does not show.",
        "2. Sweeps compared",
        "All of them attacked the same 90 images.",
        "3. Comparison",
        "here 30 patients",
        "4. Critical epsilons compared",
        "5. Threat model and attack",
        "Sweep 3 attacks with PGD",
        "Its threat model is grey, that of sweep 1 rgb: they ask different questions",
        "6. Accuracy under attack",
        "Accuracy of sweep 3 versus epsilon.",
        "Trust checks of sweep 2.",
        "How to reproduce",
        "compact_cnn robust",
    ],
)
def test_both_formats_say_it(pdf, page, expected):
    assert expected in pdf_text(pdf)
    assert expected in HtmlReader(page).text


def test_the_pdf_leads_to_its_sections_and_has_no_empty_page(pdf):
    titles = [str(entry.title) for entry in pdf.outline if not isinstance(entry, list)]
    assert titles[:3] == ["1. Summary", "2. Sweeps compared", "3. Comparison"]
    assert len(titles) == len(set(titles))
    for sheet in pdf.pages:
        assert len(sheet.extract_text().split()) > 20 or sheet.images


def test_no_title_is_the_last_thing_on_a_page(pdf):
    titles = {str(entry.title) for entry in pdf.outline if not isinstance(entry, list)}
    for sheet in pdf.pages:
        lines = [line for line in sheet.extract_text().splitlines() if line.strip()]
        text = [line for line in lines if not line.startswith("page ") and "compared: 3 sweeps" not in line]
        assert sheet.images or text[-1] not in titles


def test_only_common_images_are_compared_and_it_says_how_many(folders, tmp_path):
    fewer = sweep_result(negative=30, positive=50, patients=None)
    write_sweep(fewer, tmp_path / "fewer")
    out = write_report(folders[0], tmp_path / "out.html", tmp_path / "fewer")
    text = HtmlReader(out.read_text(encoding="utf-8")).text
    assert "did not attack the same images" in text
    assert "compared on the 80 images that all of them attacked; 10 images of sweep 1 are left out" in text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"paths": tuple(f"train/{number}" for number in range(IMAGES))}, "no image in common"),
        ({"paths": None}, "does not say which images"),
        ({"classes": ("A", "B")}, "decides between A and B"),
    ],
)
def test_what_cannot_be_compared_is_a_wrong_call_and_leaves_no_file(folders, tmp_path, capsys, changes, why):
    write_sweep(sweep_result(negative=30, positive=60, **changes), tmp_path / "other")
    call = ("report", folders[0], tmp_path / "other", "--out", tmp_path / "out.pdf")
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in call])
    assert end.value.code == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "out.pdf").exists()


def test_the_same_sweep_twice_is_refused(folders, tmp_path):
    with pytest.raises(SettingsError, match="named twice"):
        write_report(folders[0], tmp_path / "out.pdf", folders[0] / "sweep.json")


def test_too_many_sweeps_are_refused_before_any_is_read(tmp_path):
    for number in range(21):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "sweep.json").write_text("broken")
    with pytest.raises(SettingsError, match="21 sweeps are too many"):
        write_report(tmp_path, tmp_path / "out.pdf")


def test_sweeps_without_a_shared_epsilon_say_so(folders, tmp_path):
    other = sweep_result(negative=30, positive=60, epsilons=EPSILONS + 0.002, critical=None)
    write_sweep(other, tmp_path / "other")
    out = write_report(folders[0], tmp_path / "out.html", tmp_path / "other")
    text = HtmlReader(out.read_text(encoding="utf-8")).text
    assert "Sweeps 1 and 2 have no epsilon in common." in text
    assert "Critical epsilons compared" not in text


def test_other_files_of_the_same_names_are_told(folders, tmp_path):
    for name, print_ in (("one", "aa"), ("two", "bb")):
        result = sweep_result(
            negative=9, positive=9, about={"data": {"name": "xrays", "fingerprint": print_}}
        )
        write_sweep(result, tmp_path / name)
    out = write_report(tmp_path / "one", tmp_path / "out.html", tmp_path / "two")
    text = HtmlReader(out.read_text(encoding="utf-8")).text
    assert "fingerprints differ" in text
    assert "18 images of xrays were attacked" in text


def test_a_folder_of_sweeps_is_compared_in_the_order_of_its_numbers(tmp_path):
    for number in (2, 10, 1):
        write_sweep(sweep_result(negative=9, positive=9), tmp_path / f"{number}-fgsm-rgb")
    with pytest.raises(SystemExit) as end:
        cli.main(["report", str(tmp_path), "--out", str(tmp_path / "out.html")])
    assert not end.value.code
    rows = table((tmp_path / "out.html").read_text(encoding="utf-8"), "The sweeps; sweep 1 is the reference.")
    assert [row[1] for row in rows[1:]] == ["1-fgsm-rgb", "2-fgsm-rgb", "10-fgsm-rgb"]


def test_the_first_page_says_up_to_where_half_the_right_decisions_are_proven():
    """Where one sweep has proofs; a vacuous bound is no small radius."""
    plain = sweep_result()
    reach = np.minimum(plain.critical, EPSILONS.max())
    found = (plain, sweep_result(certified=0.5 * reach), sweep_result(certified=1e-4 * reach))
    shown = numbers_of_all(found)
    column = shown.columns.index("Half proven up to")
    none, median, vacuous = (row[column] for row in shown.rows)
    assert (none, vacuous) == ("–", "vacuous")
    assert float(median.split()[0]) == pytest.approx(2 * found[1].median_certified, rel=1e-3)
    assert "no attack at all can change half of them" in shown.caption
    assert "Half proven up to" not in numbers_of_all((plain, plain)).columns


def numbers_of_all(found: tuple[SweepResult, ...]) -> Table:
    sources = [
        ReportSource(Path(f"out/{number}"), result, number=number) for number, result in enumerate(found)
    ]
    [shown] = [block for block in first_page_of_all(align(found), sources).blocks if isinstance(block, Table)]
    return shown


def test_the_windows_export_compares_several_sweeps(tmp_path):
    out = progress.run(write_whole(sweeps()[:2], Known(), tmp_path / "out"))
    assert {path.name for path in out.iterdir()} == {
        "1-fgsm-rgb", "2-fgsm-rgb", "chart.png", "report.html", "report.pdf",
    }  # fmt: skip
    assert "compared: 2 sweeps" in (out / "report.html").read_text(encoding="utf-8")
    assert json.loads((out / "1-fgsm-rgb" / "sweep.json").read_text())["images"] == IMAGES


def test_sweeps_of_other_images_are_exported_without_a_comparison(tmp_path):
    first = sweep_result(negative=9, positive=9)
    other = sweep_result(negative=9, positive=9, paths=tuple(f"train/{number}" for number in range(18)))
    out = progress.run(write_whole((first, other), Known(), tmp_path / "out"))
    assert not (out / "report.pdf").exists()
    assert (out / "2-fgsm-rgb" / "report.pdf").exists()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/home/alice/out/pgd-rgb", "pgd-rgb"),
        ("/home/alice", "–"),
        ("/", "–"),
        ("/data/my sweep", "my sweep"),
    ],
)
def test_a_folder_is_named_but_not_where_it_is(folder, name):
    assert folder_name(Path(folder)) == name


def test_folders_of_one_name_are_told_apart_by_those_they_lie_in():
    places = ("/data/a/sweep", "/data/b/sweep", "/home/alice/sweep", "/data/other")
    sources = [ReportSource(Path(place), sweep_result(negative=1, positive=1)) for place in places]
    assert folder_names(sources) == ["a/sweep", "b/sweep", "sweep", "other"]


@pytest.mark.parametrize(
    ("classifier", "name"),
    [
        ("", "compact_cnn"),
        ("best", "compact_cnn"),
        ("compact_cnn", "compact_cnn"),
        ("robust", "compact_cnn robust"),
        ("runs/robust/best.safetensors", "compact_cnn robust"),
        ("study/run/best.safetensors", "compact_cnn study"),
        ("/home/alice/best.safetensors", "compact_cnn"),
        ("/home/alice/x/robust.safetensors", "compact_cnn robust"),
    ],
)
def test_a_classifier_is_named_by_what_tells_it_apart(classifier, name):
    about = {"architecture": "compact_cnn", "classifier": classifier}
    assert classifier_name(ReportSource(Path("out"), sweep_result(about=about))) == name
