"""What version 0.1.0 left on a disk, in small. Run it in a checkout of that version, revision e087849:

    python write.py FOLDER

It writes written.zip there: a study with its run and sweep, sweeps of two attacks, a training that was
interrupted, thumbnails in the cache, and the settings of a window that had them open; what is large, such as
the films, is left out. All by the commands of that version; only the network is made smaller than anybody
would, by options of its own.
"""

# ruff: noqa: E402, I001

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

folder = Path(sys.argv[1]).resolve()
folder.mkdir(parents=True)
os.chdir(folder)
os.environ |= {"CXR_CACHE": str(folder / "cache"), "QT_QPA_PLATFORM": "offscreen", "CUDA_VISIBLE_DEVICES": ""}

from cxr_gui import cli
from cxr_gui.core import recipes
from cxr_gui.core.learning import trainer

TINY = {"width": 2, "levels": 2}
EPOCHS = "2"
LEFT_OUT = ("films/", "/report.", "/examples/", "chart", "cache/stores", ".lock", "written.zip")


def tiny(
    config: recipes.TrainConfig,
    *words: object,
    made=recipes.TrainConfig.__init__,
    **named: object,
) -> None:
    """What TrainConfig's own `__init__` does, for a tiny network."""
    made(config, *words, **named | {"options": TINY})


recipes.TrainConfig.__init__ = tiny


def command(*words: object) -> None:
    try:
        cli.main([str(word) for word in words])
    except SystemExit as end:
        if end.code:
            raise


class Interrupted(Exception):
    pass


def interrupted_training() -> None:
    """A training that ends after its first epoch, as one that was killed there."""
    write = trainer.write_state

    def write_and_end(*words: object, **named: object) -> None:
        write(*words, **named)
        raise Interrupted

    trainer.write_state = write_and_end
    try:
        command("train", "films", "--model", "level_cnn", "--epochs", EPOCHS, "--out", "interrupted")
    except Interrupted:
        pass
    finally:
        trainer.write_state = write


def window() -> None:
    """A window that opens all of it, attacks a film and is closed."""
    from cxr_gui.app import create_application, create_window
    from PySide6.QtCore import QSettings, QTimer

    application = create_application([])
    made = create_window(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    made.show()
    paths = [folder / "films", folder / "study"]
    made.open_paths(paths)
    QTimer.singleShot(20_000, made.close)
    application.exec()


command("demo", "films", "--train", 12, "--test", 6)
command("study", "--data", "films", "--model", "level_cnn", "--epochs", EPOCHS, "--out", "study")
words = ("--attack", "fgsm", "--attack", "pgd", "--eps", "0,0.01,0.1", "--out", "sweeps")
command("sweep", "films", "--model", "study/run/best.safetensors", *words)
interrupted_training()
window()
with zipfile.ZipFile("written.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part in name for part in LEFT_OUT):
            archive.write(path, name)
