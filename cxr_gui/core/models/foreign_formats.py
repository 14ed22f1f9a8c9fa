"""What a file that is no checkpoint is instead, by its first bytes; nothing in it is run or unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from cxr_gui.core.base.files import open_regular

STARTS = {
    b"\x89HDF\r\n\x1a\n": "HDF5, as Keras and TensorFlow write weights",
    b"\x93NUMPY": "an array of NumPy",
    b"GGUF": "GGUF, a language model",
}
ONNX_FIELDS = b"\x12\x1a\x22\x2a\x32\x3a\x42\x72"
"""What may come second in an ONNX file, after its version: a text, a graph, or the operators it needs."""


def foreign_format(path: Path) -> str:
    """ "ONNX", "TorchScript, a program" and so on; empty for what is not known. Raises OSError."""
    with open_regular(path) as file:
        start = file.read(16)
        if start[:4] == b"PK\x03\x04" and zipfile.is_zipfile(file):
            return _archive(file.name)
    if start[:1] == b"\x08" and 0 < start[1] < 32 and start[2:3] in ONNX_FIELDS:
        return "ONNX, a graph of operators"
    if start[4:8] == b"TFL3":
        return "a model of TensorFlow Lite"
    return next((kind for magic, kind in STARTS.items() if start.startswith(magic)), "")


def _archive(path: str) -> str:
    with zipfile.ZipFile(path) as archive:
        names = [PurePosixPath(name).name for name in archive.namelist()]
    if "constants.pkl" in names:
        return "TorchScript, a program"
    if "archive_format" in names or "serialized_exported_program.json" in names:
        return "a program of torch.export"
    if any(name.endswith(".h5") for name in names):
        return "a model of Keras"
    if any(name.endswith(".npy") for name in names):
        return "arrays of NumPy"
    return ""
