"""Subgroups: a planted effect is found, chance seldom alarms, and every number is that of the subset."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base.errors import DatasetError, SettingsError
from cxr_gui.core.base.progress import run
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.sweep.by_subgroup import attributes_of_images, subgroups
from cxr_gui.core.sweep.points import measure
from cxr_gui.core.sweep.result import SweepResult
from tests.support.films import write_films

EPSILONS = np.array([0.0, 0.01, 0.03])


def result(right: NDArray[np.bool_], labels: NDArray[np.int64], patients: list[str]) -> SweepResult:
    """A sweep with these right decisions [K, N]."""
    logits = np.where(right == labels.astype(bool), 2.0, -2.0).astype(np.float32)
    return SweepResult(
        EPSILONS,
        logits,
        logits[0],
        labels,
        np.arange(len(labels)),
        0.0,
        ("NORMAL", "PNEUMONIA"),
        create_attack("fgsm"),
        "rgb",
        patients=tuple(patients),
    )


def chance_result(seed: int, films: int = 240) -> tuple[SweepResult, dict[str, list[str]]]:
    """Films of which several are of one patient, who is easy or hard; nothing else matters."""
    random = np.random.default_rng(seed)
    whose = np.sort(random.integers(0, films // 2, films))
    ease, labels = random.normal(1.0, 1.0, films)[whose], (whose % 3 > 0).astype(np.int64)
    right = ease + random.normal(0.0, 0.5, (3, films)) > np.array([[-0.5], [0.5], [1.0]])
    sex, site = random.choice(["f", "m"], films)[whose], random.choice(["A", "B", "C"], films)[whose]
    attributes = {"sex": sex.tolist(), "site": site.tolist()}
    return result(right, labels, [f"p{number}" for number in whose]), attributes


def test_a_planted_effect_is_found_and_only_there() -> None:
    made, attributes = chance_result(3, films=480)
    hard = np.array(attributes["site"]) == "B"
    correct = made.correct.copy()
    correct[2] &= ~(hard & (made.labels == 1) & (np.arange(480) % 4 > 0))
    found = run(subgroups(result(correct, made.labels, list(made.patients or ())), attributes))
    (planted,) = [group for group in found if (group.attribute, group.value) == ("site", "B")]
    assert planted.stands_out == ("sensitivity",)
    assert planted.chance[1, 2] <= 0.01 < planted.chance[1, 0]
    assert planted.least == np.nanmin(planted.chance)
    assert not any(group.stands_out for group in found if group.attribute == "sex")


def test_where_nothing_matters_few_results_have_a_subgroup_that_stands_out() -> None:
    alarms = sum(
        any(group.stands_out for group in run(subgroups(made, attributes, seed=seed)))
        for seed in range(60)
        for made, attributes in (chance_result(seed + 100),)
    )
    assert alarms <= 7, "at 5 % of 60, more than 7 come once in 60 times"


def test_the_points_of_a_subgroup_are_those_of_its_images_alone() -> None:
    made, attributes = chance_result(5)
    found = run(subgroups(made, attributes))
    assert {group.attribute for group in found} == {"sex", "site"}
    for group in found:
        inside = np.array(attributes[group.attribute]) == group.value
        assert group.images.tolist() == np.flatnonzero(inside).tolist()
        alone = measure(
            EPSILONS,
            made.logits[:, inside],
            made.labels[inside],
            clean=made.clean_logits[inside],
            noise=None,
            threshold=0.0,
            patients=[name for name, own in zip(made.patients or (), inside, strict=True) if own],
        )
        assert repr(group.points) == repr(alone)  # NaN is not itself


def test_numbers_are_cut_into_quarters_that_part_no_equal_ones() -> None:
    made, _ = chance_result(6)
    ages = np.random.default_rng(0).integers(0, 90, 240).astype(float)
    mostly_none = np.where(np.arange(240) < 200, 0.0, np.arange(240.0))
    values = {"age": [None, *ages[1:].tolist()], "exposure": mostly_none.tolist()}
    found = run(subgroups(made, values))
    quarters = [group for group in found if group.attribute == "age"]
    assert len(quarters) == 4
    assert sorted(np.concatenate([group.images for group in quarters]).tolist()) == list(range(1, 240))
    assert all(
        set(ages[a.images]).isdisjoint(ages[b.images]) for a in quarters for b in quarters if a is not b
    )
    assert [len(group.images) for group in found if group.attribute == "exposure"] == [200, 40]


def test_too_few_are_not_compared_and_what_parts_nothing_is_refused() -> None:
    made, _ = chance_result(7)
    rare = ["rare" if image < 3 else "common" for image in range(240)]
    found = run(subgroups(made, {"site": rare}))
    assert all(np.isnan(group.chance).all() and np.isnan(group.least) for group in found)
    assert [group.stands_out for group in found] == [(), ()]
    for values in (["one"] * 240, [f"film {number}" for number in range(240)]):
        with pytest.raises(SettingsError, match="does not part"):
            run(subgroups(made, {"site": values}))


def test_attributes_come_from_tables_and_files_for_the_images_of_the_sweep(tmp_path: Path) -> None:
    folder = write_films(tmp_path / "films")
    dataset = run(scan(folder))
    records = [record for record in dataset.records if record.split == "test"]
    paths = tuple(dataset.below_root(record.path) for record in records)
    with (folder / "people.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "sex", "age", "remark"])
        for number, path in enumerate(paths):
            table.writerow([path, "fm"[number % 2], "" if number == 0 else number % 4 + 0.5, "same"])
    dataset = run(scan(folder))
    labels = np.array([number % 2 for number in range(len(paths))])
    made = result(np.ones((3, len(paths)), bool), labels, list(paths))
    with pytest.raises(DatasetError, match="holds none of the films"):
        run(attributes_of_images(made, dataset))
    found = run(attributes_of_images(replace(made, paths=(*paths[::-1][:-1], "gone.png")), dataset))
    last = len(paths) - 1
    assert found["sex"] == (*("fm"[number % 2] for number in range(last, 0, -1)), None)
    assert found["age"] == (*(number % 4 + 0.5 for number in range(last, 0, -1)), None)
    assert "remark" not in found
    assert "brightness" in found
