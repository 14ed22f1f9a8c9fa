"""A classifier read as a graph of operations with bounds, from the pixels to the one logit."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, fx, nn

from cxr_gui.core.certify.interval import Interval
from cxr_gui.core.certify.operations import Dropped, Operation, Rearranged, Scaled
from cxr_gui.core.certify.reading import of_function, of_layer, title, unbounded
from cxr_gui.core.certify.tracing import IN_PLACE, traced
from cxr_gui.core.models import Classifier

COMMUTATIVE = (operator.add, torch.add, "add", operator.mul, torch.mul, "mul")


@dataclass(frozen=True)
class Step:
    """An operation on values by their numbers: 0 is the network's input, k the output of step k - 1."""

    operation: Operation
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Network:
    """The steps from pixels to the logit.

    reduction  the steps at the beginning that map a box of pixels exactly onto a box: normalisation, means of
               channels and of blocks. What follows, the `steps`, sees the pixels only through them.
    """

    reduction: tuple[Operation, ...]
    steps: tuple[Step, ...]

    def reduced(self, box: Interval) -> Interval:
        """A box of pixels [B, 1 or 3, H, W] as the exact box of what the steps see."""
        for operation in self.reduction:
            box = operation.interval(box)
        return box

    def intervals(self, box: Interval) -> list[Interval]:
        """Bounds of the input and of every step's output over a reduced box, the logit's [B, 1] last.

        In the box's number type and with gradient to the weights. The way of interval bound propagation
        (Gowal et al., 2018): as tight as it is cheap.
        """
        values = [box]
        for step in self.steps:
            values.append(step.operation.interval(*(values[number] for number in step.inputs)))
        return values

    def interval_bounds(self, box: Interval) -> Interval:
        """Bounds [B] of the logit over a box of pixels; with the box's clean images their logits too."""
        last = self.intervals(self.reduced(box))[-1]
        clean = None if last.clean is None else last.clean.reshape(len(box))
        return Interval(last.lower.reshape(len(box)), last.upper.reshape(len(box)), clean)


def read_network(classifier: Classifier) -> Network:
    """The classifier's graph; it goes on using the classifier's own weights, on their device.

    Raises UnboundedError, which names the layer, when there are no bounds for one.
    """
    try:
        graph = traced(classifier.network)
    except (fx.proxy.TraceError, TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise unbounded(
            f"architecture '{classifier.architecture}', whose way depends on more than weights and pixels,"
        ) from error
    steps = [*_preparation(classifier)]
    numbers: dict[fx.Node, int] = {}
    memory = _Memory(classifier.network)
    for node in graph.nodes:
        if node.op == "placeholder":
            numbers[node] = len(steps)
        elif node.op == "output":
            return _split(steps, _number(node.args[0], numbers))
        elif node.op != "get_attr":
            values = [value for value in node.all_input_nodes if value.op != "get_attr"]
            operation = _operation(node, classifier.network)
            memory.follow(node, values, operation)
            inputs = tuple(_number(value, numbers) for value in values)
            if operation is None:
                numbers[node] = inputs[0]
            else:
                steps.append(Step(operation, inputs))
                numbers[node] = len(steps)
    raise unbounded("a network without output")


def _preparation(classifier: Classifier) -> list[Step]:
    """What `Classifier.forward` does before its network: as many channels as it wants, normalised.

    The mean of one channel is that channel. A channel that is repeated becomes a box of channels that move
    apart, which is more than a grey attacker can do: the bounds hold for both threat models.
    """
    channels = classifier.normalisation.channels
    ready = Rearranged(
        lambda pixels: (
            pixels.mean(dim=1, keepdim=True) if channels == 1 else pixels.expand(-1, channels, -1, -1)
        ),
        disjoint=True,
    )
    normalised = Scaled(
        lambda: (1 / classifier.std, -classifier.mean / classifier.std),
        disjoint=True,
    )
    return [Step(ready, (0,)), Step(normalised, (1,))]


def _split(steps: Sequence[Step], output: int) -> Network:
    """The steps up to the output, those at the beginning that keep boxes exact apart."""
    exact = 0
    while exact < len(steps) and steps[exact].operation.disjoint and steps[exact].inputs == (exact,):
        exact += 1
    while any(number < exact for step in steps[exact:] for number in step.inputs):
        exact -= 1  # a shortcut begins inside
    rest = tuple(
        replace(step, inputs=tuple(number - exact for number in step.inputs)) for step in steps[exact:output]
    )
    return Network(tuple(step.operation for step in steps[:exact]), rest)


class _Memory:
    """Which values share memory: what works in place changes all of them, whoever reads them later.

    A graph has them apart, so bounds of such a network would be those of another one.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._owner: dict[fx.Node, fx.Node] = {}
        self._overwritten: set[fx.Node] = set()

    def follow(self, node: fx.Node, values: Sequence[fx.Node], operation: Operation | None) -> None:
        """The next step of the graph. Raises UnboundedError where it reads what is not there any more."""
        if not self._overwritten.isdisjoint(values):
            raise unbounded("a layer in place of a value that is read again", "Build it with inplace=False.")
        first = self._owner.get(values[0], values[0])
        if self._in_place(node):
            self._overwritten |= {value for value, owner in self._owner.items() if owner is first} | {first}
        elif operation is not None and not (isinstance(operation, Dropped | Rearranged) and len(values) == 1):
            first = node
        self._owner[node] = first

    def _in_place(self, node: fx.Node) -> bool:
        if node.op == "call_module":
            return bool(getattr(self._network.get_submodule(str(node.target)), "inplace", False))
        return node.target in IN_PLACE or bool(node.kwargs.get("inplace", False))


def _number(value: Any, numbers: dict[fx.Node, int]) -> int:
    if value not in numbers:
        raise unbounded("a value that is not computed from the pixels")
    return numbers[value]


def _operation(node: fx.Node, network: nn.Module) -> Operation | None:
    """The operation of one node of the graph: its values come first, then what is constant."""
    if node.op == "call_module":
        return of_layer(str(node.target), network.get_submodule(str(node.target)))
    first, *others = _in_order(node)
    if not _branches(first):
        raise unbounded(f"the function '{title(node.target)}' of a constant")
    branches = [value for value in others if _branches(value)]
    arguments = [_constant(value, network) for value in others if value not in branches]
    named = {name: _constant(value, network) for name, value in node.kwargs.items()}
    operation = of_function(node.target, tuple(arguments), named)
    if branches and (arguments or not isinstance(operation, Rearranged)):
        raise unbounded(f"the function '{title(node.target)}' of two branches")
    return operation


def _in_order(node: fx.Node) -> list[Any]:
    """The arguments, a constant that stands before the values put behind where that is the same."""
    arguments = list(node.args)
    if len(arguments) == 2 and node.target in COMMUTATIVE and not _branches(arguments[0]):
        arguments.reverse()
    return arguments or [None]


def _branches(value: Any) -> bool:
    """Whether an argument is, or holds, values that are computed from the pixels."""
    if isinstance(value, fx.Node):
        return value.op != "get_attr"
    return isinstance(value, list | tuple) and any(map(_branches, value))


def _constant(value: Any, network: nn.Module) -> Any:
    """An argument as it is; a weight of the network as a function that asks for it at every call."""
    if isinstance(value, fx.Node):
        return lambda: _attribute(network, str(value.target))
    return value


def _attribute(network: nn.Module, path: str) -> Tensor:
    owner, _, name = path.rpartition(".")
    found: Tensor = getattr(network.get_submodule(owner), name)
    return found
