"""Which of the tensors in a stranger's file are the network's: by its keys, whatever stands before them.

Trainers put the weights into larger files, and before every key the name that the network had in a larger
module. What fits the most keys is taken, and the rest is named. Nothing below the network's own place is
ignored: a layer there that the architecture has not may change every answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.models.densenet import undotted
from cxr_gui.core.models.imagenet import last_linear

State = Mapping[str, Tensor]

APPARATUS = re.compile(r"(criterion|loss\w*|\w*metrics?|n_averaged)(\..*)?|(.*\.)?total_(ops|params)")
"""Keys of losses, metrics, averages and profilers: on no network's way from film to logit."""

MOST = 8
"""Places in one file that are tried."""


@dataclass(frozen=True)
class Wanted:
    """The tensors that are looked for: their shapes by their keys, and the name of the last layer.

    Of the last layer the number of outputs is left open.
    """

    shapes: Mapping[str, torch.Size]
    head: str

    @classmethod
    def by(cls, network: nn.Module) -> Wanted:
        """What `network` needs."""
        shapes = {key: value.shape for key, value in network.state_dict().items()}
        return cls(shapes, last_linear(network)[0])

    def fits(self, tensors: State) -> bool:
        """Whether all is there, in the right shapes; counters of BatchNorm need not be."""
        return all(
            key.endswith(".num_batches_tracked")
            or (key in tensors and tensors[key].shape[self._open(key) :] == shape[self._open(key) :])
            for key, shape in self.shapes.items()
        )

    def _open(self, key: str) -> int:
        return 1 if key in (f"{self.head}.weight", f"{self.head}.bias") else 0


@dataclass(frozen=True)
class Part:
    """One way to read a file.

    name     where in the file: "state_dict/model", "/" for all of it
    tensors  by the network's keys              aside  what else is there, in a few words
    """

    name: str
    tensors: dict[str, Tensor]
    aside: tuple[str, ...]


def choose_part(nests: Mapping[str, State], wanted: Wanted, name: str | None, path: Path) -> Part:
    """The part of a file that fits: the one called `name`, or the only one there is.

    nests  the mappings of tensors in the file, by where they are

    Where several fit and differ, somebody has to say which: CheckpointError with their names. Where none
    fits, the one that comes nearest, for whoever loads it to say what is missing.
    """
    parts = [part for nest in nests for part in _parts(nests, nest, wanted)]
    fitting = [part for part in parts if wanted.fits(part.tensors)]
    exact = [part for part in fitting if part.tensors.keys() <= wanted.shapes.keys()]
    offered = exact or fitting
    names = ", ".join(f"'{part.name}'" for part in offered or parts)
    if name is not None:
        offered = [part for part in parts if part.name == name]
        if not offered:
            raise CheckpointError(
                f"has no part '{name}'.", where=path, hint=f"It has: {names}." if names else ""
            )
    for part in offered:
        check_numbers(part.tensors, path)
    if any(not _same(part.tensors, offered[0].tensors) for part in offered[1:]):
        raise CheckpointError(
            f"can be read in {len(offered)} ways that differ: {names}.",
            where=path,
            hint="Say which part of it you mean (--part).",
        )
    if not offered:
        largest = max(nests, key=lambda nest: len(nests[nest]))
        offered = (
            [max(parts, key=lambda part: len(part.tensors.keys() & wanted.shapes.keys()))] if parts else []
        )
        offered = offered or [Part(largest or "/", dict(nests[largest]), ())]
        check_numbers(offered[0].tensors, path)
    return offered[0]


def check_numbers(tensors: State, path: Path) -> None:
    """Refuse tensors that do not hold every number: a sparse or stretched one may claim to be terabytes."""
    for key, value in tensors.items():
        dense = value.layout == torch.strided and value.device.type == "cpu"
        if not dense or value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise CheckpointError(f"does not hold all the numbers of '{key}'.", where=path)


def _parts(nests: Mapping[str, State], nest: str, wanted: Wanted) -> Iterator[Part]:
    """The likeliest parts of one nest, the likeliest first."""
    state = {undotted(key): value for key, value in nests[nest].items()}
    places = Counter(
        key[:start]
        for key in state
        for start in (0, *(dot.end() for dot in re.finditer(r"\.", key)))
        if key[start:] in wanted.shapes
    )
    others = [f"{other}/*" for other in nests if other != nest]
    for prefix, _ in places.most_common(MOST):
        inside = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        outside = {key: value for key, value in state.items() if not key.startswith(prefix)}
        for key in [key for key in inside if APPARATUS.fullmatch(key) and key not in wanted.shapes]:
            outside[prefix + key] = inside.pop(key)
        _find_head(inside, outside, wanted)
        yield Part(f"{nest}/{prefix}".rstrip(".") or "/", inside, (*_summed_up(outside), *others))


def _find_head(inside: dict[str, Tensor], outside: dict[str, Tensor], wanted: Wanted) -> None:
    """Give the last layer the name it has in the network.

    It may have another one where somebody put a new layer, perhaps with dropout before it, in the old one's
    place or behind the whole network. Only a single layer will do: with two, something lies between them.
    """
    if f"{wanted.head}.weight" in inside:
        return
    top = wanted.head.split(".", maxsplit=1)[0]
    for state, start in ((inside, f"{top}."), (outside, "")):
        if start[:-1].isdigit():  # of a plain sequence: every layer has such a name
            continue
        layers = [key for key, value in state.items() if key.startswith(start) and value.ndim == 2]
        inputs = wanted.shapes[f"{wanted.head}.weight"][1]
        if len(layers) == 1 and layers[0].endswith("weight") and state[layers[0]].shape[1] == inputs:
            layer = layers[0].removesuffix("weight")
            for kind in ("weight", "bias"):
                if layer + kind in state:
                    inside[f"{wanted.head}.{kind}"] = state.pop(layer + kind)
            return


def _same(tensors: State, others: State) -> bool:
    return tensors.keys() == others.keys() and all(torch.equal(tensors[key], others[key]) for key in tensors)


def _summed_up(keys: Collection[str]) -> list[str]:
    """Keys in a few words: "n_averaged", "teacher.* (122)"."""
    counts = Counter(key.partition(".")[0] for key in keys)
    alone = {key.partition(".")[0]: key for key in keys}
    return [alone[top] if count == 1 else f"{top}.* ({count})" for top, count in counts.items()]
