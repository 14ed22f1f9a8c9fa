"""Unusual names and links: every split is found or told, masks are no X-rays, a negated class is negative."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.progress import run
from cxr_gui.core.data import vocabulary
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.folders import LINKS
from cxr_gui.core.data.records import Dataset
from tests.support.films import touched
from tests.support.made_data import names

POSIX = pytest.mark.skipif(os.name != "posix", reason="links need no permission on POSIX systems only")
CLASSES = ("NORMAL", "PNEUMONIA")
BOTH = {"NORMAL": 1, "PNEUMONIA": 1}


def scanned(root: Path, *files: str) -> Dataset:
    return run(scan(touched(root, *files)))


class TestSplits:
    @pytest.mark.parametrize(
        ("split", "written"),
        [
            *(("train", name) for name in ("train_data", "training", "TrainSet", "01_train", "train-images")),
            *(("train", name) for name in ("Training Data", "traindataset", "CXR_train", "entraînement")),
            *(("validation", name) for name in ("validation_images", "val2", "ValidSet", "dev", "Validação")),
            *(("test", name) for name in ("Test_set", "testing", "test-data", "xray_test", "Testdaten")),
        ],
    )
    def test_unusual_names(self, tmp_path: Path, split: str, written: str) -> None:
        others = {"train", "validation", "test"} - {split}
        files = [f"{place}/{label}/a.png" for place in (*others, written) for label in CLASSES]
        dataset = scanned(tmp_path, *files)
        assert dataset.counts() == dict.fromkeys(("train", "validation", "test"), BOTH)
        assert (dataset.unsplit, dataset.problems) == (0, ())

    @pytest.mark.parametrize(
        "name", ["contest", "trial", "latest", "trained", "testicle", "valve", "data", ""]
    )
    def test_other_names_are_no_splits(self, name: str) -> None:
        assert vocabulary.split_of(name) is None

    @given(st.text(alphabet="aeginrstd_01", max_size=200))
    def test_any_name_is_matched_at_once(self, name: str) -> None:
        assert vocabulary.split_of(name) in {None, "train", "validation", "test"}
        assert vocabulary.split_of("dataset" * 36 + "x") is None

    @pytest.mark.parametrize("classes", [CLASSES, ("cats", "dogs")])
    def test_a_wrapper_that_is_called_like_a_split(self, tmp_path: Path, classes: tuple[str, str]) -> None:
        files = [f"Training data/{split}/{label}/a.png" for split in ("train", "test") for label in classes]
        assert scanned(tmp_path, *files).counts() == {
            split: dict.fromkeys(classes, 1) for split in ("train", "test")
        }

    def test_a_folder_that_says_no_split_beside_some_that_do_is_not_dealt_out(self, tmp_path: Path) -> None:
        files = [f"{split}/{label}/a.png" for split in ("train", "test", "extra") for label in CLASSES]
        dataset = scanned(tmp_path, *files)
        assert dataset.counts() == {"train": BOTH, "test": BOTH}
        assert [Path(problem.path).name for problem in dataset.problems] == list(CLASSES)
        assert all("1 images outside" in problem.what for problem in dataset.problems)

    def test_folders_that_are_read_as_one_are_told(self, tmp_path: Path) -> None:
        files = [f"{place}/{label}/a.png" for place in ("first", "second") for label in CLASSES]
        dataset = scanned(tmp_path, *files)
        assert dataset.unsplit == 4
        assert "read as one: first, second" in dataset.problems[0].what

    @pytest.mark.parametrize("folder", ["images_{:03}/images", "data{}", "img-{}"])
    def test_numbered_folders_of_images_are_no_classes(self, tmp_path: Path, folder: str) -> None:
        dataset = scanned(tmp_path, *(f"{folder.format(number)}/{number}.png" for number in (1, 2)))
        assert {record.label for record in dataset.records} == {None}

    def test_a_table_may_call_them_so_too(self, tmp_path: Path) -> None:
        rows = [
            "a.png,NORMAL,Train_set",
            "b.png,PNEUMONIA,training",
            "c.png,NORMAL,test data",
            "d.png,PNEUMONIA,?",
        ]
        (tmp_path / "table.csv").write_text("\n".join(["file,label,split", *rows]), encoding="utf-8")
        dataset = scanned(tmp_path, *(row.partition(",")[0] for row in rows))
        assert {name: split for name, split, _ in names(dataset) if name != "d.png"} == {
            "a.png": "train",
            "b.png": "train",
            "c.png": "test",
        }
        assert dataset.unsplit == 1

    def test_images_that_are_not_read_are_counted(self, tmp_path: Path) -> None:
        dataset = scanned(
            tmp_path, *(f"{label}/a.png" for label in CLASSES), "NORMAL/b.gif", "NORMAL/c.nii.gz"
        )
        assert "2 images of kinds that are not read" in dataset.problems[0].what


@POSIX
class TestLinks:
    @pytest.fixture
    def pool(self, tmp_path: Path) -> Path:
        """NORMAL and PNEUMONIA of three splits, outside the dataset."""
        places = ("train", "val", "test")
        return touched(tmp_path / "pool", *(f"{s}/{label}/{s}.png" for s in places for label in CLASSES))

    @staticmethod
    def _linked(root: Path, **places: Path) -> Path:
        root.mkdir(exist_ok=True)
        for name, target in places.items():
            (root / name).symlink_to(target)
        return root

    def test_two_splits_that_link_to_one_place_both_have_it(self, tmp_path: Path, pool: Path) -> None:
        test = pool / "test"
        dataset = run(scan(self._linked(tmp_path / "data", train=pool / "train", val=test, test=test)))
        assert dataset.counts() == dict.fromkeys(("train", "validation", "test"), BOTH)
        assert dataset.problems == ()

    def test_two_links_to_one_class_folder_leave_train_whole(self, tmp_path: Path, pool: Path) -> None:
        data = tmp_path / "data"
        for split in ("train", "test"):
            (data / split).mkdir(parents=True)
            self._linked(data / split, NORMAL=pool / "train/NORMAL", PNEUMONIA=pool / split / "PNEUMONIA")
        assert run(scan(data)).counts() == {"train": BOTH, "test": BOTH}

    def test_two_names_in_one_split_count_once(self, tmp_path: Path, pool: Path) -> None:
        data = self._linked(
            tmp_path / "data", train=pool / "train", training=pool / "train", test=pool / "test"
        )
        dataset = run(scan(data))
        assert dataset.counts() == {"train": BOTH, "test": BOTH}
        assert all("another name of" in problem.what for problem in dataset.problems)
        assert len(dataset.problems) == 2

    def test_a_pool_beside_the_splits_that_link_into_it_is_not_a_third(
        self, tmp_path: Path, pool: Path
    ) -> None:
        self._linked(tmp_path, train=pool / "train", test=pool / "test")
        touched(pool, "NORMAL/x.png", "PNEUMONIA/x.png")
        dataset = run(scan(tmp_path))
        assert dataset.counts()["test"] == BOTH
        assert {Path(problem.path).parent.name for problem in dataset.problems} >= {"pool"}

    def test_circles_and_knots_end(self, tmp_path: Path) -> None:
        """Folders that all link to each other, one to the root and one to the whole machine."""
        data = touched(tmp_path, *(f"{label}/a.png" for label in CLASSES), *(f"k{n}/a.png" for n in range(5)))
        for first in range(5):
            for second in range(5):
                (data / f"k{first}" / f"to{second}").symlink_to(data / f"k{second}")
        (data / "NORMAL" / "up").symlink_to(data)
        (data / "NORMAL" / "all").symlink_to("/")
        dataset = run(scan(data, classes=CLASSES))
        assert dataset.counts() == {"test": BOTH}
        told = [problem for problem in dataset.problems if f"more than {LINKS} links" in problem.what]
        assert 0 < len(told) < 25 * LINKS


class TestMasks:
    @pytest.mark.parametrize(
        "masks", ["masks", "Lung Masks", "infection_masks", "leftMask", "Máscaras", "Ground truth"]
    )
    @pytest.mark.parametrize(
        "files", ["{label}/{kind}/a.png", "{kind}/{label}/a.png", "train/{label}/{kind}/a.png"]
    )
    def test_folders_of_masks_are_left_out(self, tmp_path: Path, files: str, masks: str) -> None:
        kinds = [files.format(label=label, kind=kind) for label in CLASSES for kind in ("images", masks)]
        dataset = scanned(tmp_path, *kinds)
        assert [Path(record.path).parts.count("images") for record in dataset.records] == [1, 1]
        assert sorted(record.label or "" for record in dataset.records) == list(CLASSES)
        assert [problem.what for problem in dataset.problems] == [
            "holds 1 masks; they are no radiographs and are left out."
        ] * 2

    def test_masks_beside_their_images(self, tmp_path: Path) -> None:
        files = [
            f"{label}/{name}.png" for label in CLASSES for name in ("1", "1_mask", "1_mask_2", "no_mask")
        ]
        dataset = scanned(tmp_path, *files)
        assert {name for name, _, _ in names(dataset)} == {"1.png", "no_mask.png"}
        assert "holds 2 masks" in dataset.problems[0].what

    @pytest.mark.parametrize(
        "folder", ["with mask", "no_mask", "images and masks", "lung_masks/images", "unmasked"]
    )
    def test_images_are_no_masks(self, folder: str) -> None:
        assert not vocabulary.holds_masks(folder.split("/"))

    def test_masks_alone_are_no_dataset(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="masks in it and no images"):
            scanned(tmp_path, "NORMAL/masks/a.png", "PNEUMONIA/masks/a.png")


class TestPositiveClass:
    @pytest.mark.parametrize(
        ("negative", "positive"),
        [
            ("uninfected", "infected"),
            ("Uninfected", "Parasitized"),
            ("Saudável", "Doença"),
            ("sem doença", "com doença"),
            ("sans pneumonie", "pneumonie"),
            ("Non-COVID", "COVID"),
            ("noncovid", "covid"),
            ("not_infiltrated", "infiltrated"),
            ("ohne Befund", "Befund"),
            ("inactive", "active"),
            ("healthy", "unhealthy"),
            ("Normal", "not normal"),
            ("normal", "non-normal"),
            ("Gesund", "Krank"),
            ("Sano", "Neumonía"),
            ("COVID negative", "COVID positive"),
            ("NoFinding", "Finding"),
            ("TB free", "TB"),
            ("Chest normal", "Chest abnormal"),
            ("健康", "肺炎"),
        ],
    )
    def test_a_negated_or_healthy_name_is_the_negative_one(self, negative: str, positive: str) -> None:
        assert vocabulary.class_order([negative, positive]) == (negative, positive)
        assert vocabulary.class_order([positive, negative]) == (negative, positive)

    @pytest.mark.parametrize(
        "pair",
        [
            *(("cats", "dogs"), ("pneumonia", "covid"), ("normal", "no finding"), ("group 1", "group 2")),
            *(("bacterial pneumonia", "viral pneumonia"), ("nodule", "sinus"), ("No 3", "No 4")),
        ],
    )
    def test_what_no_word_says_is_a_guess(self, pair: tuple[str, str]) -> None:
        assert vocabulary.class_order(pair) is None
