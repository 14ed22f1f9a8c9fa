"""Batches that do not fit into memory are halved until they do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cxr_gui.core.base.device import out_of_memory
from cxr_gui.core.base.errors import WorkbenchError


class Pieces:
    """Into how many pieces batch after batch is cut: twice as many from each on that takes too much memory.

    most  pieces at the most; None: as many as there are images

    while True:
        with pieces.attempt(len(batch), refusal):
            return work(batch, pieces.count)
    """

    def __init__(self, most: int | None = None) -> None:
        self.count, self._most = 1, most

    @contextmanager
    def attempt(self, images: int, refusal: Callable[[int], WorkbenchError]) -> Iterator[None]:
        """Work on a batch of so many images. What is too much in as many pieces as there may be is refused in
        the words that `refusal` has for the number of images at once; else it is to be tried again.
        """
        try:
            yield
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if self.count >= min(images, self._most or images):
                raise refusal(math.ceil(images / self.count)) from error
            self.count *= 2  # and with the error go the tensors its traceback holds
