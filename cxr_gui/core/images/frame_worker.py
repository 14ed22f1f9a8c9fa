"""The process that `sandbox` starts: DICOM files come in, the stored values of a frame go out."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings

import numpy as np

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.images.decoded import DECODER_ERRORS
from cxr_gui.core.images.dicom import parse, stored_values
from cxr_gui.core.images.sandbox import DAMAGED, receive, send

MEMORY = 3 * 2**30
"""Address space it may take; its libraries take a fifth of that, the largest frame a third."""


def main() -> None:
    """Answer one message after another until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # codecs print to the standard output
    logging.disable()
    warnings.simplefilter("ignore")
    _limit_memory()
    answers.write(b"ready\n")
    answers.flush()
    while True:
        try:
            head, data = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            dataset = parse(data)
            del data  # a large image leaves little memory
            values = np.ascontiguousarray(stored_values(dataset, head["frame"]))
        except ImageError as error:
            send(answers, {"what": error.what, "hint": error.hint}, b"")
        except DECODER_ERRORS as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            send(answers, {"what": f"cannot be decoded ({reason}).", "hint": DAMAGED}, b"")
        else:
            send(answers, {"dtype": values.dtype.str, "shape": values.shape}, values.data.cast("B"))


def _limit_memory() -> None:
    """On systems that can; elsewhere the size check before decoding has to do."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):  # macOS knows this limit and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
