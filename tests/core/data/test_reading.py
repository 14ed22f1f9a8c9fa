"""What a person says about a folder counts: over its names, over its tables, in every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.errors import DatasetError, WorkbenchError
from cxr_gui.core.base.progress import run
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.reading import AS_RECOGNISED, ClassesError, Reading
from cxr_gui.core.data.records import Dataset


def touched(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"")
    return root


def write(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def patients(dataset: Dataset) -> dict[str, str | None]:
    return {Path(record.path).name: record.patient for record in dataset.records}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Labelled by its folders; one of its three names says whose it is."""
    return touched(tmp_path, "NORMAL/a-7.png", "PNEUMONIA/b-8.png", "PNEUMONIA/person3_virus_1.png")


class TestColumn:
    def test_of_a_table_beside_folders_of_classes(self, folders: Path) -> None:
        write(folders / "people.csv", "file,owner", "a-7.png,Ann", "b-8.png,", "gone.png,Eve")
        dataset = run(scan(folders, patient_column="OWNER"))
        assert patients(dataset) == {"a-7.png": "Ann", "b-8.png": None, "person3_virus_1.png": "person3"}
        assert dataset.classes == ("NORMAL", "PNEUMONIA")
        assert dataset.reading == Reading(patient_column="OWNER")
        assert dataset.choices.columns == ("file", "owner")

    def test_over_the_one_that_is_recognised(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png")
        write(tmp_path / "labels.csv", "file,label,patient,mother", "a.png,0,1,M", "b.png,1,2,M")
        assert set(patients(run(scan(tmp_path))).values()) == {"1", "2"}
        for path in (tmp_path, tmp_path / "labels.csv"):
            assert set(patients(run(scan(path, patient_column="mother"))).values()) == {"M"}

    def test_that_is_not_there_names_those_that_are(self, folders: Path) -> None:
        with pytest.raises(DatasetError, match="no table of its images with a column 'owner'") as caught:
            run(scan(folders, patient_column="owner"))
        assert "CSV" in caught.value.hint
        write(folders / "people.csv", "file,holder", "a-7.png,Ann")
        with pytest.raises(DatasetError) as caught:
            run(scan(folders, patient_column="owner"))
        assert "file, holder" in caught.value.hint


class TestPattern:
    def test_over_a_table_and_below_its_column(self, tmp_path: Path) -> None:
        touched(tmp_path, "a-7.png", "b-8.png")
        write(tmp_path / "labels.csv", "file,label,patient,owner", "a-7.png,0,1,", "b-8.png,1,2,Bob")
        assert patients(run(scan(tmp_path, patient_pattern=r"-(\d)"))) == {"a-7.png": "7", "b-8.png": "8"}
        both = run(scan(tmp_path, patient_pattern=r"-(\d)", patient_column="owner"))
        assert patients(both) == {"a-7.png": "7", "b-8.png": "Bob"}

    def test_that_fits_nothing_shows_what_it_looked_at(self, folders: Path) -> None:
        with pytest.raises(DatasetError, match="'zebra', fits") as caught:
            run(scan(folders, patient_pattern="zebra"))
        assert "NORMAL/a-7.png" in caught.value.hint

    def test_counts_as_other_data(self, folders: Path) -> None:
        """For who is whose decides what is carved for validation; what is only recognised does not show."""
        plain = run(scan(folders)).fingerprint()
        first = run(scan(folders, patient_pattern=r"(\d)\.png")).fingerprint()
        assert len({plain, first, run(scan(folders, patient_pattern="virus")).fingerprint()}) == 3
        assert run(scan(folders, positive="pneumonia")).fingerprint() == plain


class TestClasses:
    def test_more_than_two_come_with_the_error(self, tmp_path: Path) -> None:
        touched(tmp_path, "NORMAL/a.png", "COVID/b.png", "PNEUMONIA/c.png")
        with pytest.raises(ClassesError, match="3 classes") as caught:
            run(scan(tmp_path))
        assert caught.value.choices.labels == ("COVID", "NORMAL", "PNEUMONIA")
        chosen = run(scan(tmp_path, classes=("NORMAL", "COVID")))
        assert chosen.choices.labels == caught.value.choices.labels  # also what was left out

    @pytest.mark.parametrize(
        "lines",
        [
            ("file,label", "a.png,Effusion|Hernia", "b.png,No Finding", "c.png,Mass"),
            ("Path,No Finding,Effusion,Hernia,Mass", "a.png,,1,1,", "b.png,1,,,", "c.png,,,,1"),
        ],
    )
    def test_of_a_table_any_finding_may_be_the_positive_one(
        self, tmp_path: Path, lines: tuple[str, ...]
    ) -> None:
        touched(tmp_path, "a.png", "b.png", "c.png")
        write(tmp_path / "labels.csv", *lines)
        with pytest.raises(ClassesError) as caught:
            run(scan(tmp_path / "labels.csv"))
        assert caught.value.choices.findings == ("Effusion", "Hernia", "Mass")
        unlabelled = run(scan(tmp_path))  # a folder that only has such a table by the way
        assert unlabelled.choices.findings == ("Effusion", "Hernia", "Mass")
        for finding in caught.value.choices.findings:
            dataset = run(scan(tmp_path, positive=finding))
            assert dataset.classes == (f"No {finding}", finding)
            assert len(dataset.of("test", finding)) == 1

    def test_what_a_classifier_knows_reads_a_table_as_it_was_read(self, tmp_path: Path) -> None:
        touched(tmp_path, "a.png", "b.png", "c.png")
        write(tmp_path / "labels.csv", "file,label", "a.png,Hernia", "b.png,Mass", "c.png,Edema")
        first = run(scan(tmp_path, positive="mass"))
        assert run(scan(tmp_path, classes=first.classes)).records == first.records


@given(pattern=st.text(max_size=12), column=st.text(max_size=12))
def test_whatever_is_said_gives_a_dataset_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, pattern: str, column: str
) -> None:
    root = tmp_path_factory.getbasetemp() / "said"
    if not root.exists():
        touched(root, "NORMAL/a-7.png", "PNEUMONIA/b-8.png")
        write(root / "people.csv", "file,owner", "a-7.png,Ann", "b-8.png,Bob")
    for said in ({"patient_pattern": pattern}, {"patient_column": column}, {"positive": column}):
        try:
            dataset = run(scan(root, **said))
        except WorkbenchError:
            continue
        assert len(dataset.records) == 2


def test_a_table_is_opened_again_as_itself(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", "b.png")
    write(tmp_path / "one.csv", "file,label", "a.png,x", "b.png,y")
    write(tmp_path / "two.csv", "file,label", "a.png,y", "b.png,x")
    dataset = run(scan(tmp_path / "two.csv"))
    assert dataset.opened == tmp_path / "two.csv"
    assert run(scan(tmp_path)).opened == tmp_path
    again = run(scan(dataset.opened, previous=dataset, **vars(dataset.reading)))
    assert again.records == dataset.records
    assert dataset.reading == AS_RECOGNISED
