"""Records as columns: filters, orders and groups give what a plain loop gives, at 100,000 records too."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.data.records import Dataset, Record
from cxr_gui.core.sweep.outcome import NOT_KNOWN, OUTCOMES, STATES, Outcomes, outcomes
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.ui.dataset.record_index import Arrangement, Filter, RecordIndex
from cxr_gui.ui.dataset.thinning import surplus

CLASSES = ("NORMAL", "PNEUMONIA")


def dataset(number: int = 10, root: str = "/films") -> Dataset:
    """Records of a test and a train split, two images a patient, every seventh without a known one."""
    records = tuple(
        Record(
            f"{root}/{'test' if n % 2 else 'train'}/b{(7 * n) % number}_{n}.png",
            "test" if n % 2 else "train",
            CLASSES[n % 3 == 0],
            None if n % 7 == 6 else f"person{n // 2 % 5000}",
        )
        for n in range(number)
    )
    return Dataset(Path(root), records, CLASSES)


def swept(films: Dataset) -> SweepResult:
    """A sweep of the test split, made up: every outcome and state is in it."""
    records = films.of("test")
    random = np.random.default_rng(0)
    labels = np.array([films.classes.index(record.label) for record in records])
    clean = random.normal(0, 2, len(records)).astype(np.float32)
    towards = np.where(labels == 1, -1, 1).astype(np.float32)
    logits = np.stack([clean, clean + towards, clean + 2 * towards])
    right = (clean >= 0) == labels
    margin = np.abs(clean)
    critical = np.where(right, np.where(margin <= 2, margin / 100, np.inf), 0.0)
    return SweepResult(
        epsilons=np.array([0.0, 0.01, 0.02]),
        logits=logits,
        clean_logits=clean,
        labels=labels,
        rows=np.arange(len(records)),
        threshold_logit=0.0,
        classes=CLASSES,
        attack=create_attack("fgsm"),
        threat="rgb",
        critical=critical,
        paths=tuple(films.below_root(record.path) for record in records),
    )


@pytest.fixture(scope="module")
def films() -> Dataset:
    return dataset(2000)


@pytest.fixture(scope="module")
def found(films: Dataset) -> Outcomes:
    return outcomes(films, swept(films))


@pytest.fixture
def index(films: Dataset, found: Outcomes) -> RecordIndex:
    index = RecordIndex(films)
    index.outcomes = found
    return index


# -- outcomes ------------------------------------------------------------------------------------------------


def test_outcomes_say_of_every_image_what_became_of_it(films: Dataset, found: Outcomes) -> None:
    result = swept(films)
    assert result.paths is not None
    assert result.critical is not None
    images = {path: image for image, path in enumerate(result.paths)}
    for row, record in enumerate(films.records):
        image = images.get(films.below_root(record.path))
        if image is None:
            assert (found.predicted[row], found.outcome[row], found.state[row]) == (NOT_KNOWN,) * 3
            assert math.isnan(found.probability[row])
            assert math.isnan(found.critical[row])
            continue
        positive, label = result.clean_logits[image] >= 0, films.classes.index(record.label)
        expected = ("T" if positive == label else "F") + ("P" if positive else "N")
        assert OUTCOMES[found.outcome[row]] == expected
        assert found.predicted[row] == positive
        assert found.probability[row] == pytest.approx(1 / (1 + math.exp(-result.clean_logits[image])))
        wrong = (result.logits[:, image] >= 0) != label
        assert STATES[found.state[row]] == (
            "already wrong" if wrong[0] else "flipped" if wrong.any() else "resisted"
        )
        assert found.critical[row] == result.critical[image]
    assert {OUTCOMES[place] for place in found.outcome if place >= 0} == set(OUTCOMES)
    assert {STATES[place] for place in found.state if place >= 0} == set(STATES)


def test_the_confusion_matrix_is_that_of_the_sweep(films: Dataset, found: Outcomes) -> None:
    point = swept(films).measure(replicates=0)[0]
    assert found.confusion() == {"TP": point.tp, "FP": point.fp, "FN": point.fn, "TN": point.tn}
    assert sum(found.confusion().values()) == len(films.of("test"))


def test_the_decisions_are_those_at_the_epsilon_that_is_asked_for(films: Dataset) -> None:
    result = swept(films)
    points = result.measure(replicates=0)
    for at, point in enumerate(points):
        found = outcomes(films, result, at)
        assert found.confusion() == {"TP": point.tp, "FP": point.fp, "FN": point.fn, "TN": point.tn}
        assert (found.epsilon, found.sweep, found.title) == (point.epsilon, result, result.title)


def test_images_of_another_dataset_are_passed_over(films: Dataset) -> None:
    other = outcomes(dataset(4), swept(films))
    assert len(other.outcome) == 4
    assert sum(other.confusion().values()) <= 2


# -- filters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(predicted="PNEUMONIA"),
        *(Filter(outcome=outcome) for outcome in OUTCOMES),
        *(Filter(state=state) for state in STATES),
        Filter(critical=(0.0, 0.005)),
        Filter(critical=(0.015, math.inf)),
        Filter(split="test", label="NORMAL", outcome="FP", text="b1", critical=(0.0, 0.0)),
        Filter(split="train", state="flipped"),
    ],
    ids=str,
)
def test_filters_give_what_a_plain_loop_gives(
    films: Dataset, found: Outcomes, index: RecordIndex, chosen: Filter
) -> None:
    low, high = chosen.critical or (0.0, 0.0)
    expected = [
        row
        for row, record in enumerate(films.records)
        if found.outcome[row] != NOT_KNOWN
        and chosen.split in (None, record.split)
        and chosen.label in (None, record.label)
        and chosen.text in Path(record.path).name
        and chosen.predicted in (None, CLASSES[found.predicted[row]])
        and chosen.outcome in (None, OUTCOMES[found.outcome[row]])
        and chosen.state in (None, STATES[found.state[row]])
        and (chosen.critical is None or low <= found.critical[row] <= high)
    ]
    assert index.where(chosen).tolist() == expected


@pytest.mark.parametrize("words", ["person7", " PERSON7  .png", "son99", "b1 person1", "nobody"])
def test_words_are_looked_for_in_names_of_files_and_patients(
    films: Dataset, index: RecordIndex, words: str
) -> None:
    expected = [
        row
        for row, record in enumerate(films.records)
        if all(
            word in Path(record.path).name or word in (record.patient or "") for word in words.lower().split()
        )
    ]
    assert index.where(Filter(text=words)).tolist() == expected
    assert bool(expected) == (words != "nobody")
    row = next(row for row, record in enumerate(films.records) if record.patient == "person7")
    assert index.of_patient(row).tolist() == [
        row for row, record in enumerate(films.records) if record.patient == "person7"
    ]


def test_whether_patients_are_known(films: Dataset, index: RecordIndex) -> None:
    assert index.knows_patients
    nameless = [record for record in films.records if record.patient is None]
    assert not RecordIndex(Dataset(films.root, tuple(nameless), CLASSES)).knows_patients


def test_without_a_sweep_nothing_has_an_outcome(films: Dataset) -> None:
    assert RecordIndex(films).where(Filter(outcome="TP")).tolist() == []
    assert len(RecordIndex(films).where(Filter())) == len(films.records)


# -- orders --------------------------------------------------------------------------------------------------


def test_names_sort_both_ways(films: Dataset, index: RecordIndex) -> None:
    rows = index.where(Filter(split="train"))
    names = [Path(films.records[row].path).name for row in rows]
    for down in (False, True):
        shown = index.arranged(rows, Arrangement("name", descending=down))
        assert [Path(films.records[row].path).name for row in shown] == sorted(names, reverse=down)


@pytest.mark.parametrize("down", [False, True])
def test_equal_names_stay_in_the_folders_order(down: bool) -> None:
    names = ["b", "a", "b", "Ab", "A"]
    films = Dataset(Path("/f"), tuple(Record(f"/f/{n}/{x}", "test") for n, x in enumerate(names)), CLASSES)
    index = RecordIndex(films)
    shown = index.arranged(index.where(Filter()), Arrangement("name", descending=down)).tolist()
    assert shown == ([0, 2, 3, 1, 4] if down else [1, 4, 3, 0, 2])


def test_any_file_name_is_found_and_sorted() -> None:
    names = ["\N{LATIN SMALL LETTER A WITH DIAERESIS}.png", "\udce4.png", "STRA\u00dfE.png", "z.png"]
    films = Dataset(Path("/f"), tuple(Record(f"/f/{name}", "test") for name in names), CLASSES)
    index = RecordIndex(films)
    for row, name in enumerate(names):
        assert index.where(Filter(text=name)).tolist() == [row]
    shown = index.arranged(index.where(Filter()), Arrangement("name")).tolist()
    assert [names[row].lower() for row in shown] == sorted(name.lower() for name in names)


@pytest.mark.parametrize("by", ["probability", "critical epsilon"])
@pytest.mark.parametrize("down", [False, True])
def test_numbers_sort_both_ways_and_the_unknown_comes_last(
    found: Outcomes, index: RecordIndex, by: str, down: bool
) -> None:
    shown = index.arranged(index.where(Filter()), Arrangement(by, descending=down))
    values = (found.probability if by == "probability" else found.critical)[shown]
    known = values[~np.isnan(values)]
    assert known.tolist() == sorted(known.tolist(), reverse=down)
    assert np.isnan(values[len(known) :]).all()
    assert sorted(shown.tolist()) == list(range(len(index)))


def test_a_patient_comes_together_where_the_first_image_was(films: Dataset, index: RecordIndex) -> None:
    order = Arrangement("critical epsilon", descending=True)
    plain = index.arranged(index.where(Filter()), order)
    by_patient = Arrangement(order.by, descending=True, by_patient=True)
    grouped = index.arranged(index.where(Filter()), by_patient, index.groups(Filter(), by_patient))

    def owner(row: int) -> str:
        return films.records[row].patient or films.records[row].path

    groups: dict[str, list[int]] = {}
    for row in plain.tolist():
        groups.setdefault(owner(row), []).append(row)
    assert grouped.tolist() == [row for rows in groups.values() for row in rows]


def test_a_hundred_thousand_patients_come_together() -> None:
    films = dataset(100_000)
    index = RecordIndex(films)
    rows = index.where(Filter())
    by_patient = Arrangement("name", descending=True, by_patient=True)
    grouped = index.arranged(rows, by_patient, index.groups(Filter(), by_patient))
    plain = index.arranged(rows, Arrangement("name", descending=True))
    groups: dict[str, list[int]] = {}
    for row in plain.tolist():
        groups.setdefault(films.records[row].patient or films.records[row].path, []).append(row)
    assert grouped.tolist() == [row for members in groups.values() for row in members]


def test_an_order_that_needs_a_sweep_is_the_folders_without_one(films: Dataset) -> None:
    index = RecordIndex(films)
    rows = index.where(Filter())
    assert index.arranged(rows, Arrangement("probability")).tolist() == rows.tolist()


def test_the_first_order_is_split_by_split(films: Dataset, index: RecordIndex) -> None:
    shown = index.arranged(index.where(Filter(label="NORMAL")), Arrangement()).tolist()
    normal = [row for row, record in enumerate(films.records) if record.label == "NORMAL"]
    assert shown == sorted(normal, key=lambda row: films.records[row].split == "test")


def test_groups_of_a_finding_come_together(films: Dataset, index: RecordIndex) -> None:
    finding = Filter(places=np.array([50, 3, 900, 4, 12]), groups=np.array([0, 0, 1, 1, 1]))
    groups = index.groups(finding, Arrangement())
    shown = index.arranged(index.where(finding), Arrangement("name"), groups).tolist()
    assert sorted(map(frozenset, (shown[:2], shown[2:])), key=len) == [{3, 50}, {4, 12, 900}]


# -- duplicates ----------------------------------------------------------------------------------------------


def test_of_duplicates_training_keeps_one_and_none_that_is_tested_on() -> None:
    records = (
        Record("/f/train/a", "train", "NORMAL"),
        Record("/f/train/b", "train", "NORMAL"),
        Record("/f/validation/c", "validation", "NORMAL"),
        Record("/f/test/d", "test", "NORMAL"),
        Record("/f/test/e", "test", "NORMAL"),
        Record("/f/train/f", "train", "PNEUMONIA"),
        Record("/f/train/g", "train", None),
    )
    index = RecordIndex(Dataset(Path("/f"), records, CLASSES))

    def left_out(*groups: str, excluded: tuple[str, ...] = ()) -> tuple[str, int]:
        names = "".join(groups)
        places = np.array(["abcdefg".index(name) for name in names])
        numbers = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        paths, contradicting = surplus(index, places, numbers, excluded)
        return "".join(path[-1] for path in paths), contradicting

    assert left_out("ab") == ("b", 0)
    assert left_out("cba") == ("bc", 0)
    assert left_out("ad", "bc") == ("ac", 0)
    assert left_out("de") == ("", 0)
    assert left_out("af", "bg") == ("g", 1), "whose label is right nobody knows"
    assert left_out("abc", excluded=("/f/train/a",)) == ("c", 0)


# -- the dataset itself --------------------------------------------------------------------------------------


def test_records_of_a_split_and_class(films: Dataset) -> None:
    for split, label in (("test", None), ("train", "NORMAL"), ("validation", None), ("test", "OTHER")):
        expected = [r for r in films.records if r.split == split and label in (None, r.label)]
        assert list(films.of(split, label)) == expected
        assert films.first(split, label) == (expected[0] if expected else None)


def test_names_below_the_root_and_back(films: Dataset) -> None:
    for record in films.records[:5]:
        assert films.in_root(films.below_root(record.path)) == record.path
    assert films.columns.places_of([films.records[3].path, "/elsewhere.png"]).tolist() == [3]


# -- leaving out ---------------------------------------------------------------------------------------------


def test_a_dataset_can_do_without_some_files(films: Dataset) -> None:
    names = [films.below_root(record.path) for record in films.records[:3]]
    assert names[0] == "train/b0_0.png"
    assert films.without([*names, "not/there.png"]).records == films.records[3:]
    assert films.without(()) is films
