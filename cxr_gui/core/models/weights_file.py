"""A file of weights from elsewhere, read without running anything in it: tensors by their keys.

It may be a state_dict, alone or in a trainer's larger file, safetensors, or, where the classes of its layers
are known by name, a network that was saved whole. These classes are never imported: each layer becomes a
`Layer`, which only keeps what the file says of it.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cxr_gui.core.errors import CheckpointError
from cxr_gui.core.files import open_regular
from cxr_gui.core.models.checkpoint import FORMAT, read_safetensors

PREFIXES = ("module.", "model.", "_orig_mod.", "network.")
"""What DataParallel, Lightning, torch.compile and our own classifier put before every key."""

NESTS = ("state_dict", "model_state_dict", "model")
"""Where trainers keep the weights in a larger file."""

HINT = "Give the weights alone: torch.save(model.state_dict(), FILE), or a .safetensors file."
DAMAGE: tuple[type[Exception], ...] = (AssertionError, AttributeError, EOFError, LookupError, RuntimeError)
DAMAGE += (MemoryError, OverflowError, TypeError, ValueError, struct.error, zipfile.BadZipFile)
"""What PyTorch's reader, pickletools and zipfile raise on a file that is cut or mangled."""


@dataclass(frozen=True)
class Weights:
    """What a file of weights holds: its tensors by their keys, and whatever else it says beside them.

    threshold  of the positive class, where its makers publish one
    part       which part of the file the tensors are, in words that follow its name; empty for all of it
    """

    tensors: dict[str, Tensor]
    beside: dict[str, object] = field(default_factory=dict)
    threshold: float | None = None
    part: str = ""


class Layer:
    """What a file says of one layer, as attributes; of its class only the name was known."""

    def __init__(self, *_: object) -> None:
        """Old files call for the backend of a layer as of a function, with nothing."""


def read_weights(path: Path, layers: Sequence[str] = ()) -> Weights:
    """The weights in `path` (.safetensors, or anything that torch.save wrote), less a prefix of all keys.

    layers  full names of classes, such as torch.nn.modules.linear.Linear; a network that was saved whole is
            read if it consists of these alone

    No code runs, neither the file's nor that of the classes it names. Raises CheckpointError.
    """
    if path.suffix == ".safetensors":
        header, state = read_safetensors(path, HINT)
        if header.get("format") == FORMAT:
            raise CheckpointError(
                "is a checkpoint of this program already.", where=path, hint="Use it as it is."
            )
        return Weights(_stripped(state), dict(header))
    found = _unpickled(path, layers)
    beside: dict[str, object] = dict(found) if isinstance(found, Mapping) else {}
    if isinstance(found, Mapping):
        found = next((found[nest] for nest in NESTS if isinstance(found.get(nest), (Mapping, Layer))), found)
    if isinstance(found, Layer):
        beside |= vars(found)
        found = _tensors_of(found, path)
    if (
        not isinstance(found, Mapping)
        or not found
        or not all(isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items())
    ):
        raise CheckpointError("does not hold tensors by their keys.", where=path, hint=HINT)
    if odd := next((key for key, value in found.items() if not _is_whole(value)), None):
        raise CheckpointError(f"does not hold all the numbers of '{odd}'.", where=path, hint=HINT)
    return Weights(_stripped(found), {key: value for key, value in beside.items() if key not in found})


