"""Downloading from a server on this machine: whole, resumed, refused, and never more than was promised."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import DownloadError, OutputError
from cxr_gui.core.base.progress import Event
from cxr_gui.core.data import downloading as downloads
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.downloading import ATTRIBUTION, CHUNK, KERMANY, OnlineDataset, download
from cxr_gui.core.data.unpacking import unpack
from tests.support.loopback import Manners, archive, served, source
from tests.support.places import ROOT

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def body() -> bytes:
    """Large enough for several chunks."""
    whole = archive(side=256)
    assert len(whole) > 4 * CHUNK
    return whole


def left(folder: Path) -> set[str]:
    """What lies there, beside the lock."""
    return {path.name for path in folder.iterdir()} - {".chest_xray.lock"}


def test_what_was_downloaded_is_a_dataset_with_its_attribution(tmp_path: Path, body: bytes) -> None:
    events: list[Event] = []
    manners = Manners(body)
    with served(manners) as url:
        films = source(url, body)
        folder = progress.run(download(films, tmp_path / "new" / "data"), events.append)
    assert folder == tmp_path / "new" / "data" / "chest_xray"
    assert manners.asked == [None]
    assert left(folder.parent) == {"chest_xray"}
    assert left(folder) == {"train", "test", ATTRIBUTION}
    words = (folder / ATTRIBUTION).read_text(encoding="utf-8")
    assert all(word in words for word in (films.attribution, films.licence, films.page))
    assert len(progress.run(scan(folder)).records) == 12
    stages = list(dict.fromkeys(event.stage for event in events))
    assert stages == ["Downloading (MB)", "Checking (MB)", "Unpacking"]


def test_what_is_there_is_not_fetched_again(tmp_path: Path, body: bytes) -> None:
    manners = Manners(body)
    with served(manners) as url:
        folder = progress.run(download(source(url, body), tmp_path))
        assert progress.run(download(source(url, body), tmp_path)) == folder
    assert len(manners.asked) == 1


def test_something_else_under_its_name_stays_as_it_is(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "chest_xray").mkdir()
    (tmp_path / "chest_xray" / "mine.png").touch()
    manners = Manners(body)
    with served(manners) as url, pytest.raises(OutputError, match="is there already"):
        progress.run(download(source(url, body), tmp_path))
    assert manners.asked == []
    assert left(tmp_path / "chest_xray") == {"mine.png"}


# -- broken off and gone on with -----------------------------------------------------------------------------


def test_a_broken_connection_is_made_again_from_where_it_broke(tmp_path: Path, body: bytes) -> None:
    manners = Manners(body, cuts=[CHUNK, 2 * CHUNK + 1000])
    with served(manners) as url:
        folder = progress.run(download(source(url, body), tmp_path))
    assert manners.asked == [None, f"bytes={CHUNK}-", f"bytes={3 * CHUNK}-"]
    assert (folder / ATTRIBUTION).is_file()


def test_a_server_that_knows_no_ranges_begins_again(tmp_path: Path, body: bytes) -> None:
    manners = Manners(body, ranges=False, cuts=[CHUNK])
    with served(manners) as url:
        folder = progress.run(download(source(url, body), tmp_path))
    assert manners.asked == [None, f"bytes={CHUNK}-"]
    assert (folder / ATTRIBUTION).is_file()


def test_a_server_that_gives_up_leaves_the_part_for_the_next_time(tmp_path: Path, body: bytes) -> None:
    with served(Manners(body, cuts=[CHUNK, 0])) as url, pytest.raises(DownloadError, match="is kept"):
        progress.run(download(source(url, body), tmp_path))
    assert left(tmp_path) == {"films.zip.part"}
    manners = Manners(body)
    with served(manners) as url:
        progress.run(download(source(url, body), tmp_path))
    assert manners.asked == [f"bytes={CHUNK}-"]
    assert left(tmp_path) == {"chest_xray"}


def test_stopping_keeps_the_part_and_the_next_call_goes_on(tmp_path: Path, body: bytes) -> None:
    manners = Manners(body)
    with served(manners) as url:
        work = download(source(url, body), tmp_path)
        next(work)  # before the first byte
        next(work)  # after the first chunk
        work.close()
        kept = (tmp_path / "films.zip.part").stat().st_size
        assert 0 < kept < len(body)
        assert (tmp_path / "films.zip.part").read_bytes() == body[:kept]
        progress.run(download(source(url, body), tmp_path))
    assert manners.asked == [None, f"bytes={kept}-"]


def test_stopping_while_unpacking_leaves_the_archive_only(tmp_path: Path, body: bytes) -> None:
    manners = Manners(body)
    with served(manners) as url:
        work = download(source(url, body), tmp_path)
        while next(work).stage != "Unpacking":
            pass
        work.close()
        assert left(tmp_path) == {"films.zip.part"}
        progress.run(download(source(url, body), tmp_path))
    assert len(manners.asked) == 1
    assert left(tmp_path) == {"chest_xray"}


def test_a_part_that_is_too_long_is_begun_anew(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "films.zip.part").write_bytes(bytes(len(body) + 1))
    manners = Manners(body)
    with served(manners) as url:
        progress.run(download(source(url, body), tmp_path))
    assert manners.asked == [None]


# -- several processes, and killed ones ----------------------------------------------------------------------


def test_a_second_download_into_the_same_folder_is_told_and_disturbs_nothing(
    tmp_path: Path, body: bytes
) -> None:
    with served(Manners(body)) as url:
        work = download(source(url, body), tmp_path)
        next(work)
        with pytest.raises(DownloadError, match="being downloaded by another process") as told:
            progress.run(download(source(url, body), tmp_path))
        assert told.value.hint == "Wait for it, or choose another folder."
        folder = progress.run(work)
    assert (folder / ATTRIBUTION).is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["chest_xray"], "the lock is gone as well"


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not known there")
def test_what_a_killed_download_left_is_removed_by_the_next(tmp_path: Path, body: bytes) -> None:
    """Killed while it unpacks: its lock is the system's, and its half of a dataset is nobody's."""
    (tmp_path / ".chest_xray-notes").mkdir()
    script = """
