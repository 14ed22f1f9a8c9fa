"""Patients are read from names, and none is in two splits when validation is carved from train."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_gui.core.base.progress import run
from cxr_gui.core.data.carving import carve_validation
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.patients import patient_of
from cxr_gui.core.data.records import Dataset, Record
from tests.support.films import touched


class TestPatients:
    @pytest.mark.parametrize(
        ("name", "patient"),
        [
            ("person1946_bacteria_4874.jpeg", "person1946"),
            ("person447_virus_921_1.jpeg", "person447"),
            ("NORMAL2-IM-0381-0001.jpeg", "NORMAL2-IM-0381"),
            ("IM-0023-0001-0002.jpeg", "IM-0023"),
            ("00000013_005.png", "00000013"),
            ("holiday.jpeg", None),
        ],
    )
    def test_names(self, name: str, patient: str | None) -> None:
        assert patient_of(name) == patient

    def test_a_pattern(self, tmp_path: Path) -> None:
        touched(tmp_path, "NORMAL/p1-a.png", "PNEUMONIA/p2-b.png", "PNEUMONIA/odd.png")
        dataset = run(scan(tmp_path, patient_pattern=r"(p\d)-"))
        assert sorted(str(record.patient) for record in dataset.records) == ["None", "p1", "p2"]


class TestCarving:
    @staticmethod
    def _dataset(own_validation: int = 0) -> Dataset:
        records = [Record(f"n{n}", "train", "N", f"IM-{n}") for n in range(200)]
        records += [Record(f"p{n}", "train", "P", f"person{n // 3}") for n in range(600)]
        records += [Record(f"t{n}", "test", "NP"[n % 2], f"person{n}") for n in range(50)]
        records += [Record(f"v{n}", "validation", "NP"[n % 2], None) for n in range(own_validation)]
        return Dataset(Path("root"), tuple(records), ("N", "P"))

    def test_patients_stay_whole_and_classes_keep_their_shares(self) -> None:
        dataset = carve_validation(self._dataset(), seed=0)
        counts = dataset.counts()
        assert counts["validation"]["N"] == pytest.approx(30, abs=1)
        assert counts["validation"]["P"] == pytest.approx(90, abs=3)
        train, validation = ({record.patient for record in dataset.of(s)} for s in ("train", "validation"))
        assert not train & validation
        assert dataset.of("test") == self._dataset().of("test")

    def test_the_seed_decides(self) -> None:
        first, again, other = (carve_validation(self._dataset(), seed=seed).records for seed in (0, 0, 1))
        assert first == again
        assert first != other

    def test_a_large_validation_stays(self) -> None:
        dataset = self._dataset(own_validation=100)
        assert carve_validation(dataset, seed=0) is dataset

    def test_a_small_validation_joins_train_first(self) -> None:
        """Kaggle's has 16 images."""
        dataset = carve_validation(self._dataset(own_validation=16), seed=0)
        assert sum(dataset.counts()["validation"].values()) > 100

    def test_too_few_to_divide(self) -> None:
        records = (Record("a", "train", "N", "1"), Record("b", "train", "P", "2"))
        dataset = Dataset(Path("root"), records, ("N", "P"))
        assert carve_validation(dataset, seed=0) is dataset


def test_real_data(real_data: Path) -> None:
    dataset = run(scan(real_data))
    assert dataset.counts() == {
        "train": {"NORMAL": 1341, "PNEUMONIA": 3875},
        "test": {"NORMAL": 234, "PNEUMONIA": 390},
    }
    assert dataset.problems == ()
    carved = carve_validation(dataset, seed=0)
    assert carved.of("test") == dataset.of("test")
    train, validation = ({record.patient for record in carved.of(s)} for s in ("train", "validation"))
    assert not train & validation
