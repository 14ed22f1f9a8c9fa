"""Flags and notes are kept whatever happens, beside those of other windows, and are written into tables."""

from __future__ import annotations

import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.personal import LONGEST_NOTE
from cxr_gui.core.base.spreadsheet import as_read
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.exported_table import COLUMNS, record_table
from cxr_gui.core.data.notes import Note, read_notes, write_notes
from tests.support.places import ROOT

ODD = {
    "/films/=cmd.png": Note("wrong label", "=HYPERLINK(1)"),
    "/films/a\udcff.png": Note("bad film"),
    "/films/two lines.png": Note("", 'first\nsecond, "quoted"; Größe ♥'),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "somewhere" / "notes.sqlite"


def test_what_is_written_is_read_back(file: Path) -> None:
    assert read_notes(file) == {}
    assert not file.exists()
    write_notes(ODD, file)
    assert read_notes(file) == ODD
    write_notes({"/films/=cmd.png": Note("", "other"), "/films/a\udcff.png": Note()}, file)
    assert set(read_notes(file)) == {"/films/=cmd.png", "/films/two lines.png"}
    assert read_notes(file)["/films/=cmd.png"] == Note("", "other")


def test_windows_write_beside_each_other(file: Path) -> None:
    def write(number: int) -> None:
        for film in range(5):
            write_notes({f"/{number}/{film}.png": Note("look again", str(number))}, file)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_notes(file)) == 20


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as Unix does")
def test_a_kill_loses_nothing_that_was_written(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cxr_gui.core.data import Note, write_notes\n"
        "for number in range(10**6):\n"
        "    write_notes({f'/{number}.png': Note('bad film', 'x' * 500)}, Path(sys.argv[1]))\n"
        "    print(number, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(7)]
        process.kill()
        told += process.stdout.readlines()
    whole = [line for line in told if line.endswith("\n")]
    found = read_notes(file)
    assert {f"/{int(line)}.png" for line in whole} <= set(found)
    assert set(found.values()) == {Note("bad film", "x" * 500)}


def test_a_file_that_is_no_database_is_told_of_and_left(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"not a database, but somebody's" * 100)
    before = file.read_bytes()
    for act in (lambda: read_notes(file), lambda: write_notes(ODD, file)):
        with pytest.raises(OutputError, match="notes there cannot be used"):
            act()
    assert file.read_bytes() == before


def test_nonsense_in_the_file_is_passed_over(file: Path) -> None:
    write_notes({"/a.png": Note("bad film", "fine")}, file)
    with sqlite3.connect(file) as connection:
        rows = [
            ("/text.png", "bad film", ""),
            (b"/b.png", "no such flag", "x" * 9999),
            (b"/c.png", b"\xff", ""),
            (b"/d.png", "no such flag", ""),
        ]
        connection.executemany("INSERT INTO notes VALUES (?, ?, ?)", rows)
    connection.close()
    found = read_notes(file)
    assert found == {"/a.png": Note("bad film", "fine"), "/b.png": Note("", "x" * LONGEST_NOTE)}


def test_who_has_no_home_has_no_notes_and_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXR_NOTES")
    monkeypatch.setattr("cxr_gui.core.base.personal.user_data_dir", lambda _: "~/here")
    assert read_notes() == {}
    with pytest.raises(OutputError, match="CXR_NOTES"):
        write_notes({"/a.png": Note("bad film")})


def test_a_note_in_one_go() -> None:
    assert Note("wrong label", "see the heart").said == "flagged: wrong label; note: see the heart"
    assert (Note("bad film").said, Note("", "x").said) == ("flagged: bad film", "note: x")
    assert not Note()
    long = Note("bad film", "a word " * 500)
    assert len(long.lines) == 12
    assert max(map(len, long.lines)) <= 72


def test_the_list_is_a_table_without_formulas_that_opens_again(folder: Path) -> None:
    dataset = progress.run(scan(folder))
    first, second, *others = [record.path for record in dataset.records]
    notes = {first: Note("wrong label", "=1+1"), second: Note("", "two\nlines")}
    text = record_table(dataset, [second, first, others[0]], notes, {others[0]}).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["path"] for row in rows] == [
        os.path.relpath(path, folder).replace(os.sep, "/") for path in (second, first, others[0])
    ]
    assert [row["note"] for row in rows] == ["two\nlines", "'=1+1", ""]
    assert as_read(rows[1]["note"]) == "=1+1"
    assert [(row["flag"], row["excluded"]) for row in rows] == [("", ""), ("wrong label", ""), ("", "yes")]
    table = folder / "list.csv"
    table.write_bytes(record_table(dataset, dataset.columns.paths, notes, ()))
    again = progress.run(scan(table))
    known = {(record.path, record.label, record.split, record.patient) for record in dataset.records}
    assert {(record.path, record.label, record.split, record.patient) for record in again.records} == known
