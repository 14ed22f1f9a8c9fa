"""The sections about what came before the sweep, and about how to do it all again."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.base.files import sha256
from cxr_gui.core.base.wording import duration, percent
from cxr_gui.core.data import INFORMATION, PROBLEM, WARNING
from cxr_gui.core.models import Classifier, architectures
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import FAIL, PASS, Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.privacy import elide, elide_command
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.study_folder import StudyFolder
from cxr_gui.core.report.study_record import AuditFinding, Example
from cxr_gui.core.report.wording import counted, facts, numbers, sentence_case, spaced
from cxr_gui.core.training import Recipe, Run

NAMED_VALUES = ("", "")
"""The columns of a table whose rows are a name and a value."""


def data(source: ReportSource) -> Section:
    """Which images there were, which were attacked, and what the audit found."""
    labels, (negative, positive) = source.sweep.labels, source.sweep.classes
    record = source.record
    name = f" of {elide(source.data_name)}" if source.data_name else ""
    attacked = int(labels.sum())
    blocks: list[Block] = [
        Paragraph(
            f"{counted(len(labels), 'image')}{name} were attacked: {len(labels) - attacked} {negative} and "
            f"{attacked} {positive}."
        )
    ]
    if record.data.counts:
        classes = list(dict.fromkeys(label for found in record.data.counts.values() for label in found))
        columns = ("Split", *classes, "All")
        rows = tuple(
            (split, *(f"{found.get(label, 0):,}" for label in classes), f"{sum(found.values()):,}")
            for split, found in record.data.counts.items()
        )
        blocks.append(Table(columns, rows, "Images in each split.", frozenset(columns[1:])))
    if record.audit.findings:
        findings = tuple(
            (sentence_case(finding.name), _verdict(finding), spaced(elide(finding.text)))
            for finding in record.audit.findings
        )
        blocks.append(Table(("Check", "Verdict", "What was found"), findings, "Audit of the data."))
    return Section("Data and audit", tuple(blocks))


def _verdict(finding: AuditFinding) -> str:
    """Its severity; earlier versions knew none of what passed, and others of what failed."""
    if finding.severity in (INFORMATION, WARNING, PROBLEM):
        return finding.severity
    return PASS if finding.passed else f"{FAIL}: {finding.severity}" if finding.severity else FAIL


def classifier_card(classifier: Classifier) -> Section:
    """The classifier's own account of itself."""
    architecture = architectures()[classifier.architecture]
    normalisation = classifier.normalisation
    height, width = classifier.input_size
    rows = [
        ("Architecture", f"{architecture.title} ({classifier.architecture}): {architecture.summary}"),
        ("Parameters", f"{classifier.parameter_count():,}"),
        ("Input", f"{height} × {width} pixels, {counted(normalisation.channels, 'channel')}"),
        (
            "Normalisation",
            f"(pixel − mean) / std; mean {numbers(normalisation.mean)}, std {numbers(normalisation.std)}",
        ),
        ("Output", f"one logit; its sigmoid is the probability of {classifier.classes[1]}"),
        ("Threshold", f"{classifier.classes[1]} from a probability of {classifier.threshold:.4g} on"),
        *facts({"Source": classifier.card.source, "Data": classifier.card.data}),
        *(
            (sentence_case(name).replace("auroc", "AUROC"), value)
            for name, value in facts(classifier.card.metrics, digits=4)
        ),
    ]
    return Section("Classifier", (Table(NAMED_VALUES, tuple(rows), "Model card."),))


