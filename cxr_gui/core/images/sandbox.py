"""Decoding of compressed DICOM frames in another process, which may be brought down without harm.

The native codecs of JPEG lossless, JPEG-LS and JPEG 2000 end the whole process on some damaged frames (GDCM
throws C++ exceptions that nothing catches), or do not end at all. So they run in a process of their own, with
limits on memory and time, that stays for the next frame and is replaced when it dies. A plain subprocess, not
multiprocessing: that would run the caller's script again in it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.files import json_text

SECONDS, SECONDS_PER_MEGAPIXEL = 1.8, 1.0
"""How long a frame may take; JPEG 2000, the slowest, needs a tenth of it on an idle core."""

DAMAGED = "It is damaged; export it again, uncompressed if you can."
_IDLE: list[_Process] = []


def decode_frame(data: bytes, frame: int, pixels: int) -> NDArray[Any]:
    """Stored values of one frame of `pixels` pixels of a DICOM file's bytes; raises ImageError."""
    with _process() as process:
        return process.decode(data, frame, SECONDS + SECONDS_PER_MEGAPIXEL * pixels / 1e6)


class _Process:
    """A Python process that runs `frame_worker` until it is closed or killed."""

    def __init__(self) -> None:
        package = str(Path(__file__).resolve().parents[3])
        paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cxr_gui.core.images.frame_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would open a terminal
        )
        self._pipes: tuple[IO[bytes], IO[bytes]] = _open(self._process.stdin), _open(self._process.stdout)
        self._ready = False
        self.pid = self._process.pid
        self.usable = True

    def decode(self, data: bytes, frame: int, seconds: float) -> NDArray[Any]:
        if not self._ready:
            self._pipes[1].readline()  # until it has imported its libraries
            self._ready = True
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        watch = threading.Timer(seconds, give_up)
        watch.start()
        self.usable = False  # until the whole answer is here, whatever interrupts it
        try:
            send(self._pipes[0], {"frame": frame}, data)
            answer, body = receive(self._pipes[1])
        except (OSError, EOFError) as error:
            reason = f"it took more than {seconds:.1f} s" if late.is_set() else "its decoder crashed"
            raise ImageError(f"cannot be decoded ({reason}).", hint=DAMAGED) from error
        finally:
            watch.cancel()
            watch.join()
        self.usable = not late.is_set()
        if "what" in answer:
            raise ImageError(answer["what"], hint=answer["hint"])
        return np.frombuffer(body, answer["dtype"]).reshape(answer["shape"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            with contextlib.suppress(BrokenPipeError):  # what it did not read any more
                pipe.close()


@contextlib.contextmanager
def _process() -> Iterator[_Process]:
    """An idle process, or a new one: as many are kept as threads were decoding at once."""
    try:
        process = _IDLE.pop()
    except IndexError:
        process = _Process()
    try:
        yield process
    finally:
        if not process.usable:
            process.close()
            process = _Process()  # starts while nobody waits for it
        _IDLE.append(process)


@atexit.register
def _close_all() -> None:
    while _IDLE:
        _IDLE.pop().close()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - Popen was told to make it
    return pipe


def send(pipe: IO[bytes], head: dict[str, Any], body: bytes | memoryview) -> None:
    """One message: a line of JSON that says how long the body is, and the body."""
    pipe.write(json_text({**head, "bytes": len(body)}).encode() + b"\n")
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The next message; raises EOFError when there is none, or only a part of it."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head: dict[str, Any] = json.loads(line)
    body = pipe.read(head["bytes"])
    if len(body) < head["bytes"]:
        raise EOFError
    return head, body
