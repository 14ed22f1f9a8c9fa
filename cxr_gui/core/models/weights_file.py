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

from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.base.files import open_regular
from cxr_gui.core.models.checkpoint import FORMAT, LARGEST_HEADER, read_safetensors
from cxr_gui.core.models.foreign_formats import foreign_format
from cxr_gui.core.models.parts import Wanted, choose_part

HINT = "Give the weights alone: torch.save(model.state_dict(), FILE), or a .safetensors file."
DAMAGE: tuple[type[Exception], ...] = (AssertionError, AttributeError, EOFError, LookupError, RuntimeError)
DAMAGE += (MemoryError, OverflowError, TypeError, ValueError, struct.error, zipfile.BadZipFile)
"""What PyTorch's reader, pickletools and zipfile raise on a file that is cut or mangled."""


@dataclass(frozen=True)
class Weights:
    """What a file of weights holds: its tensors by their keys, and whatever else it says beside them.

    threshold  of the positive class, where its makers publish one
    part       which part of the file the tensors are, in words that follow its name; empty for all of it
    aside      what else the file holds, in a few words each
    """

    tensors: dict[str, Tensor]
    beside: dict[str, object] = field(default_factory=dict)
    threshold: float | None = None
    part: str = ""
    aside: tuple[str, ...] = ()


class Layer:
    """What a file says of one layer, as attributes; of its class only the name was known."""

    def __init__(self, *_: object) -> None:
        """Old files call for the backend of a layer as of a function, with nothing."""


def read_weights(
    path: Path, wanted: Wanted, layers: Sequence[str] = (), *, part: str | None = None
) -> Weights:
    """The weights of a network in `path` (safetensors, or anything that torch.save wrote), by its own keys.

    wanted  the network's keys; the part of the file that fits them is found, see `parts`
    layers  full names of classes, such as torch.nn.modules.linear.Linear; a network that was saved whole is
            read if it consists of these alone
    part    which one, where several fit

    No code runs, neither the file's nor that of the classes it names. Raises CheckpointError.
    """
    if path.suffix == ".safetensors" or _is_safetensors(path):
        header, state = read_safetensors(path, HINT)
        if header.get("format") == FORMAT:
            raise CheckpointError(
                "is a checkpoint of this program already.", where=path, hint="Use it as it is."
            )
        nests, beside = {"": state}, dict[str, object](header)
    else:
        nests, beside = _nests(_unpickled(path, layers), path)
    if not any(nests.values()):
        raise CheckpointError("does not hold tensors by their keys.", where=path, hint=HINT)
    chosen = choose_part(nests, wanted, part, path)
    return Weights(chosen.tensors, beside, aside=chosen.aside)


def _is_safetensors(path: Path) -> bool:
    """Whether a file of another name is one: the length of its header, then the header."""
    try:
        with open_regular(path) as file:
            start = file.read(9)
    except OSError:  # whoever reads it will say so
        return False
    return len(start) == 9 and start[8:] == b"{" and struct.unpack("<Q", start[:8])[0] <= LARGEST_HEADER


def _nests(found: object, path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, object]]:
    """(The mappings of tensors in what was read, by where they are; whatever else is said beside them)."""
    nests: dict[str, dict[str, Tensor]] = {}
    beside: dict[str, object] = {}
    waiting, met = [("", found)], {id(found)}
    while waiting:
        name, nested = waiting.pop(0)
        if isinstance(nested, Layer):
            nests[name], inner = _tensors_of(nested, path), vars(nested)
        elif isinstance(nested, Mapping):
            inner = {key: value for key, value in nested.items() if isinstance(key, str)}
            tensors = {key: value for key, value in inner.items() if isinstance(value, Tensor)}
            if tensors:
                nests[name] = tensors
            for key, value in inner.items():
                if isinstance(value, (Mapping, Layer)) and id(value) not in met:
                    waiting.append((f"{name}/{key}".lstrip("/"), value))
                    met.add(id(value))
        else:
            continue
        if not name or isinstance(nested, Layer):
            beside |= {key: value for key, value in inner.items() if not isinstance(value, Tensor)}
    return nests, beside


def _unpickled(path: Path, layers: Sequence[str]) -> object:
    """What torch.save wrote, as long as it is tensors and `layers` in plain containers."""
    allowed: list[Any] = [(Layer, name) for name in layers]
    try:
        source: Path | io.BytesIO = path
        if kind := foreign_format(path):
            raise CheckpointError(f"is {kind}.", where=path, hint=HINT)
        with open_regular(path) as file:
            zipped = zipfile.is_zipfile(file)
        if zipped:
            with zipfile.ZipFile(path) as archive:
                # PyTorch packs nothing; its reader would unpack whatever size is claimed into memory.
                if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
                    raise CheckpointError("unpacks to more than it is.", where=path, hint=HINT)
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
            members = vars(layer).get(kind, {})
            if not isinstance(members, Mapping):
                raise CheckpointError("is not a network of layers.", where=path, hint=HINT)
            for name, value in members.items():
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