def _unpickled(path: Path, layers: Sequence[str]) -> object:
    """What torch.save wrote, as long as it is tensors and `layers` in plain containers."""
    allowed: list[Any] = [(Layer, name) for name in layers]
    try:
        source: Path | io.BytesIO = path
        with open_regular(path) as file:
            zipped = zipfile.is_zipfile(file)
        if zipped:
            with zipfile.ZipFile(path) as archive:
                # PyTorch packs nothing; its reader would unpack whatever size is claimed into memory.
                if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
                    raise CheckpointError("unpacks to more than it is.", where=path, hint=HINT)
                if any(Path(name).name == "constants.pkl" for name in archive.namelist()):
                    raise CheckpointError("is TorchScript, a program.", where=path, hint=HINT)
        elif layers:
            source = io.BytesIO(_plainly_named(path.read_bytes()))
            allowed.append(second_of_four)
        with warnings.catch_warnings(), torch.serialization.safe_globals(allowed):
            # About the pickle's protocol, which the person who gives the file cannot change.
            warnings.simplefilter("ignore")
            return torch.load(source, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(
            f"cannot be read ({error.strerror or error}).", where=path, hint=HINT
        ) from error
    except pickle.UnpicklingError as error:
        refused = re.search(r"GLOBAL (\S+)", str(error))
        raise CheckpointError(
            "is no file of weights, or holds Python objects beside them, which could run code"
            f"{f' ({refused[1]})' if refused else ''}.",
            where=path,
            hint=HINT,
        ) from error
    except DAMAGE as error:
        raise CheckpointError("is not a readable file of weights.", where=path, hint=HINT) from error


def _plainly_named(data: bytes) -> bytes:
    """A file of PyTorch before 1.6 with the classes of its layers named as later files name them.

    At its first use a class stands there in a persistent id, ("module", class, file, source code), where
    PyTorch's restricted reader takes storages only. Here the four become the arguments of `second_of_four`;
    what comes of it that reader judges as it does any other file.
    """
    stream, plain, copied = io.BytesIO(data), bytearray(), 0
    for _ in range(3):  # magic number, version, sizes of numbers
        for _ in pickletools.genops(stream):
            pass
    memo: dict[object, object] = {}
    mark, value = 0, None
    opening: list[object] = []  # the values since the mark
    for opcode, argument, place in pickletools.genops(stream):
        assert place is not None  # noqa: S101
        if opcode.name == "MARK":
            mark, opening = place, []
        elif opcode.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = value
        elif opcode.name == "BINPERSID" and opening[:1] == ["module"]:
            plain += data[copied:mark] + CALL + data[mark:place] + pickle.REDUCE
            copied = place + 1
        else:
            value = memo.get(argument) if opcode.name in ("BINGET", "LONG_BINGET") else argument
            opening.append(value)
    return bytes(plain + data[copied:])


def second_of_four(_kind: object, layer: object, _file: object, _source: object) -> object:
    """What `_plainly_named` has its files call: a class that it found among what is said of it."""
    return layer


CALL = pickle.GLOBAL + f"{second_of_four.__module__}\n{second_of_four.__name__}\n".encode()


def _tensors_of(network: Layer, path: Path) -> dict[str, Tensor]:
    """The parameters and buffers of `network` and all layers within it, by the keys of a state_dict."""
    found: dict[str, Tensor] = {}
    waiting, met = [("", network)], {id(network)}
    while waiting:
        prefix, layer = waiting.pop()
        for kind in ("_parameters", "_buffers", "_modules"):
            held = vars(layer).get(kind, {})
            if not isinstance(held, Mapping):
                raise CheckpointError("is not a network of layers.", where=path, hint=HINT)
            for name, value in held.items():
                if isinstance(value, Tensor):
                    found[f"{prefix}{name}"] = value
                elif isinstance(value, Layer) and id(value) not in met:
                    waiting.append((f"{prefix}{name}.", value))
                    met.add(id(value))
                elif value is not None:
                    raise CheckpointError(
                        f"is not a network of layers (see '{prefix}{name}').", where=path, hint=HINT
                    )
    return found


def _is_whole(value: Tensor) -> bool:
    """Whether every number of a tensor is there: a sparse or stretched one may claim to be terabytes."""
    dense = value.layout == torch.strided and value.device.type == "cpu"
    return dense and value.numel() * value.element_size() <= value.untyped_storage().nbytes()


def _stripped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`state` without the prefixes that all of its keys share."""
    found = dict(state)
    while shared := next((p for p in PREFIXES if found and all(key.startswith(p) for key in found)), None):
        found = {key.removeprefix(shared): value for key, value in found.items()}
    return found
