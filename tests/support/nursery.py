"""A process that has imported everything, and commands in its children that can be killed at any moment.

Starting Python and PyTorch takes seconds, a small training less than one: so that kills fall into the work
and not into the imports, the process forks itself for each command, as often as torchrun would start it. It
is told a command in a line of JSON, and when to kill it; it answers with the children's exit codes. It does
the killing itself, for until a parent has waited for its child, nobody else can have the child's number.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import cxr_gui
from tests.support.killed import killed_after
from tests.support.patience import PATIENCE

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Ended:
    """How a command ended. killed: by SIGKILL; code: its exit code otherwise; out, err: what it printed."""

    killed: bool
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class Nursery:
    """Use it in a `with`. The commands see `cache` as the folder of caches."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "said"
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py"), str(self._log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(cxr_gui.__file__).parents[1])},
        )
        assert self._line() == "ready"

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=PATIENCE / 1000)

    def bring(self, *modules: str) -> None:
        """Import further modules, for commands that would wait for them."""
        self._tell({"modules": modules})

    def run(
        self,
        *command: str | Path,
        cache: Path,
        seconds: float | None = None,
        signals: Sequence[tuple[float, int]] = (),
        processes: int = 1,
        entries: int = 0,
    ) -> Ended:
        """Run a command to its end, or kill it after so many seconds: SIGKILL, which nothing survives.

        signals    to send before, each with the seconds to wait for it
        processes  how many share the work, as torchrun has it: one that fails has the others told to stop
        entries    of a sweep's journal, after which each of them kills itself; 0 for never
        """
        told = {"command": list(map(str, command)), "cache": str(cache), "seconds": seconds}
        codes = self._tell({**told, "signals": list(signals), "processes": processes, "entries": entries})
        out, err = (
            "".join(printed(self._log, kind, rank).read_text(encoding="utf-8") for rank in range(processes))
            for kind in ("out", "err")
        )
        killed = -signal.SIGKILL in codes
        assert seconds is not None or entries or not killed, f"at work after {PATIENCE / 1000} s: {out}{err}"
        return Ended(killed, next(filter(None, codes), 0), out, err)

    def _tell(self, request: dict[str, Any]) -> list[int]:
        """Its answer to a request: one is under way at a time."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        codes: list[int] = json.loads(self._line())
        return codes

    def _line(self) -> str:
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], 2 * PATIENCE / 1000)[0], "the nursery is silent"
        return self._process.stdout.readline().strip()


def printed(log: Path, kind: str, rank: int) -> Path:
    """Where a child prints."""
    return log.with_suffix(f".{rank}.{kind}")


def timed(run: Callable[[], Ended]) -> float:
    """Seconds that an undisturbed command takes."""
    start = time.monotonic()
    ended = run()
    assert ended.code == 0, ended.said
    return time.monotonic() - start


def serve(log: Path) -> None:
    """Run the commands that come."""
    import torch

    import cxr_gui.cli
    import cxr_gui.cli.program
    import cxr_gui.core.study.pipeline  # noqa: F401  so that no child has to
    from cxr_gui.core.sweep.trust import searches
    from cxr_gui.core.training import trainer

    torch.set_num_threads(1)
    searches.QUERIES = 10  # after which a sweep writes; what its checks say does not matter here
    # So that kills also hit while, and after, a state is written within an epoch.
    trainer.SECONDS_BETWEEN_STATES = 0.1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        told = json.loads(line)
        codes = []
        if "modules" in told:
            for module in told["modules"]:
                importlib.import_module(module)
        else:
            seconds = PATIENCE / 1000 if told["seconds"] is None else told["seconds"]
            codes = ended(born(told, log), seconds, told["signals"])
        sys.stdout.write(f"{json.dumps(codes)}\n")
        sys.stdout.flush()


def born(told: dict[str, Any], log: Path) -> list[int]:
    """The children that run a command, one for each process that shares it."""
    processes, children = told["processes"], []
    together = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    for rank in range(processes):
        child = os.fork()
        if not child:
            os.environ["CXR_CACHE"] = told["cache"]
            if processes > 1:
                os.environ.update(together, RANK=str(rank), LOCAL_RANK=str(rank))
            run_in_child(told["command"], told["entries"], log, rank)
        children.append(child)
    return children


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def ended(children: Sequence[int], seconds: float, signals: Sequence[tuple[float, int]]) -> list[int]:
    """The exit codes of children that are sent the signals, then given so many seconds, then killed."""
    alive, codes = {os.pidfd_open(child): child for child in children}, dict[int, int]()

    def send(number: int) -> None:
        for child in alive.values():
            os.kill(child, number)

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        while alive and (ends := select.select([*alive], [], [], max(0.0, until - time.monotonic()))[0]):
            for end in ends:
                child = alive.pop(end)
                os.close(end)
                codes[child] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                if codes[child]:
                    send(signal.SIGTERM)

    for after, number in signals:
        wait(after)
        send(number)
    wait(seconds)
    send(signal.SIGKILL)
    wait(PATIENCE / 1000)
    return [codes[child] for child in children]


def run_in_child(command: Sequence[str], entries: int, log: Path, rank: int) -> None:
    """Never returns: the child is a process of its own from here on."""
    for number, kind in ((1, "out"), (2, "err")):
        os.dup2(os.open(printed(log, kind, rank), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 70
    try:
        if entries:
            from cxr_gui.core.sweep.journal import SweepJournal

            SweepJournal.write = killed_after(entries, SweepJournal.write)  # type: ignore[method-assign]
        if command[0] == "store":
            make_store(command[1])
            code = 0
        else:
            cxr_gui.cli.main(list(command))
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def make_store(folder: str) -> None:
    """Prepare the test split of a dataset, as every training and sweep does first."""
    from cxr_gui.core.base import progress
    from cxr_gui.core.data.dataset import scan
    from cxr_gui.core.data.store import prepare

    dataset = progress.run(scan(folder))
    progress.run(prepare(dataset.of("test"), dataset.classes, (224, 224)))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
