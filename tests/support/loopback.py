"""A small archive of films, and a server on this machine that gives it: whole, in parts, or badly."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from cxr_gui.core.data.downloading import OnlineDataset
from tests.support.patience import LONG


@dataclass
class Manners:
    """How the server answers.

    ranges  whether it knows them       status  of its answers, where not 200 or 206
    cuts    bytes after which it breaks off, one for each answer; whole answers after those
    hold    bytes after which it sets `held` and waits for `go_on`
    asked   the Range of each request so far
    """

    body: bytes
    ranges: bool = True
    status: int = 0
    cuts: list[int] = field(default_factory=list)
    hold: int | None = None
    held: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    asked: list[str | None] = field(default_factory=list)


@contextmanager
def served(manners: Manners) -> Iterator[str]:
    """The address of the file while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            manners.asked.append(wanted)
            start = int(wanted[len("bytes=") : -1]) if wanted and manners.ranges else 0
            self.send_response(manners.status or (206 if start else 200))
            body = b"" if manners.status else manners.body[start:]
            self.send_header("Content-Length", str(len(body)))
            if start:
                end = len(manners.body)
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
            self.end_headers()
            if manners.cuts:
                body = body[: manners.cuts.pop(0)]
                self.close_connection = True
            if manners.hold is not None:
                self.wfile.write(body[: manners.hold])
                manners.held.set()
                manners.go_on.wait(LONG / 1000)
                body = body[manners.hold :]
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # nobody listens any more

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/films.zip"
    finally:
        manners.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


def archive(side: int = 32) -> bytes:
    """Twelve films laid out as in the published archive, with what macOS adds."""
    random = np.random.default_rng(0)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for number in range(12):
            split, label = ("train", "test")[number % 3 == 0], ("NORMAL", "PNEUMONIA")[number % 2]
            image = io.BytesIO()
            Image.fromarray(random.integers(0, 255, (side, side), np.uint8)).save(image, "png")
            file.writestr(f"chest_xray/{split}/{label}/person{number}_virus_{number}.png", image.getvalue())
        file.writestr("chest_xray/.DS_Store", b"colours of folders")
        file.writestr("__MACOSX/chest_xray/train/NORMAL/._person0_virus_0.png", b"a resource fork")
    return written.getvalue()


def source(url: str, body: bytes, **changes: object) -> OnlineDataset:
    """Where `body` is to be had."""
    known = {
        "title": "Twelve films",
        "archive": "films.zip",
        "folder": "chest_xray",
        "bytes": len(body),
        "sha256": sha256(body).hexdigest(),
        "licence": "CC BY 4.0",
        "attribution": "Somebody (2026), Films",
        "doi": "10.0000/films",
    }
    return OnlineDataset(url=url, **known | changes)  # type: ignore[arg-type]
