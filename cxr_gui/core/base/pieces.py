"""Batches that do not fit into memory are worked on in two halves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cxr_gui.core.base.device import out_of_memory
from cxr_gui.core.base.errors import WorkbenchError


class Pieces:
    """Into how many pieces batch after batch is cut: two from the first one on that takes too much memory.

    while True:
        with pieces.attempt(len(batch), refusal):
            return work(batch, pieces.count)
    """

    def __init__(self) -> None:
        self.count = 1

    @contextmanager
    def attempt(self, images: int, refusal: Callable[[int], WorkbenchError]) -> Iterator[None]:
        """Work on a batch of so many images. What is still too much in halves, or is one image, is refused
        in the words that `refusal` has for the number of images at once; else it is to be tried again.
        """
        try:
            yield
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if self.count > 1 or images == 1:
                raise refusal(math.ceil(images / self.count)) from error
            self.count = 2  # and with the error go the tensors its traceback holds