def training(run: Run) -> Section:
    """Recipe and learning curve."""
    recipe = run.config.recipe
    summary = f" ({recipe.summary})" if recipe.summary else ""
    which = f"; the classifier is that of epoch {run.best_epoch}" if run.best_epoch else ""
    blocks: list[Block] = [
        Paragraph(
            f"Trained by the recipe {recipe.name}{summary}, seed {run.config.seed}. Outcome: "
            f"{run.outcome}, after {counted(len(run.history), 'epoch')}{which}."
        ),
        Table(
            ("Setting", "Value", "Meaning"),
            tuple(_recipe_rows(recipe)),
            "The recipe. What is not listed is switched off.",
        ),
    ]
    if run.history:
        blocks.append(
            Illustration(
                charts.learning_curve(run.history),
                "Learning curve. Training numbers are those of the images as they were trained on, "
                "averaged over each epoch; accuracy is at a probability of 0.5.",
                width=0.9,
            )
        )
    return Section("Training", tuple(blocks))


def _recipe_rows(recipe: Recipe) -> list[tuple[str, str, str]]:
    idle = {"name", "summary"}
    if not recipe.robust:
        idle |= {"threat", "attack_steps", "step_size"}
    if not recipe.probe_images:
        idle |= {"probe_steps", "on_collapse"}
    if recipe.keep == "last" and not recipe.patience:
        idle |= {"best_by"}
    rows = []
    for entry in describe_fields(type(recipe)):
        value = getattr(recipe, entry.name)
        if entry.name in idle or value in (0, "", "none"):
            continue
        written = "yes" if value is True else f"{value:g}" if isinstance(value, int | float) else str(value)
        rows.append((entry.name.replace("_", " "), f"{written} {entry.unit}".strip(), entry.meaning))
    return rows


def examples(source: ReportSource) -> Section | None:
    """Panels of single images; None when the study drew none."""
    if not source.record.examples:
        return None
    threshold = probability(source.sweep.threshold_logit)
    explanation = Paragraph(
        "Each panel shows the clean image, the perturbed one and their difference, drawn stronger by the "
        "stated gain: red is brighter after the attack, blue darker. The percentage is the probability of "
        f"the class that is decided: {source.sweep.classes[1]} from a probability of {percent(threshold)} on."
    )
    panels = [_example(source, example) for example in source.record.examples]
    return Section("Examples", (explanation, *panels))


def _example(source: ReportSource, example: Example) -> Block:
    """The image, drawn afresh so that only its pixels get into the report; or a word that it is lost."""
    caption = spaced(elide(example.caption))
    buffer = BytesIO()
    try:
        with Image.open(StudyFolder(source.folder).inside(example.file)) as image:
            image.convert("RGB").save(buffer, "PNG")
    except (OSError, Image.DecompressionBombError):  # what is no image at all is an OSError, too
        return Paragraph(f"{caption} (The image {example.file} cannot be read.)")
    return Illustration(buffer.getvalue(), caption)


def reproduction(source: ReportSource) -> Section:
    """How to make these numbers again, and how to tell that they are the same."""
    blocks: list[Block] = []
    if source.command:
        blocks += [
            Paragraph(
                "This command does it again; DATA, OUT and … stand for folders on the machine it ran on."
            ),
            Paragraph(elide_command(source.command), code=True),
        ]
    about = {name: value for name, value in source.sweep.about.items() if name not in ("command", "data")}
    attack = {"attack": source.sweep.attack.name, **source.sweep.attack.parameters()}
    rows = list(facts({**attack, "threat model": source.sweep.threat, **about}, "sweep: "))
    if source.run is not None and source.run_config is not None:
        rows += [
            ("training: seed", str(source.run.config.seed)),
            *facts(source.run_config.versions, "training: "),
        ]
    if source.classifier_file is not None and source.classifier_file.is_file():
        rows.append(("classifier: SHA-256", sha256(source.classifier_file)))
    rows += facts({"name": source.data_name, "fingerprint": source.data_fingerprint}, "data: ")
    times = {"sweep": source.sweep.seconds, **source.record.seconds}
    rows += [(f"time: {stage}", duration(seconds, digits=1)) for stage, seconds in times.items() if seconds]
    if rows:
        blocks.append(Table(NAMED_VALUES, tuple(rows), "What the numbers depend on, and the time it took."))
    return Section("How to reproduce", tuple(blocks))