import os, signal, sys
from tests.support.loopback import source
from cxr_gui.core.data.downloading import download
body = open(sys.argv[2], "rb").read()
for event in download(source(sys.argv[1], body), sys.argv[3]):
    if event.stage == "Unpacking":
        os.kill(os.getpid(), signal.SIGKILL)
"""
    archive_file = tmp_path.parent / "archive-of-the-killed.zip"
    archive_file.write_bytes(body)
    with served(Manners(body)) as url:
        killed = subprocess.run(
            [sys.executable, "-c", script, url, str(archive_file), str(tmp_path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert len(list(tmp_path.glob(".chest_xray-????????"))) == 1
        assert (tmp_path / "films.zip.part").is_file()
        progress.run(download(source(url, body), tmp_path))
    assert left(tmp_path) == {"chest_xray", ".chest_xray-notes"}


def test_killed_between_its_last_steps_it_leaves_nothing_for_good(tmp_path: Path, body: bytes) -> None:
    """The dataset was in its place, the archive and the folder around it not yet removed."""
    manners = Manners(body)
    with served(manners) as url:
        films = source(url, body)
        progress.run(download(films, tmp_path))
        (tmp_path / "films.zip.part").write_bytes(body)
        (tmp_path / ".chest_xray-ab_12cd9").mkdir()
        progress.run(download(films, tmp_path))
    assert left(tmp_path) == {"chest_xray"}
    assert len(manners.asked) == 1


# -- refused -------------------------------------------------------------------------------------------------


def test_a_wrong_hash_deletes_what_came(tmp_path: Path, body: bytes) -> None:
    with served(Manners(body)) as url, pytest.raises(DownloadError, match="SHA-256 is wrong"):
        progress.run(download(source(url, body, sha256="0" * 64), tmp_path))
    assert left(tmp_path) == set()


def test_a_file_of_another_size_is_refused_before_it_is_fetched(tmp_path: Path, body: bytes) -> None:
    with served(Manners(body + b"more")) as url, pytest.raises(DownloadError, match="bytes, not"):
        progress.run(download(source(url, body), tmp_path))
    assert left(tmp_path) == set()


def test_what_the_server_says_is_told(tmp_path: Path, body: bytes) -> None:
    with (
        served(Manners(body, status=404)) as url,
        pytest.raises(DownloadError, match="404 Not Found") as told,
    ):
        progress.run(download(source(url, body), tmp_path))
    assert "by hand from https://doi.org/10.0000/films" in told.value.hint


def test_no_server_at_all_is_told_in_a_line(tmp_path: Path, body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DownloadError, match=r"cannot be fetched \(.*refused\)"):
        progress.run(download(source(f"http://127.0.0.1:{port}/films.zip", body), tmp_path))


def test_too_little_room_is_told_before_anything_is_asked(
    tmp_path: Path, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 1000))
    manners = Manners(body)
    with served(manners) as url, pytest.raises(OutputError, match=r"0 MB free, and 2 MB are needed"):
        progress.run(download(source(url, body), tmp_path / "data"))
    assert manners.asked == []
    assert not (tmp_path / "data").exists()


def test_what_has_arrived_needs_no_room_again(
    tmp_path: Path, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "films.zip.part").write_bytes(body)
    films = source("http://127.0.0.1:9/films.zip", body)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, films.room - len(body)))
    assert (progress.run(download(films, tmp_path)) / ATTRIBUTION).is_file()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        progress.run(download(source("http://127.0.0.1:9/films.zip", body), tmp_path / "file" / "data"))


# -- archives that are not what they seem --------------------------------------------------------------------


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name",
    ["../out.png", "a/../../out.png", "/out.png", "C:/out.png", "a\\..\\..\\out.png", "//host/out.png"],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("plain")
    info.filename = name  # as it is: the constructor would mend it
    bad = zipped(tmp_path / "bad.zip", ("good.png", b"film"), (info, b"film"))
    with pytest.raises(DownloadError, match="land elsewhere"):
        progress.run(unpack(bad, tmp_path / "out", largest=1000))
    assert left(tmp_path) == {"bad.zip"}


def test_a_member_without_a_name_is_refused_in_words(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", ("x", b"content")).read_bytes())
    for lengths in (26, data.index(b"PK\1\2") + 28):  # of the name and of the extra field: 1, 0
        assert data[lengths : lengths + 4] == b"\1\0\0\0"
        data[lengths : lengths + 4] = b"\0\0\1\0"
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(DownloadError, match="nothing was unpacked|is damaged"):
        progress.run(unpack(tmp_path / "a.zip", tmp_path / "out", largest=1000))
    assert not (tmp_path / "out").exists()


def test_wherever_an_archive_is_damaged_it_is_said_in_words(tmp_path: Path) -> None:
    kinds = (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for kind in kinds:
            file.writestr(f"films/{kind}.txt", b"some words " * 9, kind)
    whole = (tmp_path / "a.zip").read_bytes()
    refused = 0
    for at in range(len(whole)):
        (tmp_path / "a.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            progress.run(unpack(tmp_path / "a.zip", tmp_path / "out" / str(at), largest=10_000))
        except DownloadError:
            refused += 1
    assert refused > len(whole) / 2


def test_links_are_refused(tmp_path: Path) -> None:
    bad = zipped(tmp_path / "bad.zip", ("good.png", b"film"), (link("a"), b"/etc"), ("a/passwd", b"film"))
    with pytest.raises(DownloadError, match="holds a link, 'a'"):
        progress.run(unpack(bad, tmp_path / "out", largest=1000))
    assert left(tmp_path) == {"bad.zip"}


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    bad = zipped(tmp_path / "bad.zip", ("zeros.png", bytes(10_000_000)))
    with pytest.raises(DownloadError, match="would unpack to 10,000,000 bytes"):
        progress.run(unpack(bad, tmp_path / "out", largest=1_000_000))
    assert left(tmp_path) == {"bad.zip"}


def test_a_bomb_that_lies_about_its_size_does_not_get_further_than_it_said(tmp_path: Path) -> None:
    bad = zipped(tmp_path / "bad.zip", ("zeros.png", bytes(10_000_000)))
    honest, lie = (10_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    bad.write_bytes(bad.read_bytes().replace(honest, lie))
    with pytest.raises(DownloadError, match="is damaged"):
        progress.run(unpack(bad, tmp_path / "out", largest=1_000_000))
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) <= 1000


def test_what_is_no_archive_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"<html>Please log in</html>")
    with pytest.raises(DownloadError, match="is damaged"):
        progress.run(unpack(tmp_path / "bad.zip", tmp_path / "out", largest=1000))


def test_an_archive_without_a_folder_of_its_own_gets_one(tmp_path: Path) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for split in ("train", "test"):
            file.writestr(f"{split}/NORMAL/{split}.png", b"film")
    body = written.getvalue()
    with served(Manners(body)) as url:
        folder = progress.run(download(source(url, body), tmp_path))
    assert left(folder) == {"train", "test", ATTRIBUTION}


# -- the real one --------------------------------------------------------------------------------------------


def test_the_real_source_is_the_published_one() -> None:
    assert isinstance(KERMANY, OnlineDataset)
    assert (KERMANY.bytes, KERMANY.sha256[:8], KERMANY.sha256[-8:]) == (1_235_512_464, "13efc055", "2281ce36")
    assert KERMANY.url.startswith("https://data.mendeley.com/")
    assert KERMANY.page == "https://doi.org/10.17632/rscbjbr9sj.2"
    assert "CC BY 4.0" in KERMANY.to_text()
    assert downloads.MEGABYTE == 1_000_000


def test_nothing_of_the_network_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, cxr_gui.cli.program, cxr_gui.core.data.downloading; sys.exit('requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
