"""A race of contestants, each in a process of its own, which take turns. However it ends, so do they."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tests.support.processes import end

Contestant = Callable[..., Iterator[int]]
"""Gives, step by step, how many images each step took."""


def take_turns(pipe: Connection, contestant: Contestant, arguments: tuple[Any, ...]) -> None:
    """In the contestant's process: for every number of steps that is asked for, the images per second."""
    steps = contestant(*arguments)
    with contextlib.suppress(EOFError):  # the race is over
        while True:
            count = pipe.recv()
            start = time.perf_counter()
            images = sum(islice(steps, count))
            pipe.send(images / (time.perf_counter() - start))


class Race:
    """Contestants by name, with what they are called with; begun at `begin`, ended with the block.

    patience  seconds that one may take for a turn
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._pipes: dict[str, Connection] = {}
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> Race:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process.pid is not None:
                end(process.pid)  # and its workers, which it would otherwise wait for
            process.join()

    def begin(self, name: str, contestant: Contestant, *arguments: Any) -> None:
        """Its process finds the environment as it is now."""
        spawn = multiprocessing.get_context("spawn")
        self._pipes[name], there = spawn.Pipe()
        process = spawn.Process(target=take_turns, args=(there, contestant, arguments), name=name)
        self._processes.append(process)
        process.start()
        there.close()  # so that the pipe ends with the process

    def turn(self, name: str, count: int) -> float:
        """Images per second over `count` steps. Raises SystemExit where there is no answer."""
        pipe = self._pipes[name]
        try:
            pipe.send(count)
            if not pipe.poll(self._patience):
                raise SystemExit(f"{name}: no answer in {self._patience:g} s")
            return float(pipe.recv())
        except (EOFError, ConnectionError):
            raise SystemExit(f"{name}: has failed") from None

    def turns(self, number: int, count: int) -> Mapping[str, list[float]]:
        """The speeds of so many turns of each, who take them one after the other."""
        speeds: dict[str, list[float]] = {name: [] for name in self._pipes}
        for _ in range(number):
            for name, found in speeds.items():
                found.append(self.turn(name, count))
        return speeds
