"""What a process left behind, killed or not, can be read to its end."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PIL import Image
from pypdf import PdfReader

from cxr_gui.core.base.files import read_json
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.sweep.files import read_sweep
from cxr_gui.core.training.run_folder import RunFolder, read_run_config
from cxr_gui.core.training.state import read_state


def whole_run(folder: Path) -> None:
    """Each file of a run that is there can be read."""
    files = RunFolder(folder)
    for file, read in (
        (files.config, read_run_config),
        (files.metrics, lambda _: files.read_metrics()),
        (files.best, load),
        (files.state, read_state),
    ):
        if file.exists():
            read(file)
    assert files.best.exists() or not files.state.exists()  # what is resumed from comes last


def whole_results(folder: Path) -> set[str]:
    """Each file of a folder of results can be read to its end; their names."""
    if not folder.exists():
        return set()
    files = [path for path in folder.iterdir() if not path.name.startswith(".")]
    for path in files:
        if path.suffix == ".png":
            with Image.open(path) as image:
                image.load()
        elif path.name == "sweep.json":
            assert (folder / "images.csv").exists()
            read_sweep(folder)
        elif path.suffix == ".json":
            read_json(path, dict)
        elif path.suffix == ".html":
            assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
        elif path.suffix == ".pdf":
            assert len(PdfReader(path).pages) > 0
        elif path.suffix == ".pt2":
            assert zipfile.ZipFile(path).testzip() is None
    return {path.name for path in files}
