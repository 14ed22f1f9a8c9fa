"""Where the packed program starts: its commands, its window, and its own modules as `-m` runs them.

The packed program is its own Python (`sys.executable`), so whoever starts `sys.executable -m MODULE` for a
process of its own, as the decoding of DICOM frames does, starts this again.
"""

import multiprocessing
import runpy
import sys
from pathlib import Path

WINDOW = "cxr-gui-window"
"""The program without a terminal, which always opens the window."""


def start() -> None:
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["-m"] and len(sys.argv) > 2:
        sys.argv = sys.argv[2:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        return
    from cxr_gui import cli

    if Path(sys.executable).stem == WINDOW:
        cli.window()
    cli.main()


if __name__ == "__main__":
    start()
