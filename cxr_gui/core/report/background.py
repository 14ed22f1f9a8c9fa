"""The sections about what came before the sweep, and about how to do it all again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from io import BytesIO

from matplotlib.figure import Figure
from PIL import Image

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.fields import describe_fields, spoken_fields
from cxr_gui.core.base.files import sha256
from cxr_gui.core.base.wording import duration, percent
from cxr_gui.core.models import Classifier, architectures
from cxr_gui.core.report import charts
from cxr_gui.core.report.blocks import FAIL, PASS, Block, Illustration, Paragraph, Section, Table
from cxr_gui.core.report.drawing import once
from cxr_gui.core.report.privacy import elide, elide_command
from cxr_gui.core.report.source import ReportSource
from cxr_gui.core.report.study_folder import StudyFolder
from cxr_gui.core.report.study_record import AuditFinding, Example
from cxr_gui.core.report.wording import counted, facts, listed, numbers, sentence_case, spaced
from cxr_gui.core.training import Recipe, Run

NAMED_VALUES = ("", "")
"""The columns of a table whose rows are a name and a value."""

FINDINGS = {
    "fine": "✓ fine",
    "information": "information",
    "warning": "⚠ warning",
    "notice": "⚠ warning",
    "problem": "✗ problem",
    "serious": "✗ problem",
}
"""The verdict on a finding of the audit by its severity, in today's words and in those of older studies."""

EXAMPLE_WIDTH = 0.78
"""Four panels with their captions fill a page."""


def data(sources: Sequence[ReportSource]) -> Section:
    """Which images there were, which were attacked, and what the audit found; of each dataset once."""
    blocks: list[Block] = []
    for source, which in _distinct(sources, _data_key):
        labels, (negative, positive) = source.sweep.labels, source.sweep.classes
        record, attacked = source.record, int(source.sweep.labels.sum())
        blocks.append(
            Paragraph(
                f"{counted(len(labels), 'image')}{source.of_data} were attacked: {len(labels) - attacked} "
                f"{negative} and {attacked} {positive}.",
                lead=which and f"{which}.",
            )
        )
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


def _data_key(source: ReportSource) -> Hashable:
    """What makes the account of the data of two sweeps the same."""
    labels = source.sweep.labels
    return source.data_name, source.data_fingerprint, len(labels), int(labels.sum()), source.record.audit


def _distinct(
    sources: Sequence[ReportSource], key: Callable[[ReportSource], Hashable]
) -> Iterator[tuple[ReportSource, str]]:
    """The first source of each key that is not None, and whose it is besides: "Sweeps 1 and 3"; "" of all."""
    groups: dict[Hashable, list[ReportSource]] = {}
    for source in sources:
        if (found := key(source)) is not None:
            groups.setdefault(found, []).append(source)
    for those in groups.values():
        numbers = [str(source.number) for source in those]
        all_of_them = len(those) == len(sources)
        yield those[0], "" if all_of_them else f"Sweep{'s' * (len(those) > 1)} {listed(numbers)}"


def _verdict(finding: AuditFinding) -> str:
    """Its level; of earlier versions, which knew other words for what failed and none for what passed."""
    return FINDINGS.get(finding.severity, PASS if finding.passed else FAIL)


def classifiers(sources: Sequence[ReportSource]) -> Section | None:
    """Each classifier's own account of itself, once; None where none is known."""
    blocks: list[Block] = []
    for source, which in _distinct(sources, _classifier_key):
        if source.classifier is not None:
            caption = f"Model card of the classifier of {which.lower()}." if which else "Model card."
            blocks.append(Table(NAMED_VALUES, tuple(_card(source.classifier, source)), caption))
    return Section("Classifier", tuple(blocks)) if blocks else None


def _classifier_key(source: ReportSource) -> Hashable | None:
    """The file of the classifier that was attacked, or the classifier itself; None where it is unknown."""
    return source.classifier_file or source.classifier


def _card(classifier: Classifier, source: ReportSource) -> Iterator[tuple[str, str]]:
    architecture = architectures()[classifier.architecture]
    normalisation = classifier.normalisation
    height, width = classifier.input_size
    yield "Architecture", f"{architecture.title} ({classifier.architecture}): {architecture.summary}"
    yield "Parameters", f"{classifier.parameter_count():,}"
    yield "Input", f"{height} × {width} pixels, {counted(normalisation.channels, 'channel')}"
    yield (
        "Normalisation",
        f"(pixel − mean) / std; mean {numbers(normalisation.mean)}, std {numbers(normalisation.std)}",
    )
    yield "Output", f"one logit; its sigmoid is the probability of {classifier.classes[1]}"
    yield "Threshold", f"{classifier.classes[1]} from a probability of {classifier.threshold:.4g} on"
    about = dict(classifier.card.data)
    if about.get("fingerprint") == source.data_fingerprint:  # which is told with what the numbers depend on
        about.pop("fingerprint", None)
    yield from facts({"Source": classifier.card.source, "Data": about})
    for name, value in facts(classifier.card.metrics, digits=4):
        yield sentence_case(name).replace("auroc", "AUROC"), value


def training(sources: Sequence[ReportSource]) -> Section | None:
    """Recipe and learning curve of each run, once; None where none is known."""
    blocks: list[Block] = []
    for source, which in _distinct(sources, lambda source: source.run and source.run.folder):
        if source.run is not None:
            blocks += _run(source.run, which)
    return Section("Training", tuple(blocks)) if blocks else None


