"""A process that has imported everything, and commands in its children that can be killed at any moment.

Starting Python and PyTorch takes seconds, a small training less than one: so that kills fall into the work
and not into the imports, the process forks itself for each command. It is told a command in a line of JSON,
and after how many seconds to kill it; it answers with the child's exit code. It does the killing itself, for
until a parent has waited for its child, nobody else can have the child's number.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cxr_gui
from tests.support.patience import PATIENCE

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Ended:
    """How a command ended. killed: by us; code: its exit code otherwise; said: what it printed."""

    killed: bool
    code: int
    said: str


class Nursery:
    """Use it in a `with`. The commands see `cache` as the folder of caches.

    also  modules that it imports besides, for commands that would wait for them
    """

    def __init__(self, folder: Path, *also: str) -> None:
        self._log = folder / "said.txt"
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py"), str(self._log), *also],
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

    def run(
        self,
        *command: str | Path,
        cache: Path,
        seconds: float | None = None,
        signals: Sequence[tuple[float, int]] = (),
    ) -> Ended:
        """Run a command to its end, or kill it after so many seconds: SIGKILL, which nothing survives.

        signals  to send before, each with the seconds to wait for it
        """
        assert self._process.stdin is not None
        told = {"command": list(map(str, command)), "cache": str(cache), "seconds": seconds}
        line = json.dumps({**told, "signals": list(signals)})
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        code = int(self._line())
        said = self._log.read_text(encoding="utf-8")
        assert seconds is not None or code != -signal.SIGKILL, (
            f"still at work after {PATIENCE / 1000} s: {said}"
        )
        return Ended(code == -signal.SIGKILL, code, said)

    def _line(self) -> str:
        """The answer: one is under way at a time."""
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], 2 * PATIENCE / 1000)[0], "the nursery is silent"
        return self._process.stdout.readline().strip()


def timed(run: Callable[[], Ended]) -> float:
    """Seconds that an undisturbed command takes."""
    start = time.monotonic()
    ended = run()
    assert ended.code == 0, ended.said
    return time.monotonic() - start


def serve(log: Path, also: Sequence[str]) -> None:
    """Run the commands that come."""
    import importlib

    import torch

    import cxr_gui.cli
    import cxr_gui.cli.program
    import cxr_gui.core.study.pipeline  # noqa: F401  so that no child has to
    from cxr_gui.core.sweep.trust import searches
    from cxr_gui.core.training import trainer

    for module in also:
        importlib.import_module(module)
    torch.set_num_threads(1)
    searches.QUERIES = 10  # after which a sweep writes; what its checks say does not matter here
    # So that kills also hit while, and after, a state is written within an epoch.
    trainer.SECONDS_BETWEEN_STATES = 0.1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if not child:
            os.environ["CXR_CACHE"] = told["cache"]
            run_in_child(told["command"], log)
        seconds = PATIENCE / 1000 if told["seconds"] is None else told["seconds"]
        sys.stdout.write(f"{ended(child, seconds, told['signals'])}\n")
        sys.stdout.flush()


def ended(child: int, seconds: float, signals: Sequence[tuple[float, int]]) -> int:
    """The exit code of a child that is sent the signals, and killed when it runs for so many seconds more."""
    end = os.pidfd_open(child)
    for after, number in signals:
        if not select.select([end], [], [], after)[0]:
            os.kill(child, number)
    if not select.select([end], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
    os.close(end)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def run_in_child(command: Sequence[str], log: Path) -> None:
    """Never returns: the child is a process of its own from here on."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 70
    try:
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
    serve(Path(sys.argv[1]), sys.argv[2:])
