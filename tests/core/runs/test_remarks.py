"""Tags and notes of runs are kept beside the notes of films, and neither disturbs the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.data.notes import Note, read_notes, write_notes
from cxr_gui.core.runs.remarks import MOST_TAGS, Remark, read_remarks, tags_in, write_remarks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notes.sqlite"


def test_what_is_said_is_read_back_and_taken_back(file: Path) -> None:
    assert read_remarks(file) == {}
    said = {"/runs/a": Remark("best so far", ("paper", "table 2")), "/runs/\udcff": Remark("", ("odd",))}
    write_remarks(said, file)
    assert read_remarks(file) == said
    write_remarks({"/runs/a": Remark()}, file)
    assert read_remarks(file) == {"/runs/\udcff": Remark("", ("odd",))}


def test_films_and_runs_share_a_file(file: Path) -> None:
    write_notes({"/film.png": Note("bad film")}, file)
    write_remarks({"/run": Remark("good")}, file)
    assert read_notes(file) == {"/film.png": Note("bad film")}
    assert read_remarks(file) == {"/run": Remark("good")}


def test_tags_are_typed_with_commas() -> None:
    assert tags_in(" paper, table 2,,paper ,\n") == ("paper", "table 2")
    assert len(tags_in(",".join(map(str, range(100))))) == MOST_TAGS


def test_a_file_that_is_none_of_ours_is_told_of_and_left(file: Path) -> None:
    file.write_bytes(b"something else" * 100)
    with pytest.raises(OutputError, match="Nothing in it was changed"):
        write_remarks({"/run": Remark("good")}, file)
    assert file.read_bytes() == b"something else" * 100