def _run(run: Run, which: str) -> Iterator[Block]:
    recipe = run.config.recipe
    summary = f" ({recipe.summary})" if recipe.summary else ""
    kept = f"; the classifier is that of epoch {run.best_epoch}" if run.best_epoch else ""
    yield Paragraph(
        f"Trained by the recipe {recipe.name}{summary}, seed {run.config.seed}. Outcome: "
        f"{run.outcome}, after {counted(len(run.history), 'epoch')}{kept}.",
        lead=which and f"{which}.",
    )
    if run.history:
        yield Illustration(
            _curve(run),
            "Learning curve. Training numbers are those of the images as they were trained on, "
            "averaged over each epoch; accuracy is at a probability of 0.5.",
            width=0.8,
        )
    yield Table(
        ("Setting", "Value", "Meaning"),
        tuple(_recipe_rows(recipe)),
        "The recipe. What is not listed is switched off.",
    )


@once
def _curve(run: Run) -> Figure:
    return charts.learning_curve(run.history)


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
        rows.append((entry.words, entry.spoken(value), entry.meaning))
    return rows


def examples(sources: Sequence[ReportSource]) -> Section | None:
    """Panels of single images; None when the studies drew none."""
    drawn = [source for source in sources if source.record.examples]
    if not drawn:
        return None
    thresholds: dict[str, list[str]] = {}
    for source in drawn:
        written = percent(probability(source.sweep.threshold_logit))
        thresholds.setdefault(written, []).append(f"sweep {source.number}")
    whose = [f"{written} ({listed(those)})" for written, those in thresholds.items()]
    decided = whose if len(thresholds) > 1 else list(thresholds)
    blocks: list[Block] = [
        Paragraph(
            "Each panel shows the clean image, the perturbed one and their difference, amplified as stated: "
            "red is brighter after the attack, blue darker. The percentage is the probability of the class "
            f"decided on, which is {drawn[0].sweep.classes[1]} from a probability of {listed(decided)}."
        )
    ]
    for source in drawn:
        blocks += [_example(source, example) for example in source.record.examples]
    return Section("Examples", tuple(blocks))


def _example(source: ReportSource, example: Example) -> Block:
    """The image, drawn afresh so that only its pixels get into the report; or a word that it is lost."""
    caption, words = (spaced(elide(text)) for text in (example.caption, example.sentence))
    caption = f"Sweep {source.number}: {caption}" if source.number else caption
    buffer = BytesIO()
    try:
        with Image.open(StudyFolder(source.folder).inside(example.file)) as image:
            image.convert("RGB").save(buffer, "PNG")
    except (OSError, Image.DecompressionBombError):  # what is no image at all is an OSError, too
        return Paragraph(f"{caption} (The image {example.file} cannot be read.)")
    return Illustration(buffer.getvalue(), caption, width=EXAMPLE_WIDTH, words=words)


def reproduction(sources: Sequence[ReportSource]) -> Section:
    """How to make these numbers again, and how to tell that they are the same; shared facts stand once."""
    blocks: list[Block] = []
    known = [source for source in sources if source.command]
    if known:
        what = "This command repeats it" if len(sources) == 1 else "These commands repeat them"
        blocks.append(
            Paragraph(f"{what}; DATA, OUT and … stand for folders on the machine where this was made.")
        )
        commands = dict.fromkeys(elide_command(source.command) for source in known)
        blocks += [Paragraph(command, code=True) for command in commands]
    found = [dict(_depends_on(source)) for source in sources]
    shared = [name for name in found[0] if all(other.get(name) == found[0][name] for other in found)]
    rows = [(sentence_case(name), found[0][name]) for name in shared]
    for source, values in zip(sources, found, strict=True):
        rows += [
            (f"Sweep {source.number}, {name}", value) for name, value in values.items() if name not in shared
        ]
    if rows:
        blocks.append(Table(NAMED_VALUES, tuple(rows), "What the numbers depend on, and the time it took."))
    return Section("How to reproduce", tuple(blocks))


def _depends_on(source: ReportSource) -> Iterator[tuple[str, str]]:
    """Names and values."""
    about = {
        name: value
        for name, value in source.sweep.about.items()
        if name not in ("command", "data", "classifier_sha256")
    }
    yield "attack", source.sweep.attack.name
    yield from ((f"attack: {name}", value) for name, value in spoken_fields(source.sweep.attack).items())
    yield "threat model", source.sweep.threat
    yield from facts(about)
    if source.run is not None and source.run_config is not None:
        yield "training: seed", str(source.run.config.seed)
        yield from facts(source.run_config.versions, "training: ")
    if told := str(source.sweep.about.get("classifier_sha256", "")):
        yield "classifier: SHA-256", told
    elif source.classifier_file is not None and source.classifier_file.is_file():
        yield "classifier: SHA-256", sha256(source.classifier_file)
    yield from facts({"name": source.data_name, "fingerprint": source.data_fingerprint}, "data: ")
    times = {"sweep": source.sweep.seconds, **source.record.seconds}
    yield from (
        (f"time: {stage}", duration(seconds, digits=1)) for stage, seconds in times.items() if seconds
    )
