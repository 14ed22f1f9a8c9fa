"""The report: PDF and HTML reopened and read as a person, and a hostile file name, would."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import published
from cxr_gui.core.base.errors import CheckpointError, OutputError, SettingsError
from cxr_gui.core.base.metrics import wilson
from cxr_gui.core.base.wording import percent
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.core.report import by_class, results
from cxr_gui.core.report.blocks import Paragraph, Table
from cxr_gui.core.report.content import compose
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.front import answer, key_numbers
from cxr_gui.core.report.pages import SIDE
from cxr_gui.core.report.results import table_text
from cxr_gui.core.report.source import ReportSource, read_source
from cxr_gui.core.report.terms import terms
from cxr_gui.core.report.wording import epsilon_range
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.training.events import EpochRow
from cxr_gui.core.training.recipes import RECIPES, TrainConfig
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.report_readers import HtmlReader, pdf_text
from tests.support.report_samples import ABOUT, as_published, sweep_result

HOSTILE = "<img src=x onerror=alert(1)>"
USER = "alice"


def write_study(folder: Path) -> Path:
    """A study as core.study leaves it, from a sweep made by hand and an untrained classifier."""
    run = RunFolder(folder / "run")
    run.path.mkdir(parents=True)
    run.write_config(
        TrainConfig("compact_cnn", recipe=RECIPES["paper"], seed=11), Path("/home/alice/xrays"), "f1e2"
    )
    run.write_metrics([EpochRow(epoch=n, train_loss=1 / n, train_accuracy=1 - 0.5 / n) for n in (1, 2, 3)])
    classifier = create("compact_cnn")
    classifier.card.source = f"Trained on /home/{USER}/xrays by hand"
    classifier.card.metrics = {"epoch": 3}
    save(classifier, run.best)
    write_sweep(sweep_result(about={"seed": 7, "versions": {"torch": "2.15.0"}}), folder / "sweep")
    (folder / "examples").mkdir()
    Image.new("RGB", (300, 120), "teal").save(folder / "examples" / "fragile.png")
    record = {
        "kind": "study",
        "run": "run",
        "sweep": "sweep",
        "command": f"main.py study --data '/home/{USER} b/chest xray' --out /srv/out --epochs 3",
        "data": {
            "name": HOSTILE,
            "counts": {
                "train": {"NORMAL": 1341, "PNEUMONIA": 3875},
                "test": {"NORMAL": 234, "PNEUMONIA": 390},
            },
            "classes": ["NORMAL", "PNEUMONIA"],
            "fingerprint": "0123abcd",
        },
        "audit": {
            "findings": [
                {"name": "unreadable files", "passed": True, "summary": "Every file can be read."},
                {
                    "name": "duplicates",
                    "passed": False,
                    "severity": "serious",
                    "summary": f"C:\\Users\\{USER}\\a.png twice.",
                    "advice": "Drop.",
                },
            ]
        },
        "seconds": {"train": 3725.0},
        "examples": [
            {"file": "examples/fragile.png", "caption": f"{HOSTILE} & most fragile"},
            {"file": "examples/lost.png", "caption": "typical"},
        ],
    }
    (folder / "study.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def comparable(monkeypatch: pytest.MonkeyPatch) -> None:
    as_published(monkeypatch)


@pytest.fixture(scope="module")
def pdf(study: Path) -> PdfReader:
    return PdfReader(write_report(study, study / "report.pdf"))


@pytest.fixture(scope="module")
def page(study: Path) -> str:
    return write_report(study, study / "report.html").read_text(encoding="utf-8")


def expected_texts() -> list[str]:
    result = sweep_result()
    last = result.points[-1]
    return [
        "Adversarial robustness of compact_cnn against FGSM",
        "1. Summary",
        "What this does not show.",
        "2. Threat model and attack",
        "white box",
        "threat model rgb",
        "3. Accuracy under attack",
        percent(last.accuracy, last.accuracy_ci),
        "this classifier sees a single grey channel",
        "rgb, averaged to grey",
        "4. Decisions by class",
        "5. Critical epsilon",
        "6. Examples",
        "(The image examples/lost.png cannot be read.)",
        "7. Trust checks",
        "✓ pass",
        "✗ fail",
        "Random noise breaks as many images as the attack.",
        "8. Data and audit",
        "5,216",
        "Every file can be read.",
        "✗ problem",
        "9. Classifier",
        "10. Training",
        "Adam's step size",
        "11. How to read the tables",
        "127.5 times",
        "harmonic mean",
        "12. How to reproduce",
        "main.py study --data '…/chest xray' --out …/out --epochs 3",
        "0123abcd",
        "1 h 2 min",
        HOSTILE,
    ]


@pytest.mark.parametrize("expected", expected_texts())
def test_both_formats_say_the_same(pdf, page, expected):
    assert expected in pdf_text(pdf)
    assert expected in HtmlReader(page).text


def test_the_notice_stands_in_it_once(pdf, page):
    assert pdf_text(pdf).count("Not for clinical use") == 1
    assert HtmlReader(page).text.count("Not for clinical use") == 1


def test_no_user_and_no_place_of_this_machine_is_in_it(study, pdf, page):
    metadata = " ".join(str(value) for value in (pdf.metadata or {}).values())
    for text in (pdf_text(pdf), metadata, page):
        assert USER not in text
        assert str(study) not in text
        assert not re.search(r"/(home|srv|tmp|Users)/", text)


def test_the_pdf_is_a4_numbered_and_titled(pdf):
    count = len(pdf.pages)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Adversarial robustness of compact_cnn against FGSM"
    for number_, sheet in enumerate(pdf.pages, start=1):
        assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (595, 842)
        assert f"page {number_} of {count}" in sheet.extract_text()


def test_no_page_of_the_pdf_is_empty_and_no_title_stands_alone(pdf):
    titles = {str(entry.title) for entry in pdf.outline}
    assert len(titles) == 12
    for sheet in pdf.pages:
        lines = [line.strip() for line in sheet.extract_text().splitlines() if line.strip()]
        text = [line for line in lines if not line.startswith(("page ", "Adversarial robustness of"))]
        assert text or sheet.images
        assert sheet.images or text[-1] not in titles


def test_no_line_of_the_pdf_passes_the_margins(pdf):
    fonts = {"DejaVuSans": "Report", "DejaVuSans-Bold": "Report-Bold", "DejaVuSansMono": "Report-Mono"}
    ends: list[float] = []

    def look(
        text: str, page: list[float], line: list[float], font: dict[str, str] | None, size: float
    ) -> None:
        if font is not None and text.strip():
            start = page[0] * line[4] + page[4]
            name = fonts[font["/BaseFont"].split("+")[1]]
            ends.append(start + stringWidth(text.strip(), name, size * line[0] * page[0]))
            assert start >= SIDE - 0.1

    for sheet in pdf.pages:
        sheet.extract_text(visitor_text=look)
    assert len(ends) > 200
    assert max(ends) <= A4[0] - SIDE + 0.1


def test_the_pdf_has_every_chart_at_300_dots_an_inch(pdf):
    widths = [image.image.width for sheet in pdf.pages for image in sheet.images if image.image]
    assert widths.count(2340) == 1  # accuracy: 7.8 inches
    assert widths.count(1920) == 3  # learning curve, confusion, critical epsilon: 6.4 inches each
    assert widths.count(300) == 1


def test_the_html_is_one_inert_file(page):
    read = HtmlReader(page)
    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(tag for tag, _ in read.tags)
    images = [attributes for tag, attributes in read.tags if tag == "img"]
    assert len(images) == 5
    assert all(str(attributes["src"]).startswith("data:image/") for attributes in images)
    assert not any(name.startswith("on") for _, attributes in read.tags for name in attributes)
    assert HOSTILE in str(images[3]["alt"])
    assert HOSTILE not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_html_holds_charts_as_vectors_and_images_as_they_are(page):
    sources = [str(attributes["src"]) for tag, attributes in HtmlReader(page).tags if tag == "img"]
    kinds = [source.split(";")[0].removeprefix("data:image/") for source in sources]
    assert kinds == ["svg+xml"] * 3 + ["png", "svg+xml"]
    assert b"<svg" in b64decode(sources[0].split(",")[1])


def test_the_html_prints_on_a4_and_knows_the_dark(page):
    assert "@page { size: A4" in page
    assert "prefers-color-scheme: dark" in page


def test_a_sweep_alone_makes_a_shorter_report(tmp_path):
    write_sweep(sweep_result(), tmp_path)
    text = pdf_text(PdfReader(write_report(tmp_path, tmp_path / "report.pdf")))
    assert "Adversarial robustness of a chest radiograph classifier against FGSM" in text
    assert "Trust checks" in text
    assert "Model card" not in text
    assert "Learning curve" not in text


def test_study_json_itself_can_be_given(study, tmp_path):
    assert write_report(study / "study.json", tmp_path / "report.html").stat().st_size > 10_000


def test_an_interrupted_sweep_says_so(tmp_path):
    result = sweep_result(complete=False, checks=(), critical=None, noise_logits=None)
    write_sweep(result, tmp_path)
    text = HtmlReader(write_report(tmp_path, tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "stopped before its end" in text
    assert "ran no trust checks" in text
    assert "Critical epsilon" not in text


def test_a_sweep_stopped_before_its_first_image_still_reports(tmp_path):
    write_sweep(sweep_result(negative=0, positive=0, complete=False, checks=(), paths=None), tmp_path)
    text = pdf_text(PdfReader(write_report(tmp_path, tmp_path / "report.pdf")))
    assert "0 images were attacked" in text


@pytest.mark.usefixtures("comparable")
def test_published_values_stand_beside_comparable_ones_only():
    table = results.accuracy_table(sweep_result())
    column = table.columns.index("Published")
    assert [row[column] for row in table.rows] == ["75.2 %", "67.6 %", "57.5 %", "45.5 %", "14.6 %", "–"]
    assert "largest difference" in results.comparison(sweep_result())[1]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"negative": 100, "positive": 100}, "the images are others (100 negative and 100 positive here"),
        ({"attack": create_attack("pgd")}, "the attack is pgd here and fgsm there"),
        ({"threat": "grey"}, "the threat model is grey here and rgb there"),
        (
            {"about": ABOUT | {"architecture": "compact_cnn"}},
            "the architecture is compact_cnn here and paper_cnn",
        ),
        ({"about": ABOUT | {"recipe": "balanced"}}, "the recipe is balanced here and paper there"),
        ({"about": {}}, "the architecture is not known here and paper_cnn there"),
        ({"paths": None}, "the images are not those of the Kermany data's test split"),
        ({"paths": tuple(f"train/{image}.jpeg" for image in range(624))}, "not those of the Kermany data"),
        ({"epsilons": sweep_result().epsilons + 0.001}, "no epsilon is one of the published ones"),
    ],
)
@pytest.mark.usefixtures("comparable")
def test_what_cannot_be_compared_is_not_and_says_why(changes, why):
    result = sweep_result(**changes)
    assert "Published" not in results.accuracy_table(result).columns
    comparable, remark = results.comparison(result)
    assert not comparable
    assert why in remark
    assert why in table_text(result)


@pytest.mark.usefixtures("comparable")
def test_an_epsilon_the_published_table_lacks_gets_a_dash():
    result = sweep_result()
    shifted = replace(result, epsilons=result.epsilons * [1, 1, 1, 1, 1.5])
    table = results.accuracy_table(shifted)
    assert [row[table.columns.index("Published")] for row in table.rows][-3:-1] == ["45.5 %", "–"]


def test_the_constant_answer_has_a_row():
    table = results.accuracy_table(sweep_result())
    row = dict(zip(table.columns, table.rows[-1], strict=True))
    assert row == {
        "Epsilon": "constant",
        "n/255": "–",
        "Accuracy": percent(390 / 624, wilson(390, 624)),
        "Balanced": "50.0 %",
        "Sensitivity": "100.0 %",
        "Specificity": "0.0 %",
    }
    assert "constant answer PNEUMONIA is right for 62.5 %" in table_text(sweep_result())
    assert results.accuracy_table(sweep_result(negative=9, positive=1)).rows[-1][4:] == ("0.0 %", "100.0 %")


def test_every_number_that_claims_something_has_an_interval():
    result = sweep_result(negative=60, positive=90)
    source = ReportSource(Path("sweep"), result)
    tables = [block for block in results.robustness([source]).blocks if isinstance(block, Table)]
    bare = {"Epsilon", "n/255"}
    cells = {
        (column, cell)
        for table in tables
        for row in table.rows
        if row[0] != "constant"
        for column, cell in zip(table.columns, row, strict=True)
        if column not in bare and cell != "–"
    }
    assert {column for column, _ in cells} >= {
        "Balanced", "Not broken", "Not broken, balanced", "Random noise", "MCC", "Calibration", "AUROC",
    }  # fmt: skip
    assert [cell for _, cell in cells if not re.search(r"\(.+(–| to ).+\)", cell)] == []
    text = " ".join(block.text for block in terms([source]).blocks if isinstance(block, Paragraph))
    assert "of twenty side by side" in text
    assert "treat every film as independent" in text


def test_the_summary_gives_what_was_never_broken_where_the_attack_overshoots():
    result = sweep_result()
    recovers = result.logits.copy()
    recovers[-1] = recovers[0]
    said = answer(replace(result, logits=recovers))
    worst = result.points[-2]
    assert f"to {percent(result.points[0].accuracy, result.points[0].accuracy_ci)} and balanced" in said
    assert f"Only {percent(worst.accuracy, worst.accuracy_ci)} of the images are not broken" in said
    assert percent(worst.balanced_accuracy, worst.balanced_accuracy_ci) in said
    assert "not broken" not in answer(result)
    [_, broken, _] = key_numbers(replace(result, logits=recovers)).numbers
    assert broken.value == percent(worst.accuracy)


def test_the_median_critical_epsilon_has_an_interval_everywhere(tmp_path):
    result = sweep_result()
    low, high = result.median_critical_ci
    assert low < result.median_critical < high
    range_ = epsilon_range((low, high))
    assert range_ in answer(result)
    [_, _, flipped] = key_numbers(result).numbers
    assert range_.strip(" ()") in flipped.detail
    section = by_class.fragility([ReportSource(tmp_path, result)])
    assert section is not None
    [table] = [block for block in section.blocks if isinstance(block, Table)]
    range_ = epsilon_range(result.median_interval(result.right_at_start & (result.labels == 1)))
    assert range_ in table.rows[1][table.columns.index("Half by")]
    write_sweep(result, tmp_path)
    document = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    assert document["median_critical_epsilon_ci"] == pytest.approx([2 * low, 2 * high])
    assert document["constant_answer"] == {"class": "PNEUMONIA", "accuracy": 0.625}
    assert {"balanced_accuracy_ci", "mcc_ci", "ece_ci", "noise_accuracy_ci"} <= document["points"][0].keys()


def test_the_table_for_the_terminal_is_aligned():
    lines = table_text(sweep_result()).splitlines()
    assert len(lines) == 1 + len(published.POINTS) + 1 + 2
    assert len({len(line) for line in lines[:-2]}) == 1


@pytest.mark.parametrize("name", ["report.docx", "report"])
def test_another_format_is_refused(study, tmp_path, name):
    with pytest.raises(SettingsError, match=r"\.pdf or \.html"):
        write_report(study, tmp_path / name)


def test_a_folder_that_is_neither_study_nor_sweep_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="neither a study nor a sweep"):
        write_report(tmp_path, tmp_path / "report.pdf")


@pytest.mark.parametrize("content", ["", "[1]", "{", "\x00", '{"data": 3}', '{"audit": {"findings": [{}]}}'])
def test_a_damaged_record_is_refused(tmp_path, content):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(SettingsError, match="not the record of a study"):
        write_report(tmp_path, tmp_path / "report.pdf")


def test_a_study_whose_sweep_is_lost_is_refused_and_the_old_report_stays(study, tmp_path):
    copy = write_study(tmp_path / "study")
    (copy / "sweep" / "sweep.json").unlink()
    old = copy / "report.html"
    old.write_text("old")
    with pytest.raises(CheckpointError):
        write_report(copy, old)
    assert old.read_text() == "old"


@pytest.mark.parametrize("key", ["run", "sweep"])
def test_a_record_cannot_point_outside_its_folder(tmp_path, key):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.json").write_text(json.dumps({key: "../elsewhere"}))
    with pytest.raises(SettingsError, match="not in its folder"):
        write_report(tmp_path / "study", tmp_path / "report.pdf")


def test_an_example_cannot_come_from_outside(study, tmp_path):
    copy = write_study(tmp_path / "study")
    Image.new("RGB", (9, 9)).save(tmp_path / "private.png")
    record = json.loads((copy / "study.json").read_text())
    record["examples"] = [{"file": "../private.png", "caption": "x"}]
    (copy / "study.json").write_text(json.dumps(record))
    with pytest.raises(SettingsError, match="not in its folder"):
        write_report(copy, tmp_path / "report.html")


def test_a_report_that_cannot_be_written_is_an_output_error(study, tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("report.pdf", "report.html"):
        with pytest.raises(OutputError):
            write_report(study, tmp_path / "file" / name)


def test_the_report_reads_the_run_only_where_there_is_one(study):
    titles = [section.title for section in compose([read_source(study)]).sections]
    assert titles[8:10] == ["9. Classifier", "10. Training"]
