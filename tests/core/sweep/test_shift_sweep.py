"""Sweeps of shifts: every number follows from the logits of films that were shifted by hand."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import AnswerError, ArgumentError, CheckpointError, DatasetError
from cxr_gui.core.data import Record, scan
from cxr_gui.core.images import read
from cxr_gui.core.report import heat_chart, shift_text
from cxr_gui.core.shifts import SHIFTS, SpacedImage, chance_of, shifted
from cxr_gui.core.sweep import (
    ShiftProgress,
    ShiftResult,
    read_shifts,
    shifts_folder,
    sweep_shifts,
    write_shifts,
)
from tests.support.contrasts import assert_legible
from tests.support.films import write_films
from tests.support.victims import classifier_of, cnn

NAMES = ("dose", "rotation", "flip", "brightness_up")
CHOSEN = [SHIFTS.find(name) for name in NAMES]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    folder = write_films(tmp_path_factory.mktemp("shifts") / "films", train=1, test=6)
    return progress.run(scan(folder)).of("test")


def swept(records: tuple[Record, ...], **options: object) -> tuple[ShiftResult, ...]:
    classifiers = [cnn(0), cnn(1)]
    for number, classifier in enumerate(classifiers):
        classifier.name = f"cnn-{number}"
    return progress.run(sweep_shifts(classifiers, records, CHOSEN, **options))  # type: ignore[arg-type]


def test_each_logit_is_that_of_the_film_shifted_by_hand(records: tuple[Record, ...]) -> None:
    results = swept(records, seed=4, batch_size=3)
    for result, classifier in zip(results, (cnn(0), cnn(1)), strict=True):
        np.testing.assert_array_equal(result.rows, range(len(records)))
        for place, record in enumerate(records):
            assert result.classes[result.labels[place]] == record.label
            film = SpacedImage(read(record.path).pixels)
            for shift in CHOSEN:
                inputs = [
                    shifted(film, shift, amount, (8, 8), chance_of(shift, 4, place))
                    for amount in shift.amounts
                ]
                with torch.no_grad():
                    expected = classifier(torch.from_numpy(np.stack(inputs))[:, None] / 255.0)
                np.testing.assert_allclose(result.logits[shift.name][:, place], expected, atol=1e-5)


def test_points_count_what_the_logits_decide(records: tuple[Record, ...]) -> None:
    result = swept(records)[0]
    for shift in CHOSEN:
        for number, point in enumerate(result.points(shift), start=1):
            right = (result.logits[shift.name][number - 1] >= result.threshold_logit) == result.labels
            sides = [right[result.labels == label].mean() for label in (0, 1)]
            assert point.epsilon == number
            assert point.accuracy == pytest.approx(right.mean())
            assert point.balanced_accuracy == pytest.approx(np.mean(sides))
            assert point.balanced_accuracy_ci[0] <= point.balanced_accuracy <= point.balanced_accuracy_ci[1]
        was = (result.clean_logits >= result.threshold_logit) == result.labels
        now = (result.logits[shift.name][0] >= result.threshold_logit) == result.labels
        np.testing.assert_array_equal(result.flipped(shift, 1), np.flatnonzero(was & ~now))


def test_an_image_is_shifted_alike_alone_and_among_others(records: tuple[Record, ...]) -> None:
    whole, few = swept(records)[0], swept(records, limit=3)[0]
    assert len(few.rows) == 3
    for name in NAMES:
        np.testing.assert_allclose(whole.logits[name][:, few.rows], few.logits[name], atol=1e-6)


def test_errors_are_those_of_medmnist_c(records: tuple[Record, ...]) -> None:
    one, other = swept(records)
    for shift in CHOSEN:
        mine, theirs = (
            1 - np.mean([point.balanced_accuracy for point in each.points(shift)]) for each in (one, other)
        )
        assert one.error(shift) == pytest.approx(mine)
        assert one.balanced_error(shift, one) == pytest.approx(1)
        assert one.balanced_error(shift, other) == pytest.approx(mine / theirs)
        added = [e - (1 - each.clean.balanced_accuracy) for e, each in ((mine, one), (theirs, other))]
        found = one.relative_balanced_error(shift, other)
        assert np.isnan(found) if added[1] == 0 else found == pytest.approx(added[0] / added[1])


def test_a_file_that_cannot_be_read_is_told_and_the_others_count(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(b"no image")
    result = swept((*records, Record(str(damaged), "test", records[0].label)))[0]
    assert len(result.rows) == len(records)
    assert [problem.path for problem in result.unread] == [str(damaged)]
    assert "damaged.png" in shift_text(result)
    with pytest.raises(DatasetError, match="no image that can be read"):
        swept((Record(str(damaged), "test", records[0].label),))


def test_what_is_finished_when_it_is_stopped_is_a_result(records: tuple[Record, ...]) -> None:
    work = sweep_shifts([cnn()], records, CHOSEN)
    event = next(event for event in work if event.done)
    work.close()
    assert isinstance(event, ShiftProgress)
    (part,) = event.partial()
    assert not part.complete
    assert 0 < len(part.rows) <= len(records)
    assert part.points(CHOSEN[0])[0].n == len(part.rows)


def test_an_answer_that_is_not_finite_names_its_file(records: tuple[Record, ...]) -> None:
    class Broken(nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pixels.flatten(1).sum(1, keepdim=True) * torch.nan

    with pytest.raises(AnswerError, match="NaN or infinity") as caught:
        progress.run(sweep_shifts([classifier_of(Broken())], records, CHOSEN))
    assert str(caught.value.where).endswith(".png")


@pytest.mark.parametrize("lacking", ["classifiers", "records", "shifts"])
def test_nothing_to_do_is_refused(records: tuple[Record, ...], lacking: str) -> None:
    given = {"classifiers": [cnn()], "records": records, "shifts": CHOSEN} | {lacking: ()}
    with pytest.raises(ArgumentError, match="is empty") as caught:
        progress.run(sweep_shifts(**given))  # type: ignore[arg-type]
    assert caught.value.where == lacking


def test_what_is_written_is_what_was_found(records: tuple[Record, ...], tmp_path: Path) -> None:
    results = swept(records)
    write_shifts(results, tmp_path, baseline=results[0])
    document = json.loads((tmp_path / "shifts.json").read_text())
    assert document["baseline"] == "cnn-0"
    for said, result in zip(document["classifiers"], results, strict=True):
        assert said["without_spacing"] == len(records)
        for entry, shift in zip(said["shifts"], CHOSEN, strict=True):
            assert [each["amount"] for each in entry["severities"]] == list(shift.amounts)
            assert entry["balanced_error"] == pytest.approx(
                result.balanced_error(shift, results[0]), nan_ok=True
            )
    with (tmp_path / "shifts.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (1 + sum(len(shift.amounts) for shift in CHOSEN))
    with (tmp_path / "shift-images.csv").open() as file:
        images = list(csv.DictReader(file))
    for row in images:
        result = results[int(row["classifier"][-1])]
        assert np.float32(row["dose_5"]) == result.logits["dose"][4, int(row["row"])]


def test_the_heat_table_has_a_number_for_every_severity(records: tuple[Record, ...]) -> None:
    results = swept(records)
    figure = heat_chart(results)
    figure.draw_without_rendering()
    for axes, result in zip(figure.axes, results, strict=False):
        written = [text.get_text() for text in axes.texts]
        expected = sum(1 + len(shift.amounts) for shift in result.shifts)
        assert len(written) == expected
        assert axes.get_title() == f"{result.classifier} (n = {len(records)})"


def test_the_numbers_of_the_heat_table_stand_out_at_every_share(records: tuple[Record, ...]) -> None:
    whole = swept(records)[0]
    shift, images = whole.shifts[0], np.arange(100)
    labels = images % 2
    for right in range(0, 101, 5):
        found = [
            (np.where(images < right + more, 1, -1) * (2 * labels - 1)).astype(np.float32)
            for more in range(5)
        ]
        some = replace(
            whole,
            shifts=(shift,),
            logits={shift.name: np.stack(found)},
            clean_logits=found[0],
            labels=labels,
            rows=images,
            threshold_logit=0.0,
            paths=whole.paths[:1] * 100,
            patients=(None,) * 100,
        )
        assert_legible(heat_chart([some]).axes[0])


def test_what_is_written_is_read_back(records: tuple[Record, ...], tmp_path: Path) -> None:
    results = swept(records)
    write_shifts(results, tmp_path / "shifts")
    assert shifts_folder(tmp_path) == tmp_path / "shifts" == shifts_folder(tmp_path / "shifts")
    assert shifts_folder(tmp_path.parent) is None
    for one, other in zip(results, read_shifts(tmp_path / "shifts"), strict=True):
        assert other.shifts == one.shifts
        assert (other.classifier, other.paths, other.patients) == (one.classifier, one.paths, one.patients)
        np.testing.assert_array_equal(other.labels, one.labels)
        for shift in CHOSEN:
            np.testing.assert_array_equal(other.logits[shift.name], one.logits[shift.name])


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shifts.json", '"dose"', '"fog"'),
        ("shifts.json", "cxr-gui shifts 1", "cxr-gui shifts 9"),
        ("shifts.json", '"images": 12', '"images": 11'),
        ("shift-images.csv", ",dose_1", ",dose_9"),
        ("shifts.json", '"amount": 80', '"amount": 81'),
    ],
)
def test_a_damaged_sweep_is_refused(
    records: tuple[Record, ...], tmp_path: Path, file: str, old: str, new: str
) -> None:
    write_shifts(swept(records), tmp_path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CheckpointError, match="cannot be understood"):
        read_shifts(tmp_path)


def test_a_logit_that_is_no_number_is_refused(records: tuple[Record, ...], tmp_path: Path) -> None:
    (result, _) = swept(records)
    write_shifts([replace(result, clean_logits=np.full_like(result.clean_logits, np.inf))], tmp_path)
    with pytest.raises(CheckpointError, match=r"a logit in shift-images\.csv is not finite"):
        read_shifts(tmp_path)
